"""Compiled loops of the two-part solver: growing states (face, households so far) and joining two halves of a walk.

A state is an index ``(face * planes + plane) * width + households + middle`` into ``dist``, which holds its least cost
plus one, or 0 where it was not reached. A plane is a set of bits: the low ``once_bits`` remember which of the faces
that may be met only once were met, the others which of the side paths were crossed an odd number of times.
"""

from __future__ import annotations

import numpy as np
from numba import njit

DONE, POOL_FULL, TOO_NARROW = 0, 1, 2
# Slots of the control array that lives through calls of `grow`.
LEVEL, FREE, USED, SETTLED, LIVE = 0, 1, 2, 3, 4


@njit(cache=True)
def distances(start, indptr, head, cost, delta, blocked):
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
            if blocked[g]:
                continue
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
    heads, pool_key, pool_next, control, until, most,
):  # fmt: skip
    """Settle every state of cost at most ``until``; push none above ``most``. Returns DONE, POOL_FULL or TOO_NARROW."""
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
                if y < -middle or y > middle:
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
def join(indptr, head, cost, delta, flip, once_bits, planes, middle, dist, low, high, least, most, limit):
    """Cheapest closed walk below ``limit`` from two grown halves and the dual arc between them.

    ``least`` and ``most`` are (sides, k): the admissible sums for each set of side bits, ``least > most`` for none.
    Returns cost (``limit`` when there is none) and arc, households before it, its two planes, those of the far half.
    """
    width = 2 * middle + 1
    once_mask = (1 << once_bits) - 1
    best = limit
    found = np.zeros(5, dtype=np.int64)
    queue = np.empty(width, dtype=np.int64)
    for f in range(len(indptr) - 1):
        for p in range(planes):
            near = f * planes + p
            if low[near] > high[near]:
                continue
            for a in range(indptr[f], indptr[f + 1]):
                for q in range(planes):
                    far = head[a] * planes + q
                    if low[far] > high[far] or p & q & once_mask:
                        continue
                    side = (p >> once_bits) ^ (q >> once_bits) ^ flip[a]
                    for k in range(least.shape[1]):
                        both, x, y = slide(
                            near, far, delta[a], least[side, k], most[side, k], width, dist, low, high, queue
                        )
                        if both > 0 and both - 2 + cost[a] < best:
                            best = both - 2 + cost[a]
                            found[0], found[1], found[2], found[3], found[4] = a, x, p, q, y
    return best, found
