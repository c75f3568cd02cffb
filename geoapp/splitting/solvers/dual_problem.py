"""The two-part problem on the dual: signed households of each crossing, side bits, and the sums that are admissible."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np
from numpy.typing import NDArray

from geoapp.splitting.contraction import connected_pieces, groups_of
from geoapp.splitting.embedding import Embedding
from geoapp.splitting.graph import IntArray, UnitGraph
from geoapp.splitting.request import DivisionRequest
from geoapp.splitting.solvers import dual_kernels as kernels

LARGEST_PRODUCT = 1 << 62


@dataclass(frozen=True)
class Dual:
    """Dual multigraph with signed households: each edge of the graph as two arcs, one each way; loops left out.

    ``delta`` is what crossing an arc adds to the households so far, ``flip`` the side bits that it turns over,
    ``edge`` the edge of the graph that it crosses. Costs and households are divided by their divisors.
    """

    faces: int
    tail: IntArray
    head: IntArray
    cost: IntArray
    delta: IntArray
    flip: IntArray
    edge: IntArray

    def without(self, removed: NDArray[np.bool_]) -> Dual:
        """The same without the arcs of ``removed`` (faces,) faces."""
        keep = ~(removed[self.tail] | removed[self.head])
        return Dual(
            self.faces, self.tail[keep], self.head[keep], self.cost[keep], self.delta[keep], self.flip[keep],
            self.edge[keep],
        )  # fmt: skip


@dataclass(frozen=True)
class Admissible:
    """Sums of households on the side away from the root unit that a border may have.

    ``least`` and ``most`` are (2 ** side_bits, k), one row per set of side bits; ``least > most`` admits nothing.
    """

    side_bits: int
    least: IntArray
    most: IntArray


@dataclass(frozen=True)
class Tree:
    """A tree over the units, grown from ``root``: parent (n,), edge to it (n,), units in order of growing."""

    root: int
    parent: IntArray
    edge: IntArray
    order: tuple[int, ...]

    def path(self, unit: int) -> list[int]:
        """Edges from ``unit`` up to the root."""
        edges = []
        while unit != self.root:
            edges.append(int(self.edge[unit]))
            unit = int(self.parent[unit])
        return edges


def grow_tree(graph: UnitGraph, root: int) -> Tree:
    """Breadth-first tree of a connected graph."""
    indptr, neighbour, edge_at = (part.tolist() for part in graph.adjacency)
    parent = [-1] * graph.n
    edge = [-1] * graph.n
    order = [root]
    parent[root] = root
    for unit in order:
        for slot in range(indptr[unit], indptr[unit + 1]):
            other = neighbour[slot]
            if parent[other] < 0:
                parent[other], edge[other] = unit, edge_at[slot]
                order.append(other)
    return Tree(root, np.array(parent, dtype=np.int64), np.array(edge, dtype=np.int64), tuple(order))


def crossing_sums(graph: UnitGraph, tree: Tree, households: IntArray) -> IntArray:
    """(m,) households gained by crossing each edge from its left face to its right: those below it in the tree, signed.

    Along a closed walk they add up to what it encloses away from the root; other edges than the tree's give 0.
    """
    below = households.tolist()
    gain = np.zeros(graph.m, dtype=np.int64)
    for unit in reversed(tree.order[1:]):
        edge = tree.edge[unit]
        gain[edge] = below[unit] if graph.edges[edge, 1] == unit else -below[unit]
        below[tree.parent[unit]] += below[unit]
    return gain


@dataclass(frozen=True)
class Bonds:
    """What must stay together or apart, as contracted sets, a root unit, and side bits of the rest.

    ``contracted`` : connected sets that are one unit each
    ``root`` : the unit that sums are counted away from, ``root_part`` its part or 0 when it is free
    ``bits`` : (unit, other unit, 1 when they must end on different sides) for each side bit
    """

    contracted: tuple[tuple[int, ...], ...]
    root: int
    root_part: int
    bits: tuple[tuple[int, int, int], ...]


def bonds_of(graph: UnitGraph, request: DivisionRequest, *, otherwise: int) -> Bonds:
    """Contracted sets and side bits of a request; ``otherwise`` is the root when no unit is anchored or in pieces."""
    members: dict[int, list[int]] = {}
    for unit, group in groups_of(request):
        members.setdefault(group, []).append(unit)
    pieces = {group: connected_pieces(graph, units) for group, units in members.items()}
    part_of_group = {
        group: request.anchors[u] for group, units in members.items() for u in units if u in request.anchors
    }
    contracted = tuple(tuple(piece) for found in pieces.values() for piece in found if len(piece) > 1)
    root, root_part = otherwise, 0
    bits: list[tuple[int, int, int]] = []
    for group, part in part_of_group.items():
        if not root_part:
            root, root_part = pieces[group][0][0], part
        for piece in pieces[group]:
            if piece[0] != root:
                bits.append((piece[0], root, int(part != root_part)))
    for group, found in pieces.items():
        if group not in part_of_group:
            bits += [(piece[0], found[0][0], 0) for piece in found[1:]]
    return Bonds(contracted, root, root_part, tuple(bits))


def crossing_flips(graph: UnitGraph, tree: Tree, bonds: Bonds) -> IntArray:
    """(m,) side bits that crossing each edge turns over: bit i is set along the tree path between its two units."""
    flip = np.zeros(graph.m, dtype=np.int64)
    for i, (unit, other, _) in enumerate(bonds.bits):
        for end in (unit, other):
            flip[tree.path(end)] ^= 1 << i
    return flip


def admissible_sums(request: DivisionRequest, total: int, *, away: int) -> tuple[int, int]:
    """Least and most households of the side away from the root when that side is part ``away`` (1 or 2)."""
    (low, high), (other_low, other_high) = request.ranges[away - 1], request.ranges[2 - away]
    return max(low, total - other_high, 1), min(high, total - other_low, total - 1)


def admissible(request: DivisionRequest, total: int, bonds: Bonds, *, divisor: int) -> Admissible:
    """The sums, divided by ``divisor``, that each set of side bits admits."""
    wanted = sum(apart << i for i, (_, _, apart) in enumerate(bonds.bits))
    ways = [3 - bonds.root_part] if bonds.root_part else [1, 2]
    sums = sorted({admissible_sums(request, total, away=away) for away in ways})
    least = np.ones((1 << len(bonds.bits), len(sums)), dtype=np.int64)
    most = np.zeros_like(least)
    for k, (low, high) in enumerate(sums):
        least[wanted, k], most[wanted, k] = -(-low // divisor), high // divisor
    return Admissible(len(bonds.bits), least, most)


def common_divisor(values: NDArray[np.int64]) -> int:
    """Greatest common divisor of all values, 1 when all are 0."""
    return gcd(*(int(value) for value in np.unique(values))) or 1


def dual_of(
    graph: UnitGraph, embedding: Embedding, *, gain: IntArray, flip: IntArray, contracted: IntArray, cost: IntArray
) -> Dual:
    """The dual multigraph, without loops and without the edges inside a contracted unit (n,)."""
    inside = contracted[graph.edges[:, 0]] == contracted[graph.edges[:, 1]]
    edge = np.flatnonzero(~(inside | embedding.bridges))
    left, right = embedding.left[edge], embedding.right[edge]
    both = np.concatenate
    return Dual(
        len(embedding.faces), both([left, right]), both([right, left]), both([cost[edge]] * 2),
        both([gain[edge], -gain[edge]]), both([flip[edge]] * 2), both([edge, edge]),
    )  # fmt: skip


def signed_for(dual: Dual, gain: IntArray) -> Dual:
    """The same dual with other crossing sums, (m,) from left to right: counted away from another root."""
    half = len(dual.edge) // 2
    return Dual(
        dual.faces, dual.tail, dual.head, dual.cost,
        np.concatenate([gain[dual.edge[:half]], -gain[dual.edge[half:]]]), dual.flip, dual.edge,
    )  # fmt: skip


def ratio_bound(dual: Dual, *, least: int, limit: int) -> tuple[int, IntArray]:
    """No closed walk of ``dual`` that encloses ``least`` households or more costs less than this (at most ``limit``).

    Also the arcs of the last cycle that lowered it, none when it is ``limit``.

    If no cycle gains under ``limit * households - least * cost``, every closed walk has ``limit * households <=
    least * cost``. A cycle that gains lowers the limit to the largest one under which it does not: Lawler's way to
    the least ratio of cost to households. 0 when the numbers do not fit into 64 bits.
    """
    size = int(np.abs(dual.delta).max(initial=0)) * limit + least * int(dual.cost.max(initial=0))
    if size * (dual.faces + 1) >= LARGEST_PRODUCT:
        return 0, np.zeros(0, dtype=np.int64)
    tight = np.zeros(0, dtype=np.int64)
    while limit > 0:
        gain = limit * dual.delta - least * dual.cost
        cycle = kernels.gaining_cycle(dual.tail, dual.head, gain, dual.faces)
        if len(cycle) == 0:
            break
        limit = least * int(dual.cost[cycle].sum()) // int(dual.delta[cycle].sum())
        tight = cycle
    return limit, tight
