"""The sampler against full enumeration: what it says about probabilities is checked plan by plan."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from geoapp.splitting.ensemble import draw_ensemble
from geoapp.splitting.solvers import recom
from tests.splitting.enumeration import (
    all_plans,
    cut_edge_count,
    distinct,
    make_graph,
    rook,
    tree_product,
    trees,
)


def p_value_of(drawn: np.ndarray, probability: dict[tuple[int, ...], float]) -> float:
    """Chi-square p of the rows against the probabilities; a row that should not be there fails at once."""
    counts = Counter(map(tuple, drawn.tolist()))
    assert set(counts) <= set(probability)
    expected = np.array(list(probability.values()))
    seen = np.array([counts[plan] for plan in probability])
    return float(chisquare(seen, expected / expected.sum() * len(drawn)).pvalue)


def test_the_board_of_sixteen_has_the_known_plans_and_sums() -> None:
    """4x4 into 8+8: 70 plans; sum of trees*trees*cut 53440, without the cut 10660."""
    board = rook(4, 4)
    plans = distinct(all_plans(board, [(8, 8), (8, 8)]))
    assert len(plans) == 70
    assert sum(tree_product(board, p) for p in plans) == 10660
    assert sum(tree_product(board, p) * cut_edge_count(board, p) for p in plans) == 53440


def test_draws_of_equal_halves_follow_trees_times_cut() -> None:
    board = rook(4, 4)
    weight = {
        p: float(tree_product(board, p) * cut_edge_count(board, p)) for p in distinct(all_plans(board, [(8, 8)] * 2))
    }
    drawn = draw_ensemble(board, 2, tolerance=0.05, draws=40_000, seed=11)
    assert p_value_of(drawn.part_of, weight) > 0.001


def test_random_minimum_trees_fail_the_same_test() -> None:
    board = rook(4, 4)
    weight = {
        p: float(tree_product(board, p) * cut_edge_count(board, p)) for p in distinct(all_plans(board, [(8, 8)] * 2))
    }
    drawn = draw_ensemble(board, 2, tolerance=0.05, draws=40_000, seed=11, tree="mst")
    assert p_value_of(drawn.part_of, weight) < 0.001


def test_draws_with_a_tolerance_follow_trees_times_cut_too() -> None:
    """3x4 with uneven households and 35 % tolerance: trees have several balanced edges, so b / M decides."""
    world = rook(3, 4, households=[1, 2, 0, 1, 3, 1, 1, 2, 1, 1, 2, 1])
    drawn = draw_ensemble(world, 2, tolerance=0.35, draws=60_000, seed=3)
    weight = {
        p: float(tree_product(world, p) * cut_edge_count(world, p)) for p in distinct(all_plans(world, [(6, 10)] * 2))
    }
    assert p_value_of(drawn.part_of, weight) > 0.001


def test_plain_acceptance_would_not_follow_it() -> None:
    """The same world with every tree that has a balanced edge accepted: the chi-square must notice."""
    world = rook(3, 4, households=[1, 2, 0, 1, 3, 1, 1, 2, 1, 1, 2, 1])
    indptr, neighbour, _ = world.adjacency
    kept = np.zeros((60_000, world.n), dtype=np.int8)
    recom.independent_bipartitions(
        indptr, neighbour, world.households, 6, 0, recom.UNIFORM, 1000, recom.seeded(3), kept
    )
    weight = {
        p: float(tree_product(world, p) * cut_edge_count(world, p)) for p in distinct(all_plans(world, [(6, 10)] * 2))
    }
    assert p_value_of(kept + 1, weight) < 0.001


def test_weights_of_one_over_cut_give_the_product_of_trees() -> None:
    """Weighted counts against 10660-normalised products: every plan within five standard errors."""
    board = rook(4, 4)
    plans = distinct(all_plans(board, [(8, 8)] * 2))
    drawn = draw_ensemble(board, 2, tolerance=0.0, draws=60_000, seed=5)
    share = dict.fromkeys(plans, 0.0)
    for row, weight in zip(map(tuple, drawn.part_of.tolist()), drawn.weights.tolist(), strict=True):
        share[row] += weight
    for plan in plans:
        target = tree_product(board, plan) / 10660
        assert abs(share[plan] - target) < 5 * (target / 60_000) ** 0.5 * 1.5


def by_wheel(indptr, neighbour, state, parent, order) -> None:
    recom.uniform_tree_by_wheel(recom.next_units(indptr, neighbour), indptr, neighbour, state, parent, order)


@pytest.mark.parametrize("draw", [recom.uniform_tree, by_wheel])
def test_uniform_trees_are_uniform(draw) -> None:
    """2x3 board: 15 spanning trees."""
    board = rook(2, 3)
    assert trees(board, range(6)) == 15
    indptr, neighbour, _ = board.adjacency
    state, parent, order = recom.seeded(1), np.empty(6, dtype=np.int32), np.empty(6, dtype=np.int32)
    counts: Counter[frozenset[frozenset[int]]] = Counter()
    for _ in range(15_000):
        draw(indptr, neighbour, state, parent, order)
        counts[frozenset(frozenset((u, int(p))) for u, p in enumerate(parent) if p >= 0)] += 1
    assert len(counts) == 15
    assert chisquare(list(counts.values())).pvalue > 0.001


def test_the_wheel_leads_to_every_neighbour_equally_often() -> None:
    """Of 32 turns a unit with 3 neighbours uses 30, ten each; one with 40 asks for a number each time."""
    hub = make_graph([(0, v) for v in range(1, 41)] + [(1, 2), (1, 3)], households=[1] * 41)
    wheel = recom.next_units(*hub.adjacency[:2]).reshape(-1, recom.TURNS)
    assert set(wheel[0].tolist()) == {-2}
    assert Counter(wheel[1].tolist()) == {0: 10, 2: 10, 3: 10, -1: 2}
    assert Counter(wheel[2].tolist()) == {0: 16, 1: 16}


def test_trees_around_a_hub_with_many_neighbours_are_uniform() -> None:
    """40 units around a hub, two of them joined: each tree has two of the three sides of one triangle."""
    hub = make_graph([(0, v) for v in range(1, 41)] + [(1, 2)], households=[1] * 41)
    state, parent, order = recom.seeded(2), np.empty(41, dtype=np.int32), np.empty(41, dtype=np.int32)
    counts: Counter[tuple[int, int]] = Counter()
    for _ in range(6000):
        by_wheel(*hub.adjacency[:2], state, parent, order)
        counts[int(parent[1]), int(parent[2])] += 1
    assert set(counts) == {(0, 0), (0, 1), (2, 0)}
    assert chisquare(list(counts.values())).pvalue > 0.001


@pytest.mark.parametrize("draw", [recom.uniform_tree, by_wheel, recom.minimum_tree])
def test_a_tree_reaches_every_unit_and_names_parents_first(draw) -> None:
    board = rook(5, 7)
    indptr, neighbour, _ = board.adjacency
    parent, order = np.empty(35, dtype=np.int32), np.empty(35, dtype=np.int32)
    draw(indptr, neighbour, recom.seeded(2), parent, order)
    assert sorted(order.tolist()) == list(range(35))
    place = {int(u): i for i, u in enumerate(order)}
    pairs = set(map(tuple, board.edges.tolist()))
    for u, p in enumerate(parent.tolist()):
        if p < 0:
            assert place[u] == 0
        else:
            assert place[p] < place[u] and (min(u, p), max(u, p)) in pairs


def test_the_maximum_is_attained_by_a_path() -> None:
    """A path of 20 single households with at least 8 on a side: cuts after unit 8 to 12, so 5 edges."""
    assert recom.balanced_edges_at_most(np.ones(20, dtype=np.int64), 20, 8) == 5


def test_the_maximum_is_attained_by_a_star_of_arms() -> None:
    """Three arms of two units and a hub, one household each, at least one on a side: all six edges count."""
    assert recom.balanced_edges_at_most(np.ones(7, dtype=np.int64), 7, 1) == 6


@given(st.integers(0, 2**32), st.lists(st.integers(0, 6), min_size=2, max_size=12), st.integers(0, 20))
@settings(max_examples=300, deadline=None)
def test_no_tree_has_more_balanced_edges_than_the_maximum(seed: int, households: list[int], least: int) -> None:
    """Random recursive trees on random households: count the balanced edges by cutting each."""
    rng = np.random.default_rng(seed)
    n = len(households)
    parent = [-1] + [int(rng.integers(0, u)) for u in range(1, n)]
    below = list(households)
    for u in range(n - 1, 0, -1):
        below[parent[u]] += below[u]
    total = sum(households)
    balanced = sum(below[u] >= least and total - below[u] >= least for u in range(1, n))
    assert balanced <= recom.balanced_edges_at_most(np.sort(np.array(households, dtype=np.int64)), total, least)


def test_the_same_seed_gives_the_same_draws_and_another_seed_others() -> None:
    board = rook(6, 6)
    one = draw_ensemble(board, 2, tolerance=0.1, draws=50, seed=9).part_of
    assert np.array_equal(one, draw_ensemble(board, 2, tolerance=0.1, draws=50, seed=9).part_of)
    assert not np.array_equal(one, draw_ensemble(board, 2, tolerance=0.1, draws=50, seed=10).part_of)


def test_the_random_words_are_those_of_splitmix() -> None:
    """Reference values of splitmix64 from state 0 (Vigna's splitmix64.c), so every machine draws the same."""
    state = np.zeros(1, dtype=np.uint64)
    words = [int(recom.random_word(state)) for _ in range(3)]
    assert words == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def test_numbers_below_a_bound_are_even() -> None:
    state = recom.seeded(4)
    counts = Counter(recom.random_below(state, 7) for _ in range(14_000))
    assert sorted(counts) == list(range(7))
    assert chisquare(list(counts.values())).pvalue > 0.001


def test_a_star_has_no_halves_and_says_so() -> None:
    """Hub of 1 and four leaves of 1: any cut leaves 1 and 4; no tree serves, no row is filled."""
    star = make_graph([(0, 1), (0, 2), (0, 3), (0, 4)], households=[1] * 5)
    indptr, neighbour, _ = star.adjacency
    kept = np.zeros((3, 5), dtype=np.int8)
    rows, drawn = recom.independent_bipartitions(
        indptr, neighbour, star.households, 2, 1, recom.UNIFORM, 50, recom.seeded(1), kept
    )
    assert (rows, drawn) == (0, 50)
