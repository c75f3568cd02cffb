"""The indivisible pieces of a division, as arrays: what is known of each, and who borders on whom along what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoapp.errors import Invalid, NotFound
from geoapp.geo.measure import in_degrees, in_metres, measuring_crs_of
from geoapp.splitting.graph import UnitGraph, piece_labels
from geoapp.splitting.rules import Profiles

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]
GeometryArray = NDArray[np.object_]


class UnitsError(Invalid):
    """Units that cannot be divided as they are."""


@dataclass(frozen=True)
class UnitBorders:
    """One row per pair of units, kind of line and name of line that they share.

    Parameters
    ----------
    pairs : (k, 2) int32, positions of the units, the smaller first
    length_m : (k,) float, > 0
    kind : k keys of the profiles file (``none`` where no line runs)
    name : k names of the line, empty where it has none
    lines : (k,) LineString or MultiLineString, WGS84
    """

    pairs: IndexArray
    length_m: FloatArray
    kind: tuple[str, ...]
    name: tuple[str, ...]
    lines: GeometryArray

    def __len__(self) -> int:
        return len(self.pairs)


def no_borders() -> UnitBorders:
    """Borders of nothing."""
    return UnitBorders(np.empty((0, 2), dtype=np.int32), np.empty(0), (), (), np.empty(0, dtype=object))


@dataclass(frozen=True)
class Units:
    """Units with their households, groups and borders.

    Parameters
    ----------
    ids : n distinct strings
    polygons : (n,) WGS84
    households : (n,) int64, >= 0
    borders : who meets whom along what
    profiles : prices of border lines
    rim : what the outer sides of units run along, as far as known; both units of a pair are the unit itself
    estimated, apportioned : (n,) bool, households that were reckoned from floor space 估算 or shared out 均摊
    water : (n,) bool, units that are water
    columns : further numeric columns of the units, (n,) each
    groups : ``building`` (one in several cells), ``compound``, ``courtyard``, ``grid``: name of the group of each unit,
        None for no group
    basis, date : 口径 and date of the households, as far as known
    notes : sentences on how the units came about, shown wherever figures of them are
    """

    ids: tuple[str, ...]
    polygons: GeometryArray
    households: IntArray
    borders: UnitBorders
    profiles: Profiles
    rim: UnitBorders = field(default_factory=no_borders)
    estimated: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    apportioned: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    water: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    columns: Mapping[str, FloatArray] = field(default_factory=dict)
    groups: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    basis: str = ""
    date: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.ids)
        for name in ("estimated", "apportioned", "water"):
            if len(getattr(self, name)) == 0:
                object.__setattr__(self, name, np.zeros(n, dtype=bool))
        columns: dict[str, Any] = {
            "polygons": self.polygons, "households": self.households, "estimated": self.estimated,
            "apportioned": self.apportioned, "water": self.water, **self.columns, **self.groups,
        }  # fmt: skip
        for name, column in columns.items():
            if len(column) != n:
                raise UnitsError(f"单元有 {n} 个，{name} 却有 {len(column)} 个值：请给每个单元一个值。")
        if len(set(self.ids)) != n:
            twice = next(name for name in self.ids if self.ids.count(name) > 1)
            raise UnitsError(f"单元编号 {twice} 出现了不止一次：请换一个不重复的编号字段。")

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.ids)

    @cached_property
    def crs(self) -> CRS:
        """The projected CRS in which the units' metres are measured."""
        return measuring_crs_of(self.polygons)

    @cached_property
    def polygons_m(self) -> GeometryArray:
        """(n,) the polygons in metres of :attr:`crs`."""
        return in_metres(self.polygons, self.crs)

    @cached_property
    def area_m2(self) -> FloatArray:
        """(n,) area of each unit, square metres."""
        return np.asarray(shapely.area(self.polygons_m), dtype=np.float64)

    @cached_property
    def perimeter_m(self) -> FloatArray:
        """(n,) length of each unit's rings, metres."""
        return np.asarray(shapely.length(self.polygons_m), dtype=np.float64)

    @cached_property
    def marks(self) -> BoolArray:
        """(n,) bool, figures that rest on an estimate or on a share-out and must say so."""
        return self.estimated | self.apportioned

    def position(self, unit: str) -> int:
        """Position of a unit by its id; NotFound names it."""
        try:
            return self._position_of[unit]
        except KeyError:
            raise NotFound(f"没有编号为 {unit} 的单元：请核对单元编号。") from None

    @cached_property
    def _position_of(self) -> dict[str, int]:
        return {unit: at for at, unit in enumerate(self.ids)}

    def members(self, group: str) -> dict[str, tuple[int, ...]]:
        """Positions of the units of each compound, grid or courtyard, by name; NotFound without such a column."""
        if group not in self.groups:
            raise NotFound(f"单元里没有 {group} 这一列：可用的有 {'、'.join(self.groups) or '（无）'}。")
        found: dict[str, list[int]] = {}
        for at, name in enumerate(self.groups[group]):
            if name is not None:
                found.setdefault(name, []).append(at)
        return {name: tuple(places) for name, places in found.items()}

    def kept_together(
        self, groups: Sequence[str] = ("building", "compound", "courtyard"), *, may_be_cut: Sequence[str] = ()
    ) -> tuple[tuple[int, ...], ...]:
        """Sets of units that no border may part: the groups of those columns, less those allowed by name."""
        kept = []
        for group in groups:
            if group in self.groups:
                kept += [m for name, m in self.members(group).items() if len(m) > 1 and name not in may_be_cut]
        return tuple(kept)

    @cached_property
    def through_grid(self) -> BoolArray:
        """(k,) bool per border row: both units lie in the same grid."""
        if "grid" not in self.groups or not len(self.borders):
            return np.zeros(len(self.borders), dtype=bool)
        number = {name: at for at, name in enumerate(dict.fromkeys(self.groups["grid"])) if name is not None}
        grid = np.array([-1 if name is None else number[name] for name in self.groups["grid"]])
        of = grid[self.borders.pairs]
        return (of[:, 0] == of[:, 1]) & (of[:, 0] >= 0)

    def border_costs(self, profile: str | None = None) -> IntArray:
        """(k,) int64 per border row: round(length in dm) times the factor in tenths of that profile."""
        chosen = self.profiles.profile(profile)
        tenths = np.array(
            [
                chosen.factor_tenths(kind, through_grid=bool(cut))
                for kind, cut in zip(self.borders.kind, self.through_grid, strict=True)
            ],
            dtype=np.int64,
        )
        return np.rint(self.borders.length_m * 10.0).astype(np.int64) * tenths

    def graph(self, profile: str | None = None, *, bridge: bool = False) -> UnitGraph:
        """The graph that the solvers work on.

        Parameters
        ----------
        profile : key or Chinese title; by default the one that the profiles file marks so
        bridge : join pieces that lie apart (islands, gaps) by virtual edges of cost 0, each to the nearest piece

        Returns
        -------
        UnitGraph with one edge per pair, the costs of its border rows added
        """
        cost = self.border_costs(profile)
        edges, place = np.unique(self.borders.pairs, axis=0, return_inverse=True)
        total = np.zeros(len(edges), dtype=np.int64)
        np.add.at(total, place.ravel(), cost)
        edges = edges.reshape(-1, 2).astype(np.int32)
        virtual = np.zeros(len(edges), dtype=bool)
        if bridge:
            more = self.bridges()
            edges = np.concatenate([edges, more])
            total = np.concatenate([total, np.zeros(len(more), dtype=np.int64)])
            virtual = np.concatenate([virtual, np.ones(len(more), dtype=bool)])
            order = np.lexsort((edges[:, 1], edges[:, 0]))
            edges, total, virtual = edges[order], total[order], virtual[order]
        return UnitGraph(self.ids, self.households, edges, total, virtual=virtual)

    def bridges(self) -> IndexArray:
        """(b, 2) int32: the fewest pairs of nearest units that join all pieces into one."""
        joins: list[tuple[int, int]] = []
        while True:
            pairs = np.concatenate([self.borders.pairs, np.array(joins, dtype=np.int32).reshape(-1, 2)])
            label = piece_labels(self.n, pairs)
            pieces = np.bincount(label)
            if len(pieces) == 1:
                return np.array(joins, dtype=np.int32).reshape(-1, 2)
            # Every piece but the largest looks for its nearest; Boruvka's rounds, so few of them.
            wishes = sorted(self._nearest_outside(label, piece) for piece in np.argsort(pieces, kind="stable")[:-1])
            of = {piece: piece for piece in range(len(pieces))}
            for _, a, b in wishes:
                one, other = of[int(label[a])], of[int(label[b])]
                if one != other:
                    joins.append((min(a, b), max(a, b)))
                    of = {piece: one if now == other else now for piece, now in of.items()}

    def _nearest_outside(self, label: IntArray, piece: int) -> tuple[float, int, int]:
        """Metres from a piece to the nearest unit outside it, and the two units."""
        inside, outside = np.flatnonzero(label == piece), np.flatnonzero(label != piece)
        tree = shapely.STRtree(self.polygons_m[outside])
        (a, b), metres = tree.query_nearest(self.polygons_m[inside], return_distance=True)
        best = np.lexsort((outside[b], inside[a], metres))[0]
        return float(metres[best]), int(inside[a[best]]), int(outside[b[best]])


def plain_borders(polygons: Any, *, tolerance_m: float = 0.0) -> UnitBorders:
    """Borders of polygons of which nothing else is known: every piece of kind ``none``, without a name."""
    from geoapp.geo.adjacency import bordering_pairs

    crs = measuring_crs_of(polygons)
    found = bordering_pairs(in_metres(polygons, crs), tolerance_m=tolerance_m)
    m = len(found)
    return UnitBorders(found.pairs, found.length_m, ("none",) * m, ("",) * m, in_degrees(found.lines, crs))
