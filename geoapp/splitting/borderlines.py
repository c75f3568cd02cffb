"""What every piece of border between cells runs along: the kind and the name of the line on the ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.geo.adjacency import border_segments, outer_segments
from geoapp.splitting.rules import Profiles

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int32]
GeometryArray = NDArray[np.object_]

#: A border runs along a line when both its ends and its middle lie this near to it.
NEAR_M = 1.0
#: An outline is drawn by another hand than the roads: its sides count as along a road within half a carriageway.
RIM_NEAR_M = 15.0


@dataclass(frozen=True)
class GroundLines:
    """Roads, rails and water: (b,) geometries in metres, with kind and name each.

    Of a water polygon rim and inside count.
    """

    lines: GeometryArray
    kind: tuple[str, ...]
    name: tuple[str, ...]

    def dividing(self, profiles: Profiles) -> GeometryArray:
        """Those that cut the ground into enclosures."""
        return self.lines[[profiles.kinds[kind].divides for kind in self.kind]]


NO_LINES = GroundLines(np.empty(0, dtype=object), (), ())


@dataclass(frozen=True)
class BorderPieces:
    """One row per pair of cells, kind and name: (k, 2) int32 pairs, (k,) metres, kinds, names and (k,) lines."""

    pairs: IndexArray
    length_m: FloatArray
    kind: tuple[str, ...]
    name: tuple[str, ...]
    lines: GeometryArray


def attributed_borders(
    cells_m: Any, ground: GroundLines, *, profiles: Profiles, near_m: float = NEAR_M
) -> BorderPieces:
    """Borders of a clean coverage, cut where they change from one line on the ground to another.

    Parameters
    ----------
    cells_m : (n,) polygons in metres whose shared sides agree vertex by vertex
    ground : lines that borders may run along; where several do, the kind that stands first in the profiles file counts
    profiles : the kinds
    near_m : how near a border must run

    Returns
    -------
    BorderPieces; the kind is ``none`` and the name empty where no line runs
    """
    pairs, ends = border_segments(cells_m)
    return _in_rows(pairs, ends, ground, profiles=profiles, near_m=near_m)


def attributed_rim(
    cells_m: Any, ground: GroundLines, *, profiles: Profiles, near_m: float = RIM_NEAR_M
) -> BorderPieces:
    """The same for the outer sides of a coverage; both positions of a pair are the cell itself."""
    owner, ends = outer_segments(cells_m)
    return _in_rows(np.stack([owner, owner], axis=1), ends, ground, profiles=profiles, near_m=near_m)


def _in_rows(
    pairs: IndexArray, ends: FloatArray, ground: GroundLines, *, profiles: Profiles, near_m: float
) -> BorderPieces:
    """Segments gathered by pair, kind and name."""
    if not len(pairs):
        return BorderPieces(pairs, np.empty(0), (), (), np.empty(0, dtype=object))
    along = _line_along(ends, ground, profiles=profiles, near_m=near_m)
    # Rows of one key: pair, kind and name; -1 is no line.
    label = {key: at for at, key in enumerate(dict.fromkeys(zip(ground.kind, ground.name, strict=True)))}
    kind_of = np.array([*(label[key] for key in zip(ground.kind, ground.name, strict=True)), -1])
    keys = np.column_stack([pairs, kind_of[along]])
    whole, place = np.unique(keys, axis=0, return_inverse=True)
    order = np.argsort(place.ravel(), kind="stable")
    segments = shapely.linestrings(ends[order].reshape(-1, 2, 2))
    lines = shapely.line_merge(shapely.multilinestrings(segments, indices=place.ravel()[order]))
    names = [*label, ("none", "")]
    return BorderPieces(
        whole[:, :2].astype(np.int32),
        shapely.length(lines),
        tuple(names[at][0] for at in whole[:, 2]),
        tuple(names[at][1] for at in whole[:, 2]),
        lines,
    )


def _line_along(ends: FloatArray, ground: GroundLines, *, profiles: Profiles, near_m: float) -> NDArray[np.int64]:
    """Position of the line that each segment runs along, -1 for none."""
    found = np.full(len(ends), -1, dtype=np.int64)
    if not len(ground.lines):
        return found
    # Polygons stay whole: an outline that follows the middle of a river runs along the river.
    lines = ground.lines.copy()
    middle = shapely.points((ends[:, :2] + ends[:, 2:]) / 2.0)
    segment, line = shapely.STRtree(lines).query(middle, predicate="dwithin", distance=near_m)
    shapely.prepare(lines)
    for corner in (ends[:, :2], ends[:, 2:]):
        near = shapely.dwithin(lines[line], shapely.points(corner[segment]), near_m)
        segment, line = segment[near], line[near]
    order_of = {kind: rank for rank, kind in enumerate(profiles.kinds)}
    rank = np.array([order_of[kind] for kind in ground.kind])[line]
    unnamed = np.array([not name for name in ground.name])[line]
    best = np.lexsort((line, unnamed, rank, segment))
    first, start = np.unique(segment[best], return_index=True)
    found[first] = line[best[start]]
    return found
