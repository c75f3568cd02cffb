"""Bars of what came in and what was closed, period by period, as coordinates for an SVG made on the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geoapp.reports.figures.periods import Period
from geoapp.reports.figures.rates import LEAST_PUBLIC, Tally
from geoapp.reports.figures.rounding import blurred

WIDTH, HEIGHT, FOOT, LEFT = 720, 200, 22, 44
#: So many names fit under the bars.
_NAMES = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of one period: where it stands, how high, what it says."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, marks of the axis as (y, number) and names as (x, words)."""

    bars: tuple[Bar, ...]
    marks: tuple[tuple[float, int], ...]
    names: tuple[tuple[float, str], ...]
    width: int = WIDTH
    height: int = HEIGHT + FOOT


def step_for(days: int) -> str:
    """How a stretch of days is best cut for a chart."""
    return next(
        (step for most, step in ((31, "day"), (190, "week"), (1500, "month"), (4500, "quarter")) if days <= most),
        "year",
    )


def chart(periods: Sequence[Period], tallies: Sequence[Tally], *, words: tuple[str, str], own: bool) -> Chart:
    """Two bars a period: received and closed. To outsiders heights are of rounded counts.

    Parameters
    ----------
    words : what the two are called
    """
    tallies = [tally if own else blurred(tally) for tally in tallies]
    highest = max([t.received for t in tallies] + [t.closed for t in tallies] + [1])
    top = _round_up(highest)
    slot = (WIDTH - LEFT) / max(1, len(periods))
    bars = []
    for n, (period, tally) in enumerate(zip(periods, tallies, strict=True)):
        for side, (kind, count) in enumerate((("received", tally.received), ("closed", tally.closed))):
            small = not own and not count
            height = round(count / top * (HEIGHT - 10), 1)
            said = f"{period.name} {words[side]} {f'<{LEAST_PUBLIC}' if small else count}"
            x = LEFT + n * slot + slot * (0.12 + 0.38 * side)
            bars.append(Bar(round(x, 1), HEIGHT - height, round(slot * 0.36, 1), height, kind, said))
    marks = tuple((HEIGHT - share * (HEIGHT - 10), round(top * share)) for share in (0.5, 1.0))
    every = -(-len(periods) // _NAMES)
    names = tuple((round(LEFT + (n + 0.5) * slot, 1), _short(p.name)) for n, p in enumerate(periods) if n % every == 0)
    return Chart(tuple(bars), marks, names)


def _short(name: str) -> str:
    """A name that fits under a bar: the year is left out of days."""
    return name[5:] if len(name) == 10 else name


def _round_up(count: int) -> int:
    """The next even round number.

    Examples
    --------
    >>> [_round_up(n) for n in (1, 7, 23, 101, 999)]
    [2, 8, 40, 200, 1000]
    """
    if count <= 2:
        return 2
    power = 10 ** (len(str(count)) - 1)
    return next(n * power for n in (1, 2, 4, 6, 8, 10) if n * power >= count) if power > 1 else count + count % 2
