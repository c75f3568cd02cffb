"""The cheapest closed walk of the dual through one face, with an admissible sum of households inside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from geoapp.splitting.graph import IntArray
from geoapp.splitting.solvers import dual_kernels as kernels
from geoapp.splitting.solvers.dual_problem import Admissible, Dual, ratio_bound

MOST_STATES = 300_000_000
MOST_BUCKETS = 1 << 25
#: Prices tried, in eighths of the highest; walks rebuilt after a join in search of a simple one.
SHARES = (8, 5, 3)
TRIES = 64


@dataclass(frozen=True)
class Walk:
    """A closed walk: its faces in order from the start, and the edges of the graph that it crosses."""

    cost: int
    faces: tuple[int, ...]
    edges: tuple[int, ...]

    @property
    def repeated(self) -> list[int]:
        """Faces that it meets more than once, the most met first; empty for a simple cycle."""
        counts = Counter(self.faces)
        return sorted((face for face in counts if counts[face] > 1), key=lambda face: (-counts[face], face))


@dataclass(frozen=True)
class Answer:
    """``walk``: the cheapest; ``none``: proved that none is below the limit; ``stopped``: none is below ``bound``.

    ``simple``: a walk that meets no face twice, the cheapest that turned up.
    """

    outcome: Literal["walk", "none", "stopped"]
    bound: int
    walk: Walk | None = None
    simple: Walk | None = None
    states: int = 0


class HalfWalks:
    """Grows all walks from ``start`` by cost, to half of the limit, and joins them in pairs to closed walks.

    A closed walk of cost C has an arc such that what comes before and what comes after it cost at most C / 2 each;
    the part after it, walked backwards, is a walk from the start as well. So once all states up to R are settled,
    every closed walk of cost at most 2 R + 1 is the join of two of them over one arc. A walk that is back at the
    start is never carried on. Sums may be negative, or above the target, and come back: a state is left out only when
    a bound on the whole cost of its walk says so (``kernels.hopeless``).
    """

    def __init__(
        self, dual: Dual, start: int, *, once: tuple[int, ...], admissible: Admissible, limit: int, total: int
    ) -> None:
        order = np.argsort(dual.tail, kind="stable")
        self.dual, self.start, self.once, self.admissible, self.limit = dual, start, once, admissible, limit
        self.indptr = np.zeros(dual.faces + 1, dtype=np.int64)
        np.cumsum(np.bincount(dual.tail, minlength=dual.faces), out=self.indptr[1:])
        self.head, self.cost, self.edge = dual.head[order], dual.cost[order], dual.edge[order]
        self.flip = dual.flip[order]
        # Sums are counted against those along some shortest way, so that they stay near 0; closed walks do not notice.
        away, along = kernels.distances(start, self.indptr, self.head, self.cost, dual.delta[order])
        self.delta = dual.delta[order] + along[dual.tail[order]] - along[self.head]
        self.near = away >= 0
        self.once_bit = np.zeros(dual.faces, dtype=np.int64)
        for bit, face in enumerate(once):
            self.once_bit[face] = 1 << bit
        self.planes = 1 << (len(once) + admissible.side_bits)
        # A walk that repeats no face leaves each face once: no sum of one goes beyond the largest steps together.
        largest = np.zeros(dual.faces, dtype=np.int64)
        np.maximum.at(largest, dual.tail[order], np.abs(self.delta))
        self.widest = int(largest.sum())
        self.middle = max(1, min(total // 2, self.widest))
        self.states = 0
        self.patience = MOST_STATES
        self.simple: Walk | None = None
        self.price_households()

    def price_households(self) -> None:
        """Prices of a household under which no cycle away from the start gains, and what ways there and back gain.

        The highest price is the least ratio of cost to households of those cycles; others are shares of it.
        """
        self.wanted = int(self.admissible.least[self.admissible.least <= self.admissible.most].min(initial=1 << 40))
        self.wanted_most = int(self.admissible.most[self.admissible.least <= self.admissible.most].max(initial=0))
        away = np.ones(self.dual.faces, dtype=np.bool_)
        away[self.start] = False
        rest = self.dual.without(~away)
        highest, _ = ratio_bound(rest, least=self.wanted, limit=2 * self.limit)
        self.price = np.array([highest * share // 8 for share in SHARES if highest], dtype=np.int64)
        self.unit = self.wanted
        self.there = np.zeros((len(self.price), self.dual.faces), dtype=np.int64)
        self.back = np.zeros_like(self.there)
        for k, price in enumerate(self.price):
            for gains, sign in ((self.there, 1), (self.back, -1)):
                gains[k] = kernels.farthest(
                    self.start, self.indptr, self.head, sign * price * self.delta - self.unit * self.cost
                )

    def fits(self) -> bool:
        """Whether tables of the present width and as many buckets as the dearest arc asks for stay in memory."""
        entries = self.dual.faces * self.planes * (2 * self.middle + 1)
        return entries <= MOST_STATES and int(self.cost.max(initial=0)) < MOST_BUCKETS

    def open_tables(self) -> None:
        """Empty tables, with the start at households 0."""
        rows = self.dual.faces * self.planes
        width = 2 * self.middle + 1
        self.dist = np.zeros(rows * width, dtype=np.int32)
        self.low, self.high = np.full(rows, width, dtype=np.int64), np.full(rows, -width, dtype=np.int64)
        span = int(min(self.cost.max(initial=0), self.limit)) + 1
        self.heads = np.full(span, -1, dtype=np.int32)
        self.pool_key = np.zeros(1 << 16, dtype=np.int64)
        self.pool_next = np.zeros(1 << 16, dtype=np.int32)
        self.control = np.array([0, -1, 0, 0, 0], dtype=np.int64)
        kernels.push(
            self.start * self.planes * width + self.middle, 0, self.heads, self.pool_key, self.pool_next, self.control
        )

    def grow(self, until: int, most: int) -> bool:
        """Settle all states of cost <= ``until``; False when the table is too narrow for a sum that turned up."""
        while True:
            code = kernels.grow(
                self.start, self.indptr, self.head, self.cost, self.delta, self.flip, self.once_bit, len(self.once),
                self.planes, self.middle, self.dist, self.low, self.high,
                self.heads, self.pool_key, self.pool_next, self.control, until, most,
                self.middle >= self.widest,
                self.price, self.unit, self.wanted, self.wanted_most, self.unit * (self.limit - 1),
                self.there, self.back,
            )  # fmt: skip
            if code != kernels.POOL_FULL:
                return bool(code == kernels.DONE)
            self.pool_key = np.concatenate([self.pool_key, np.zeros_like(self.pool_key)])
            self.pool_next = np.concatenate([self.pool_next, np.zeros_like(self.pool_next)])

    def search(self, stop: Callable[..., bool]) -> Answer:
        """The cheapest admissible closed walk below the limit."""
        while self.fits():
            self.open_tables()
            answer = self.rounds(stop)
            if answer is not None:
                return answer
            self.middle = min(2 * self.middle, self.widest)
        return Answer("stopped", 0, None, self.simple, self.states)

    def rounds(self, stop: Callable[..., bool]) -> Answer | None:
        """Grow and join in turn, the join whenever the settled states grew by half; None when too narrow.

        ``stop`` is told how many states were settled since it was asked last.
        """
        step = max(1, int(np.median(self.cost)) // 2) if len(self.cost) else 1
        joined, proved, told = 8, 0, 0
        found: Walk | None = None
        while True:
            goal = (self.limit - 1) // 2
            until = min(goal, int(self.control[0]) + step)
            if not self.grow(until, goal):
                return None
            self.states = int(self.control[3])
            late, told = stop(self.states - told), self.states
            dry = self.control[4] == 0
            if until >= goal or dry or self.states > 1.5 * joined:
                joined = self.states
                found = self.join() or found
                proved = 2 * until + 2
                if 2 * until + 2 >= self.limit or dry:
                    return Answer("walk" if found else "none", self.limit, found, self.simple, self.states)
            if late or self.states > self.patience:
                return Answer("stopped", min(proved, self.limit), found, self.simple, self.states)

    def join(self) -> Walk | None:
        """The cheapest closed walk of the halves grown so far, when it is below the limit, which it then is.

        Among the cheapest over each arc, the first that meets no face twice is kept as well.
        """
        best, pairs = kernels.join(
            self.indptr, self.head, self.cost, self.delta, self.flip, len(self.once), self.planes, self.middle,
            self.dist, self.low, self.high, self.admissible.least, self.admissible.most, self.limit,
        )  # fmt: skip
        ranked = np.argsort(best, kind="stable")
        ranked = ranked[best[ranked] < self.limit][:TRIES]
        if not len(ranked):
            return None
        found = self.walk(int(ranked[0]), int(best[ranked[0]]), pairs[ranked[0]])
        for arc in ranked:
            if self.simple is not None and best[arc] >= self.simple.cost:
                break
            walk = self.walk(int(arc), int(best[arc]), pairs[arc])
            if not walk.repeated:
                self.simple = walk
        self.limit = found.cost
        return found

    def walk(self, arc: int, cost: int, pair: IntArray) -> Walk:
        """The closed walk that a join found."""
        x, near_plane, far_plane, y = (int(value) for value in pair)
        f = int(np.searchsorted(self.indptr, arc, side="right")) - 1
        ahead = self.way_back(f, near_plane, x)[::-1]
        back = self.way_back(int(self.head[arc]), far_plane, y)
        faces = [face for face, _ in ahead] + [face for face, _ in back[:-1]]
        edges = [edge for _, edge in ahead[1:]] + [int(self.edge[arc])] + [edge for _, edge in back[:-1]]
        return Walk(cost, tuple(faces), tuple(edges))

    def way_back(self, face: int, plane: int, x: int) -> list[tuple[int, int]]:
        """(face, edge by which it was reached) from a settled state back to the start, whose edge is -1."""
        width = 2 * self.middle + 1

        def least(face: int, plane: int, x: int) -> int:
            return int(self.dist[(face * self.planes + plane) * width + x + self.middle]) - 1

        path: list[tuple[int, int]] = []
        seen = {(face, plane, x)}  # arcs of cost 0 could lead in a circle
        options = [self.before(face, plane, x, least)]
        here = [(face, plane, x)]
        while here[-1][0] != self.start:
            for edge, state in options[-1]:
                if state not in seen:
                    seen.add(state)
                    path.append((here[-1][0], edge))
                    here.append(state)
                    options.append(self.before(*state, least))
                    break
            else:
                here.pop()
                options.pop()
                path.pop()
        return [*path, (self.start, -1)]

    def before(
        self, face: int, plane: int, x: int, least: Callable[[int, int, int], int]
    ) -> list[tuple[int, tuple[int, int, int]]]:
        """(edge, state) of each settled state that the cheapest walk to this one may have come from."""
        cost = least(face, plane, x)
        come = []
        for a in range(self.indptr[face], self.indptr[face + 1]):
            g, y = int(self.head[a]), x + int(self.delta[a])
            p = (plane & ~int(self.once_bit[face])) ^ (int(self.flip[a]) << len(self.once))
            if (
                abs(y) <= self.middle
                and least(g, p, y) == cost - self.cost[a]
                and (g != self.start or (p, y) == (0, 0))
            ):
                come.append((int(self.edge[a]), (g, p, y)))
        return come
