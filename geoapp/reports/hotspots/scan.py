"""Clusters in space and time: the space-time permutation scan statistic, which needs nothing but the reports.

A cylinder is a circle of places and a stretch of days. Were place and time independent, its expected count would be
(reports of its places) x (reports of its days) / (all reports). The likelihood ratio of every cylinder is compared with
the best of many worlds in which the days are dealt out to the reports anew. So places that always have many reports and
days on which everybody reports give no alarm; only what is more than both together does.

Days are dealt out to bunches where the caller knows them (`geoapp.reports.hotspots.bunches`), not to single reports.
Dealt out one by one, three reports of one person's round hardly ever meet again, and every such round near the last day
is an alarm: in one town in three of 60 reports, in two of three of 600 (`benchmarks/hotspots.py`). Where no two came at
one stroke, it is the method of Kulldorff and others.

The dealing stops early when enough worlds beat what was seen (Besag & Clifford 1991): an unremarkable night costs a
twentieth, and the p-value stays valid.

References
----------
Kulldorff, Heffernan, Hartman, Assuncao & Mostashari (2005), A space-time permutation scan statistic for disease
outbreak detection, PLoS Medicine 2(3), e59.
Besag & Clifford (1991), Sequential Monte Carlo p-values, Biometrika 78(2), 301-304.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoapp.reports.hotspots.bunches import dealt
from geoapp.reports.hotspots.flat import FloatArray, IntArray
from geoapp.reports.hotspots.kernels import cases_by_day, scan

METHOD = "space-time permutation scan"
#: Enough worlds that beat what was seen: then it is nothing, and dealing on would not make it more so.
_BEATEN = 20


@dataclass(frozen=True, slots=True)
class Design:
    """What is looked for. ``alive_only``: windows that end on the last day, as for a watch kept every night."""

    radius_m: float = 500.0
    days: int = 14
    alive_only: bool = True
    worlds: int = 999
    #: Reports this near to each other count as at one place.
    cell_m: float = 50.0
    #: A cluster holds no more than this share of all reports.
    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Cluster:
    """More reports than place and time explain; ``members`` are positions of the reports, days count from the first.

    ``p`` is the share of dealt-out worlds whose best cylinder is as good; for clusters after the first it is too high
    rather than too low.
    """

    x_m: float
    y_m: float
    radius_m: float
    first_day: int
    last_day: int
    observed: int
    expected: float
    log_ratio: float
    p: float
    worlds: int
    members: tuple[int, ...]

    @property
    def nights(self) -> float:
        """In how many nights of a nightly watch chance alone brings one such alarm (recurrence interval)."""
        return 1.0 / self.p


@dataclass(frozen=True, slots=True)
class _Ground:
    """Places, who is near whom, and what of it no dealing changes."""

    xy_m: FloatArray
    place: IntArray
    near: IntArray
    start: IntArray
    zone_total: IntArray


def find_clusters(
    xy_m: FloatArray,
    day: IntArray,
    design: Design,
    *,
    rng: np.random.Generator,
    bunch: IntArray | None = None,
    alpha: float = 0.05,
    going_on: Callable[[int], None] | None = None,
) -> list[Cluster]:
    """Clusters with p <= ``alpha``, the strongest first; no two share a place.

    Parameters
    ----------
    xy_m : (n, 2) float, metres; day : (n,) int, days since some day, 0 for the first; the largest is the last day
    bunch : (n,) int, the number of each report's bunch, all of which has one day; without it each is by itself
    rng : deals the days out; the same one gives the same answer
    going_on : told how many worlds are done; may raise to stop

    Returns
    -------
    list of `Cluster`; empty when nothing is unusual, or when all reports lie on one day or at one place
    """
    best = best_cylinders(xy_m, day, design)
    if best is None:
        return []
    day = np.asarray(day, dtype=np.int64)
    bunch = np.arange(len(day)) if bunch is None else bunch
    p, worlds = _p_values(best, day, bunch, design, rng, going_on)
    found: list[Cluster] = []
    taken: set[int] = set()
    for centre in np.argsort(-best.ratio, kind="stable").tolist():
        if p[centre] > alpha or best.ratio[centre] <= 0:
            break
        places = best.places(centre)
        if taken.isdisjoint(places.tolist()):
            taken |= set(places.tolist())
            found.append(best.cluster(centre, day, p=float(p[centre]), worlds=worlds))
    return found


@dataclass(slots=True)
class Best:
    """The best cylinder around each place."""

    ground: _Ground
    windows: _Windows
    ratio: FloatArray
    size: IntArray
    window: IntArray

    def places(self, centre: int) -> IntArray:
        """Places of the best circle around one."""
        begin = self.ground.start[centre]
        return self.ground.near[begin : begin + self.size[centre]]

    def cluster(self, centre: int, day: IntArray, *, p: float, worlds: int) -> Cluster:
        """The best cylinder around one place, in words of reports."""
        places, w = self.places(centre), int(self.window[centre])
        first, last = int(self.windows.begin[w]), int(self.windows.end[w]) - 1
        in_place = np.isin(self.ground.place, places)
        members = np.flatnonzero(in_place & (day >= first) & (day <= last))
        expected = int(in_place.sum()) * int(self.windows.total[w]) / len(day)
        x, y = self.ground.xy_m[centre].tolist()
        reach = np.hypot(*(self.ground.xy_m[places] - self.ground.xy_m[centre]).T)
        return Cluster(
            x, y, float(reach.max()), first, last, len(members), expected, float(self.ratio[centre]), p, worlds,
            tuple(members.tolist()),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Windows:
    begin: IntArray
    end: IntArray
    total: IntArray

    @property
    def low(self) -> int:
        """The first day that any window holds."""
        return int(self.begin.min())


def best_cylinders(xy_m: FloatArray, day: IntArray, design: Design) -> Best | None:
    """The best cylinder around each place; None where there is nothing to compare."""
    day = np.asarray(day, dtype=np.int64)
    if len(day) < 3 or day.min() == day.max():
        return None
    ground = _ground(np.asarray(xy_m, dtype=np.float64), design)
    if len(ground.xy_m) < 2:
        return None
    windows = _windows(day, design)
    n = len(ground.xy_m)
    best = Best(ground, windows, np.zeros(n), np.ones(n, dtype=np.int64), np.zeros(n, dtype=np.int64))
    _scan(best, day, _counts(best), _logs(len(day)), best.ratio, best.size, best.window)
    return best


def _p_values(
    best: Best,
    day: IntArray,
    bunch: IntArray,
    design: Design,
    rng: np.random.Generator,
    going_on: Callable[[int], None] | None,
) -> tuple[FloatArray, int]:
    """p of each centre's best cylinder against the best of each world, and how many worlds were dealt."""
    top = float(best.ratio.max())
    counts, logs = _counts(best), _logs(len(day))
    n = len(best.ratio)
    scratch = np.zeros(n), np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    maxima = []
    beaten = 0
    for world in range(design.worlds):
        maxima.append(_scan(best, dealt(day, bunch, rng), counts, logs, *scratch))
        beaten += maxima[-1] >= top - 1e-9
        if going_on is not None:
            going_on(world + 1)
        if beaten >= _BEATEN:
            break
    ordered = np.sort(maxima)
    reached = len(ordered) - np.searchsorted(ordered, best.ratio - 1e-9, side="left")
    # Stopped early, it is 20 of so many; dealt to the end, the world that was seen counts as one of them.
    own = 0 if beaten >= _BEATEN else 1
    return (reached + own) / (len(maxima) + own), len(maxima)


def _scan(
    best: Best, day: IntArray, counts: IntArray, logs: FloatArray, ratio: FloatArray, size: IntArray, window: IntArray
) -> float:
    ground, windows = best.ground, best.windows
    cases_by_day(ground.place, day, windows.low, counts)
    begin, end = windows.begin - windows.low, windows.end - windows.low
    # Bunches differ in size: dealt out anew, days hold other numbers of reports than they did.
    total = _totals(day, windows.begin, windows.end)
    fixed = ground.near, ground.start, ground.zone_total, begin, end, total, logs
    return float(scan(counts, len(day), *fixed, ratio, size, window))


def _counts(best: Best) -> IntArray:
    return np.zeros((len(best.ground.xy_m), int(best.windows.end.max()) - best.windows.low + 1), dtype=np.int64)


def _logs(n: int) -> FloatArray:
    return np.concatenate([[0.0], np.log(np.arange(1, n + 1))])


def _windows(day: IntArray, design: Design) -> _Windows:
    """All stretches of up to ``days`` days, ends excluded, none longer than half of all days; and their reports."""
    last = int(day.max()) + 1
    longest = max(1, min(design.days, last // 2))
    ends = [last] if design.alive_only else range(1, last + 1)
    pairs = np.array(
        [(end - length, end) for end in ends for length in range(1, min(longest, end) + 1)], dtype=np.int64
    )
    begin, end = pairs[:, 0].copy(), pairs[:, 1].copy()
    return _Windows(begin, end, _totals(day, begin, end))


def _totals(day: IntArray, begin: IntArray, end: IntArray) -> IntArray:
    """Reports of each window."""
    upto = np.concatenate([[0], np.cumsum(np.bincount(day, minlength=int(end.max())))]).astype(np.int64)
    return np.asarray(upto[end] - upto[begin], dtype=np.int64)


def _ground(xy_m: FloatArray, design: Design) -> _Ground:
    cell = np.floor(xy_m / design.cell_m).astype(np.int64)
    _, place = np.unique(cell, axis=0, return_inverse=True)
    place = place.reshape(-1).astype(np.int64)
    size = np.bincount(place)
    middle = np.column_stack([np.bincount(place, weights=xy_m[:, k]) / size for k in (0, 1)])
    around = cKDTree(middle).query_ball_point(middle, design.radius_m, return_sorted=False)
    near: list[NDArray[np.int64]] = []
    totals: list[NDArray[np.int64]] = []
    most = int(len(xy_m) * design.share)
    for centre, listed in enumerate(around):
        those = np.array(listed, dtype=np.int64)
        away = np.hypot(*(middle[those] - middle[centre]).T)
        those = those[np.lexsort((those, away))]
        cases = np.cumsum(size[those])
        keep = cases <= most
        near.append(those[keep])
        totals.append(cases[keep].astype(np.int64))
    start = np.concatenate([[0], np.cumsum([len(those) for those in near])]).astype(np.int64)
    return _Ground(middle, place, np.concatenate(near), start, np.concatenate(totals))
