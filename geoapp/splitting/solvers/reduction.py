"""The problem that the searches work on: units that must stay together merged, anchors and ranges as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoapp.splitting.contraction import Contraction, connected_pieces, groups_of
from geoapp.splitting.graph import IntArray, UnitGraph
from geoapp.splitting.request import DivisionRequest


@dataclass(frozen=True)
class Reduced:
    """A request on its graph, with connected groups as single units.

    Parameters
    ----------
    graph : the merged units (r of them); its ids are positions of a unit of the given graph
    unit_of : (n,) merged unit of each given unit
    low, high : (parts,) int64, ranges of the parts; at least one household each
    want : (r,) int64, part from 0 that a merged unit is anchored to, or -1
    bond : (r,) int64, group of a merged unit that is one of several pieces of it, or -1
    """

    graph: UnitGraph
    unit_of: IntArray
    low: IntArray
    high: IntArray
    want: IntArray
    bond: IntArray

    @property
    def groups(self) -> int:
        """Number of groups that lie in several pieces."""
        return int(self.bond.max(initial=-1)) + 1

    @property
    def parts(self) -> int:
        """How many parts are asked for."""
        return len(self.low)


def merged(graph: UnitGraph, label: NDArray[np.int64]) -> tuple[UnitGraph, IntArray]:
    """The graph with units of one label as one unit, and (n,) the merged unit of each; costs between two are summed."""
    _, first, unit_of = np.unique(label, return_index=True, return_inverse=True)
    # Numbered by first unit, so that a graph without groups keeps its numbers.
    rank = np.argsort(np.argsort(first))
    unit_of = rank[unit_of].astype(np.int64)
    size = len(first)
    households = np.zeros(size, dtype=np.int64)
    np.add.at(households, unit_of, graph.households)
    ends = np.sort(unit_of[graph.edges.astype(np.int64)], axis=1).reshape(-1, 2)
    crossing = ends[:, 0] != ends[:, 1]
    pairs, place = np.unique(ends[crossing], axis=0, return_inverse=True)
    cost, virtual = np.zeros(len(pairs), dtype=np.int64), np.ones(len(pairs), dtype=bool)
    np.add.at(cost, place.ravel(), graph.cost[crossing])
    np.logical_and.at(virtual, place.ravel(), graph.virtual[crossing])
    ids = tuple(np.sort(first).tolist())
    return UnitGraph(ids, households, pairs.astype(np.int32), cost, graph.cost_scale, virtual), unit_of


def reduce(graph: UnitGraph, request: DivisionRequest) -> Reduced:
    """Merge what is connected and must stay together, and turn the rest of the request into arrays."""
    members: dict[int, list[int]] = {}
    for unit, group in groups_of(request):
        members.setdefault(group, []).append(unit)
    sets = Contraction(graph.n)
    pieces = {group: connected_pieces(graph, units) for group, units in members.items()}
    for several in pieces.values():
        for piece in several:
            sets.merge(piece)
    small, unit_of = merged(graph, sets.labels())
    want, bond = np.full(small.n, -1, dtype=np.int64), np.full(small.n, -1, dtype=np.int64)
    for unit, part in request.anchors.items():
        want[unit_of[unit]] = part - 1
    for number, several in enumerate(p for p in pieces.values() if len(p) > 1):
        for piece in several:
            bond[unit_of[piece[0]]] = number
    low, high = np.array(request.ranges, dtype=np.int64).reshape(-1, 2).T
    low = np.maximum(low, 1)  # a part without a household is none, whatever its range says
    return Reduced(small, unit_of, np.ascontiguousarray(low), np.ascontiguousarray(high), want, bond)


def induced(graph: UnitGraph, units: NDArray[np.int64]) -> UnitGraph:
    """The graph on ``units`` (ascending positions) alone; its ids are theirs."""
    place = np.full(graph.n, -1, dtype=np.int64)
    place[units] = np.arange(len(units))
    ends = place[graph.edges.astype(np.int64)].reshape(-1, 2)
    inside = (ends >= 0).all(axis=1)
    return UnitGraph(
        tuple(graph.ids[u] for u in units.tolist()),
        graph.households[units],
        ends[inside].astype(np.int32),
        graph.cost[inside],
        graph.cost_scale,
        graph.virtual[inside],
    )
