"""Small planar worlds of every awkward kind, and the cheapest two-part division of each by trying all."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np

from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.plan import faults
from geoapp.splitting.request import DivisionRequest
from tests.splitting.enumeration import border_cost, is_connected, neighbour_masks


def planar_graph(rng: np.random.Generator) -> nx.Graph:
    """A tree, a board, or edges thrown in as long as the graph stays planar; mostly made connected."""
    n, kind = int(rng.integers(2, 11)), int(rng.integers(0, 4))
    if kind == 0:
        graph = nx.random_labeled_tree(n, seed=int(rng.integers(1 << 30)))
    elif kind == 1:
        graph = nx.convert_node_labels_to_integers(nx.grid_2d_graph(int(rng.integers(2, 4)), int(rng.integers(2, 5))))
    else:
        graph = nx.empty_graph(n)
    pairs = [(i, j) for i in range(graph.number_of_nodes()) for j in range(i)]
    rng.shuffle(pairs)
    for i, j in pairs[: int(rng.integers(0, 3 if kind == 0 else len(pairs) + 1))]:
        if not graph.has_edge(i, j):
            graph.add_edge(i, j)
            if not nx.check_planarity(graph)[0]:
                graph.remove_edge(i, j)
    pieces = [min(piece) for piece in nx.connected_components(graph)]
    if rng.random() < 0.93:
        nx.add_path(graph, pieces)
    return graph


def tiny_world(seed: int) -> tuple[UnitGraph, DivisionRequest]:
    """A graph of at most 12 units with bridges, enclaves, cut vertices and zeros, and a request with all its spices."""
    rng = np.random.default_rng(seed)
    peer = planar_graph(rng)
    n = peer.number_of_nodes()
    name = rng.permutation(n)
    edges = np.array(sorted(sorted((int(name[u]), int(name[v]))) for u, v in peer.edges), dtype=np.int32).reshape(-1, 2)
    m = len(edges)
    households = [np.ones(n), rng.integers(0, 3, n), rng.integers(0, 12, n), rng.integers(1, 6, n) * 10]
    costs = [np.ones(m), rng.integers(0, 3, m), rng.integers(1, 20, m), rng.integers(1, 9, m) * 6]
    graph = UnitGraph(
        tuple(range(n)), households[rng.integers(4)].astype(np.int64), edges, costs[rng.integers(4)].astype(np.int64)
    )
    return graph, spiced_request(graph, rng)


def spiced_request(graph: UnitGraph, rng: np.random.Generator) -> DivisionRequest:
    """Equal or uneven ranges, sometimes groups (often in pieces), sometimes anchors (sometimes contradicting)."""
    total = graph.total
    if rng.random() < 0.5:
        share = float(rng.choice([0, 0.1, 0.3, 0.6]))
        low, high = math.ceil(total / 2 * (1 - share)), int(total / 2 * (1 + share))
        ranges, equal = ((min(low, high), high),) * 2, True
    else:
        first, near, far = int(rng.integers(0, total + 1)), *(int(x) for x in rng.integers(0, total // 3 + 1, 2))
        rest = total - first
        ranges, equal = ((max(0, first - near), first + near), (max(0, rest - far), rest + far)), False
    together, anchors = [], {}
    if rng.random() < 0.4:
        for _ in range(int(rng.integers(1, 3))):
            size = min(graph.n, int(rng.integers(2, 4)))
            together.append(tuple(int(u) for u in rng.choice(graph.n, size=size, replace=False)))
    if rng.random() < 0.4:
        for unit in rng.choice(graph.n, size=min(graph.n, int(rng.integers(1, 4))), replace=False):
            anchors[int(unit)] = int(rng.integers(1, 3))
    return DivisionRequest(2, ranges, interchangeable=equal, together=tuple(together), anchors=anchors)


def cheapest_division(graph: UnitGraph, request: DivisionRequest) -> int | None:
    """Least border cost over all admissible divisions into two parts with households, None when there is none."""
    masks, everything, best = neighbour_masks(graph), (1 << graph.n) - 1, None
    for mask in range(1, everything):
        if not (is_connected(mask, masks) and is_connected(everything ^ mask, masks)):
            continue
        plan = np.array([1 + (mask >> unit & 1) for unit in range(graph.n)])
        if min(graph.households[plan == 1].sum(), graph.households[plan == 2].sum()) < 1:
            continue
        cost = border_cost(graph, plan)
        if (best is None or cost < best) and not faults(graph, request, plan):
            best = cost
    return best


def delaunay_world(n: int, *, seed: int, total: int = 4000) -> UnitGraph:
    """Random points in a square, neighbours by Delaunay's triangles less some edges; households about ``total``."""
    from scipy.spatial import Delaunay

    rng = np.random.default_rng(seed)
    points = rng.random((n, 2))
    peer = nx.Graph()
    for corners in Delaunay(points).simplices.tolist():
        nx.add_cycle(peer, corners)
    for u, v in rng.permutation(np.array(sorted(peer.edges)))[: n // 3].tolist():
        if peer.degree(u) > 2 and peer.degree(v) > 2:
            peer.remove_edge(u, v)
    pieces = [min(piece) for piece in nx.connected_components(peer)]
    nx.add_path(peer, pieces)
    edges = np.array(sorted(sorted(edge) for edge in peer.edges), dtype=np.int32)
    weight = rng.gamma(2.0, 1.0, n)
    households = np.round(weight / weight.sum() * total).astype(np.int64)
    return UnitGraph(tuple(range(n)), households, edges, rng.integers(1, 61, len(edges)).astype(np.int64))


def evenly(graph: UnitGraph, tolerance: float) -> DivisionRequest:
    """Two interchangeable parts of half the households each, give or take a share."""
    half = graph.total / 2
    pair = (math.ceil(half * (1 - tolerance)), math.floor(half * (1 + tolerance)))
    return DivisionRequest(2, (pair, pair), interchangeable=True)
