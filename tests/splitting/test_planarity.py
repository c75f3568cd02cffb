"""The compiled planarity test draws what networkx draws, and calls not planar what it calls so."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from geoapp.splitting.embedding import embed
from geoapp.splitting.graph import UnitGraph
from tests.splitting.enumeration import make_graph
from tests.splitting.planar_worlds import delaunay_world, planar_graph


def graph_of(peer: nx.Graph) -> UnitGraph:
    """A graph with one household per unit."""
    peer = nx.convert_node_labels_to_integers(peer)
    return make_graph(sorted((min(e), max(e)) for e in peer.edges), households=[1] * len(peer))


def peer_faces(graph: UnitGraph) -> list[tuple[int, ...]] | None:
    """Faces as networkx orders the neighbours, each kept on the left, in the order of units and of their neighbours."""
    peer = nx.Graph()
    peer.add_nodes_from(range(graph.n))
    peer.add_edges_from(graph.edges.tolist())
    planar, order = nx.check_planarity(peer)
    if not planar:
        return None
    around = {unit: list(order.neighbors_cw_order(unit)) for unit in peer}
    turn = {(here, unit): after for unit, ring in around.items()
            for here, after in zip(ring, ring[1:] + ring[:1], strict=True)}  # fmt: skip
    seen: set[tuple[int, int]] = set()
    faces = []
    for start in turn:
        dart, cycle = start, []
        while dart not in seen:
            seen.add(dart)
            cycle.append(dart[0])
            dart = (dart[1], turn[dart])
        if cycle:
            faces.append(tuple(cycle))
    return faces


def some_graph(seed: int) -> nx.Graph:
    """A connected graph: a small planar one of awkward kind, any, or a triangulation with or without a chord."""
    rng = np.random.default_rng(seed)
    if seed % 3 == 0:
        peer = planar_graph(rng)
    elif seed % 3 == 1:
        n = int(rng.integers(2, 14))
        peer = nx.gnm_random_graph(n, int(rng.integers(n, 3 * n)), seed=seed)
    else:
        peer = nx.Graph(delaunay_world(int(rng.integers(6, 60)), seed=seed).edges.tolist())
        if rng.random() < 0.5:
            peer.add_edge(*rng.choice(len(peer), 2, replace=False).tolist())
    peer.add_edges_from(nx.utils.pairwise([min(piece) for piece in nx.connected_components(peer)]))
    return peer


def test_faces_are_those_of_networkx() -> None:
    kinds = {"planar": 0, "not": 0}
    for seed in range(600):
        graph = graph_of(some_graph(seed))
        found, wanted = embed(graph), peer_faces(graph)
        kinds["planar" if wanted else "not"] += 1
        assert (found is None) == (wanted is None), seed
        if found is None:
            continue
        assert list(found.faces) == wanted, seed
        for (u, v), left, right in zip(graph.edges.tolist(), found.left, found.right, strict=True):
            for face, (a, b) in ((found.faces[left], (u, v)), (found.faces[right], (v, u))):
                assert (a, b) in zip(face, face[1:] + face[:1], strict=True), seed
    assert min(kinds.values()) > 50, kinds


@pytest.mark.parametrize("peer", [nx.complete_graph(5), nx.complete_bipartite_graph(3, 3), nx.petersen_graph()])
def test_the_known_graphs_that_have_no_drawing(peer: nx.Graph) -> None:
    assert embed(graph_of(peer)) is None


def test_one_unit_has_one_face() -> None:
    alone = embed(make_graph([], households=[1]))
    assert alone is not None and alone.faces == ((0,),)
