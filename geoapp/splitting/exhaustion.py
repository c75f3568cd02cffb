"""The verifier's own search: every closed walk from a face below a cost, in order of cost, as plainly as it goes.

Nothing here is shared with the solvers. A state is (face, plane, households so far); it goes on unless what it has
cost and the least that a way home can still cost reach the limit. Two such leasts are used: the distance home, and a
price per household missing or too much, plus a credit that each arc was checked to respect (`credit_holds`).
"""

# The types of these loops are numba's to find; `verify` is typed.
# mypy: allow-untyped-defs

from __future__ import annotations

import numpy as np
from numba import njit

NONE_BELOW, FOUND, TOO_NARROW = 0, 1, 2
UNREACHED = np.iinfo(np.int64).max // 4


@njit(cache=True)
def relax(start, indptr, head, weight, passes):
    """Shortest ways from ``start``, never through it again, by sweeping all arcs; False when still falling at the end.

    Also the arc by which each face was last reached, -1 for none.
    """
    faces = len(indptr) - 1
    value = np.full(faces, UNREACHED, dtype=np.int64)
    by = np.full(faces, -1, dtype=np.int64)
    value[start] = 0
    for _ in range(passes):
        settled = True
        for f in range(faces):
            if value[f] == UNREACHED:
                continue
            for a in range(indptr[f], indptr[f + 1]):
                if head[a] != start and value[f] + weight[a] < value[head[a]]:
                    value[head[a]] = value[f] + weight[a]
                    by[head[a]] = a
                    settled = False
        if settled:
            return True, value, by
    return False, value, by


@njit(cache=True)
def arcs_in_circle(by, tail):
    """Arcs of a circle among the arcs by which faces were reached; empty when there is none."""
    mark = np.full(len(by), -1, dtype=np.int64)
    for first in range(len(by)):
        f = first
        while f >= 0 and mark[f] < 0:
            mark[f] = first
            f = tail[by[f]] if by[f] >= 0 else -1
        if f >= 0 and mark[f] == first:
            circle = [by[f]]
            g = tail[by[f]]
            while g != f:
                circle.append(by[g])
                g = tail[by[g]]
            return np.array(circle)
    return np.zeros(0, dtype=np.int64)


@njit(cache=True)
def credit_holds(start, indptr, head, weight, credit):
    """Whether no arc lowers the credit by more than its weight: the way to a face weighs at least its credit."""
    if credit[start] != 0:
        return False
    for f in range(len(indptr) - 1):
        if credit[f] != UNREACHED:
            for a in range(indptr[f], indptr[f + 1]):
                if head[a] != start and credit[head[a]] > credit[f] + weight[a]:
                    return False
    return True


@njit(cache=True)
def doubled(old):
    """The same array with as much room again."""
    new = np.zeros(2 * len(old), dtype=old.dtype)
    new[: len(old)] = old
    return new


@njit(cache=True)
def home_cost(f, x, home, price, unit, wanted, wanted_most, credit, debit):
    """Least cost of a way from a state to the start that brings the households between the two wanted numbers."""
    least = home[f]
    for k in range(len(price)):
        missing = max(price[k] * (wanted - x) + credit[k, f], price[k] * (x - wanted_most) + debit[k, f])
        if missing > least * unit:
            least = -(-missing // unit)
    return least


@njit(cache=True)
def exhaust(
    start, indptr, head, cost, delta, flip, once, once_bits, planes, least, most, limit, middle, clip,
    home, price, unit, wanted, wanted_most, credit, debit,
):  # fmt: skip
    """Look at every state from which a closed walk below ``limit`` may come home.

    Returns NONE_BELOW, FOUND (and the cost of the walk) or TOO_NARROW when a sum does not fit into the table, unless
    ``clip`` says that the table is as wide as any walk without a repeated face needs; and the number of states.
    """
    faces = len(indptr) - 1
    width = 2 * middle + 1
    span = 1
    for a in range(len(cost)):
        span = max(span, min(cost[a], limit) + 1)
    seen = np.zeros(faces * planes * width, dtype=np.uint8)
    bucket = np.full(span, -1, dtype=np.int64)
    key, link = np.empty(1 << 16, dtype=np.int64), np.empty(1 << 16, dtype=np.int64)
    used, free, waiting, states, level = 1, -1, 1, 0, 0
    key[0], link[0], bucket[0] = start * planes * width + middle, -1, 0
    while waiting > 0:
        b = level % span
        while bucket[b] >= 0:
            slot = bucket[b]
            bucket[b], link[slot], free = link[slot], free, slot
            waiting -= 1
            here = key[slot]
            if seen[here]:
                continue
            seen[here] = 1
            states += 1
            row = here // width
            f, plane, x = row // planes, row % planes, here % width - middle
            for a in range(indptr[f], indptr[f + 1]):
                g, y, after = head[a], x + delta[a], level + cost[a]
                if after >= limit or plane & once[g]:
                    continue
                turned = plane ^ (flip[a] << once_bits)
                if g == start:
                    for k in range(least.shape[1]):
                        if least[turned >> once_bits, k] <= y <= most[turned >> once_bits, k]:
                            return FOUND, after, states
                    continue
                if after + home_cost(g, y, home, price, unit, wanted, wanted_most, credit, debit) >= limit:
                    continue
                if y < -middle or y > middle:
                    if clip:
                        continue
                    return TOO_NARROW, 0, states
                there = (g * planes + (turned | once[g])) * width + y + middle
                if seen[there]:
                    continue
                if free >= 0:
                    slot = free
                    free = link[slot]
                else:
                    if used == len(key):
                        key, link = doubled(key), doubled(link)
                    slot = used
                    used += 1
                key[slot], link[slot] = there, bucket[after % span]
                bucket[after % span] = slot
                waiting += 1
        level += 1
    return NONE_BELOW, 0, states
