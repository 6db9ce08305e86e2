"""Commands under a falling limit on memory that the kernel enforces (a control group): below some limit it kills them.
Killed or told that there is no more, each leaves the pond as before or as after, and the next command works."""

import os
import pathlib
import subprocess
import uuid

import conftest
import pytest

ROOTS = {"v1": pathlib.Path("/sys/fs/cgroup/memory"), "v2": pathlib.Path("/sys/fs/cgroup")}
STEP_MB = 4


@pytest.fixture
def limited():
    """A function that runs a command with so many MB."""
    version = "v1" if ROOTS["v1"].is_dir() else "v2"
    group = ROOTS[version] / f"pond-{uuid.uuid4()}"
    limit = group / ("memory.limit_in_bytes" if version == "v1" else "memory.max")
    try:
        group.mkdir()
        limit.write_text(str(256 << 20))
    except OSError as error:
        if group.is_dir():
            group.rmdir()
        pytest.skip(f"no control groups for memory here: {error}")

    def run(megabytes, environment, *arguments):
        limit.write_text(str(megabytes << 20))
        inside = group / "cgroup.procs"
        return subprocess.run([conftest.POND, *arguments], env=environment, capture_output=True, text=True,
                              preexec_fn=lambda: inside.write_text(str(os.getpid())), timeout=120)

    yield run
    group.rmdir()


def test_less_and_less_memory(pond, tmp_path, limited):
    rows = "\n".join(["timestamp,value", *(f"2024-01-01T{i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}Z,{i}"
                                           for i in range(86_400))])
    (tmp_path / "rows.csv").write_text(rows + "\n")
    pond.run("mkdir", "/s")
    commands = {"copy a CSV": ("copy", f"host+csv+series://{tmp_path}/rows.csv"), "copy bytes": ("copy", f"host://{tmp_path}/rows.csv")}
    outcomes = {}
    for name, command in commands.items():
        there = 0
        for megabytes in range(100, 0, -STEP_MB):
            done = limited(megabytes, pond.environment(), *command, f"/s/{name[5:]}-{megabytes}")
            outcomes.setdefault((name, done.returncode), []).append(megabytes)
            assert done.returncode in (0, 1, -9, 127), done.stderr
            if done.returncode == 1:
                assert done.stderr.startswith("error: "), done.stderr
            there += done.returncode == 0
            landed = len(pond.text("list", f"/s/{name[5:]}-*").splitlines())
            # A command killed after its commit may have landed.
            assert there <= landed <= there + (done.returncode != 0)
            there = landed
            pond.run("mkdir", f"/s/{name[5:]} {megabytes} was survived".replace(" ", "_"))
    pond.run("fsck")
    for (name, code), limits in sorted(outcomes.items()):
        print(f"{name}: exit {code} with {max(limits)} … {min(limits)} MB")
    assert any(code != 0 for _, code in outcomes)
