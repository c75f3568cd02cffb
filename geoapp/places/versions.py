"""What is true of a place from a day on, up to another day: [valid_from, valid_to), the end excluded.

A place is a code; what changes about it (name, border, households) stands in versions, of which at most one holds on
any day. Operations close versions and open new ones, and link predecessors to successors; nothing is deleted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from geoapp.errors import Conflict, Invalid, NotFound

#: The operations of administrative practice, and load: what was brought in from outside.
KINDS = ("load", "split", "merge", "new", "abolish", "shift", "rename")
KIND_TITLES = {
    "load": "导入",
    "split": "拆分",
    "merge": "合并",
    "new": "新设",
    "abolish": "撤销",
    "shift": "界线调整",
    "rename": "更名",
}


class NoSuchPlace(NotFound):
    """No version of the place holds on that day."""


class BadPeriod(Invalid):
    """A period without a single day."""


class LaterChange(Conflict):
    """A change of the place on that day or after it is known already."""


@dataclass(frozen=True, slots=True)
class PlaceVersion:
    """One place over one period. ``geometry`` is a shapely (multi)polygon in WGS84, or None where no border is known.

    ``households_basis`` is the 口径 of the figure (户籍、常住、套数、估算、均摊), ``households_date`` its day;
    ``people`` and ``staff`` are counts; None is unknown, never zero. ``parent`` is the code of the place above.
    """

    code: str
    name: str
    level: str
    parent: str | None
    valid_from: date
    valid_to: date | None = None
    geometry: Any = field(default=None, compare=False, repr=False)
    households: int | None = None
    households_basis: str = ""
    households_date: date | None = None
    people: int | None = None
    staff: int | None = None
    illustrative: bool = False
    source: str = ""
    id: int = 0
    operation_id: int = 0

    def __post_init__(self) -> None:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise BadPeriod(
                f"{self.code} 的有效期 {self.valid_from} 至 {self.valid_to} 不含任何一天；终止日应晚于起始日。"
            )

    def holds_on(self, on: date) -> bool:
        """Is this what is true on that day?"""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)

    def overlaps(self, other: PlaceVersion) -> bool:
        """Is there a day on which both would hold?"""
        return (self.valid_to is None or other.valid_from < self.valid_to) and (
            other.valid_to is None or self.valid_from < other.valid_to
        )


@dataclass(frozen=True, slots=True)
class Link:
    """A predecessor and one of its successors, and how much of the predecessor's area went there (0..1)."""

    predecessor: str
    successor: str
    share_of_predecessor_inside_successor: float


@dataclass(frozen=True, slots=True)
class Change:
    """What an operation does on its day: the codes whose versions end, the versions that begin, who follows whom."""

    closes: tuple[str, ...] = ()
    opens: tuple[PlaceVersion, ...] = ()
    links: tuple[Link, ...] = ()
    #: What a person should know of it: grids that were cut, figures that were apportioned, children that stayed behind.
    remarks: tuple[str, ...] = ()

    def and_then(self, other: Change) -> Change:
        """Both changes as one."""
        return Change(
            self.closes + other.closes,
            self.opens + other.opens,
            self.links + other.links,
            self.remarks + other.remarks,
        )


@dataclass(frozen=True, slots=True)
class Heir:
    """Where a place's ground is on a later day: ``share`` of the first place's area, by way of all links between."""

    code: str
    share: float


def as_of(versions: Iterable[PlaceVersion], on: date) -> dict[str, PlaceVersion]:
    """The version of each place that holds on a day, by code."""
    return {version.code: version for version in versions if version.holds_on(on)}


def require_open(version: PlaceVersion | None, *, code: str, on: date) -> PlaceVersion:
    """The version that an operation of day ``on`` may end.

    Raises
    ------
    NoSuchPlace : nothing holds on that day
    LaterChange : it began on that very day, or its end is known, so another change builds on it
    """
    if version is None:
        raise NoSuchPlace(f"{on} 这一天没有编码为 {code} 的区划；请核对编码和日期。")
    if version.valid_from == on:
        raise LaterChange(f"{version.name}（{code}）在 {on} 当天已有一次变更；请另选日期，或先撤回那次变更。")
    if version.valid_to is not None:
        raise LaterChange(
            f"{version.name}（{code}）已登记 {version.valid_to} 起的变更；请选该日之后的日期，或先撤回它。"
        )
    return version


def heirs(
    links: Sequence[tuple[date, Link]], code: str, *, after: date, until: date, living: Collection[str]
) -> list[Heir]:
    """Where the ground of a place of day ``after`` is on day ``until``.

    Parameters
    ----------
    links : day and link of every operation
    code : a place that holds on ``after``
    after, until : days, ``after <= until``; operations of day ``after`` itself have already happened
    living : the codes of all places that hold on ``until``

    Returns
    -------
    Heirs by falling share, then by code. Shares multiply along a chain and add up over ways; abolished ground is
    lost from the sum.
    """
    by_day: dict[date, dict[str, list[Link]]] = defaultdict(lambda: defaultdict(list))
    for day, link in links:
        if after < day <= until:
            by_day[day][link.predecessor].append(link)
    held = {code: 1.0}
    for day in sorted(by_day):
        moved: dict[str, float] = defaultdict(float)
        for holder, share in held.items():
            onward = by_day[day].get(holder)
            if onward is None:
                moved[holder] += share
            for link in onward or ():
                moved[link.successor] += share * link.share_of_predecessor_inside_successor
        held = dict(moved)
    return sorted((Heir(c, s) for c, s in held.items() if c in living), key=lambda heir: (-heir.share, heir.code))
