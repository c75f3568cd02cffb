"""How often does the nightly look for clusters raise an alarm where there is none? Said: at most 5 %.

    python benchmarks/hotspots.py [--minutes 9] [--sets 1000] [--worlds 999]

Each data set goes through `find_clusters` as at night (500 m, 14 days, 90 days looked at, alive on the last day). Sizes
are those of a community (60 reports in 90 days), of a big one (200), and of a subdistrict (600). Four ways to make data
in which nothing clusters, or not what is looked for, and one in which something does:

- permuted: one town, its days dealt out anew for each set; here the test is exact, whatever the town is like
- drawn anew: places and days drawn for each set, uneven both, independent of each other
- weekday places: offices report on weekdays, homes on weekends: places that have their own week
- walks: a third of the reports are one person's round of three, within ten minutes and some 40 m of each other; once
  more with every report by itself, as the method was published
- planted: as drawn anew, with twelve more around one spot on the last six days; here alarms are what is wanted

One process, one core. It stops when the time is up and prints what it has, with Clopper and Pearson's interval.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

import numpy as np
from scipy import stats

from geoapp.reports.hotspots.bunches import bunches, dealt
from geoapp.reports.hotspots.flat import FloatArray, IntArray
from geoapp.reports.hotspots.looking import ALPHA, CLUSTER_DAYS
from geoapp.reports.hotspots.scan import Design, find_clusters

SIZES = (("community", 60, 900.0), ("big community", 200, 1200.0), ("subdistrict", 600, 3000.0))
#: Metres, days, and seconds since the first day.
Data = tuple[FloatArray, IntArray, FloatArray]
Maker = Callable[[np.random.Generator, int, float], Data]


def town(rng: np.random.Generator, n: int, side_m: float) -> Data:
    """Some homes have most; weekends are quiet and the year grows; place says nothing of time."""
    homes = rng.uniform(0, side_m, (40, 2))
    xy = homes[rng.choice(40, n, p=rng.dirichlet(np.full(40, 0.5)))] + rng.normal(0, 30, (n, 2))
    weight = np.array([(0.4 if d % 7 > 4 else 1.0) * (1 + d / CLUSTER_DAYS) for d in range(CLUSTER_DAYS)])
    day = rng.choice(CLUSTER_DAYS, n, p=weight / weight.sum())
    return xy, day, moments(rng, day)


def moments(rng: np.random.Generator, day: IntArray) -> FloatArray:
    """Any time between seven and ten."""
    return day * 86_400.0 + rng.uniform(7, 22, len(day)) * 3600


def with_own_weeks(rng: np.random.Generator, n: int, side_m: float) -> Data:
    """Every place is an office or a home; an office has nine in ten of its reports on weekdays, a home half."""
    xy, _, _ = town(rng, n, side_m)
    office = (xy // 300).sum(axis=1).astype(int) % 2 == 0
    weekend = rng.random(n) > np.where(office, 0.9, 0.5)
    days = np.arange(CLUSTER_DAYS)
    day = np.where(weekend, rng.choice(days[days % 7 > 4], n), rng.choice(days[days % 7 <= 4], n))
    return xy, day, moments(rng, day)


def with_walks(rng: np.random.Generator, n: int, side_m: float) -> Data:
    """A third of the reports come in threes."""
    xy, day, at_s = town(rng, n, side_m)
    for first in range(0, n // 3 - 2, 3):
        day[first : first + 3] = day[first]
        xy[first : first + 3] = xy[first] + rng.normal(0, 20, (3, 2))
        at_s[first : first + 3] = at_s[first] + np.arange(3) * 300
    return xy, day, at_s


def with_a_cluster(rng: np.random.Generator, n: int, side_m: float) -> Data:
    """Twelve more than usual at one spot."""
    xy, day, at_s = town(rng, n, side_m)
    spot = rng.uniform(0, side_m, 2) + rng.normal(0, 30, (12, 2))
    more = rng.integers(CLUSTER_DAYS - 6, CLUSTER_DAYS, 12)
    return np.vstack([xy, spot]), np.concatenate([day, more]), np.concatenate([at_s, moments(rng, more)])


def rate(name: str, size: tuple[str, int, float], make: Maker, wanted: argparse.Namespace, until: float) -> None:
    """Measure one kind of data at one size and print the line."""
    label, n, side_m = size
    rng = np.random.default_rng([20261129, n, len(name)])
    xy, day, at_s = town(rng, n, side_m)
    bunch = bunches(xy, day, at_s)
    alarms = sets = 0
    began = time.process_time()
    while sets < wanted.sets and time.monotonic() < until:
        if name == "permuted":
            day = dealt(day, bunch, rng)
        else:
            xy, day, at_s = make(rng, n, side_m)
            bunch = np.arange(len(day)) if name.endswith("itself") else bunches(xy, day, at_s)
        alarms += bool(find_clusters(xy, day, Design(worlds=wanted.worlds), rng=rng, bunch=bunch, alpha=ALPHA))
        sets += 1
    low = float(stats.beta.ppf(0.025, alarms, sets - alarms + 1)) if alarms else 0.0
    high = float(stats.beta.ppf(0.975, alarms + 1, sets - alarms)) if alarms < sets else 1.0
    each = (time.process_time() - began) / max(1, sets)
    interval = f"{alarms / max(1, sets):6.1%} ({low:.1%} to {high:.1%})"
    print(f"{name:16} {label:14} {n:4d} {alarms:4d} of {sets:4d}: {interval}  {each * 1e3:6.1f} ms each", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=9.0, help="for all lines together")
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--worlds", type=int, default=Design().worlds)
    wanted = parser.parse_args()
    makers = (
        ("permuted", town), ("drawn anew", town), ("weekday places", with_own_weeks), ("walks", with_walks),
        ("walks, by itself", with_walks), ("planted", with_a_cluster), ("planted, itself", with_a_cluster),
    )  # fmt: skip
    lines = [(name, size, make) for name, make in makers for size in SIZES]
    end = time.monotonic() + 60 * wanted.minutes
    print(f"alarms at p <= {ALPHA}, {wanted.worlds} worlds at most; load average {os.getloadavg()[0]:.1f}")
    for number, (name, size, make) in enumerate(lines):
        left = end - time.monotonic()
        rate(name, size, make, wanted, time.monotonic() + left / (len(lines) - number))


if __name__ == "__main__":
    main()
