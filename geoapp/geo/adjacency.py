"""Who shares how many metres of border, from polygons alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int32]
GeometryArray = NDArray[np.object_]


@dataclass(frozen=True)
class Borders:
    """One row per pair of polygons that share a border of positive length.

    Parameters
    ----------
    pairs : (m, 2) int32, positions of the two polygons, the smaller first, rows ascending
    length_m : (m,) float, > 0, in the units of the polygons
    lines : (m,) LineString or MultiLineString, what they share
    """

    pairs: IndexArray
    length_m: FloatArray
    lines: GeometryArray

    def __len__(self) -> int:
        return len(self.pairs)


@dataclass(frozen=True)
class _Segments:
    """All sides of all rings: both ends in a fixed order (k, 4) and the polygon that each belongs to (k,)."""

    ends: FloatArray
    owner: IndexArray


def bordering_pairs(polygons: Any, *, tolerance_m: float = 0.0) -> Borders:
    """Pairs of polygons that share a border, its length and its line.

    Sides that two polygons have in common, vertex by vertex, are found by sorting. What is left over is compared by
    geometry: with ``tolerance_m`` 0 only where lines lie exactly on one another (one side has a vertex more), else
    also where they run within that distance. Touching in a point is no border.

    Parameters
    ----------
    polygons : (n,) Polygon or MultiPolygon in metres; None and empty ones have no neighbours
    tolerance_m : how far two polygons may lie apart, or overlap, and still share a border; pieces shorter than
        four times that do not count, they are corners

    Returns
    -------
    Borders, one row per pair

    Examples
    --------
    >>> two = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 3)]
    >>> found = bordering_pairs(two)
    >>> found.pairs.tolist(), found.length_m.tolist()
    ([[0, 1]], [1.0])
    """
    sides = _sides(np.asarray(polygons, dtype=object))
    first, second, lonely = _matched(sides)
    pairs, ends = sides.owner[np.stack([first, second], axis=1)], sides.ends[first]
    lines = shapely.linestrings(ends.reshape(-1, 2, 2))
    left_pairs, left_lines = _by_geometry(sides, lonely, tolerance_m=tolerance_m)
    return _gathered(np.concatenate([pairs, left_pairs]), np.concatenate([lines, left_lines]))


def border_segments(polygons: Any) -> tuple[IndexArray, FloatArray]:
    """Each side that two polygons of a clean coverage share: the pairs (k, 2) int32 and its ends (k, 4)."""
    sides = _sides(np.asarray(polygons, dtype=object))
    first, second, _ = _matched(sides)
    return np.sort(sides.owner[np.stack([first, second], axis=1)], axis=1), sides.ends[first]


def outer_segments(polygons: Any) -> tuple[IndexArray, FloatArray]:
    """Each side that no other polygon shares, vertex by vertex: its polygon (k,) int32 and its ends (k, 4)."""
    sides = _sides(np.asarray(polygons, dtype=object))
    _, _, lonely = _matched(sides)
    return sides.owner[lonely], sides.ends[lonely]


def _sides(polygons: GeometryArray) -> _Segments:
    parts, part_of = shapely.get_parts(polygons, return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    xy, of_ring = shapely.get_coordinates(rings, return_index=True)
    if len(xy) == 0:
        return _Segments(np.empty((0, 4)), np.empty(0, dtype=np.int32))
    inside = of_ring[1:] == of_ring[:-1]
    ends = np.concatenate([xy[:-1], xy[1:]], axis=1)[inside]
    owner = part_of[ring_of[of_ring[:-1][inside]]].astype(np.int32)
    swap = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[swap] = ends[swap][:, [2, 3, 0, 1]]
    real = (ends[:, :2] != ends[:, 2:]).any(axis=1)
    return _Segments(ends[real], owner[real])


def _matched(sides: _Segments) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Positions of sides that two different polygons share, and of those that only one has."""
    ends = sides.ends
    order = np.lexsort((sides.owner, ends[:, 3], ends[:, 2], ends[:, 1], ends[:, 0]))
    same = (ends[order[1:]] == ends[order[:-1]]).all(axis=1)
    differ = sides.owner[order[1:]] != sides.owner[order[:-1]]
    hit = np.flatnonzero(same & differ)
    lonely = np.ones(len(order), dtype=bool)
    lonely[1:] &= ~same
    lonely[:-1] &= ~same
    return order[hit], order[hit + 1], order[lonely]


def _by_geometry(
    sides: _Segments, lonely: NDArray[np.int64], *, tolerance_m: float
) -> tuple[IndexArray, GeometryArray]:
    """Borders among the sides that have no twin."""
    nothing = np.empty((0, 2), dtype=np.int32), np.empty(0, dtype=object)
    if len(lonely) < 2:
        return nothing
    lines = shapely.linestrings(sides.ends[lonely].reshape(-1, 2, 2))
    owner = sides.owner[lonely]
    tree = shapely.STRtree(lines)
    if tolerance_m > 0.0:
        a, b = tree.query(lines, predicate="dwithin", distance=tolerance_m)
    else:
        a, b = tree.query(lines, predicate="intersects")
    keep = owner[a] < owner[b]
    a, b = a[keep], b[keep]
    if tolerance_m > 0.0:
        reach = shapely.buffer(lines, tolerance_m, cap_style="flat")
        shared = shapely.intersection(lines[a], reach[b])
        keep = shapely.length(shared) > 0.0
    else:
        shared = shapely.intersection(lines[a], lines[b])
        keep = shapely.get_dimensions(shared) == 1
    pairs, shared = np.stack([owner[a], owner[b]], axis=1)[keep], shared[keep]
    if not len(pairs):
        return nothing
    if tolerance_m > 0.0:
        pairs, shared = _without_corners(pairs, shared, least_m=4.0 * tolerance_m)
    return pairs.astype(np.int32), shared


def _without_corners(pairs: IndexArray, lines: GeometryArray, *, least_m: float) -> tuple[IndexArray, GeometryArray]:
    """One united line per pair, so that a stretch seen from two sides counts once, less what is too short."""
    whole, place = np.unique(pairs, axis=0, return_inverse=True)
    order = np.argsort(place.ravel(), kind="stable")
    groups = np.split(lines[order], np.flatnonzero(np.diff(place.ravel()[order])) + 1)
    united = np.array([shapely.union_all(group) for group in groups], dtype=object)
    long = shapely.length(united) >= least_m
    return whole[long], united[long]


def _gathered(pairs: IndexArray, lines: GeometryArray) -> Borders:
    if not len(pairs):
        return Borders(np.empty((0, 2), dtype=np.int32), np.empty(0), np.empty(0, dtype=object))
    whole, place = np.unique(np.sort(pairs, axis=1), axis=0, return_inverse=True)
    place = place.ravel()
    pieces, piece_of = shapely.get_parts(lines, return_index=True)
    straight = shapely.get_dimensions(pieces) == 1
    pieces, at = pieces[straight], place[piece_of[straight]]
    order = np.argsort(at, kind="stable")
    merged = shapely.line_merge(shapely.multilinestrings(pieces[order], indices=at[order]))
    return Borders(whole.astype(np.int32), shapely.length(merged), merged)
