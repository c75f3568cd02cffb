"""From which faces to search, in what order, and when no border is left that none of them lies on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoapp.splitting.contraction import Contraction
from geoapp.splitting.embedding import Embedding
from geoapp.splitting.graph import IntArray, UnitGraph
from geoapp.splitting.solvers import dual_kernels as kernels

#: Ends of ways that are tried in pairs; how many starts are done when the tight cycle says where the next one is.
SAMPLES = 24
HINTED = (1, 3, 5)


class Starts:
    """Faces in the order of searching, chosen so that the units around them soon part what is left."""

    def __init__(self, graph: UnitGraph, embedding: Embedding, *, least: int, contraction: Contraction) -> None:
        self.graph, self.faces, self.least, self.contraction = graph, embedding.faces, least, contraction
        self.removed: NDArray[np.bool_] = np.zeros(len(self.faces), dtype=np.bool_)
        self.order: list[int] = []
        self.planned: list[int] = []
        self.first = max(range(len(self.faces)), key=lambda face: (len(set(self.faces[face])), -face))
        self.around: list[list[int]] = [[] for _ in range(graph.n)]
        for face, cycle in enumerate(self.faces):
            for unit in set(cycle):
                self.around[unit].append(face)
        self.adjacency = graph.adjacency

    def remove(self, face: int) -> None:
        """Every border through ``face`` is accounted for: the units around it are one from now on."""
        self.removed[face] = True
        self.order.append(face)
        self.contraction.merge(self.faces[face])

    def rest(self, inside: NDArray[np.bool_]) -> int:
        """Households of the fullest piece without the ``inside`` units."""
        return int(kernels.largest_without(self.adjacency[0], self.adjacency[1], self.graph.households, inside))

    def closing_unit(self) -> int | None:
        """A unit of the contracted unit without which every piece is smaller than the smallest part; None as yet."""
        labels = self.contraction.labels()
        size = np.bincount(labels, minlength=self.graph.n)
        for root in np.argsort(-size, kind="stable")[:4]:
            if size[root] > 1 and self.rest(labels == root) < self.least:
                return int(root)
        return None

    def choose(self, tight: IntArray) -> int | None:
        """The next face to search from; None when none is left.

        ``tight``: faces of the cycle with the least ratio of cost to households. A good border is often near it, so
        at first every other start lies on it.
        """
        if len(tight) and len(self.order) in HINTED:
            return int(max(tight, key=lambda face: (len(self.faces[face]), -face)))
        while self.planned:
            face = self.planned.pop(0)
            if not self.removed[face]:
                return face
        if not self.removed[self.first]:
            return self.first
        self.planned = self.chain()
        left = np.flatnonzero(~self.removed)
        if not self.planned:
            return int(left[0]) if len(left) else None
        return self.planned.pop(0)

    def core(self) -> NDArray[np.bool_]:
        """(n,) units of the contracted unit around the longest face."""
        labels = self.contraction.labels()
        return labels == labels[self.faces[self.first][0]]

    def chain(self) -> list[int]:
        """Faces that carry the contracted unit through the middle of the fullest piece that is left, ends first."""
        core = self.core()
        middle, from_core = self.deepest(core)
        if middle < 0:
            return []
        reach, by_face, by_unit = self.spread([middle], core)
        ends = sorted((u for u in range(self.graph.n) if from_core[u] == 1 and reach[u] >= 0), key=lambda u: reach[u])
        ends = [ends[int(i)] for i in np.unique(np.linspace(0, len(ends) - 1, SAMPLES).round())]
        best: tuple[tuple[int, int], list[int]] | None = None
        ways = [self.way(end, by_face, by_unit) for end in ends]
        for i, (faces, units) in enumerate(ways):
            for other_faces, other_units in ways[i:]:
                inside = core.copy()
                inside[units] = inside[other_units] = True
                length = len(set(faces) | set(other_faces))
                rest = self.rest(inside)
                value = (0, length) if rest < self.least else (rest, length)
                if best is None or value < best[0]:
                    best = (value, [*faces, *other_faces])
        if best is None:
            return []
        link = [face for end in ends for face in self.around[end] if any(core[u] for u in self.faces[face])]
        touching = [face for face in best[1] if any(core[u] for u in self.faces[face])]
        return list(dict.fromkeys([*best[1], *([] if touching else link[:1])]))

    def deepest(self, core: NDArray[np.bool_]) -> tuple[int, list[int]]:
        """The unit farthest from the core, counted in faces, among the fullest piece; and how far each unit is."""
        far, _, _ = self.spread(np.flatnonzero(core).tolist(), np.zeros(self.graph.n, dtype=np.bool_))
        outside = [unit for unit in range(self.graph.n) if far[unit] > 0]
        if not outside:
            return -1, far
        return max(outside, key=lambda unit: (far[unit], -unit)), far

    def spread(self, sources: list[int], closed: NDArray[np.bool_]) -> tuple[list[int], list[int], list[int]]:
        """Breadth first from unit to unit over faces not yet removed: steps, face and unit it was reached by."""
        steps, by_face, by_unit = [-1] * self.graph.n, [-1] * self.graph.n, [-1] * self.graph.n
        used = self.removed.tolist()
        for unit in sources:
            steps[unit] = 0
        for unit in sources:
            for face in self.around[unit]:
                if used[face]:
                    continue
                used[face] = True
                for other in self.faces[face]:
                    if steps[other] < 0 and not closed[other]:
                        steps[other], by_face[other], by_unit[other] = steps[unit] + 1, face, unit
                        sources.append(other)
        return steps, by_face, by_unit

    def way(self, end: int, by_face: list[int], by_unit: list[int]) -> tuple[list[int], list[int]]:
        """Faces and units of the way from ``end``, which lies at the core, back to where the spreading began."""
        link = [face for face in self.around[end] if not self.removed[face]]
        faces = [face for face in link if any(self.core_unit(u) for u in self.faces[face])][:1]
        units = [end]
        while by_face[end] >= 0:
            faces.append(by_face[end])
            end = by_unit[end]
            units.append(end)
        return faces, [unit for face in faces for unit in self.faces[face]] + units

    def core_unit(self, unit: int) -> bool:
        """Whether a unit lies in the contracted unit around the longest face."""
        return self.contraction.root(unit) == self.contraction.root(self.faces[self.first][0])
