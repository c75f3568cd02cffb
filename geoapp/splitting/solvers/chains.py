"""Chains of plans of any number of parts: plain recombination, and the reversible kind whose distribution is known.

Plain ReCom (DeFord, Duchin & Solomon 2021, "Recombination: a family of Markov chains for redistricting") merges the two
parts at a random cut edge and divides them anew along any tree that has a balanced edge; what it converges to has no
closed form. Reversible ReCom (Cannon, Duchin, Randall & Rule 2022, "Spanning tree methods for sampling graph
partitions") has the product over the parts of their numbers of spanning trees.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from geoapp.splitting.graph import IndexArray, IntArray
from geoapp.splitting.solvers.recom import (
    FlagArray,
    PartArray,
    StateArray,
    balanced_edges_at_most,
    draw_bipartition,
    households_below,
    random_below,
    uniform_tree,
)

#: How a chain steps.
PLAIN, REVERSIBLE = 0, 1


@njit(cache=True)
def region_of(
    indptr: IndexArray,
    neighbour: IndexArray,
    part_of: PartArray,
    a: int,
    b: int,
    units: IndexArray,
    place: IndexArray,
) -> tuple[int, IndexArray, IndexArray, int]:
    """Compressed rows of the graph on parts a and b alone.

    ``units`` (n,) receives the units of the region, ``place`` (n,) the position of each in it. Gives the number of
    units, indptr, neighbour, and the cut edges between a and b.
    """
    size, slots = 0, 0
    for u in range(part_of.size):
        if part_of[u] == a or part_of[u] == b:
            units[size] = u
            place[u] = size
            size += 1
            slots += indptr[u + 1] - indptr[u]
    rows, columns = np.empty(size + 1, dtype=np.int32), np.empty(slots, dtype=np.int32)
    filled, cut = 0, 0
    for i in range(size):
        rows[i] = filled
        u = units[i]
        for j in range(indptr[u], indptr[u + 1]):
            v = neighbour[j]
            if part_of[v] == a or part_of[v] == b:
                columns[filled] = place[v]
                filled += 1
                if u < v and part_of[u] != part_of[v]:
                    cut += 1
    rows[size] = filled
    return size, rows, columns[:filled], cut


@njit(cache=True)
def crossing(rows: IndexArray, columns: IndexArray, side: FlagArray) -> int:
    """Edges of a region between its two sides."""
    cut = 0
    for i in range(rows.size - 1):
        for j in range(rows[i], rows[i + 1]):
            if i < columns[j] and side[i] != side[columns[j]]:
                cut += 1
    return cut


@njit(cache=True)
def pair_at_cut_edge(edges: IndexArray, part_of: PartArray, state: StateArray) -> tuple[int, int]:
    """The parts at an edge drawn uniformly among those that are cut; there must be one."""
    while True:
        e = random_below(state, edges.shape[0])
        a, b = part_of[edges[e, 0]], part_of[edges[e, 1]]
        if a != b:
            return a, b


@njit(cache=True)
def any_pair(parts: int, state: StateArray) -> tuple[int, int]:
    """Two different parts, all pairs with the same chance whether they touch or not."""
    a = random_below(state, parts)
    b = random_below(state, parts - 1)
    return a, b + 1 if b >= a else b


@njit(cache=True)
def run_chain(
    indptr: IndexArray,
    neighbour: IndexArray,
    edges: IndexArray,
    households: IntArray,
    part_of: PartArray,
    parts: int,
    least: int,
    most: int,
    step: int,
    kind: int,
    tries: int,
    every: int,
    state: StateArray,
    kept: PartArray,
) -> tuple[int, int]:
    """Walk the chain and write every ``every``-th plan to the rows of ``kept`` (draws, n) int8.

    Parameters
    ----------
    indptr, neighbour, edges, households : a connected graph of n units
    part_of : (n,) int8, parts 0..parts-1, each connected and within [least, most]; changed in place
    step : PLAIN or REVERSIBLE
    kind : UNIFORM or MINIMUM trees; a reversible step has its known distribution with UNIFORM only
    tries : trees to draw at most in one step; when none serves the plan stays, and that counts as a step
    every : steps between two kept plans
    state : (1,) uint64, advanced

    Returns
    -------
    steps that changed the plan, trees drawn

    Notes
    -----
    *Why the reversible step is reversible for the product of trees.* The pair is drawn blindly among all pairs. On its
    union U a bipartition (A', B') comes with probability trees(A') trees(B') cut(A', B') / Z(U) times the chance that
    one of ``tries`` trees is accepted; Z, that chance and M depend on U alone, hence are the same on the way back. The
    new plan is taken with probability min(1, cut(A, B) / cut(A', B')), so flow there and flow back are both
    trees(A) trees(B) trees(A') trees(B') times a symmetric factor. Cannon et al. draw one tree per step and take the
    plan with probability 1 / cut(A', B'): the same distribution, with far more steps that stay.
    """
    n = households.size
    units, place = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    moved, trees = 0, 0
    for done in range(1, kept.shape[0] * every + 1):
        a, b = pair_at_cut_edge(edges, part_of, state) if step == PLAIN else any_pair(parts, state)
        size, rows, columns, cut = region_of(indptr, neighbour, part_of, a, b, units, place)
        if cut > 0:
            own = np.empty(size, dtype=np.int64)
            for i in range(size):
                own[i] = households[units[i]]
            total = own.sum()
            low = max(least, total - most)
            ceiling = balanced_edges_at_most(np.sort(own), total, low) if step == REVERSIBLE else 0
            side = np.empty(size, dtype=np.uint8)
            drawn = draw_bipartition(rows, columns, own, low, ceiling, kind, tries, state, side)
            trees += drawn if drawn > 0 else tries
            taken = drawn > 0
            if taken and step == REVERSIBLE:
                taken = random_below(state, crossing(rows, columns, side)) < cut
            if taken:
                moved += 1
                for i in range(size):
                    part_of[units[i]] = a if side[i] == 1 else b
        if done % every == 0:
            kept[done // every - 1] = part_of
    return moved, trees


@njit(cache=True)
def draw_shares(
    rows: IndexArray,
    columns: IndexArray,
    households: IntArray,
    parts: int,
    least: int,
    most: int,
    room: int,
    tries: int,
    state: StateArray,
    side: FlagArray,
) -> int:
    """Divide a region that is to hold ``parts`` parts along a uniform tree; gives the parts of side 1, 0 for none.

    With j parts a side may hold j * least to j * most households, and no more than ``room`` besides its fair share.
    """
    n = households.size
    parent, order = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    below = np.empty(n, dtype=np.int64)
    fits, shares = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int64)
    total = households.sum()
    for _ in range(tries):
        uniform_tree(rows, columns, state, parent, order)
        households_below(parent, order, households, below)
        count = 0
        for i in range(1, n):
            held = below[order[i]]
            j = min(max((held * parts + total // 2) // max(total, 1), 1), parts - 1)
            rest = total - held
            within = j * least <= held <= j * most and (parts - j) * least <= rest <= (parts - j) * most
            if within and abs(held * parts - j * total) <= room * parts:
                fits[count], shares[count] = order[i], j
                count += 1
        if count > 0:
            pick = random_below(state, count)
            side[:] = 0
            side[fits[pick]] = 1
            for i in range(1, n):
                if side[parent[order[i]]] == 1:
                    side[order[i]] = 1
            return shares[pick]
    return 0


@njit(cache=True)
def first_plan(
    indptr: IndexArray,
    neighbour: IndexArray,
    households: IntArray,
    parts: int,
    least: int,
    most: int,
    tries: int,
    state: StateArray,
    part_of: PartArray,
) -> bool:
    """Fill ``part_of`` (n,) int8 with connected parts within [least, most]; False if none was found.

    Regions are halved along trees. Narrow shares are tried first: a lopsided half leaves its own halves no room.
    """
    n = households.size
    units, place = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    held = np.zeros(parts, dtype=np.int64)  # parts that the region with this label is still to be divided into
    for attempt in range(20):
        part_of[:] = 0
        held[0] = parts
        label = 0
        while label < parts:
            if held[label] == 1:
                label += 1
                continue
            size, rows, columns, _ = region_of(indptr, neighbour, part_of, label, label, units, place)
            own = households[units[:size]]
            total, count = own.sum(), held[label]
            room = min(most - total // count, total // count - least) if attempt < 10 else total
            side = np.empty(size, dtype=np.uint8)
            share = 0
            if size >= count:
                share = draw_shares(rows, columns, own, count, least, most, max(room, 0), tries, state, side)
            if share == 0:
                break
            other = label + count - share  # labels label .. label+count-1 belong to this region
            held[label], held[other] = count - share, share
            for i in range(size):
                if side[i] == 1:
                    part_of[units[i]] = other
        if label == parts:
            return True
    return False
