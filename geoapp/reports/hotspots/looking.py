"""One look at the reports of a district for matters that come back, clusters and trends 未诉先办, with its parameters.

A cluster's p-value is only as good as the procedure that gives it. So the same procedure is run on the same reports
with their days dealt out anew, in which there is nothing to be found, and what it finds there is told beside it. What
came at one stroke stays together there too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoapp.reports.hotspots.bunches import WITHIN_M, WITHIN_S, bunches, dealt
from geoapp.reports.hotspots.flat import FloatArray, IntArray, metres
from geoapp.reports.hotspots.repeats import find_repeats
from geoapp.reports.hotspots.scan import METHOD, Design, find_clusters
from geoapp.reports.hotspots.trends import dispersion_of, trend

REPEATS, CLUSTERS, TRENDS = "repeats", "clusters", "trends"
METHODS = (REPEATS, CLUSTERS, TRENDS)
#: Three times in thirty days; clusters of two weeks against ninety days; four weeks against the twelve before.
TIMES, REPEAT_DAYS, CLUSTER_DAYS, WEEKS_NOW, WEEKS_BEFORE = 3, 30, 90, 4, 12
WINDOW_DAYS = 7 * (WEEKS_NOW + WEEKS_BEFORE)
DESIGN = Design()
ALPHA, SEED = 0.05, 20261129
#: Trials of the procedure itself: 40 cannot tell 5 % from 15 %, but each of a whole district takes seconds.
TRIALS, FEW_TRIALS, MANY_REPORTS = 200, 40, 1000
#: Codes of places are cut to whole levels.
_DIGITS = (17, 15, 12, 9, 6)


@dataclass(frozen=True, slots=True)
class Points:
    """Reports as columns: id, degrees (NaN where the place is unknown), moment, civil day as a number, kind, place."""

    ids: IntArray
    lonlat: FloatArray
    at_s: FloatArray
    day: IntArray
    kind: NDArray[np.object_]
    place: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.ids)

    def where(self, keep: NDArray[np.bool_]) -> Points:
        """The rows for which something holds."""
        return Points(
            self.ids[keep], self.lonlat[keep], self.at_s[keep], self.day[keep], self.kind[keep], self.place[keep]
        )

    @property
    def placed(self) -> Points:
        """Those whose place on the map is known."""
        return self.where(np.asarray(np.isfinite(self.lonlat).all(axis=1)))

    def since(self, day: int) -> Points:
        """Those of a day and later."""
        return self.where(self.day >= day)


@dataclass(frozen=True, slots=True)
class Spot:
    """Something found: columns of its row."""

    kind: str
    place_code: str
    lon: float | None
    lat: float | None
    radius_m: float
    first_at: datetime
    last_at: datetime
    observed: int
    expected: float | None
    p: float | None
    details: dict[str, Any]
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What one method found, how many reports it looked at, and everything that is needed to do it again."""

    method: str
    parameters: dict[str, object]
    reports: int
    spots: tuple[Spot, ...]


def common_place(codes: list[str]) -> str:
    """The smallest place that holds all of them; empty for none.

    Examples
    --------
    >>> common_place(["110105012023001", "110105012024001"]), common_place(["110105012023", ""])
    ('110105012', '')
    """
    first, last = min(codes), max(codes)
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return next((first[:n] for n in _DIGITS if n <= same), "")


def look_for_repeats(points: Points, radii: Mapping[str, float], last_day: int) -> Look:
    """The same kind at the same place three times in thirty days; ``radii`` says of each kind how near that is."""
    recent = points.placed.since(last_day - REPEAT_DAYS + 1)
    xy, spots = metres(recent.lonlat), []
    for kind in sorted(set(recent.kind.tolist())):
        mine = np.flatnonzero(recent.kind == kind)
        radius = float(radii.get(kind, DESIGN.cell_m))
        for found in find_repeats(xy[mine], recent.at_s[mine], radius_m=radius, times=TIMES, days=REPEAT_DAYS):
            spots.append(_spot(recent, mine[list(found.members)], kind=kind, radius_m=radius))
    spots.sort(key=lambda s: (-s.observed, -s.last_at.timestamp()))
    parameters: dict[str, object] = {"times": TIMES, "days": REPEAT_DAYS}
    return Look(REPEATS, parameters, len(recent), tuple(spots))


def look_for_clusters(points: Points, last_day: int, *, trials: int | None = None, worlds: int = DESIGN.worlds,
                      going_on: Callable[[float], None] | None = None) -> Look:  # fmt: skip
    """Clusters that last until the last day, and in how many of ``trials`` dealt-out worlds the same would find one."""
    recent = points.placed.since(last_day - CLUSTER_DAYS + 1)
    if trials is None:
        trials = TRIALS if len(recent) <= MANY_REPORTS else FEW_TRIALS
    design = replace(DESIGN, worlds=worlds)
    xy, day = metres(recent.lonlat), recent.day - (last_day - CLUSTER_DAYS + 1)
    rng = np.random.default_rng(SEED)
    bunch = bunches(xy, day, recent.at_s)
    found = find_clusters(xy, day, design, rng=rng, bunch=bunch, alpha=ALPHA) if len(recent) else []
    alarmed = 0
    for trial in range(trials if len(recent) else 0):
        if going_on is not None:
            going_on(trial / trials)
        alarmed += bool(find_clusters(xy, dealt(day, bunch, rng), design, rng=rng, bunch=bunch, alpha=ALPHA))
    spots = []
    for cluster in found:
        spot = _spot(recent, np.array(cluster.members), kind="", radius_m=max(cluster.radius_m, design.cell_m))
        details = {
            **spot.details,
            "first_day": cluster.first_day,
            "last_day": cluster.last_day,
            "worlds": cluster.worlds,
        }
        spots.append(replace(spot, expected=cluster.expected, p=cluster.p, details=details))
    parameters: dict[str, object] = {
        "method": METHOD, "radius_m": design.radius_m, "days": design.days, "cell_m": design.cell_m,
        "bunch_m": WITHIN_M, "bunch_s": WITHIN_S,
        "worlds": design.worlds, "alpha": ALPHA, "looked_days": CLUSTER_DAYS, "seed": SEED, "trials": trials,
        "false_alarms": alarmed,
    }  # fmt: skip
    return Look(CLUSTERS, parameters, len(recent), tuple(spots))


def look_for_trends(points: Points, last_day: int) -> Look:
    """Each kind's last four weeks against the twelve before, with the interval that its weekly ups and downs allow."""
    recent = points.since(last_day - WINDOW_DAYS + 1)
    week = WEEKS_BEFORE + WEEKS_NOW - 1 - (last_day - recent.day) // 7
    spots = []
    for kind in sorted(set(recent.kind.tolist())):
        mine = recent.kind == kind
        weekly = np.bincount(week[mine], minlength=WEEKS_BEFORE + WEEKS_NOW).tolist()
        before, now = weekly[:WEEKS_BEFORE], weekly[WEEKS_BEFORE:]
        seen = trend(
            sum(now), sum(before), weeks_now=WEEKS_NOW, weeks_before=WEEKS_BEFORE,
            dispersion=dispersion_of([before, now]),
        )  # fmt: skip
        spot = _spot(recent, np.flatnonzero(mine), kind=kind, radius_m=0.0)
        details: dict[str, object] = {
            "direction": seen.direction, "ratio": seen.ratio, "low": seen.low, "high": seen.high,
            "before": seen.before, "dispersion": seen.dispersion, "weekly": weekly,
            "seeds": [seed_of(recent.ids[mine & part]) for part in (week >= WEEKS_BEFORE, week < WEEKS_BEFORE)],
        }  # fmt: skip
        expected = seen.before * WEEKS_NOW / WEEKS_BEFORE
        spots.append(
            replace(spot, observed=seen.now, expected=expected, lon=None, lat=None, details=details, members=())
        )
    spots.sort(key=lambda s: -s.observed)
    parameters: dict[str, object] = {"weeks_now": WEEKS_NOW, "weeks_before": WEEKS_BEFORE, "level": 0.95}
    return Look(TRENDS, parameters, len(recent), tuple(spots))


def seed_of(ids: IntArray) -> int:
    """A sum by which two sets of reports hardly ever agree: rounding for outsiders draws its lot by it."""
    return int((ids.astype(object) * 7_368_787 % 2_147_483_647).sum()) if len(ids) else 0


def _spot(points: Points, members: IntArray, *, kind: str, radius_m: float) -> Spot:
    lon, lat = points.lonlat[members].mean(axis=0).tolist()
    at, codes = points.at_s[members], [str(code) for code in points.place[members]]
    kinds, counts = np.unique(points.kind[members].astype(str), return_counts=True)
    most = sorted(zip(kinds.tolist(), counts.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
    details: dict[str, object] = {"kinds": most[:4], "places": sorted({code[:12] for code in codes})}
    return Spot(
        kind, common_place(codes), lon, lat, radius_m, datetime.fromtimestamp(float(at.min()), UTC),
        datetime.fromtimestamp(float(at.max()), UTC), len(members), None, None, details,
        tuple(int(n) for n in points.ids[members]),
    )  # fmt: skip
