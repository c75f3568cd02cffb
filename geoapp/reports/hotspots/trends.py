"""Is there more of a kind than before? Counts compared as rates, with an interval that bears heaps of reports.

Two counts of independent events are compared exactly (Przyborowski & Wilenski 1940): given their sum, the newer one is
binomial. Reports are not independent; one burst pipe brings ten. Their weekly counts then vary more than Poisson's, and
the interval is widened by that dispersion (quasi-likelihood, Wedderburn 1974).

References
----------
Przyborowski & Wilenski (1940), Biometrika 31(3/4), 313-323.
Wedderburn (1974), Biometrika 61(3), 439-447.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

UP, DOWN, SAME, UNKNOWN = "up", "down", "same", "unknown"
#: Fewer reports than this in both periods together say nothing.
_LEAST = 5


@dataclass(frozen=True, slots=True)
class Trend:
    """A count against an earlier one: ``ratio`` of the rates with its interval; None where nothing can be said."""

    now: int
    before: int
    weeks_now: float
    weeks_before: float
    ratio: float | None
    low: float | None
    high: float | None
    #: Variance over mean of weekly counts; 1 for independent events.
    dispersion: float

    @property
    def direction(self) -> str:
        """``up`` or ``down`` when the interval leaves 1 out, else ``same``; ``unknown`` with too few reports."""
        if self.now + self.before < _LEAST or self.low is None:
            return UNKNOWN
        if self.low > 1:
            return UP
        return DOWN if self.high is not None and self.high < 1 else SAME


def trend(
    now: int, before: int, *, weeks_now: float, weeks_before: float, dispersion: float = 1.0, level: float = 0.95
) -> Trend:
    """The rate of ``now`` reports in some weeks over that of ``before`` in others.

    Parameters
    ----------
    dispersion : >= 1; see `dispersion_of`

    Examples
    --------
    >>> t = trend(30, 10, weeks_now=4, weeks_before=4)
    >>> t.ratio, round(t.low, 2), round(t.high, 2), t.direction
    (3.0, 1.43, 6.88, 'up')
    """
    if now + before == 0 or weeks_now <= 0 or weeks_before <= 0:
        return Trend(now, before, weeks_now, weeks_before, None, None, None, dispersion)
    ratio = (now / weeks_now) / (before / weeks_before) if before else None
    low, high = _share_interval(now / dispersion, before / dispersion, level)
    by = weeks_before / weeks_now
    least, most = low / (1 - low) * by, None if high >= 1 else high / (1 - high) * by
    return Trend(now, before, weeks_now, weeks_before, ratio, least, most, dispersion)


def dispersion_of(weekly: Sequence[Sequence[int]]) -> float:
    """Variance over mean of weekly counts within each stretch of weeks, pooled; 1 at least, and where nothing is known.

    Examples
    --------
    >>> dispersion_of([[4, 4, 4, 4]]), dispersion_of([[0, 8, 0, 8]])
    (1.0, 5.333333333333333)
    """
    squares = freedom = total = weeks = 0.0
    for stretch in weekly:
        counts = np.asarray(stretch, dtype=np.float64)
        if len(counts) > 1:
            squares += float(((counts - counts.mean()) ** 2).sum())
            freedom += len(counts) - 1
        total += float(counts.sum())
        weeks += len(counts)
    if not freedom or not total:
        return 1.0
    return max(1.0, (squares / freedom) / (total / weeks))


def _share_interval(a: float, b: float, level: float) -> tuple[float, float]:
    """Clopper and Pearson's interval of a/(a+b); both may be broken numbers when they are scaled."""
    tail = (1 - level) / 2
    low = float(betaincinv(a, b + 1, tail)) if a > 0 else 0.0
    high = float(betaincinv(a + 1, b, 1 - tail)) if b > 0 else 1.0
    return low, high
