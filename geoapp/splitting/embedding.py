"""A drawing without crossings: the faces between the borders, and the dual multigraph that a border walks on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from geoapp.splitting import planarity
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
    """
    planar, tail, first, clockwise = planarity.clockwise_order(*graph.adjacency)
    if not planar:
        return None
    if graph.m == 0:
        return Embedding(((0,),), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    head = graph.edges.sum(axis=1) - tail
    around, begins, face_of = planarity.trace(tail, head, first, clockwise)
    units, ends = around.tolist(), begins.tolist()
    faces = tuple(tuple(units[i:j]) for i, j in pairwise(ends))
    there, back = face_of[0::2], face_of[1::2]
    as_given = tail == graph.edges[:, 0]
    return Embedding(faces, np.where(as_given, there, back), np.where(as_given, back, there))
