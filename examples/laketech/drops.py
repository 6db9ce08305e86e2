#!/usr/bin/env python3
"""Writes the measurements of examples/data as a LakeTech station would drop them: CSV files in long form, a file for
each sonde and week, in the station's local time.

    drops.py DIR --start 2018-03-05 --end 2018-03-19

The files hold the times from --start on and before --end, which are UTC. A later --end rewrites the last week's files
with more rows, as a station does that sends a week again while it goes on.
"""

import argparse
import csv
import pathlib
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pyarrow.compute
import pyarrow.parquet

MEASUREMENTS = pathlib.Path(__file__).resolve().parents[1] / "data/usgs-01581752.parquet"
ZONE = ZoneInfo("America/New_York")
LOCATION = "Plumtree Run"
# Depth is what the sonde says less the offset of its mounting.
OFFSET = 0.15
# Sonde, the series' name, the parameter, the column it is made from, and its offset.
SERIES = [
    ("surface", "Surface Temp", "Temperature (C)", "water_temperature.C", None),
    ("surface", "Surface Turbidity", "Turbidity (FNU)", "turbidity.FNU", None),
    ("surface", "Depth", "Depth (ft)", "gage_height.ft", OFFSET),
    ("bottom", "Bottom Conductance", "Specific Conductance (uS/cm)", "specific_conductance.uS_cm", None),
    ("vulink", "Discharge", "Discharge (cfs)", "discharge.cfs", None),
]
HEADER = ["Timestamp", "Series Name", "Location", "Parameter", "Value", "Offset"]


def utc(text: str) -> datetime:
    time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return time.replace(tzinfo=time.tzinfo or timezone.utc)


def rows_of(row: dict) -> list[tuple[str, list]]:
    """What every sonde says at one time."""
    local = row["timestamp"].astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
    rows = []
    for sonde, name, parameter, column, offset in SERIES:
        value = row[column] if offset is None else round(row[column] + offset, 4)
        rows.append((sonde, [local, name, LOCATION, parameter, value, "" if offset is None else offset]))
    return rows


def write_drops(directory: pathlib.Path, start: datetime, end: datetime) -> None:
    table = pyarrow.parquet.read_table(MEASUREMENTS)
    time = table["timestamp"]
    table = table.filter(pyarrow.compute.and_(pyarrow.compute.greater_equal(time, start),
                                              pyarrow.compute.less(time, end)))
    files = defaultdict(list)
    for row in table.to_pylist():
        day = row["timestamp"].astimezone(ZONE).date()
        week = day - timedelta(days=day.weekday())
        for sonde, line in rows_of(row):
            files[f"{week}-{sonde}.csv"].append(line)
    directory.mkdir(parents=True, exist_ok=True)
    for name, lines in files.items():
        with open(directory / name, "w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(HEADER)
            writer.writerows(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--start", type=utc, required=True)
    parser.add_argument("--end", type=utc, required=True)
    options = parser.parse_args()
    write_drops(options.directory, options.start, options.end)
