"""Rows of different readers, made comparable."""

import datetime
import math


def plain(value):
    """A value as every reader can say it: instants in seconds, lists of entries for maps, NaN equal to itself."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, datetime.datetime):
        return value.timestamp() if value.tzinfo else value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, tuple) for item in value):
        return {key: plain(inner) for key, inner in value}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def in_order(rows):
    return sorted(({name: plain(value) for name, value in row.items()} for row in rows), key=repr)
