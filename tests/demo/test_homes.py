"""Sharing households out: the sum is exact or it is refused."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from geoapp.demo.buildings import Shape
from geoapp.demo.homes import fit_homes, homes_of
from geoapp.errors import Invalid


def slabs(count: int, stairs: int = 3) -> list[Shape]:
    """Slabs of 6 storeys in a row: 6 * 3 * 2 = 36 homes each."""
    return [Shape(box(i * 60, 0, i * 60 + 46, 12), "住宅", 6, stairs, 2 * stairs) for i in range(count)]


@settings(max_examples=60, deadline=None)
@given(target=st.integers(120, 420), seed=st.integers(0, 1000))
def test_the_sum_is_exact_and_nobody_loses_more_than_three_homes(target: int, seed: int) -> None:
    """Ten slabs of at most 7 storeys hold 420 homes; 120 are four at 5 storeys, and from five slabs on
    whole storeys of 6 homes leave at most 5 over."""
    shapes, households = fit_homes(slabs(10), target, rng=random.Random(seed))
    assert sum(households) == target
    assert all(0 <= homes_of(shape) - count <= 3 for shape, count in zip(shapes, households, strict=True))


def test_more_homes_than_the_buildings_can_hold_are_refused() -> None:
    """Two slabs of 7 storeys hold 84 homes."""
    with pytest.raises(Invalid, match="2 buildings cannot hold 85 households"):
        fit_homes(slabs(2), 85, rng=random.Random(1))


def test_offices_get_no_households() -> None:
    office = Shape(box(0, 100, 40, 140), "办公", 20, 0, 0)
    shapes, households = fit_homes([office, *slabs(2)], 72, rng=random.Random(1))
    assert households == [0, 36, 36]
    assert shapes[0] == office
