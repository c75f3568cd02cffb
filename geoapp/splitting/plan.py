"""A plan: the part of each unit, as an int per unit, numbered from 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoapp.splitting.graph import UnitGraph, piece_labels
from geoapp.splitting.request import DivisionRequest

PartArray = NDArray[np.int64]


def part_households(graph: UnitGraph, part_of: NDArray[Any], *, parts: int) -> NDArray[np.int64]:
    """Households of each part, (parts,) int64, exact for any size."""
    total = np.zeros(parts, dtype=np.int64)
    np.add.at(total, np.asarray(part_of) - 1, graph.households)
    return total


def border_cost(graph: UnitGraph, part_of: NDArray[Any]) -> int:
    """Cost of all edges whose two units lie in different parts."""
    part_of = np.asarray(part_of)
    cut = part_of[graph.edges[:, 0]] != part_of[graph.edges[:, 1]]
    return int(graph.cost[cut].sum())


def pieces_of_parts(graph: UnitGraph, part_of: NDArray[Any], *, parts: int) -> NDArray[np.int64]:
    """Number of connected pieces of each part, (parts,) int64; 1 for a contiguous one, 0 for an empty one."""
    part_of = np.asarray(part_of)
    inside = part_of[graph.edges[:, 0]] == part_of[graph.edges[:, 1]]
    label = piece_labels(graph.n, graph.edges[inside])
    count = np.zeros(parts, dtype=np.int64)
    for _, first in zip(*np.unique(label, return_index=True), strict=True):
        count[part_of[first] - 1] += 1
    return count


def households_moved(graph: UnitGraph, part_of: NDArray[Any], baseline: NDArray[Any]) -> int:
    """Households whose part is another than in ``baseline``."""
    return int(graph.households[np.asarray(part_of) != np.asarray(baseline)].sum())


def numbered_for(graph: UnitGraph, request: DivisionRequest, part_of: NDArray[Any]) -> PartArray:
    """The same division with the numbers of interchangeable parts chosen: near the baseline, else by first unit.

    With a baseline, pairs of an old and a new part are matched by the households they share, most first; anchored
    parts keep their numbers. Without ``interchangeable`` nothing changes.
    """
    part_of = np.asarray(part_of, dtype=np.int64)
    if not request.interchangeable:
        return part_of
    parts = request.parts
    new = np.zeros(parts + 1, dtype=np.int64)
    free = set(range(1, parts + 1))
    for unit, part in request.anchors.items():
        new[part_of[unit]] = part
        free.discard(part)
    if request.baseline is not None:
        shared: dict[tuple[int, int], int] = {}
        for now, old, size in zip(part_of, request.baseline, graph.households, strict=True):
            shared[int(now), int(old)] = shared.get((int(now), int(old)), 0) + int(size)
        for now, old in sorted(shared, key=lambda pair: (-shared[pair], pair)):
            if new[now] == 0 and old in free:
                new[now] = old
                free.discard(old)
    for now in dict.fromkeys(part_of.tolist()):
        if new[now] == 0:
            new[now] = min(free)
            free.discard(int(new[now]))
    return new[part_of]


def faults(graph: UnitGraph, request: DivisionRequest, part_of: NDArray[Any]) -> list[str]:
    """Each way in which a plan breaks the request, one sentence each; empty when it is admissible."""
    part_of = np.asarray(part_of)
    if part_of.shape != (graph.n,) or (graph.n and (part_of.min() < 1 or part_of.max() > request.parts)):
        return [f"方案要给每个单元 1 到 {request.parts} 之间的一个部分编号。"]
    wrong = []
    sizes = part_households(graph, part_of, parts=request.parts)
    pieces = pieces_of_parts(graph, part_of, parts=request.parts)
    for number, (low, high) in enumerate(request.ranges, 1):
        if pieces[number - 1] != 1:
            wrong.append(f"第 {number} 部分有 {pieces[number - 1]} 块，应当是连成一片的一块。")
        if not low <= sizes[number - 1] <= high:
            wrong.append(f"第 {number} 部分有 {sizes[number - 1]} 户，不在 {low} 到 {high} 之间。")
    for group in request.together:
        if len(group) and len(set(part_of[list(group)].tolist())) > 1:
            names = "、".join(str(graph.ids[u]) for u in group[:3])
            wrong.append(f"应当在一起的单元（{names} 等）被分到了不同部分。")
    for unit, part in request.anchors.items():
        if part_of[unit] != part:
            wrong.append(f"单元 {graph.ids[unit]} 应当在第 {part} 部分，却在第 {part_of[unit]} 部分。")
    return wrong
