"""Coordinate lists of foreign files -> shapely shapes: closes rings, and says why a shape cannot be made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.layers.faults import (
    EMPTY,
    MOST_VERTICES,
    NO_SHAPE,
    NOT_FINITE,
    NOT_NUMBERS,
    TOO_FEW,
    TOO_MANY,
    UNKNOWN_TYPE,
    Fault,
)

FloatArray = NDArray[np.float64]
#: GeoJSON nests a collection in a collection; real files do not, hostile ones do so a thousand times.
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape, or the fault that stands in its way; ``closed``: a ring was not closed and now is."""

    geometry: Any = None
    fault: Fault | None = None
    closed: bool = False


class _Bad(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


def shape_of(geometry: Any) -> Shape:
    """A GeoJSON geometry object, tolerant of open rings -> a shape in the coordinates of the file, without heights.

    Examples
    --------
    >>> made = shape_of({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]})
    >>> made.geometry.wkt, made.closed
    ('POLYGON ((0 0, 1 0, 1 1, 0 0))', True)
    >>> shape_of({"type": "Polygon", "coordinates": [[[0, 0], [1, 0]]]}).fault.reason
    'too_few_points'
    """
    if geometry is None:
        return Shape(fault=NO_SHAPE)
    closed: list[bool] = []
    try:
        made = _make(geometry, closed, depth=0)
    except _Bad as bad:
        return Shape(fault=bad.fault)
    except (TypeError, ValueError, OverflowError, KeyError, IndexError, AttributeError):
        return Shape(fault=NOT_NUMBERS)
    return Shape(geometry=made, closed=bool(closed))


def ring_of(points: Sequence[Any], closed: list[bool]) -> Any:
    """A linear ring; notes in ``closed`` when the last point had to be added."""
    xy = _positions(points)
    if not np.array_equal(xy[0], xy[-1]):
        xy = np.concatenate([xy, xy[:1]])
        closed.append(True)
    # Two points, there and back again, are a ring of three positions: no area whatever is added.
    if len(xy) < 4:
        raise _Bad(TOO_FEW)
    return shapely.linearrings(xy)


def _make(geometry: Any, closed: list[bool], *, depth: int) -> Any:
    if not isinstance(geometry, dict):
        raise _Bad(UNKNOWN_TYPE)
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        if depth >= _DEEPEST:
            raise _Bad(UNKNOWN_TYPE)
        members = [_make(member, closed, depth=depth + 1) for member in geometry["geometries"]]
        if not members:
            raise _Bad(EMPTY)
        return shapely.geometrycollections(members)
    maker = _MAKERS.get(kind) if isinstance(kind, str) else None
    if maker is None:
        raise _Bad(UNKNOWN_TYPE)
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list | tuple | np.ndarray):
        raise _Bad(NO_SHAPE if coordinates is None else NOT_NUMBERS)
    if not len(coordinates):
        raise _Bad(EMPTY)
    return maker(coordinates, closed)


def _positions(points: Sequence[Any]) -> FloatArray:
    if len(points) > MOST_VERTICES:
        raise _Bad(TOO_MANY)
    if not len(points):
        raise _Bad(EMPTY)
    try:
        xy = np.array(points, dtype=np.float64)
    except ValueError:
        # Heights on some points only: rows of unequal length.
        xy = np.array([point[:2] for point in points], dtype=np.float64)
    if xy.ndim != 2 or xy.shape[1] < 2:
        raise _Bad(NOT_NUMBERS)
    xy = np.ascontiguousarray(xy[:, :2])
    if not np.isfinite(xy).all():
        raise _Bad(NOT_FINITE)
    return xy


def _point(coordinates: Any, closed: list[bool]) -> Any:
    return shapely.points(_positions([coordinates])[0])


def _line(coordinates: Any, closed: list[bool]) -> Any:
    xy = _positions(coordinates)
    if len(xy) < 2:
        raise _Bad(TOO_FEW)
    return shapely.linestrings(xy)


def _polygon(coordinates: Any, closed: list[bool]) -> Any:
    shell, *holes = [ring_of(ring, closed) for ring in coordinates]
    return shapely.polygons(shell, holes=holes or None)


def _several(one: Callable[[Any, list[bool]], Any], join: Callable[[Any], Any]) -> Callable[[Any, list[bool]], Any]:
    def make(coordinates: Any, closed: list[bool]) -> Any:
        return join([one(member, closed) for member in coordinates])

    return make


_MAKERS: dict[str, Callable[[Any, list[bool]], Any]] = {
    "Point": _point,
    "LineString": _line,
    "Polygon": _polygon,
    "MultiPoint": _several(_point, shapely.multipoints),
    "MultiLineString": _several(_line, shapely.multilinestrings),
    "MultiPolygon": _several(_polygon, shapely.multipolygons),
}
