"""The demo's reports as rows of another system's file: their times move along, so that today has work in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from geoapp.demo.reports import PRESENT

#: Columns of the file, as `layers/reports/mappings/demo.toml` names them.
_TIMES = ("reported_at", "due_at", "closed_at")
COLUMNS = ("id", "kind", "category", "words", "state", *_TIMES, "address", "lon", "lat")


def rows_of(collection: str, *, now: datetime) -> list[dict[str, str]]:
    """Rows of the layer's GeoJSON, with every time moved by the whole days that lie between its present and now.

    Reported at night in the file stays reported at night; what was new there is new on the day of loading.
    """
    days = max((now - PRESENT).days, 0)
    return [_row(feature, timedelta(days=days)) for feature in json.loads(collection)["features"]]


def pictured(collection: str, *, most: int) -> dict[str, str]:
    """Numbers of the newest reports with the drawn picture of each, no picture twice."""
    found: dict[str, str] = {}
    for feature in reversed(json.loads(collection)["features"]):
        properties = feature["properties"]
        if len(found) < most and properties["picture"] not in found.values():
            found[properties["id"]] = properties["picture"]
    return found


def numbers_in(rows: list[dict[str, str]], state: str) -> list[str]:
    """Numbers of the rows in a state."""
    return [row["id"] for row in rows if row["state"] == state]


def _row(feature: Mapping[str, Any], moved: timedelta) -> dict[str, str]:
    properties, (lon, lat) = feature["properties"], feature["geometry"]["coordinates"]
    row = {name: str(properties[name]) for name in COLUMNS if name in properties and name not in _TIMES}
    for name in _TIMES:
        moment = properties[name]
        row[name] = (datetime.fromisoformat(moment) + moved).isoformat() if moment else ""
    return {**row, "lon": str(lon), "lat": str(lat)}
