"""Plans without proof, quickly: many annealed starts, the cheapest kept."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from geoapp.splitting.effort import BLOCK_S, TREE_UNIT_S, spend
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.request import Clock, DivisionRequest
from geoapp.splitting.solvers import annealing, recom
from geoapp.splitting.solvers.reduction import Reduced, reduce

Rounds = tuple[tuple[int, int, float, int], ...]
#: Rounds of starts: recombinations, blocks of 1024 single moves per unit of the graph, first temperature in mean edge
#: costs, starts. Measured on planar graphs of 400 to 3000 units. What a quick plan misses the exact search finds.
QUICK: Rounds = ((1000, 1, 2.0, 6),)
THOROUGH: Rounds = ((1000, 2, 2.0, 24), (1000, 10, 2.0, 12))
#: Then the best plan is disturbed by a few recombinations and annealed again from half the temperature, so many times:
#: on 3000 units in 18 parts 2 % better than starts alone that took six times as long.
REHEATS: Rounds = ((3, 5, 1.0, 40),)
#: A small graph is mixed after fewer recombinations.
TREES_PER_UNIT = 10
#: Blocks between two looks at the clock: some ten milliseconds.
SLICE = 2000
#: Recombinations times units between two looks at the clock: likewise.
TREE_SLICE = 200_000


class Annealer:
    """Annealing runs on one connected reduced problem; the cheapest plans met are kept.

    The same seed gives the same plans unless the clock passes ``deadline`` before the rounds are done. One start is
    tried even then, until it meets an admissible plan: a third of a second on 20,000 units.
    """

    def __init__(self, reduced: Reduced, *, seed: int, deadline: float, clock: Clock) -> None:
        self.reduced, self.deadline, self.clock = reduced, deadline, clock
        self.state = recom.seeded(seed)
        self.found: dict[bytes, tuple[int, NDArray[np.int8]]] = {}
        graph = reduced.graph
        self.possible = reduced.parts >= 2 and graph.n >= reduced.parts and graph.pieces.max() == 0
        self.arrays = (
            *graph.adjacency, graph.edges, graph.cost, graph.households, reduced.low, reduced.high,
            reduced.want, reduced.bond, reduced.groups,
        )  # fmt: skip
        self.cost = max(float(graph.cost.mean()), 1e-9) if graph.m else 1.0
        self.per_household = self.cost / max(float(graph.households.mean()), 1e-9)

    @property
    def late(self) -> bool:
        """Whether the time is up."""
        return self.clock() >= self.deadline

    def plans(self) -> list[tuple[int, NDArray[np.int8]]]:
        """(cost, parts from 0) of the plans met, cheapest first, no two with the same borders."""
        return sorted(self.found.values(), key=lambda entry: (entry[0], entry[1].tobytes()))

    def start_anew(self, rounds: Rounds) -> None:
        """Runs from grown starts."""
        graph, reduced = self.reduced.graph, self.reduced
        # A share of what there is: the upper limits may be far above it.
        target = np.maximum((reduced.low + np.minimum(reduced.high, graph.total)) // 2, 1)
        for trees, per_unit, hot, starts in rounds if self.possible else ():
            for number in range(starts):
                if self.late and (self.found or number > 0):
                    return
                part_of = np.zeros(graph.n, dtype=np.int8)
                indptr, neighbour, _ = graph.adjacency
                if not annealing.grow_start(
                    indptr, neighbour, graph.households, target, reduced.want, self.state, part_of
                ):
                    continue
                count = min(trees, TREES_PER_UNIT * graph.n)
                self.recombine(part_of, count, hot=5.0, factor=_factor(0.06, count))
                self.settle(part_of, per_unit, hot)

    def reheat(self, rounds: Rounds) -> None:
        """Runs from the best plan so far."""
        for trees, per_unit, hot, runs in rounds:
            for _ in range(runs):
                if not self.found or self.late:
                    return
                part_of = self.plans()[0][1].copy()
                self.recombine(part_of, trees, hot=50.0, factor=1.0)
                self.settle(part_of, per_unit, hot)

    def recombine(self, part_of: NDArray[np.int8], steps: int, *, hot: float, factor: float) -> None:
        """Change a plan by recombinations at a temperature in mean edge costs."""
        schedule = np.array([hot * self.cost, factor, self.per_household, 1.0, 20 * self.cost])
        slice_ = max(TREE_SLICE // self.reduced.graph.n, 1)
        for begun in range(0, steps, slice_):
            count = min(slice_, steps - begun)
            annealing.anneal_trees(*self.arrays, schedule, count, self.state, part_of)
            spend(self.clock, count * self.reduced.graph.n * TREE_UNIT_S)
            if self.late:
                break

    def settle(self, part_of: NDArray[np.int8], per_unit: int, hot: float) -> None:
        """Anneal a plan by single units and keep the cheapest admissible one met."""
        n = self.reduced.graph.n
        # Graphs below 200 units freeze sooner.
        blocks = max(per_unit * n * min(n, 200) // 200, 5)
        best, best_cost = part_of.copy(), -1
        schedule = np.array(
            [hot * self.cost, _factor(0.1 / hot, blocks), 0.3 * self.per_household, _factor(5 / 0.3, blocks),
             20 * self.cost]
        )  # fmt: skip
        for begun in range(0, blocks, SLICE):
            count = min(SLICE, blocks - begun)
            best_cost = annealing.anneal_units(*self.arrays, schedule, count, self.state, part_of, best, best_cost)
            spend(self.clock, count * BLOCK_S)
            if self.late and (best_cost >= 0 or self.found):
                break
        if best_cost >= 0:
            self.found.setdefault(_borders_key(self.reduced.graph, best), (int(best_cost), best))


def _borders_key(graph: UnitGraph, part_of: NDArray[np.int8]) -> bytes:
    """The same for plans with the same cut edges."""
    return np.packbits(part_of[graph.edges[:, 0]] != part_of[graph.edges[:, 1]]).tobytes()


def _factor(ratio: float, steps: int) -> float:
    """What multiplied ``steps`` times gives ``ratio``; rounded so that every platform has the same."""
    return round(float(ratio ** (1 / max(steps, 1))), 12)


def annealed_plans(
    reduced: Reduced, *, seed: int, deadline: float, clock: Clock, rounds: Rounds, reheats: Rounds = ()
) -> list[tuple[int, NDArray[np.int8]]]:
    """Admissible plans as (cost, parts from 0), cheapest first; see `Annealer`."""
    annealer = Annealer(reduced, seed=seed, deadline=deadline, clock=clock)
    annealer.start_anew(rounds)
    annealer.reheat(reheats)
    return annealer.plans()


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
