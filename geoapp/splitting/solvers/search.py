"""Three and more parts: annealed starts, exact divisions of neighbouring pairs until none improves, and a bound.

What a planner gets is a plan that no re-drawing of two neighbours improves (where each pair could be proved), not a
proof. The bound is a real one (`many_part_bound`) but in general not attained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, product

import numpy as np
from numpy.typing import NDArray

from geoapp.splitting import certificate
from geoapp.splitting.effort import SET_UP_S
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.plan import PartArray, border_cost, faults, numbered_for
from geoapp.splitting.request import Clock, DivisionRequest, DivisionResult
from geoapp.splitting.solvers.milp import solve_milp
from geoapp.splitting.solvers.obstacles import certain_obstacle, plain_obstacle
from geoapp.splitting.solvers.reduction import induced, reduce
from geoapp.splitting.solvers.starts import QUICK, REHEATS, THOROUGH, annealed_plans, neighbouring_pairs

METHOD = "annealed recombination, exact pairs"
ONLY_BOUND = "多于两个部分时只算下界，没有可供他人核验的证书。"
#: Share of the time after which the starts, then the pairs, must be done; the rest is for the bound.
STARTS_UNTIL, PAIRS_UNTIL = 0.35, 0.8
#: Annealed plans that are tried with exact pairs, and ways to share parts among islands that are looked at.
POLISHED, SHARINGS = 12, 64
#: Share of the time left that one pair or one half may take.
ONE_SOLVE = 0.25
#: With less time than this left the integer programme is not begun.
SHORTEST_PROGRAMME_S = 0.5
#: Units times parts up to which the integer programme is asked to prove many parts: seconds at most.
SMALL = 120

SolveTwo = Callable[..., DivisionResult]


@dataclass(frozen=True)
class Tools:
    """What a search works with: the exact solver of two parts, the clock, and when it must end."""

    solve_two: SolveTwo
    clock: Clock
    begun: float
    seconds: float

    def until(self, share: float) -> float:
        """Clock time at which ``share`` of the time is used."""
        return self.begun + share * self.seconds

    def left(self, share: float = 1.0) -> float:
        """Seconds left until then, not negative."""
        return max(self.until(share) - self.clock(), 0.0)

    def worth(self, units: int, seconds: float) -> bool:
        """Whether an exact solve on so many units can do more in that time than set itself up."""
        return seconds > units * SET_UP_S


def divide(graph: UnitGraph, request: DivisionRequest, *, solve_two: SolveTwo, clock: Clock) -> DivisionResult:
    """Divide into any number of parts, as cheaply as can be found in ``request.seconds``.

    Parameters
    ----------
    solve_two : ``solve_two(graph, request, upper=plan, deadline_s=seconds, clock=clock)``, the exact two-part solver
    clock : seconds that only grow, e.g. ``time.monotonic``

    Returns
    -------
    DivisionResult: ``optimal`` with a certificate; ``feasible`` with a bound, which may equal the cost where a
    programme, or the islands one by one, proved it without a certificate; ``infeasible`` when that is certain;
    ``bound`` when nothing was found and nothing is certain. The same seed gives the same plan unless the time ran out.
    """
    request.check(graph)
    tools = Tools(solve_two, clock, clock(), request.seconds)
    reason = certain_obstacle(graph, request)
    if reason is not None:
        proof = certificate.cheap(reason) if plain_obstacle(graph, request) else None
        return DivisionResult("infeasible", None, None, None, METHOD, proof, clock() - tools.begun, reason)
    if graph.pieces.max() > 0:
        result = _over_islands(graph, request, tools)
    else:
        result = _connected(graph, request, tools)
    if result.part_of is not None:
        result = replace(result, part_of=numbered_for(graph, request, result.part_of))
    if result.status == "optimal" and result.certificate is None:
        # What nobody can check again is not called proved; the bound says how good it is.
        result = replace(result, status="feasible", reason="下界等于代价，但没有可以独立核验的证书。")
    return replace(result, seconds=clock() - tools.begun)


def _connected(graph: UnitGraph, request: DivisionRequest, tools: Tools) -> DivisionResult:
    """The search on a connected graph."""
    if request.parts == 1:
        whole = np.ones(graph.n, dtype=np.int64)
        wrong = faults(graph, request, whole)
        if wrong:
            return DivisionResult("infeasible", None, None, None, METHOD, None, 0.0, wrong[0])
        return DivisionResult("optimal", whole, 0, 0, METHOD, certificate.islands())
    if request.parts == 2:
        return _two(graph, request, tools)
    best = _best_found(graph, request, tools)
    if graph.n * request.parts <= SMALL and tools.left() > SHORTEST_PROGRAMME_S:
        small = solve_milp(graph, request, upper=best, deadline_s=tools.left() / 2)
        if small.status in ("optimal", "infeasible"):
            return small
        best = small.part_of if small.part_of is not None else best
    bound = many_part_bound(graph, request, tools)
    if best is None and bound is None:
        reason = "没有任何两部分的划分能让其中一部分落在户数范围内，因此没有满足要求的方案：请放宽户数范围。"
        return DivisionResult("infeasible", None, None, None, METHOD, None, 0.0, reason)
    if best is None:
        reason = "在规定时间内没有找到满足要求的方案，也没有证明不存在：请放宽户数范围或延长时间。"
        return DivisionResult("bound", None, None, bound, METHOD, None, 0.0, reason)
    cost = border_cost(graph, best)
    return DivisionResult("feasible", best, cost, min(bound or 0, cost), METHOD, reason=ONLY_BOUND)


def _best_found(graph: UnitGraph, request: DivisionRequest, tools: Tools) -> PartArray | None:
    """The cheapest plan from all starts, each with its pairs divided anew."""
    best: PartArray | None = None
    for start in _starts(graph, request, tools):
        polished = exact_pairs(graph, request, start, tools)
        if best is None or border_cost(graph, polished) < border_cost(graph, best):
            best = polished
    return best


def _starts(graph: UnitGraph, request: DivisionRequest, tools: Tools) -> Iterator[PartArray]:
    """The best annealed plan, then one by exact halves (slow where there are many households), then more annealed."""
    reduced = reduce(graph, request)
    plans = annealed_plans(
        reduced,
        seed=request.seed,
        deadline=tools.until(STARTS_UNTIL),
        clock=tools.clock,
        rounds=THOROUGH,
        reheats=REHEATS,
    )
    annealed = [plan.astype(np.int64)[reduced.unit_of] + 1 for _, plan in plans[:POLISHED]]
    yield from annealed[:1]
    recursive = halved(graph, request, tools)
    if recursive is not None:
        yield recursive
    yield from annealed[1:]


def _two(graph: UnitGraph, request: DivisionRequest, tools: Tools) -> DivisionResult:
    """Two parts: a quick plan, the exact solver, and the integer programme where that one cannot go."""
    reduced = reduce(graph, request)
    plans = annealed_plans(reduced, seed=request.seed, deadline=tools.until(0.1), clock=tools.clock, rounds=QUICK)
    known = plans[0][1].astype(np.int64)[reduced.unit_of] + 1 if plans else None
    result = tools.solve_two(graph, request, upper=known, deadline_s=tools.left(), clock=tools.clock)
    if result.status in ("optimal", "infeasible") or tools.left() < SHORTEST_PROGRAMME_S:
        return result
    if result.part_of is not None:
        known = result.part_of
    other = solve_milp(graph, request, upper=known, deadline_s=tools.left())
    if other.status in ("optimal", "infeasible"):
        return other
    bound = max(result.bound or 0, other.bound or 0)
    if other.objective is None:
        return replace(other, bound=bound)
    return replace(other, bound=min(bound, other.objective), reason="没有证明完，只有下界，没有可供他人核验的证书。")


def sub_request(request: DivisionRequest, units: NDArray[np.int64], parts: tuple[int, ...]) -> DivisionRequest:
    """The request for some units (ascending) that are to hold just ``parts``, which become 1, 2, .. in that order."""
    place = {int(u): i for i, u in enumerate(units)}
    number = {part: i for i, part in enumerate(parts, 1)}
    together = [tuple(place[u] for u in group if u in place) for group in request.together]
    return DivisionRequest(
        parts=len(parts),
        ranges=tuple(request.ranges[p - 1] for p in parts),
        # Numbers mean something as soon as a unit is anchored: a part next door may own it.
        interchangeable=request.interchangeable and not request.anchors,
        together=tuple(group for group in together if len(group) > 1),
        anchors={place[u]: number[p] for u, p in request.anchors.items() if u in place and p in number},
        seed=request.seed,
        seconds=request.seconds,
    )


def exact_pairs(graph: UnitGraph, request: DivisionRequest, start: PartArray, tools: Tools) -> PartArray:
    """Divide neighbouring pairs anew, exactly, until no pair improves or the time is up."""
    plan = start.copy()
    settled: set[tuple[int, int]] = set()
    while tools.left(PAIRS_UNTIL) > 0:
        pair = next((p for p in neighbouring_pairs(graph, plan) if p not in settled), None)
        if pair is None:
            break
        settled.add(pair)
        units = np.flatnonzero((plan == pair[0]) | (plan == pair[1]))
        if not tools.worth(len(units), ONE_SOLVE * tools.left(PAIRS_UNTIL)):
            continue
        part = induced(graph, units)
        known = np.where(plan[units] == pair[0], 1, 2)
        result = tools.solve_two(
            part,
            sub_request(request, units, pair),
            upper=known,
            deadline_s=ONE_SOLVE * tools.left(PAIRS_UNTIL),
            clock=tools.clock,
        )
        if result.part_of is None or border_cost(part, result.part_of) >= border_cost(part, known):
            continue
        plan[units] = np.where(result.part_of == 1, pair[0], pair[1])
        settled = {p for p in settled if pair[0] not in p and pair[1] not in p} | {pair}
    return plan


def halved(graph: UnitGraph, request: DivisionRequest, tools: Tools) -> PartArray | None:
    """A plan by exact divisions into two, again and again: the second start; None when one of them has no plan."""
    plan = np.ones(graph.n, dtype=np.int64)
    waiting: list[tuple[NDArray[np.int64], tuple[int, ...]]] = [
        (np.arange(graph.n), tuple(range(1, request.parts + 1)))
    ]
    while waiting:
        units, parts = waiting.pop()
        if len(parts) > 1 and not tools.worth(len(units), ONE_SOLVE * tools.left(PAIRS_UNTIL)):
            return None
        if len(parts) == 1:
            plan[units] = parts[0]
            continue
        first, second = parts[: len(parts) // 2], parts[len(parts) // 2 :]
        place = {int(u): i for i, u in enumerate(units)}
        coarse = replace(
            sub_request(request, units, parts),
            parts=2,
            ranges=tuple((sum(request.ranges[p - 1][0] for p in side), sum(request.ranges[p - 1][1] for p in side))
                         for side in (first, second)),
            interchangeable=False,
            anchors={place[u]: 1 if p in first else 2 for u, p in request.anchors.items() if u in place},
        )  # fmt: skip
        result = tools.solve_two(
            induced(graph, units), coarse, deadline_s=ONE_SOLVE * tools.left(PAIRS_UNTIL), clock=tools.clock
        )
        if result.part_of is None:
            return None
        waiting += [(units[result.part_of == 1], first), (units[result.part_of == 2], second)]
    return plan if not faults(graph, request, plan) else None


def many_part_bound(graph: UnitGraph, request: DivisionRequest, tools: Tools) -> int | None:
    """No plan with these ranges on this connected graph costs less; None when there can be no plan at all.

    Notes
    -----
    *Proof.* The parts of a plan, with their touching, form a connected graph. Let b_i be the least cost of any
    division of the units in two connected sides of which one is in range i, and c the least with either side
    holding at least what the smallest range asks for. If what is left without part i is connected, its border costs at
    least b_i. If not, what is left has two or more pieces; each of them is connected, holds a whole part, and its
    complement (part i with the other pieces) is connected and holds part i: the border with it costs at least c, so the
    border of part i at least 2 c. Every border is shared by two parts, hence the plan costs at least
    half the sum over i of min(b_i, 2 c). At least two parts leave the others connected (the leaves of a spanning tree
    of the parts), so when no b_i exists there is no plan. ∎ Anchors are left out and groups kept, which only lowers it.
    """
    least = max(min(low for low, _ in request.ranges), 1)
    kinds = sorted(set(request.ranges))
    bounds = []
    for number, (low, high) in enumerate([*kinds, (least, graph.total - least)]):
        if not tools.worth(graph.n, tools.left() / (len(kinds) + 1 - number)):
            return 0
        rest = (max(graph.total - high, 0), max(graph.total - low, 0))
        two = DivisionRequest(2, ((low, high), rest), together=request.together, seed=request.seed)
        result = _two(graph, two, Tools(tools.solve_two, tools.clock, tools.clock(),
                                        tools.left() / (len(kinds) + 1 - number)))  # fmt: skip
        bounds.append(None if result.status == "infeasible" else max(result.bound or 0, 0))
    alone, either = dict(zip(kinds, bounds, strict=False)), bounds[-1]
    if all(bound is None for bound in alone.values()):
        return None
    borders = []
    for kind in request.ranges:
        ways = [bound for bound in (alone[kind], None if either is None else 2 * either) if bound is not None]
        if not ways:
            return None
        borders.append(min(ways))
    return -(-sum(borders) // 2)


def sharings(graph: UnitGraph, request: DivisionRequest) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Ways to give each island its parts: per island a tuple of part numbers, none empty; totals and anchors fit."""
    islands = int(graph.pieces.max()) + 1
    totals = np.zeros(islands, dtype=np.int64)
    np.add.at(totals, graph.pieces, graph.households)
    sizes = np.bincount(graph.pieces)
    fixed = {p: int(graph.pieces[u]) for u, p in request.anchors.items()}
    seen = set()
    for home in product(range(islands), repeat=request.parts):
        if any(home[p - 1] != island for p, island in fixed.items()):
            continue
        shares = tuple(tuple(p for p in range(1, request.parts + 1) if home[p - 1] == i) for i in range(islands))
        if request.interchangeable and not fixed:
            kind = tuple(len(share) for share in shares)
            if kind in seen:
                continue
            seen.add(kind)
        low = [sum(request.ranges[p - 1][0] for p in share) for share in shares]
        high = [sum(request.ranges[p - 1][1] for p in share) for share in shares]
        fits = (
            a <= t <= b and 1 <= len(s) <= n for a, t, b, s, n in zip(low, totals, high, shares, sizes, strict=True)
        )
        if all(fits):
            yield shares


def _over_islands(graph: UnitGraph, request: DivisionRequest, tools: Tools) -> DivisionResult:
    """Islands by themselves, for each way to share the parts among them."""
    several = list(islice(sharings(graph, request), SHARINGS + 1))
    best: DivisionResult | None = None
    bounds: list[int] = []
    proved_none = len(several) <= SHARINGS
    for number, shares in enumerate(several[:SHARINGS]):
        part_of, bound = np.zeros(graph.n, dtype=np.int64), 0
        fails: str | None = None
        for island, parts in enumerate(shares):
            units = np.flatnonzero(graph.pieces == island)
            own = Tools(
                tools.solve_two, tools.clock, tools.clock(), tools.left() / (len(several) - number) / len(shares)
            )
            own_graph, own_request = induced(graph, units), sub_request(request, units, parts)
            obstacle = certain_obstacle(own_graph, own_request)
            result = _connected(own_graph, own_request, own) if obstacle is None else None
            if result is None or result.part_of is None:
                fails = "infeasible" if result is None else result.status
                break
            part_of[units] = np.array(parts)[result.part_of - 1]
            bound += result.bound or 0
        if fails is None and not faults(graph, request, part_of):
            bounds.append(bound)
            cost = border_cost(graph, part_of)
            if best is None or cost < (best.objective or 0):
                best = DivisionResult("feasible", part_of, cost, None, METHOD)
        elif fails != "infeasible":
            proved_none = False
            bounds.append(0)
    if best is None:
        status, reason = ("infeasible", "互不相连的地块各自分不成满足要求的部分。") if proved_none else ("bound", None)
        return DivisionResult(
            "infeasible" if status == "infeasible" else "bound", None, None, None, METHOD, reason=reason
        )
    bound = min(bounds) if len(several) <= SHARINGS else 0
    status = "optimal" if bound == best.objective else "feasible"
    return replace(best, status="optimal" if status == "optimal" else "feasible", bound=min(bound, best.objective or 0))
