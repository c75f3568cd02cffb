"""Whether a chain of plans has mixed, and how unusual one plan is among many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoapp.errors import Invalid

FloatArray = NDArray[np.float64]


class TooFewDraws(Invalid):
    """A figure was asked for that needs more draws."""


@dataclass(frozen=True)
class Mixing:
    """How far a measure of the draws can be trusted.

    Parameters
    ----------
    rhat : near 1.0 when the chain's quarters look alike; above 1.05 it has not mixed
    effective : number of independent draws that would say as much about the mean
    draws : draws there are
    """

    rhat: float
    effective: float
    draws: int

    @property
    def good(self) -> bool:
        """Mixed by the usual rule: R-hat at most 1.05 and at least 100 effective draws."""
        return self.rhat <= 1.05 and self.effective >= 100


@dataclass(frozen=True)
class Standing:
    """Where a plan stands among draws: shares of draws with a lower, an equal and a higher value; they add up to 1."""

    lower_share: float
    equal_share: float
    higher_share: float


def mixing(values: ArrayLike) -> Mixing:
    """Split R-hat and effective sample size of one measure along one or more chains.

    Parameters
    ----------
    values : (draws,) or (chains, draws) numbers, e.g. cut edges, in the order drawn; 8 draws a chain at least

    Returns
    -------
    Mixing; for a measure that never changes R-hat is 1.0 and every draw counts

    Raises
    ------
    TooFewDraws : fewer than 8 draws in a chain

    References
    ----------
    Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., 11.4-11.5.
    Geyer (1992), Practical Markov chain Monte Carlo, Statistical Science 7(4): initial positive monotone sequence.

    Examples
    --------
    >>> mixing([1.0] * 8)
    Mixing(rhat=1.0, effective=8.0, draws=8)
    """
    chains = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if chains.shape[1] < 8:
        raise TooFewDraws(f"每条链只有 {chains.shape[1]} 个方案，看不出是否混合：请至少抽 8 个。")
    half = chains.shape[1] // 2
    # The odd one in the middle is left out, so that both halves are as long.
    split = np.concatenate([chains[:, :half], chains[:, -half:]])
    draws = int(chains.size)
    within = float(split.var(axis=1, ddof=1).mean())
    between = half * float(split.mean(axis=1).var(ddof=1))
    if within == 0:
        return Mixing(1.0 if between == 0 else float("inf"), float(draws) if between == 0 else float(len(split)), draws)
    spread = (half - 1) / half * within + between / half
    together = _correlation_time(split, within, spread)
    return Mixing(float(np.sqrt(spread / within)), min(draws / together, float(draws)), draws)


def _correlation_time(split: FloatArray, within: float, spread: float) -> float:
    """Draws that are worth one: 1 + 2 * sum of autocorrelations, over pairs as long as those are positive and fall."""
    length = split.shape[1]
    centred = split - split.mean(axis=1, keepdims=True)
    # By way of the power spectrum, padded against wrapping: all lags in n log n.
    spectrum = np.fft.rfft(centred, n=2 * length, axis=1)
    covariance = np.fft.irfft(spectrum * spectrum.conj(), axis=1)[:, :length].mean(axis=0) / length
    correlation = 1 - (within * (length - 1) / length - covariance) / spread
    correlation[0] = 1.0
    pairs = correlation[: length // 2 * 2].reshape(-1, 2).sum(axis=1)
    stop = int(np.argmax(pairs <= 0)) if np.any(pairs <= 0) else len(pairs)
    falling = np.minimum.accumulate(pairs[: max(stop, 1)])
    return max(float(2 * falling.sum() - 1), 1e-9)


def standing(value: float, drawn: ArrayLike, *, weights: ArrayLike | None = None) -> Standing:
    """Where a value stands among those drawn; with weights (draws,), shares are of their sum.

    Examples
    --------
    >>> standing(3, [1, 2, 3, 4])
    Standing(lower_share=0.5, equal_share=0.25, higher_share=0.25)
    """
    numbers = np.asarray(drawn, dtype=np.float64)
    if numbers.size == 0:
        raise TooFewDraws("没有可以比较的随机方案：请先抽取一些。")
    weight = np.ones(numbers.size) if weights is None else np.asarray(weights, dtype=np.float64)
    weight = weight / weight.sum()
    lower, equal = float(weight[numbers < value].sum()), float(weight[numbers == value].sum())
    return Standing(lower, equal, max(1.0 - lower - equal, 0.0))
