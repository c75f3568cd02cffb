"""What the verifier knows about faces: is the drawing plane, and is a closed walk left below the objective?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np
from numpy.typing import NDArray

from geoapp.splitting import exhaustion
from geoapp.splitting.graph import UnitGraph

Int64s = NDArray[np.int64]
MOST_STATES = 1_500_000_000
MOST_BUCKETS = 1 << 26
LARGEST = 1 << 61
PRICES = 3
MOST_MARKS = 16


@dataclass(frozen=True)
class Drawing:
    """Faces as cycles of units, and the face on either side of each edge, as walked u to v and v to u."""

    faces: tuple[tuple[int, ...], ...]
    ahead: Int64s
    behind: Int64s

    @staticmethod
    def of(graph: UnitGraph, faces: Sequence[Sequence[int]]) -> Drawing | str:
        """The drawing that the cycles describe, or why they describe none in the plane."""
        cycles = tuple(tuple(int(u) for u in cycle) for cycle in faces)
        side: dict[tuple[int, int], int] = {}
        after: dict[tuple[int, int], int] = {}
        for number, cycle in enumerate(cycles):
            for i, u in enumerate(cycle):
                v, w = cycle[(i + 1) % len(cycle)], cycle[(i + 2) % len(cycle)]
                if (u, v) in side:
                    return f"证书的嵌入不成立：单元 {u} 到 {v} 的一侧属于两个面。"
                side[u, v], after[u, v] = number, w
        pairs = [(int(u), int(v)) for u, v in graph.edges.tolist()]
        if set(side) != {*pairs, *((v, u) for u, v in pairs)}:
            return "证书的嵌入不成立：面的边与图的边不一致。"
        around: dict[int, dict[int, int]] = {}
        for (u, v), w in after.items():
            around.setdefault(v, {})[u] = w  # in from u, out to w: the next spoke at v
        for v, turn in around.items():
            if len(_round(turn, next(iter(turn)))) != len(turn):
                return f"证书的嵌入不成立：单元 {v} 周围的面不成一圈。"
        if graph.n - graph.m + len(cycles) != 2:
            return f"证书的嵌入不成立：V-E+F = {graph.n - graph.m + len(cycles)}，应当是 2。"
        ahead = np.array([side[pair] for pair in pairs], dtype=np.int64)
        behind = np.array([side[v, u] for u, v in pairs], dtype=np.int64)
        return Drawing(cycles, ahead, behind)


def _round(turn: Mapping[int, int], first: int) -> list[int]:
    """Spokes met by turning from ``first`` until it comes again."""
    met = [first]
    while turn[met[-1]] != first and len(met) <= len(turn):
        met.append(turn[met[-1]])
    return met


def crossings(graph: UnitGraph, root: int, unit: int, marked: Sequence[int]) -> tuple[Int64s, Int64s]:
    """Households (divided by ``unit``) gained, and marks turned over, by crossing each edge from ahead to behind.

    From a depth-first tree grown from ``root``: crossing a tree edge gains what hangs below it. Along a closed walk
    that adds up to what it encloses away from the root.
    """
    beside: list[list[tuple[int, int]]] = [[] for _ in range(graph.n)]
    for e, (u, v) in enumerate(graph.edges.tolist()):
        beside[u].append((v, e))
        beside[v].append((u, e))
    known, order, stack = [False] * graph.n, [], [(root, -1, -1)]
    while stack:
        u, above, edge = stack.pop()
        if not known[u]:
            known[u] = True
            order.append((u, above, edge))
            stack += [(v, u, e) for v, e in beside[u] if not known[v]]
    below = [int(h) // unit for h in graph.households]
    bits = [0] * graph.n
    for i, u in enumerate(marked):
        bits[u] ^= 1 << i
    gain, flip = np.zeros(graph.m, dtype=np.int64), np.zeros(graph.m, dtype=np.int64)
    for u, above, e in reversed(order[1:]):
        gain[e] = below[u] if graph.edges[e, 1] == u else -below[u]
        flip[e] = bits[u]
        below[above] += below[u]
        bits[above] ^= bits[u]
    return gain, flip


class Exhaustion:
    """All that is needed to ask: is there an admissible border below ``limit``, through this face, or elsewhere?"""

    def __init__(
        self,
        graph: UnitGraph,
        drawing: Drawing,
        ranges: tuple[tuple[int, int], ...],
        sets: Mapping[int, list[int]],
        anchors: Mapping[int, int],
        limit: int,
    ) -> None:
        self.graph, self.drawing, self.sets, self.limit, self.states = graph, drawing, sets, limit, 0
        self.unit = gcd(*(int(h) for h in graph.households)) or 1
        self.scale = gcd(*(int(c) for c in graph.cost)) or 1
        total = sum(int(h) for h in graph.households)
        (low1, high1), (low2, high2) = ranges
        # Households of part 1, and of part 2, that leave the other part what it needs; no part is empty.
        self.first = (max(low1, total - high2, 1), min(high1, total - low2, total - 1))
        self.second = (max(low2, total - high1, 1), min(high2, total - low1, total - 1))
        self.smallest_part = min(self.first[0], self.second[0])
        self.set_of = {u: name for name, members in sets.items() for u in members}
        self.marks = self._marks(anchors)
        marked = [unit for unit, _ in self.marks]
        # Any root will do; from one on the longest face, small circles enclose few households.
        longest = max(drawing.faces, key=lambda cycle: len(set(cycle)))
        self.gain, self.flip = crossings(graph, marked[0] if marked else longest[0], self.unit, marked)
        self.least, self.most = self._accepted(anchors)

    def _marks(self, anchors: Mapping[int, int]) -> list[tuple[int, int]]:
        """(a unit of each connected piece, its set) of the sets with anchors, then of those in several pieces."""
        marks = []
        for name, members in self.sets.items():
            inside = np.isin(self.graph.edges, members).all(axis=1)
            label = {u: u for u in members}
            for _ in members:
                for u, v in self.graph.edges[inside].tolist():
                    label[u] = label[v] = min(label[u], label[v])
            pieces = sorted(set(label.values()))
            anchored = any(u in anchors for u in members)
            if anchored or len(pieces) > 1:
                marks += [(not anchored, piece, name) for piece in pieces]
        return [(piece, name) for _, piece, name in sorted(marks)]

    def _accepted(self, anchors: Mapping[int, int]) -> tuple[Int64s, Int64s]:
        """Sums away from the root that each set of turned marks admits, for part 1 and for part 2 on that side."""
        if len(self.marks) > MOST_MARKS:
            raise ValueError(f"{len(self.marks)} pieces of sets that must stay together")
        rows = 1 << len(self.marks)
        least, most = np.ones((rows, 2), dtype=np.int64), np.zeros((rows, 2), dtype=np.int64)
        part_of_set = {self.set_of[u]: part for u, part in anchors.items()}
        for row in range(rows):
            away = [row >> i & 1 for i in range(len(self.marks))]
            sides: dict[int, set[int]] = {}
            for side, (_, name) in zip(away, self.marks, strict=True):
                sides.setdefault(name, set()).add(side)
            if any(len(found) > 1 for found in sides.values()):
                continue
            for k, (part, (low, high)) in enumerate(((1, self.first), (2, self.second))):
                if all(sides[name] == {int(wanted == part)} for name, wanted in part_of_set.items()):
                    least[row, k], most[row, k] = -(-low // self.unit), high // self.unit
        return least, most

    def _arcs(self, gone: set[int], edge_gain: Int64s) -> tuple[Int64s, ...]:
        """Arcs between the faces that are left, both ways, by tail: rows, tail, head, cost, gain, flip."""
        graph, drawing = self.graph, self.drawing
        inside = np.array([
            u in self.set_of and self.set_of.get(u) == self.set_of.get(v) for u, v in graph.edges.tolist()
        ])  # fmt: skip
        dead = np.isin(drawing.ahead, list(gone)) | np.isin(drawing.behind, list(gone))
        keep = ~(inside | dead | (drawing.ahead == drawing.behind))
        tail = np.concatenate([drawing.ahead[keep], drawing.behind[keep]])
        head = np.concatenate([drawing.behind[keep], drawing.ahead[keep]])
        cost = np.tile(graph.cost[keep] // self.scale, 2)
        gain = np.concatenate([edge_gain[keep], -edge_gain[keep]])
        flip = np.tile(self.flip[keep], 2)
        order = np.lexsort((head, tail))
        rows = np.searchsorted(tail[order], np.arange(len(drawing.faces) + 1))
        return rows.astype(np.int64), tail[order], head[order], cost[order], gain[order], flip[order]

    def bridge_below(self) -> tuple[int, int] | None:
        """A bridge that is an admissible border below the limit."""
        for e in np.flatnonzero(self.drawing.ahead == self.drawing.behind):
            row, away = int(self.flip[e]), abs(int(self.gain[e]))
            fits = any(self.least[row, k] <= away <= self.most[row, k] for k in (0, 1))
            u, v = (int(x) for x in self.graph.edges[e])
            split = u in self.set_of and self.set_of.get(u) == self.set_of.get(v)
            if fits and not split and self.graph.cost[e] < self.limit:
                return u, v
        return None

    def walk_below(self, face: int, once: Sequence[int], gone: set[int]) -> int | str | None:
        """Cost of an admissible closed walk from ``face`` below the limit, None when there is none, or why not known.

        ``once``: faces that it may meet only once, as every border does.
        """
        rows, tail, head, cost, gain, flip = self._arcs(gone, self.gain)
        limit = -(-self.limit // self.scale)
        if self.limit <= 0:
            return None
        home, along = self._ways(face, rows, tail, head, cost, gain)
        delta = gain + along[tail] - along[head]
        wanted = int(self.least[self.least <= self.most].min(initial=LARGEST))
        if wanted == LARGEST:
            return None
        price, credit, debit = self._prices(face, rows, tail, head, cost, delta, wanted, limit)
        once_bit = np.zeros(len(rows) - 1, dtype=np.int64)
        for i, f in enumerate(once):
            once_bit[f] = 1 << i
        planes = 1 << (len(once) + len(self.marks))
        largest = np.zeros(len(rows) - 1, dtype=np.int64)
        np.maximum.at(largest, tail, np.abs(delta))
        widest = int(largest.sum())
        middle = max(1, min(widest, int(self.most.max())))
        while True:
            if (len(rows) - 1) * planes * (2 * middle + 1) > MOST_STATES or cost.max(initial=0) > MOST_BUCKETS:
                return "这份证书太大，验证程序的内存不够。"
            code, found, states = exhaustion.exhaust(
                face, rows, head, cost, delta, flip, once_bit, len(once), planes, self.least, self.most, limit,
                middle, middle >= widest, home, price, wanted, wanted, int(self.most.max()), credit, debit,
            )  # fmt: skip
            self.states += int(states)
            if code != exhaustion.TOO_NARROW:
                return int(found) * self.scale if code == exhaustion.FOUND else None
            middle = min(2 * middle, widest)

    def _ways(
        self, face: int, rows: Int64s, tail: Int64s, head: Int64s, cost: Int64s, gain: Int64s
    ) -> tuple[Int64s, Int64s]:
        """Distance of each face from ``face`` (the same back), and households to count from, near those on the way."""
        _, home, by = exhaustion.relax(face, rows, head, cost, len(rows))
        along = np.zeros(len(home), dtype=np.int64)
        for f in np.argsort(home, kind="stable"):
            if by[f] >= 0:
                along[f] = along[tail[by[f]]] + gain[by[f]]
        return home, along

    def _prices(
        self, face: int, rows: Int64s, tail: Int64s, head: Int64s, cost: Int64s, delta: Int64s, wanted: int, limit: int
    ) -> tuple[Int64s, Int64s, Int64s]:
        """Prices of a household in costs times ``wanted``, and what ways home weigh at least at such prices.

        A way home, walked backwards, gains the opposite: ``credit`` is the least of cost + price * gain on the way
        there, for households that are missing, ``debit`` of cost - price * gain, for those that are too many. Both are
        checked arc by arc; a price is left out when the check fails.
        """
        prices: list[int] = []
        credits: list[Int64s] = []
        debits: list[Int64s] = []
        price = 2 * limit
        steepest = int(np.abs(delta).max(initial=0)) * price + wanted * int(cost.max(initial=0))
        while price > 0 and len(prices) < PRICES and steepest * len(rows) <= LARGEST:
            weight = wanted * cost + price * delta
            settled, credit, by = exhaustion.relax(face, rows, head, weight, 64)
            circle = np.zeros(0, dtype=np.int64) if settled else exhaustion.arcs_in_circle(by, tail)
            if len(circle):  # it weighs less than 0: no such price is sound
                price = min(price - 1, -wanted * int(cost[circle].sum()) // min(-1, int(delta[circle].sum())))
                continue
            if not settled:
                _, credit, _ = exhaustion.relax(face, rows, head, weight, len(rows))
            _, debit, _ = exhaustion.relax(face, rows, head, wanted * cost - price * delta, len(rows))
            if exhaustion.credit_holds(face, rows, head, weight, credit) and exhaustion.credit_holds(
                face, rows, head, wanted * cost - price * delta, debit
            ):
                prices.append(price)
                credits.append(credit)
                debits.append(debit)
            price = price * 5 // 8
        shape = (len(prices), len(rows) - 1)
        return np.array(prices, dtype=np.int64), np.array(credits).reshape(shape), np.array(debits).reshape(shape)

    def largest_rest(self, unit: int, gone: set[int]) -> int:
        """Households of the fullest piece without the units that ``unit`` is bound to by the ``gone`` faces."""
        name = list(range(self.graph.n))

        def top(u: int) -> int:
            while name[u] != u:
                u = name[u]
            return u

        for group in [*(self.drawing.faces[f] for f in gone), *self.sets.values()]:
            for u in group:
                name[top(u)] = top(group[0])
        inside = {u for u in range(self.graph.n) if top(u) == top(unit)}
        beside: list[list[int]] = [[] for _ in range(self.graph.n)]
        for u, v in self.graph.edges.tolist():
            beside[u].append(v)
            beside[v].append(u)
        seen, most = set(inside), 0
        for first in range(self.graph.n):
            front, total = ([] if first in seen else [first]), 0
            seen.add(first)
            while front:
                u = front.pop()
                total += int(self.graph.households[u])
                new = [v for v in beside[u] if v not in seen]
                seen.update(new)
                front += new
            most = max(most, total)
        return most

    def ratio_closed(self, root: int, gone: set[int]) -> bool:
        """Whether no cycle among the faces left encloses the smallest part for less than the limit.

        It is so when ``limit * households <= smallest * cost`` along every cycle, households counted away from any
        unit, here ``root``: then no circle weighs less than 0 and the sweeps come to rest.
        """
        rows, _, head, cost, gain, _ = self._arcs(gone, crossings(self.graph, root, self.unit, ())[0])
        smallest, limit = -(-self.smallest_part // self.unit), -(-self.limit // self.scale)
        heaviest = smallest * int(cost.max(initial=0)) + limit * int(np.abs(gain).max(initial=0))
        if heaviest * (len(rows) + 1) >= LARGEST:
            return False
        # One more face with arcs of weight 0 to all others, so that every circle is reached.
        faces = len(rows) - 1
        all_rows = np.concatenate([rows, [rows[-1] + faces]])
        all_head = np.concatenate([head, np.arange(faces)])
        weight = np.concatenate([smallest * cost - limit * gain, np.zeros(faces, dtype=np.int64)])
        settled, _, _ = exhaustion.relax(faces, all_rows, all_head, weight, faces + 2)
        return bool(settled)
