"""Many plans drawn at random under the same limits: what is usual, so that one can tell what is unusual."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoapp.errors import Invalid, NoAnswer
from geoapp.splitting.graph import IndexArray, IntArray, UnitGraph
from geoapp.splitting.solvers import chains, recom

PlanArray = NDArray[np.int8]

TREES = {"uniform": recom.UNIFORM, "mst": recom.MINIMUM}
#: Beyond this many parts the reversible chain hardly moves, and the plain one is used (Cannon et al. 2022, section 5).
REVERSIBLE_PARTS = 6
#: Trees in a row without a balanced edge before a draw is given up: seconds even on large graphs.
TRIES = 100_000
#: Trees for one halving of a chain's first plan.
FIRST_TRIES = 5_000
#: Thinning of chains: steps between two kept plans, per part.
STEPS_PER_PART = 4


class EnsembleError(Invalid):
    """What was asked for cannot be drawn from; the message says what to change."""


class NothingToDraw(NoAnswer):
    """No plan was found under these limits."""


@dataclass(frozen=True)
class Ensemble:
    """Plans drawn at random.

    Parameters
    ----------
    part_of : (draws, n) int8, parts 1..k in the order in which they first occur, so equal plans are equal rows
    method : "independent" (each draw by itself), "reversible" (a chain with known distribution), "recom" (a chain)
    tree : "uniform" or "mst"
    trees : trees drawn in all
    moved : share of the chain's steps that changed the plan; 1.0 for independent draws
    """

    part_of: PlanArray
    method: str
    tree: str
    trees: int
    moved: float
    #: log of each draw's probability up to one constant is log of this plus the logs of the parts' tree counts
    cut_edges: IntArray = field(repr=False)

    @property
    def has_weights(self) -> bool:
        """Whether the draws' probabilities are known."""
        return self.tree == "uniform" and self.method != "recom"

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weights (draws,) that turn the draws into ones from the product of tree counts, summing to 1.

        Independent draws come with an extra factor |cut|; reversible ones have the target already; plain ReCom has no
        closed form, and asking for weights is refused.
        """
        if not self.has_weights:
            raise EnsembleError("只有 uniform 树、不超过 6 个部分的随机方案才有已知的概率权重：请改 tree 或 parts。")
        raw = 1.0 / np.maximum(self.cut_edges, 1) if self.method == "independent" else np.ones(len(self.cut_edges))
        return raw / raw.sum()


def limits(total: int, parts: int, *, tolerance: float) -> tuple[int, int]:
    """Least and most households of a part: within ``tolerance`` of an equal share, ends included.

    >>> limits(16, 2, tolerance=0.05)
    (8, 8)
    >>> limits(400, 2, tolerance=0.05)
    (190, 210)
    """
    if not 0 <= tolerance < 1:
        raise EnsembleError(f"tolerance 是 {tolerance}，应在 0 与 1 之间（不含 1）：例如 0.05 表示上下 5%。")
    # Rounded before the ceiling: 0.95 * 200 must not become 190.00000000000003.
    least = int(np.ceil(round(total * (1 - tolerance) / parts, 6)))
    most = int(np.floor(round(total * (1 + tolerance) / parts, 6)))
    return least, most


def in_order_of_first_unit(part_of: NDArray[np.signedinteger]) -> PlanArray:
    """Each row's parts renumbered 1..k in the order in which they first occur, (draws, n) int8.

    >>> in_order_of_first_unit(np.array([[2, 0, 2, 1]]))
    array([[1, 2, 1, 3]], dtype=int8)
    """
    rows = np.array(part_of, dtype=np.int8)
    _renumber(rows)
    return rows


@njit(cache=True)
def _renumber(rows: PlanArray) -> None:
    name = np.empty(128, dtype=np.int8)
    for row in range(rows.shape[0]):
        name[:] = 0
        last = 0
        for u in range(rows.shape[1]):
            part = rows[row, u]
            if name[part] == 0:
                last += 1
                name[part] = last
            rows[row, u] = name[part]


def cut_edges(graph: UnitGraph, part_of: PlanArray) -> IntArray:
    """Edges between different parts, (draws,), for plans (draws, n)."""
    return cut_costs(replace(graph, cost=np.ones(graph.m, dtype=np.int64)), part_of)


def cut_costs(graph: UnitGraph, part_of: PlanArray) -> IntArray:
    """Cost of the border of each plan, (draws,), for plans (draws, n)."""
    costs = np.zeros(len(part_of), dtype=np.int64)
    _add_costs(graph.edges, graph.cost, part_of, costs)
    return costs


@njit(cache=True)
def _add_costs(edges: IndexArray, cost: IntArray, rows: PlanArray, costs: IntArray) -> None:
    for row in range(rows.shape[0]):
        for e in range(edges.shape[0]):
            if rows[row, edges[e, 0]] != rows[row, edges[e, 1]]:
                costs[row] += cost[e]


def draw_ensemble(
    graph: UnitGraph,
    parts: int,
    *,
    tolerance: float,
    draws: int,
    seed: int,
    tree: str = "uniform",
    started: Callable[[], None] = lambda: None,
) -> Ensemble:
    """Draw plans: two parts independently, three to six by reversible ReCom, more by plain ReCom.

    Parameters
    ----------
    graph : connected graph of n units
    parts : 1 to 127, at most n
    tolerance : share of an equal part's households by which a part may be off
    draws : rows to draw
    seed : same seed, same draws
    tree : "uniform" or "mst"; random minimum trees are biased, and are here to be compared with
    started : called when all is compiled and checked and sampling begins

    Raises
    ------
    EnsembleError : the graph is in pieces, or a number makes no sense
    NothingToDraw : no plan was found within the limits
    """
    least, most = _checked(graph, parts, tolerance=tolerance, draws=draws, tree=tree)
    kept = np.zeros((draws, graph.n), dtype=np.int8)
    state, kind = recom.seeded(seed), TREES[tree]
    if parts == 1:
        started()
        method, trees, moved = "independent", 0, 1.0
    elif parts == 2:
        method, trees, moved = _independent(graph, least, most, kind, state, kept, started)
    else:
        method, trees, moved = _chain(graph, parts, least, most, kind, state, kept, started)
    _renumber(kept)
    return Ensemble(kept, method, tree, trees, moved, cut_edges(graph, kept))


def _independent(
    graph: UnitGraph,
    least: int,
    most: int,
    kind: int,
    state: recom.StateArray,
    kept: PlanArray,
    started: Callable[[], None],
) -> tuple[str, int, float]:
    """Fill ``kept`` with independent bipartitions; gives method, trees drawn, share of steps that moved."""
    low = max(least, graph.total - most)
    ceiling = recom.balanced_edges_at_most(np.sort(graph.households), graph.total, low)
    indptr, neighbour, _ = graph.adjacency
    given = (indptr, neighbour, graph.households, low, ceiling, kind, TRIES)
    recom.independent_bipartitions(*given, recom.seeded(0), kept[:0])  # compiles, draws nothing
    started()
    rows, trees = recom.independent_bipartitions(*given, state, kept)
    if rows < len(kept):
        raise NothingToDraw(_not_found(2, least, most))
    return "independent", trees, 1.0


def _chain(
    graph: UnitGraph,
    parts: int,
    least: int,
    most: int,
    kind: int,
    state: recom.StateArray,
    kept: PlanArray,
    started: Callable[[], None],
) -> tuple[str, int, float]:
    """Fill ``kept`` from a chain; as `_independent`."""
    step = chains.REVERSIBLE if parts <= REVERSIBLE_PARTS else chains.PLAIN
    indptr, neighbour, _ = graph.adjacency
    part_of = np.zeros(graph.n, dtype=np.int8)
    given = (indptr, neighbour, graph.households, parts, least, most)
    if not chains.first_plan(*given, FIRST_TRIES, state, part_of):
        raise NothingToDraw(_not_found(parts, least, most))
    run = (indptr, neighbour, graph.edges, graph.households, part_of, parts, least, most, step, kind, TRIES)
    every = STEPS_PER_PART * parts
    chains.run_chain(*run, every, state, kept[:0])  # compiles, draws nothing
    started()
    # A tenth of the steps again for the chain to forget where it began.
    chains.run_chain(*run, every * max(len(kept) // 10, 1), state, kept[:1])
    moved, trees = chains.run_chain(*run, every, state, kept)
    return "reversible" if step == chains.REVERSIBLE else "recom", trees, moved / (every * len(kept))


def _checked(graph: UnitGraph, parts: int, *, tolerance: float, draws: int, tree: str) -> tuple[int, int]:
    """Least and most households of a part, after everything that can be refused at once."""
    if tree not in TREES:
        raise EnsembleError(f"没有名为 {tree} 的生成树：请用 uniform 或 mst。")
    if draws < 1:
        raise EnsembleError(f"draws 是 {draws}，至少要抽 1 个方案。")
    if not 1 <= parts <= 127:
        raise EnsembleError(f"parts 是 {parts}，应在 1 到 127 之间。")
    least, most = limits(graph.total, parts, tolerance=tolerance)
    if parts > graph.n or least > most:
        raise NothingToDraw(_not_found(parts, least, most))
    if graph.households.max(initial=0) > most:
        worst = int(graph.households.argmax())
        raise NothingToDraw(
            f"单元 {graph.ids[worst]} 有 {graph.households[worst]} 户，超过了一个部分的上限 {most}："
            "请先拆分这个单元，或放宽 tolerance。"
        )
    pieces = int(graph.pieces.max(initial=0)) + 1
    if pieces > 1:
        raise EnsembleError(f"图里有互不相连的 {pieces} 片，随机方案只能在一片之内抽取：请先连通，或逐片抽取。")
    return least, most


def _not_found(parts: int, least: int, most: int) -> str:
    return f"没有找到 {parts} 个部分、每个 {least} 到 {most} 户的方案：请放宽 tolerance 或减少 parts。"
