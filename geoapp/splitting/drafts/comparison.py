"""All that a comparison sheet shows: the place today, the plans beside each other, who moves, and where it is from."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geoapp.splitting.drafts.ground import Ground
from geoapp.splitting.drafts.scorecard import PlanScore


@dataclass(frozen=True)
class PlaceToday:
    """The community as it is on the date asked about; ``basis`` is the 口径 of its households."""

    code: str
    name: str
    on: datetime.date
    households: int | None
    basis: str
    basis_date: datetime.date | None
    staff: int | None
    outline: BaseGeometry


@dataclass(frozen=True)
class Proof:
    """What is known about how good a plan is; ``gap_share`` None where nothing is known."""

    proved: bool
    sentence: str
    conditions: tuple[str, ...]
    gap_share: float | None = None


@dataclass(frozen=True)
class Proposal:
    """One plan of the sheet: its number in the division, its name, its scores and the ground of each part."""

    number: int
    name: str
    profile: str
    score: PlanScore
    shapes: tuple[BaseGeometry, ...]
    proof: Proof


@dataclass(frozen=True)
class Background:
    """A line, area or point drawn under the plan; ``kind`` is that of its layer, ``name`` may be empty."""

    kind: str
    name: str
    geometry: BaseGeometry


@dataclass(frozen=True)
class Move:
    """A compound (or a unit of none) that changes its community."""

    name: str
    households: int
    estimated: bool
    before: str
    after: str


@dataclass(frozen=True)
class Comparison:
    """The content of a sheet; ``chosen`` is the position of the plan that the map shows large."""

    place: PlaceToday
    proposals: tuple[Proposal, ...]
    chosen: int
    background: tuple[Background, ...]
    moves: tuple[Move, ...]
    sources: tuple[str, ...]
    illustrative: bool
    made_on: datetime.date

    @property
    def plan(self) -> Proposal:
        """The plan that the map shows large."""
        return self.proposals[self.chosen]

    @property
    def stem(self) -> str:
        """File name without its ending, such as 霞光里-方案比选-第2稿-20261121."""
        return f"{file_word(self.place.name)}-方案比选-第{self.plan.number}稿-{self.made_on:%Y%m%d}"


def file_word(name: str) -> str:
    """A name without what file systems of any kind refuse.

    >>> file_word('霞光里/东区: "甲"')
    '霞光里东区 甲'
    """
    return "".join(c for c in name if c not in '\\/:*?"<>|' and c.isprintable()).strip(" .") or "方案"


def moves(ground: Ground, part_of: NDArray[Any], *, names: tuple[str, ...], today: str) -> tuple[Move, ...]:
    """Who leaves the community that keeps its name (part 1), compounds together, most households first."""
    leaving: dict[tuple[int, str], list[int]] = {}
    for unit, part in enumerate(np.asarray(part_of).tolist()):
        if part > 1:
            leaving.setdefault((part, ground.compounds[unit] or ground.names[unit]), []).append(unit)
    rows = [
        Move(
            name,
            int(ground.units.households[units].sum()),
            bool(ground.units.marks[units].any()),
            today,
            names[part - 1],
        )
        for (part, name), units in leaving.items()
    ]
    return tuple(sorted((m for m in rows if m.households), key=lambda m: (m.after, -m.households, m.name)))
