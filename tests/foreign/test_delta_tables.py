"""Delta tables that delta-rs wrote, as `pond` reads them."""

import datetime
import decimal

import deltalake
import pyarrow as pa
import pytest

from rows import in_order

WORDS = ["a/b c", "100%", "=", "it's", '"', "ü\\", "x:y?z#", "[a]*", "a,b", "%2F", " ", None]


def rows_of(path, version=None):
    return in_order(deltalake.DeltaTable(path, version=version).to_pyarrow_table().to_pylist())


def test_types(tmp_path, read_delta):
    at = datetime.datetime(2024, 5, 1, 12, 0, 0, 123456)
    table = pa.table({
        "flag": pa.array([True, None]), "tiny": pa.array([1, None], pa.int8()), "small": pa.array([-2, None], pa.int16()),
        "number": pa.array([3, None], pa.int32()), "big": pa.array([4, None], pa.int64()),
        "single": pa.array([0.5, None], pa.float32()), "wide": pa.array([float("nan"), None], pa.float64()),
        "amount": pa.array([decimal.Decimal("12.30"), None], pa.decimal128(10, 2)), "word": ["ü", None],
        "bytes": pa.array([b"\x00\xff", None]), "day": pa.array([datetime.date(1969, 12, 31), None]),
        "instant": pa.array([at, None], pa.timestamp("us", "UTC")), "wall": pa.array([at, None], pa.timestamp("us")),
        "list": pa.array([[1, None], None], pa.list_(pa.int32())),
        "entries": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int32())),
        "inner": pa.array([{"x": {"y": 1}}, None], pa.struct({"x": pa.struct({"y": pa.int64()})})),
    })
    deltalake.write_deltalake(tmp_path / "t", table)
    found = read_delta(tmp_path / "t", arrow=True)
    assert in_order(found.to_pylist()) == in_order(table.to_pylist())
    assert found.schema.field("instant").type == pa.timestamp("us", "UTC")
    assert found.schema.field("wall").type == pa.timestamp("us")
    assert found.schema.field("amount").type == pa.decimal128(10, 2)


def test_partition_values(tmp_path, read_delta, pond):
    table = pa.table({"id": range(len(WORDS)), "word": WORDS, "day": [datetime.date(2024, 5, 1), None] * (len(WORDS) // 2)})
    deltalake.write_deltalake(tmp_path / "t", table, partition_by=["word", "day"])
    assert in_order(read_delta(tmp_path / "t")) == in_order(table.to_pylist())
    sql = "SELECT count(*) FROM source WHERE word = 'a/b c' AND day = '2024-05-01'"
    assert pond.text("cat", f"host+delta://{tmp_path}/t", "--format", "csv", "--sql", sql).split()[1] == "1"


def test_versions_checkpoints_and_vacuum(tmp_path, read_delta, pond):
    path = tmp_path / "t"
    for i in range(12):
        deltalake.write_deltalake(path, pa.table({"id": [i], "more" if i > 5 else "first": [i]}), mode="append",
                                  schema_mode="merge")
    table = deltalake.DeltaTable(path)
    table.create_checkpoint()
    table.delete("id = 3")
    table.optimize.compact()
    table.alter.set_table_properties({"delta.logRetentionDuration": "interval 1 day"})
    newest = deltalake.DeltaTable(path).version()
    for version in (0, 7, 12, newest):
        assert in_order(read_delta(f"{path}@version={version}")) == rows_of(path, version), version
    assert in_order(read_delta(path)) == rows_of(path)
    deltalake.DeltaTable(path).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    assert in_order(read_delta(path)) == rows_of(path)
    done = pond.run("cat", f"host+delta://{path}@version=5", "--json", check=False)
    assert done.returncode == 1
    message = done.stderr.decode()
    assert f"version 5 of the Delta table {path} lacks a data file: part-" in message
    assert "vacuumed" in message


def test_an_empty_table_has_its_columns(tmp_path, read_delta):
    schema = pa.schema([("id", pa.int64()), ("inner", pa.struct({"x": pa.int32()}))])
    deltalake.DeltaTable.create(tmp_path / "t", deltalake.Schema.from_arrow(schema))
    found = read_delta(tmp_path / "t", arrow=True)
    assert found.num_rows == 0
    assert found.schema.names == ["id", "inner"]


@pytest.mark.parametrize("count", [1000])
def test_many_partitions(tmp_path, read_delta, pond, count):
    table = pa.table({"id": range(count), "part": range(count)})
    deltalake.write_deltalake(tmp_path / "t", table, partition_by=["part"])
    sql = f"SELECT sum(id) AS s FROM source WHERE part IN (1, {count - 1})"
    assert pond.text("cat", f"host+delta://{tmp_path}/t", "--format", "csv", "--sql", sql).split() == ["s", str(count)]
