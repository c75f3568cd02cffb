"""Any number of parts: against enumeration on small worlds, bounds never too high, islands, impossible wishes."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.plan import border_cost, faults
from geoapp.splitting.plan_json import document_of
from geoapp.splitting.request import DivisionRequest, DivisionResult
from geoapp.splitting.solvers.dual_cycle import solve_two
from geoapp.splitting.solvers.search import Tools, divide, exact_pairs, halved, many_part_bound, sharings, sub_request
from geoapp.splitting.verify import verify
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


def divided(graph: UnitGraph, request: DivisionRequest) -> DivisionResult:
    """What the search says, with the real two-part solver."""
    return divide(graph, request, solve_two=solve_two, clock=time.monotonic)


def tools(seconds: float = 20.0) -> Tools:
    """Tools that begin now."""
    return Tools(solve_two, time.monotonic, time.monotonic(), seconds)


SEEDS = [0, 1, *(pytest.param(seed, marks=pytest.mark.long) for seed in (2, 3, 4))]


@pytest.mark.parametrize("seed", SEEDS)
def test_three_parts_of_a_board_reach_the_optimum_and_the_bound_stays_below(seed: int) -> None:
    board = rook(3, 4, seed=seed)
    request = DivisionRequest(3, ((3, 5),) * 3, interchangeable=True, seed=seed)
    result, best = divided(board, request), cheapest(board, request)
    assert result.part_of is not None and not faults(board, request, result.part_of)
    assert result.objective == best == border_cost(board, result.part_of)
    assert (result.status, result.bound, result.method) == ("feasible", best, "integer programme")


@pytest.mark.parametrize("seed", SEEDS)
def test_the_bound_of_a_board_is_positive_and_not_above_its_optimum(seed: int) -> None:
    board = rook(3, 4, seed=seed)
    for ranges in (((3, 5),) * 3, ((2, 2), (3, 4), (6, 7)), ((2, 4),) * 4):
        best = cheapest(board, DivisionRequest(len(ranges), ranges))
        bound = many_part_bound(board, DivisionRequest(len(ranges), ranges, seed=seed), tools())
        assert best is not None and bound is not None and 0 < bound <= best


def test_a_larger_board_gets_a_plan_and_a_bound_but_no_proof() -> None:
    """9x9 into three of 27: three bands of 3x9 cost 18; 27 has a border of 9 or more: bound 14."""
    board = rook(9, 9)
    result = divided(board, DivisionRequest(3, ((27, 27),) * 3, interchangeable=True, seconds=20))
    assert result.status == "feasible" and result.certificate is None
    assert result.objective is not None and result.bound is not None
    assert 14 <= result.bound < result.objective <= 18


@given(st.integers(0, 10**6), st.integers(3, 4), st.integers(0, 3), st.booleans())
@settings(max_examples=40, deadline=None)
def test_random_graphs_get_a_plan_without_fault_or_a_true_no(seed: int, parts: int, slack: int, equal: bool) -> None:
    """Trees with extra edges, in one or two pieces: bound <= optimum <= objective; a no only where it is true."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 10))
    edges = {(int(rng.integers(max(0, v - 3), v)), v) for v in range(1, n) if seed % 4 or v != n // 2}
    edges |= {(u, u + 2) for u in range(n - 2) if rng.random() < 0.5 and seed % 4}
    graph = make_graph(
        sorted(edges), households=rng.integers(0, 5, n).tolist(), cost=rng.integers(0, 9, len(edges)).tolist()
    )
    share = graph.total // parts
    low = rng.integers(max(share - slack, 1), max(share, 1) + 1, parts).tolist()
    ranges = [(low[0], share + 1 + slack)] * parts if equal else [(a, share + 1 + slack) for a in low]
    together = (tuple(map(int, rng.choice(n, 2, replace=False))),) if n > 2 and seed % 2 else ()
    anchors = {int(rng.integers(n)): int(rng.integers(1, parts + 1))} if seed % 3 == 0 else {}
    request = DivisionRequest(
        parts, tuple(ranges), interchangeable=equal, together=together, anchors=anchors, seed=seed
    )
    result, best = divided(graph, request), cheapest(graph, request)
    if result.status == "infeasible":
        assert best is None and result.reason
    if result.part_of is not None:
        assert not faults(graph, request, result.part_of)
        assert best is not None and result.bound is not None
        assert result.bound <= best <= border_cost(graph, result.part_of) == result.objective
        assert result.status != "optimal" or result.objective == best
    if best is not None:
        assert result.part_of is not None, "a plan exists, and such small worlds must not hide it"


def test_two_parts_come_proved() -> None:
    board = rook(4, 4, seed=9)
    request = DivisionRequest(2, ((7, 9),) * 2, interchangeable=True)
    result = divided(board, request)
    assert (result.status, result.objective) == ("optimal", cheapest(board, request))


def test_two_parts_of_a_graph_that_is_not_flat_go_to_the_integer_programme() -> None:
    """Six units that all touch each other: 3 * 3 cut edges, proved."""
    full = make_graph([(u, v) for u in range(6) for v in range(u + 1, 6)], households=[1] * 6)
    result = divided(full, DivisionRequest(2, ((3, 3),) * 2, interchangeable=True))
    assert (result.objective, result.gap, result.method) == (9, 0.0, "integer programme")


@pytest.mark.parametrize(("parts", "low", "high"), [(1, 16, 16), (2, 7, 9), (3, 4, 7), (4, 4, 4)])
def test_the_verifier_accepts_what_the_search_says(parts: int, low: int, high: int) -> None:
    """Proved with a certificate, or feasible without: never a claim that cannot be checked."""
    board = rook(4, 4, seed=6)
    request = DivisionRequest(parts, ((low, high),) * parts, interchangeable=True)
    result = divided(board, request)
    assert verify(board, document_of(board, request, result)).status == result.status


def test_one_part_is_everything_or_nothing() -> None:
    board = rook(2, 2)
    assert divided(board, DivisionRequest(1, ((4, 4),))).objective == 0
    assert divided(board, DivisionRequest(1, ((5, 9),))).status == "infeasible"


def test_exact_pairs_mend_a_crooked_plan() -> None:
    """6x6, a comb-like start: cheaper after, stable then; by halves 2x6 comes off (6 edges), the 4x6 is halved (4)."""
    board = rook(6, 6)
    request = DivisionRequest(3, ((12, 12),) * 3, interchangeable=True)
    crooked = np.array(
        [1, 1, 1, 1, 1, 1, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]
    )
    crooked[12], crooked[14], crooked[16] = 1, 1, 1
    sizes = np.bincount(crooked)[1:].tolist()
    start = DivisionRequest(3, tuple((s, s) for s in sizes))
    assert not faults(board, start, crooked)
    mended = exact_pairs(board, start, crooked, tools())
    assert border_cost(board, mended) < border_cost(board, crooked)
    assert not faults(board, start, mended)
    again = exact_pairs(board, start, mended, tools())
    assert border_cost(board, again) == border_cost(board, mended)
    straight = halved(board, request, tools())
    assert straight is not None and border_cost(board, straight) == 10


def test_the_bound_of_a_path_is_its_optimum() -> None:
    """Path of 6 in three pairs, cost 1: b = c = 1, half of 1 + 1 + 1 rounded up is 2, and two edges must be cut."""
    path = make_graph([(u, u + 1) for u in range(5)], households=[1] * 6)
    request = DivisionRequest(3, ((2, 2),) * 3, interchangeable=True)
    assert many_part_bound(path, request, tools()) == 2
    assert divided(path, request).gap == 0


def test_no_side_within_range_means_no_plan() -> None:
    """A star with hub 1 and six leaves of 2, parts of 4 to 5: no side without the hub has more than one leaf."""
    star = make_graph([(0, v) for v in range(1, 7)], households=[1] + [2] * 6)
    result = divided(star, DivisionRequest(3, ((4, 5),) * 3, interchangeable=True))
    assert result.status == "infeasible" and result.reason


def test_islands_get_their_own_parts() -> None:
    """Two boards of 2x4 that do not touch, four parts of four: each board is halved at cost 2, which is proved."""
    one = rook(2, 4).edges.tolist()
    both = make_graph([*map(tuple, one), *((u + 8, v + 8) for u, v in one)], households=[1] * 16)
    request = DivisionRequest(4, ((4, 4),) * 4, interchangeable=True)
    result = divided(both, request)
    assert (result.objective, result.bound) == (4, 4)
    assert [tuple(map(len, way)) for way in sharings(both, request)] == [(2, 2)]


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        (DivisionRequest(3, ((0, 9),) * 3), "2 个单元"),
        (DivisionRequest(2, ((0, 4), (0, 4))), "总户数"),
        (DivisionRequest(2, ((0, 5), (5, 5))), "超过"),
    ],
)
def test_what_is_plainly_impossible_is_said(request_: DivisionRequest, word: str) -> None:
    pair = make_graph([(0, 1)], households=[8, 2])
    result = divided(pair, request_)
    assert result.status == "infeasible" and word in (result.reason or "")
    assert result.certificate is not None and verify(pair, document_of(pair, request_, result)).proved


def test_more_islands_than_parts_and_groups_across_water_are_impossible() -> None:
    islands = make_graph([(0, 1)], households=[1] * 4)
    assert "3 片" in (divided(islands, DivisionRequest(2, ((0, 4),) * 2)).reason or "")
    two = make_graph([(0, 1), (2, 3)], households=[1] * 4)
    assert "互不相连" in (divided(two, DivisionRequest(2, ((0, 4),) * 2, together=((0, 3),))).reason or "")


def test_the_request_for_a_pair_keeps_its_anchors_and_groups() -> None:
    request = DivisionRequest(3, ((1, 2), (3, 4), (5, 6)), together=((0, 5), (3, 4)), anchors={4: 3, 0: 1})
    pair = sub_request(request, np.array([3, 4, 5]), (3, 2))
    assert pair.ranges == ((5, 6), (3, 4))
    assert pair.together == ((0, 1),)
    assert pair.anchors == {1: 1}


def test_the_same_seed_gives_the_same_plan() -> None:
    board = rook(7, 7, seed=3)
    request = DivisionRequest(4, ((11, 14),) * 4, interchangeable=True, seed=4)
    first, again = divided(board, request), divided(board, request)
    assert first.part_of is not None and np.array_equal(first.part_of, again.part_of)


def test_without_time_there_is_still_a_plan() -> None:
    board = rook(12, 12, seed=3)
    request = DivisionRequest(3, ((46, 50),) * 3, interchangeable=True, seconds=0.01)
    result = divided(board, request)
    assert result.part_of is not None and not faults(board, request, result.part_of)
