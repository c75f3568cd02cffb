"""Annealed plans: always admissible, never below the optimum, and the optimum itself on boards small enough to list."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.plan import border_cost, faults
from geoapp.splitting.request import DivisionRequest
from geoapp.splitting.solvers import annealing, recom
from geoapp.splitting.solvers.reduction import induced, merged, reduce
from geoapp.splitting.solvers.starts import annealed_plans, neighbouring_pairs, quick_plan
from tests.splitting import enumeration
from tests.splitting.enumeration import all_plans, make_graph, rook

SHORT = ((100, 20, 2.0, 6),)


def cheapest(graph: UnitGraph, request: DivisionRequest) -> int | None:
    """Least cost over all plans, by enumeration."""
    costs = [
        enumeration.border_cost(graph, plan)
        for plan in all_plans(graph, request.ranges)
        if not faults(graph, request, np.array(plan) + 1)
    ]
    return min(costs, default=None)


def quick(graph: UnitGraph, request: DivisionRequest) -> np.ndarray | None:
    """Plan from a few short runs, parts from 1."""
    reduced = reduce(graph, request)
    plans = annealed_plans(reduced, seed=request.seed, deadline=float("inf"), clock=lambda: 0.0, rounds=SHORT)
    return plans[0][1].astype(np.int64)[reduced.unit_of] + 1 if plans else None


@pytest.mark.parametrize("seed", range(6))
def test_three_parts_of_a_small_board_are_as_cheap_as_enumeration_says(seed: int) -> None:
    board = rook(3, 4, seed=seed)
    request = DivisionRequest(3, ((3, 5),) * 3, seed=seed)
    plan = quick(board, request)
    assert plan is not None and not faults(board, request, plan)
    assert border_cost(board, plan) == cheapest(board, request)


@pytest.mark.parametrize("seed", range(4))
def test_unequal_ranges_anchors_and_groups_are_kept(seed: int) -> None:
    """Parts of 2, 3-4 and 6-7; unit 0 in part 3; units 3 and 11 (not neighbours) together; 5 and 6 (neighbours) too."""
    board = rook(3, 4, seed=seed)
    request = DivisionRequest(3, ((2, 2), (3, 4), (6, 7)), together=((3, 11), (5, 6)), anchors={0: 3}, seed=seed)
    plan = quick(board, request)
    assert plan is not None and not faults(board, request, plan)
    assert border_cost(board, plan) == cheapest(board, request)


@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_a_plan_is_admissible_or_there_is_none(seed: int, parts: int, slack: int) -> None:
    """Random trees with some extra edges and households 0..4: no fault, and no less than the best."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(parts, 9))
    edges = {(int(rng.integers(0, v)), v) for v in range(1, n)}
    edges |= {tuple(sorted(map(int, rng.choice(n, 2, replace=False)))) for _ in range(n)}
    graph = make_graph(
        sorted(edges), households=rng.integers(0, 5, n).tolist(), cost=rng.integers(0, 9, len(edges)).tolist()
    )
    share = graph.total // parts
    request = DivisionRequest(parts, ((max(share - slack, 1), share + slack + 1),) * parts, seed=seed)
    plan = quick(graph, request)
    best = cheapest(graph, request)
    if plan is not None:
        assert not faults(graph, request, plan)
        assert best is not None and border_cost(graph, plan) >= best


def test_the_same_seed_gives_the_same_plan() -> None:
    board = rook(8, 8, seed=1)
    request = DivisionRequest(3, ((20, 23),) * 3, seed=5)
    first, again = quick(board, request), quick(board, request)
    assert first is not None and np.array_equal(first, again)


def test_a_plan_is_there_within_the_time_given() -> None:
    board = rook(12, 12, seed=1)
    request = DivisionRequest(2, ((70, 74),) * 2)
    looks = itertools.count()
    plan = quick_plan(board, request, 0.3, clock=lambda: next(looks) / 100)
    assert next(looks) < 60
    assert plan is not None and not faults(board, request, plan)


def test_a_graph_in_pieces_or_too_small_gives_no_plan() -> None:
    assert quick(make_graph([(0, 1), (2, 3)], households=[1] * 4), DivisionRequest(2, ((2, 2),) * 2)) is None
    assert quick(make_graph([], households=[4]), DivisionRequest(2, ((0, 4),) * 2)) is None


def test_moving_a_unit_that_holds_its_part_together_is_seen() -> None:
    """A path of five in one part: the ends may go, the middle may not; a unit alone in its part may not."""
    path = make_graph([(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)], households=[1] * 6)
    indptr, neighbour, _ = path.adjacency
    part_of = np.array([0, 0, 0, 0, 0, 1], dtype=np.int8)
    stamp, queue = np.zeros(7, dtype=np.int64), np.empty(6, dtype=np.int32)
    whole = [annealing.leaves_part_whole(indptr, neighbour, part_of, u, stamp, queue) for u in range(6)]
    assert whole == [True, False, False, False, True, False]


def test_parts_grow_connected_from_their_anchors() -> None:
    board = rook(5, 5)
    indptr, neighbour, _ = board.adjacency
    want = np.full(25, -1, dtype=np.int64)
    want[24], want[0] = 0, 1
    part_of = np.zeros(25, dtype=np.int8)
    target = np.array([8, 8, 9])
    assert annealing.grow_start(indptr, neighbour, board.households, target, want, recom.seeded(1), part_of)
    assert part_of[24] == 0 and part_of[0] == 1
    masks = enumeration.neighbour_masks(board)
    for part in range(3):
        assert enumeration.is_connected(sum(1 << u for u in range(25) if part_of[u] == part), masks)


def test_merging_units_adds_their_households_and_their_borders() -> None:
    """Square 0-1-2-3 with costs 1, 2, 3, 4 in that order: merging 0 and 1 leaves borders 2 and 4, and 3."""
    square = make_graph([(0, 1), (1, 2), (2, 3), (0, 3)], households=[1, 2, 4, 8], cost=[1, 2, 3, 4])
    small, unit_of = merged(square, np.array([7, 7, 0, 3]))
    assert unit_of.tolist() == [0, 0, 1, 2]
    assert small.households.tolist() == [3, 4, 8]
    assert dict(zip(map(tuple, small.edges.tolist()), small.cost.tolist(), strict=True)) == {
        (0, 1): 2,
        (0, 2): 4,
        (1, 2): 3,
    }


def test_merging_across_parallel_borders_sums_them() -> None:
    """Triangle with costs 1 (0-1), 2 (0-2), 5 (1-2): merging 0 and 1 leaves one border of 7."""
    triangle = make_graph([(0, 1), (0, 2), (1, 2)], households=[1, 1, 1], cost=[1, 2, 5])
    small, _ = merged(triangle, np.array([0, 0, 1]))
    assert small.cost.tolist() == [7]


def test_the_graph_on_some_units_keeps_their_names_and_borders() -> None:
    board = rook(2, 3)
    part = induced(board, np.array([1, 2, 4]))
    assert part.ids == (1, 2, 4)
    assert part.edges.tolist() == [[0, 1], [0, 2]]


def test_pairs_come_with_the_dearest_border_first() -> None:
    """Path of three parts with borders 1 and 5."""
    path = make_graph([(0, 1), (1, 2)], households=[1] * 3, cost=[1, 5])
    assert list(neighbouring_pairs(path, np.array([1, 2, 3]))) == [(2, 3), (1, 2)]
