"""Kill -9 at random moments: after every one the pond opens, reads whole, and holds what was acknowledged.

A writer loop appends to a series, writes files, makes directories and moves things, one `pond` process a change,
and notes each change that was acknowledged (the process exited 0). Now and then the process of the moment is
killed. SIGKILL leaves the page cache, so this proves atomicity of commits, not the order of fsyncs.
"""

import json
import os
import random
import signal
import subprocess
import time

import conftest
import pytest

KILLS = int(os.environ.get("POND_KILLS", "100"))


def start(pond, *arguments):
    return subprocess.Popen(
        [conftest.POND, *arguments], env=pond.environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )


def rows_csv(path, first, count):
    lines = ["timestamp,value"]
    lines += [f"2024-01-01T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}Z,{i}" for i in range(first, first + count)]
    path.write_text("\n".join(lines) + "\n")


class Expected:
    """What the pond must hold: acknowledged changes, and the one change that may or may not have landed."""

    def __init__(self):
        self.rows = 0          # of /station/level.series: values 0 .. rows-1
        self.files = {}        # name below /files -> text
        self.directories = set()

    def check(self, pond, maybe):
        listed = {line["path"]: line for line in map(json.loads, pond.text("list", "--json").splitlines())}
        names = {path.removeprefix("/files/") for path in listed if path.startswith("/files/")}
        directories = {path for path in listed if path.startswith("/dirs/")}
        for name, text in self.files.items():
            if maybe and maybe[0] == "file" and maybe[1] == name:
                continue
            assert pond.text("cat", f"/files/{name}") == text
        extra = names - set(self.files)
        assert extra <= ({maybe[1]} if maybe and maybe[0] == "file" else set())
        assert self.directories <= directories
        extra = directories - self.directories
        assert extra <= ({maybe[1]} if maybe and maybe[0] == "mkdir" else set())
        if maybe and maybe[0] == "file" and maybe[1] in names:
            self.files[maybe[1]] = pond.text("cat", f"/files/{maybe[1]}")
            assert self.files[maybe[1]] in maybe[2:]
        self.directories |= directories
        if "/station/level.series" in listed:
            answer = pond.text(
                "cat", "/station/level.series", "--format", "csv", "--sql",
                "SELECT count(*) AS n, count(DISTINCT value) AS d, coalesce(max(value), -1) AS m FROM source",
            ).splitlines()[1]
            count, distinct, greatest = map(int, map(float, answer.split(",")))
            assert count == distinct == greatest + 1
            if maybe and maybe[0] == "rows":
                assert count in (self.rows, self.rows + maybe[1])
            else:
                assert count == self.rows
            self.rows = count
        else:
            assert self.rows == 0


@pytest.mark.parametrize("seed", [2024])
def test_kill_at_random_moments(pond, tmp_path, seed):
    random.seed(seed)
    pond.run("mkdir", "/files")
    pond.run("mkdir", "/dirs")
    pond.run("mkdir", "/station")
    # How long a change takes here, so that kills fall anywhere inside one.
    began = time.monotonic()
    pond.run("mkdir", "/dirs/first")
    expected = Expected()
    expected.directories.add("/dirs/first")
    usual = time.monotonic() - began

    kills = landed = step = 0
    deadline = time.monotonic() + 900 * max(1, KILLS / 100)
    while kills < KILLS:
        assert time.monotonic() < deadline, f"only {kills} kills in the time for {KILLS}"
        step += 1
        choice = random.random()
        if choice < 0.4:
            count = random.choice([1, 7, 60, 5000])
            rows_csv(tmp_path / "rows.csv", expected.rows, count)
            change = ("rows", count)
            process = start(pond, "copy", f"host+csv+series://{tmp_path}/rows.csv", "/station/level.series")
        elif choice < 0.75:
            name, text = f"f{random.randrange(40)}", f"{step} " * random.choice([1, 100, 40_000])
            (tmp_path / "file").write_text(text)
            change = ("file", name, text) + ((expected.files[name],) if name in expected.files else ())
            process = start(pond, "copy", f"host://{tmp_path}/file", f"/files/{name}")
        else:
            change = ("mkdir", f"/dirs/d{step}")
            process = start(pond, "mkdir", change[1])
        killed = False
        try:
            process.wait(timeout=random.uniform(0, usual * 1.5) if random.random() < 0.8 else None)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            killed = process.wait() == -signal.SIGKILL
        if killed:
            kills += 1
            expected.check(pond, change)
            landed += 1
            continue
        assert process.returncode == 0, f"{change} failed: {process.returncode}"
        if change[0] == "rows":
            expected.rows += change[1]
        elif change[0] == "file":
            expected.files[change[1]] = change[2]
        else:
            expected.directories.add(change[1])
    expected.check(pond, None)
    print(f"{kills} kills in {step} changes; {expected.rows} rows, {len(expected.files)} files")
