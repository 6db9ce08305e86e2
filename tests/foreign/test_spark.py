"""Tables that Spark wrote, through `pond`; ponds that `pond` wrote, through Spark."""

import datetime
import hashlib
import json

import deltalake
import pytest

from rows import in_order

UTC = datetime.timezone.utc
DAY = datetime.date(2024, 5, 1)

MAPPED = [
    "CREATE TABLE @{0}~ (id LONG, old STRING, ~p q~ DATE, gone INT,"
    " s STRUCT<a: INT, l: ARRAY<STRUCT<c: STRING>>>, m MAP<STRING, STRUCT<x: INT>>)"
    " USING delta PARTITIONED BY (~p q~) TBLPROPERTIES ('delta.columnMapping.mode' = '{1}')",
    "INSERT INTO @{0}~ VALUES (1, 'x', DATE'2024-05-01', 5,"
    " named_struct('a', 1, 'l', array(named_struct('c', 'z'), NULL)), map('k', named_struct('x', 9)))",
    "ALTER TABLE @{0}~ RENAME COLUMN old TO ~new, name~",
    "ALTER TABLE @{0}~ RENAME COLUMN s.a TO aa",
    "ALTER TABLE @{0}~ RENAME COLUMN m.value.x TO y",
    "ALTER TABLE @{0}~ DROP COLUMN gone",
    "ALTER TABLE @{0}~ ADD COLUMN (gone STRING AFTER id, extra DOUBLE)",
    "ALTER TABLE @{0}~ ADD COLUMN (s.late INT)",
    "INSERT INTO @{0}~ VALUES (2, 'g', 'y', NULL, named_struct('aa', 2, 'l', NULL, 'late', 7), NULL, 2.5)",
]
MAPPED_ROWS = [
    {"id": 1, "gone": None, "new, name": "x", "p q": DAY, "s": {"aa": 1, "l": [{"c": "z"}, None], "late": None},
     "m": {"k": {"y": 9}}, "extra": None},
    {"id": 2, "gone": "g", "new, name": "y", "p q": None, "s": {"aa": 2, "l": None, "late": 7}, "m": None, "extra": 2.5},
]
CHECKPOINTED = [
    "CREATE TABLE @{0}~ (id LONG, p STRING) USING delta PARTITIONED BY (p) TBLPROPERTIES"
    " ('delta.checkpointInterval' = '3'{1})",
    *(f"INSERT INTO @{{0}}~ VALUES ({i}, 'a{i}'), ({i + 10}, NULL)" for i in range(4)),
    "DELETE FROM @{0}~ WHERE id = 12",
]
CHECKPOINTED_ROWS = [{"id": i, "p": f"a{i}"} for i in range(4)] + [{"id": i, "p": None} for i in (10, 11, 13)]
TYPES = ("flag BOOLEAN, tiny TINYINT, small SMALLINT, number INT, big BIGINT, single FLOAT, wide DOUBLE, amount DECIMAL(10, 2),"
         " word STRING, day DATE, instant TIMESTAMP, wall TIMESTAMP_NTZ, bytes BINARY")
VALUES = ("true, 1Y, -2S, 3, 4L, CAST('NaN' AS FLOAT), -0.5D, 12.30, 'ü', DATE'1969-12-31',"
          " TIMESTAMP'2024-05-01T12:00:00.123456Z', TIMESTAMP_NTZ'2024-05-01 12:00:00.5', X'41C3BC'")
NULLS = ", ".join(["NULL"] * 13)
WORDS = ["a/b c", "100%", "=", "it's", '"', "ü\\", "x:y?z#", "[a]*", "a,b", "%2F", " "]

# name: statements, in which @name~ is the table; and its rows, where they are worth spelling out.
TABLES = {
    "vectors": ([
        "CREATE TABLE @vectors~ (id LONG, word STRING) USING delta TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')",
        "INSERT INTO @vectors~ SELECT /*+ COALESCE(1) */ id, 'v' || id FROM range(75000)",
        "INSERT INTO @vectors~ VALUES (-1, 'whole')",
        # A bitmap and a run of rows in one vector.
        "DELETE FROM @vectors~ WHERE (id BETWEEN 20000 AND 60000 AND id % 7 = 3) OR id BETWEEN 66000 AND 70000",
        "UPDATE @vectors~ SET word = 'new' WHERE id = 5",
    ], None),
    "v2_json": ([statement.format("v2_json", ", 'delta.checkpointPolicy' = 'v2', 'delta.enableDeletionVectors' = 'true'")
                 for statement in CHECKPOINTED], CHECKPOINTED_ROWS),
    "v2_parquet": ([statement.format("v2_parquet", ", 'delta.checkpointPolicy' = 'v2'") for statement in CHECKPOINTED],
                   CHECKPOINTED_ROWS),
    "parts": ([statement.format("parts", "") for statement in CHECKPOINTED], CHECKPOINTED_ROWS),
    "by_name": ([statement.format("by_name", "name") for statement in MAPPED], MAPPED_ROWS),
    "by_id": ([statement.format("by_id", "id") for statement in MAPPED], MAPPED_ROWS),
    "types": ([
        f"CREATE TABLE @types~ ({TYPES}, list ARRAY<INT>, entries MAP<STRING, INT>) USING delta",
        f"INSERT INTO @types~ VALUES ({VALUES}, array(1, NULL), map('a', 1)), ({NULLS}, NULL, NULL)",
    ], None),
    "partitions": ([
        f"CREATE TABLE @partitions~ (id INT, {TYPES}) USING delta PARTITIONED BY"
        f" ({', '.join(column.split()[0] for column in TYPES.replace('(10, 2)', '').split(','))})",
        f"INSERT INTO @partitions~ VALUES (1, {VALUES}), (2, {NULLS})",
    ], None),
    "escapes": ([
        "CREATE TABLE @escapes~ (id INT, ~a b%=/~ STRING) USING delta PARTITIONED BY (~a b%=/~)"
        " TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
        "INSERT INTO @escapes~ VALUES " + ", ".join(
            "({}, '{}')".format(i, word.replace("\\", "\\\\").replace("'", "\\'")) for i, word in enumerate(WORDS)),
    ], [{"id": i, "a b%=/": word} for i, word in enumerate(WORDS)]),
    "evolved": ([
        "CREATE TABLE @evolved~ (a INT, s STRUCT<x: INT>) USING delta",
        "INSERT INTO @evolved~ VALUES (1, named_struct('x', 1))",
        "ALTER TABLE @evolved~ ADD COLUMNS (b STRING FIRST, s.y STRING)",
        "INSERT INTO @evolved~ VALUES ('two', 2, named_struct('x', 2, 'y', 'why'))",
        "ALTER TABLE @evolved~ ALTER COLUMN a AFTER s",
        "INSERT INTO @evolved~ VALUES (NULL, NULL, 3)",
    ], [{"b": None, "s": {"x": 1, "y": None}, "a": 1}, {"b": "two", "s": {"x": 2, "y": "why"}, "a": 2},
        {"b": None, "s": None, "a": 3}]),
    "times": ([
        "CREATE TABLE @times~ (id INT) USING delta",
        "INSERT INTO @times~ VALUES (1)",
        "ALTER TABLE @times~ SET TBLPROPERTIES ('delta.enableInCommitTimestamps' = 'true')",
        "INSERT INTO @times~ VALUES (2)",
    ], [{"id": 1}, {"id": 2}]),
    "clustered": ([
        "CREATE TABLE @clustered~ (id INT, word STRING) USING delta CLUSTER BY (id)",
        "INSERT INTO @clustered~ VALUES (1, 'a'), (2, 'b')",
        "OPTIMIZE @clustered~",
    ], [{"id": 1, "word": "a"}, {"id": 2, "word": "b"}]),
    "tracked": ([
        "CREATE TABLE @tracked~ (id INT) USING delta TBLPROPERTIES"
        " ('delta.enableRowTracking' = 'true', 'delta.enableDeletionVectors' = 'true')",
        "INSERT INTO @tracked~ VALUES (1), (2), (3)",
        "UPDATE @tracked~ SET id = 20 WHERE id = 2",
    ], [{"id": 1}, {"id": 20}, {"id": 3}]),
}


@pytest.fixture(scope="module")
def tables(spark):
    """All tables, by name."""
    spark.set(checkpoint__partSize=2)
    for name, (statements, _) in TABLES.items():
        spark.set(checkpointV2__topLevelFileFormat="parquet" if name == "v2_parquet" else "json")
        spark.sql(*statements)
    return spark


@pytest.mark.parametrize("name", TABLES)
def test_rows_of_a_table_that_spark_wrote(tables, read_delta, name):
    found = read_delta(tables.path(name), arrow=True)
    expected = in_order(tables.rows(tables.path(name)))
    assert in_order(found.to_pylist()) == expected
    assert found.schema.names == tables.session.read.format("delta").load(str(tables.path(name))).columns
    if TABLES[name][1] is not None:
        assert in_order(TABLES[name][1]) == expected


# Before a deletion vector, between two checkpoints, before columns had other names.
@pytest.mark.parametrize(("name", "version"), [("tracked", 1), ("v2_json", 4), ("by_id", 1), ("by_name", 6)])
def test_an_older_version_of_it(tables, read_delta, name, version):
    expected = in_order(tables.rows(tables.path(name), versionAsOf=version))
    assert in_order(read_delta(f"{tables.path(name)}@version={version}")) == expected


def test_the_files_are_what_the_names_say(tables):
    """Were Spark to stop writing a feature, the tests above would show nothing."""

    def log(name, pattern):
        return [file.name for file in (tables.path(name) / "_delta_log").glob(pattern)]

    def entries(name):
        return "".join(file.read_text() for file in sorted((tables.path(name) / "_delta_log").glob("*.json")))

    assert log("parts", "*.checkpoint.0000000001.000000000?.parquet")
    assert log("v2_json", "*.checkpoint.*-*.json") and log("v2_json", "_sidecars/*.parquet")
    assert log("v2_parquet", "*.checkpoint.*-*.parquet") and log("v2_parquet", "_sidecars/*.parquet")
    assert '"storageType":"u"' in entries("vectors")
    assert "inCommitTimestampEnablementVersion" in entries("times")
    assert '"domain":"delta.clustering"' in entries("clustered")
    assert '"baseRowId"' in entries("tracked") and '"domain":"delta.rowTracking"' in entries("tracked")
    assert '"timestampNtz"' in entries("types")
    assert "delta.columnMapping.physicalName" in entries("by_id")


def test_time_travel_by_the_times_in_commits(tables, read_delta):
    log = tables.path("times") / "_delta_log"
    infos = [json.loads(entry.read_text().splitlines()[0])["commitInfo"] for entry in sorted(log.glob("*.json"))]
    for version, info in enumerate(infos):
        at = datetime.datetime.fromtimestamp(info.get("inCommitTimestamp", info["timestamp"]) / 1000, UTC)
        expected = in_order(tables.rows(tables.path("times"), versionAsOf=version))
        assert in_order(read_delta(tables.path("times"), "--at", at.isoformat(timespec="milliseconds"))) == expected


def test_filters_on_rows_and_partitions(tables, pond):
    def ask(name, sql):
        return pond.text("cat", f"host+delta://{tables.path(name)}", "--format", "csv", "--sql", sql).split()[1:]

    assert ask("vectors", "SELECT count(*) FROM source") == ["65285"]
    assert ask("vectors", "SELECT word FROM source WHERE id IN (3, 5, 20000, 20002, 65999, 66000) ORDER BY id") == [
        "v3", "new", "v20000", "v65999"]
    assert ask("partitions", "SELECT id FROM source WHERE day < DATE '1970-01-01' AND flag AND amount = 12.3") == ["1"]
    assert ask("partitions", "SELECT id FROM source WHERE instant = '2024-05-01T12:00:00.123456Z'") == ["1"]
    assert ask("partitions", "SELECT id FROM source WHERE word IS NULL") == ["2"]
    assert ask("v2_json", "SELECT sum(id) FROM source WHERE p IN ('a1', 'a3')") == ["4"]


def test_a_compacted_log_is_the_same_table(tables, read_delta):
    """Compacted entries made by the protocol's rules; Spark vouches that they are right."""
    name = "parts"
    log = tables.path(name) / "_delta_log"
    files, once = {}, {}
    for version in range(0, 4):
        for line in (log / f"{version:020}.json").read_text().splitlines():
            ((kind, action),) = json.loads(line).items()
            if kind in ("add", "remove"):
                files[action["path"]] = {kind: action}
            elif kind != "commitInfo":
                once[kind] = {kind: action}
    compacted = "".join(json.dumps(action) + "\n" for action in [*once.values(), *files.values()])
    copy = tables.directory / "compacted"
    copy.mkdir()
    for file in tables.path(name).rglob("*.parquet"):
        if "_delta_log" not in file.parts:
            (copy / file.relative_to(tables.path(name))).parent.mkdir(exist_ok=True)
            (copy / file.relative_to(tables.path(name))).write_bytes(file.read_bytes())
    (copy / "_delta_log").mkdir()
    for version in range(0, 6):
        (copy / f"_delta_log/{version:020}.json").write_bytes((log / f"{version:020}.json").read_bytes())
    (copy / f"_delta_log/{0:020}.{3:020}.compacted.json").write_text(compacted)
    expected = in_order(TABLES[name][1])
    assert in_order(tables.rows(copy)) == expected
    assert in_order(read_delta(copy)) == expected
    # `pond` does not need what it replaces.
    for version in range(0, 4):
        (copy / f"_delta_log/{version:020}.json").unlink()
    assert in_order(read_delta(copy)) == expected


def test_copied_into_a_pond(tables, pond):
    pond.run("copy", f"host+delta+table://{tables.path('by_name')}", "/mapped.table")
    assert pond.text("cat", "/mapped.table", "--format", "csv", "--sql", 'SELECT id, "new, name" FROM source ORDER BY id'
                     ).splitlines() == ['id,"new, name"', "1,x", "2,y"]


def test_spark_reads_a_pond(spark, busy_pond, read_delta):
    """Before, at and after checkpoints and the folding of files, as other implementations read it."""
    assert list((busy_pond.directory / "_delta_log").glob("*.checkpoint.parquet")), "no checkpoint to read"
    newest = deltalake.DeltaTable(busy_pond.directory).version()
    for version in (1, 10, newest):
        table = deltalake.DeltaTable(busy_pond.directory, version=version)
        rows = in_order(spark.rows(busy_pond.directory, versionAsOf=version))
        assert rows == in_order(table.to_pyarrow_table().to_pylist()), version
    assert in_order(read_delta(busy_pond.directory)) == rows
    for row in rows:
        if row["content"] is not None:
            assert hashlib.sha256(row["content"]).hexdigest() == row["hash"]
    history = spark.sql(f"DESCRIBE HISTORY delta.~{busy_pond.directory}~ LIMIT 1").collect()[0]
    assert history["version"] == newest
    part = rows[0]["part_id"]
    pruned = spark.sql(f"SELECT count(*) FROM delta.~{busy_pond.directory}~ WHERE part_id = '{part}'").collect()[0][0]
    assert pruned == sum(row["part_id"] == part for row in rows)
