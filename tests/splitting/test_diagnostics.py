"""Mixing diagnostics on series whose answer is known, and the standing of a plan."""

from __future__ import annotations

import numpy as np
import pytest

from geoapp.splitting.diagnostics import TooFewDraws, mixing, standing


def autoregressive(rho: float, draws: int, seed: int) -> np.ndarray:
    """x[t] = rho x[t-1] + noise: one effective draw costs (1 + rho) / (1 - rho) draws."""
    rng = np.random.default_rng(seed)
    x = np.empty(draws)
    x[0] = rng.normal() / (1 - rho**2) ** 0.5
    for t in range(1, draws):
        x[t] = rho * x[t - 1] + rng.normal()
    return x


def test_independent_draws_count_in_full() -> None:
    found = mixing(np.random.default_rng(1).normal(size=4000))
    assert found.rhat == pytest.approx(1.0, abs=0.01)
    assert found.effective > 3200 and found.good


@pytest.mark.parametrize("rho", [0.5, 0.9])
def test_correlated_draws_count_as_theory_says(rho: float) -> None:
    """(1 - 0.5) / (1 + 0.5) = a third; (1 - 0.9) / (1 + 0.9) = a nineteenth; within a quarter."""
    draws = 40_000
    found = mixing(autoregressive(rho, draws, seed=2))
    assert found.effective == pytest.approx(draws * (1 - rho) / (1 + rho), rel=0.25)


def test_a_drift_is_not_mixed() -> None:
    """0..49 and 50..99: variance within 212.5, of the means 1250: sqrt(0.98 + 1250 / 212.5) = 2.62."""
    found = mixing(np.arange(100.0))
    assert found.rhat == pytest.approx(2.619, abs=0.001)
    assert not found.good


def test_two_chains_in_different_places_are_not_mixed() -> None:
    rng = np.random.default_rng(3)
    assert mixing(np.stack([rng.normal(size=500), 3 + rng.normal(size=500)])).rhat > 1.5


def test_a_measure_that_never_changes_is_mixed_and_one_that_jumped_once_is_not() -> None:
    assert mixing([5] * 20).rhat == 1.0
    assert mixing([0] * 10 + [1] * 10).rhat == float("inf")


def test_too_few_draws_are_refused() -> None:
    with pytest.raises(TooFewDraws, match="只有 3 个"):
        mixing([1, 2, 3])
    with pytest.raises(TooFewDraws, match="没有可以比较"):
        standing(1.0, [])


def test_shares_of_draws_below_equal_and_above() -> None:
    """Values 1, 2, 2, 5 with weights 4, 2, 1, 1 against 2: half below, 3/8 equal, 1/8 above."""
    found = standing(2, [1, 2, 2, 5], weights=[4, 2, 1, 1])
    assert (found.lower_share, found.equal_share, found.higher_share) == pytest.approx((0.5, 0.375, 0.125))
