"""Plans that no other beats: the exact front of imbalance and cost for two parts, and families that really differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from geoapp.errors import Invalid
from geoapp.splitting.graph import IntArray, UnitGraph
from geoapp.splitting.plan import PartArray, border_cost, part_households
from geoapp.splitting.request import Clock, DivisionRequest, DivisionResult
from geoapp.splitting.solvers.reduction import reduce
from geoapp.splitting.solvers.search import SolveTwo, divide
from geoapp.splitting.solvers.starts import QUICK, annealed_plans

#: Plans that differ in a smaller share of the households are one plan to whoever has to choose.
DIFFER_SHARE = 0.05
#: A family has so many plans at most: more cannot be compared by reading.
FAMILY = 5


class FamilyError(Invalid):
    """A family was asked for that cannot be read as one."""


@dataclass(frozen=True)
class FrontPoint:
    """A plan of the front: ``gap`` households off the wanted difference of the two parts, border ``cost``."""

    gap: int
    cost: int
    part_of: PartArray


@dataclass(frozen=True)
class Front:
    """Plans by falling gap and rising cost; ``complete`` when each is proved and none of the front is missing."""

    points: tuple[FrontPoint, ...]
    complete: bool


@dataclass(frozen=True)
class Alternative:
    """A plan and what it is judged by; ``profile`` names the edge costs it came from, lower ``measures`` are better."""

    part_of: PartArray
    profile: str
    measures: Mapping[str, float]
    proved: bool


def front(
    graph: UnitGraph,
    request: DivisionRequest,
    *,
    solve_two: SolveTwo,
    clock: Clock,
    targets: tuple[int, int] | None = None,
) -> Front:
    """The exact front of (imbalance, cost) for two parts, from the widest allowed imbalance to none.

    The gap of a plan is how far the difference of its parts' households is from the wanted one (none, or that of the
    ``targets``). Each point is the cheapest plan with a smaller gap than the one before: the epsilon-constraint method
    (Haimes, Lasdon & Wismer 1971), which finds every point of the front, one solve for each.

    Parameters
    ----------
    request : two parts; its ranges hold throughout, ``seconds`` is for all solves together
    solve_two : the exact two-part solver, see `search.divide`
    targets : households wanted in part 1 and 2
    """
    if request.parts != 2:
        raise FamilyError(f"精确前沿只适用于两个部分，parts 却是 {request.parts}：请改用备选方案组。")
    wanted = 0 if targets is None else targets[0] - targets[1]
    begun = clock()
    points: list[FrontPoint] = []
    widest = graph.total + abs(wanted)
    while widest >= 0:
        left = request.seconds - (clock() - begun)
        ranges = _within(graph.total, wanted, widest, request.ranges)
        if ranges is None:
            return Front(_unbeaten(points), complete=True)
        if left <= 0:
            return Front(_unbeaten(points), complete=False)
        narrowed = replace(request, ranges=ranges, interchangeable=False)
        result = solve_two(graph, narrowed, upper=None, deadline_s=left, clock=clock)
        if result.status == "infeasible":
            return Front(_unbeaten(points), complete=True)
        if result.status != "optimal" or result.part_of is None:
            return Front(_unbeaten(points), complete=False)
        one, two = part_households(graph, result.part_of, parts=2).tolist()
        gap = abs(one - two - wanted)
        points.append(FrontPoint(gap, border_cost(graph, result.part_of), result.part_of))
        widest = gap - 1
    return Front(_unbeaten(points), complete=True)


def _within(
    total: int, wanted: int, gap: int, ranges: Sequence[tuple[int, int]]
) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Ranges of both parts with at most that gap inside the given ones; None when nothing is left.

    part 1 - part 2 = 2 * part 1 - total is within ``gap`` of ``wanted``.
    """
    low = max(-((gap - total - wanted) // 2), ranges[0][0], total - ranges[1][1])
    high = min((total + wanted + gap) // 2, ranges[0][1], total - ranges[1][0])
    return ((low, high), (total - high, total - low)) if low <= high else None


def _unbeaten(points: list[FrontPoint]) -> tuple[FrontPoint, ...]:
    """Points by falling gap without those that a later one beats: same cost, smaller gap."""
    return tuple(point for i, point in enumerate(points) if all(later.cost > point.cost for later in points[i + 1 :]))


def households_apart(graph: UnitGraph, one: NDArray[np.int64], other: NDArray[np.int64], *, parts: int) -> int:
    """Households that would have to change part to turn one plan into the other, parts renumbered at best."""
    shared = np.zeros((parts, parts), dtype=np.int64)
    np.add.at(shared, (np.asarray(one) - 1, np.asarray(other) - 1), graph.households)
    rows, columns = linear_sum_assignment(shared, maximize=True)
    return graph.total - int(shared[rows, columns].sum())


def beats(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Whether a plan with measures ``one`` is nowhere worse than ``other`` and somewhere better."""
    return all(one[key] <= other[key] for key in other) and any(one[key] < other[key] for key in other)


def choose_family(
    graph: UnitGraph, alternatives: Sequence[Alternative], *, parts: int, differ_share: float = DIFFER_SHARE
) -> list[Alternative]:
    """At most five alternatives, none beaten in all measures, each two apart by ``differ_share`` of the households.

    Of plans that are nearly the same the first one given is kept; the first given always stays unless it is beaten.
    Others join by how far they are from those chosen already.
    """
    standing = [a for a in alternatives if not any(beats(b.measures, a.measures) for b in alternatives)]
    least = differ_share * graph.total
    chosen: list[Alternative] = []
    while standing and len(chosen) < FAMILY:
        apart = [
            min((households_apart(graph, a.part_of, b.part_of, parts=parts) for b in chosen), default=graph.total)
            for a in standing
        ]
        far = max(range(len(standing)), key=lambda i: (apart[i], -i)) if chosen else 0
        if chosen and (apart[far] < least or apart[far] == 0):
            break
        chosen.append(standing.pop(far))
    return chosen


def family(
    graph: UnitGraph,
    request: DivisionRequest,
    *,
    costs: Mapping[str, IntArray],
    solve_two: SolveTwo,
    clock: Clock,
    known: Mapping[str, DivisionResult] | None = None,
    measures: Callable[[PartArray], Mapping[str, float]] = lambda part_of: {},
) -> list[Alternative]:
    """Alternatives under several profiles of edge costs, the best of each profile first.

    Parameters
    ----------
    costs : per profile the (m,) int64 costs of the graph's edges; the first is the planner's own
    known : answers to the request under some of the profiles, which are not solved again
    measures : what else plans are judged by, lower is better; the cost under every profile and the largest distance of
        a part from the middle of its range always count

    Returns
    -------
    up to five plans, see `choose_family`; fewer where no more exist that differ enough
    """
    if not costs:
        raise FamilyError("至少要有一种边界成本方案（profile）才能给出备选方案。")
    for name, cost in costs.items():
        if cost.shape != (graph.m,):
            raise FamilyError(f"成本方案 {name} 有 {len(cost)} 个值，图里却有 {graph.m} 条边：请每条边给一个值。")
    each = replace(request, seconds=request.seconds / len(costs))
    found: list[tuple[PartArray, str, bool]] = []
    others: list[tuple[PartArray, str, bool]] = []
    for name, cost in costs.items():
        priced = replace(graph, cost=cost)
        result = (known or {}).get(name) or divide(priced, each, solve_two=solve_two, clock=clock)
        if result.part_of is not None:
            found.append((result.part_of, name, result.status == "optimal"))
        if result.status == "infeasible":
            return []
        reduced = reduce(priced, request)
        drawn = annealed_plans(
            reduced, seed=request.seed, deadline=clock() + each.seconds / 4, clock=clock, rounds=QUICK
        )
        others += [(plan.astype(np.int64)[reduced.unit_of] + 1, name, False) for _, plan in drawn]
    middle = np.array([(low + high) / 2 for low, high in request.ranges])
    if request.parts == 2:
        own = next(iter(costs))
        wanted = (int(middle[0] - middle[1]), 0)
        line = front(replace(graph, cost=costs[own]), each, solve_two=solve_two, clock=clock, targets=wanted)
        others = [(point.part_of, own, True) for point in line.points] + others
    alternatives = []
    for part_of, name, proved in found + others:
        held = part_households(graph, part_of, parts=request.parts)
        judged = {f"cost under {key}": float(border_cost(replace(graph, cost=c), part_of)) for key, c in costs.items()}
        judged["households off the middle"] = float(np.abs(held - middle).max())
        alternatives.append(Alternative(part_of, name, judged | dict(measures(part_of)), proved))
    return choose_family(graph, alternatives, parts=request.parts)
