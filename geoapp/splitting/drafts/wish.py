"""What a planner asks for, and the request that the solvers are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from geoapp.splitting.drafts.ground import Ground, GroundError
from geoapp.splitting.request import DivisionRequest
from geoapp.splitting.rules import Rules

#: Households of a part are by default what the standard allows.
BY_STANDARD = "standard"
TOLERANCE, BETWEEN, RANGES = "tolerance", "between", "ranges"


@dataclass(frozen=True)
class PlannedStation:
    """A service station that is not built yet; WGS84."""

    name: str
    lon: float
    lat: float


@dataclass(frozen=True)
class Wish:
    """Into what a community shall be divided.

    Parameters
    ----------
    parts : how many, 2 to 7
    sizes : ``standard`` (500 to 3000 households by the rules), ``tolerance`` (equal parts, off by a share),
        ``between`` (one range for all) or ``ranges`` (one for each part)
    tolerance : share 0..1 for ``tolerance``
    ranges : one (least, most) for ``between``, one per part for ``ranges``
    keep_compounds : no compound is cut
    may_be_cut : compounds that may be cut all the same
    keep : sets of unit ids or names of compounds that end in one part
    profiles : keys of the profiles to compute
    part_names : names of the parts, part 1 first; empty for names of our own
    stations : planned stations beside the existing ones
    seed, seconds : of the search
    """

    parts: int = 2
    sizes: str = BY_STANDARD
    tolerance: float = 0.1
    ranges: tuple[tuple[int, int], ...] = ()
    keep_compounds: bool = True
    may_be_cut: tuple[str, ...] = ()
    keep: tuple[tuple[str, ...], ...] = ()
    profiles: tuple[str, ...] = ()
    part_names: tuple[str, ...] = ()
    stations: tuple[PlannedStation, ...] = ()
    seed: int = 1
    seconds: float = 20.0

    @property
    def alike(self) -> bool:
        """All parts have one range, so their numbers mean nothing."""
        return self.sizes != RANGES


def request_of(wish: Wish, ground: Ground, rules: Rules) -> DivisionRequest:
    """The request in households and unit positions; GroundError names a unit or compound that is not there."""
    return DivisionRequest(
        parts=wish.parts,
        ranges=_ranges(wish, int(ground.units.households.sum()), rules),
        interchangeable=wish.alike,
        together=_together(wish, ground),
        seed=wish.seed,
        seconds=wish.seconds,
    )


def _ranges(wish: Wish, total: int, rules: Rules) -> tuple[tuple[int, int], ...]:
    if wish.sizes == RANGES:
        return wish.ranges
    if wish.sizes == BETWEEN:
        return wish.ranges * wish.parts
    if wish.sizes == TOLERANCE:
        # In thousandths, so that 10 % of 4560 is 456 and not 455.99.
        share = round(wish.tolerance * 1000)
        low, high = -(-total * (1000 - share) // (1000 * wish.parts)), total * (1000 + share) // (1000 * wish.parts)
        return ((low, high),) * wish.parts
    return ((int(rules.value("households_merge")), int(rules.value("households_most"))),) * wish.parts


def _together(wish: Wish, ground: Ground) -> tuple[tuple[int, ...], ...]:
    units = ground.units
    kept = list(units.kept_together(may_be_cut=wish.may_be_cut)) if wish.keep_compounds else []
    members = units.members("compound") if "compound" in units.groups else {}
    for names in wish.keep:
        found: list[int] = []
        for name in names:
            if name in members:
                found += members[name]
            elif name in units.ids:
                found.append(units.position(name))
            else:
                raise GroundError(f"整体保留里的“{name}”既不是小区也不是划分单元；请在地图上重新选择。")
        kept.append(tuple(sorted(set(found))))
    return tuple(kept)


def names_for(wish: Wish, place_name: str) -> tuple[str, ...]:
    """Names of the parts: the first keeps today's.

    >>> names_for(Wish(parts=2), "霞光里")
    ('霞光里', '新社区')
    >>> names_for(Wish(parts=3), "霞光里")
    ('霞光里', '新社区一', '新社区二')
    """
    if wish.part_names:
        return wish.part_names
    if wish.parts == 2:
        return (place_name, "新社区")
    return (place_name, *[f"新社区{'一二三四五六七'[i]}" for i in range(wish.parts - 1)])


def conditions(wish: Wish, request: DivisionRequest, ground: Ground, profile: Any, names: tuple[str, ...]) -> list[str]:
    """What a proof holds under, one sentence each."""
    sizes = "；".join(f"{name} {low} 至 {high} 户" for name, (low, high) in zip(names, request.ranges, strict=True))
    if wish.alike:
        low, high = request.ranges[0]
        sizes = f"每个社区 {low} 至 {high} 户"
    kinds = ground.units.profiles.kinds
    prices = "，".join(f"{kinds[k].title_zh} {profile.tenths[k] / 10:g}" for k in kinds if k in profile.tenths)
    words = [
        f"划分成 {wish.parts} 个社区，{sizes}，各自连成一片",
        f"划分单元 {ground.units.n} 个，共 {int(ground.units.households.sum())} 户",
        f"每米界线的代价（{profile.title_zh}）：{prices}；穿过网格 {profile.tenths['grid'] / 10:g}",
    ]
    if wish.keep_compounds:
        whole = len([1 for m in ground.units.kept_together(may_be_cut=wish.may_be_cut) if len(m) > 1])
        cut = f"，{'、'.join(wish.may_be_cut)}除外" if wish.may_be_cut else ""
        words.append(f"多栋楼的小区、院落 {whole} 个整体保留{cut}")
    words += [f"整体保留：{'、'.join(names)}" for names in wish.keep]
    return words
