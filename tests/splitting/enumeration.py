"""Small worlds, and every plan they have, counted the slow way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from geoapp.splitting.graph import UnitGraph


def make_graph(edges: Sequence[tuple[int, int]], *, households: Sequence[int], cost: Sequence[int] | None = None):
    """A unit graph from a list of edges; cost 1 where none is given."""
    ordered = sorted((min(e), max(e)) for e in edges)
    by_edge = dict(zip([(min(e), max(e)) for e in edges], cost or [1] * len(edges), strict=True))
    return UnitGraph(
        ids=tuple(range(len(households))),
        households=np.array(households, dtype=np.int64),
        edges=np.array(ordered, dtype=np.int32).reshape(-1, 2),
        cost=np.array([by_edge[e] for e in ordered], dtype=np.int64),
    )


def rook(rows: int, columns: int, households: Sequence[int] | None = None, seed: int | None = None) -> UnitGraph:
    """Squares of a board that touch along a side; with a seed, costs 1..9."""
    edges = []
    for u in range(rows * columns):
        if u % columns + 1 < columns:
            edges.append((u, u + 1))
        if u + columns < rows * columns:
            edges.append((u, u + columns))
    cost = None if seed is None else [int(c) for c in np.random.default_rng(seed).integers(1, 10, len(edges))]
    return make_graph(edges, households=households or [1] * (rows * columns), cost=cost)


def neighbour_masks(graph: UnitGraph) -> list[int]:
    """Neighbours of each unit as a bit mask."""
    masks = [0] * graph.n
    for u, v in graph.edges.tolist():
        masks[u] |= 1 << v
        masks[v] |= 1 << u
    return masks


def is_connected(mask: int, masks: list[int]) -> bool:
    """Whether the units of a bit mask hang together; nothing does not."""
    seen = front = mask & -mask
    while front:
        u = front.bit_length() - 1
        front &= ~(1 << u)
        new = masks[u] & mask & ~seen
        seen |= new
        front |= new
    return mask != 0 and seen == mask


def all_plans(graph: UnitGraph, ranges: Sequence[tuple[int, int]]) -> Iterator[tuple[int, ...]]:
    """Every labelled plan (one part number from 0 per unit) with connected parts within their ranges."""
    masks, households = neighbour_masks(graph), graph.households.tolist()
    everything = (1 << graph.n) - 1
    weight = {0: 0}
    for mask in range(1, everything + 1):
        low = mask & -mask
        weight[mask] = weight[mask ^ low] + households[low.bit_length() - 1]
    connected = [m for m in range(1, everything + 1) if is_connected(m, masks)]

    def continued(left: int, part: int, chosen: list[int]) -> Iterator[list[int]]:
        lo, hi = ranges[part]
        if part == len(ranges) - 1:
            if left and lo <= weight[left] <= hi and is_connected(left, masks):
                yield [*chosen, left]
            return
        for mask in connected:
            if mask & ~left == 0 and lo <= weight[mask] <= hi:
                yield from continued(left ^ mask, part + 1, [*chosen, mask])

    for chosen in continued(everything, 0, []):
        yield tuple(next(p for p, m in enumerate(chosen) if m >> u & 1) for u in range(graph.n))


def distinct(plans: Iterator[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Plans up to a renumbering of their parts, numbered from 1 in the order of first occurrence."""
    found = set()
    for plan in plans:
        names: dict[int, int] = {}
        found.add(tuple(names.setdefault(p, len(names) + 1) for p in plan))
    return sorted(found)


def trees(graph: UnitGraph, units: Sequence[int]) -> int:
    """Spanning trees of the graph on these units, by the matrix-tree theorem."""
    place = {u: i for i, u in enumerate(units)}
    laplacian = np.zeros((len(units), len(units)))
    for u, v in graph.edges.tolist():
        if u in place and v in place:
            i, j = place[u], place[v]
            laplacian[[i, j], [i, j]] += 1
            laplacian[[i, j], [j, i]] -= 1
    return round(np.linalg.det(laplacian[1:, 1:])) if len(units) > 1 else 1


def tree_product(graph: UnitGraph, plan: Sequence[int]) -> int:
    """Product over the parts of their numbers of spanning trees."""
    product = 1
    for part in set(plan):
        product *= trees(graph, [u for u in range(graph.n) if plan[u] == part])
    return product


def border_cost(graph: UnitGraph, plan: Sequence[int]) -> int:
    """Cost of the edges between different parts."""
    return sum(
        int(c) for (u, v), c in zip(graph.edges.tolist(), graph.cost.tolist(), strict=True) if plan[u] != plan[v]
    )


def cut_edge_count(graph: UnitGraph, plan: Sequence[int]) -> int:
    """Edges between different parts."""
    return sum(plan[u] != plan[v] for u, v in graph.edges.tolist())
