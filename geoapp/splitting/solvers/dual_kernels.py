"""Compiled loops of the two-part solver: growing states (face, households so far) and joining two halves of a walk.

A state is an index ``(face * planes + plane) * width + households + middle`` into ``dist``, which holds its least cost
plus one, or 0 where it was not reached. A plane is a set of bits: the low ``once_bits`` remember which of the faces
that may be met only once were met, the others which of the side paths were crossed an odd number of times.
"""

# The types of these loops are numba's to find; their callers in `dual_walk` and `dual_starts` are typed.
# mypy: allow-untyped-defs

from __future__ import annotations

import numpy as np
from numba import njit

DONE, POOL_FULL, TOO_NARROW = 0, 1, 2
# Slots of the control array that lives through calls of `grow`.
LEVEL, FREE, USED, SETTLED, LIVE = 0, 1, 2, 3, 4


@njit(cache=True)
def distances(start, indptr, head, cost, delta):
    """Least cost from ``start`` to each face (-1 where there is no way), and households summed along some way there."""
    faces = len(indptr) - 1
    dist = np.full(faces, -1, dtype=np.int64)
    along = np.zeros(faces, dtype=np.int64)
    queued = np.zeros(faces, dtype=np.bool_)
    queue = np.empty(faces + 1, dtype=np.int64)
    first, last = 0, 1
    queue[0] = start
    dist[start] = 0
    queued[start] = True
    while first != last:
        f = queue[first]
        first = (first + 1) % (faces + 1)
        queued[f] = False
        for a in range(indptr[f], indptr[f + 1]):
            g = head[a]
            d = dist[f] + cost[a]
            if dist[g] < 0 or d < dist[g]:
                dist[g] = d
                along[g] = along[f] + delta[a]
                if not queued[g]:
                    queued[g] = True
                    queue[last] = g
                    last = (last + 1) % (faces + 1)
    return dist, along


@njit(cache=True)
def farthest(start, indptr, head, gain):
    """Most that a walk from ``start``, which it never meets again, can gain on its way to each face.

    No cycle without ``start`` may gain anything. Faces out of reach get the least number there is.
    """
    faces = len(indptr) - 1
    most = np.full(faces, np.iinfo(np.int64).min, dtype=np.int64)
    queued = np.zeros(faces, dtype=np.bool_)
    queue = np.empty(faces + 1, dtype=np.int64)
    first, last = 0, 1
    queue[0] = start
    most[start] = 0
    while first != last:
        f = queue[first]
        first = (first + 1) % (faces + 1)
        queued[f] = False
        for a in range(indptr[f], indptr[f + 1]):
            g = head[a]
            if g != start and most[f] + gain[a] > most[g]:
                most[g] = most[f] + gain[a]
                if not queued[g]:
                    queued[g] = True
                    queue[last] = g
                    last = (last + 1) % (faces + 1)
    return most


@njit(cache=True)
def hopeless(f, x, level, price, unit, least, most, spare, there, back):
    """Whether a state can be neither the first nor the second half of a walk that encloses least to most in its cost.

    For each ``price`` of a household (in costs times ``unit``), what is missing or too much costs at least ``price``
    times that, less the most that a way home (``back``) or here (``there``) can gain; ``spare``: unit times most cost.
    """
    first = second = True
    left = spare - level * unit
    for k in range(len(price)):
        p, b, t = price[k], back[k, f], there[k, f]
        first = first and p * (least - x) - b <= left and p * (x - most) - t <= left
        second = second and p * (least + x) - t <= left and p * (-most - x) - b <= left
    return not (first or second)


@njit(cache=True)
def push(key, bucket, heads, pool_key, pool_next, control):
    """Put a state into a bucket of the queue."""
    slot = control[FREE]
    if slot >= 0:
        control[FREE] = pool_next[slot]
    else:
        slot = control[USED]
        control[USED] += 1
    pool_key[slot] = key
    pool_next[slot] = heads[bucket]
    heads[bucket] = slot
    control[LIVE] += 1


@njit(cache=True)
def pop(bucket, heads, pool_next, control):
    """Take the first entry out of a bucket that is not empty."""
    slot = heads[bucket]
    heads[bucket] = pool_next[slot]
    pool_next[slot] = control[FREE]
    control[FREE] = slot
    control[LIVE] -= 1


@njit(cache=True)
def dominated(key, met, width, dist):
    """Whether the state was reached as cheaply with fewer of the once-only faces met."""
    sub = met
    while sub > 0:
        sub = (sub - 1) & met
        if dist[key - (met - sub) * width] != 0:
            return True
    return False


@njit(cache=True)
def grow(
    start, indptr, head, cost, delta, flip, once, once_bits, planes, middle, dist, low, high,
    heads, pool_key, pool_next, control, until, most, clip,
    price, unit, wanted, wanted_most, spare, there_gain, back_gain,
):  # fmt: skip
    """Settle every state of cost at most ``until``; push none above ``most``. Returns DONE, POOL_FULL or TOO_NARROW.

    ``clip``: the table holds every sum that a walk without a repeated face can have, others may be forgotten.
    """
    width = 2 * middle + 1
    span = len(heads)
    room = len(pool_key)
    once_mask = (1 << once_bits) - 1
    while control[LEVEL] <= until and control[LIVE] > 0:
        level = control[LEVEL]
        bucket = level % span
        while heads[bucket] >= 0:
            key = pool_key[heads[bucket]]
            if dist[key] != 0:
                pop(bucket, heads, pool_next, control)
                continue
            row = key // width
            f = row // planes
            plane = row - f * planes
            if control[LIVE] + indptr[f + 1] - indptr[f] > room:
                return POOL_FULL
            x = key - row * width - middle
            pop(bucket, heads, pool_next, control)
            if once_bits > 0 and dominated(key, plane & once_mask, width, dist):
                continue
            dist[key] = level + 1
            control[SETTLED] += 1
            low[row] = min(low[row], x)
            high[row] = max(high[row], x)
            for a in range(indptr[f], indptr[f + 1]):
                g = head[a]
                after = level + cost[a]
                if g == start or after > most or plane & once[g]:
                    continue
                y = x + delta[a]
                if hopeless(g, y, after, price, unit, wanted, wanted_most, spare, there_gain, back_gain):
                    continue
                if y < -middle or y > middle:
                    if clip:
                        continue
                    return TOO_NARROW
                there = (g * planes + ((plane | once[g]) ^ (flip[a] << once_bits))) * width + y + middle
                if dist[there] == 0:
                    push(there, after % span, heads, pool_key, pool_next, control)
        control[LEVEL] += 1
    return DONE


@njit(cache=True)
def slide(near, far, step, least, most, width, dist, low, high, queue):
    """Least ``dist`` of a near and a far state whose sums ``x + step - y`` lie in [least, most]; 0 for none; x; y.

    The window of y moves up with x; ``queue`` holds the y in it that may still be the least.
    """
    middle = width // 2
    best, best_x, best_y = np.int64(0), 0, 0
    front, back = 0, 0
    y = low[far]
    for x in range(max(low[near], least - step + low[far]), min(high[near], most - step + high[far]) + 1):
        bottom = x + step - most
        top = min(high[far], x + step - least)
        if front == back and y < bottom:
            y = bottom
        while y <= top:
            d = dist[far * width + y + middle]
            if d != 0:
                while back > front and dist[far * width + queue[back - 1] + middle] >= d:
                    back -= 1
                queue[back] = y
                back += 1
            y += 1
        d = np.int64(dist[near * width + x + middle])
        if d == 0:
            continue
        while front < back and queue[front] < bottom:
            front += 1
        if front < back:
            total = d + dist[far * width + queue[front] + middle]
            if best == 0 or total < best:
                best, best_x, best_y = total, x, queue[front]
    return best, best_x, best_y


@njit(cache=True)
def reached_planes(faces, planes, low, high):
    """Planes with a settled state, face after face, and where each face's begin."""
    used = np.empty(faces * planes, dtype=np.int64)
    first = np.zeros(faces + 1, dtype=np.int64)
    count = 0
    for f in range(faces):
        for p in range(planes):
            if low[f * planes + p] <= high[f * planes + p]:
                used[count] = p
                count += 1
        first[f + 1] = count
    return used[:count], first


@njit(cache=True)
def join(indptr, head, cost, delta, flip, once_bits, planes, middle, dist, low, high, least, most, limit):
    """Cheapest closed walk below ``limit`` from two grown halves and the dual arc between them.

    ``least`` and ``most`` are (sides, k): the admissible sums for each set of side bits, ``least > most`` for none.
    Returns for each arc the cost of the cheapest (``limit`` when there is none), and households before it, the planes
    before and after it, and households of the half after it.
    """
    width = 2 * middle + 1
    once_mask = (1 << once_bits) - 1
    best = np.full(len(head), limit, dtype=np.int64)
    found = np.zeros((len(head), 4), dtype=np.int64)
    queue = np.empty(width, dtype=np.int64)
    used, first = reached_planes(len(indptr) - 1, planes, low, high)
    for f in range(len(indptr) - 1):
        for i in range(first[f], first[f + 1]):
            p = used[i]
            for a in range(indptr[f], indptr[f + 1]):
                for j in range(first[head[a]], first[head[a] + 1]):
                    q = used[j]
                    if p & q & once_mask:
                        continue
                    side = (p >> once_bits) ^ (q >> once_bits) ^ flip[a]
                    for k in range(least.shape[1]):
                        both, x, y = slide(
                            f * planes + p, head[a] * planes + q, delta[a], least[side, k], most[side, k],
                            width, dist, low, high, queue,
                        )  # fmt: skip
                        if both > 0 and both - 2 + cost[a] < best[a]:
                            best[a] = both - 2 + cost[a]
                            found[a, 0], found[a, 1], found[a, 2], found[a, 3] = x, p, q, y
    return best, found


@njit(cache=True)
def gaining_cycle(tail, head, gain, faces):
    """Arcs of a cycle whose gains add up to more than 0, in order; empty when there is none (Bellman-Ford)."""
    potential = np.zeros(faces, dtype=np.int64)
    parent = np.full(faces, -1, dtype=np.int64)
    mark = np.full(faces, -1, dtype=np.int64)
    for _ in range(faces + 1):
        changed = False
        for a in range(len(tail)):
            if potential[tail[a]] + gain[a] > potential[head[a]]:
                potential[head[a]] = potential[tail[a]] + gain[a]
                parent[head[a]] = a
                changed = True
        if not changed:
            break
        mark[:] = -1
        for f in range(faces):  # a circle of parents is a gaining cycle
            g = f
            while g >= 0 and mark[g] < 0:
                mark[g] = f
                g = tail[parent[g]] if parent[g] >= 0 else -1
            if g >= 0 and mark[g] == f:
                cycle = [parent[g]]
                h = tail[parent[g]]
                while h != g:
                    cycle.append(parent[h])
                    h = tail[parent[h]]
                return np.array(cycle[::-1])
    return np.zeros(0, dtype=np.int64)


@njit(cache=True)
def largest_without(indptr, neighbour, households, inside):
    """Households of the fullest connected piece of the units that are not ``inside``."""
    n = len(indptr) - 1
    seen = inside.copy()
    stack = np.empty(n, dtype=np.int64)
    most = 0
    for first in range(n):
        if seen[first]:
            continue
        seen[first] = True
        stack[0] = first
        top, total = 1, 0
        while top > 0:
            top -= 1
            u = stack[top]
            total += households[u]
            for slot in range(indptr[u], indptr[u + 1]):
                v = neighbour[slot]
                if not seen[v]:
                    seen[v] = True
                    stack[top] = v
                    top += 1
        most = max(most, total)
    return most
