"""What a division stands on, frozen when it is computed: the units, their shown names, and all that is counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.errors import Invalid
from geoapp.splitting.metrics import Judge, WalkingTimes
from geoapp.splitting.rules import Rules
from geoapp.splitting.sides import SideTable, extent_of_part, side_table
from geoapp.splitting.units import Units

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


class GroundError(Invalid):
    """Units that no division can be computed on."""


@dataclass(frozen=True)
class Stations:
    """Where parts are served from, and how long the way is from each unit.

    Parameters
    ----------
    names : s shown names
    lonlat : (s, 2) float, WGS84
    planned : (s,) bool, not built yet
    walk_s : (n, s) float, seconds; infinite where there is no way
    by_network : False when some of the times are straight lines at walking speed, for want of streets
    """

    names: tuple[str, ...]
    lonlat: FloatArray
    planned: NDArray[np.bool_]
    walk_s: FloatArray
    by_network: bool


@dataclass(frozen=True)
class Ground:
    """Units that tile a community, with what is counted in each.

    Parameters
    ----------
    units : n units with polygons, households, groups and borders
    names : n shown names of the units
    counts : key of `scorecard.COUNTS` -> (n,) int64, summed per part
    stations : where parts are served from, or None where none is known
    """

    units: Units
    names: tuple[str, ...]
    counts: dict[str, IntArray] = field(default_factory=dict)
    stations: Stations | None = None
    _judges: dict[tuple[str, str], Judge] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        n = self.units.n
        if any(len(column) != n for column in [self.names, *self.counts.values()]):
            raise GroundError(f"划分底数不完整：各项都应有 {n} 个单元的值，请重新生成划分单元。")

    @cached_property
    def compounds(self) -> tuple[str | None, ...]:
        """Compound of each unit, None for a unit of none."""
        return self.units.groups.get("compound", (None,) * self.units.n)

    @cached_property
    def grids(self) -> tuple[str | None, ...]:
        """Grid of each unit, None for a unit of none."""
        return self.units.groups.get("grid", (None,) * self.units.n)

    def judge(self, profile: str, rules: Rules) -> Judge:
        """What reckons the measures of any plan of these units at the prices of a profile; prepared once for each."""
        key = (profile, rules.key)
        if key not in self._judges:
            here = self.stations
            walking = WalkingTimes(here.walk_s, np.full(here.walk_s.shape, here.by_network)) if here else None
            self._judges[key] = Judge(self.units, rules, profile=profile, walking=walking)
        return self._judges[key]

    @cached_property
    def sides(self) -> SideTable:
        """Sides of the units by what they run along, for 四至."""
        return side_table(self.units)

    def extents(self, part_of: NDArray[Any], *, parts: int) -> tuple[str, ...]:
        """四至 of each part; empty for a part without ground."""
        part_of = np.asarray(part_of)
        return tuple(
            extent_of_part(self.sides, part_of, number) if np.any(part_of == number) else ""
            for number in range(1, parts + 1)
        )

    def shapes(self, part_of: NDArray[Any], *, parts: int) -> tuple[Any, ...]:
        """The ground of each part, WGS84; units tile, so shared borders vanish without a seam."""
        part_of = np.asarray(part_of)
        return tuple(shapely.union_all(self.units.polygons[part_of == number]) for number in range(1, parts + 1))
