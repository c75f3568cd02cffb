"""Two connected parts of a planar graph: the cheapest admissible border, proved.

The border between two connected parts of a connected planar graph is a simple cycle of the dual (or one bridge).
The search goes from one face after the other (``dual_walk``), forgets each face that it is done with, and ends when
the units around the forgotten faces part what is left too finely for another border, or when what is left cannot
enclose enough households at less cost. A cheapest walk that meets a face twice is no border; the search is then done
again with a memory for that face, so that it may be met only once.

References
----------
Park & Phillips (1993), Finding minimum-quotient cuts in planar graphs (signed households of dual arcs).
Righini & Salani (2008), New dynamic programming algorithms for the resource constrained elementary shortest path
problem (a memory only for the places that a relaxed walk visits twice).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoapp.splitting import certificate as certificates
from geoapp.splitting.contraction import Contraction, Contradiction
from geoapp.splitting.effort import SET_UP_S, STATE_S, spend
from geoapp.splitting.embedding import Embedding, embed
from geoapp.splitting.graph import IntArray, UnitGraph, piece_labels
from geoapp.splitting.plan import PartArray, border_cost, faults, numbered_for
from geoapp.splitting.request import Clock, DivisionRequest, DivisionResult, RequestError
from geoapp.splitting.solvers import dual_problem as problem
from geoapp.splitting.solvers.dual_starts import Starts
from geoapp.splitting.solvers.dual_walk import Answer, HalfWalks, Walk
from geoapp.splitting.solvers.obstacles import plain_obstacle
from geoapp.splitting.solvers.reduction import reduce
from geoapp.splitting.solvers.starts import annealed_plans

METHOD = "dual cycle"
#: Faces met only once and sides of groups, together; as many as the verifier takes. What the tables hold is limited
#: besides (``HalfWalks.fits``).
MOST_BITS = 16
#: States after which the first start, with no plan known to beat, makes room for a few quick runs: recombinations,
#: single moves, first temperature, runs (see ``starts.QUICK``).
PATIENCE = 6_000_000
#: States after which a search is begun again under lower limits, and these as shares of what lies above the bound.
LARGE, SHARES = 400_000, (0.125, 0.25, 0.5, 1.0)
QUICK_ROUNDS, QUICK_ATTEMPTS = ((1000, 1, 2.0, 1),), 12


def solve_two(
    graph: UnitGraph,
    request: DivisionRequest,
    *,
    upper: NDArray[Any] | None = None,
    deadline_s: float | None = None,
    clock: Clock | None = None,
) -> DivisionResult:
    """Cheapest division of a planar graph into two connected parts under the request, with a proof.

    Parameters
    ----------
    upper : (n,) a plan known already; one that breaks the request is not used
    deadline_s : stop this long after the call, with the bound reached (needs ``clock``)
    clock : seconds that only grow, e.g. ``time.monotonic``

    Returns
    -------
    DivisionResult: ``optimal`` or ``infeasible`` with a certificate; ``feasible`` or ``bound`` when the time was up,
    the graph is not planar, or its numbers are too large for this method (``reason`` says which).

    Raises
    ------
    RequestError : not two parts, or positions that are not in the graph
    """
    if request.parts != 2:
        raise RequestError(f"这种方法只分两个部分，parts 却是 {request.parts}：请改用搜索。")
    request.check(graph)
    begun = clock() if clock else 0.0
    spend(clock, graph.n * SET_UP_S)

    def stop(states: int = 0) -> bool:
        spend(clock, states * STATE_S)
        return clock is not None and deadline_s is not None and clock() - begun > deadline_s

    result = _easy(graph, request)
    if result is None:
        pieces = len(problem.bonds_of(graph, request, otherwise=0).bits)
        if pieces > MOST_BITS:
            return _unproved(graph, request, upper, f"要在一起的单元多出 {pieces} 块互不相连，无法用平面方法证明。")
        embedding = embed(graph)
        if embedding is None:
            return _unproved(graph, request, upper, "这张图不是平面图，无法用平面方法证明。")
        result = _Search(graph, request, embedding, stop=stop).run(upper)
    seconds = clock() - begun if clock else 0.0
    return DivisionResult(**{**vars(result), "seconds": seconds})


def _quick(graph: UnitGraph, request: DivisionRequest, stop: Callable[..., bool]) -> PartArray | None:
    """A plan without proof from short annealing runs; ended by ``stop`` alone, so that a seed gives the same plan."""
    reduced = reduce(graph, request)
    for attempt in range(QUICK_ATTEMPTS):
        plans = annealed_plans(
            reduced, seed=request.seed + attempt, deadline=1.0, clock=lambda: float(stop()), rounds=QUICK_ROUNDS
        )
        if plans or stop():
            break
    return plans[0][1].astype(np.int64)[reduced.unit_of] + 1 if plans else None


def _infeasible(reason: str) -> DivisionResult:
    return DivisionResult("infeasible", None, None, None, METHOD, certificates.cheap(reason), 0.0, reason)


def _unproved(
    graph: UnitGraph, request: DivisionRequest, upper: NDArray[Any] | None, reason: str, *, bound: int = 0
) -> DivisionResult:
    """The plan known already, if it is admissible, with the bound that is proved."""
    if upper is None or faults(graph, request, upper):
        return DivisionResult("bound", None, None, bound, METHOD, None, 0.0, reason)
    plan = np.asarray(upper, dtype=np.int64)
    cost = border_cost(graph, plan)
    return DivisionResult("feasible", plan, cost, min(bound, cost), METHOD, None, 0.0, reason)


def _easy(graph: UnitGraph, request: DivisionRequest) -> DivisionResult | None:
    """Answers that need no search: totals, islands, contradictions."""
    reason = plain_obstacle(graph, request)
    if reason:
        return _infeasible(reason)
    try:
        problem.bonds_of(graph, request, otherwise=0)
    except Contradiction as error:
        return _infeasible(str(error))
    if graph.pieces.max() == 0:
        return None
    for plan in (graph.pieces + 1, 2 - graph.pieces):
        if not faults(graph, request, plan):
            plan = numbered_for(graph, request, plan)
            return DivisionResult("optimal", plan, 0, 0, METHOD, certificates.islands())
    return _infeasible("两片互不相连的地块只能各成一个部分，而这样分不满足要求：请修改户数范围。")


@dataclass
class _Best:
    """The cheapest plan so far; ``cost``, in divided costs, is one more than all edges while none is known."""

    cost: int
    plan: PartArray | None = None


class _Search:
    """One run: the dual, what is known so far, and the record for the certificate."""

    def __init__(
        self,
        graph: UnitGraph,
        request: DivisionRequest,
        embedding: Embedding,
        *,
        stop: Callable[..., bool],
    ) -> None:
        self.graph, self.request, self.embedding, self.stop = graph, request, embedding, stop
        self.divisor = problem.common_divisor(graph.households)
        self.cost_divisor = problem.common_divisor(graph.cost)
        self.households, self.cost = graph.households // self.divisor, graph.cost // self.cost_divisor
        self.total = int(self.households.sum())
        self.outer_unit = max(embedding.faces, key=lambda face: len(set(face)))[0]
        self.bonds = problem.bonds_of(graph, request, otherwise=self.outer_unit)
        self.tree = problem.grow_tree(graph, self.bonds.root)
        self.gain = problem.crossing_sums(graph, self.tree, self.households)
        self.flip = problem.crossing_flips(graph, self.tree, self.bonds)
        self.admissible = problem.admissible(request, graph.total, self.bonds, divisor=self.divisor)
        contraction = Contraction(graph.n)
        for group in self.bonds.contracted:
            contraction.merge(group)
        self.labels = contraction.labels()
        self.dual = problem.dual_of(
            graph, embedding, gain=self.gain, flip=self.flip, contracted=self.labels, cost=self.cost
        )
        self.starts = Starts(graph, embedding, least=self.smallest_part(), contraction=contraction)
        away_from_outer = problem.crossing_sums(graph, problem.grow_tree(graph, self.outer_unit), self.households)
        self.outer_dual = problem.signed_for(self.dual, away_from_outer)
        self.best = _Best(int(self.cost.sum()) + 1)
        self.open_bound: int | None = None
        self.patience = PATIENCE
        self.record: list[dict[str, Any]] = []

    def smallest_part(self) -> int:
        """Fewest households that either part may have, whichever way the parts are numbered."""
        ways = [problem.admissible_sums(self.request, self.graph.total, away=away) for away in (1, 2)]
        return min(low for low, _ in ways)

    def run(self, upper: NDArray[Any] | None) -> DivisionResult:
        """Bridges, then one start after the other until what is left is closed."""
        if upper is not None and not faults(self.graph, self.request, upper):
            plan = np.asarray(upper, dtype=np.int64)
            self.best = _Best(border_cost(self.graph, plan) // self.cost_divisor, plan)
        self.try_bridges()
        closing, tight = None, np.zeros(0, dtype=np.int64)
        while closing is None and not self.stop():
            face = self.starts.choose(tight)
            if face is None:
                break
            self.record.append({"face": face, "once": self.close(face)})
            self.starts.remove(face)
            closing, tight = self.closing()
        if closing is None:
            self.lower(self.left_bound()[0])
        return self.result(closing)

    def left_bound(self) -> tuple[int, IntArray]:
        """What any border costs at least that meets none of the faces already searched; faces of the tightest cycle."""
        least = -(-self.smallest_part() // self.divisor)
        left = self.outer_dual.without(self.starts.removed)
        bound, cycle = problem.ratio_bound(left, least=least, limit=self.best.cost)
        return bound, left.head[cycle]

    def whole_bound(self) -> int:
        """What any border costs at least, by the least ratio over all cycles (bridges were tried one by one)."""
        least = -(-self.smallest_part() // self.divisor)
        return problem.ratio_bound(self.outer_dual, least=least, limit=self.best.cost)[0]

    def closing(self) -> tuple[dict[str, Any] | None, IntArray]:
        """Why no border below the best is left, or None and the faces of the cycle that says so."""
        unit = self.starts.closing_unit()
        bound, tight = self.left_bound()
        if unit is not None:
            return {"rule": "contracted", "unit": unit}, tight
        return ({"rule": "ratio", "root": self.outer_unit} if bound >= self.best.cost else None), tight

    def close(self, face: int) -> list[int]:
        """Find the cheapest border through ``face``; returns the faces that needed a memory."""
        once: list[int] = []
        while True:
            answer = self.walk_from(face, tuple(once))
            walk = answer.walk
            if answer.simple is not None:
                self.accept(answer.simple)
            if answer.outcome == "stopped" and self.patience and not self.stop():
                self.patience = 0
                self.look_elsewhere()
                continue
            if answer.outcome == "stopped":
                self.lower(answer.bound)
            elif walk is not None and walk.cost < self.best.cost and len(once) + len(self.bonds.bits) < MOST_BITS:
                once.append(walk.repeated[0])
                continue
            elif walk is not None:
                self.lower(walk.cost)  # the best itself, or one that no memory is left for
            return once

    def walk_from(self, face: int, once: tuple[int, ...]) -> Answer:
        """Cheapest closed walk through ``face`` below the best, among the faces that are left.

        A search that grows large is done again under limits that come up from the bound that is known: the nearer the
        limit is to it, the fewer states are worth keeping.
        """
        left = self.dual.without(self.starts.removed)
        if self.best.cost <= 0 or not np.any(left.tail == face):
            return Answer("none", self.best.cost)

        def search(limit: int, patience: int) -> Answer:
            half = HalfWalks(left, face, once=once, admissible=self.admissible, limit=limit, total=self.total)
            half.patience = patience or half.patience
            return half.search(self.stop)

        if not self.starts.order:
            return search(self.best.cost, self.patience if self.best.plan is None else 0)
        answer = search(self.best.cost, LARGE)
        bound = self.left_bound()[0]
        for share in SHARES:
            if answer.outcome != "stopped" or self.stop():
                return answer
            limit = bound + max(1, int((self.best.cost - bound) * share))
            answer = search(min(limit, self.best.cost), 0)
            if answer.outcome == "none" and limit < self.best.cost:
                answer = Answer("stopped", limit, None, None, answer.states)
        return answer

    def look_elsewhere(self) -> None:
        """A plan without proof, from the quick search: without one to beat, a bad start goes very far."""
        plan = _quick(self.graph, self.request, self.stop)
        if plan is None or faults(self.graph, self.request, plan):
            return
        cost = border_cost(self.graph, plan) // self.cost_divisor
        if cost < self.best.cost:
            self.best = _Best(cost, plan)

    def lower(self, bound: int) -> None:
        """A start was left open: nothing is proved above ``bound``."""
        self.open_bound = bound if self.open_bound is None else min(self.open_bound, bound)

    def accept(self, walk: Walk) -> None:
        """Take a simple walk as the best border."""
        self.best = _Best(walk.cost, self.plan_of(np.array(walk.edges)))

    def plan_of(self, cut: IntArray) -> PartArray:
        """The plan whose border is ``cut``, numbered so that it is admissible."""
        kept = np.ones(self.graph.m, dtype=np.bool_)
        kept[cut] = False
        side = piece_labels(self.graph.n, self.graph.edges[kept])
        for plan in (side + 1, 2 - side):
            wrong = faults(self.graph, self.request, plan)
            if not wrong:
                return plan
        raise AssertionError(f"the border found is not admissible: {wrong}")

    def try_bridges(self) -> None:
        """Each bridge is a border by itself."""
        for edge in np.flatnonzero(self.embedding.bridges):
            if self.cost[edge] >= self.best.cost:
                continue
            kept = np.ones(self.graph.m, dtype=np.bool_)
            kept[edge] = False
            side = piece_labels(self.graph.n, self.graph.edges[kept])
            for plan in (side + 1, 2 - side):
                if not faults(self.graph, self.request, plan) and part_has_households(self.graph, plan):
                    self.best = _Best(int(self.cost[edge]), plan)

    def result(self, closing: dict[str, Any] | None) -> DivisionResult:
        """The answer, with its certificate when it is proved."""
        plan, cost = self.best.plan, self.best.cost * self.cost_divisor
        proved = closing is not None and (self.open_bound is None or self.open_bound >= self.best.cost)
        if not proved:
            bound = max(min(self.open_bound or 0, self.best.cost), self.whole_bound()) * self.cost_divisor
            return _unproved(
                self.graph,
                self.request,
                plan,
                "在规定的时间或内存里没有找到方案，也没有证明不存在：请放宽户数范围，或用 --seconds 延长时间。",
                bound=bound,
            )
        proof = certificates.walks(
            self.graph, self.request, self.embedding, starts=self.record, closing=closing or {},
            contracted=self.bonds.contracted,
        )  # fmt: skip
        if plan is None:
            reason = (
                "在这些条件下，没有任何一种分法能使两个部分各自连成一片且户数合适："
                "请放宽户数范围，或减少必须在一起的单元。"
            )
            return DivisionResult("infeasible", None, None, None, METHOD, proof, 0.0, reason)
        return DivisionResult("optimal", numbered_for(self.graph, self.request, plan), cost, cost, METHOD, proof)


def part_has_households(graph: UnitGraph, plan: PartArray) -> bool:
    """Whether both parts of a two-part plan have at least one household."""
    return bool(graph.households[plan == 1].sum() > 0 and graph.households[plan == 2].sum() > 0)
