#!/usr/bin/env python3
"""What pond costs, each figure beside a reference in the same run. `make bench` runs it and writes bench/RESULTS.md.

Every figure is the median over runs of a whole process; a figure and its reference alternate, so that a machine whose
speed drifts slows both. Peak memory is the kernel's account of the process (maximum resident set).
"""

import argparse
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time

import commits
import duckdb
import queries
from measure import POND, ROOT, alternate, median, ratio, table, timed

ROWS = 10_000_000

# Reference commands run DuckDB of the same version in a Python process; what Python itself costs is taken off by
# timing inside that process.
DUCKDB = """
import duckdb, sys, time
began = time.perf_counter()
c = duckdb.connect()
c.execute("SET TimeZone = 'UTC'")
for sql in sys.argv[1:]:
    c.execute(sql).fetchall()
print(time.perf_counter() - began)
"""

COPY_AND_SYNC = """
import os, subprocess, sys, time
began = time.perf_counter()
subprocess.run(["cp", sys.argv[1], sys.argv[2]], check=True)
fd = os.open(sys.argv[2], os.O_RDONLY)
os.fsync(fd)
print(time.perf_counter() - began)
"""


class Bench:
    def __init__(self, directory: pathlib.Path, repeat: int):
        self.directory = directory
        self.repeat = repeat
        self.rows = []
        self.sections = []

    def environment(self, name="pond"):
        return {**os.environ, "POND": str(self.directory / name), "NO_COLOR": "1"}

    def fresh(self, name="pond"):
        shutil.rmtree(self.directory / name, ignore_errors=True)
        subprocess.run([POND, "init"], env=self.environment(name), check=True, stdout=subprocess.DEVNULL)

    def pond(self, *words, name="pond"):
        return timed([POND, *words], self.environment(name))

    def duckdb(self, *statements):
        return timed([sys.executable, "-c", DUCKDB, *statements], inside=True)

    def report(self, what, mine, reference_name=None, theirs=None, target=""):
        seconds = median(mine)
        row = [what, f"{seconds * 1000:,.1f} ms", f"{median(mine, 'peak_mib'):,.0f} MiB"]
        if theirs:
            row += [reference_name, f"{median(theirs) * 1000:,.1f} ms", f"{ratio(mine, theirs):.2f}"]
        else:
            row += ["", "", ""]
        row.append(target)
        self.rows.append(row)
        print(" | ".join(row), flush=True)

    # --- figures ----------------------------------------------------------------------------------------------

    def start(self):
        mine, theirs = alternate(20, lambda: timed([POND, "--version"]), lambda: timed(["/bin/true"]))
        self.report("process start, `pond --version`", mine, "`/bin/true`", theirs, "< 15 ms")
        self.fresh()
        mine, theirs = alternate(20, lambda: self.pond("list"), lambda: timed(["/bin/ls", self.directory]))
        self.report("`pond list` of an empty pond", mine, "`/bin/ls`", theirs, "< 25 ms")

    def small_commit(self):
        self.fresh()
        small = self.directory / "small"
        small.write_bytes(os.urandom(1000))
        copied = self.directory / "copied"
        mine, theirs = alternate(
            30, lambda: self.pond("copy", f"host://{small}", "/small"),
            lambda: timed([sys.executable, "-c", COPY_AND_SYNC, small, copied], inside=True))
        self.report("durable commit of a 1 kB file (a new version)", mine, "`cp` + fsync", theirs, "< 30 ms")

    def series(self):
        source = self.directory / "series.parquet"
        duckdb.connect().execute(f"""
            COPY (SELECT to_timestamp(1500000000 + i * 5) AS timestamp,
                         sin(i / 1e4) * 10 + random() AS temperature, random() * 100 AS level,
                         100 + i / 1e6 + random() AS conductance, exp(random()) AS turbidity
                  FROM range({ROWS}) t(i)) TO '{source}' (FORMAT parquet, COMPRESSION zstd)""")
        megabytes = source.stat().st_size / 1e6
        copied = self.directory / "copied.parquet"

        def prepare():
            self.fresh()
            copied.unlink(missing_ok=True)
            subprocess.run(["sync"], check=True)

        mine, theirs = alternate(
            self.repeat, lambda: self.pond("copy", f"host+series://{source}", "/s.series"),
            lambda: timed([sys.executable, "-c", COPY_AND_SYNC, source, copied], inside=True), prepare)
        self.report(f"series of 10 million rows × 4 doubles copied in ({megabytes:.0f} MB)", mine,
                    "`cp` + fsync of the same file", theirs, "≤ 1.5 ×")
        copied.unlink()

        hourly = ("SELECT date_trunc('hour', timestamp) AS hour, avg(temperature), avg(level), avg(conductance),"
                  " avg(turbidity) FROM {} GROUP BY hour ORDER BY hour")
        count = "SELECT count(*), sum(a + b + c + d) FROM ({}) t(hour, a, b, c, d)"
        mine, theirs = alternate(
            self.repeat,
            lambda: self.pond("cat", "/s.series", "--format", "csv", "--sql", count.format(hourly.format("source"))),
            lambda: self.duckdb(count.format(hourly.format(f"read_parquet('{source}')"))))
        self.report("hourly averages over it", mine, "DuckDB on the Parquet file", theirs, "≤ 1.2 ×")
        return source

    def reduce(self, source):
        config = self.directory / "reduce.yaml"
        config.write_text("in_pattern: /s.series\nout_pattern: s\nresolutions: [1m, 1h, 1d]\n"
                          "aggregations:\n  - {type: avg}\n  - {type: min}\n  - {type: max}\n")
        self.pond("mknod", "temporal-reduce", "/reduced", "--config-path", config)
        template = self.directory / "template"
        shutil.rmtree(template, ignore_errors=True)
        shutil.copytree(self.directory / "pond", template)

        def prepare():
            shutil.rmtree(self.directory / "pond")
            shutil.copytree(template, self.directory / "pond", copy_function=os.link)
            for log in (self.directory / "pond/_delta_log").iterdir():
                data = log.read_bytes()
                log.unlink()
                log.write_bytes(data)

        columns = ", ".join(f"avg({c}), min({c}), max({c})" for c in
                            ("temperature", "level", "conductance", "turbidity"))
        # In UTC without a time zone: DuckDB's buckets of TIMESTAMPTZ go through ICU and take twenty times as long.
        group_bys = [
            f"COPY (SELECT time_bucket(INTERVAL '{step}', timestamp AT TIME ZONE 'UTC') AS t, count(*), {columns}"
            f" FROM read_parquet('{source}') GROUP BY t ORDER BY t) TO '{self.directory}/ref.parquet' (FORMAT parquet)"
            for step in ("1 minute", "1 hour", "1 day")]
        mine, theirs = alternate(self.repeat, lambda: self.pond("run", "/reduced"), lambda: self.duckdb(*group_bys),
                                 prepare)
        self.report("one reduce to 1m, 1h and 1d (avg, min, max of 4 columns)", mine,
                    "DuckDB's three GROUP BYs, written to Parquet", theirs, "≤ 2 ×")
        mine, _ = alternate(self.repeat, lambda: self.pond("run", "/reduced"))
        self.report("the same again: nothing new", mine)

    def text(self) -> str:
        commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True,
                                text=True).stdout.strip()
        model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
                     platform.machine())
        lines = [
            "# Results", "",
            "Written by `make bench` (`bench/run.py`); what each figure is stands there. Medians of whole processes, each beside",
            "its reference in the same run; the ratio is the median of the ratios pair by pair.", "",
            f"{time.strftime('%Y-%m-%d')}, commit {commit}, {model}, {os.cpu_count()} cores,"
            f" {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB.", "",
            *table(["what", "pond", "peak memory", "reference", "reference", "ratio", "target"], self.rows),
            "", *self.sections,
        ]
        return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--dir", type=pathlib.Path, help="where to work (default: a folder in build/)")
    parser.add_argument("--write", action="store_true", help="write bench/RESULTS.md")
    options = parser.parse_args()
    (ROOT / "build").mkdir(exist_ok=True)
    directory = options.dir or pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / "build"))
    directory.mkdir(parents=True, exist_ok=True)
    bench = Bench(directory, options.repeat)
    try:
        bench.start()
        bench.small_commit()
        source = bench.series()
        bench.reduce(source)
        source.unlink()
        bench.sections = [*commits.report(directory, options.repeat * 2), "", *queries.report(directory / "queries", options.repeat)]
    finally:
        if not options.dir:
            shutil.rmtree(directory, ignore_errors=True)
    if options.write:
        (ROOT / "bench/RESULTS.md").write_text(bench.text())


if __name__ == "__main__":
    main()
