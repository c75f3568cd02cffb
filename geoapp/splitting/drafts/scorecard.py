"""What a plan is judged by, worked out on arrays: per part, for the border, and today beside the proposal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoapp.splitting.drafts.ground import Ground, Stations, cut_groups
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.plan import border_cost, part_households, pieces_of_parts
from geoapp.splitting.rules import Rules

#: What is counted per unit and summed per part -> words and unit.
COUNTS = {
    "charging": ("充电设施", "处"),
    "parking": ("停车泊位", "个"),
    "reports": ("居民反映", "件"),
}


@dataclass(frozen=True)
class Walk:
    """Walking time from the households of a part to its station, seconds; ``by_network`` False: straight lines."""

    station: str
    planned: bool
    median_s: float
    p90_s: float
    by_network: bool


@dataclass(frozen=True)
class PartScore:
    """One proposed community.

    ``households_estimated`` of ``households`` rest on estimates or were apportioned; ``staff_now`` is today's staff
    shared out by households (均摊), ``shortfall`` what is missing to ``staff_min``; ``load`` households per worker
    once ``staff_min`` workers are there; ``mark`` is empty or says that the part is too large or too small.
    """

    number: int
    name: str
    households: int
    households_estimated: int
    units: int
    pieces: int
    area_m2: float
    staff_min: int
    staff_max: int
    staff_now: int | None
    shortfall: int | None
    load: float
    mark: str
    extent: str
    counts: dict[str, int]
    walk: Walk | None = None


@dataclass(frozen=True)
class BorderScore:
    """The new border by what it runs along: (key, title, metres) by kind, (name, metres) by name of the line."""

    by_kind: tuple[tuple[str, str, float], ...]
    by_name: tuple[tuple[str, float], ...]
    length_m: float
    cost: int
    edges: int


@dataclass(frozen=True)
class PlanScore:
    """A whole plan beside today.

    ``load_change_share`` is -0.48 when each worker has 48 % fewer households afterwards; ``moved_households`` those
    that leave the community which keeps the name (part 1).
    """

    parts: tuple[PartScore, ...]
    households: int
    households_estimated: int
    staff_now: int | None
    staff_min: int
    staff_max: int
    shortfall: int | None
    load_now: float | None
    load: float
    load_change_share: float | None
    moved_households: int
    border: BorderScore
    compounds_cut: tuple[str, ...]
    grids_cut: tuple[str, ...]
    warnings: tuple[str, ...]


def shared_out(whole: int, weights: NDArray[Any]) -> list[int]:
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


def score_plan(
    ground: Ground,
    graph: UnitGraph,
    part_of: NDArray[Any],
    *,
    names: tuple[str, ...],
    staff_now: int | None,
    rules: Rules,
    extents: tuple[str, ...] = (),
) -> PlanScore:
    """Everything that a card shows of a plan.

    Parameters
    ----------
    ground : n units
    graph : of the same units, with the costs of the plan's profile
    part_of : (n,) part of each unit, from 1 to ``len(names)``
    names : name of each part; part 1 keeps today's name, so the households of the others are those that move
    staff_now : today's workers of the whole, None when not known
    rules : sizes and staff of a community
    extents : 四至 of each part, or nothing
    """
    part_of = np.asarray(part_of, dtype=np.int64)
    parts = len(names)
    households = part_households(graph, part_of, parts=parts)
    staff = shared_out(staff_now, households) if staff_now is not None else [None] * parts
    pieces = pieces_of_parts(graph, part_of, parts=parts)
    least, most = rules.staff_min(households), rules.staff_max(households)
    scored = []
    for i, name in enumerate(names):
        inside = part_of == i + 1
        scored.append(
            PartScore(
                number=i + 1,
                name=name,
                households=int(households[i]),
                households_estimated=int(graph.households[inside & ground.units.marks].sum()),
                units=int(inside.sum()),
                pieces=int(pieces[i]),
                area_m2=float(ground.units.area_m2[inside].sum()),
                staff_min=int(least[i]),
                staff_max=int(most[i]),
                staff_now=staff[i],
                shortfall=_missing(int(least[i]), staff[i]),
                load=float(households[i] / least[i]),
                mark=size_words(rules, int(households[i])),
                extent=extents[i] if extents else "",
                counts={key: int(column[inside].sum()) for key, column in ground.counts.items()},
                walk=best_walk(ground.stations, graph.households, inside),
            )
        )
    return _whole(ground, graph, part_of, tuple(scored), staff_now=staff_now)


def _whole(
    ground: Ground,
    graph: UnitGraph,
    part_of: NDArray[np.int64],
    parts: tuple[PartScore, ...],
    *,
    staff_now: int | None,
) -> PlanScore:
    total, least = sum(p.households for p in parts), sum(p.staff_min for p in parts)
    load_now = total / staff_now if staff_now else None
    load = total / least
    return PlanScore(
        parts=parts,
        households=total,
        households_estimated=sum(p.households_estimated for p in parts),
        staff_now=staff_now,
        staff_min=least,
        staff_max=sum(p.staff_max for p in parts),
        shortfall=_missing(least, staff_now),
        load_now=load_now,
        load=load,
        load_change_share=load / load_now - 1 if load_now else None,
        moved_households=total - parts[0].households,
        border=score_border(ground, graph, part_of),
        compounds_cut=cut_groups(ground.compounds, part_of),
        grids_cut=cut_groups(ground.grids, part_of),
        warnings=_warnings(parts),
    )


def _missing(least: int, now: int | None) -> int | None:
    return None if now is None else max(0, least - now)


def size_words(rules: Rules, households: int) -> str:
    """Words for a part that is too large or too small, empty for one that is neither."""
    [mark] = rules.size_marks(np.array([households]))
    if mark == "over":
        return f"超过{rules.value('households_most'):.0f}户"
    return f"不足{rules.value('households_merge'):.0f}户" if mark == "merge" else ""


def score_border(ground: Ground, graph: UnitGraph, part_of: NDArray[Any]) -> BorderScore:
    """Metres of the border between parts, by kind (longest first) and by name of the lines that it runs along."""
    part_of, borders = np.asarray(part_of), ground.units.borders
    on = np.flatnonzero(part_of[borders.pairs[:, 0]] != part_of[borders.pairs[:, 1]])
    by_kind: dict[str, float] = {}
    by_name: dict[str, float] = {}
    for i in on.tolist():
        metres = float(borders.length_m[i])
        by_kind[borders.kind[i]] = by_kind.get(borders.kind[i], 0.0) + metres
        if borders.name[i]:
            by_name[borders.name[i]] = by_name.get(borders.name[i], 0.0) + metres
    kinds = ground.units.profiles.kinds
    titled = [(key, kinds[key].title_zh if key in kinds else key, m) for key, m in by_kind.items()]
    return BorderScore(
        by_kind=tuple(sorted(titled, key=lambda row: (-row[2], row[0]))),
        by_name=tuple(sorted(by_name.items(), key=lambda row: (-row[1], row[0]))),
        length_m=float(borders.length_m[on].sum()),
        cost=border_cost(graph, part_of),
        edges=int(np.count_nonzero(part_of[graph.edges[:, 0]] != part_of[graph.edges[:, 1]])),
    )


def walk_to(stations: Stations, station: int, households: NDArray[np.int64], inside: NDArray[np.bool_]) -> Walk | None:
    """Median and 90th percentile, over households, of the way to one station; None without households."""
    weight, seconds = households[inside], stations.walk_s[inside, station]
    if weight.sum() == 0:
        return None
    order = np.argsort(seconds, kind="stable")
    reached = np.cumsum(weight[order])
    # In whole households, so that half of 4 is 2 and not 2 and a rounding error.
    median, p90 = (float(seconds[order][np.searchsorted(reached * 10, tenths * weight.sum())]) for tenths in (5, 9))
    return Walk(stations.names[station], bool(stations.planned[station]), median, p90, stations.by_network)


def best_walk(stations: Stations | None, households: NDArray[np.int64], inside: NDArray[np.bool_]) -> Walk | None:
    """The way to the station with the shortest median way, for each part its own; None where none is known."""
    if stations is None:
        return None
    ways = [walk_to(stations, i, households, inside) for i in range(len(stations.names))]
    return min((w for w in ways if w is not None), key=lambda w: w.median_s, default=None)


def _warnings(parts: tuple[PartScore, ...]) -> tuple[str, ...]:
    """What a planner must not overlook: stray pieces 飞地, empty parts, sizes off the rule."""
    words = []
    for part in parts:
        if part.pieces == 0:
            words.append(f"{part.name}没有划入任何单元。")
        elif part.pieces > 1:
            words.append(f"{part.name}不连片，有 {part.pieces - 1} 处飞地。")
        if part.mark and part.units:
            words.append(f"{part.name} {part.households} 户，{part.mark}。")
    return tuple(words)
