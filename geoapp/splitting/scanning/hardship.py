"""The marks of being hard to manage: no property manager, many old people, many complaints, in pieces.

The size test alone is not the rule: above 3000 households AND hard to manage. Where the data say nothing the answer
is "not known", never "no".
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoapp.splitting.rules import RulesError
from geoapp.splitting.scanning.communities import Community

MARKS = ("manager", "over60", "complaints", "pieces")
TITLES = {"manager": "无物业", "over60": "老年人多", "complaints": "诉求多", "pieces": "分散"}


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which value on a mark is set, why, and how far that may be trusted."""

    value: float
    reason: str
    mark: str


@dataclass(frozen=True)
class Thresholds:
    """The threshold of each mark; the one of complaints is a rank among the communities scanned (0.75: top quarter)."""

    unmanaged_share: Threshold
    over60_share: Threshold
    complaints_rank: Threshold
    pieces: Threshold


@dataclass(frozen=True)
class Hardship:
    """What is known of one community.

    ``marks`` has each mark as True, False or None (not known); the figures are those that the marks were judged by.
    """

    marks: dict[str, bool | None]
    unmanaged_share: float | None
    over60_share: float | None
    complaints_per_1000: float | None
    pieces: int | None

    @property
    def count(self) -> int:
        """Marks that are set."""
        return sum(value is True for value in self.marks.values())

    @property
    def unknown(self) -> tuple[str, ...]:
        """Marks of which the data say nothing."""
        return tuple(name for name in MARKS if self.marks[name] is None)


def parse_thresholds(text: str) -> Thresholds:
    """Thresholds of a data file's text; RulesError names the one that is missing or without a reason."""
    try:
        given = tomllib.loads(text).get("threshold", {})
    except tomllib.TOMLDecodeError as fault:
        raise RulesError(f"难管标志的阈值文件不是正确的 TOML：{fault}。") from None
    found = {}
    for name in Thresholds.__dataclass_fields__:
        row = given.get(name, {})
        if not isinstance(row.get("value"), int | float) or not row.get("reason") or not row.get("mark"):
            raise RulesError(f"难管标志的阈值文件里 {name} 要有 value、reason 和 mark：请补上。")
        found[name] = Threshold(float(row["value"]), row["reason"], row["mark"])
    return Thresholds(**found)


def judge(
    communities: Sequence[Community], households: Sequence[int | None], *, thresholds: Thresholds
) -> list[Hardship]:
    """The marks of each community; ``households`` are those that complaints are reckoned on."""
    per_1000 = [
        None if c.complaints is None or not h else 1000 * c.complaints / h
        for c, h in zip(communities, households, strict=True)
    ]
    limit = complaints_limit(per_1000, rank=thresholds.complaints_rank.value)
    found = []
    for community, rate in zip(communities, per_1000, strict=True):
        old = over60_share(community)
        marks = {
            "manager": _reaches(community.unmanaged_share, thresholds.unmanaged_share.value),
            "over60": _reaches(old, thresholds.over60_share.value),
            # One rate alone has no rank, and no complaints at all are never many.
            "complaints": None if limit is None else None if rate is None else 0 < rate >= limit,
            "pieces": _reaches(community.pieces, thresholds.pieces.value),
        }
        found.append(Hardship(marks, community.unmanaged_share, old, rate, community.pieces))
    return found


def over60_share(community: Community) -> float | None:
    """Share of people over 60: as registered, else their number over all people; None where neither is known."""
    if community.over60_share is not None:
        return community.over60_share
    if community.over60 is None or not community.people:
        return None
    return min(community.over60 / community.people, 1.0)


def complaints_limit(per_1000: Sequence[float | None], *, rank: float) -> float | None:
    """The rate that ``rank`` of the known rates lie below (the next higher known one); None with fewer than four.

    >>> complaints_limit([10.0, 20.0, 30.0, 40.0, None], rank=0.75)
    40.0
    """
    known = sorted(rate for rate in per_1000 if rate is not None)
    if len(known) < 4:
        return None
    return known[min(int(np.ceil(rank * len(known) - 1e-9)), len(known) - 1)]


def _reaches(value: float | None, limit: float) -> bool | None:
    return None if value is None else bool(value >= limit)
