"""The units of all communities, and the task of each community: its graph as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.errors import GeoappError
from geoapp.geo.measure import GeometryArray, only_polygons
from geoapp.splitting.graph import UnitGraph, piece_labels
from geoapp.splitting.rules import Profiles
from geoapp.splitting.scanning.communities import Community
from geoapp.splitting.scanning.division import Task
from geoapp.splitting.scanning.fields import BadValue, count_of
from geoapp.splitting.scanning.sizes import Halves, Limits, halves_of
from geoapp.splitting.units import UnitBorders, Units, plain_borders

IntArray = NDArray[np.int64]
#: Units of a plain layer may lie this far apart and still be neighbours.
NEAR_M = 0.5
#: Pieces that lie apart are joined at their nearest points up to this many times, or this share of the units.
BRIDGES, BRIDGES_SHARE = 3, 0.1


class NoDivision(GeoappError):
    """A community cannot be divided as it is; the message is the reason in its row."""


@dataclass(frozen=True)
class UnitTable:
    """Units of many communities as they stand in the file.

    Parameters
    ----------
    ids : n distinct strings
    polygons : (n,) WGS84, None where the file has none
    households : n values as they stand
    home : (n,) position of the community of each, below 0 for none
    estimated, apportioned : (n,) bool
    groups : as in Units
    borders : of all units, where the file has them; else they are worked out from the polygons
    """

    ids: tuple[str, ...]
    polygons: GeometryArray
    households: tuple[Any, ...]
    home: IntArray
    profiles: Profiles
    estimated: NDArray[np.bool_]
    apportioned: NDArray[np.bool_]
    groups: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    borders: UnitBorders | None = None

    def units_of(self, position: int) -> Units:
        """The units of one community; NoDivision says what is wrong with them."""
        at = np.flatnonzero(self.home == position)
        if len(at) == 0:
            raise NoDivision("没有划分单元：请核对单元的社区编码或位置。")
        polygons = only_polygons(self.polygons[at])
        empty = np.flatnonzero(shapely.is_empty(polygons))
        if len(empty):
            raise NoDivision(f"单元 {self.ids[at[empty[0]]]} 没有面状图形：请补上或删去。")
        return Units(
            ids=tuple(self.ids[u] for u in at),
            polygons=polygons,
            households=self._counts(at),
            borders=_near_borders(polygons) if self.borders is None else self._own_borders(at),
            profiles=self.profiles,
            groups={name: tuple(group[u] for u in at) for name, group in self.groups.items()},
            estimated=self.estimated[at],
            apportioned=self.apportioned[at],
        )

    def _counts(self, at: IntArray) -> IntArray:
        counts = []
        for unit in at.tolist():
            try:
                count = count_of(self.households[unit], f"单元 {self.ids[unit]} 的户数")
            except BadValue as error:
                raise NoDivision(str(error)) from None
            if count is None:
                raise NoDivision(f"单元 {self.ids[unit]} 没有户数：请补上，没有人住的写 0。")
            counts.append(count)
        return np.array(counts, dtype=np.int64)

    def _own_borders(self, at: IntArray) -> UnitBorders:
        assert self.borders is not None
        place = np.full(len(self.ids), -1, dtype=np.int32)
        place[at] = np.arange(len(at), dtype=np.int32)
        pairs = place[self.borders.pairs]
        rows = np.flatnonzero((pairs >= 0).all(axis=1))
        return UnitBorders(
            pairs[rows],
            self.borders.length_m[rows],
            tuple(self.borders.kind[row] for row in rows),
            tuple(self.borders.name[row] for row in rows),
            self.borders.lines[rows],
        )


@dataclass(frozen=True)
class Prepared:
    """What a community's units come to, and the task of dividing them, or why there is none."""

    households: int | None = None
    households_marked: int | None = None
    units: int = 0
    bridges: int = 0
    halves: Halves | None = None
    task: Task | None = None
    infeasible: bool = False
    reason: str = ""


def prepare(
    community: Community,
    position: int,
    table: UnitTable,
    *,
    limits: Limits,
    profile: str | None = None,
    seed: int = 0,
    seconds: float = 30.0,
) -> Prepared:
    """The task of dividing one community's units by the limits; a reason instead where they cannot be used."""
    known = Prepared(units=int((table.home == position).sum()))
    try:
        units = table.units_of(position)
        total = int(units.households.sum())
        halves = halves_of(total, limits)
        known = replace(
            known, households=total, households_marked=int(units.households[units.marks].sum()), halves=halves
        )
        reason = _hopeless(total, halves, limits)
        if reason:
            return replace(known, infeasible=True, reason=reason)
        graph = _joined(units, profile)
        task = _task(community.key, units, graph, halves, seed=seed, seconds=seconds)
    except GeoappError as error:
        return replace(known, reason=str(error))
    return replace(known, bridges=int(graph.virtual.sum()), task=task)


def _joined(units: Units, profile: str | None) -> UnitGraph:
    """The units' graph; pieces that lie apart (water, gaps) are joined where they are nearest, if they are few."""
    graph = units.graph(profile)
    more = int(graph.pieces.max(initial=0))
    if more == 0:
        return graph
    if more > max(BRIDGES, BRIDGES_SHARE * units.n):
        raise NoDivision(f"划分单元互不相接，散成 {more + 1} 片：请先用 geoapp units 把社区铺满。")
    return units.graph(profile, bridge=True)


def _task(key: str, units: Units, graph: UnitGraph, halves: Halves, *, seed: int, seconds: float) -> Task:
    """Arrays of a graph; virtual edges have no metres."""
    metres_of: dict[tuple[int, int], float] = {}
    for pair, metres in zip(units.borders.pairs.tolist(), units.borders.length_m.tolist(), strict=True):
        metres_of[pair[0], pair[1]] = metres_of.get((pair[0], pair[1]), 0.0) + metres
    return Task(
        key=key, ids=graph.ids, households=graph.households, edges=graph.edges, cost=graph.cost,
        length_m=np.array([metres_of.get((u, v), 0.0) for u, v in graph.edges.tolist()]),
        ranges=halves.ranges, interchangeable=halves.interchangeable, together=units.kept_together(),
        seed=seed, seconds=seconds,
    )  # fmt: skip


def _hopeless(total: int, halves: Halves, limits: Limits) -> str:
    """Why no numbers can fit, '' where they may."""
    if total < 2:
        return f"划分单元合计只有 {total} 户，没有什么可分。"
    if any(low > high for low, high in halves.ranges):
        return f"划分单元合计 {total} 户，分不成两个都在 {limits.least} 到 {limits.most} 户之间的部分。"
    return ""


def _near_borders(polygons: GeometryArray) -> UnitBorders:
    """Borders by exact contact; where that leaves pieces apart, within half a metre."""
    exact = plain_borders(polygons)
    if len(np.unique(piece_labels(len(polygons), exact.pairs))) == 1:
        return exact
    near = plain_borders(polygons, tolerance_m=NEAR_M)
    return near if len(near) > len(exact) else exact
