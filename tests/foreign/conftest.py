"""Ponds and tables that several programs read."""

import pyarrow.ipc
import pytest

import spark as spark_session


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    started = spark_session.start(tmp_path_factory.mktemp("spark"))
    yield started
    started.session.stop()


@pytest.fixture
def busy_pond(pond, tmp_path, measurements):
    """A pond with every kind of row, checkpoints, and folded files."""
    pond.run("mkdir", "-p", "/sensors/dock")
    pond.run("ln", "-s", "/sensors", "/s")
    (tmp_path / "notes").write_text("calm\n")
    pond.run("copy", f"host://{tmp_path}/notes", "/notes")
    pond.run("copy", f"host+series://{measurements}/usgs-01650800.parquet", "/sensors/anacostia.series")
    pond.run("copy", f"host+table://{measurements}/usgs-01589330.parquet", "/sensors/dead-run.table")
    for day in range(1, 26):
        (tmp_path / "day.csv").write_text(f"timestamp,level\n2024-05-{day:02}T00:00:00Z,{day}.5\n")
        pond.run("copy", f"host+csv+series://{tmp_path}/day.csv", "/sensors/dock/level.series")
    return pond


@pytest.fixture
def read_delta(pond):
    """The rows of a Delta table through `pond cat`, as a list of dictionaries, or as an Arrow table."""

    def read(path, *options, arrow=False):
        done = pond.run("cat", f"host+delta://{path}", "--format", "arrow", *options)
        table = pyarrow.ipc.open_stream(done.stdout).read_all()
        return table if arrow else table.to_pylist()

    return read
