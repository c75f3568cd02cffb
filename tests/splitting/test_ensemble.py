"""Ensembles: known numbers of plans, known distributions of chains, one clear sentence where nothing can be drawn."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest

from geoapp.splitting.ensemble import (
    EnsembleError,
    NothingToDraw,
    cut_costs,
    cut_edges,
    draw_ensemble,
    in_order_of_first_unit,
    limits,
)
from tests.splitting.enumeration import (
    all_plans,
    border_cost,
    cut_edge_count,
    distinct,
    is_connected,
    make_graph,
    neighbour_masks,
    rook,
    tree_product,
)


@cache
def sixteen() -> list[tuple[int, ...]]:
    """All plans of 4x4 units in four parts of four."""
    return distinct(all_plans(rook(4, 4), [(4, 4)] * 4))


def test_the_board_of_sixteen_has_117_plans_of_four_and_the_chain_visits_all() -> None:
    board = rook(4, 4)
    plans = sixteen()
    assert len(plans) == 117
    drawn = draw_ensemble(board, 4, tolerance=0.0, draws=6000, seed=1)
    assert set(map(tuple, drawn.part_of.tolist())) == set(plans)
    assert drawn.method == "reversible"


def test_reversible_draws_have_the_product_of_trees() -> None:
    """4x4 into four: shares within five standard errors of trees/sum, thinned draws counted as independent."""
    board = rook(4, 4)
    plans = sixteen()
    product = {p: tree_product(board, p) for p in plans}
    draws = 30_000
    counts = Counter(map(tuple, draw_ensemble(board, 4, tolerance=0.0, draws=draws, seed=2).part_of.tolist()))
    total = sum(product.values())
    worst = max(abs(counts[p] - draws * t / total) / (draws * t / total) ** 0.5 for p, t in product.items())
    assert worst < 5


def test_reversible_draws_with_a_tolerance_have_it_too() -> None:
    """3x3 into three parts of 2 to 4 units: the region's M differs from pair to pair."""
    board = rook(3, 3)
    product = {p: tree_product(board, p) for p in distinct(all_plans(board, [(2, 4)] * 3))}
    draws = 30_000
    counts = Counter(map(tuple, draw_ensemble(board, 3, tolerance=0.34, draws=draws, seed=3).part_of.tolist()))
    assert set(counts) == set(product)
    total = sum(product.values())
    worst = max(abs(counts[p] - draws * t / total) / (draws * t / total) ** 0.5 for p, t in product.items())
    assert worst < 5


def test_every_drawn_plan_is_connected_and_within_the_limits() -> None:
    """10x10 into 3 and 9 parts: chain of either kind."""
    board = rook(10, 10)
    masks = neighbour_masks(board)
    for parts, method in ((3, "reversible"), (9, "recom")):
        drawn = draw_ensemble(board, parts, tolerance=0.1, draws=40, seed=8)
        least, most = limits(100, parts, tolerance=0.1)
        assert drawn.method == method
        for row in drawn.part_of.tolist():
            for part in range(1, parts + 1):
                units = [u for u in range(100) if row[u] == part]
                assert least <= len(units) <= most
                assert is_connected(sum(1 << u for u in units), masks)


def test_cut_edges_and_costs_agree_with_counting_by_hand() -> None:
    board = rook(4, 5, seed=3)
    drawn = draw_ensemble(board, 2, tolerance=0.1, draws=20, seed=8)
    assert drawn.cut_edges.tolist() == [cut_edge_count(board, row) for row in drawn.part_of.tolist()]
    assert cut_edges(board, drawn.part_of).tolist() == drawn.cut_edges.tolist()
    assert cut_costs(board, drawn.part_of).tolist() == [border_cost(board, row) for row in drawn.part_of.tolist()]


def test_parts_are_numbered_in_the_order_of_their_first_unit() -> None:
    rows = np.array([[3, 3, 0, 1], [1, 0, 1, 3]], dtype=np.int8)
    assert in_order_of_first_unit(rows).tolist() == [[1, 1, 2, 3], [1, 2, 1, 3]]


def test_one_part_is_everything() -> None:
    drawn = draw_ensemble(rook(2, 2), 1, tolerance=0.0, draws=3, seed=1)
    assert drawn.part_of.tolist() == [[1, 1, 1, 1]] * 3
    assert drawn.cut_edges.tolist() == [0, 0, 0]


def test_two_units_have_one_plan() -> None:
    pair = make_graph([(0, 1)], households=[5, 5])
    assert draw_ensemble(pair, 2, tolerance=0.0, draws=4, seed=1).part_of.tolist() == [[1, 2]] * 4


def test_a_path_of_four_has_one_plan_of_equal_halves() -> None:
    path = make_graph([(0, 1), (1, 2), (2, 3)], households=[1] * 4)
    assert draw_ensemble(path, 2, tolerance=0.0, draws=4, seed=1).part_of.tolist() == [[1, 1, 2, 2]] * 4


def test_a_unit_above_the_limit_is_named() -> None:
    pair = make_graph([(0, 1), (1, 2)], households=[50, 5, 5])
    with pytest.raises(NothingToDraw, match="单元 0 有 50 户"):
        draw_ensemble(pair, 2, tolerance=0.1, draws=1, seed=1)


def test_one_unit_cannot_be_two_parts() -> None:
    with pytest.raises(NothingToDraw, match="2 个部分"):
        draw_ensemble(make_graph([], households=[10]), 2, tolerance=0.1, draws=1, seed=1)


def test_islands_are_refused_with_their_number() -> None:
    with pytest.raises(EnsembleError, match="互不相连的 2 片"):
        draw_ensemble(make_graph([(0, 1), (2, 3)], households=[1] * 4), 2, tolerance=0.5, draws=1, seed=1)


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"tolerance": -0.1}, "tolerance"),
        ({"tolerance": float("nan")}, "tolerance"),
        ({"draws": 0}, "draws"),
        ({"tree": "oak"}, "oak"),
        ({"parts": 128}, "127"),
        ({"parts": 0}, "127"),
    ],
)
def test_numbers_without_sense_are_refused_with_a_remedy(changed: dict, word: str) -> None:
    given = {"parts": 2, "tolerance": 0.1, "draws": 1, "tree": "uniform"} | changed
    with pytest.raises(EnsembleError, match=word):
        draw_ensemble(rook(2, 2), given.pop("parts"), seed=1, **given)


def test_minimum_trees_and_plain_chains_have_no_weights() -> None:
    biased = draw_ensemble(rook(4, 4), 2, tolerance=0.1, draws=5, seed=8, tree="mst")
    with pytest.raises(EnsembleError, match="才有已知的概率权重"):
        _ = biased.weights
    drawn = draw_ensemble(rook(6, 6), 9, tolerance=0.5, draws=5, seed=8)
    with pytest.raises(EnsembleError, match="才有已知的概率权重"):
        _ = drawn.weights
