"""How many reports lie where: counts on a grid of equal cells, with small counts kept back from the public."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoapp.accounts.privacy import SMALLEST_SHOWN_COUNT as LEAST_PUBLIC
from geoapp.reports.hotspots.flat import FloatArray, IntArray, cell_bounds, cells


@dataclass(frozen=True, slots=True)
class Heat:
    """Cells with reports, the fullest first; ``bounds`` are west, south, east, north in degrees."""

    cells: IntArray
    bounds: FloatArray
    counts: IntArray
    #: Reports in cells that are left out because there are fewer than `LEAST_PUBLIC` in each.
    withheld: int = 0

    def for_public(self) -> Heat:
        """The same without the cells that hold too few; how many reports these hold together is told."""
        shown = self.counts >= LEAST_PUBLIC
        withheld = self.withheld + int(self.counts[~shown].sum())
        return Heat(self.cells[shown], self.bounds[shown], self.counts[shown], withheld)


def heat(lonlat: FloatArray, *, size_m: float) -> Heat:
    """Counts per cell.

    Parameters
    ----------
    lonlat : (n, 2) float, degrees, WGS84; finite
    size_m : side of a cell

    Examples
    --------
    >>> heat(np.array([[116.46, 39.94], [116.46001, 39.94001], [116.47, 39.94]]), size_m=100).counts.tolist()
    [2, 1]
    """
    if not len(lonlat):
        return Heat(np.zeros((0, 2), dtype=np.int64), np.zeros((0, 4)), np.zeros(0, dtype=np.int64))
    found, counts = np.unique(cells(lonlat, size_m), axis=0, return_counts=True)
    order = np.lexsort((found[:, 1], found[:, 0], -counts))
    return Heat(found[order], cell_bounds(found[order], size_m), counts[order].astype(np.int64))
