"""A point on a day -> the places that hold it, one of each level.

Every point gets at most one place per level. On a border the answer is fixed by rule: the place under the parent that
was found a level above comes first, then the lower code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.places.hierarchy import LEVELS
from geoapp.places.versions import PlaceVersion


class Locator:
    """The places of one day, ready to be asked for many points."""

    def __init__(self, versions: Sequence[PlaceVersion]) -> None:
        """``versions`` hold on one day; those without geometry are never found."""
        self._levels: list[_Level] = []
        above: dict[str, int] = {}
        for level in LEVELS:
            drawn = sorted(
                (v for v in versions if v.level == level.key and v.geometry is not None), key=lambda v: v.code
            )
            codes = np.array([*(v.code for v in drawn), ""], dtype=f"U{level.digits}")
            parents = np.array([above.get(v.parent or "", _NOBODY) for v in drawn], dtype=np.int64)
            shapes = np.array([v.geometry for v in drawn], dtype=object)
            shapely.prepare(shapes)
            self._levels.append(_Level(codes, parents, shapes))
            above = {v.code: position for position, v in enumerate(drawn)}

    def codes(self, lonlat: NDArray[np.float64]) -> NDArray[np.str_]:
        """Codes of the places of each point.

        Parameters
        ----------
        lonlat : (n, 2) float, degrees, WGS84; points that are not finite lie nowhere

        Returns
        -------
        (n, 5) str, a column per level from district to courtyard; empty where no place holds the point
        """
        lonlat = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
        out = np.zeros((len(lonlat), len(LEVELS)), dtype="U17")
        finite = np.flatnonzero(np.isfinite(lonlat).all(axis=1))
        if not len(finite):
            return out
        # The tree holds the points and the polygons ask it: a prepared polygon answers for all its points at once.
        tree = shapely.STRtree(shapely.points(lonlat[finite]))
        above = np.full(len(finite), _NOBODY, dtype=np.int64)
        for column, level in enumerate(self._levels):
            above = _held(tree, level, above)
            # Position -1, nobody, is the empty code at the end.
            out[finite, column] = level.codes[above]
        return out


_NOBODY = -1


@dataclass(frozen=True, slots=True)
class _Level:
    #: (n + 1,) codes, ascending, an empty one at the end.
    codes: NDArray[np.str_]
    #: (n,) position of the parent among the places of the level above, or -1.
    parents: NDArray[np.int64]
    #: (n,) prepared (multi)polygons.
    shapes: NDArray[Any]


def _held(tree: Any, level: _Level, above: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n_points,) position of the place of one level that holds each point, or -1."""
    held = np.full(len(above), _NOBODY, dtype=np.int64)
    place, point = tree.query(level.shapes, predicate="intersects")
    often = np.bincount(point, minlength=len(above)) > 1
    clear = ~often[point]
    held[point[clear]] = place[clear]
    place, point = place[~clear], point[~clear]
    stranger = level.parents[place] != above[point]
    # Places stand in the order of their codes, so the position breaks the tie.
    order = np.lexsort((place, stranger, point))
    first = order[np.flatnonzero(np.diff(point[order], prepend=-1))]
    held[point[first]] = place[first]
    return held
