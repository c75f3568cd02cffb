"""A drawing without crossings: the faces between the borders, and the dual multigraph that a border walks on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from geoapp.splitting.graph import IntArray, UnitGraph


@dataclass(frozen=True)
class Embedding:
    """Faces of a connected planar graph, and the two faces that each edge parts.

    Parameters
    ----------
    faces : each face as the cycle of units around it; the outside and holes are faces like others
    left : (m,) int64, face on the left of the way from ``edges[i, 0]`` to ``edges[i, 1]``
    right : (m,) int64, face on the left of the way back; equal to ``left`` for a bridge
    """

    faces: tuple[tuple[int, ...], ...]
    left: IntArray
    right: IntArray

    @property
    def bridges(self) -> NDArray[np.bool_]:
        """(m,) edges whose loss disconnects the graph: loops of the dual."""
        return self.left == self.right


def embed(graph: UnitGraph) -> Embedding | None:
    """Faces of a connected graph, or None when it cannot be drawn without crossings.

    The order of neighbours around each unit comes from the left-right planarity test. Any embedding will do: the
    cuts into two connected parts are the simple cycles of the dual of every one of them.

    References
    ----------
    Brandes (2009), The left-right planarity test; as ``networkx.check_planarity``.
    """
    peer = nx.Graph()
    peer.add_nodes_from(range(graph.n))
    peer.add_edges_from(graph.edges.tolist())
    planar, order = nx.check_planarity(peer)
    if not planar:
        return None
    return trace(graph, {unit: list(order.neighbors_cw_order(unit)) for unit in range(graph.n)})


def trace(graph: UnitGraph, clockwise: dict[int, list[int]]) -> Embedding:
    """Faces that the clockwise orders of neighbours describe, each kept on the left of its darts."""
    turn: dict[tuple[int, int], int] = {}
    for unit, around in clockwise.items():
        for here, after in zip(around, around[1:] + around[:1], strict=True):
            turn[here, unit] = after  # arriving from `here`, the face goes on to the next neighbour clockwise
    face_of: dict[tuple[int, int], int] = {}
    faces: list[tuple[int, ...]] = []
    for start in turn:
        if start in face_of:
            continue
        cycle = []
        dart: tuple[int, int] = start
        while dart not in face_of:
            face_of[dart] = len(faces)
            cycle.append(dart[0])
            dart = (dart[1], turn[dart])
        faces.append(tuple(cycle))
    pairs: list[Any] = graph.edges.tolist()
    left = np.array([face_of[u, v] for u, v in pairs], dtype=np.int64)
    right = np.array([face_of[v, u] for u, v in pairs], dtype=np.int64)
    return Embedding(tuple(faces) if faces else ((0,),), left, right)
