"""Compounds and buildings with names, households and people: what the layers and the roster are made from."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from shapely import Polygon

from geoapp.demo.blocks import HOMES, Parcel, lay_parcels
from geoapp.demo.buildings import Shape, raise_buildings
from geoapp.demo.homes import fit_homes, over60_among, people_in
from geoapp.demo.town import COMMUNITIES, LIANGMA_CODE, XIAGUANGLI_CODE, Grid, Piece, draw_pieces, number_grids

# This compound stands on 天泽路, on 亮马's side: handed across, the parts are 3110 and 1450.
HANDOVER_NAME, HANDOVER_HOUSEHOLDS = "天泽路8号院", 140
# In these compounds of 霞光里 the building numbers run on from one to the next, as they do in old estates.
_RUNNING = ("霞光里西区", "霞光里南区", "霞光里中区", "霞光里北区", "霞光里东区", "霞光里东北区")
# The building after number 5 is called 甲5, as where one was put between two that had numbers already.
_AFTER_5 = "甲5"
_KIND_NAMES = {"办公": "办公楼", "学校": "学校教学楼", "公共": "公共建筑", "展览": "展览馆"}


@dataclass(frozen=True)
class Building:
    """One building; `households`, `people` and `over60` are 0 where nobody lives."""

    id: str
    name: str
    number: str
    kind: str
    polygon: Polygon
    storeys: int
    stairs: int
    households: int
    people: int
    over60: int
    community_code: str
    grid_code: str
    compound_id: str
    compound: str


@dataclass(frozen=True)
class Compound:
    """One compound 小区: what lies within its walls, and who manages it (empty: nobody)."""

    id: str
    name: str
    manager: str
    polygon: Polygon
    community_code: str
    grid_code: str
    old_grid_code: str
    households: int
    people: int
    over60: int


@dataclass(frozen=True)
class Census:
    """All of the demo that later steps read."""

    pieces: list[Piece]
    grids: list[Grid]
    parcels: list[Parcel]
    compounds: list[Compound]
    buildings: list[Building]

    def of(self, compound: Compound) -> list[Building]:
        """Buildings of one compound, in the order of their numbers."""
        return [building for building in self.buildings if building.compound_id == compound.id]


def take_census(rng: random.Random) -> Census:
    """Draw the town, build it and count it.

    Raises
    ------
    Invalid : the hand-made drawing does not fit together, or the buildings cannot hold the households
    """
    pieces = draw_pieces()
    grids = number_grids(pieces)
    parcels = lay_parcels(pieces, rng)
    shapes = [
        replace(shape, parcel=index) for index, parcel in enumerate(parcels) for shape in raise_buildings(parcel, rng)
    ]
    counted = list(_counted(shapes, parcels, rng))
    ids = _compound_ids(parcels)
    buildings = list(_buildings(counted, parcels, grids, ids, rng))
    return Census(pieces, grids, parcels, list(_compounds(buildings, parcels, grids, ids)), buildings)


def _counted(shapes: list[Shape], parcels: list[Parcel], rng: random.Random) -> Iterator[tuple[Shape, int]]:
    """Households of every building: each community's sum is exact, and so is the compound's that can be handed over."""
    for community in COMMUNITIES:
        mine = [shape for shape in shapes if parcels[shape.parcel].community_code == community.code]
        target = community.households
        if community.code == LIANGMA_CODE:
            pair = [shape for shape in mine if parcels[shape.parcel].name == HANDOVER_NAME]
            mine = [shape for shape in mine if shape not in pair]
            yield from zip(*fit_homes(pair, HANDOVER_HOUSEHOLDS, rng=rng), strict=True)
            target -= HANDOVER_HOUSEHOLDS
        yield from zip(*fit_homes(mine, target, rng=rng), strict=True)


def _compound_ids(parcels: list[Parcel]) -> dict[int, str]:
    ids: dict[int, str] = {}
    for community in COMMUNITIES:
        mine = [i for i, p in enumerate(parcels) if p.use in HOMES and p.community_code == community.code]
        ids |= {i: f"C{community.code[-3:]}-{number:02d}" for number, i in enumerate(mine, start=1)}
    return ids


def _grid_at(polygon: Polygon, grids: list[Grid]) -> Grid:
    inside = polygon.representative_point()
    return next(grid for grid in grids if grid.polygon.contains(inside))


def _walk(counted: list[tuple[Shape, int]], parcels: list[Parcel]) -> list[tuple[Shape, int]]:
    """Community by community; in 霞光里 and 亮马 the compounds of running numbers first, in their order."""

    def key(entry: tuple[Shape, int]) -> tuple[str, int, int]:
        parcel = parcels[entry[0].parcel]
        run = _RUNNING.index(parcel.name) if parcel.name in _RUNNING else len(_RUNNING)
        return parcel.community_code, run, entry[0].parcel

    return sorted(counted, key=key)


def _buildings(
    counted: list[tuple[Shape, int]], parcels: list[Parcel], grids: list[Grid], ids: dict[int, str], rng: random.Random
) -> Iterator[Building]:
    short = {community.code: community.name for community in COMMUNITIES}
    serial: dict[str, int] = {}
    numbers = _Numbers()
    for shape, households in _walk(counted, parcels):
        parcel = parcels[shape.parcel]
        code = parcel.community_code
        serial[code] = serial.get(code, 0) + 1
        name, number = numbers.next_name(parcel, shape.kind, short[code])
        people = people_in(households, rng)
        yield Building(
            id=f"B{code[-3:]}-{serial[code]:03d}",
            name=name,
            number=number,
            kind=shape.kind,
            polygon=shape.polygon,
            storeys=shape.storeys,
            stairs=shape.stairs,
            households=households,
            people=people,
            over60=over60_among(people, managed=parcel.managed, rng=rng),
            community_code=code,
            grid_code=_grid_at(shape.polygon, grids).code,
            compound_id=ids.get(shape.parcel, ""),
            compound=parcel.name,
        )


class _Numbers:
    """Hands out building numbers: running through old estates, from 1 in each compound, by kind for the rest."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._given_after_5 = False

    def _next(self, key: str) -> int:
        self._last[key] = self._last.get(key, 0) + 1
        return self._last[key]

    def next_name(self, parcel: Parcel, kind: str, community: str) -> tuple[str, str]:
        """Full name and the number on the wall."""
        if parcel.use not in HOMES:
            number = f"{self._next(community + kind)}号"
            return f"{community}{_KIND_NAMES[kind]}{number}", number
        if parcel.name not in _RUNNING:
            number = f"{self._next(parcel.name)}号楼"
            return parcel.name + number, number
        if self._last.get("霞光里") == 5 and not self._given_after_5:
            self._given_after_5 = True
            return f"霞光里{_AFTER_5}号楼", f"{_AFTER_5}号楼"
        number = f"{self._next('霞光里')}号楼"
        return f"霞光里{number}", number


def _compounds(
    buildings: list[Building], parcels: list[Parcel], grids: list[Grid], ids: dict[int, str]
) -> Iterator[Compound]:
    for index, compound_id in ids.items():
        parcel = parcels[index]
        mine = [building for building in buildings if building.compound_id == compound_id]
        grid = _grid_at(parcel.polygon, grids)
        yield Compound(
            id=compound_id,
            name=parcel.name,
            manager=f"{parcel.name}物业服务中心" if parcel.managed else "",
            polygon=parcel.polygon,
            community_code=parcel.community_code,
            grid_code=grid.code,
            old_grid_code=grid.old_code,
            households=sum(building.households for building in mine),
            people=sum(building.people for building in mine),
            over60=sum(building.over60 for building in mine),
        )


def belongs_to_old_xiaguangli(community_code: str) -> bool:
    """Before the split this was 霞光里's."""
    return community_code in {XIAGUANGLI_CODE, LIANGMA_CODE}
