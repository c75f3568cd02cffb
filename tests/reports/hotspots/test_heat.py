"""Cells of equal size that stay where they are, and small counts that the public does not see."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.reports.hotspots.flat import METRES_PER_DEGREE, cell_bounds, cells, metres
from geoapp.reports.hotspots.heat import heat


@given(st.floats(-179, 179), st.floats(-70, 70), st.sampled_from([50.0, 100.0, 500.0]))
def test_a_point_lies_in_its_cell_and_the_cell_is_a_square(lon: float, lat: float, size_m: float) -> None:
    west, south, east, north = cell_bounds(cells(np.array([[lon, lat]]), size_m), size_m)[0]
    assert west - 1e-9 <= lon <= east + 1e-9 and south - 1e-9 <= lat <= north + 1e-9
    wide = (east - west) * METRES_PER_DEGREE * np.cos(np.radians((south + north) / 2))
    assert wide == pytest.approx(size_m, rel=1e-6)
    assert (north - south) * METRES_PER_DEGREE == pytest.approx(size_m, rel=1e-6)


def test_18_counts_sum_to_the_reports_and_the_public_is_told_what_is_kept_back() -> None:
    points = np.array([[116.46, 39.94]] * 4 + [[116.48, 39.95]] * 2 + [[116.50, 39.96]])
    all_of_it = heat(points, size_m=100)
    assert all_of_it.counts.tolist() == [4, 2, 1] and all_of_it.withheld == 0
    public = all_of_it.for_public()
    assert (public.counts.tolist(), public.withheld, len(public.bounds)) == ([4], 3, 1)
    assert heat(np.zeros((0, 2)), size_m=100).counts.tolist() == []


def test_a_selection_does_not_move_the_cells() -> None:
    points = np.array([[116.46, 39.94], [116.4605, 39.9402], [116.49, 39.99]])
    assert cells(points[:1], 100).tolist() == cells(points, 100)[:1].tolist()


def test_metres_of_a_town() -> None:
    # One degree of latitude and, at 60 degrees north, one of longitude: half as long.
    xy = metres(np.array([[10.0, 59.5], [11.0, 60.5]]))
    assert xy[1] - xy[0] == pytest.approx([METRES_PER_DEGREE / 2, METRES_PER_DEGREE])
