"""What a division stands on, frozen when it is computed: the units, their shown names, and all that is counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.errors import Invalid
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


def cut_groups(of: tuple[str | None, ...], part_of: NDArray[Any]) -> tuple[str, ...]:
    """Names of the groups whose units lie in more than one part, in order of first units.

    >>> cut_groups(("甲", "甲", None, "乙", "乙"), np.array([1, 2, 2, 1, 1]))
    ('甲',)
    """
    found: dict[str, set[int]] = {}
    for name, part in zip(of, np.asarray(part_of).tolist(), strict=True):
        if name is not None:
            found.setdefault(name, set()).add(part)
    return tuple(name for name, parts in found.items() if len(parts) > 1)
