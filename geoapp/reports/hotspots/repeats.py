"""未诉先办, the plain rule: the same kind at the same place three times in thirty days.

A place is a circle of the kind's radius around a spot from which something was reported. Three reports in one such
circle and within one window of time are a repeat; repeats that share a report are one. Nothing is estimated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoapp.reports.hotspots.flat import FloatArray, IntArray
from geoapp.reports.hotspots.kernels import join_repeats

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Repeat:
    """Reports of one matter that comes back; ``members`` are positions, the oldest first."""

    members: tuple[int, ...]
    first_s: float
    last_s: float

    @property
    def times(self) -> int:
        """How often it was reported."""
        return len(self.members)


def find_repeats(
    xy_m: FloatArray, at_s: FloatArray, *, radius_m: float, times: int = 3, days: float = 30.0
) -> list[Repeat]:
    """Repeats among reports of one kind, the one with the latest report first.

    Parameters
    ----------
    xy_m : (n, 2) float, metres; at_s : (n,) float, seconds
    radius_m : of the circle; at exactly this distance a report is inside
    days : length of the window, its end excluded: the first and the thirtieth day are in one, the 31st is not

    Examples
    --------
    >>> xy = np.array([[0.0, 0], [30, 0], [-30, 0], [500, 0]])
    >>> [r.members for r in find_repeats(xy, np.array([0.0, 9, 20, 21]) * 86400, radius_m=50)]
    [(0, 1, 2)]
    """
    if len(xy_m) < times:
        return []
    order, first, cell_of, beside = _cells(xy_m, radius_m)
    parent = np.arange(len(xy_m))
    x, y = np.ascontiguousarray(xy_m[:, 0]), np.ascontiguousarray(xy_m[:, 1])
    seconds = np.asarray(at_s, dtype=np.float64)
    # Where a hundred report from one spot, they are around one centre and not around a hundred.
    _, centres = np.unique(xy_m, axis=0, return_index=True)
    marked: NDArray[np.bool_] = join_repeats(
        x, y, seconds, centres, order, first, cell_of, beside, float(radius_m), days * DAY_S, times, parent
    )
    groups: dict[int, list[int]] = {}
    for i in np.flatnonzero(marked).tolist():
        groups.setdefault(_root(parent, i), []).append(i)
    found = [_repeat(members, seconds) for members in groups.values()]
    return sorted(found, key=lambda r: (-r.last_s, r.members))


def _repeat(members: list[int], at_s: FloatArray) -> Repeat:
    ordered = sorted(members, key=lambda i: (at_s[i], i))
    return Repeat(tuple(ordered), float(at_s[ordered[0]]), float(at_s[ordered[-1]]))


def _root(parent: IntArray, i: int) -> int:
    while parent[i] != i:
        i = int(parent[i])
    return i


def _cells(xy_m: FloatArray, size_m: float) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Points in cells as wide as the radius: order by cell, where each begins, each point's cell, the nine around."""
    keys = np.floor(xy_m / size_m).astype(np.int64)
    keys -= keys.min(axis=0) - 1
    wide = int(keys[:, 1].max()) + 2
    flat = keys[:, 0] * wide + keys[:, 1]
    cells, cell_of = np.unique(flat, return_inverse=True)
    order = np.argsort(cell_of, kind="stable")
    first = np.searchsorted(cell_of[order], np.arange(len(cells) + 1))
    steps = np.array([dx * wide + dy for dx in (-1, 0, 1) for dy in (-1, 0, 1)])
    wanted = cells[:, None] + steps[None, :]
    at = np.searchsorted(cells, wanted)
    at[at == len(cells)] = 0
    beside = np.where(cells[at] == wanted, at, -1)
    return order.astype(np.int64), first.astype(np.int64), cell_of.astype(np.int64), beside.astype(np.int64)
