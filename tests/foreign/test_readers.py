"""A pond is a Delta table: other people's readers open it as it is and see the same rows."""

import hashlib
import io
import json
import uuid

import deltalake
import duckdb
import polars
import pyarrow.ipc
import pyarrow.parquet
import pytest

COLUMNS = {
    "part_id", "node_id", "version", "first_version", "kind", "time", "txn", "size", "hash", "location",
    "schema", "rows", "min_time", "max_time", "attributes", "content", "history",
}


def newest(pond) -> int:
    return int(json.loads(pond.text("log", "--limit", "1", "--json").splitlines()[0])["txn"])


def as_deltalake(directory):
    return deltalake.DeltaTable(directory).to_pyarrow_table()


def as_polars(directory):
    return polars.read_delta(str(directory)).to_arrow()


def as_log_replay(directory):
    """DuckDB over the files that the log names, partition values from their paths."""
    files = [str(directory / path) for path in deltalake.DeltaTable(directory).files()] if hasattr(
        deltalake.DeltaTable, "files") else deltalake.DeltaTable(directory).file_uris()
    return duckdb.connect().execute(
        "SELECT * FROM read_parquet(?, hive_partitioning = true, hive_types_autocast = false)", [files]
    ).to_arrow_table()


@pytest.mark.parametrize("read", [as_deltalake, as_polars, as_log_replay])
def test_rows_are_the_same_everywhere(busy_pond, read):
    rows = read(busy_pond.directory).to_pylist()
    assert set(rows[0]) == COLUMNS
    for row in rows:
        if row["content"] is not None:
            assert hashlib.sha256(row["content"]).hexdigest() == row["hash"]
            assert len(row["content"]) == row["size"]
        else:
            path = busy_pond.directory / row["location"]
            assert hashlib.sha256(path.read_bytes()).hexdigest() == row["hash"]
    kinds = {row["kind"] for row in rows}
    assert kinds == {"directory", "data", "table", "series", "symlink"}
    expected = sorted((row["node_id"], row["version"], row["hash"]) for row in as_deltalake(
        busy_pond.directory).to_pylist())
    assert sorted((row["node_id"], row["version"], row["hash"]) for row in rows) == expected


def test_version_is_the_transaction(busy_pond):
    table = deltalake.DeltaTable(busy_pond.directory)
    assert table.version() == newest(busy_pond)
    assert table.metadata().partition_columns == ["part_id"]
    history = table.history(3)
    assert history[0]["pond"]["command"].startswith("pond copy")


def test_time_travel_of_the_table(busy_pond):
    early = deltalake.DeltaTable(busy_pond.directory, version=1).to_pyarrow_table()
    late = as_deltalake(busy_pond.directory)
    assert early.num_rows < late.num_rows


def test_the_tree_can_be_walked_from_the_format_alone(busy_pond):
    """docs/storage-format.md in twenty lines: from the root to the rows of a series."""
    rows = as_deltalake(busy_pond.directory).to_pylist()

    def entries(directory):
        names = {}
        for row in sorted((r for r in rows if r["node_id"] == directory), key=lambda r: r["version"]):
            for op in pyarrow.ipc.open_stream(row["content"]).read_all().to_pylist():
                names.pop(op["name"], None)
                if op["op"] == "insert":
                    names[op["name"]] = op
        return names

    root = "00000000-0000-7000-8000-000000000000"
    assert sorted(entries(root)) == ["notes", "s", "sensors"]
    sensors = entries(root)["sensors"]["node_id"]
    assert uuid.UUID(sensors).version == 7
    dock = entries(entries(sensors)["dock"]["node_id"])
    level = dock["level.series"]
    values = []
    for row in sorted((r for r in rows if r["node_id"] == level["node_id"]), key=lambda r: r["version"]):
        if row["location"] == "inline":
            content = row["content"]
            table = (pyarrow.parquet.read_table(io.BytesIO(content)) if content[:4] == b"PAR1"
                     else pyarrow.ipc.open_stream(content).read_all())
        else:
            table = pyarrow.parquet.read_table(busy_pond.directory / row["location"])
        assert table.num_rows == row["rows"]
        values += table.column("level").to_pylist()
    assert values == [day + 0.5 for day in range(1, 26)]


def test_a_series_content_is_a_plain_parquet_file(busy_pond, measurements):
    rows = as_deltalake(busy_pond.directory).to_pylist()
    original = (measurements / "usgs-01650800.parquet").read_bytes()
    adopted = [row for row in rows if row["hash"] == hashlib.sha256(original).hexdigest()]
    assert len(adopted) == 1
    assert (busy_pond.directory / adopted[0]["location"]).read_bytes() == original
