"""Plans without proof, quickly: many annealed starts, the cheapest kept."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.request import Clock, DivisionRequest
from geoapp.splitting.solvers import annealing, recom
from geoapp.splitting.solvers.reduction import Reduced, reduce

Rounds = tuple[tuple[int, int, float, int], ...]
#: Rounds of starts: recombinations, blocks of 1024 single moves per unit of the graph, first temperature in mean edge
#: costs, starts. Measured on planar graphs of 400 to 3000 units: long runs win, but short ones find it sooner when it
#: is easy; what is found feeds an exact search, so a quick plan need not be perfect.
QUICK: Rounds = ((1000, 1, 2.0, 6),)
THOROUGH: Rounds = ((1000, 2, 2.0, 24), (1000, 10, 2.0, 16), (1000, 40, 3.0, 6))
#: A small graph is mixed after fewer recombinations.
TREES_PER_UNIT = 10
#: Blocks between two looks at the clock: some ten milliseconds.
SLICE = 2000


def annealed_plans(
    reduced: Reduced,
    *,
    seed: int,
    deadline: float,
    clock: Clock,
    rounds: Rounds,
) -> list[tuple[int, NDArray[np.int8]]]:
    """Admissible plans of a connected reduced problem as (cost, parts from 0), cheapest first, no two alike.

    The same seed gives the same plans unless the clock passes ``deadline`` before the rounds are done; the first start
    is always completed.
    """
    found: dict[bytes, tuple[int, NDArray[np.int8]]] = {}
    if reduced.parts < 2 or reduced.graph.n < reduced.parts or reduced.graph.pieces.max() > 0:
        return []
    state = recom.seeded(seed)
    for trees, per_unit, hot, starts in rounds:
        trees, blocks = min(trees, TREES_PER_UNIT * reduced.graph.n), _blocks(per_unit, reduced.graph.n)
        for _ in range(starts):
            if found and clock() >= deadline:
                break
            cost, plan = _one_start(reduced, state, trees, blocks, hot, deadline=deadline, clock=clock)
            if cost >= 0:
                found.setdefault(plan.tobytes(), (cost, plan))
            elif clock() >= deadline:
                break
    return sorted(found.values(), key=lambda entry: (entry[0], entry[1].tobytes()))


def _blocks(per_unit: int, n: int) -> int:
    """Blocks of a run on n units: so many per unit, fewer of them on graphs below 200 units, which freeze sooner."""
    return max(per_unit * n * min(n, 200) // 200, 5)


def _one_start(
    reduced: Reduced,
    state: recom.StateArray,
    trees: int,
    blocks: int,
    hot: float,
    *,
    deadline: float,
    clock: Clock,
) -> tuple[int, NDArray[np.int8]]:
    """Cost and plan of one annealing run, -1 when it met no admissible plan."""
    graph = reduced.graph
    indptr, neighbour, edge_of = graph.adjacency
    part_of = np.zeros(graph.n, dtype=np.int8)
    best, best_cost = part_of.copy(), -1
    # A share of what there is: the upper limits may be far above it.
    target = np.maximum((reduced.low + np.minimum(reduced.high, graph.total)) // 2, 1)
    if not annealing.grow_start(indptr, neighbour, graph.households, target, reduced.want, state, part_of):
        return -1, best
    given = (indptr, neighbour, edge_of, graph.edges, graph.cost, graph.households, reduced.low, reduced.high)
    given_groups = (reduced.want, reduced.bond, reduced.groups)
    cost = max(float(graph.cost.mean()), 1e-9)
    household = cost / max(float(graph.households.mean()), 1e-9)
    cooling = np.array([5 * cost, _factor(0.06, trees), household, 1.0, 20 * cost])
    annealing.anneal_trees(*given, *given_groups, cooling, trees, state, part_of)
    cooling = np.array([hot * cost, _factor(0.1 / hot, blocks), 0.3 * household, _factor(5 / 0.3, blocks), 20 * cost])
    for begun in range(0, blocks, SLICE):
        count = min(SLICE, blocks - begun)
        best_cost = annealing.anneal_units(*given, *given_groups, cooling, count, state, part_of, best, best_cost)
        if clock() >= deadline:
            break
    return int(best_cost), best


def _factor(ratio: float, steps: int) -> float:
    """What multiplied ``steps`` times gives ``ratio``; rounded so that every platform has the same."""
    return round(float(ratio ** (1 / max(steps, 1))), 12)


def quick_plan(graph: UnitGraph, request: DivisionRequest, seconds: float, *, clock: Clock) -> NDArray[np.int64] | None:
    """An admissible plan (n,) from 1 of a connected graph within some seconds; None claims nothing."""
    reduced = reduce(graph, request)
    plans = annealed_plans(reduced, seed=request.seed, deadline=clock() + seconds, clock=clock, rounds=QUICK)
    return plans[0][1].astype(np.int64)[reduced.unit_of] + 1 if plans else None


def neighbouring_pairs(graph: UnitGraph, part_of: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Pairs of parts that touch, the dearest border first."""
    ends = np.sort(part_of[graph.edges.astype(np.int64)].reshape(-1, 2), axis=1)
    crossing = ends[:, 0] != ends[:, 1]
    pairs, place = np.unique(ends[crossing], axis=0, return_inverse=True)
    cost = np.zeros(len(pairs), dtype=np.int64)
    np.add.at(cost, place.ravel(), graph.cost[crossing])
    for i in np.argsort(-cost, kind="stable"):
        yield int(pairs[i, 0]), int(pairs[i, 1])
