"""Questions to ten million rows in a pond, beside DuckDB of the same version on the same Parquet files: whole processes,
in turns. The rows lie in one file, in a thousand versions (DuckDB: a glob over the thousand files), and in one file with the
last ten thousand rows still inline (DuckDB: two files)."""

import os
import pathlib
import subprocess

import duckdb
from measure import POND, ROOT, alternate, median, ratio, table, timed

DUCK = ROOT / "build/bench/bench/duck"
ROWS = 10_000_000
VERSIONS = 1_000
INLINE = 10_000
INLINE_AT_ONCE = 500

QUESTIONS = {
    "count": "SELECT count(*) FROM {0}",
    "hourly average": "SELECT count(*), sum(x) FROM (SELECT date_trunc('hour', timestamp) AS hour, avg(temperature) AS x"
                      " FROM {0} GROUP BY hour)",
    "one day in ten years": "SELECT count(*), avg(temperature) FROM {0}"
                            " WHERE timestamp >= '2016-05-01' AND timestamp < '2016-05-02'",
    "top 10": "SELECT timestamp, turbidity FROM {0} ORDER BY turbidity DESC LIMIT 10",
    "join of two instruments": "SELECT count(*), avg(a.temperature - b.level) FROM {0} a JOIN {1} b USING (timestamp)",
    "window": "SELECT max(d) FROM (SELECT temperature - lag(temperature) OVER (ORDER BY timestamp) AS d FROM {0}"
              " WHERE timestamp < '2014-01-01')",
}
TARGETS = {"one file": "≤ 1.1", "1,000 versions": "≤ 1.3", "10,000 rows inline": "≤ 1.3"}


def make(directory: pathlib.Path):
    """The sources, and the pond of them: three series and the instrument they are joined with."""
    base = duckdb.connect()
    base.execute(f"""
        CREATE TABLE rows AS SELECT to_timestamp(1300000000 + i * 31.5) AS timestamp, sin(i / 1e4) * 10 + random() AS temperature,
            random() * 100 AS level, 100 + i / 1e6 + random() AS conductance, exp(random()) AS turbidity, i
        FROM range({ROWS}) t(i)""")

    def write(name, condition):
        base.execute(f"COPY (SELECT * EXCLUDE i FROM rows WHERE {condition} ORDER BY i) TO '{directory}/{name}'"
                     " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)")

    (directory / "versions").mkdir()
    write("one.parquet", "true")
    write("head.parquet", f"i < {ROWS - INLINE}")
    write("tail.parquet", f"i >= {ROWS - INLINE}")
    each = ROWS // VERSIONS
    for i in range(VERSIONS):
        write(f"versions/{i:04}.parquet", f"i >= {i * each} AND i < {(i + 1) * each}")
    environment = {**os.environ, "POND": str(directory / "pond")}

    def pond(*words):
        subprocess.run([POND, *map(str, words)], env=environment, check=True, stdout=subprocess.DEVNULL)

    pond("init")
    pond("copy", f"host+series://{directory}/one.parquet", "/one.series")
    pond("copy", f"host+series://{directory}/one.parquet", "/other.series")
    for i in range(VERSIONS):
        pond("copy", f"host+series://{directory}/versions/{i:04}.parquet", "/many.series")
    pond("copy", f"host+series://{directory}/head.parquet", "/inline.series")
    for first in range(ROWS - INLINE, ROWS, INLINE_AT_ONCE):
        write("part.parquet", f"i >= {first} AND i < {first + INLINE_AT_ONCE}")
        pond("copy", f"host+series://{directory}/part.parquet", "/inline.series")
    return environment


def report(directory: pathlib.Path, repeat: int):
    directory.mkdir()
    environment = make(directory)
    kinds = {"one file": ("/one.series", f"'{directory}/one.parquet'"),
             "1,000 versions": ("/many.series", f"'{directory}/versions/*.parquet'"),
             "10,000 rows inline": ("/inline.series", f"read_parquet(['{directory}/head.parquet', '{directory}/tail.parquet'])")}
    rows = []
    for name, question in QUESTIONS.items():
        for kind, (series, files) in kinds.items():
            mine, theirs = alternate(
                repeat,
                lambda: timed([POND, "sql", "--format", "csv", question.format(f"'{series}'", "'/other.series'")], environment),
                lambda: timed([DUCK, question.format(files, f"'{directory}/one.parquet'")]))
            target = "< 1" if name.startswith("one day") and kind == "1,000 versions" else TARGETS[kind]
            rows.append([name, kind, f"{median(mine) * 1000:,.0f} ms", f"{median(theirs) * 1000:,.0f} ms",
                         f"{ratio(mine, theirs):.2f}", target])
            print(" | ".join(rows[-1]), flush=True)
    return ["## Queries", "", "Ten million rows of four quantities, ten years; whole processes, both with their start.", "",
            *table(["question", "rows in", "pond", "DuckDB on the files", "ratio", "target"], rows)]
