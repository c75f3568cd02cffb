"""Where the grids and courtyards of a divided or joined place go: whole to one successor, or cut by the new border.

A child's code contains its parent's, so a child that comes under another parent is another code from that day on,
linked to the old one. A child that stays under the code it had is not touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import shapely

from geoapp.places.fitting import polygonal, shares_inside
from geoapp.places.hierarchy import next_codes, numbering_order, parent_code
from geoapp.places.versions import Change, Link, PlaceVersion

#: A child of which less than this lies across the border is taken for whole: grids and borders are drawn by
#: different hands, and a strip of one in a hundred is drawing, not a decision.
CUT_SHARE = 0.01
APPORTIONED = "均摊（按面积）"


class Numbers:
    """Gives out numbers that were never given out before, in the database or by this very operation."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def __contains__(self, code: str) -> bool:
        return code in self._taken

    def take(self, code: str) -> str:
        """Note that a code is given out."""
        self._taken.add(code)
        return code

    def next(self, parent: str, *, count: int, like: str | None = None) -> list[str]:
        """The next free codes under a parent, in the class of ``like``."""
        codes = next_codes(parent, self._taken, count=count, like=like)
        self._taken.update(codes)
        return codes


@dataclass(frozen=True, slots=True)
class Successor:
    """A code and the ground that it takes over (None where no border is known)."""

    code: str
    geometry: Any


@dataclass(frozen=True, slots=True)
class _Move:
    """A child, or a piece of one, on its way to a new parent."""

    child: PlaceVersion
    parent: str
    geometry: Any
    share: float
    #: Position among the pieces of a cut child, or None for a whole one.
    piece: int | None = None
    figures: tuple[int | None, int | None] = (None, None)


def rehome(
    place: str, below: Sequence[PlaceVersion], successors: Sequence[Successor], *, on: date, numbers: Numbers
) -> Change:
    """What becomes of all that lies below a place when its ground goes to successors.

    Parameters
    ----------
    place : code whose version ends
    below : every version below it that holds on the day before, of all lower levels
    successors : who takes over; the place's own code among them when it goes on. One successor takes all children.
    on : the day of the operation
    numbers : gives out codes

    Returns
    -------
    The change of all lower levels: closed codes, new versions, links with shares of area, remarks on what was cut
    (figures of pieces are apportioned by area and say so) and on what could not be located and stayed.
    """
    children = sorted((v for v in below if v.parent == place), key=lambda v: v.code)
    moves: list[_Move] = []
    remarks: list[str] = []
    for child in children:
        found, remark = _destinations(child, successors, keeper=_keeper(place, successors))
        moves += [move for move in found if move.piece is not None or move.parent != place]
        remarks += remark
    change = Change(remarks=tuple(remarks))
    closes: dict[str, list[Successor]] = {}
    for move, code in _numbered(moves, numbers):
        # Not "a new version of the old row": another code, from that day on.
        opened = _opened(move, code, on=on)
        link = Link(move.child.code, code, move.share)
        change = change.and_then(Change((), (opened,), (link,)))
        closes.setdefault(move.child.code, []).append(Successor(code, move.geometry))
    for code, heirs in closes.items():
        deeper = rehome(code, [v for v in below if v.code.startswith(code)], heirs, on=on, numbers=numbers)
        change = change.and_then(Change(closes=(code,))).and_then(deeper)
    return change


def apportion(total: int | None, shares: Sequence[float]) -> list[int | None]:
    """A count shared out by shares that add up to 1; whole numbers whose sum is the count (largest remainders).

    Examples
    --------
    >>> apportion(10, [0.35, 0.35, 0.3])
    [4, 3, 3]
    """
    if total is None:
        return [None] * len(shares)
    exact = np.array(shares) / np.sum(shares) * total
    counts = np.floor(exact).astype(int)
    order = np.argsort(-(exact - counts), kind="stable")
    counts[order[: total - counts.sum()]] += 1
    return [int(count) for count in counts]


def _keeper(place: str, successors: Sequence[Successor]) -> str:
    codes = [successor.code for successor in successors]
    return place if place in codes else codes[0]


def _destinations(
    child: PlaceVersion, successors: Sequence[Successor], *, keeper: str
) -> tuple[list[_Move], list[str]]:
    if len(successors) == 1:
        return [_Move(child, successors[0].code, child.geometry, 1.0)], []
    unlocated = child.geometry is None or any(s.geometry is None for s in successors)
    if unlocated:
        return [_Move(child, keeper, child.geometry, 1.0)], [f"{child.name}（{child.code}）没有边界，留在 {keeper}。"]
    shares = shares_inside(child.geometry, [s.geometry for s in successors])
    best = int(np.argmax(shares))
    inside = [i for i, share in enumerate(shares) if share > CUT_SHARE]
    if len(inside) <= 1:
        return [_Move(child, successors[best].code, child.geometry, 1.0)], []
    pieces = [polygonal(shapely.intersection(child.geometry, successors[i].geometry)) for i in inside]
    part = [float(share) for share in shares[inside] / shares[inside].sum()]
    counts = list(zip(apportion(child.households, part), apportion(child.people, part), strict=True))
    moves = [
        _Move(child, successors[i].code, piece, share, piece=n, figures=figures)
        for n, (i, piece, share, figures) in enumerate(zip(inside, pieces, part, counts, strict=True), 1)
    ]
    split = "、".join(f"{successors[i].code} {share:.0%}" for i, share in zip(inside, part, strict=True))
    return moves, [f"{child.name}（{child.code}）被新界线切开（{split}），各段另编新码。"]


def _numbered(moves: Sequence[_Move], numbers: Numbers) -> list[tuple[_Move, str]]:
    """Newcomers of one parent are numbered together, west to east and north to south."""
    out: list[tuple[_Move, str]] = []
    for parent in sorted({move.parent for move in moves}):
        group = [move for move in moves if move.parent == parent]
        drawn = [move for move in group if move.geometry is not None]
        if drawn:
            bounds = np.array([move.geometry.bounds for move in drawn])
            points = np.array([move.geometry.representative_point().coords[0][:2] for move in drawn])
            drawn = [drawn[i] for i in numbering_order(bounds, points)]
        ordered = [*drawn, *(move for move in group if move.geometry is None)]
        # One by one: a village's number stays in the class of villages.
        out += [(move, numbers.next(parent, count=1, like=move.child.code)[0]) for move in ordered]
    return out


def _opened(move: _Move, code: str, *, on: date) -> PlaceVersion:
    version = replace(
        move.child,
        code=code,
        parent=parent_code(code),
        geometry=move.geometry,
        valid_from=on,
        valid_to=None,
        id=0,
        operation_id=0,
    )
    if move.piece is None:
        return version
    households, people = move.figures
    known = households is not None or people is not None
    return replace(
        version,
        name=f"{move.child.name}-{move.piece}",
        households=households,
        people=people,
        staff=None,
        households_basis=APPORTIONED if known else version.households_basis,
    )
