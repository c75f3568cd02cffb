"""Plans drawn at random by recombining parts along spanning trees, with known probabilities.

A tree that spans two neighbouring parts is drawn, and one of its edges that leaves both sides within the limits is
cut. Uniform trees (Wilson 1996, "Generating random spanning trees more quickly than the cover time") give a bipartition
(A, B) the probability of a multiple of ``trees(A) trees(B) |cut(A, B)|`` when each tree is accepted with probability
(balanced edges) / M; M is `balanced_edges_at_most`. Random minimum trees are quicker to explain and biased.

All of it is compiled. Randomness is a splitmix64 state (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number
generators") that the caller passes in and that is advanced in place: integers only, so a seed gives the same
draws on every machine and every Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoapp.splitting.graph import IndexArray, IntArray

StateArray = NDArray[np.uint64]
PartArray = NDArray[np.int8]
FlagArray = NDArray[np.uint8]

#: How a tree is drawn.
UNIFORM, MINIMUM = 0, 1

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31, _S32 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32)
_LOW32 = np.uint64(0xFFFFFFFF)
#: Turns of the wheel that a walk takes its next unit from, and how many of them are in one random word.
TURNS, TURNS_PER_WORD = 32, 12
_TURN_BITS, _TURN_MASK = np.uint64(5), np.uint64(31)


def seeded(seed: int) -> StateArray:
    """State of the random numbers for a seed, (1,) uint64; any integer is a seed."""
    return np.array([(seed * 0xD1342543DE82EF95 + 0x632BE59BD9B4E019) % 2**64], dtype=np.uint64)


@njit(cache=True)
def random_word(state: StateArray) -> Any:
    """Advance the state and give 64 random bits."""
    state[0] += _GAMMA
    z = state[0]
    z = (z ^ (z >> _S30)) * _MIX1
    z = (z ^ (z >> _S27)) * _MIX2
    return z ^ (z >> _S31)


@njit(cache=True)
def random_below(state: StateArray, n: int) -> int:
    """Uniform integer in [0, n), 1 <= n < 2**32, without bias (Lemire 2019)."""
    bound = np.uint64(n)
    product = (random_word(state) >> _S32) * bound
    if (product & _LOW32) < bound:
        least = (np.uint64(0x100000000) - bound) % bound
        while (product & _LOW32) < least:
            product = (random_word(state) >> _S32) * bound
    return int(np.int64(product >> _S32))


@njit(cache=True)
def uniform_tree(
    indptr: IndexArray, neighbour: IndexArray, state: StateArray, parent: IndexArray, order: IndexArray
) -> None:
    """Fill ``parent`` (-1 at the root) and ``order`` (parents first) with a uniform spanning tree, by Wilson.

    Parameters
    ----------
    indptr, neighbour : compressed rows of a connected graph of n units; a graph in pieces would never end
    state : (1,) uint64, advanced
    parent, order : (n,) int32, written
    """
    n = indptr.size - 1
    inside = np.zeros(n, dtype=np.uint8)
    filled = _begin(indptr, inside, parent, order)
    for start in range(n):
        u = start
        while inside[u] == 0:
            row = indptr[u]
            v = neighbour[row + random_below(state, indptr[u + 1] - row)]
            parent[u] = v
            u = v
        filled = _attach(start, filled, inside, parent, order)


@njit(cache=True)
def _begin(indptr: IndexArray, inside: FlagArray, parent: IndexArray, order: IndexArray) -> int:
    """Plant the root; gives the units in the tree."""
    # Any root gives the same distribution; walks find the unit with most neighbours soonest (a fifth fewer steps
    # than to a random root on planar graphs of 300 to 2000 units).
    root = 0
    for u in range(1, indptr.size - 1):
        if indptr[u + 1] - indptr[u] > indptr[root + 1] - indptr[root]:
            root = u
    inside[root] = 1
    parent[root] = -1
    order[0] = root
    return 1


@njit(cache=True)
def _attach(start: int, filled: int, inside: FlagArray, parent: IndexArray, order: IndexArray) -> int:
    """Add the walk from ``start``, its loops erased, to the tree; gives the units in it."""
    first = filled
    u = start
    while inside[u] == 0:
        inside[u] = 1
        order[filled] = u
        filled += 1
        u = parent[u]
    last = filled - 1
    while first < last:
        order[first], order[last] = order[last], order[first]
        first += 1
        last -= 1
    return filled


@njit(cache=True)
def next_units(indptr: IndexArray, neighbour: IndexArray) -> IndexArray:
    """Where 32 turns of a wheel lead from each unit, (32 n,) int32: every neighbour equally often.

    -1 is a turn to be made again, -2 (all turns of a unit with more than 32 neighbours) one for `random_below`.
    """
    n = indptr.size - 1
    wheel = np.empty(n * TURNS, dtype=np.int32)
    for u in range(n):
        row, degree = indptr[u], indptr[u + 1] - indptr[u]
        used, j = (TURNS // degree) * degree if degree > 0 else 0, 0
        for turn in range(TURNS):
            if turn < used:
                wheel[u * TURNS + turn] = neighbour[row + j]
                j = j + 1 if j + 1 < degree else 0
            else:
                wheel[u * TURNS + turn] = -2 if degree > TURNS else -1
    return wheel


@njit(cache=True)
def uniform_tree_by_wheel(
    wheel: IndexArray,
    indptr: IndexArray,
    neighbour: IndexArray,
    state: StateArray,
    parent: IndexArray,
    order: IndexArray,
) -> None:
    """As `uniform_tree`, by `next_units`: one random word for twelve steps. Worth it where many trees are drawn."""
    n = indptr.size - 1
    inside = np.zeros(n, dtype=np.uint8)
    filled = _begin(indptr, inside, parent, order)
    word, left = np.uint64(0), 0
    for start in range(n):
        u = start
        while inside[u] == 0:
            if left == 0:
                word = random_word(state)
                left = TURNS_PER_WORD
            v = wheel[u * TURNS + np.int64(word & _TURN_MASK)]
            word >>= _TURN_BITS
            left -= 1
            if v < 0:
                if v == -1:
                    continue
                v = neighbour[indptr[u] + random_below(state, indptr[u + 1] - indptr[u])]
            parent[u] = v
            u = v
        filled = _attach(start, filled, inside, parent, order)


@njit(cache=True)
def _root_of(link: IndexArray, u: int) -> int:
    while link[u] != u:
        link[u] = link[link[u]]
        u = link[u]
    return u


@njit(cache=True)
def minimum_tree(
    indptr: IndexArray, neighbour: IndexArray, state: StateArray, parent: IndexArray, order: IndexArray
) -> None:
    """As `uniform_tree`, but the minimum tree for independent random edge lengths: not uniform over trees."""
    n = indptr.size - 1
    m = neighbour.size // 2
    tail, head = np.empty(m, dtype=np.int32), np.empty(m, dtype=np.int32)
    m = 0
    for u in range(n):
        for j in range(indptr[u], indptr[u + 1]):
            if u < neighbour[j]:
                tail[m], head[m] = u, neighbour[j]
                m += 1
    link = np.arange(n).astype(np.int32)
    near = np.full((n, 2), -1, dtype=np.int32)  # per unit its first link, per link slot the next one
    slot_to, slot_next = np.empty(2 * n, dtype=np.int32), np.empty(2 * n, dtype=np.int32)
    slots = 0
    for i in range(m):  # a random order of the edges is all that random lengths decide
        j = i + random_below(state, m - i)
        tail[i], tail[j] = tail[j], tail[i]
        head[i], head[j] = head[j], head[i]
        a, b = _root_of(link, tail[i]), _root_of(link, head[i])
        if a != b:
            link[a] = b
            for u, v in ((tail[i], head[i]), (head[i], tail[i])):
                slot_to[slots], slot_next[slots] = v, near[u, 0]
                near[u, 0] = slots
                slots += 1
    parent[:] = -1
    order[0] = 0
    filled = 1
    for i in range(n):
        u = order[i]
        slot = near[u, 0]
        while slot >= 0:
            v = slot_to[slot]
            if v != parent[u]:
                parent[v] = u
                order[filled] = v
                filled += 1
            slot = slot_next[slot]


@njit(cache=True)
def households_below(parent: IndexArray, order: IndexArray, households: IntArray, below: IntArray) -> None:
    """Fill ``below`` (n,) with the households of the subtree that hangs from each unit."""
    below[:] = households
    for i in range(order.size - 1, 0, -1):
        u = order[i]
        below[parent[u]] += below[u]


@njit(cache=True)
def balanced_edges_at_most(ascending: IntArray, total: int, least: int) -> int:
    """The most edges of one spanning tree that can leave at least ``least`` households on either side.

    Parameters
    ----------
    ascending : (n,) int64 >= 0, the units' households in ascending order
    total : their sum
    least : the smaller side's lower limit

    Returns
    -------
    M, so that no spanning tree of any graph on these units has more balanced edges; at least 1 for n >= 2

    Notes
    -----
    *Proof.* Let B be the balanced edges of a tree. Taking them out leaves |B| + 1 pieces; seen as points joined by B
    they form a tree, with L >= 2 leaves when B is not empty. A leaf is a whole side of its edge, so it weighs at least
    ``least``, and leaves are disjoint: L * least <= total. The other |B| + 1 - L pieces are disjoint, none is empty,
    and together they weigh at most total - L * least. As many disjoint non-empty sets hold as many different units,
    so there are at most q(L) of them: the number of smallest units whose sum stays within total - L * least, and
    no more than n - L since every leaf holds a unit. Hence |B| <= L - 1 + q(L) for some admissible L, and
    M is the greatest of these. For least > total / 3 only L = 2 is left: the balanced edges lie on one path.
    With least <= 0 every one of the n - 1 edges may count. ∎
    The bound is attained: a path of equal units has total - 2 * least + 1 balanced edges when a unit is one household.
    """
    n = ascending.size
    if least <= 0:
        return max(n - 1, 1)
    best = 1
    leaves = 2
    while leaves <= n and leaves * least <= total:
        room = total - leaves * least
        between = 0
        while between < n - leaves and ascending[between] <= room:
            room -= ascending[between]
            between += 1
        best = max(best, leaves - 1 + between)
        leaves += 1
    return best


@njit(cache=True)
def draw_bipartition(
    indptr: IndexArray,
    neighbour: IndexArray,
    households: IntArray,
    least: int,
    ceiling: int,
    kind: int,
    tries: int,
    state: StateArray,
    side: FlagArray,
) -> int:
    """Draw trees until one is accepted, and mark the side below the cut edge; gives the trees drawn, 0 for none.

    Parameters
    ----------
    indptr, neighbour : compressed rows of a connected graph of n >= 2 units
    households : (n,) int64
    least : what either side must hold
    ceiling : M of `balanced_edges_at_most`: a tree with b balanced edges is accepted with probability b / M and one of
        them is cut, each with the same chance; 0 accepts every tree that has one (plain ReCom, probabilities unknown)
    kind : UNIFORM or MINIMUM
    tries : trees to draw at most
    state : (1,) uint64, advanced
    side : (n,) uint8, written: 1 below the cut edge, 0 elsewhere
    """
    n = households.size
    parent, order = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    below = np.empty(n, dtype=np.int64)
    fits = np.empty(n, dtype=np.int32)
    total = households.sum()
    # A tree is accepted once in many draws: the wheel is turned often enough to be worth making.
    spun = kind == UNIFORM and ceiling > 1
    wheel = next_units(indptr, neighbour) if spun else np.empty(0, dtype=np.int32)
    for drawn in range(1, tries + 1):
        if spun:
            uniform_tree_by_wheel(wheel, indptr, neighbour, state, parent, order)
        elif kind == UNIFORM:
            uniform_tree(indptr, neighbour, state, parent, order)
        else:
            minimum_tree(indptr, neighbour, state, parent, order)
        below[:] = households
        count = 0
        for i in range(n - 1, 0, -1):
            u = order[i]
            held = below[u]
            below[parent[u]] += held
            if held >= least and total - held >= least:
                fits[count] = u
                count += 1
        if count == 0:
            continue
        # One number decides both: it falls among the b balanced edges with probability b / M, each with 1 / M.
        pick = random_below(state, ceiling if ceiling > 0 else count)
        if pick >= count:
            continue
        side[:] = 0
        side[fits[pick]] = 1
        for i in range(1, n):
            u = order[i]
            if side[parent[u]] == 1:
                side[u] = 1
        return drawn
    return 0


@njit(cache=True)
def independent_bipartitions(
    indptr: IndexArray,
    neighbour: IndexArray,
    households: IntArray,
    least: int,
    ceiling: int,
    kind: int,
    tries: int,
    state: StateArray,
    part_of: PartArray,
) -> tuple[int, int]:
    """Fill the rows of ``part_of`` (draws, n) int8 with independent draws; the part of unit 0 is 0.

    Gives the rows filled and the trees drawn; fewer rows than asked for when ``tries`` trees in a row did not serve.
    Arguments as in `draw_bipartition`.
    """
    side = np.empty(households.size, dtype=np.uint8)
    trees = 0
    for row in range(part_of.shape[0]):
        drawn = draw_bipartition(indptr, neighbour, households, least, ceiling, kind, tries, state, side)
        if drawn == 0:
            return row, trees + tries
        trees += drawn
        for u in range(side.size):
            part_of[row, u] = side[u] ^ side[0]
    return part_of.shape[0], trees
