"""Rows set aside and features in the forms in which they are handed to people."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from typing import Any

import shapely


class _Lines:
    """What csv writes to: a list of lines in memory."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> int:
        self.lines.append(line)
        return len(line)


#: Number, reason, message, remedy, and what the row held; each a message id.
REFUSED_HEADINGS = ("行号", "原因", "说明", "处理办法", "原内容")


def refused_csv(rows: Iterable[tuple[int, str, str, str, str]], headings: Sequence[str] = REFUSED_HEADINGS) -> str:
    """Rows set aside as CSV: number, reason, message, remedy, what the row held.

    Examples
    --------
    >>> refused_csv([(3, "no_shape", "没有图形", "补上图形", "=1+1")]).splitlines()[1]
    "3,no_shape,没有图形,补上图形,'=1+1"
    """
    out = _Lines()
    writer = csv.writer(out)
    writer.writerow(headings)
    for number, *words in rows:
        writer.writerow([number, *(harmless(word) for word in words)])
    return "".join(out.lines)


def harmless(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: text that looks like one gets a leading apostrophe.

    Examples
    --------
    >>> harmless("=1+1"), harmless("霞光里"), harmless(-3)
    ("'=1+1", '霞光里', -3)
    """
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def feature_collection(features: Any) -> dict[str, Any]:
    """Features as a GeoJSON collection, WGS84."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": int(number),
                "geometry": None if wkb is None else json.loads(shapely.to_geojson(shapely.from_wkb(wkb))),
                "properties": {"name": name, "code": code, **props},
            }
            for number, wkb, name, code, props in zip(
                features.ids, features.wkb, features.names, features.codes, features.props, strict=True
            )
        ],
    }
