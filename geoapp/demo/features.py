"""GeoJSON as the demo's files have it: one feature a line, in order, every one marked 示意."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import shapely
from shapely.geometry.base import BaseGeometry

from geoapp.demo.plane import to_lonlat

Value = str | int | float | bool | None
Feature = tuple[Mapping[str, Value], BaseGeometry | None]
# The mark that every feature carries, beside the catalogue's.
NOTE = "示意"


def collection(name: str, features: Iterable[Feature]) -> bytes:
    """A GeoJSON file (RFC 7946: WGS84, outer rings counter-clockwise) of features on the board; UTF-8.

    Examples
    --------
    >>> print(collection("x", [({"id": "P1"}, None)]).decode(), end="")
    {"type": "FeatureCollection", "name": "x", "illustrative": true, "features": [
    {"type": "Feature", "properties": {"id": "P1", "note": "示意"}, "geometry": null}
    ]}
    """
    lines = ",\n".join(_line(properties, geometry) for properties, geometry in features)
    head = f'{{"type": "FeatureCollection", "name": "{name}", "illustrative": true, "features": ['
    return f"{head}\n{lines}\n]}}\n".encode()


def _line(properties: Mapping[str, Value], geometry: BaseGeometry | None) -> str:
    shape = None
    if geometry is not None:
        shape = json.loads(shapely.to_geojson(shapely.orient_polygons(to_lonlat(geometry))))
    feature = {"type": "Feature", "properties": {**properties, "note": NOTE}, "geometry": shape}
    return json.dumps(feature, ensure_ascii=False)
