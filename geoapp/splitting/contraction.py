"""Units that are known to end on one side are one unit: which belong together, and what is left without them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from geoapp.splitting.graph import UnitGraph, piece_labels
from geoapp.splitting.request import DivisionRequest, RequestError


class Contraction:
    """A partition of the units into contracted units, refined by merging."""

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def root(self, unit: int) -> int:
        """The contracted unit that ``unit`` lies in, named by one of its units."""
        parent = self._parent
        while parent[unit] != unit:
            parent[unit] = unit = parent[parent[unit]]
        return unit

    def merge(self, units: Iterable[int]) -> None:
        """Make one contracted unit of all that ``units`` lie in."""
        first = None
        for unit in units:
            root = self.root(int(unit))
            if first is None:
                first = root
            elif root != first:
                self._parent[root] = first

    def labels(self) -> NDArray[np.int64]:
        """(n,) contracted unit of each unit."""
        return np.array([self.root(unit) for unit in range(len(self._parent))], dtype=np.int64)


def largest_rest(graph: UnitGraph, inside: NDArray[np.bool_]) -> int:
    """Households of the fullest connected piece of ``graph`` without the ``inside`` (n,) units; 0 when none is left."""
    label = piece_labels(graph.n, graph.without(inside))
    total = np.zeros(graph.n, dtype=np.int64)
    np.add.at(total, label[~inside], graph.households[~inside])
    return int(total.max(initial=0))


def groups_of(request: DivisionRequest) -> list[tuple[int, int]]:
    """Pairs (unit, group) of all units that are bound to others: sets that share a unit are one group.

    Units anchored to one part are one group; groups number from 0, those of anchors first by part.

    Raises
    ------
    Contradiction : one group is anchored to two parts
    """
    named = sorted({u for group in request.together for u in group} | set(request.anchors))
    place = {unit: i for i, unit in enumerate(named)}
    sets = Contraction(len(named))
    for group in request.together:
        sets.merge(place[unit] for unit in group)
    for part in set(request.anchors.values()):
        sets.merge(place[unit] for unit, wanted in request.anchors.items() if wanted == part)
    wanted: dict[int, int] = {}
    for unit, part in request.anchors.items():
        if wanted.setdefault(sets.root(place[unit]), part) != part:
            raise Contradiction(f"固定单元互相矛盾：同一组既要在第 {part} 部分，又要在另一部分，请修改 anchor。")
    order = {root: i for i, root in enumerate(dict.fromkeys(sorted({sets.root(place[u]) for u in named})))}
    return [(unit, order[sets.root(place[unit])]) for unit in named]


class Contradiction(RequestError):
    """What must stay together is also asked to be apart."""


def connected_pieces(graph: UnitGraph, units: Sequence[int]) -> list[list[int]]:
    """The connected pieces of the subgraph on ``units``, each ascending."""
    outside = np.ones(graph.n, dtype=np.bool_)
    outside[list(units)] = False
    label = piece_labels(graph.n, graph.without(outside))
    pieces: dict[int, list[int]] = {}
    for unit in sorted(set(units)):
        pieces.setdefault(int(label[unit]), []).append(unit)
    return list(pieces.values())
