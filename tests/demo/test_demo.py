"""The demo on one month of data: collects, reduces, checks against DuckDB, builds the page; again: nothing new."""

import os
import subprocess
import sys

import conftest


def demo(directory, *words):
    done = subprocess.run(
        [sys.executable, conftest.SOURCE / "scripts/demo", "--dir", directory, "--until", "2016-02-01T05:00:00Z",
         "--pond", conftest.POND, "--hydrovu-server", conftest.HYDROVU_SERVER, *words],
        capture_output=True, text=True, timeout=300, env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_one_month_and_again(tmp_path):
    first = demo(tmp_path, "--no-serve")
    # 31 days of 288 readings, and the one at the end.
    assert "/hydrovu/PlumtreeRun.series: 8929 new rows to 2016-02-01T05:00:00Z" in first
    assert first.count("  same ") == 3
    assert (tmp_path / "site/index.html").exists()
    assert (tmp_path / "site/data/manifest.json").exists()

    second = demo(tmp_path, "--no-serve")
    assert "Nothing new, and no commit made." in second
    assert "0 files written" in second

    # More readings appear at the server: only they are collected.
    third = subprocess.run(
        [sys.executable, conftest.SOURCE / "scripts/demo", "--dir", tmp_path, "--no-serve", "--until",
         "2016-02-02T05:00:00Z", "--pond", conftest.POND, "--hydrovu-server", conftest.HYDROVU_SERVER],
        capture_output=True, text=True, timeout=300)
    assert "/hydrovu/PlumtreeRun.series: 288 new rows to 2016-02-02T05:00:00Z" in third.stdout
