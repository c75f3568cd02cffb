"""The best evidence of place, near a border, outside, and in which datum it came."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.geo.crs import wgs84_to_bd09, wgs84_to_gcj02
from geoapp.reports.placing import BadPosition, Ground, Position, best, box_around, codes_of, distance_m, placed
from tests.places.street import DISTRICT, EAST, HOME, SOUTH, STEP, STREET, WEST
from tests.reports.data import street_versions

NAN = float("nan")


@pytest.fixture(scope="module")
def ground() -> Ground:
    return Ground(street_versions())


def spot(x: float, y: float, evidence: str = "pin") -> Position:
    """A position by the squares of the street's drawing."""
    return Position(WEST + x * STEP, SOUTH + y * STEP, evidence)


def test_a_confirmed_pin_beats_the_device_and_the_device_beats_the_photograph() -> None:
    pin, device, exif, building = (spot(1, 1, e) for e in ("pin", "device", "exif", "building"))
    assert best([exif, device, pin, building]) is pin
    assert best([exif, building, device]) is device
    assert best([building, exif]) is exif
    assert best([]) is None
    # A device that knows only the quarter comes after an address.
    vague = Position(116.46, 39.94, "device", accuracy_m=3000)
    assert best([vague, building]) is building and best([vague]) is vague


@pytest.mark.parametrize(
    ("lon", "lat"), [(0, 0), (0.001, -0.002), (181, 40), (116, 91), (NAN, 40), (116, NAN), (1e400, 40), (-999, -999)]
)
def test_an_impossible_place_is_no_evidence(lon: float, lat: float) -> None:
    """EXIF of broken devices, from reports.md: nobody lies at 0, 0."""
    impossible = Position(lon, lat, "pin")
    assert not impossible.is_possible()
    assert best([impossible, spot(1, 1, "exif")]) == spot(1, 1, "exif")


def test_a_point_gets_its_five_places(ground: Ground) -> None:
    found = placed(spot(0.5, 3.0), ground)
    assert found.codes == (DISTRICT, STREET, HOME, HOME + "001", HOME + "00101")
    assert found.place_code == HOME + "00101" and not found.near_border and not found.outside


def test_near_a_border_the_neighbours_are_named(ground: Ground) -> None:
    """A square is about 85 m wide: 0.2 of it are 17 m, 0.3 are 26 m. Grids 001 | 002 meet at x = 2."""
    near = placed(spot(1.8, 3.0), ground)
    assert near.near_border and near.neighbours == (HOME + "002",)
    assert not placed(spot(1.7, 3.0), ground).near_border
    # A corner of four grids has three neighbours; the border of two courtyards of one grid is none.
    assert placed(spot(1.9, 2.1), ground).neighbours == (HOME + "002", HOME + "003", HOME + "004")
    assert not placed(spot(0.95, 3.0), ground).near_border


def test_outside_is_told_with_the_nearest_that_is_near(ground: Ground) -> None:
    outside = placed(spot(-3, 1), ground)
    assert outside.outside and outside.place_code == "" and not outside.near_border
    across = placed(spot(-0.1, 1.0), ground)
    assert across.outside and HOME + "003" in across.neighbours


def test_where_a_community_has_no_grids_its_own_border_counts(ground: Ground) -> None:
    assert placed(spot(6, 2), ground).codes == (DISTRICT, STREET, EAST, "", "")
    assert placed(spot(6, 2), ground).place_code == EAST
    assert placed(spot(4.1, 1), ground).neighbours == (HOME,)


def test_a_place_without_a_point_is_known_by_its_code(ground: Ground) -> None:
    found = placed(None, ground, place_code=HOME)
    assert (found.lonlat, found.evidence, found.place_code, found.outside) == (None, "place", HOME, False)
    assert placed(None, ground).evidence == "none"
    with pytest.raises(BadPosition, match="110105012099"):
        placed(None, ground, place_code="110105012099")


def test_a_point_of_a_chinese_map_is_brought_home_and_its_datum_kept(ground: Ground) -> None:
    true = np.array([[WEST + 0.5 * STEP, SOUTH + 3 * STEP]])
    for datum, shifted in (("gcj02", wgs84_to_gcj02(true)), ("bd09", wgs84_to_bd09(true))):
        found = placed(Position(*shifted[0], "pin", datum), ground)
        assert found.datum == datum and found.codes[4] == HOME + "00101"
        assert found.lonlat is not None and distance_m(found.lonlat, (true[0, 0], true[0, 1])) < 0.01
    with pytest.raises(BadPosition, match="mars"):
        Position(116, 40, "pin", "mars").wgs84()


@given(st.floats(-75, 75), st.floats(0.5, 500), st.floats(0, 6.28))
def test_a_box_holds_all_that_is_near(lat: float, radius_m: float, angle: float) -> None:
    west, south, east, north = box_around(116.4, lat, radius_m)
    reach = radius_m / 111_319.5 * 0.999
    lon2 = 116.4 + reach * np.cos(angle) / np.cos(np.radians(lat))
    lat2 = lat + reach * np.sin(angle)
    assert west <= lon2 <= east and south <= lat2 <= north


def test_distance_is_that_of_the_earth() -> None:
    """A second of latitude is about 30.9 m; at 60 degrees a second of longitude is half of it."""
    assert distance_m((116, 40), (116, 40 + 1 / 3600)) == pytest.approx(30.92, abs=0.01)
    assert distance_m((116, 60), (116 + 1 / 3600, 60)) == pytest.approx(15.46, abs=0.01)


def test_a_code_holds_the_codes_above_it() -> None:
    assert codes_of(HOME + "001") == (DISTRICT, STREET, HOME, HOME + "001", "")
    assert codes_of("") == ("", "", "", "", "")
