"""Three times in thirty days at the same place: the rule itself, and the fast way against the plain one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.reports.hotspots.repeats import DAY_S, find_repeats


def found(points: list[tuple[float, float, float]], radius_m: float = 50) -> list[tuple[int, ...]]:
    """Members of repeats among (x, y, day)."""
    xy = np.array([p[:2] for p in points], dtype=float).reshape(-1, 2)
    return [r.members for r in find_repeats(xy, np.array([p[2] for p in points]) * DAY_S, radius_m=radius_m)]


@pytest.mark.parametrize(
    ("points", "repeats"),
    [
        ([(0, 0, 0), (0, 0, 1)], []),
        ([(0, 0, 0), (0, 0, 1), (0, 0, 2)], [(0, 1, 2)]),
        # The thirtieth day is in the window, the thirty-first is not.
        ([(0, 0, 0), (0, 0, 1), (0, 0, 29)], [(0, 1, 2)]),
        ([(0, 0, 0), (0, 0, 1), (0, 0, 30)], []),
        # At fifty metres it is the same place, beyond it is not.
        ([(-50, 0, 0), (0, 0, 1), (50, 0, 2)], [(0, 1, 2)]),
        ([(-50, 0, 0), (0, 0, 1), (50.1, 0, 2)], []),
        # A ring of three, each 60 m from the others: no circle of 50 m around one of them holds all.
        ([(0, 0, 0), (60, 0, 1), (30, 52, 2)], []),
        # Four over two months: the first three and the last three are one matter, for they share two.
        ([(0, 0, 0), (0, 0, 20), (0, 0, 25), (0, 0, 45)], [(0, 1, 2, 3)]),
        # Two matters; the newer one comes first.
        ([(0, 0, 0), (0, 0, 1), (0, 0, 2), (900, 0, 8), (900, 0, 9), (900, 9, 7)], [(5, 3, 4), (0, 1, 2)]),
        ([], []),
    ],
)  # fmt: skip
def test_the_rule(points: list[tuple[float, float, float]], repeats: list[tuple[int, ...]]) -> None:
    assert found(points) == repeats


def plain(points: list[tuple[float, float, float]], radius_m: float) -> set[frozenset[int]]:
    """The rule word by word, in cubic time."""
    groups: list[set[int]] = []
    for x, y, _ in points:
        near = [i for i, p in enumerate(points) if (p[0] - x) ** 2 + (p[1] - y) ** 2 <= radius_m**2]
        for first in near:
            window = {i for i in near if 0 <= points[i][2] - points[first][2] < 30}
            if len(window) >= 3:
                groups.append(window)
    merged: list[set[int]] = []
    for group in groups:
        touching = [m for m in merged if m & group]
        merged = [m for m in merged if not m & group] + [group.union(*touching)]
    return {frozenset(m) for m in merged}


WHERE = st.integers(-8, 8).map(lambda n: n * 20.0)


@given(st.lists(st.tuples(WHERE, WHERE, st.integers(0, 90).map(float)), max_size=25))
def test_the_fast_way_finds_what_the_plain_way_finds(points: list[tuple[float, float, float]]) -> None:
    assert {frozenset(members) for members in found(points)} == plain(points, 50)


def test_a_spot_to_which_everybody_is_geocoded_costs_no_square() -> None:
    xy = np.zeros((200_000, 2))
    (only,) = find_repeats(xy, np.linspace(0, 20 * DAY_S, 200_000), radius_m=50)
    assert only.times == 200_000
