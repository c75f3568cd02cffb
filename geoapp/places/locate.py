"""A point on a day -> the places that hold it, one of each level.

Every point gets at most one place per level. On a border the answer is fixed by rule: the place under the parent that
was found a level above comes first, then the lower code.
"""

from __future__ import annotations

from collections.abc import Sequence
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
        self._levels: list[tuple[NDArray[np.str_], NDArray[np.str_], NDArray[Any]]] = []
        for level in LEVELS:
            drawn = sorted(
                (v for v in versions if v.level == level.key and v.geometry is not None), key=lambda v: v.code
            )
            codes = np.array([v.code for v in drawn], dtype=f"U{level.digits}")
            parents = np.array([v.parent or "" for v in drawn], dtype="U15")
            shapes = np.array([v.geometry for v in drawn], dtype=object)
            shapely.prepare(shapes)
            self._levels.append((codes, parents, shapes))

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
        out = np.full((len(lonlat), len(LEVELS)), "", dtype="U17")
        finite = np.flatnonzero(np.isfinite(lonlat).all(axis=1))
        if not len(finite):
            return out
        # The tree holds the points and the polygons ask it: a prepared polygon answers for all its points at once,
        # five times as fast as a tree of polygons that is asked point by point.
        tree = shapely.STRtree(shapely.points(lonlat[finite]))
        for column, (codes, parents, shapes) in enumerate(self._levels):
            if not len(codes):
                continue
            place, point = tree.query(shapes, predicate="intersects")
            above = out[finite[point], column - 1] if column else np.full(len(point), "")
            stranger = parents[place] != above
            # Places are sorted by code, so their position breaks the tie.
            order = np.lexsort((place, stranger, point))
            first = order[np.flatnonzero(np.diff(point[order], prepend=-1))]
            out[finite[point[first]], column] = codes[place[first]]
        return out
