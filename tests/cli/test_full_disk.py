"""A disk that fills up: one clear line, and the pond as it was."""

import hashlib
import os
import pathlib
import subprocess

import pytest

from conftest import Pond


@pytest.fixture
def small_disk(tmp_path):
    """A filesystem of 2 MB; needs root."""
    mount = tmp_path / "disk"
    mount.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(mount)], capture_output=True)
    if made.returncode != 0:
        pytest.skip("mounting a small tmpfs needs root")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


def checksum(directory: pathlib.Path) -> str:
    """Of the names and bytes of all files below."""
    total = hashlib.sha256()
    for path in sorted(p for p in directory.rglob("*") if p.is_file()):
        total.update(str(path.relative_to(directory)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


@pytest.mark.parametrize("scheme", ["host", "host+series"])
def test_copy_to_a_full_disk_changes_nothing(small_disk, measurements, tmp_path, scheme):
    pond = Pond(small_disk / "pond")
    pond.run("init")
    pond.run("mkdir", "/sensors")
    source = measurements / "usgs-01581752.parquet"
    assert source.stat().st_size > 2_000_000
    before = checksum(pond.directory)
    failed = pond.run("copy", f"{scheme}://{source}", "/sensors/big", check=False)
    assert failed.returncode == 1
    assert failed.stderr.decode().startswith("error: ")
    assert "No space left on device" in failed.stderr.decode()
    assert failed.stderr.decode().count("\n") <= 2
    assert checksum(pond.directory) == before
    assert pond.text("list", "/sensors/") == ""


def test_small_commits_fill_the_disk(small_disk):
    pond = Pond(small_disk / "pond")
    pond.run("init")
    made = 0
    for made in range(2000):
        failed = pond.run("mkdir", f"/d{made}", check=False)
        if failed.returncode != 0:
            break
        if made == 0:
            (small_disk / "ballast").write_bytes(b"x" * (os.statvfs(small_disk).f_bavail * 4096 - 100_000))
    assert failed.returncode == 1 and "No space left on device" in failed.stderr.decode()
    (small_disk / "ballast").unlink()
    assert pond.text("list").count("\n") == made
    pond.run("mkdir", "/again")
