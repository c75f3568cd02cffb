"""The shifts of Chinese web maps against published control points, round trips and hand reckonings."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyproj import CRS

from geoapp.geo import crs
from geoapp.geo.crs import CrsError

MM_PER_DEG = 111_320_000.0
IN_CHINA = st.tuples(st.floats(74.0, 135.0), st.floats(4.0, 53.0))


def one(lon: float, lat: float) -> np.ndarray:
    return np.array([[lon, lat]])


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        # Pairs that several independent open implementations print in their documentation and tests.
        ((116.348120, 39.980945), (116.354308, 39.982296)),
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
        ((116.404, 39.915), (116.41024449916938, 39.91640428150164)),
    ],
)
def test_published_gcj02_points_are_met(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    """The first pair is cut off (not rounded) at six decimals, so 0.1 m; the rest hold to 0.1 mm."""
    close = 1e-6 if wgs84[0] == 116.348120 else 1e-9
    assert np.abs(crs.wgs84_to_gcj02(one(*wgs84)) - gcj02).max() < close
    assert np.abs(crs.gcj02_to_wgs84(one(*gcj02)) - wgs84).max() < close


def test_the_published_bd09_point_is_met() -> None:
    assert np.abs(crs.gcj02_to_bd09(one(116.404, 39.915)) - (116.41036949371029, 39.92133699351021)).max() < 1e-10


def test_the_formula_at_its_origin_is_what_a_pencil_gives() -> None:
    """At 105 E, 35 N every sine is zero, so the offsets are 300 m east and -100 m north on Krasovsky's ellipsoid.

    sin 35 = 0.5735764, its square 0.3289899; magic = 1 - 0.0066934216 * 0.3289899 = 0.9977979; its root 0.9988983.
    East: 300 / (6378245 / 0.9988983 * 0.8191520) rad = 5.7355e-5 rad = 0.0032862 deg.
    North: -100 / (6378245 * 0.9933066 / (0.9977979 * 0.9988983)) rad = -1.57320e-5 rad = -0.00090138 deg.
    """
    offset = crs.wgs84_to_gcj02(one(105.0, 35.0)) - (105.0, 35.0)
    assert offset[0] == pytest.approx([0.0032862, -0.00090138], rel=2e-4)


@pytest.mark.parametrize("datum", ["gcj02", "bd09", "bd09mc"])
@given(lonlat=IN_CHINA)
def test_there_and_back_is_less_than_a_millimetre(datum: str, lonlat: tuple[float, float]) -> None:
    back = crs.TO_WGS84[datum](crs.FROM_WGS84[datum](one(*lonlat)))
    assert np.abs(back - lonlat).max() * MM_PER_DEG < 0.2


@given(lonlat=IN_CHINA)
def test_the_shift_is_what_the_documentation_says(lonlat: tuple[float, float]) -> None:
    """50 to 1500 m anywhere in China: the sum of the formula's terms cannot exceed that."""
    moved_deg = crs.wgs84_to_gcj02(one(*lonlat)) - lonlat
    moved_m = np.hypot(moved_deg[0, 0] * np.cos(np.radians(lonlat[1])), moved_deg[0, 1]) * 111_320
    assert 1.0 < moved_m < 1500.0


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_outside_china_nothing_moves(datum: str) -> None:
    places = np.array([[13.34, 52.53], [-99.3, 38.9], [139.7, 35.7], [0.0, 0.0]])
    assert np.array_equal(crs.FROM_WGS84[datum](places), places)
    assert np.array_equal(crs.TO_WGS84[datum](places), places)


def test_not_a_number_stays_so_and_hurts_no_other_row() -> None:
    rows = np.array([[np.nan, 39.9], [116.404, 39.915], [116.4, np.inf]])
    out = crs.bd09_to_wgs84(rows)
    assert np.isnan(out[0, 0])
    assert np.array_equal(out[1], crs.bd09_to_wgs84(rows[1:2])[0])


def test_no_rows_give_no_rows() -> None:
    assert crs.gcj02_to_wgs84(np.empty((0, 2))).shape == (0, 2)


def test_baidu_mercator_counts_metres_from_the_equator() -> None:
    """Along a parallel a degree is 111,320.7 m in Baidu's plane; 30 N lies at the band edge that Baidu states."""
    xy = crs.bd09_to_bd09mc(np.array([[1.0, 0.0], [117.0, 30.0], [116.0, 30.0]]))
    assert xy[0, 0] == pytest.approx(111_320.70, abs=0.02)
    assert xy[1, 0] - xy[2, 0] == pytest.approx(111_320.70, abs=0.02)
    assert xy[1, 1] == pytest.approx(3_481_989.83, abs=0.1)


@given(lonlat=st.tuples(st.floats(0.001, 179.0), st.floats(0.001, 74.0)))
@example(lonlat=(1.0, 45.0))
def test_baidu_mercator_is_its_own_inverse_and_symmetric(lonlat: tuple[float, float]) -> None:
    """Where its polynomials leave a gap no inverse can mend it: 0.7 mm on the axes, 4 mm at 30 N, 9.6 mm at 45 N.

    At 15 N and 60 N they overlap, and nothing is lost.
    """
    xy = crs.bd09_to_bd09mc(one(*lonlat))
    in_a_gap = min(abs(lonlat[1] - 30.0), abs(lonlat[1] - 45.0)) < 1e-7
    assert np.abs(crs.bd09mc_to_bd09(xy) - lonlat).max() * MM_PER_DEG < (10.0 if in_a_gap else 0.2)
    assert np.allclose(crs.bd09_to_bd09mc(-one(*lonlat)), -xy, atol=1e-6)


@pytest.mark.parametrize(
    ("extent", "code"),
    [
        ((116.44, 39.93, 116.49, 39.97), 4548),
        ((118.4, 39.9, 118.4, 39.9), 4548),
        ((118.6, 39.9, 118.6, 39.9), 4549),
        ((75.9, 39.4, 76.1, 39.6), 4534),
        ((121.3, 31.1, 121.5, 31.3), 4549),
        ((13.3, 52.5, 13.4, 52.6), 32633),
        ((-99.6, 38.7, -99.0, 39.1), 32614),
        ((151.1, -33.9, 151.3, -33.8), 32756),
        ((179.9, 10.0, 180.0, 10.1), 32660),
    ],
)
def test_metres_are_measured_in_the_zone_around_the_middle(extent: tuple[float, ...], code: int) -> None:
    assert crs.measuring_crs(extent).to_epsg() == code


@pytest.mark.parametrize("extent", [(1, 0, 0, 1), (0, 0, float("nan"), 1), (447000, 4421000, 451000, 4425000)])
def test_an_extent_that_is_no_degrees_is_refused(extent: tuple[float, ...]) -> None:
    with pytest.raises(CrsError, match="不是经纬度"):
        crs.measuring_crs(extent)


def test_metres_have_easting_first_and_no_shift() -> None:
    """On the central meridian the easting is the false one, 500,000 m; 1e-3 degree of longitude at 40 N is 85.4 m."""
    zone = crs.measuring_crs((116.9, 39.9, 117.1, 40.1))
    xy = crs.to_metres(np.array([[117.0, 40.0], [117.001, 40.0]]), zone)
    assert xy[0, 0] == pytest.approx(500_000.0, abs=1e-6)
    assert xy[1, 0] - xy[0, 0] == pytest.approx(85.39, abs=0.01)
    assert np.abs(crs.to_degrees(xy, zone) - [[117.0, 40.0], [117.001, 40.0]]).max() < 1e-11


@pytest.mark.parametrize("code", ["EPSG:4490", "EPSG:4548", 4527, "EPSG:4513"])
def test_cgcs2000_is_taken_for_wgs84_with_longitude_first(code: object) -> None:
    """The zones 4527 and 4513 are other zones of the same system; a point goes there and comes back unmoved."""
    known = CRS.from_user_input(code)
    lonlat = np.array([[116.46, 39.95]])
    there = lonlat if known.is_geographic else crs.to_metres(lonlat, known)
    assert crs.is_cgcs2000(known)
    assert np.abs(crs.to_wgs84(there, code) - lonlat).max() < 1e-10


def test_web_mercator_goes_to_degrees() -> None:
    """x = radius * lon in radians: 6378137 * pi is 180 degrees."""
    out = crs.to_wgs84(np.array([[6378137.0 * np.pi, 0.0]]), "EPSG:3857")
    assert out[0] == pytest.approx([180.0, 0.0], abs=1e-9)
    assert not crs.is_cgcs2000(CRS.from_epsg(3857))


def test_an_unknown_system_is_named_with_the_remedy() -> None:
    with pytest.raises(CrsError, match=r"EPSG:999999.*请给 EPSG 代码"):
        crs.to_wgs84(one(0.0, 0.0), "EPSG:999999")


def test_rows_of_another_shape_are_refused() -> None:
    with pytest.raises(CrsError, match="经度、纬度"):
        crs.gcj02_to_wgs84(np.array([116.4, 39.9]))
