"""Do polygons tile their parent: gaps 管理空白, overlaps 交叉重叠, slivers, stray pieces 飞地, what sticks out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoapp.geo.measure import in_metres, measuring_crs_of, only_polygons

GeometryArray = NDArray[np.object_]
Kind = Literal["gap", "overlap", "sliver", "stray", "outside"]

#: Below this a gap or an overlap is rounding of coordinates.
LEAST_M2 = 1.0
#: A gap or overlap of less mean width (twice the area over the rim) is a sliver: two drawings of one line.
SLIVER_WIDTH_M = 1.0
TITLES_ZH: dict[str, str] = {
    "gap": "管理空白", "overlap": "交叉重叠", "sliver": "细缝", "stray": "飞地", "outside": "超出上级范围",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where children do not tile their parent.

    Parameters
    ----------
    kind : ``gap`` nobody's ground, ``overlap`` two children's, ``sliver`` either of less than 1 m mean width,
        ``stray`` a child's piece apart from its largest, ``outside`` ground beyond the parent
    area_m2 : of the place
    geometry : the place, WGS84
    children : positions of the children that it concerns, none for a gap
    """

    kind: Kind
    area_m2: float
    geometry: shapely.Geometry
    children: tuple[int, ...]


def tiling_faults(parent: Any, children: Any, *, crs: CRS | None = None, least_m2: float = LEAST_M2) -> list[Fault]:
    """Every place where children do not tile their parent, largest first.

    Parameters
    ----------
    parent : Polygon or MultiPolygon, WGS84
    children : (n,) Polygon or MultiPolygon, WGS84; None counts as empty
    crs : measuring CRS, by default the one around the parent
    least_m2 : smaller places are left out

    Returns
    -------
    Faults; empty when the children tile the parent

    Raises
    ------
    GeometryError : the parent is empty
    """
    crs = crs or measuring_crs_of([parent])
    # Overlaid in degrees, measured in metres: a straight border of 3 km between two points bends by 0.15 m in any
    # projection, and a neighbour with a point in its middle would seem to leave a gap of 300 m2.
    whole = only_polygons([parent])[0]
    parts = only_polygons(np.asarray(children, dtype=object))
    found: list[tuple[Kind, shapely.Geometry, tuple[int, ...]]] = []
    united = shapely.union_all(parts)
    found += [("gap", piece, ()) for piece in _pieces(shapely.difference(whole, united))]
    beyond = shapely.difference(parts, whole)
    for at in np.flatnonzero(shapely.area(beyond) > 0.0).tolist():
        found += [("outside", piece, (at,)) for piece in _pieces(beyond[at])]
    a, b, shared = overlaps(parts)
    for one, other, place in zip(a.tolist(), b.tolist(), shared, strict=True):
        found += [("overlap", piece, (one, other)) for piece in _pieces(place)]
    found += _strays(parts)
    return _told(found, crs, least_m2=least_m2)


def overlaps(polygons: GeometryArray) -> tuple[NDArray[np.int64], NDArray[np.int64], GeometryArray]:
    """Pairs of polygons that share ground: the two positions (k,) each, and the shared ground (k,)."""
    a, b = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    a, b = a[a < b], b[a < b]
    shared = shapely.intersection(polygons[a], polygons[b])
    real = shapely.area(shared) > 0.0
    return a[real], b[real], shared[real]


def _strays(parts: GeometryArray) -> list[tuple[Kind, shapely.Geometry, tuple[int, ...]]]:
    found: list[tuple[Kind, shapely.Geometry, tuple[int, ...]]] = []
    for at in np.flatnonzero(shapely.get_num_geometries(parts) > 1).tolist():
        pieces = _pieces(parts[at])
        largest = int(np.argmax(shapely.area(pieces)))
        found += [("stray", piece, (at,)) for number, piece in enumerate(pieces) if number != largest]
    return found


def _pieces(geometry: shapely.Geometry) -> GeometryArray:
    """The polygons of whatever an overlay gave."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return parts[shapely.get_dimensions(parts) == 2]


def _told(found: list[tuple[Kind, shapely.Geometry, tuple[int, ...]]], crs: CRS, *, least_m2: float) -> list[Fault]:
    if not found:
        return []
    places = np.array([place for _, place, _ in found], dtype=object)
    places_m = in_metres(places, crs)
    area, width = shapely.area(places_m), 2.0 * shapely.area(places_m) / np.maximum(shapely.length(places_m), 1e-9)
    faults = [
        Fault("sliver" if kind in ("gap", "overlap") and width[at] < SLIVER_WIDTH_M else kind, float(area[at]),
              places[at], children)
        for at, (kind, _, children) in enumerate(found)
        if area[at] >= least_m2
    ]  # fmt: skip
    return sorted(faults, key=lambda fault: -fault.area_m2)
