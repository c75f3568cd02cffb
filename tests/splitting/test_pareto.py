"""Fronts against enumeration, and families whose members differ and do not beat each other."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.pareto import (
    Alternative,
    FamilyError,
    beats,
    choose_family,
    family,
    front,
    households_apart,
)
from geoapp.splitting.plan import faults
from geoapp.splitting.request import DivisionRequest, DivisionResult
from geoapp.splitting.solvers.dual_cycle import solve_two
from tests.splitting.enumeration import all_plans, border_cost, make_graph, rook


def listed_front(graph: UnitGraph, ranges: tuple[tuple[int, int], ...], wanted: int) -> list[tuple[int, int]]:
    """(gap, cost) of all unbeaten plans, by enumeration, gaps falling."""
    seen = set()
    for plan in all_plans(graph, ranges):
        one = sum(h for h, p in zip(graph.households.tolist(), plan, strict=True) if p == 0)
        seen.add((abs(2 * one - graph.total - wanted), border_cost(graph, plan)))
    unbeaten = [a for a in seen if not any(b != a and b[0] <= a[0] and b[1] <= a[1] for b in seen)]
    return sorted(unbeaten, reverse=True)


@pytest.mark.parametrize("seed", range(6))
def test_the_front_is_the_one_that_enumeration_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    board = rook(3, 4, households=rng.integers(0, 6, 12).tolist(), seed=seed)
    ranges = ((1, board.total),) * 2
    found = front(board, DivisionRequest(2, ranges), solve_two=solve_two, clock=time.monotonic)
    assert found.complete
    assert [(p.gap, p.cost) for p in found.points] == listed_front(board, ranges, 0)


def test_the_front_around_unequal_targets_stays_within_the_ranges() -> None:
    board = rook(3, 4, seed=8)
    ranges = ((6, 10), (2, 6))
    found = front(board, DivisionRequest(2, ranges), solve_two=solve_two, clock=time.monotonic, targets=(8, 4))
    assert [(p.gap, p.cost) for p in found.points] == listed_front(board, ranges, 4)
    for point in found.points:
        assert not faults(board, DivisionRequest(2, ranges), point.part_of)


def test_a_front_that_could_not_be_finished_says_so() -> None:
    board = rook(4, 4, seed=8)
    late = iter([0.0, 0.0, 99.0])
    found = front(
        board,
        DivisionRequest(2, ((1, 15),) * 2),
        solve_two=lambda *a, **k: solve_two(*a, upper=k["upper"]),
        clock=lambda: next(late),
    )
    assert len(found.points) == 1 and not found.complete

    def unproved(graph: UnitGraph, request: DivisionRequest, **_: object) -> DivisionResult:
        return DivisionResult("feasible", np.ones(graph.n, dtype=np.int64), 0, 0, "none")

    assert front(board, DivisionRequest(2, ((1, 15),) * 2), solve_two=unproved, clock=time.monotonic).points == ()


def test_a_front_of_three_parts_is_refused() -> None:
    with pytest.raises(FamilyError, match="两个部分"):
        front(rook(2, 2), DivisionRequest(3, ((0, 4),) * 3), solve_two=solve_two, clock=time.monotonic)


def test_a_plan_with_other_numbers_is_the_same_plan() -> None:
    """Households 1, 2, 4, 8: from 1 1 2 3 to 2 2 3 1 nothing moves; to 2 2 1 1, at best 4 households move (unit 2)."""
    path = make_graph([(0, 1), (1, 2), (2, 3)], households=[1, 2, 4, 8])
    one = np.array([1, 1, 2, 3])
    assert households_apart(path, one, np.array([2, 2, 3, 1]), parts=3) == 0
    assert households_apart(path, one, np.array([2, 2, 1, 1]), parts=3) == 4


def test_beating_needs_all_measures_and_one_better() -> None:
    assert beats({"a": 1, "b": 2}, {"a": 1, "b": 3})
    assert not beats({"a": 1, "b": 2}, {"a": 1, "b": 2})
    assert not beats({"a": 0, "b": 4}, {"a": 1, "b": 3})


def test_a_family_drops_the_beaten_and_the_nearly_same() -> None:
    """Path of 20 single households: cuts after 10 (kept), 11 (5 % off, kept), 10 again (same), 12 but beaten."""
    path = make_graph([(u, u + 1) for u in range(19)], households=[1] * 20)

    def cut_after(u: int, **measures: float) -> Alternative:
        return Alternative(np.where(np.arange(20) < u, 1, 2), "any", measures, False)

    first, near, same = cut_after(10, a=1, b=5), cut_after(11, a=2, b=4), cut_after(10, a=1, b=5)
    beaten = cut_after(12, a=3, b=6)
    assert choose_family(path, [first, near, same, beaten], parts=2) == [first, near]
    assert choose_family(path, [first, near, same, beaten], parts=2, differ_share=0.06) == [first]


def test_a_family_has_at_most_five_and_takes_the_farthest() -> None:
    """Cuts after 2, 3, .. 18 with measures that do not beat each other: five, the first and then the farthest."""
    path = make_graph([(u, u + 1) for u in range(19)], households=[1] * 20)
    many = [Alternative(np.where(np.arange(20) < u, 1, 2), "any", {"a": u, "b": -u}, False) for u in range(2, 19)]
    chosen = choose_family(path, many, parts=2)
    assert len(chosen) == 5 and chosen[0] is many[0]
    # From the cut after 2 (renumbering makes 20 - u as good as u): the farthest is after 11 or 10, or there about.
    assert households_apart(path, chosen[0].part_of, chosen[1].part_of, parts=2) == max(
        households_apart(path, many[0].part_of, a.part_of, parts=2) for a in many
    )


def test_each_profile_gives_its_own_best_plan() -> None:
    """4x6 board: cheap to cut down the middle column under one profile, along the middle row under the other."""
    board = rook(4, 6)
    across = np.array([1 if v == u + 6 else 9 for u, v in board.edges.tolist()], dtype=np.int64)
    along = np.array([1 if v == u + 1 else 9 for u, v in board.edges.tolist()], dtype=np.int64)
    request = DivisionRequest(2, ((12, 12),) * 2, interchangeable=True, seconds=10)
    found = family(board, request, costs={"rows": across, "columns": along}, solve_two=solve_two, clock=time.monotonic)
    best = {a.profile: a.measures[f"cost under {a.profile}"] for a in found if a.proved}
    assert best == {"rows": 6.0, "columns": 4.0}
    for a in found:
        assert not faults(board, request, a.part_of)
        for b in found:
            assert a is b or households_apart(board, a.part_of, b.part_of, parts=2) >= 0.05 * board.total
            assert not beats(a.measures, b.measures)


def test_other_measures_count_too() -> None:
    """A measure that likes unit 0 and 23 in one part: a plan that has it is in the family, though dearer."""
    board = rook(4, 6, seed=1)
    request = DivisionRequest(2, ((8, 16),) * 2, interchangeable=True, seconds=10)
    found = family(
        board,
        request,
        costs={"own": board.cost},
        solve_two=solve_two,
        clock=time.monotonic,
        measures=lambda part_of: {"apart": float(part_of[0] != part_of[23])},
    )
    assert all("apart" in a.measures for a in found)
    assert found[0].proved


def test_a_family_of_an_impossible_request_is_empty_and_bad_costs_are_named() -> None:
    board = rook(2, 2)
    request = DivisionRequest(2, ((4, 4),) * 2)
    given = {"solve_two": solve_two, "clock": time.monotonic}
    assert family(board, request, costs={"own": board.cost}, **given) == []
    with pytest.raises(FamilyError, match="short"):
        family(board, replace(request, ranges=((2, 2),) * 2), costs={"short": board.cost[:2]}, **given)
    with pytest.raises(FamilyError, match="profile"):
        family(board, request, costs={}, **given)
