"""The space-time scan on worlds counted by hand, on planted clusters, and on worlds where there is none."""

from __future__ import annotations

from math import comb, log

import numpy as np
import pytest

from geoapp.reports.hotspots.bunches import bunches
from geoapp.reports.hotspots.flat import FloatArray, IntArray
from geoapp.reports.hotspots.scan import Design, best_cylinders, find_clusters

SMALL = Design(radius_m=100, days=2, worlds=4999)


def two_places(a_days: list[int], b_days: list[int]) -> tuple[FloatArray, IntArray]:
    """Place A at 0 m and place B a kilometre east of it."""
    xy = np.array([[0.0, 0.0]] * len(a_days) + [[1000.0, 0.0]] * len(b_days))
    return xy, np.array([*a_days, *b_days])


def test_ten_reports_counted_by_hand(rng: np.random.Generator) -> None:
    """A: 5 reports, 4 of them on the last day; B: 5, none of them.

    Expected in A on the last day: 5 x 4 / 10 = 2; ratio 4 ln(4/2) + 6 ln(6/8). Dealt out anew, all four fall on one
    place in 2 x C(5,4) of C(10,4) = 210 ways: p = 10/210.
    """
    xy, day = two_places([0, 9, 9, 9, 9], [0, 1, 2, 3, 4])
    best = best_cylinders(xy, day, SMALL)
    assert best is not None and best.ratio.max() == pytest.approx(4 * log(2) + 6 * log(6 / 8))
    (found,) = find_clusters(xy, day, SMALL, rng=rng, alpha=0.1)
    assert (found.first_day, found.last_day, found.observed, found.expected) == (9, 9, 4, 2.0)
    assert (found.x_m, found.members, found.radius_m) == (0.0, (1, 2, 3, 4), 0.0)
    exact = 2 * comb(5, 4) / comb(10, 4)
    # Three standard errors of 4,999 worlds, or of the 400 or so at which a p of 0.05 stops them.
    assert found.p == pytest.approx(exact, abs=3 * (exact * (1 - exact) / min(found.worlds, 400)) ** 0.5)
    assert found.nights == 1 / found.p


def test_three_of_one_walk_are_one_event_counted_by_hand(rng: np.random.Generator) -> None:
    """A: three on the last day and nothing else; B: one on each of the first seven days.

    Each by itself, the last day's three fall on A's three in one of C(10,3) = 120 ways: an alarm. As one bunch among
    eight they fall on the last day in one of eight: none.
    """
    xy, day = two_places([9, 9, 9], [*range(7)])
    (alone,) = find_clusters(xy, day, SMALL, rng=rng, alpha=0.05)
    assert alone.p == pytest.approx(1 / 120, abs=3 * (1 / 120 / 4999) ** 0.5)
    bunch = bunches(xy, day, day * 86_400.0)
    assert find_clusters(xy, day, SMALL, rng=rng, bunch=bunch, alpha=0.05) == []
    (together,) = find_clusters(xy, day, SMALL, rng=rng, bunch=bunch, alpha=1.0)
    # Stopped by twenty worlds that are as good, p is 20 of so many; its error is a fifth of it or so.
    assert (together.observed, together.expected) == (3, 0.9)
    assert together.p == pytest.approx(1 / 8, abs=3 * (1 / 8) * (7 / 8 / 20) ** 0.5)


def test_walks_raise_no_more_alarms_than_chance(rng: np.random.Generator) -> None:
    """40 rounds of three and 80 single reports in 90 days, 60 times: 3 alarms are expected; one by one some 30."""
    alarmed = 0
    for _ in range(60):
        xy, day = town(rng, 200)
        for first in range(0, 120, 3):
            day[first : first + 3] = day[first]
            xy[first : first + 3] = xy[first] + rng.normal(0, 15, (3, 2))
        at_s = day * 86_400.0 + rng.uniform(0, 86_400, 200)
        at_s[:120] = at_s[:120:3].repeat(3)
        bunch = bunches(xy, day, at_s)
        alarmed += bool(find_clusters(xy, day, Design(worlds=59), rng=rng, bunch=bunch, alpha=0.05))
    assert alarmed <= 9


def test_what_place_alone_or_day_alone_explains_is_no_cluster(rng: np.random.Generator) -> None:
    # A always has many reports, and on the last day everybody reports: the shares are the same everywhere.
    xy, day = two_places([*range(10)] * 8 + [9] * 16, [*range(10)] * 2 + [9] * 4)
    assert find_clusters(xy, day, Design(radius_m=100, days=3, worlds=199), rng=rng) == []


@pytest.mark.parametrize(
    ("xy", "day"),
    [
        (np.zeros((0, 2)), np.zeros(0, dtype=int)), (np.zeros((9, 2)), np.arange(9)),
        (np.arange(18.0).reshape(9, 2) * 500, np.full(9, 3)),
    ],
)  # fmt: skip
def test_no_reports_one_place_or_one_day_say_nothing(xy: FloatArray, day: IntArray, rng: np.random.Generator) -> None:
    assert find_clusters(xy, day, SMALL, rng=rng) == []


def test_the_best_cylinders_are_those_of_trying_every_circle_and_window(rng: np.random.Generator) -> None:
    """On small worlds: the best ratio around each place, by the formula, over all its circles and stretches of days."""
    for world in range(16):
        n = int(rng.integers(8, 32))
        xy, day = rng.uniform(0, 600, (n, 2)), rng.integers(0, rng.choice([6, 40]), n)
        design = Design(radius_m=250, days=4, alive_only=bool(world % 2))
        best = best_cylinders(xy, day, design)
        assert best is not None
        for centre, begin in enumerate(best.ground.start[:-1]):
            around = best.ground.near[begin : best.ground.start[centre + 1]]
            tried = [0.0]
            for size in range(1, len(around) + 1):
                here = np.isin(best.ground.place, around[:size])
                for first, end in zip(best.windows.begin, best.windows.end, strict=True):
                    then = (day >= first) & (day < end)
                    seen, expected = int((here & then).sum()), here.sum() * then.sum() / n
                    if seen >= 3 and seen > expected:
                        rest = (n - seen) * log((n - seen) / (n - expected)) if seen < n else 0.0
                        tried.append(seen * log(seen / expected) + rest)
            assert best.ratio[centre] == pytest.approx(max(tried), abs=1e-9)


def town(rng: np.random.Generator, n: int) -> tuple[FloatArray, IntArray]:
    """Uneven in place (some homes have most) and in time (quiet weekends, a growing year), not in both together."""
    homes = rng.uniform(0, 3000, (40, 2))
    share = rng.dirichlet(np.full(40, 0.5))
    xy = homes[rng.choice(40, n, p=share)] + rng.normal(0, 60, (n, 2))
    weight = np.array([(0.4 if d % 7 > 4 else 1.0) * (1 + d / 90) for d in range(90)])
    return xy, rng.choice(90, n, p=weight / weight.sum())


def test_a_planted_cluster_is_found_where_and_when_it_was_planted(rng: np.random.Generator) -> None:
    xy, day = town(rng, 600)
    spot = np.array([2500.0, 700.0])
    xy = np.vstack([xy, spot + rng.normal(0, 40, (15, 2))])
    day = np.concatenate([day, rng.integers(84, 90, 15)])
    found = find_clusters(xy, day, Design(worlds=499), rng=rng)
    first = found[0]
    assert first.p <= 0.01 and np.hypot(first.x_m - 2500, first.y_m - 700) < 150
    assert 82 <= first.first_day <= first.last_day == 89
    assert len(set(first.members) & set(range(600, 615))) >= 13
    # The same numbers in another order, and the same seed: the same answer.
    again = find_clusters(xy, day, Design(worlds=499), rng=np.random.default_rng(5))
    assert again == find_clusters(xy, day, Design(worlds=499), rng=np.random.default_rng(5))


def test_an_old_cluster_is_found_only_by_looking_back(rng: np.random.Generator) -> None:
    xy, day = town(rng, 200)
    xy = np.vstack([xy, np.array([2500.0, 700.0]) + rng.normal(0, 40, (14, 2))])
    day = np.concatenate([day, rng.integers(30, 35, 14)])
    watch = Design(days=7, worlds=99)
    back = Design(days=7, worlds=99, alive_only=False)
    assert not [c for c in find_clusters(xy, day, watch, rng=rng) if c.p <= 0.01]
    first = find_clusters(xy, day, back, rng=rng)[0]
    assert first.p <= 0.01 and 29 <= first.first_day <= 31 and 33 <= first.last_day <= 36


def alarms(worlds: int, dealt: int, rng: np.random.Generator, *, permuted: bool) -> int:
    """In how many worlds without any cluster one is said to be at 5 %."""
    design = Design(radius_m=500, days=7, worlds=dealt)
    xy, day = town(rng, 120)
    count = 0
    for _ in range(worlds):
        if permuted:
            day = rng.permutation(day)
        else:
            xy, day = town(rng, 120)
        count += bool(find_clusters(xy, day, design, rng=rng, alpha=0.05))
    return count


@pytest.mark.parametrize("permuted", [True, False], ids=["permuted", "drawn anew"])
def test_the_false_alarm_rate_is_what_it_says(permuted: bool, rng: np.random.Generator) -> None:
    """At 5 % of 400 worlds 20 alarms are expected; 8 to 36 is what chance leaves in 998 of 1,000 runs."""
    assert 8 <= alarms(400, 99, rng, permuted=permuted) <= 36


@pytest.mark.long
@pytest.mark.parametrize("permuted", [True, False], ids=["permuted", "drawn anew"])
def test_the_false_alarm_rate_is_what_it_says_more_exactly(permuted: bool, rng: np.random.Generator) -> None:
    """4,000 worlds: 200 expected, 3.3 standard deviations are 45."""
    assert 155 <= alarms(4000, 199, rng, permuted=permuted) <= 245
