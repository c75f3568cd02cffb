"""The exact division into two parts: against trying all, on worlds of every awkward kind, and verified each time."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.plan import border_cost, faults
from geoapp.splitting.plan_json import document_of
from geoapp.splitting.request import DivisionRequest, DivisionResult, RequestError
from geoapp.splitting.solvers import dual_walk
from geoapp.splitting.solvers.dual_cycle import solve_two
from geoapp.splitting.solvers.milp import solve_milp
from geoapp.splitting.verify import verify
from tests.splitting.enumeration import all_plans, distinct, make_graph, rook
from tests.splitting.planar_worlds import cheapest_division, delaunay_world, evenly, tiny_world


def checked(graph: UnitGraph, request: DivisionRequest) -> DivisionResult:
    """The answer, after the verifier has found it proved."""
    result = solve_two(graph, request)
    assert result.status in ("optimal", "infeasible"), result.reason
    document = json.loads(json.dumps(document_of(graph, request, result)))
    assert verify(graph, document).proved
    if result.part_of is not None:
        assert not faults(graph, request, result.part_of)
        assert border_cost(graph, result.part_of) == result.objective == result.bound
    return result


def between(low: int, high: int) -> DivisionRequest:
    return DivisionRequest(2, ((low, high),) * 2, interchangeable=True)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_answer_is_that_of_trying_every_division(seed: int) -> None:
    """No case is left out: branches, bridges, parallel borders, enclaves, groups in pieces, anchors, zeros."""
    graph, request = tiny_world(seed)
    assert checked(graph, request).objective == cheapest_division(graph, request)


def test_a_start_may_need_more_than_eleven_faces_to_be_met_only_once() -> None:
    """Twelve units, three anchors, parts of 1-3 and 15: there is no plan, and only the twelfth face proves it."""
    graph, request = tiny_world(339)
    assert cheapest_division(graph, request) is None
    assert checked(graph, request).status == "infeasible"


def test_a_proof_holds_where_borders_that_cost_nothing_turn_in_circles() -> None:
    """A world in which the two searches forget different walks that no border can be: found by trying 1500."""
    graph = make_graph(
        [
            (0, 3),
            (0, 4),
            (0, 5),
            (0, 8),
            (1, 2),
            (1, 4),
            (1, 6),
            (1, 7),
            (2, 3),
            (2, 4),
            (2, 6),
            (2, 7),
            (3, 4),
            (3, 5),
            (3, 6),
            (3, 8),
            (4, 7),
            (4, 8),
            (5, 8),
            (6, 8),
        ],
        households=[4, 11, 10, 8, 3, 4, 8, 8, 3],
        cost=[2, 1, 1, 1, 0, 0, 0, 2, 1, 0, 2, 0, 2, 1, 1, 2, 0, 1, 0, 1],
    )
    request = DivisionRequest(2, ((0, 2), (51, 65)), interchangeable=False, together=((1, 7), (1, 8, 3)), anchors={})
    assert checked(graph, request).objective == cheapest_division(graph, request)


def test_a_board_of_4_by_4_is_halved_along_its_middle() -> None:
    """70 plans of 8 + 8 squares; the straight middle cuts 4 edges, and no two-part border of 8 squares cuts fewer."""
    board = rook(4, 4)
    plans = distinct(all_plans(board, ((8, 8), (8, 8))))
    assert len(plans) == 70
    assert checked(board, between(8, 8)).objective == min(border_cost(board, np.array(p)) for p in plans) == 4


@pytest.mark.parametrize("seed", range(4))
def test_a_board_with_costs_has_the_cheapest_of_its_70_plans(seed: int) -> None:
    board = rook(4, 4, seed=seed)
    costs = [border_cost(board, np.array(plan)) for plan in all_plans(board, ((8, 8), (8, 8)))]
    assert checked(board, between(8, 8)).objective == min(costs)


def test_some_proofs_need_a_face_that_is_met_only_once() -> None:
    """Shortest walks that are no borders do occur, and such cases are closed, not skipped."""
    needed = 0
    for seed in range(200):
        graph, request = tiny_world(seed)
        certificate = solve_two(graph, request).certificate or {}
        needed += any(start["once"] for start in certificate.get("starts", []))
        if needed == 5:
            return
    raise AssertionError(f"only {needed} did")


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_other_names_for_the_units_change_nothing(seed: int) -> None:
    graph, request = tiny_world(seed)
    name = np.random.default_rng(seed).permutation(graph.n)
    edges = np.sort(name[graph.edges.astype(np.int64)].reshape(-1, 2), axis=1).astype(np.int32)
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    households = np.zeros_like(graph.households)
    households[name] = graph.households
    other = UnitGraph(graph.ids, households, edges[order], graph.cost[order])
    renamed = replace(
        request,
        together=tuple(tuple(int(name[u]) for u in group) for group in request.together),
        anchors={int(name[u]): part for u, part in request.anchors.items()},
    )
    first, second = solve_two(graph, request), solve_two(other, renamed)
    assert (first.status, first.objective) == (second.status, second.objective)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), factor=st.sampled_from([2, 7]))
def test_dearer_borders_cost_as_many_times_more(seed: int, factor: int) -> None:
    graph, request = tiny_world(seed)
    dear = UnitGraph(graph.ids, graph.households, graph.edges, graph.cost * factor)
    cheap = solve_two(graph, request).objective
    assert solve_two(dear, request).objective == (None if cheap is None else factor * cheap)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_households_in_tens_are_divided_by_their_common_divisor(seed: int) -> None:
    graph, request = tiny_world(seed)
    tens = UnitGraph(graph.ids, graph.households * 10, graph.edges, graph.cost)
    wide = replace(request, ranges=tuple((10 * low, 10 * high) for low, high in request.ranges))
    assert solve_two(tens, wide).objective == solve_two(graph, request).objective


def test_it_agrees_with_the_integer_programme() -> None:
    """Two methods that share nothing, on 40 units."""
    graph = delaunay_world(40, seed=11, total=400)
    request = evenly(graph, 0.05)
    other = solve_milp(graph, request, deadline_s=60)
    assert other.status == "optimal"
    assert checked(graph, request).objective == other.objective


@pytest.mark.parametrize("tolerance", [0.05, 0.01])
def test_a_few_hundred_units_are_proved(tolerance: float) -> None:
    graph = delaunay_world(250, seed=7)
    assert checked(graph, evenly(graph, tolerance)).status == "optimal"


def test_a_plan_known_before_is_kept_when_nothing_is_cheaper() -> None:
    graph = delaunay_world(60, seed=3)
    request = evenly(graph, 0.05)
    best = solve_two(graph, request)
    again = solve_two(graph, request, upper=best.part_of)
    assert again.status == "optimal" and again.objective == best.objective


def test_without_time_the_plan_known_before_comes_back_with_a_bound() -> None:
    graph = delaunay_world(200, seed=3)
    request = evenly(graph, 0.05)
    best = solve_two(graph, request)
    ticks = iter(range(10**9))
    rushed = solve_two(graph, request, upper=best.part_of, deadline_s=0.5, clock=lambda: float(next(ticks)))
    assert rushed.status == "feasible" and rushed.objective == best.objective
    assert rushed.bound is not None and 0 < rushed.bound <= (best.objective or 0)
    assert rushed.certificate is None and rushed.reason


# Degenerate worlds -----------------------------------------------------------------------------------------------


def test_one_unit_cannot_be_divided() -> None:
    result = checked(make_graph([], households=[5]), between(0, 5))
    assert result.status == "infeasible" and "只有 1 个单元" in (result.reason or "")


def test_two_units_are_the_two_parts() -> None:
    result = checked(make_graph([(0, 1)], households=[3, 4], cost=[6]), between(3, 4))
    assert result.objective == 6 and result.part_of is not None and result.part_of.tolist() == [1, 2]


def test_a_star_loses_one_arm() -> None:
    """Only single arms leave the rest connected: of the arms with 3 or more households the cheapest costs 4."""
    star = make_graph([(0, i) for i in range(1, 5)], households=[5, 3, 3, 1, 4], cost=[9, 4, 1, 7])
    assert checked(star, between(3, 13)).objective == 4


def test_a_path_is_cut_at_the_edge_that_fits() -> None:
    """1+2+3 | 4+5: the third edge, cost 7; its neighbours leave 3 | 12 and 10 | 5."""
    path = make_graph([(0, 1), (1, 2), (2, 3), (3, 4)], households=[1, 2, 3, 4, 5], cost=[1, 1, 7, 1])
    assert checked(path, between(6, 9)).objective == 7


def test_a_unit_above_the_limit_is_named() -> None:
    result = checked(make_graph([(0, 1), (1, 2)], households=[9, 1, 1]), between(1, 8))
    assert result.status == "infeasible" and "单元 0 有 9 户" in (result.reason or "")


def test_two_islands_are_the_two_parts_whatever_the_numbering() -> None:
    """3 and 7 households; part 1 wants 7, so the second island is part 1."""
    islands = make_graph([(0, 1), (2, 3)], households=[1, 2, 3, 4])
    result = checked(islands, DivisionRequest(2, ((7, 7), (3, 3))))
    assert result.objective == 0 and result.part_of is not None and result.part_of.tolist() == [2, 2, 1, 1]
    assert checked(islands, between(4, 6)).status == "infeasible"


def test_three_islands_are_too_many() -> None:
    result = checked(make_graph([], households=[1, 1, 1]), between(1, 2))
    assert result.status == "infeasible" and "3 片" in (result.reason or "")


def test_a_ring_around_a_hole_is_cut_twice() -> None:
    """Eight units around a courtyard: a border goes through the hole, two edges."""
    ring = make_graph([(i, (i + 1) % 8) for i in range(8)], households=[1] * 8)
    assert checked(ring, between(4, 4)).objective == 2


def test_an_enclave_may_be_a_part_by_itself() -> None:
    """Unit 3 touches only unit 0: the border around it is one edge."""
    graph = make_graph([(0, 1), (1, 2), (0, 2), (0, 3)], households=[1, 1, 1, 3], cost=[5, 5, 5, 2])
    assert checked(graph, between(3, 3)).objective == 2


def test_a_graph_that_is_not_planar_is_left_to_others() -> None:
    k5 = make_graph([(i, j) for i in range(5) for j in range(i)], households=[1] * 5)
    result = solve_two(k5, between(2, 3))
    assert result.status == "bound" and "平面" in (result.reason or "")


def test_huge_households_end_in_a_bound_not_in_all_the_memory() -> None:
    """Without a common divisor, 1e9 households are too many states; with one they are few."""
    graph = delaunay_world(40, seed=5)
    odd = UnitGraph(graph.ids, graph.households * 10**7 + np.arange(40), graph.edges, graph.cost)
    even = UnitGraph(graph.ids, graph.households * 10**7, graph.edges, graph.cost)
    rough = solve_two(odd, evenly(odd, 0.05))
    assert rough.status in ("bound", "feasible") and rough.certificate is None and rough.reason
    assert checked(even, evenly(even, 0.05)).objective == checked(graph, evenly(graph, 0.05)).objective


def test_many_units_end_in_time() -> None:
    """A clock that goes on a hundredth of a second with each look: soon after the hundredth it tells what there is."""
    graph = delaunay_world(4000, seed=9, total=40_000)
    looks = itertools.count()
    result = solve_two(graph, evenly(graph, 0.05), deadline_s=1.0, clock=lambda: next(looks) / 100)
    assert result.status in ("optimal", "feasible", "bound") and next(looks) < 200
    assert result.bound is not None and (result.objective is None or result.bound <= result.objective)


def test_contradicting_anchors_are_no_plan() -> None:
    graph = make_graph([(0, 1), (1, 2)], households=[1, 1, 1])
    request = DivisionRequest(2, ((1, 2), (1, 2)), together=((0, 2),), anchors={0: 1, 2: 2})
    assert checked(graph, request).status == "infeasible"


def test_a_group_in_many_pieces_is_left_to_others() -> None:
    """Every other unit of a long path: more side bits than a table can hold."""
    path = make_graph([(i, i + 1) for i in range(40)], households=[1] * 41)
    result = solve_two(path, replace(between(1, 40), together=(tuple(range(0, 41, 2)),)))
    assert result.status == "bound" and "互不相连" in (result.reason or "")


def test_three_parts_are_refused_with_the_way_out() -> None:
    with pytest.raises(RequestError, match="搜索"):
        solve_two(rook(2, 2), DivisionRequest(3, ((1, 2),) * 3))


def test_a_narrow_table_is_widened_until_the_sums_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The width of the table is a guess: beginning with the narrowest must not change the answer."""
    begin = dual_walk.HalfWalks.__init__

    def narrow(self: dual_walk.HalfWalks, *args: object, **named: object) -> None:
        begin(self, *args, **named)  # type: ignore[arg-type]
        self.middle = 1

    graph = delaunay_world(60, seed=4)
    expected = solve_two(graph, evenly(graph, 0.05)).objective
    monkeypatch.setattr(dual_walk.HalfWalks, "__init__", narrow)
    assert solve_two(graph, evenly(graph, 0.05)).objective == expected
