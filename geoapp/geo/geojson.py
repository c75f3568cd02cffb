"""To and from GeoJSON (RFC 7946): WGS84, outer rings counter-clockwise, seven digits, nothing but numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import shapely

from geoapp.geo.measure import GeometryError

#: 1e-7 degrees are 11 mm at the equator: finer than any survey that comes as GeoJSON.
DIGITS = 7


def to_geojson(geometry: shapely.Geometry | None, *, digits: int = DIGITS) -> dict[str, Any] | None:
    """A geometry as a GeoJSON object, None for None.

    Coordinates are rounded to ``digits``, rings stay closed, outer ones run counter-clockwise and holes clockwise
    (RFC 7946, 3.1.6). Rounding never makes a polygon vanish: a ring that it would collapse keeps its digits.

    Examples
    --------
    >>> to_geojson(shapely.Polygon([(0, 0), (0, 1), (1, 1)]))["coordinates"]
    [[[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]]
    """
    if geometry is None:
        return None
    turned = shapely.orient_polygons(shapely.force_2d(geometry), exterior_cw=False)
    rounded = shapely.transform(turned, lambda xy: np.round(xy, digits) + 0.0)
    if shapely.get_dimensions(geometry) == 2 and not shapely.is_valid(rounded) and shapely.is_valid(turned):
        rounded = turned
    made: dict[str, Any] = json.loads(shapely.to_geojson(rounded))
    return made


def multipolygon(shape: shapely.Geometry) -> dict[str, Any]:
    """GeoJSON MultiPolygon of all areas of a shape, at full precision, outer rings counter-clockwise (RFC 7946)."""
    polygons = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and not p.is_empty]
    turned = shapely.orient_polygons(shapely.MultiPolygon(polygons))
    found: dict[str, Any] = json.loads(shapely.to_geojson(turned))
    return found


def from_geojson(given: Any) -> shapely.Geometry | None:
    """A geometry of a GeoJSON object (a Feature's counts, too), None for null.

    Unclosed rings are closed; a third coordinate is dropped.

    Raises
    ------
    GeometryError : it is no GeoJSON geometry, or a coordinate is not a finite number
    """
    if isinstance(given, Mapping) and given.get("type") == "Feature":
        given = given.get("geometry")
    if given is None:
        return None
    if not isinstance(given, Mapping) or "type" not in given:
        raise GeometryError("这不是 GeoJSON 图形：应当有 type 和 coordinates。")
    try:
        geometry = shapely.from_geojson(json.dumps(_closed(dict(given)), allow_nan=False))
    except (shapely.errors.GEOSException, ValueError, TypeError, RecursionError) as fault:
        raise GeometryError(f"GeoJSON 图形读不出来（{str(fault)[:80]}）：请检查坐标。") from None
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise GeometryError("GeoJSON 图形里有不是有限数的坐标：请改正。")
    return shapely.force_2d(geometry)


def feature(
    geometry: shapely.Geometry | None, properties: Mapping[str, Any], *, identity: Any = None
) -> dict[str, Any]:
    """A GeoJSON Feature."""
    made: dict[str, Any] = {"type": "Feature", "properties": dict(properties), "geometry": to_geojson(geometry)}
    if identity is not None:
        made["id"] = identity
    return made


def feature_collection(features: Iterable[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    """A GeoJSON FeatureCollection; further members (a licence, a date) stand beside the features."""
    return {"type": "FeatureCollection", **more, "features": list(features)}


def _closed(given: dict[str, Any]) -> dict[str, Any]:
    """The same with the rings of polygons closed."""
    kind, rings = given.get("type"), given.get("coordinates")
    if kind == "Polygon" and isinstance(rings, list):
        given["coordinates"] = [_ring(ring) for ring in rings]
    elif kind == "MultiPolygon" and isinstance(rings, list):
        given["coordinates"] = [[_ring(ring) for ring in polygon] for polygon in rings]
    elif kind == "GeometryCollection" and isinstance(given.get("geometries"), list):
        given["geometries"] = [_closed(dict(part)) for part in given["geometries"]]
    return given


def _ring(ring: Any) -> Any:
    if isinstance(ring, list) and len(ring) >= 3 and ring[0] != ring[-1]:
        return [*ring, ring[0]]
    return ring
