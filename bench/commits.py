"""What a commit costs, and whether it stays so: ponds of 100 to 100,000 commits, made by bench/grow.cc; and the same
rows, one a commit, into SQLite and into a Delta table of `deltalake`."""

import json
import os
import pathlib
import shutil
import sys

from measure import POND, ROOT, alternate, median, ratio, table, timed

GROW = ROOT / "build/bench/bench/grow"
SHIM = ROOT / "build/release/tests/libpond-shim.so"
SIZES = [100, 1_000, 10_000, 100_000]
ROWS = 1_000

# Each commits ROWS rows one by one and prints what grow prints. `wrote` is what the kernel counted as written.
REFERENCE = """
import json, os, sys, time
def wrote():
    return int(open("/proc/self/io").read().split("wchar: ")[1].split()[0])
directory, rows = sys.argv[1], int(sys.argv[2])
os.mkdir(directory)
{setup}
times, before = [], wrote()
for i in range(1, rows + 1):
    began = time.perf_counter()
    {commit}
    times.append((time.perf_counter() - began) * 1000)
times.sort()
at = lambda share: times[int(share * (len(times) - 1))]
print(json.dumps(dict(mean=sum(times) / rows, median=at(0.5), p99=at(0.99), max=at(1), wrote=wrote() - before)))
"""

SQLITE = REFERENCE.format(setup="""
import sqlite3
base = sqlite3.connect(directory + "/base.sqlite", isolation_level=None)
base.execute("PRAGMA journal_mode = WAL")
base.execute("PRAGMA synchronous = FULL")
for n in range(4):
    base.execute(f"CREATE TABLE dock_{n} (timestamp INTEGER PRIMARY KEY, level REAL, temperature REAL)")
""", commit="""base.execute(f"INSERT INTO dock_{i % 4} VALUES (?, ?, ?)",
                 ((1_700_000_000 + i * 60) * 1_000_000, 1 + i % 997 / 997, 10 + i % 1009 / 101))""")

DELTALAKE = REFERENCE.format(setup="""
import pyarrow, deltalake
time_type = pyarrow.timestamp("us", "UTC")
schema = pyarrow.schema([("timestamp", time_type), ("level", pyarrow.float64()), ("temperature", pyarrow.float64())])
""", commit="""deltalake.write_deltalake(f"{directory}/dock-{i % 4}", pyarrow.table(
        [pyarrow.array([(1_700_000_000 + i * 60) * 1_000_000], time_type), [1 + i % 997 / 997], [10 + i % 1009 / 101]],
        schema=schema), mode="append")""")


def disk(directory: pathlib.Path):
    files = [path for path in directory.rglob("*") if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files)


def fsyncs(command, directory, report):
    """How many fsyncs and fdatasyncs the command makes."""
    report.unlink(missing_ok=True)
    timed(command, {**os.environ, "LD_PRELOAD": str(SHIM), "POND_SHIM_ROOT": str(directory),
                    "POND_SHIM_REPORT": str(report)})
    counts = dict(line.split()[1:] for line in report.read_text().splitlines() if line.startswith("count "))
    return int(counts["sync"])


def beside(directory):
    """A row a commit: pond, SQLite, deltalake."""
    rows = []
    for name, command in (("pond, in one process", lambda d, n: [GROW, d, n]),
                          ("SQLite, WAL, synchronous=FULL", lambda d, n: [sys.executable, "-c", SQLITE, d, n]),
                          ("`deltalake`, append (makes no fsync)", lambda d, n: [sys.executable, "-c", DELTALAKE, d, n])):
        place = directory / "beside"
        place.mkdir()
        said = json.loads(timed(command(place / "base", ROWS)).output)
        files, bytes_there = disk(place)
        shutil.rmtree(place)
        place.mkdir()
        syncs = fsyncs(command(place / "base", ROWS), place, directory / "report")
        shutil.rmtree(place)
        rows.append([name, f"{said['median']:.2f} ms", f"{said['p99']:.1f} ms", f"{said['max']:.0f} ms",
                     f"{1000 / said['mean']:.0f}", f"{syncs / ROWS:.2f}",
                     f"{said['wrote'] / ROWS:,.0f}", f"{files:,}", f"{bytes_there / 1e6:.1f} MB"])
        print(" | ".join(rows[-1]), flush=True)
    return table(["a row a commit", "median", "99 of 100", "longest", "commits a second", "fsyncs a commit",
                  "bytes written a commit", f"files after {ROWS:,}", "on disk"], rows)


def growing(directory, repeat):
    """The same work on a pond of 100 commits and on longer ones, in turns."""
    ponds = {}
    for previous, size in zip([None, *SIZES], SIZES):
        ponds[size] = directory / f"commits-{size}"
        if previous:  # the longer pond goes on from the one before
            shutil.copytree(ponds[previous], ponds[size])
        timed([GROW, ponds[size], size])
        print(f"{size} commits made", flush=True)

    def pond(size, *words):
        return timed([POND, *words], {**os.environ, "POND": str(ponds[size])})

    works = [("open and list", ("list", "/**")), ("read a file", ("cat", "/station/notes")),
             ("read a series' last hours", ("cat", "/station/dock-1.series", "--format", "csv", "--sql",
                                            "SELECT * FROM source ORDER BY timestamp DESC LIMIT 5"))]
    files = {size: disk(ponds[size]) for size in SIZES}
    rows = [[f"{size:,}"] for size in SIZES]
    for _, words in works:
        for row, size in zip(rows, SIZES):
            mine, first = alternate(repeat, lambda: pond(size, *words), lambda: pond(SIZES[0], *words))
            row.append(f"{median(mine) * 1000:.1f} ms, {ratio(mine, first):.2f}")
    # 200 more commits each, after those are made; in turns of 50.
    times = {size: [] for size in SIZES}
    for turn in range(1, 5):
        for size in SIZES:
            times[size].append(json.loads(timed([GROW, ponds[size], size + turn * 50]).output))
    base = sum(said["mean"] for said in times[SIZES[0]])
    for row, size in zip(rows, SIZES):
        said = times[size]
        mean = sum(one["mean"] for one in said)
        row.append(f"{mean / len(said):.2f} ms, {mean / base:.2f}")
        row.append(f"{max(one['max'] for one in said):.0f} ms")
        row.append(f"{files[size][0]:,}")
        row.append(f"{files[size][1] / 1e6:.1f} MB")
        print(" | ".join(row), flush=True)
    for path in ponds.values():
        shutil.rmtree(path)
    return table(["commits", *(name for name, _ in works), "a commit", "longest of 200", "files", "on disk"], rows)


def report(directory: pathlib.Path, repeat: int):
    return ["## Commits", "",
            "One row a commit into one of four series, every fiftieth a file replaced; each figure beside its ratio to the same on the",
            "pond of 100 commits. The first table in one process; opening, listing and reading are whole processes.", "",
            *beside(directory), "", *growing(directory, repeat)]
