"""What a plan is judged by, on arrays: prepared once per community, then reckoned for a plan in milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geoapp.errors import Invalid
from geoapp.geo.adjacency import outer_segments
from geoapp.splitting.rules import Rules
from geoapp.splitting.units import Units

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: Kinds of line that people do not cross lightly: such a line inside a part counts as a barrier crossed.
BARRIERS = ("arterial", "rail", "water")
#: Columns are shown per so many households, too.
PER_HOUSEHOLDS = 1000.0


class MetricsError(Invalid):
    """A plan that does not fit the units it is to be judged on."""


@dataclass(frozen=True)
class WalkingTimes:
    """How long it takes from every unit to a station.

    Parameters
    ----------
    seconds : (n, s) float, to each station
    by_network : (n, s) bool, False where it is a straight line's time
    station_of_part : position of the station of part 1, 2, ...; None: the one with the least median for that part
    """

    seconds: FloatArray
    by_network: BoolArray
    station_of_part: tuple[int, ...] | None = None


@dataclass(frozen=True)
class GroupCuts:
    """Compounds, grids or hot-spots that lie in more than one part.

    ``cut`` names them, ``pieces`` is how many parts they fall into in all, ``least`` how many must be cut in any
    plan: those with more households than any part may have.
    """

    cut: tuple[str, ...]
    groups: int
    pieces: int
    least: int


@dataclass(frozen=True)
class PlanMeasures:
    """Everything that is reckoned for a plan; arrays have one entry per part, part 1 first.

    ``households_marked`` of ``households`` rest on estimates or were shared out. ``columns`` are sums per part of
    the units' further numeric columns (people, over60, charging, reports ...), ``per_1000`` the same per 1000
    households (not-a-number without any). ``load`` is households per worker once ``staff_min`` are there.
    ``walk_*`` are seconds over households, not-a-number where nothing is known.
    """

    households: IntArray
    households_marked: IntArray
    units: IntArray
    columns: Mapping[str, FloatArray]
    per_1000: Mapping[str, FloatArray]
    staff_min: IntArray
    staff_max: IntArray
    load: FloatArray
    size_marks: tuple[str, ...]
    area_m2: FloatArray
    perimeter_m: FloatArray
    roundness: FloatArray
    pieces: IntArray
    pieces_on_land: IntArray
    border_m: Mapping[str, float]
    border_cost: int
    cut_edges: int
    barrier_inside_m: FloatArray
    groups: Mapping[str, GroupCuts]
    moved_households: int | None
    moved_again_households: float | None
    walk_median_s: FloatArray
    walk_p90_s: FloatArray
    walk_straight_share: FloatArray
    station: tuple[int | None, ...]


@dataclass(frozen=True)
class StaffChange:
    """Today's workers against what the rule asks of a plan; all 测算.

    ``moving`` is how many of today's workers go with each part when they are shared out by households.
    """

    now: int
    shortfall: int
    surplus_to_most: int
    moving: IntArray
    load_now: float
    load_after: float
    load_change_share: float


@dataclass
class Judge:
    """Reckons the measures of any plan of the same units.

    Parameters
    ----------
    units : n units
    rules : sizes and staff
    profile : whose border costs count
    baseline : (n,) part of each unit today, or None
    moved_before : (n,) float, how often the households of each unit were moved already, or None
    walking : times to stations, or None
    hotspots : group column of hot-spots, name or None per unit
    most_households : upper limit of any part, for the least number of groups that must be cut
    """

    units: Units
    rules: Rules
    profile: str | None = None
    baseline: IntArray | None = None
    moved_before: FloatArray | None = None
    walking: WalkingTimes | None = None
    hotspots: tuple[str | None, ...] | None = None
    most_households: int | None = None
    _prepared: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        n = self.units.n
        for name in ("baseline", "moved_before", "hotspots"):
            column = getattr(self, name)
            if column is not None and len(column) != n:
                raise MetricsError(f"{name} 有 {len(column)} 个值，单元有 {n} 个：请给每个单元一个值。")
        if self.walking is not None and self.walking.seconds.shape[0] != n:
            raise MetricsError("步行时间的行数与单元数不同：请给每个单元一行。")
        borders = self.units.borders
        kinds = tuple(dict.fromkeys(borders.kind))
        owner, ends = outer_segments(self.units.polygons_m)
        outer = np.bincount(owner, weights=np.hypot(*(ends[:, 2:] - ends[:, :2]).T), minlength=n) if n else np.empty(0)
        edge, edge_of = np.unique(borders.pairs, axis=0, return_inverse=True)
        groups = {**self.units.groups, **({"hotspot": self.hotspots} if self.hotspots is not None else {})}
        self._prepared = {
            "kinds": kinds,
            "kind_of": np.array([kinds.index(kind) for kind in borders.kind], dtype=np.int64),
            "barrier": np.array([kind in BARRIERS for kind in borders.kind], dtype=bool),
            "cost": self.units.border_costs(self.profile),
            "outer_m": outer,
            "edge": edge.reshape(-1, 2),
            "edge_of": edge_of.ravel(),
            "groups": {name: _group(column, self.units.households) for name, column in groups.items()},
            "columns": np.array([np.nan_to_num(c) for c in self.units.columns.values()]).reshape(-1, n),
        }

    def measures(self, part_of: NDArray[Any], *, parts: int) -> PlanMeasures:
        """All measures of a plan.

        Parameters
        ----------
        part_of : (n,) part of each unit, from 1 to ``parts``
        parts : how many

        Raises
        ------
        MetricsError : the plan has another length, or a part that is not there
        """
        at = np.asarray(part_of, dtype=np.int64) - 1
        if at.shape != (self.units.n,) or (len(at) and (at.min() < 0 or at.max() >= parts)):
            raise MetricsError(f"方案要给 {self.units.n} 个单元各一个 1 到 {parts} 的部分编号。")
        units, ready, borders = self.units, self._prepared, self.units.borders
        households = _sums(units.households, at, parts)
        pair = at[borders.pairs]
        cut = pair[:, 0] != pair[:, 1]
        columns = {name: _added(at, c, parts) for name, c in zip(units.columns, ready["columns"], strict=True)}
        edge = at[ready["edge"]]
        walk = self._walk(at, parts)
        area, perimeter = _added(at, units.area_m2, parts), self._perimeter(at, pair, cut, parts)
        return PlanMeasures(
            households=households,
            households_marked=_sums(units.households * units.marks, at, parts),
            units=np.bincount(at, minlength=parts),
            columns=columns,
            per_1000={name: _ratio(PER_HOUSEHOLDS * column, households) for name, column in columns.items()},
            staff_min=self.rules.staff_min(households),
            staff_max=self.rules.staff_max(households),
            load=households / self.rules.staff_min(households),
            size_marks=tuple(self.rules.size_marks(households)),
            area_m2=area, perimeter_m=perimeter, roundness=roundness(area, perimeter),
            pieces=_pieces(at, ready["edge"], np.ones(units.n, dtype=bool), parts),
            pieces_on_land=_pieces(at, ready["edge"], ~units.water, parts),
            border_m=dict(zip(ready["kinds"], _added(
                ready["kind_of"][cut], borders.length_m[cut], len(ready["kinds"])).tolist(), strict=True)),
            border_cost=int(ready["cost"][cut].sum()),
            cut_edges=int(np.count_nonzero(edge[:, 0] != edge[:, 1])),
            barrier_inside_m=_inside(pair, cut, ready["barrier"], borders.length_m, parts),
            groups={name: self._cuts(group, at, parts) for name, group in ready["groups"].items()},
            moved_households=self._moved(at), moved_again_households=self._moved_again(at),
            walk_median_s=walk[0], walk_p90_s=walk[1], walk_straight_share=walk[2], station=walk[3],
        )  # fmt: skip

    def _perimeter(self, at: IntArray, pair: IntArray, cut: BoolArray, parts: int) -> FloatArray:
        """Rims of the parts: outer sides of their units and borders with other parts."""
        length = self.units.borders.length_m[cut]
        rim = _added(at, self._prepared["outer_m"], parts)
        return rim + _added(pair[cut, 0], length, parts) + _added(pair[cut, 1], length, parts)

    def _cuts(self, group: _Group, at: IntArray, parts: int) -> GroupCuts:
        present = np.zeros((len(group.names), parts), dtype=bool)
        present[group.of_unit[group.member], at[group.member]] = True
        spread = present.sum(axis=1)
        limit = self.most_households
        return GroupCuts(
            cut=tuple(group.names[g] for g in np.flatnonzero(spread > 1)),
            groups=len(group.names),
            pieces=int(spread.sum()),
            least=0 if limit is None else int(np.count_nonzero(group.households > limit)),
        )

    def _moved(self, at: IntArray) -> int | None:
        return None if self.baseline is None else int(self.units.households[at + 1 != self.baseline].sum())

    def _moved_again(self, at: IntArray) -> float | None:
        """Of the moved households, how often each was moved before, added up."""
        if self.baseline is None or self.moved_before is None:
            return None
        moved = at + 1 != self.baseline
        return float((self.units.households[moved] * self.moved_before[moved]).sum())

    def _walk(self, at: IntArray, parts: int) -> tuple[FloatArray, FloatArray, FloatArray, tuple[int | None, ...]]:
        nothing = np.full(parts, np.nan)
        if self.walking is None:
            return nothing, nothing.copy(), nothing.copy(), (None,) * parts
        median, p90, straight = nothing, nothing.copy(), nothing.copy()
        chosen: list[int | None] = []
        for part in range(parts):
            rows = np.flatnonzero((at == part) & (self.units.households > 0))
            weight = self.units.households[rows]
            chosen.append(self._station(part, rows, weight) if len(rows) else None)
            station = chosen[-1]
            if station is None:
                continue
            seconds = self.walking.seconds[rows, station]
            median[part], p90[part] = weighted_quantiles(seconds, weight, (0.5, 0.9))
            straight[part] = weight[~self.walking.by_network[rows, station]].sum() / weight.sum()
        return median, p90, straight, tuple(chosen)

    def _station(self, part: int, rows: IntArray, weight: IntArray) -> int | None:
        assert self.walking is not None
        if self.walking.station_of_part is not None:
            return self.walking.station_of_part[part]
        medians = [weighted_quantiles(column, weight, (0.5,))[0] for column in self.walking.seconds[rows].T]
        return int(np.argmin(medians)) if medians else None


@dataclass(frozen=True)
class _Group:
    names: tuple[str, ...]
    of_unit: IntArray
    member: IntArray
    households: IntArray


def staff_change(measures: PlanMeasures, staff_now: int) -> StaffChange:
    """Today's workers beside those that the plan needs.

    Parameters
    ----------
    measures : of the plan
    staff_now : today's workers of the whole, > 0
    """
    if staff_now <= 0:
        raise MetricsError("现有社区工作者人数要大于 0：请填写后再算。")
    total = int(measures.households.sum())
    needed, most = int(measures.staff_min.sum()), int(measures.staff_max.sum())
    moving = np.array(shared_out(staff_now, measures.households), dtype=np.int64)
    before, after = total / staff_now, total / max(needed, 1)
    return StaffChange(
        now=staff_now, shortfall=max(0, needed - staff_now), surplus_to_most=max(0, staff_now - most), moving=moving,
        load_now=before, load_after=after, load_change_share=after / before - 1.0 if before else 0.0,
    )  # fmt: skip


def shared_out(whole: int, weights: IntArray) -> list[int]:
    """``whole`` shared out by weights in whole numbers, largest remainders first (the earlier part on a tie).

    >>> shared_out(16, np.array([2970, 1590]))  # 10.42 and 5.58
    [10, 6]
    >>> shared_out(3, np.array([0, 0]))
    [3, 0]
    """
    weights = np.asarray(weights, dtype=np.int64)
    total = int(weights.sum())
    if total == 0:
        return [whole] + [0] * (len(weights) - 1)
    given = [whole * int(w) // total for w in weights]
    rest = sorted(range(len(weights)), key=lambda i: (-(whole * int(weights[i]) % total), i))
    for i in rest[: whole - sum(given)]:
        given[i] += 1
    return given


def roundness(area_m2: FloatArray, perimeter_m: FloatArray) -> FloatArray:
    """Polsby-Popper: 1.0 for a disc, near 0 for a thread; ``4 * pi * area_m2 / perimeter_m ** 2``.

    Parameters
    ----------
    area_m2, perimeter_m : (parts,) float, measured in the projected CRS

    Returns
    -------
    (parts,) float in (0, 1]; 0 for an empty part

    References
    ----------
    Polsby & Popper (1991), Yale Law & Policy Review 9(2), 301-353.

    Examples
    --------
    >>> roundness(np.array([1.0]), np.array([4.0])).round(3)  # unit square: pi / 4
    array([0.785])
    """
    return _ratio(4.0 * np.pi * area_m2, perimeter_m**2, otherwise=0.0)


def weighted_quantiles(values: FloatArray, weights: IntArray, shares: tuple[float, ...]) -> tuple[float, ...]:
    """The least value that at least that share of the weight does not exceed, for each share.

    Examples
    --------
    >>> weighted_quantiles(np.array([30.0, 10.0, 20.0]), np.array([1, 1, 2]), (0.5, 0.9))
    (20.0, 30.0)
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    # A hair below, so that half of 4 households is the second one in spite of rounding.
    return tuple(float(values[order][np.searchsorted(reached, share * reached[-1] * (1 - 1e-12))]) for share in shares)


def part_polygons(units: Units, part_of: NDArray[Any], *, parts: int) -> tuple[shapely.Geometry, ...]:
    """The ground of each part, WGS84; units tile, so no seam is left between them."""
    part_of = np.asarray(part_of)
    return tuple(shapely.union_all(units.polygons[part_of == part]) for part in range(1, parts + 1))


def _group(column: tuple[str | None, ...], households: IntArray) -> _Group:
    names = tuple(dict.fromkeys(name for name in column if name is not None))
    place = {name: at for at, name in enumerate(names)}
    of_unit = np.array([-1 if name is None else place[name] for name in column], dtype=np.int64)
    member = np.flatnonzero(of_unit >= 0)
    return _Group(names, of_unit, member, _sums(households[member], of_unit[member], len(names)))


def _sums(whole: IntArray, at: IntArray, parts: int) -> IntArray:
    """Sums in whole numbers, exact for any size."""
    total = np.zeros(parts, dtype=np.int64)
    np.add.at(total, at, whole)
    return total


def _added(at: IntArray, values: FloatArray, parts: int) -> FloatArray:
    return np.bincount(at, values, parts).astype(np.float64)


def _ratio(top: Any, bottom: Any, *, otherwise: float = np.nan) -> FloatArray:
    bottom = np.asarray(bottom, dtype=np.float64)
    return np.divide(top, bottom, out=np.full(len(bottom), otherwise), where=bottom != 0)


def _pieces(at: IntArray, edge: NDArray[Any], counted: BoolArray, parts: int) -> IntArray:
    """Connected pieces of each part among the units that count."""
    n = len(at)
    inside = (at[edge[:, 0]] == at[edge[:, 1]]) & counted[edge].all(axis=1)
    pairs = edge[inside]
    graph = csr_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    label = connected_components(graph, directed=False)[1]
    own = np.flatnonzero(counted)
    _, first = np.unique(label[own], return_index=True)
    return np.bincount(at[own[first]], minlength=parts)


def _inside(pair: IntArray, cut: BoolArray, barrier: BoolArray, length_m: FloatArray, parts: int) -> FloatArray:
    """Metres of barrier between two units of one part."""
    on = barrier & ~cut
    return _added(pair[on, 0], length_m[on], parts)
