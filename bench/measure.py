"""What the benchmarks share: whole processes timed, a figure and its reference in turns."""

import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
POND = os.environ.get("POND_BIN", str(ROOT / "build/release/pond"))


class Run:
    def __init__(self, seconds: float, peak_mib: float, output: str):
        self.seconds = seconds
        self.peak_mib = peak_mib
        self.output = output


def timed(command, environment=None, inside=False) -> Run:
    """One run of a command; with `inside` the seconds are what it prints."""
    began = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output = process.stdout.read().decode()
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"bench: {' '.join(map(str, command))} failed:\n{error.decode()}")
    if inside:
        seconds = float(output.strip().splitlines()[-1])
    return Run(seconds, usage.ru_maxrss / 1024, output)


def median(runs, field="seconds"):
    return statistics.median(getattr(run, field) for run in runs)


def ratio(mine, theirs):
    return statistics.median(m.seconds / t.seconds for m, t in zip(mine, theirs))


def alternate(repeat, subject, reference=None, prepare=lambda: None):
    """`repeat` runs of each, in turns, after one that does not count."""
    mine, theirs = [], []
    for i in range(repeat + 1):
        prepare()
        run = subject()
        other = reference() if reference else None
        if i > 0:
            mine.append(run)
            theirs.append(other)
    return mine, theirs if reference else None


def table(head, rows):
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)] + ["| " + " | ".join(row) + " |" for row in rows]
