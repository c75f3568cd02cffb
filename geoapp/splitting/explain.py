"""Who moves between two plans, door by door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoapp.splitting.units import Units, UnitsError


@dataclass(frozen=True, slots=True)
class Move:
    """One unit that changes its part; ``marked`` when its households are estimated or shared out."""

    unit: str
    compound: str | None
    grid: str | None
    households: int
    marked: bool
    was: str
    becomes: str


@dataclass(frozen=True, slots=True)
class Flow:
    """All moves from one part to another."""

    was: str
    becomes: str
    units: int
    households: int


def moves(
    units: Units, before: NDArray[Any], after: NDArray[Any], *, names_before: Sequence[str], names_after: Sequence[str]
) -> list[Move]:
    """Every unit with households or ground whose part has another name afterwards, by compound, grid and id.

    Parameters
    ----------
    units : n units
    before, after : (n,) parts, from 1
    names_before, names_after : name of part 1, 2, ...; a part that keeps its name moves nobody

    Raises
    ------
    UnitsError : a plan does not have a named part for every unit
    """
    was, becomes = _named(units, before, names_before), _named(units, after, names_after)
    nothing = (None,) * units.n
    compound, grid = units.groups.get("compound", nothing), units.groups.get("grid", nothing)
    found = [
        Move(units.ids[u], compound[u], grid[u], int(units.households[u]), bool(units.marks[u]), was[u], becomes[u])
        for u in range(units.n)
        if was[u] != becomes[u]
    ]
    return sorted(found, key=lambda move: (move.compound or "", move.grid or "", move.unit))


def flows(found: Sequence[Move]) -> list[Flow]:
    """Moves added up by where from and where to, most households first."""
    total: dict[tuple[str, str], list[int]] = {}
    for move in found:
        row = total.setdefault((move.was, move.becomes), [0, 0])
        row[0] += 1
        row[1] += move.households
    made = [Flow(was, becomes, units, households) for (was, becomes), (units, households) in total.items()]
    return sorted(made, key=lambda flow: (-flow.households, flow.was, flow.becomes))


def _named(units: Units, part_of: NDArray[Any], names: Sequence[str]) -> list[str]:
    parts = np.asarray(part_of)
    if parts.shape != (units.n,) or (units.n and (parts.min() < 1 or parts.max() > len(names))):
        raise UnitsError(f"方案要给 {units.n} 个单元各一个 1 到 {len(names)} 的部分编号。")
    return [names[part - 1] for part in parts.tolist()]
