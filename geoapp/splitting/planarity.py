"""A planar drawing of a graph in linear time, compiled: the left-right planarity test and the faces that it gives.

Edges are oriented by a depth-first search; each edge back to an ancestor must pass all others on the left or on the
right. Pairs of intervals of such edges that may not lie on one side are kept on a stack; where both halves of a pair
would have to, there is no drawing. The order of neighbours that comes out is that of ``networkx.check_planarity``
(a test compares them), some hundred times sooner.

References
----------
Brandes (2009), The left-right planarity test.
"""

# The types of these loops are numba's to find; `embedding` is their only caller.
# mypy: allow-untyped-defs

from __future__ import annotations

import numpy as np
from numba import njit

#: Ends of the two intervals of a conflict pair: lowest and highest return edge on the left, then on the right.
LEFT_LOW, LEFT_HIGH, RIGHT_LOW, RIGHT_HIGH = 0, 1, 2, 3


@njit(cache=True)
def clockwise_order(indptr, neighbour, edge_of):
    """Darts in clockwise order around each unit, or none at all when the graph is not planar.

    Parameters
    ----------
    indptr, neighbour, edge_of : compressed rows of a graph without loops and parallel edges

    Returns
    -------
    planar : bool
    tail : (m,) the unit that dart ``2 e`` of edge e leaves; dart ``2 e + 1`` is the way back
    first : (n,) a dart that leaves each unit, -1 for none
    clockwise : (2 m,) the next dart that leaves the same unit
    """
    n, m = len(indptr) - 1, len(neighbour) // 2
    tail, head = np.full(m, -1, dtype=np.int64), np.full(m, -1, dtype=np.int64)
    height, parent = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    lowpoint, nesting = np.zeros(m, dtype=np.int64), np.zeros(m, dtype=np.int64)
    first, clockwise = np.full(n, -1, dtype=np.int64), np.full(2 * m, -1, dtype=np.int64)
    if n > 2 and m > 3 * n - 6:
        return False, tail, first, clockwise
    orient(indptr, neighbour, edge_of, tail, head, height, parent, lowpoint, nesting)
    start, out = leaving(n, tail, nesting, indptr, edge_of)
    reference, side = np.full(m, -1, dtype=np.int64), np.ones(m, dtype=np.int64)
    if not sides_fit(start, out, tail, head, height, parent, lowpoint, reference, side):
        return False, tail, first, clockwise
    for e in range(m):
        nesting[e] *= absolute_side(e, reference, side)
    start, out = leaving(n, tail, nesting, indptr, edge_of)
    draw(start, out, head, height, parent, side, first, clockwise)
    return True, tail, first, clockwise


@njit(cache=True)
def orient(indptr, neighbour, edge_of, tail, head, height, parent, lowpoint, nesting):
    """Depth-first search: orient each edge, find how far up it leads back, and how the edges of a unit nest."""
    n, m = len(height), len(tail)
    second = np.zeros(m, dtype=np.int64)  # the second lowest height that an edge leads back to
    begun = np.zeros(m, dtype=np.bool_)
    slot_of = indptr[:-1].astype(np.int64)
    stack = np.empty(2 * n + 1, dtype=np.int64)
    for root in range(n):
        if height[root] >= 0:
            continue
        height[root] = 0
        stack[0], top = root, 1
        while top > 0:
            top -= 1
            v = stack[top]
            while slot_of[v] < indptr[v + 1]:
                w, e = neighbour[slot_of[v]], edge_of[slot_of[v]]
                if not (begun[e] and tail[e] == v):
                    if tail[e] >= 0:
                        slot_of[v] += 1
                        continue  # oriented from the other end
                    tail[e], head[e] = v, w
                    lowpoint[e] = second[e] = height[v]
                    if height[w] < 0:  # a tree edge: go on at its end, and come back here
                        parent[w], height[w] = e, height[v] + 1
                        stack[top], stack[top + 1] = v, w
                        top += 2
                        begun[e] = True
                        break
                    lowpoint[e] = height[w]
                nesting[e] = 2 * lowpoint[e] + (1 if second[e] < height[v] else 0)
                up = parent[v]
                if up >= 0:
                    if lowpoint[e] < lowpoint[up]:
                        second[up] = min(lowpoint[up], second[e])
                        lowpoint[up] = lowpoint[e]
                    elif lowpoint[e] > lowpoint[up]:
                        second[up] = min(second[up], lowpoint[e])
                    else:
                        second[up] = min(second[up], second[e])
                slot_of[v] += 1


@njit(cache=True)
def leaving(n, tail, nesting, indptr, edge_of):
    """Edges that leave each unit in order of nesting: where each unit's begin, and the edges."""
    m = len(tail)
    found, key = np.empty(m, dtype=np.int64), np.empty(m, dtype=np.int64)
    start = np.zeros(n + 1, dtype=np.int64)
    count = 0
    for v in range(n):
        for slot in range(indptr[v], indptr[v + 1]):
            if tail[edge_of[slot]] == v:
                found[count] = edge_of[slot]
                key[count] = nesting[edge_of[slot]]
                count += 1
        start[v + 1] = count
    filled, out = start[:-1].copy(), np.empty(m, dtype=np.int64)
    for i in np.argsort(key, kind="mergesort"):
        v = tail[found[i]]
        out[filled[v]] = found[i]
        filled[v] += 1
    return start, out


@njit(cache=True)
def sides_fit(start, out, tail, head, height, parent, lowpoint, reference, side):
    """Whether left and right can be chosen for every edge that leads back; fills ``reference`` and ``side``."""
    n, m = len(height), len(tail)
    pairs, depth = np.full((m + 1, 4), -1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    bottom, lowest_edge = np.zeros(m, dtype=np.int64), np.full(m, -1, dtype=np.int64)
    begun = np.zeros(m, dtype=np.bool_)
    at = start[:-1].copy()
    stack = np.empty(2 * n + 1, dtype=np.int64)
    for root in range(n):
        if height[root] != 0:
            continue
        stack[0], top = root, 1
        while top > 0:
            top -= 1
            v = stack[top]
            up, descended = parent[v], False
            while at[v] < start[v + 1]:
                e = out[at[v]]
                if not begun[e]:
                    bottom[e] = depth[0]
                    if parent[head[e]] == e:
                        stack[top], stack[top + 1] = v, head[e]
                        top += 2
                        begun[e] = descended = True
                        break
                    lowest_edge[e] = e
                    pairs[depth[0], LEFT_LOW] = pairs[depth[0], LEFT_HIGH] = -1
                    pairs[depth[0], RIGHT_LOW] = pairs[depth[0], RIGHT_HIGH] = e
                    depth[0] += 1
                if lowpoint[e] < height[v]:
                    if at[v] == start[v]:
                        lowest_edge[up] = lowest_edge[e]
                    elif not constrain(e, up, pairs, depth, bottom, lowest_edge, lowpoint, reference):
                        return False
                at[v] += 1
            if not descended and up >= 0:
                trim(up, tail[up], pairs, depth, head, height, lowpoint, reference, side)
    return True


@njit(cache=True)
def conflicts(high, e, lowpoint):
    """Whether an interval with that highest edge reaches above where ``e`` leads back."""
    return high >= 0 and lowpoint[high] > lowpoint[e]


@njit(cache=True)
def swap(pair):
    """Exchange the two intervals of a pair."""
    pair[0], pair[1], pair[2], pair[3] = pair[2], pair[3], pair[0], pair[1]


@njit(cache=True)
def constrain(e, up, pairs, depth, bottom, lowest_edge, lowpoint, reference):
    """Merge what the edges below ``e`` and the edges before it ask for; False when both sides are taken."""
    new = np.full(4, -1, dtype=np.int64)
    while True:  # all that came back through e goes to the right
        depth[0] -= 1
        old = pairs[depth[0]].copy()
        if old[LEFT_LOW] >= 0:
            swap(old)
        if old[LEFT_LOW] >= 0:
            return False
        if lowpoint[old[RIGHT_LOW]] > lowpoint[up]:
            if new[RIGHT_LOW] < 0:
                new[RIGHT_HIGH] = old[RIGHT_HIGH]
            else:
                reference[new[RIGHT_LOW]] = old[RIGHT_HIGH]
            new[RIGHT_LOW] = old[RIGHT_LOW]
        else:
            reference[old[RIGHT_LOW]] = lowest_edge[up]
        if depth[0] == bottom[e]:
            break
    while depth[0] > 0:  # what came back before and reaches higher goes to the left
        last = pairs[depth[0] - 1]
        if not (conflicts(last[LEFT_HIGH], e, lowpoint) or conflicts(last[RIGHT_HIGH], e, lowpoint)):
            break
        depth[0] -= 1
        old = last.copy()
        if conflicts(old[RIGHT_HIGH], e, lowpoint):
            swap(old)
        if conflicts(old[RIGHT_HIGH], e, lowpoint):
            return False
        if new[RIGHT_LOW] >= 0:
            reference[new[RIGHT_LOW]] = old[RIGHT_HIGH]
        else:
            new[RIGHT_HIGH] = old[RIGHT_HIGH]
        if old[RIGHT_LOW] >= 0:
            new[RIGHT_LOW] = old[RIGHT_LOW]
        if new[LEFT_LOW] < 0:
            new[LEFT_HIGH] = old[LEFT_HIGH]
        else:
            reference[new[LEFT_LOW]] = old[LEFT_HIGH]
        new[LEFT_LOW] = old[LEFT_LOW]
    if new[LEFT_LOW] >= 0 or new[RIGHT_LOW] >= 0:
        pairs[depth[0]] = new
        depth[0] += 1
    return True


@njit(cache=True)
def lowest_of(pair, lowpoint):
    """The lowest height that an edge of a pair leads back to."""
    if pair[LEFT_LOW] < 0:
        return lowpoint[pair[RIGHT_LOW]]
    if pair[RIGHT_LOW] < 0:
        return lowpoint[pair[LEFT_LOW]]
    return min(lowpoint[pair[LEFT_LOW]], lowpoint[pair[RIGHT_LOW]])


@njit(cache=True)
def trim(e, u, pairs, depth, head, height, lowpoint, reference, side):
    """Forget the edges that end at ``u``, where the tree edge ``e`` comes from, and give ``e`` a side to follow."""
    while depth[0] > 0 and lowest_of(pairs[depth[0] - 1], lowpoint) == height[u]:
        depth[0] -= 1
        if pairs[depth[0], LEFT_LOW] >= 0:
            side[pairs[depth[0], LEFT_LOW]] = -1
    if depth[0] > 0:
        pair = pairs[depth[0] - 1]
        for low, high, other in ((LEFT_LOW, LEFT_HIGH, RIGHT_LOW), (RIGHT_LOW, RIGHT_HIGH, LEFT_LOW)):
            while pair[high] >= 0 and head[pair[high]] == u:
                pair[high] = reference[pair[high]]
            if pair[high] < 0 and pair[low] >= 0:  # just emptied
                reference[pair[low]] = pair[other]
                side[pair[low]] = -1
                pair[low] = -1
    if lowpoint[e] < height[u]:
        left, right = pairs[depth[0] - 1, LEFT_HIGH], pairs[depth[0] - 1, RIGHT_HIGH]
        reference[e] = left if left >= 0 and (right < 0 or lowpoint[left] > lowpoint[right]) else right


@njit(cache=True)
def absolute_side(e, reference, side):
    """The side of an edge, resolved along the edges that it refers to, which are then resolved as well."""
    before = np.int64(-1)
    while e >= 0:  # turn the chain of references round, and come back along it
        after = reference[e]
        reference[e] = before
        before, e = e, after
    sign = 1
    while before >= 0:
        side[before] *= sign
        sign = side[before]
        after = reference[before]
        reference[before] = -1
        before = after
    return sign


@njit(cache=True)
def put_after(dart, place, clockwise, counter):
    """Insert a dart clockwise after another of the same unit."""
    after = clockwise[place]
    clockwise[dart], counter[dart] = after, place
    counter[after], clockwise[place] = dart, dart


@njit(cache=True)
def draw(start, out, head, height, parent, side, first, clockwise):
    """Put the darts of each unit in order: those that leave it by nesting, those that come back where they pass."""
    n = len(height)
    counter = np.full(len(clockwise), -1, dtype=np.int64)
    for v in range(n):
        for i in range(start[v], start[v + 1]):
            dart = 2 * out[i]
            if first[v] < 0:
                first[v] = clockwise[dart] = counter[dart] = dart
            else:
                put_after(dart, 2 * out[i - 1], clockwise, counter)
    left, right = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    at = start[:-1].copy()
    stack = np.empty(2 * n + 1, dtype=np.int64)
    for root in range(n):
        if height[root] != 0:
            continue
        stack[0], top = root, 1
        while top > 0:
            top -= 1
            v = stack[top]
            while at[v] < start[v + 1]:
                e = out[at[v]]
                at[v] += 1
                w, back = head[e], 2 * e + 1
                if parent[w] == e:
                    if first[w] < 0:
                        clockwise[back] = counter[back] = back
                    else:
                        put_after(back, counter[first[w]], clockwise, counter)
                    first[w] = back
                    left[v] = right[v] = 2 * e
                    stack[top], stack[top + 1] = v, w
                    top += 2
                    break
                if side[e] == 1:
                    put_after(back, right[w], clockwise, counter)
                else:
                    put_after(back, counter[left[w]], clockwise, counter)
                    if left[w] == first[w]:
                        first[w] = back
                    left[w] = back


@njit(cache=True)
def trace(tail, heads, first, clockwise):
    """Faces, each kept on the left of its darts: units in order, where each face's begin, and the face of each dart."""
    m = len(tail)
    face_of = np.full(2 * m, -1, dtype=np.int64)
    around, begins = np.empty(2 * m, dtype=np.int64), np.zeros(2 * m + 1, dtype=np.int64)
    faces, filled = 0, 0
    for v in range(len(first)):
        turn = first[v]
        while turn >= 0:
            dart = turn ^ 1  # towards v
            if face_of[dart] < 0:
                while face_of[dart] < 0:
                    face_of[dart] = faces
                    around[filled] = tail[dart >> 1] if dart & 1 == 0 else heads[dart >> 1]
                    filled += 1
                    dart = clockwise[dart ^ 1]
                faces += 1
                begins[faces] = filled
            turn = clockwise[turn]
            if turn == first[v]:
                break
    return around, begins[: faces + 1], face_of
