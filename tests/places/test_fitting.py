"""Parts fitted to the outline that they divide, and children sorted to their successors."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon, box

from geoapp.places.children import apportion
from geoapp.places.fitting import NotAnArea, PartsDoNotFit, area_m2, fit, polygonal, require_area, shares_inside
from tests.places.street import squares


def test_parts_that_tile_already_are_left_as_they_are() -> None:
    parts = [squares(0, 0, 2, 4), squares(2, 0, 4, 4)]
    fitted = fit(parts, squares(0, 0, 4, 4), what="霞光里")
    assert fitted.geometries == tuple(parts) and fitted.mended_m2 == 0.0


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.floats(-0.0008, 0.0008), min_size=4, max_size=4))
def test_parts_drawn_less_than_a_thousandth_off_tile_afterwards(off: list[float]) -> None:
    """Of 4 columns each edge is off by 0.0008 at most: together 4 * 0.0008 / 4 = 0.08 % of the ground."""
    outline = squares(0, 0, 4, 4)
    parts = [squares(off[0], 0, 2 + off[1], 4), squares(2 + off[2], 0, 4 + off[3], 4)]
    west, east = fit(parts, outline, what="霞光里").geometries
    tolerance = 0.011 / 111_000 / 85_000  # what counts as dust, in square degrees
    assert shapely.symmetric_difference(shapely.union(west, east), outline).area <= tolerance
    assert shapely.intersection(west, east).area <= tolerance


@pytest.mark.parametrize(
    "parts",
    [
        [squares(0, 0, 2, 4), squares(2.01, 0, 4, 4)],
        [squares(0, 0, 2.01, 4), squares(2, 0, 4, 4)],
        [squares(0, 0, 2, 4), squares(2, 0, 4.01, 4)],
        [squares(0, 0, 4, 4), squares(4, 0, 4.001, 4)],
    ],
)
def test_parts_that_are_off_by_more_are_refused(parts: list[Polygon]) -> None:
    """0.01 of 4 columns is 0.25 %; the last pair leaves nothing of the second part inside."""
    with pytest.raises(PartsDoNotFit):
        fit(parts, squares(0, 0, 4, 4), what="霞光里")


def test_a_column_of_the_board_has_the_area_that_the_globe_gives_it() -> None:
    """0.001 degrees at 39.942 N: 85.46 m by 111.03 m on WGS84, 9,489 m2; the projection adds 1 in 20,000."""
    assert area_m2([squares(0, 1.5, 1, 2.5), None, Polygon()]) == pytest.approx([9489, 0, 0], rel=2e-4)
    assert area_m2([None]).tolist() == [0.0]


def test_shares_are_of_the_first_areas_ground() -> None:
    assert shares_inside(squares(0, 0, 4, 1), [squares(0, 0, 1, 4), squares(1, 0, 9, 4)]) == pytest.approx([0.25, 0.75])


def test_lines_that_an_overlay_leaves_are_dropped() -> None:
    mixed = shapely.GeometryCollection([LineString([(0, 0), (1, 1)]), box(0, 0, 1, 1)])
    assert polygonal(mixed).equals(box(0, 0, 1, 1))
    assert polygonal(shapely.GeometryCollection([LineString([(0, 0), (1, 1)])])).is_empty


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (None, "没有面状边界"),
        (LineString([(0, 0), (1, 1)]), "没有面状边界"),
        (Polygon(), "没有面状边界"),
        (Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "Self-intersection"),
        (box(500_000, 4_400_000, 500_100, 4_400_100), "经纬度范围"),
    ],
)
def test_what_bounds_no_ground_is_refused_by_name(geometry: object, words: str) -> None:
    with pytest.raises(NotAnArea, match=words):
        require_area(geometry, what="霞光里")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6), st.lists(st.floats(0.01, 1.0), min_size=1, max_size=8))
def test_apportioned_counts_add_up_and_are_off_by_less_than_one(total: int, weights: list[float]) -> None:
    shares = list(np.array(weights) / sum(weights))
    counts = apportion(total, shares)
    assert sum(counts) == total
    assert all(abs(count - share * total) < 1 + 1e-6 for count, share in zip(counts, shares, strict=True))
