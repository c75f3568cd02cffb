"""Keys of points: a tile is a range, neighbours inside a cell share their leading bits."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.maps.morton import BITS, cell_shift, keys, tile_range, world_xy

LON = st.floats(-180, 180, allow_nan=False)
LAT = st.floats(-85, 85, allow_nan=False)


def plain_key(lon: float, lat: float) -> int:
    """The definition, bit by bit: column bits on even places, row bits on odd ones."""
    x, y = world_xy(np.array([[lon, lat]]))[0]
    column, row = (min(int(value * 2**BITS), 2**BITS - 1) for value in (x, y))
    return sum(((column >> i & 1) << 2 * i) | ((row >> i & 1) << 2 * i + 1) for i in range(BITS))


@given(LON, LAT)
def test_the_compiled_spreading_is_the_definition(lon: float, lat: float) -> None:
    assert keys(np.array([[lon, lat]])).tolist() == [plain_key(lon, lat)]


@given(LON, LAT, st.integers(0, 20))
def test_a_point_lies_in_the_range_of_its_tile_and_of_no_neighbour(lon: float, lat: float, z: int) -> None:
    x, y = (min(int(value * 2**z), 2**z - 1) for value in world_xy(np.array([[lon, lat]]))[0])
    key = int(keys(np.array([[lon, lat]]))[0])
    first, after = tile_range(z, x, y)
    assert first <= key < after
    if x + 1 < 2**z:
        first, after = tile_range(z, x + 1, y)
        assert not first <= key < after


def test_the_tiles_of_a_zoom_cover_all_keys_once() -> None:
    ranges = sorted(tile_range(2, x, y) for x in range(4) for y in range(4))
    assert ranges[0][0] == 0
    assert ranges[-1][1] == 4**BITS
    assert all(ends == begins for (_, ends), (begins, _) in pairwise(ranges))


@pytest.mark.parametrize(("z", "per_side", "cells"), [(0, 8, 64), (5, 8, 64), (5, 1, 1)])
def test_a_tile_has_as_many_cells_as_asked_for(z: int, per_side: int, cells: int) -> None:
    first, after = tile_range(z, 0, 0)
    shift = cell_shift(z, cells_per_side=per_side)
    assert (after >> shift) - (first >> shift) == cells


def test_a_known_place_has_its_known_tile() -> None:
    """霞光里 at 116.455, 39.955: x = (116.455 + 180) / 360 * 2^14 = 13491.98, so column 13491 at zoom 14."""
    x, _ = world_xy(np.array([[116.455, 39.955]]))[0] * 2**14
    assert int(x) == 13491
