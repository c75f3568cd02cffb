"""The size test, the ranges that a division must keep to, and the staff that the rules ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from geoapp.errors import Invalid
from geoapp.splitting.rules import Rules

Size = Literal["over", "above", "fits", "merge"]
TITLES: dict[str, str] = {"over": "超规模", "above": "高于一般规模", "fits": "规模适宜", "merge": "规模过小"}


class SizeError(Invalid):
    """A limit or tolerance that cannot be used."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What counts as too large, and how large a part may be.

    Parameters
    ----------
    over : a community with more households is too large
    people_over : one with more people, too
    most, least : households that a part may have; ``least`` is 0 where ``over`` lies too low for the rule's own limit
    tolerance : None, or how far each part may be from an equal share, as a share of that
    """

    over: int
    people_over: int
    most: int
    least: int
    tolerance: float | None = None


@dataclass(frozen=True, slots=True)
class Halves:
    """What is asked of the two sides of a division; ``parts_needed``: communities that it takes in the end."""

    ranges: tuple[tuple[int, int], tuple[int, int]]
    interchangeable: bool
    parts_needed: int


@dataclass(frozen=True, slots=True)
class Staffing:
    """Workers by the rule (测算) beside today's; ``short`` is what is missing to the least, 0 when nothing is."""

    least: int
    most: int
    today: int | None
    short: int | None
    load: float | None


def limits_of(rules: Rules, *, over: int | None = None, tolerance: float | None = None) -> Limits:
    """Limits by the rules; ``over`` moves the size test, and the most of a part where it is lower than the rule's.

    Raises
    ------
    SizeError : ``over`` below 1, or a tolerance not between 0 and 1
    """
    most = int(rules.value("households_most"))
    if over is not None and over < 1:
        raise SizeError(f"--over {over}：要是不小于 1 的整数，例如 3000。")
    if tolerance is not None and not 0 <= tolerance < 1:
        raise SizeError(f"--tolerance {tolerance}：要在 0 到 1 之间，例如 0.05。")
    top = most if over is None else min(over, most)
    least = int(rules.value("households_merge"))
    return Limits(
        over=most if over is None else over,
        people_over=int(rules.value("people_most")),
        most=top,
        least=least if 2 * least <= top else 0,
        tolerance=tolerance,
    )


def size_of(households: int, people: int | None, *, limits: Limits, rules: Rules) -> Size:
    """The size class of a community."""
    if households > limits.over or (people is not None and people > limits.people_over):
        return "over"
    mark = rules.size_marks(np.array([households]))[0]
    return "merge" if mark == "merge" else "above" if mark in ("above", "over") else "fits"


def halves_of(households: int, limits: Limits) -> Halves:
    """What each side of a division in two must keep to.

    Two parts suffice up to twice the most: then each has between ``least`` and ``most``. Above, this is the first of
    several cuts: the sides become j and k - j communities later, and hold j times the
    least to j times the most.

    Examples
    --------
    >>> halves_of(4560, Limits(3000, 9000, 3000, 500)).ranges
    ((1560, 3000), (1560, 3000))
    >>> halves_of(7000, Limits(3000, 9000, 3000, 500))
    Halves(ranges=((1000, 3000), (4000, 6000)), interchangeable=False, parts_needed=3)
    """
    parts = max(2, -(-households // limits.most))
    first, second = parts // 2, parts - parts // 2
    low1, low2 = max(limits.least * first, 1), max(limits.least * second, 1)
    high1, high2 = limits.most * first, limits.most * second
    if limits.tolerance is not None:
        for j, side in ((first, 1), (second, 2)):
            share = households * j / parts
            low, high = int(np.ceil(share * (1 - limits.tolerance))), int(share * (1 + limits.tolerance))
            if side == 1:
                low1, high1 = max(low1, low), min(high1, high)
            else:
                low2, high2 = max(low2, low), min(high2, high)
    low1, high1 = max(low1, households - high2), min(high1, households - low2)
    low2, high2 = max(low2, households - high1), min(high2, households - low1)
    same = first == second
    return Halves(((low1, high1), (low2, high2)), same, parts)


def staffing_of(households: int, today: int | None, rules: Rules) -> Staffing:
    """Workers that the rule asks for and grants, and what is missing today."""
    least = int(rules.staff_min(np.array([households]))[0])
    most = int(rules.staff_max(np.array([households]))[0])
    short = None if today is None else max(least - today, 0)
    return Staffing(least, most, today, short, households / today if today else None)
