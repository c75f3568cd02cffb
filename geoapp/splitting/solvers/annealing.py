"""Compiled loops that look for a cheap plan: growing a start, and annealing it by recombination and by single units.

An energy stands for what is wrong with a plan: border cost, plus a price per household outside a part's range, plus a
price per unit that is in the wrong part (anchored elsewhere, or apart from its group). The plan that is kept is the
cheapest one met that has nothing wrong with it. Parts are numbered from 0 here and are connected at every moment.

Only integers, sums and products of floats are used, and a rounded table of exponential variates: a seed gives the same
plan on every machine.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoapp.splitting.graph import IndexArray, IntArray
from geoapp.splitting.solvers.chains import region_of
from geoapp.splitting.solvers.recom import (
    PartArray,
    StateArray,
    households_below,
    random_below,
    uniform_tree,
)

FloatArray = NDArray[np.float64]

#: Exponential variates at 4096 even quantiles: a worsening up to temperature times one of them is accepted. Rounded, so
#: that no platform's logarithm makes a difference.
PATIENCE: FloatArray = np.array([round(-math.log((i + 0.5) / 4096), 9) for i in range(4096)])


@njit(cache=True)
def grow_start(
    indptr: IndexArray,
    neighbour: IndexArray,
    households: IntArray,
    target: IntArray,
    want: IntArray,
    state: StateArray,
    part_of: PartArray,
) -> bool:
    """Fill ``part_of`` (n,) int8 with connected parts grown from one unit each, the emptiest part first.

    ``target`` (parts,) is what a part should hold, ``want`` (n,) the part that a unit is anchored to or -1. A part
    grows from its first anchored unit, others from units drawn at random. False when a part found no unit.
    """
    n, parts = households.size, target.size
    part_of[:] = -1
    held = np.zeros(parts, dtype=np.int64)
    front, size = np.empty((parts, n), dtype=np.int32), np.zeros(parts, dtype=np.int64)
    met = np.zeros((parts, n), dtype=np.uint8)
    for p in range(parts):
        seed = -1
        for u in range(n):
            if want[u] == p and part_of[u] < 0:
                seed = u
                break
        for _ in range(50 * n):
            if seed >= 0:
                break
            u = random_below(state, n)
            if part_of[u] < 0 and want[u] < 0:
                seed = u
        if seed < 0:
            return False
        part_of[seed] = p
        held[p] = households[seed]
        for j in range(indptr[seed], indptr[seed + 1]):
            met[p, neighbour[j]] = 1
            front[p, size[p]] = neighbour[j]
            size[p] += 1
    while True:
        p = -1
        for q in range(parts):
            if size[q] > 0 and (p < 0 or held[q] * target[p] < held[p] * target[q]):
                p = q
        if p < 0:
            return True
        i = random_below(state, size[p])
        u = front[p, i]
        size[p] -= 1
        front[p, i] = front[p, size[p]]
        if part_of[u] >= 0:
            continue
        part_of[u] = p
        held[p] += households[u]
        for j in range(indptr[u], indptr[u + 1]):
            v = neighbour[j]
            if part_of[v] < 0 and met[p, v] == 0:
                met[p, v] = 1
                front[p, size[p]] = v
                size[p] += 1


@njit(cache=True)
def outside(held: int, low: int, high: int) -> int:
    """Households by which a part is outside its range."""
    return low - held if held < low else (held - high if held > high else 0)


@njit(cache=True)
def misplaced(counts: IntArray) -> int:
    """Units of a group that are not where most of it is; ``counts`` (parts,)."""
    return counts.sum() - counts.max()


@njit(cache=True)
def leaves_part_whole(
    indptr: IndexArray, neighbour: IndexArray, part_of: PartArray, u: int, stamp: IntArray, queue: IndexArray
) -> bool:
    """Whether the part of ``u`` is connected and not empty without it.

    ``stamp`` (n + 1,) int64 holds marks of earlier calls, its last entry the latest mark; ``queue`` (n,) is scratch.
    """
    a = part_of[u]
    first, wanted = -1, 0
    for j in range(indptr[u], indptr[u + 1]):
        if part_of[neighbour[j]] == a:
            wanted += 1
            first = neighbour[j]
    if wanted <= 1:
        return wanted == 1
    stamp[-1] += 2
    near, seen = stamp[-1] - 1, stamp[-1]
    for j in range(indptr[u], indptr[u + 1]):
        if part_of[neighbour[j]] == a:
            stamp[neighbour[j]] = near
    stamp[u], stamp[first] = seen, seen
    queue[0] = first
    head, tail = 0, 1
    wanted -= 1
    while head < tail:
        v = queue[head]
        head += 1
        for j in range(indptr[v], indptr[v + 1]):
            x = neighbour[j]
            if part_of[x] == a and stamp[x] != seen:
                if stamp[x] == near:
                    wanted -= 1
                    if wanted == 0:
                        return True
                stamp[x] = seen
                queue[tail] = x
                tail += 1
    return False


@njit(cache=True)
def tally(
    edges: IndexArray,
    cost: IntArray,
    households: IntArray,
    want: IntArray,
    bond: IntArray,
    part_of: PartArray,
    held: IntArray,
    members: IntArray,
) -> tuple[int, int]:
    """Fill ``held`` (parts,) and ``members`` (groups, parts); gives border cost and units in the wrong part."""
    held[:] = 0
    members[:] = 0
    total, wrong = 0, 0
    for e in range(edges.shape[0]):
        if part_of[edges[e, 0]] != part_of[edges[e, 1]]:
            total += cost[e]
    for u in range(households.size):
        held[part_of[u]] += households[u]
        if want[u] >= 0 and want[u] != part_of[u]:
            wrong += 1
        if bond[u] >= 0:
            members[bond[u], part_of[u]] += 1
    for g in range(members.shape[0]):
        wrong += misplaced(members[g])
    return total, wrong


@njit(cache=True)
def wrong_by_move(want: int, members: IntArray, a: int, b: int, bound: bool) -> int:
    """Change of the number of units in the wrong part when one moves from a to b; ``members`` (parts,) of its group."""
    change = 0
    if want >= 0:
        change = int(want == a) - int(want == b)
    if bound:
        before = misplaced(members)
        members[a] -= 1
        members[b] += 1
        change += misplaced(members) - before
        members[a] += 1
        members[b] -= 1
    return change


@njit(cache=True)
def anneal_units(
    indptr: IndexArray,
    neighbour: IndexArray,
    edge_of: IndexArray,
    edges: IndexArray,
    cost: IntArray,
    households: IntArray,
    low: IntArray,
    high: IntArray,
    want: IntArray,
    bond: IntArray,
    groups: int,
    schedule: FloatArray,
    blocks: int,
    state: StateArray,
    part_of: PartArray,
    best: PartArray,
    best_cost: int,
) -> int:
    """Anneal by moving single units across the border; gives the cost of ``best``, -1 while there is none.

    Parameters
    ----------
    indptr, neighbour, edge_of, edges, cost, households : a connected graph
    low, high : (parts,) int64, ranges
    want, bond : (n,) int64, part that a unit is anchored to and its group, or -1
    groups : number of groups
    schedule : temperature, factor on it per block, price per household outside, factor on that, price per wrong unit;
        temperature and price are changed in place, so that a run can go on where it stopped
    blocks : blocks of 1024 proposals
    part_of : (n,) int8, changed in place
    best, best_cost : cheapest plan so far with nothing wrong; ``best`` (n,) is written when a cheaper one is met
    """
    n, parts = households.size, low.size
    held, members = np.zeros(parts, dtype=np.int64), np.zeros((max(groups, 1), parts), dtype=np.int64)
    total, wrong = tally(edges, cost, households, want, bond, part_of, held, members)
    excess = 0
    for p in range(parts):
        excess += outside(held[p], low[p], high[p])
    stamp, queue = np.zeros(n + 1, dtype=np.int64), np.empty(n, dtype=np.int32)
    heat, price, blunder = schedule[0], schedule[2], schedule[4]
    for _ in range(blocks):
        for _ in range(1024):
            e = random_below(state, edges.shape[0])
            u, v = edges[e, 0], edges[e, 1]
            a, b = part_of[u], part_of[v]
            if a == b:
                continue
            if random_below(state, 2) == 1:
                u, a, b = v, b, a
            change = 0
            for j in range(indptr[u], indptr[u + 1]):
                p = part_of[neighbour[j]]
                if p == a:
                    change += cost[edge_of[j]]
                elif p == b:
                    change -= cost[edge_of[j]]
            size = households[u]
            more = outside(held[a] - size, low[a], high[a]) - outside(held[a], low[a], high[a])
            more += outside(held[b] + size, low[b], high[b]) - outside(held[b], low[b], high[b])
            bound = bond[u] >= 0
            faults = wrong_by_move(want[u], members[max(bond[u], 0)], a, b, bound) if bound or want[u] >= 0 else 0
            energy = change + price * more + blunder * faults
            if energy > 0 and energy > heat * PATIENCE[random_below(state, 4096)]:
                continue
            if not leaves_part_whole(indptr, neighbour, part_of, u, stamp, queue):
                continue
            part_of[u] = b
            held[a] -= size
            held[b] += size
            total, excess, wrong = total + change, excess + more, wrong + faults
            if bound:
                members[bond[u], a] -= 1
                members[bond[u], b] += 1
            if excess == 0 and wrong == 0 and (best_cost < 0 or total < best_cost):
                best_cost = total
                best[:] = part_of
        heat *= schedule[1]
        price *= schedule[3]
    schedule[0], schedule[2] = heat, price
    return best_cost


@njit(cache=True)
def anneal_trees(
    indptr: IndexArray,
    neighbour: IndexArray,
    edge_of: IndexArray,
    edges: IndexArray,
    cost: IntArray,
    households: IntArray,
    low: IntArray,
    high: IntArray,
    want: IntArray,
    bond: IntArray,
    groups: int,
    schedule: FloatArray,
    steps: int,
    state: StateArray,
    part_of: PartArray,
) -> None:
    """Anneal by recombination: divide two neighbouring parts anew at an edge of a uniform tree.

    The edge is one of those that leave the fewest households outside the ranges, drawn by lot. Arguments as in
    `anneal_units`; the schedule's factor on the temperature is applied per step, and the price stays.
    """
    n, parts = households.size, low.size
    held, members = np.zeros(parts, dtype=np.int64), np.zeros((max(groups, 1), parts), dtype=np.int64)
    units, place = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    trial = part_of.copy()
    heat, price, blunder = schedule[0], schedule[2], schedule[4]
    total, wrong = tally(edges, cost, households, want, bond, part_of, held, members)
    energy = total + blunder * wrong
    for p in range(parts):
        energy += price * outside(held[p], low[p], high[p])
    for _ in range(steps):
        e = random_below(state, edges.shape[0])
        a, b = part_of[edges[e, 0]], part_of[edges[e, 1]]
        if a == b:
            continue
        size, rows, columns, _ = region_of(indptr, neighbour, part_of, a, b, units, place)
        own = households[units[:size]]
        parent, order = np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int32)
        below = np.empty(size, dtype=np.int64)
        uniform_tree(rows, columns, state, parent, order)
        households_below(parent, order, own, below)
        whole = below[order[0]]
        pick, swap, least, ties = -1, False, -1, 0
        for i in range(1, size):
            for turned in range(2):
                one = below[order[i]] if turned == 0 else whole - below[order[i]]
                off = outside(one, low[a], high[a]) + outside(whole - one, low[b], high[b])
                if least < 0 or off < least:
                    pick, swap, least, ties = order[i], turned == 1, off, 1
                elif off == least:
                    ties += 1
                    if random_below(state, ties) == 0:
                        pick, swap = order[i], turned == 1
        inner, outer = (b, a) if swap else (a, b)
        for i in range(size):
            x = order[i]
            hangs = x == pick or (i > 0 and trial[units[parent[x]]] == inner)
            trial[units[x]] = inner if hangs else outer
        total, wrong = tally(edges, cost, households, want, bond, trial, held, members)
        new = total + blunder * wrong
        for p in range(parts):
            new += price * outside(held[p], low[p], high[p])
        if new <= energy + heat * PATIENCE[random_below(state, 4096)]:
            energy = new
            part_of[:] = trial
        else:
            for i in range(size):
                trial[units[i]] = part_of[units[i]]
        heat *= schedule[1]
    schedule[0] = heat
