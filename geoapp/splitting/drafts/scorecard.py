"""What a card shows of a plan: the registered measures (``metrics``), per part, and today beside the proposal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoapp.splitting.drafts.ground import Ground
from geoapp.splitting.metrics import GroupCuts, PlanMeasures, shared_out
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


def score_plan(
    ground: Ground,
    part_of: NDArray[Any],
    *,
    profile: str,
    names: tuple[str, ...],
    staff_now: int | None,
    rules: Rules,
    extents: tuple[str, ...] = (),
) -> PlanScore:
    """Everything that a card shows of a plan.

    Parameters
    ----------
    ground : n units
    part_of : (n,) part of each unit, from 1 to ``len(names)``
    profile : whose prices the border's cost is counted in
    names : name of each part; part 1 keeps today's name, so the households of the others are those that move
    staff_now : today's workers of the whole, None when not known
    rules : sizes and staff of a community
    extents : 四至 of each part, or nothing
    """
    part_of = np.asarray(part_of, dtype=np.int64)
    measured = ground.judge(profile, rules).measures(part_of, parts=len(names))
    staff = shared_out(staff_now, measured.households) if staff_now is not None else [None] * len(names)
    parts = tuple(
        PartScore(
            number=i + 1,
            name=name,
            households=int(measured.households[i]),
            households_estimated=int(measured.households_marked[i]),
            units=int(measured.units[i]),
            pieces=int(measured.pieces[i]),
            area_m2=float(measured.area_m2[i]),
            staff_min=int(measured.staff_min[i]),
            staff_max=int(measured.staff_max[i]),
            staff_now=staff[i],
            shortfall=_missing(int(measured.staff_min[i]), staff[i]),
            load=float(measured.load[i]),
            mark=size_words(rules, int(measured.households[i])),
            extent=extents[i] if extents else "",
            counts={key: int(column[part_of == i + 1].sum()) for key, column in ground.counts.items()},
            walk=_walk(ground, measured, i),
        )
        for i, name in enumerate(names)
    )
    return _whole(ground, part_of, parts, measured, staff_now=staff_now)


def _whole(
    ground: Ground, part_of: NDArray[np.int64], parts: tuple[PartScore, ...], measured: PlanMeasures, *,
    staff_now: int | None,
) -> PlanScore:  # fmt: skip
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
        border=_border(ground, part_of, measured),
        compounds_cut=_cut(measured.groups.get("compound")),
        grids_cut=_cut(measured.groups.get("grid")),
        warnings=_warnings(parts),
    )


def _missing(least: int, now: int | None) -> int | None:
    return None if now is None else max(0, least - now)


def _cut(group: GroupCuts | None) -> tuple[str, ...]:
    return () if group is None else group.cut


def size_words(rules: Rules, households: int) -> str:
    """Words for a part that is too large or too small, empty for one that is neither."""
    [mark] = rules.size_marks(np.array([households]))
    if mark == "over":
        return f"超过{rules.value('households_most'):.0f}户"
    return f"不足{rules.value('households_merge'):.0f}户" if mark == "merge" else ""


def _border(ground: Ground, part_of: NDArray[np.int64], measured: PlanMeasures) -> BorderScore:
    """Metres of the border between parts, by kind (longest first) and by name of the lines that it runs along."""
    borders, kinds = ground.units.borders, ground.units.profiles.kinds
    on = np.flatnonzero(part_of[borders.pairs[:, 0]] != part_of[borders.pairs[:, 1]])
    by_name: dict[str, float] = {}
    for i in on.tolist():
        if borders.name[i]:
            by_name[borders.name[i]] = by_name.get(borders.name[i], 0.0) + float(borders.length_m[i])
    titled = [(key, kinds[key].title_zh if key in kinds else key, m) for key, m in measured.border_m.items() if m]
    return BorderScore(
        by_kind=tuple(sorted(titled, key=lambda row: (-row[2], row[0]))),
        by_name=tuple(sorted(by_name.items(), key=lambda row: (-row[1], row[0]))),
        length_m=float(borders.length_m[on].sum()),
        cost=measured.border_cost,
        edges=measured.cut_edges,
    )


def _walk(ground: Ground, measured: PlanMeasures, part: int) -> Walk | None:
    """The way to the station with the shortest median way, for each part its own; None where none is known."""
    station, stations = measured.station[part], ground.stations
    if stations is None or station is None:
        return None
    return Walk(
        stations.names[station], bool(stations.planned[station]), float(measured.walk_median_s[part]),
        float(measured.walk_p90_s[part]), stations.by_network,
    )  # fmt: skip


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
