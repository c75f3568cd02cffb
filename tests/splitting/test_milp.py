"""The integer programme against enumeration, on graphs of every kind: same optimum, same verdict when there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoapp.splitting.ensemble import limits
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.plan import border_cost, faults
from geoapp.splitting.request import DivisionRequest
from geoapp.splitting.solvers.dual_cycle import solve_two
from geoapp.splitting.solvers.milp import first_rows, forbid_pieces, solve_milp
from geoapp.splitting.solvers.reduction import reduce
from tests.splitting import enumeration
from tests.splitting.enumeration import all_plans, make_graph, rook


def cheapest(graph: UnitGraph, request: DivisionRequest) -> int | None:
    """Least cost over all plans, by enumeration."""
    costs = [
        enumeration.border_cost(graph, plan)
        for plan in all_plans(graph, request.ranges)
        if not faults(graph, request, np.array(plan) + 1)
    ]
    return min(costs, default=None)


def assert_agrees(graph: UnitGraph, request: DivisionRequest) -> None:
    """Same optimum as enumeration, and a plan that has it; or infeasible both."""
    answer, best = solve_milp(graph, request), cheapest(graph, request)
    if best is None:
        assert answer.status == "infeasible" and answer.reason
        return
    assert (answer.status, answer.objective, answer.bound) == ("optimal", best, best)
    assert answer.part_of is not None and not faults(graph, request, answer.part_of)
    assert border_cost(graph, answer.part_of) == best


@given(st.integers(0, 10**6), st.integers(2, 3), st.integers(0, 3), st.booleans())
@settings(max_examples=80, deadline=None)
def test_random_graphs_agree_with_enumeration(seed: int, parts: int, slack: int, equal: bool) -> None:
    """Planar or not, in pieces or not, households 0..4, equal or own ranges, a group, an anchor."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    pairs = (
        {tuple(sorted(map(int, rng.choice(n, 2, replace=False)))) for _ in range(int(rng.integers(0, 3 * n)))}
        if n > 1
        else set()
    )
    graph = make_graph(
        sorted(pairs), households=rng.integers(0, 5, n).tolist(), cost=rng.integers(0, 9, len(pairs)).tolist()
    )
    share = graph.total // parts
    low = rng.integers(max(share - slack, 1), max(share, 1) + 1, parts).tolist()
    ranges = [(low[0], share + 1 + slack)] * parts if equal else [(a, share + 1 + slack) for a in low]
    together = (tuple(map(int, rng.choice(n, 2, replace=False))),) if n > 2 and seed % 2 else ()
    anchors = {int(rng.integers(n)): int(rng.integers(1, parts + 1))} if seed % 3 == 0 else {}
    request = DivisionRequest(
        parts, tuple(ranges), interchangeable=equal and not anchors, together=together, anchors=anchors
    )
    assert_agrees(graph, request)


@pytest.mark.parametrize("seed", range(3))
def test_boards_agree_with_enumeration(seed: int) -> None:
    board = rook(3, 4, seed=seed)
    assert_agrees(board, DivisionRequest(2, ((5, 7),) * 2, interchangeable=True))
    assert_agrees(board, DivisionRequest(3, ((3, 5),) * 3, interchangeable=True))
    assert_agrees(board, DivisionRequest(2, ((3, 4), (8, 9)), together=((0, 11),), anchors={5: 1}))


def test_a_graph_that_cannot_be_drawn_flat_is_solved() -> None:
    """Six units that all touch each other: any 3+3 cuts 9 edges of cost 1."""
    full = make_graph([(u, v) for u in range(6) for v in range(u + 1, 6)], households=[1] * 6)
    assert solve_milp(full, DivisionRequest(2, ((3, 3),) * 2, interchangeable=True)).objective == 9


def test_a_part_in_pieces_is_refused_in_the_end() -> None:
    """A ring of six with costs 1, 9, 9, 1, 9, 9: the two cheap cuts part 3 + 3; with unit 0 and 3 in one part of four
    the relaxation would take two pieces; the true best is 2 or more cuts along the ring: enumeration decides."""
    ring = make_graph([(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 5)], households=[1] * 6, cost=[1, 9, 9, 1, 9, 9])
    assert_agrees(ring, DivisionRequest(2, ((4, 4), (2, 2)), together=((0, 3),)))


@pytest.mark.parametrize(
    ("ranges", "broken"),
    [(((4, 5),) * 2, [1, 0, 1, 0, 0, 0, 1, 0, 1]), (((2, 7),) * 2, [0, 0, 0, 1, 1, 1, 0, 0, 0])],
    ids=["pieces too small to be the part", "pieces that could be the part"],
)
def test_the_rows_are_violated_by_what_they_forbid_and_kept_by_every_plan(
    ranges: tuple[tuple[int, int], ...], broken: list[int]
) -> None:
    """3x3 board in two: the plan in pieces breaks each new row, and no connected plan breaks any of them."""
    board = rook(3, 3)
    reduced = reduce(board, DivisionRequest(2, ranges))
    rows = first_rows(reduced)
    before = len(rows.lower)
    added = forbid_pieces(reduced, np.array(broken), rows)
    assert added > 0

    def kept(plan: np.ndarray, row: int) -> bool:
        x = np.zeros((9, 2))
        x[np.arange(9), plan] = 1
        cut = plan[board.edges[:, 0]] != plan[board.edges[:, 1]]
        values = np.concatenate([x.ravel(), cut])
        return rows.lower[row] <= values[rows.columns[row]] @ rows.values[row] <= rows.upper[row]

    assert not any(kept(np.array(broken), row) for row in range(before, before + added))
    for plan in all_plans(board, ranges):
        assert all(kept(np.array(plan), row) for row in range(before + added))


def test_a_known_plan_is_never_lost_and_the_bound_is_honest_without_time() -> None:
    """No time at all: the plan given comes back, with a bound that is no proof."""
    board = rook(6, 6, seed=2)
    known = np.repeat([1, 2], 18)
    answer = solve_milp(board, DivisionRequest(2, ((17, 19),) * 2), upper=known, deadline_s=0.0)
    assert answer.status == "feasible" and answer.objective == border_cost(board, known)
    assert answer.bound is not None and answer.bound < answer.objective
    nothing = solve_milp(board, DivisionRequest(2, ((17, 19),) * 2), deadline_s=0.0)
    assert (nothing.status, nothing.part_of) == ("bound", None) and nothing.reason


def test_doubling_all_costs_doubles_the_objective() -> None:
    board = rook(4, 4, seed=4)
    double = UnitGraph(board.ids, board.households, board.edges, board.cost * 2)
    request = DivisionRequest(2, ((7, 9),) * 2, interchangeable=True)
    once, twice = solve_milp(board, request).objective, solve_milp(double, request).objective
    assert once is not None and twice == 2 * once


@pytest.mark.parametrize("seed", range(4))
def test_the_programme_and_the_dual_method_agree(seed: int) -> None:
    """5x6 boards with households 1..9 and random costs, 5 % and 15 %: both prove, and both say the same."""
    rng = np.random.default_rng(seed)
    board = rook(5, 6, households=rng.integers(1, 10, 30).tolist(), seed=seed)
    for tolerance in (0.05, 0.15):
        low, high = limits(board.total, 2, tolerance=tolerance)
        request = DivisionRequest(2, ((low, high),) * 2, interchangeable=True, together=((0, 1), (28, 29)))
        programme, dual = solve_milp(board, request), solve_two(board, request)
        assert programme.status == dual.status == "optimal"
        assert programme.objective == dual.objective
