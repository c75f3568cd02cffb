"""Three to five plans that differ: the best by each profile, then by closer balance, near repeats left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from geoapp.splitting.drafts.ground import Ground
from geoapp.splitting.drafts.judging import SPARE
from geoapp.splitting.drafts.wish import Wish, request_of
from geoapp.splitting.graph import IntArray, UnitGraph
from geoapp.splitting.pareto import DIFFER_SHARE, households_apart
from geoapp.splitting.plan import PartArray, border_cost, part_households
from geoapp.splitting.request import DivisionRequest, DivisionResult
from geoapp.splitting.rules import Rules

FEWEST_PLANS, MOST_PLANS = 3, 5
#: Balance that is asked for where the wish leaves room: parts off by at most this share of an equal part.
CLOSER_SHARES = (0.2, 0.1, 0.05)
Solve = Callable[[UnitGraph, DivisionRequest], DivisionResult]
#: Further plans (part_of, profile) that differ, however many there are; the answers under each profile are given.
Fill = Callable[
    [UnitGraph, DivisionRequest, dict[str, IntArray], dict[str, DivisionResult]], list[tuple[PartArray, str]]
]
Report = Callable[[float, str], None]


@dataclass(frozen=True)
class Candidate:
    """One plan of a family: the profile that it is cheapest under, the request that it answers, the answer."""

    profile: str
    title: str
    request: DivisionRequest
    result: DivisionResult

    @property
    def part_of(self) -> PartArray:
        """(n,) parts; families hold only candidates with a plan."""
        assert self.result.part_of is not None
        return self.result.part_of


@dataclass(frozen=True)
class Family:
    """Plans that differ, and why there is none where there is none."""

    candidates: tuple[Candidate, ...]
    reason: str = ""


def find_family(ground: Ground, wish: Wish, rules: Rules, *, solve: Solve, fill: Fill, report: Report) -> Family:
    """Solve the wish under each profile, then under closer balance, and keep what differs.

    Parameters
    ----------
    solve : ``solve(graph, request)`` for any number of parts, within ``request.seconds``
    fill : gives further plans where the best ones are nearly the same
    report : told the share done and what is being done
    """
    profiles = ground.units.profiles
    # The profile that is marked so comes first: where profiles agree, the plan is shown under it.
    keys = wish.profiles or tuple(sorted(profiles.profiles, key=lambda key: not profiles.profile(key).default))
    base = request_of(wish, ground, rules)
    closer = [r for r in (_closer(base, ground, share) for share in CLOSER_SHARES) if r is not None]
    tasks = [(key, base, profiles.profile(key).title_zh) for key in keys]
    tasks += [(keys[0], request, "均衡") for request in closer]
    each = wish.seconds / len(tasks)
    kept: list[Candidate] = []
    answers: dict[str, DivisionResult] = {}
    reason = ""
    for at, (key, request, title) in enumerate(tasks):
        report(at / len(tasks), f"按“{title}”计算，已有 {len(kept)} 个方案")
        graph = ground.units.graph(key)
        result = solve(graph, replace(request, seconds=each))
        if request is base:
            answers[key] = result
        if result.part_of is None:
            reason = reason or result.reason or ""
            if result.status == "infeasible" and request is base:
                return Family((), reason)
            continue
        result = replace(result, part_of=_largest_first(graph, request, result.part_of))
        candidate = Candidate(key, title, request, result)
        same = [i for i, c in enumerate(kept) if np.array_equal(c.part_of, candidate.part_of)]
        if same:
            kept[same[0]] = _also(kept[same[0]], title)
        elif all(_differ(graph, c.part_of, candidate.part_of, base.parts) for c in kept):
            kept.append(candidate)
        if len(kept) == MOST_PLANS:
            break
    if kept and len(kept) < FEWEST_PLANS:
        report(0.95, "寻找不同的备选方案")
        titles = {key: profiles.profile(key).title_zh for key in keys}
        kept += _others(ground, replace(base, seconds=wish.seconds / 4), kept, titles, fill, answers)
    return Family(tuple(kept), "" if kept else reason or "在给定时间内没有找到方案；请放宽户数范围或延长计算时间。")


def _also(candidate: Candidate, title: str) -> Candidate:
    """The same plan, found under a further title."""
    titles = candidate.title.split("、")
    return candidate if title in titles else replace(candidate, title="、".join([*titles, title]))


def _others(
    ground: Ground, base: DivisionRequest, kept: list[Candidate], titles: dict[str, str], fill: Fill,
    answers: dict[str, DivisionResult],
) -> list[Candidate]:  # fmt: skip
    """Plans that no other beats and that differ, where the best by each profile are nearly one plan."""
    more: list[Candidate] = []
    costs = {key: ground.units.graph(key).cost for key in titles}
    for part_of, key in fill(ground.units.graph(next(iter(titles))), base, costs, answers):
        graph = ground.units.graph(key)
        part_of = _largest_first(graph, base, part_of)
        if all(_differ(graph, c.part_of, part_of, base.parts) for c in [*kept, *more]):
            best = next((c.result for c in kept if c.profile == key and c.request.ranges == base.ranges), None)
            bound = best.objective if best is not None and best.status == "optimal" else None
            cost = border_cost(graph, part_of)
            result = DivisionResult("feasible", part_of, cost, bound, SPARE)
            more.append(Candidate(key, f"{titles[key]}·备选", base, result))
    return more[: FEWEST_PLANS - len(kept)]


def _differ(graph: UnitGraph, one: PartArray, other: PartArray, parts: int) -> bool:
    return households_apart(graph, one, other, parts=parts) >= DIFFER_SHARE * graph.total


def _closer(base: DivisionRequest, ground: Ground, share: float) -> DivisionRequest | None:
    """The same request with parts nearer to equal; None where that is no narrower or means nothing."""
    if not base.interchangeable:
        return None
    equal = int(ground.units.households.sum()) / base.parts
    low, high = base.ranges[0]
    narrow = (max(low, int(np.ceil(equal * (1 - share)))), min(high, int(np.floor(equal * (1 + share)))))
    if narrow[0] > narrow[1] or narrow == (low, high):
        return None
    return replace(base, ranges=(narrow,) * base.parts)


def _largest_first(graph: UnitGraph, request: DivisionRequest, part_of: PartArray) -> PartArray:
    """Interchangeable parts numbered by households, so that the largest keeps the community's name."""
    if not request.interchangeable:
        return part_of
    order = np.argsort(-part_households(graph, part_of, parts=request.parts), kind="stable")
    new = np.empty(request.parts, dtype=np.int64)
    new[order] = np.arange(1, request.parts + 1)
    return new[part_of - 1]
