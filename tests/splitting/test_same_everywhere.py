"""Same seed, same answers: digests that every Python, numpy and machine must reproduce.

A change of a method changes them; then write down the new ones, with the reason in the commit.
"""

from __future__ import annotations

import hashlib

import numpy as np

from geoapp.splitting.effort import Effort
from geoapp.splitting.ensemble import draw_ensemble, limits
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.request import DivisionRequest
from geoapp.splitting.solvers.dual_cycle import solve_two
from geoapp.splitting.solvers.search import divide
from tests.splitting.enumeration import make_graph

PLANS = [
    ("optimal", 134, "21adcfb9d840ad22"),
    ("feasible", 219, "82b5b8032e9c7bc6"),
    ("feasible", 355, "3f75acc54f0502b8"),
]
DRAWS = ["4d05e7e42b8e4988", "8443c7840d8fe278", "0c7a6675bf886762", "207a6151432b93fe"]


def board() -> UnitGraph:
    """12 x 12 squares with households and costs from a linear congruence, so that no library draws them."""
    side, edges = 12, []
    for u in range(side * side):
        if u % side + 1 < side:
            edges.append((u, u + 1))
        if u + side < side * side:
            edges.append((u, u + side))
    cost = [1 + (37 * e + 11) % 29 for e in range(len(edges))]
    return make_graph(edges, households=[(53 * u + 7) % 23 for u in range(side * side)], cost=cost)


def digest(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array, dtype="<i8").tobytes()).hexdigest()[:16]


def plan_of(parts: int) -> tuple[str, int | None, str]:
    graph = board()
    pair = limits(graph.total, parts, tolerance=0.1)
    request = DivisionRequest(parts, (pair,) * parts, interchangeable=True, seed=4, seconds=1.0)
    result = divide(graph, request, solve_two=solve_two, clock=Effort())
    assert result.part_of is not None
    return result.status, result.objective, digest(result.part_of)


def draws_of(parts: int, tree: str) -> str:
    return digest(draw_ensemble(board(), parts, tolerance=0.1, draws=50, seed=4, tree=tree).part_of)


def test_plans_are_the_same_everywhere() -> None:
    assert [plan_of(parts) for parts in (2, 3, 5)] == PLANS


def test_draws_are_the_same_everywhere() -> None:
    assert [
        draws_of(parts, tree) for parts, tree in ((2, "uniform"), (2, "mst"), (4, "uniform"), (8, "uniform"))
    ] == DRAWS
