"""Many plans drawn at random under the same limits: what is usual, so that one can tell what is unusual."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from geoapp.errors import Invalid, NoAnswer
from geoapp.splitting.graph import IntArray, UnitGraph
from geoapp.splitting.solvers import chains, recom

PlanArray = NDArray[np.int8]

TREES = {"uniform": recom.UNIFORM, "mst": recom.MINIMUM}
#: Beyond this many parts the reversible chain hardly moves, and the plain one is used (Cannon et al. 2022, section 5).
REVERSIBLE_PARTS = 6
#: Trees in a row without a balanced edge before a draw is given up: seconds even on large graphs.
TRIES = 100_000
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
    trees : trees drawn in all
    moved : share of the chain's steps that changed the plan; 1.0 for independent draws
    """

    part_of: PlanArray
    method: str
    trees: int
    moved: float
    #: log of each draw's probability up to one constant is log of this plus the logs of the parts' tree counts
    cut_edges: IntArray = field(repr=False)

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weights (draws,) that turn the draws into ones from the product of tree counts, summing to 1.

        Independent draws come with an extra factor |cut|; reversible ones have the target already; plain ReCom has no
        closed form, and asking for weights is refused.
        """
        if self.method == "recom":
            raise EnsembleError("Plain ReCom draws have no known weights; draw six parts or fewer with uniform trees.")
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
        raise EnsembleError(f"The tolerance {tolerance} is no share in [0, 1); 0.05 means five per cent.")
    # Rounded before the ceiling: 0.95 * 200 must not become 190.00000000000003.
    least = int(np.ceil(round(total * (1 - tolerance) / parts, 6)))
    most = int(np.floor(round(total * (1 + tolerance) / parts, 6)))
    return least, most


def in_order_of_first_unit(part_of: NDArray[np.signedinteger]) -> PlanArray:
    """Each row's parts renumbered 1..k in the order in which they first occur.

    >>> in_order_of_first_unit(np.array([[2, 0, 2, 1]]))
    array([[1, 2, 1, 3]], dtype=int8)
    """
    rows = np.asarray(part_of)
    first = np.stack([np.where(np.any(hit := rows == p, axis=1), hit.argmax(axis=1), rows.shape[1])
                      for p in range(int(rows.max(initial=0)) + 1)], axis=1)  # fmt: skip
    rank = first.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    return (np.take_along_axis(rank, rows.astype(np.int64), axis=1) + 1).astype(np.int8)


def cut_edges(graph: UnitGraph, part_of: NDArray[np.signedinteger]) -> IntArray:
    """Edges between different parts, (draws,), for plans (draws, n)."""
    return np.count_nonzero(part_of[:, graph.edges[:, 0]] != part_of[:, graph.edges[:, 1]], axis=1).astype(np.int64)


def cut_costs(graph: UnitGraph, part_of: NDArray[np.signedinteger]) -> IntArray:
    """Cost of the border of each plan, (draws,), for plans (draws, n)."""
    cut = part_of[:, graph.edges[:, 0]] != part_of[:, graph.edges[:, 1]]
    return (cut @ graph.cost).astype(np.int64)


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
    indptr, neighbour, _ = graph.adjacency
    state, kind = recom.seeded(seed), TREES[tree]
    if parts == 1:
        started()
        ones = np.ones((draws, graph.n), dtype=np.int8)
        return Ensemble(ones, "independent", 0, 1.0, cut_edges(graph, ones))
    kept = np.zeros((draws, graph.n), dtype=np.int8)
    if parts == 2:
        low = max(least, graph.total - most)
        ceiling = recom.balanced_edges_at_most(np.sort(graph.households), graph.total, low)
        recom.independent_bipartitions(
            indptr, neighbour, graph.households, low, ceiling, kind, 1, recom.seeded(0), kept[:0]
        )
        started()
        rows, trees = recom.independent_bipartitions(
            indptr, neighbour, graph.households, low, ceiling, kind, TRIES, state, kept
        )
        if rows < draws:
            raise NothingToDraw(_not_found(parts, least, most))
        return Ensemble(in_order_of_first_unit(kept), "independent", trees, 1.0, cut_edges(graph, kept))
    step = chains.REVERSIBLE if parts <= REVERSIBLE_PARTS else chains.PLAIN
    part_of = np.zeros(graph.n, dtype=np.int8)
    if not chains.first_plan(indptr, neighbour, graph.households, parts, least, most, TRIES // 20, state, part_of):
        raise NothingToDraw(_not_found(parts, least, most))
    every = STEPS_PER_PART * parts
    run = (indptr, neighbour, graph.edges, graph.households)
    chains.run_chain(*run, part_of, parts, least, most, step, kind, TRIES, every, state, kept[:0])
    # A tenth of the draws again for the chain to forget where it began.
    warm_up = np.zeros((max(draws // 10, 1), graph.n), dtype=np.int8)
    started()
    chains.run_chain(*run, part_of, parts, least, most, step, kind, TRIES, every, state, warm_up)
    moved, trees = chains.run_chain(*run, part_of, parts, least, most, step, kind, TRIES, every, state, kept)
    name = "reversible" if step == chains.REVERSIBLE else "recom"
    return Ensemble(in_order_of_first_unit(kept), name, trees, moved / max(draws * every, 1), cut_edges(graph, kept))


def _checked(graph: UnitGraph, parts: int, *, tolerance: float, draws: int, tree: str) -> tuple[int, int]:
    """Least and most households of a part, after everything that can be refused at once."""
    if tree not in TREES:
        raise EnsembleError(f"There is no tree called {tree!r}; take uniform or mst.")
    if draws < 1:
        raise EnsembleError(f"{draws} draws were asked for; ask for one or more.")
    if not 1 <= parts <= 127:
        raise EnsembleError(f"{parts} parts were asked for; plans have 1 to 127.")
    least, most = limits(graph.total, parts, tolerance=tolerance)
    if parts > graph.n or least > most:
        raise NothingToDraw(_not_found(parts, least, most))
    if graph.households.max(initial=0) > most:
        worst = int(graph.households.argmax())
        raise NothingToDraw(
            f"Unit {graph.ids[worst]!r} alone has {graph.households[worst]} households, more than the {most} that a "
            "part may have; divide the unit or allow a larger tolerance."
        )
    pieces = _pieces(graph)
    if pieces > 1:
        raise EnsembleError(
            f"The units are in {pieces} pieces that do not touch; bridge them or draw for each piece by itself."
        )
    return least, most


def _pieces(graph: UnitGraph) -> int:
    one = np.ones(graph.m, dtype=np.int8)
    matrix = coo_matrix((one, (graph.edges[:, 0], graph.edges[:, 1])), shape=(graph.n, graph.n))
    return int(connected_components(matrix, directed=False)[0])


def _not_found(parts: int, least: int, most: int) -> str:
    return (
        f"No plan with {parts} parts of {least} to {most} households each was found; "
        "allow a larger tolerance or fewer parts."
    )
