"""Random series and random questions, answered by `pond` and by plain DuckDB over the same rows put together.

Each case is made from a seed, which a failure prints: POND_ORACLE_SEED=N repeats that one. Series have versions out of order,
times that repeat, gaps, nulls and NaN, columns that come and go; some are large enough to become files and to be merged.
"""

import datetime
import io
import json
import math
import os
import random

import duckdb
import pyarrow
import pyarrow.parquet
import pytest

CASES = int(os.environ.get("POND_ORACLE_CASES", "12"))
FIRST = int(os.environ.get("POND_ORACLE_SEED", "1"))
SEEDS = [FIRST] if "POND_ORACLE_SEED" in os.environ else range(FIRST, FIRST + CASES)

TIME = pyarrow.timestamp("us", "UTC")
START = datetime.datetime(2023, 12, 30, tzinfo=datetime.timezone.utc)
COLUMNS = {"temp": pyarrow.float64(), "level": pyarrow.float64(), "count": pyarrow.int64(), "note": pyarrow.string()}
NUMBERS = ["temp", "level", "count"]
SPAN = 5 * 86_400


def value(chance: random.Random, type_):
    if chance.random() < 0.08:
        return None
    if type_ == pyarrow.string():
        return chance.choice(["", "calm", "it's", "Ünï,\"q\"", "NULL"])
    if type_ == pyarrow.int64():
        return chance.randrange(-(10**6), 10**6)
    if chance.random() < 0.03:
        return math.nan
    return chance.choice([0.0, -0.0, chance.gauss(0, 100), chance.gauss(0, 1e-3)])


def batch(chance: random.Random, columns):
    """One version's rows: mostly near each other in time, in any order."""
    rows = chance.choice([1, 2, 7, 40, 300, 6000])
    begin = chance.randrange(SPAN)
    width = chance.choice([60, 3600, 86_400, SPAN])
    step = chance.choice([1, 60, 300])
    times = [START + datetime.timedelta(seconds=(begin + chance.randrange(width)) // step * step) for _ in range(rows)]
    if chance.random() < 0.7:
        times.sort()
    fields, arrays = [pyarrow.field("timestamp", TIME)], [pyarrow.array(times, TIME)]
    for name in columns:
        fields.append(pyarrow.field(name, COLUMNS[name]))
        arrays.append(pyarrow.array([value(chance, COLUMNS[name]) for _ in range(rows)], COLUMNS[name]))
    order = list(range(len(fields)))
    if chance.random() < 0.3:
        chance.shuffle(order)
    return pyarrow.table([arrays[i] for i in order], schema=pyarrow.schema([fields[i] for i in order]))


class Case:
    def __init__(self, seed, pond, folder):
        self.chance = random.Random(seed)
        self.pond = pond
        self.folder = folder
        self.base = duckdb.connect()
        self.base.execute("SET TimeZone = 'UTC'")
        self.series = {}  # path -> the versions' tables
        self.asked = []

    def append(self, path):
        columns = [name for name in COLUMNS if self.chance.random() < 0.75] or ["temp"]
        versions = self.series.setdefault(path, [])
        if not versions:
            columns = sorted({*columns, "temp"}, key=list(COLUMNS).index)
        table = batch(self.chance, columns)
        file = self.folder / "version.parquet"
        pyarrow.parquet.write_table(table, file, row_group_size=self.chance.choice([100, 1000, 100_000]))
        self.pond.run("copy", f"host+series://{file}", path)
        versions.append(table)

    def everything(self, path, versions=None):
        """The rows of a series as the oracle has them; columns that a version lacks are null."""
        tables = self.series[path][:versions]
        return pyarrow.concat_tables(tables, promote_options="default")

    def same(self, question, expected, *arguments):
        """`pond ARGUMENTS` gives the rows of `expected`, a table, in any order."""
        self.asked.append(question)
        shown = self.pond.run(*arguments, "--format", "parquet").stdout
        given = pyarrow.parquet.read_table(io.BytesIO(shown)) if shown else None
        if given is not None and "--version" in arguments:
            # Inside a run of merged versions, columns that later ones of the run added are there, without values.
            spare = [name for name in given.column_names if name not in expected.column_names]
            assert all(given[name].null_count == len(given) for name in spare), f"{question}: {spare}"
            given = given.drop_columns(spare)
        found = rows_of(given) if given is not None else []
        wanted = rows_of(expected)
        assert given is None or given.column_names == expected.column_names, f"{question}: {given.column_names}"
        assert len(found) == len(wanted), f"{question}: {len(found)} rows, not {len(wanted)}"
        for one, other in zip(found, wanted):
            assert all(equal(a, b) for a, b in zip(one, other)), f"{question}: {one} is not {other}"

    def hold(self, name, table):
        """As a table of DuckDB's own: on pyarrow's it would let pyarrow compare, which holds NaN for less."""
        self.base.register("rows_of_python", table)
        self.base.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM rows_of_python")

    def ask(self, sql, tables, *arguments):
        for name, table in tables.items():
            self.hold(name, table)
        self.same(sql, self.base.execute(sql).to_arrow_table(), *arguments)


def rows_of(table):
    rows = list(zip(*(column.to_pylist() for column in table.columns))) if table.num_columns else []
    return sorted(rows, key=lambda row: tuple(key(cell) for cell in row))


def key(cell):
    if cell is None:
        return (0, 0)
    if isinstance(cell, float):
        return (1, math.inf) if math.isnan(cell) else (1, float(f"{cell:.9g}"))
    if isinstance(cell, int):
        return (1, float(cell))
    return (2, str(cell))


def equal(a, b):
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return a == b


def moment(chance):
    return (START + datetime.timedelta(seconds=chance.randrange(-3600, SPAN + 86_400))).strftime("%Y-%m-%d %H:%M:%S")


def condition(chance):
    begin, end = sorted([moment(chance), moment(chance)])
    return chance.choice([
        "true", f"timestamp >= '{begin}'", f"timestamp < '{end}'", f"timestamp >= '{begin}' AND timestamp < '{end}'",
        f"timestamp BETWEEN '{begin}' AND '{end}' AND temp > 0", f"timestamp < '{begin}' OR timestamp > '{end}'",
        f"date_trunc('day', timestamp) = '{begin[:10]}'", f"NOT timestamp > '{end}'", "temp IS NULL",
    ])


def questions(case):
    """Random questions to the series that are there."""
    chance = case.chance
    paths = list(case.series)
    for _ in range(6):
        path = chance.choice(paths)
        table = case.everything(path)
        numbers = [name for name in NUMBERS if name in table.column_names]
        column = chance.choice(numbers)
        where = condition(chance)
        sql = chance.choice([
            f"SELECT count(*) AS n, count({column}) AS c, sum({column}) AS s, min({column}) AS lo, max({column}) AS hi FROM source WHERE {where}",
            f"SELECT * FROM source WHERE {where}",
            f"SELECT date_trunc('hour', timestamp) AS hour, avg({column}) AS a, count(*) AS n FROM source WHERE {where} GROUP BY hour",
            f"SELECT timestamp FROM source WHERE {where} ORDER BY timestamp DESC LIMIT 5",
            f"SELECT DISTINCT {column} IS NULL AS nothing FROM source WHERE {where}",
        ])
        case.ask(sql, {"source": table}, "cat", path, "--sql", sql)
    # As it was, version by version.
    path = chance.choice(paths)
    version = chance.randrange(1, len(case.series[path]) + 1)
    table = case.everything(path, version)
    sql = f"SELECT * FROM source WHERE {condition(chance)}"
    case.ask(sql, {"source": table}, "cat", path, "--version", str(version), "--sql", sql)
    if len(paths) > 1:
        first, second = chance.sample(paths, 2)
        where = condition(chance).replace("timestamp", "a.timestamp").replace("temp ", "a.temp ")
        sql = "SELECT count(*) AS n, sum(a.temp + b.temp) AS s FROM {} a JOIN {} b ON a.timestamp = b.timestamp WHERE " + where
        case.hold("left_rows", case.everything(first))
        case.hold("right_rows", case.everything(second))
        case.same(sql, case.base.execute(sql.format("left_rows", "right_rows")).to_arrow_table(),
                  "sql", sql.format(f"'{first}'", f"'{second}'"))
        # A pattern is the union by name.
        together = pyarrow.concat_tables([case.everything(path) for path in sorted(paths)], promote_options="default")
        sql = f"SELECT count(*) AS n, count(temp) AS c, max(timestamp) AS last FROM source WHERE {condition(chance)}"
        case.ask(sql, {"source": together}, "cat", "/in/*.series", "--sql", sql)


AGGREGATES = ["avg", "min", "max", "sum", "count"]
STEPS = {"1m": "minute", "1h": "hour", "1d": "day"}


def make_reduce(case):
    aggregates = case.chance.sample(AGGREGATES, case.chance.randrange(1, len(AGGREGATES) + 1))
    steps = case.chance.sample(list(STEPS), case.chance.randrange(1, len(STEPS) + 1))
    steps.sort(key=list(STEPS).index)
    config = case.folder / "reduce.yaml"
    config.write_text("in_pattern: /in/*.series\nout_pattern: $0\n" f"resolutions: [{', '.join(steps)}]\naggregations:\n"
                      + "".join(f"  - {{type: {name}, columns: [temp]}}\n" for name in aggregates))
    case.pond.run("mknod", "temporal-reduce", "/reduced", "--config-path", str(config))
    return steps, aggregates


def check_reduce(case, steps, aggregates):
    case.pond.run("run", "/reduced")
    for path in case.series:
        name = path.removeprefix("/in/").removesuffix(".series")
        case.hold("source", case.everything(path))
        for step in steps:
            columns = ", ".join(f'{aggregate}(temp) AS "temp.{aggregate}"' for aggregate in aggregates)
            sql = (f"SELECT date_trunc('{STEPS[step]}', timestamp) AS timestamp, {columns}"
                   " FROM source GROUP BY ALL ORDER BY ALL")
            wanted = case.base.execute(sql).to_arrow_table()
            chosen = ", ".join(f'"{column}"' for column in wanted.column_names)
            case.same(f"{name} every {step}: {chosen}", wanted, "cat", f"/reduced/{name}/res={step}.series", "--sql",
                      f"SELECT {chosen} FROM source")


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_as_plain_duckdb(seed, pond, tmp_path):
    case = Case(seed, pond, tmp_path)
    try:
        pond.run("mkdir", "/in")
        paths = [f"/in/s{i}.series" for i in range(case.chance.randrange(1, 4))]
        for path in paths:
            case.append(path)
        reduce = make_reduce(case)
        for _ in range(case.chance.randrange(1, 4)):
            for _ in range(case.chance.randrange(0, 6)):
                case.append(case.chance.choice(paths))
            check_reduce(case, *reduce)
        if case.chance.random() < 0.3:
            pond.run("maintain", "--compact")
        questions(case)
        check_reduce(case, *reduce)
        assert json.loads(pond.text("fsck", "--json"))["good"]
    except AssertionError as problem:
        raise AssertionError(f"POND_ORACLE_SEED={seed}, question {len(case.asked)}: {problem}") from None
