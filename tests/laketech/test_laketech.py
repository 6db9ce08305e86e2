"""The LakeTech example on real measurements, over both changes of the clocks and a file sent again with more rows; what
comes out is compared with DuckDB's and Polars' own computation from the source file."""

import os
import subprocess
import sys

import duckdb
import polars
import pytest

import conftest

EXAMPLE = conftest.SOURCE / "examples/laketech"
MEASUREMENTS = conftest.SOURCE / "examples/data/usgs-01581752.parquet"
COLUMNS = {
    "AT500_Surface.Temperature.C": "water_temperature.C",
    "AT500_Surface.Turbidity.FNU": "turbidity.FNU",
    "AT500_Surface.Depth.ft": "gage_height.ft",
    "AT500_Bottom.Conductance.uS_cm": "specific_conductance.uS_cm",
    "Vulink.Discharge.cfs": "discharge.cfs",
}


@pytest.fixture
def station(pond, tmp_path, monkeypatch):
    monkeypatch.setenv("LAKETECH_DROPS", str(tmp_path / "drops"))
    pond.run("apply", "-f", EXAMPLE / "station.yaml")
    return pond


def drop(tmp_path, start, end):
    subprocess.run([sys.executable, EXAMPLE / "drops.py", tmp_path / "drops", "--start", start, "--end", end],
                   check=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})


def read(pond, tmp_path, path):
    file = tmp_path / "read.parquet"
    file.write_bytes(pond.run("cat", path, "--format", "parquet").stdout)
    return file


def source_rows(start, end):
    return f"SELECT * FROM '{MEASUREMENTS}' WHERE timestamp >= '{start}' AND timestamp < '{end}'"


def assert_same_rows(file, *ranges):
    """The station's series is the source's rows of these ranges, and nothing else."""
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    mine = ", ".join(f'round("{name}", 3)' for name in COLUMNS)
    theirs = ", ".join(f'round("{name}", 3)' for name in COLUMNS.values())
    source = " UNION ALL ".join(source_rows(*one) for one in ranges)
    expected = f"SELECT epoch_us(timestamp), {theirs} FROM ({source})"
    got = f"SELECT epoch_us(timestamp), {mine} FROM '{file}'"
    assert db.sql(f"SELECT count(*) FROM ({expected})").fetchone()[0] > 0
    assert db.sql(f"({expected}) EXCEPT ALL ({got})").fetchall() == []
    assert db.sql(f"({got}) EXCEPT ALL ({expected})").fetchall() == []


def test_the_clocks_are_put_forward(station, tmp_path):
    spring = ("2018-03-05T00:00:00Z", "2018-03-19T00:00:00Z")
    drop(tmp_path, *spring)
    said = station.text("run", "laketech")
    assert said.count("new rows") == 9  # the last hours of one week, and two weeks, of three sondes
    assert_same_rows(read(station, tmp_path, "/laketech/station.series"), spring)


def test_the_clocks_are_put_back_and_a_file_comes_again(station, tmp_path):
    # The first file ends within the hour that comes twice, in its first pass: 01:45 EDT is 05:45Z.
    first = ("2018-10-29T04:00:00Z", "2018-11-04T05:45:00Z")
    whole = ("2018-10-29T04:00:00Z", "2018-11-05T05:00:00Z")
    drop(tmp_path, *first)
    station.run("run", "laketech")
    assert_same_rows(read(station, tmp_path, "/laketech/station.series"), first)
    commits = station.text("log").count("COMMITTED")

    drop(tmp_path, *whole)
    said = station.text("run", "laketech")
    # From 05:45Z to 05:00Z of the next day, every five minutes.
    more = 12 * 23 + 3
    drops = tmp_path / "drops"
    assert said.splitlines() == [
        f"/laketech/long/{sonde}.series: {more * count} new rows from {drops}/2018-10-29-{sonde}.csv"
        for sonde, count in (("bottom", 1), ("surface", 3), ("vulink", 1))
    ]
    assert_same_rows(read(station, tmp_path, "/laketech/station.series"), whole)
    assert station.text("log").count("COMMITTED") == commits + 1

    # Again: nothing new, and no commit; nor for the same content under another name.
    assert station.text("run", "laketech") == "nothing new\n"
    (drops / "2018-10-29-surface.csv").rename(drops / "again-surface.csv")
    assert station.text("run", "laketech") == "nothing new\n"
    assert station.text("log").count("COMMITTED") == commits + 1


def test_both_in_one_station_and_its_summaries(station, tmp_path):
    spring = ("2018-03-09T00:00:00Z", "2018-03-14T00:00:00Z")
    autumn = ("2018-11-02T00:00:00Z", "2018-11-07T00:00:00Z")
    drop(tmp_path, *spring)
    station.run("run", "laketech")
    drop(tmp_path, *autumn)
    station.run("run", "laketech")
    station.run("run", "/laketech/reduced")
    assert_same_rows(read(station, tmp_path, "/laketech/station.series"), spring, autumn)

    for resolution in ("1h", "1d"):
        reduced = polars.read_parquet(read(station, tmp_path, f"/laketech/reduced/station/res={resolution}.series"))
        source = polars.read_parquet(MEASUREMENTS).sort("timestamp")
        times = polars.col("timestamp")
        inside = [(times >= polars.lit(start).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC"))
                  & (times < polars.lit(end).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC"))
                  for start, end in (spring, autumn)]
        expected = source.filter(inside[0] | inside[1]).group_by_dynamic("timestamp", every=resolution).agg(
            [getattr(polars.col(column), function)().alias(f"{name}.{short}")
             for name, column in COLUMNS.items()
             for short, function in (("avg", "mean"), ("min", "min"), ("max", "max"))])
        assert reduced["timestamp"].dt.epoch("us").to_list() == expected["timestamp"].dt.epoch("us").to_list()
        for name in expected.columns[1:]:
            difference = (reduced[name] - expected[name]).abs().max()
            assert difference is not None and difference < 1e-6, name
