"""Compiled loops of the hot-spots: neighbours in cells for repeats, and cylinders for the space-time scan."""

# The types of these loops are numba's to find; their callers in `repeats` and `scan` are typed.
# mypy: allow-untyped-defs

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def _root(parent, i):
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(cache=True)
def join_repeats(x, y, t, centres, order, first_of_cell, cell_of, beside, radius, window, times, parent):
    """Join in ``parent`` (a forest over points) those that lie around one centre and in one window with enough others.

    ``order`` lists points cell by cell, ``first_of_cell[c]`` is where cell c begins, ``beside[c]`` names the nine cells
    around c, -1 where there is none. Returns which points belong to a repeat.
    """
    marked = np.zeros(len(x), dtype=np.bool_)
    found = np.empty(len(x), dtype=np.int64)
    for i in centres:
        count = 0
        for k in range(9):
            c = beside[cell_of[i], k]
            if c < 0:
                continue
            for at in range(first_of_cell[c], first_of_cell[c + 1]):
                j = order[at]
                dx, dy = x[j] - x[i], y[j] - y[i]
                if dx * dx + dy * dy <= radius * radius:
                    found[count] = j
                    count += 1
        if count < times:
            continue
        near = found[:count]
        by_time = near[np.argsort(t[near], kind="mergesort")]
        end = joined = 0
        for begin in range(count):
            while end < count and t[by_time[end]] - t[by_time[begin]] < window:
                end += 1
            if end - begin >= times:
                # What an earlier window joined is not joined again.
                joined = max(joined, begin)
                marked[by_time[joined]] = True
                while joined + 1 < end:
                    a, b = _root(parent, by_time[joined]), _root(parent, by_time[joined + 1])
                    parent[max(a, b)] = min(a, b)
                    joined += 1
                    marked[by_time[joined]] = True
    return marked


@njit(cache=True)
def cases_by_day(place, day, low, counts):
    """Sum reports along the days from ``low`` on: counts[p, b] - counts[p, a] are place p's of days low+a..low+b-1."""
    counts[:] = 0
    for i in range(len(place)):
        if day[i] >= low:
            counts[place[i], day[i] - low + 1] += 1
    for p in range(counts.shape[0]):
        for d in range(1, counts.shape[1]):
            counts[p, d] += counts[p, d - 1]


@njit(cache=True)
def scan(counts, total, near, near_start, zone_total, win_from, win_to, win_total, logs, best, best_size, best_window):
    """The best cylinder around each place: log likelihood ratio, number of places, window.

    ``near[near_start[c]:near_start[c + 1]]`` are the places around c, the nearest first; ``zone_total`` runs along with
    it and gives the cases of that many places; windows count columns of ``counts``, their ends excluded; ``logs[k]`` is
    log k. Returns the best ratio of all.
    """
    days = counts.shape[1]
    inside = np.zeros(days, dtype=np.int64)
    top = 0.0
    for centre in range(len(near_start) - 1):
        inside[:] = 0
        best[centre] = 0.0
        for at in range(near_start[centre], near_start[centre + 1]):
            row = counts[near[at]]
            # A place without a report in any window adds to what is expected and to nothing that is seen.
            if row[days - 1] == 0:
                continue
            for d in range(days):
                inside[d] += row[d]
            # Two reports are no cluster whatever was expected.
            if inside[days - 1] < 3:
                continue
            cases = zone_total[at]
            for w in range(len(win_from)):
                observed = inside[win_to[w]] - inside[win_from[w]]
                # observed > expected, without a division.
                if observed < 3 or observed * total <= cases * win_total[w]:
                    continue
                # Most are seen not to be better without a logarithm: (n-o) log((n-o)/(n-e)) <= -(n-o)(o-e)/(n-e).
                least = best[centre] - 1e-9
                inner = observed * (logs[observed] + logs[total] - logs[cases] - logs[win_total[w]])
                if inner < least:
                    continue
                expected = cases * win_total[w] / total
                if inner - (total - observed) * (observed - expected) / (total - expected) < least:
                    continue
                ratio = observed * (logs[observed] - np.log(expected))
                if total > observed:
                    ratio += (total - observed) * (logs[total - observed] - np.log(total - expected))
                if ratio > best[centre]:
                    best[centre] = ratio
                    best_size[centre] = at - near_start[centre] + 1
                    best_window[centre] = w
        if best[centre] > top:
            top = best[centre]
    return top
