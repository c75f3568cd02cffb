"""Many points at once against one point at a time, and the rules on borders."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point

from geoapp.places.hierarchy import LEVELS, level_of, parent_code
from geoapp.places.locate import Locator
from geoapp.places.versions import PlaceVersion
from tests.places.street import DISTRICT, EAST, HOME, SOUTH, STEP, STREET, WEST, squares, street_records

STREETS = [
    PlaceVersion(r.code, str(r.name), level_of(r.code).key, parent_code(r.code), date(2020, 1, 1), geometry=r.geometry)
    for r in street_records()
]
LOCATOR = Locator(STREETS)


def by_hand(lon: float, lat: float) -> list[str]:
    """Level by level: of the places that hold the point, first those under the one above, then the lowest code."""
    found: list[str] = []
    for level in LEVELS:
        holding = [v for v in STREETS if v.level == level.key and v.geometry.intersects(Point(lon, lat))]
        above = found[-1] if found else ""
        holding.sort(key=lambda v: ((v.parent or "") != above, v.code))
        found.append(holding[0].code if holding else "")
    return found


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(-2, 20), st.integers(-2, 10)), min_size=1, max_size=30))
def test_a_batch_agrees_with_one_point_at_a_time(halves: list[tuple[int, int]]) -> None:
    """Points on a raster of half squares: every second one lies on a border or a corner."""
    lonlat = np.array([(WEST + x * STEP / 2, SOUTH + y * STEP / 2) for x, y in halves])
    assert LOCATOR.codes(lonlat).tolist() == [by_hand(*point) for point in lonlat]


def test_a_border_between_parents_gives_one_chain_from_top_to_bottom() -> None:
    """A second community with the lower code touches a grid of 023: the grid's own parent decides for its grid level.

    The point lies on the border of 022 (east, with grid 022001) and 023 (west). The lower community is 022, so the
    grid is 022001, though 023002 and 023004 hold the point, too.
    """
    lower = "110105012022"
    more = [
        PlaceVersion(lower, "低", "community", STREET, date(2020, 1, 1), geometry=squares(4, 0, 8, 4)),
        PlaceVersion(f"{lower}001", "低一", "grid", lower, date(2020, 1, 1), geometry=squares(4, 0, 8, 4)),
    ]
    here = np.array([[WEST + 4 * STEP, SOUTH + 2 * STEP]])
    found = Locator([*(v for v in STREETS if v.code != EAST), *more]).codes(here)[0]
    assert found.tolist() == [DISTRICT, STREET, lower, f"{lower}001", ""]


def test_the_order_in_which_places_are_given_does_not_matter() -> None:
    here = np.array([[WEST + 4 * STEP, SOUTH + 2 * STEP], [WEST + STEP, SOUTH + 3 * STEP]])
    assert Locator(STREETS[::-1]).codes(here).tolist() == LOCATOR.codes(here).tolist()


def test_points_that_are_nowhere_have_no_place() -> None:
    lonlat = np.array([[np.nan, 39.94], [np.inf, 39.94], [0.0, 0.0], squares(0, 0, 1, 1).centroid.coords[0]])
    found = LOCATOR.codes(lonlat)
    assert not (found[:3] != "").any() and found[3, 2] == HOME
    assert LOCATOR.codes(np.empty((0, 2))).shape == (0, 5)
    assert not (Locator([]).codes(lonlat) != "").any()
