"""Rates compared with those before, against exact intervals and simulated worlds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from geoapp.reports.hotspots.trends import dispersion_of, trend


def test_the_interval_is_that_of_a_binomial_share() -> None:
    """30 against 10 in as many weeks: 30/40 lies in [a, b] by Clopper and Pearson; the ratio in [a/(1-a), b/(1-b)]."""
    share = stats.binomtest(30, 40).proportion_ci(method="exact")
    got = trend(30, 10, weeks_now=4, weeks_before=4)
    assert got.ratio == 3.0 and got.direction == "up"
    assert (got.low, got.high) == pytest.approx((share.low / (1 - share.low), share.high / (1 - share.high)))
    # Against twice as many weeks the same counts are twice the ratio.
    assert trend(30, 10, weeks_now=4, weeks_before=8).ratio == 6.0


@pytest.mark.parametrize(
    ("now", "before", "direction"),
    [(0, 0, "unknown"), (3, 1, "unknown"), (9, 0, "up"), (0, 9, "down"), (12, 10, "same"), (5, 40, "down")],
)
def test_directions(now: int, before: int, direction: str) -> None:
    got = trend(now, before, weeks_now=4, weeks_before=4)
    assert got.direction == direction
    assert (got.ratio is None) == (before == 0)
    # With nothing before, there is no upper bound, and none is made up.
    assert (got.high is None) == (before == 0)


def test_heaps_widen_the_interval() -> None:
    calm, heaped = (trend(30, 12, weeks_now=4, weeks_before=4, dispersion=d) for d in (1.0, 4.0))
    assert calm.direction == "up" and heaped.direction == "same"
    assert dispersion_of([[0, 8, 0, 8], []]) == pytest.approx(64 / 3 / 4)
    assert dispersion_of([]) == dispersion_of([[5]]) == dispersion_of([[0, 0, 0]]) == 1.0


@pytest.mark.parametrize("heap", [1, 5])
def test_where_nothing_changes_at_most_one_in_twenty_is_called_a_change(heap: int, rng: np.random.Generator) -> None:
    """2,000 pairs of four weeks with the same mean of 20 a week; with heaps of five as well."""
    wrong = 0
    for _ in range(2000):
        history, before, now = (rng.poisson(20 / heap, weeks) * heap for weeks in (48, 4, 4))
        got = trend(int(now.sum()), int(before.sum()), weeks_now=4, weeks_before=4, dispersion=dispersion_of([history]))
        wrong += got.direction != "same"
    assert wrong <= 130
