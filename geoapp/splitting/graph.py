"""Which units touch, and what a border between them costs: the graph that every solver works on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoapp.errors import Invalid

IntArray = NDArray[np.int64]
IndexArray = NDArray[np.int32]


@dataclass(frozen=True)
class UnitGraph:
    """Units, their households, and one edge for each pair that shares a border.

    Parameters
    ----------
    ids : n distinct JSON values, the units' names outside the app
    households : (n,) int64, >= 0
    edges : (m, 2) int32, positions of the two units, the smaller first, no pair twice, none with itself
    cost : (m,) int64, >= 0: round(length in dm) times a factor in tenths, summed over the pair's border pieces
    cost_scale : what a cost was multiplied with to become an integer (1 when it was one)
    virtual : (m,) bool, edges that bridge water or a gap and are no border on the ground
    """

    ids: tuple[Any, ...]
    households: IntArray
    edges: IndexArray
    cost: IntArray
    cost_scale: float = 1.0
    virtual: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __post_init__(self) -> None:
        n, m = len(self.ids), len(self.edges)
        if self.households.shape != (n,) or self.edges.shape != (m, 2) or self.cost.shape != (m,):
            raise Invalid("A graph needs one household number per unit and one cost per edge.")
        if m and (self.edges.min() < 0 or self.edges.max() >= n or np.any(self.edges[:, 0] >= self.edges[:, 1])):
            raise Invalid("An edge names a unit that is not there, or the same unit twice.")
        if len(self.virtual) != m:
            object.__setattr__(self, "virtual", np.zeros(m, dtype=bool))

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.ids)

    @property
    def m(self) -> int:
        """Number of edges."""
        return len(self.edges)

    @property
    def total(self) -> int:
        """Households of all units together."""
        return int(self.households.sum())

    @cached_property
    def adjacency(self) -> tuple[IndexArray, IndexArray, IndexArray]:
        """Compressed rows: ``indptr`` (n+1,), ``neighbour`` (2m,), ``edge`` (2m,); neighbours ascend in each row."""
        both = np.concatenate([self.edges, self.edges[:, ::-1]])
        edge = np.concatenate([np.arange(self.m), np.arange(self.m)]).astype(np.int32)
        order = np.lexsort((both[:, 1], both[:, 0]))
        indptr = np.zeros(self.n + 1, dtype=np.int32)
        np.cumsum(np.bincount(both[:, 0], minlength=self.n), out=indptr[1:])
        return indptr, np.ascontiguousarray(both[order, 1]), np.ascontiguousarray(edge[order])

    def without(self, dropped: NDArray[np.bool_], /) -> IndexArray:
        """Edges, as positions (q, 2), that touch none of the ``dropped`` (n,) units."""
        return self.edges[~(dropped[self.edges[:, 0]] | dropped[self.edges[:, 1]])]

    @cached_property
    def pieces(self) -> IntArray:
        """(n,) number of the connected piece that each unit lies in, from 0 in order of first units."""
        return piece_labels(self.n, self.edges)


def piece_labels(n: int, edges: NDArray[Any]) -> IntArray:
    """Connected pieces of ``n`` units under (m, 2) ``edges``: (n,) labels from 0, in order of their first units.

    Examples
    --------
    >>> piece_labels(4, np.array([[1, 3], [0, 2]]))
    array([0, 1, 0, 1])
    """
    parent = list(range(n))
    for u, v in edges.tolist():
        while parent[u] != u:
            parent[u] = u = parent[parent[u]]
        while parent[v] != v:
            parent[v] = v = parent[parent[v]]
        if u != v:
            parent[max(u, v)] = min(u, v)
    label = np.empty(n, dtype=np.int64)
    count = 0
    for u in range(n):
        if parent[u] == u:
            label[u] = count
            count += 1
        else:  # the root of a set is its first unit, so an earlier unit carries the label already
            label[u] = label[parent[u]]
    return label
