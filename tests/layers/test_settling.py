"""A coordinate system that is named is put in force; one that is not known stops."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geoapp.layers.settling import UnknownCrs, in_degrees, mostly_in_china, named_crs


@pytest.mark.parametrize("name", ["EPSG:4326", "4326", "WGS84", "epsg:4326", "OGC:CRS84"])
def test_wgs84_needs_no_move(name: str) -> None:
    settled = named_crs(name, basis="")
    assert (settled.crs, settled.move) == ("EPSG:4326", None)


@pytest.mark.parametrize("name", ["EPSG:4490", "4490"])
def test_cgcs2000_is_taken_without_a_shift_and_said_so(name: str) -> None:
    settled = named_crs(name, basis="")
    assert (settled.crs, settled.move) == ("EPSG:4490", None)
    assert "零平移" in settled.notes[0]


@pytest.mark.parametrize("name", ["gcj02", "GCJ02", "bd09", "bd09mc"])
def test_the_datums_of_web_maps_move(name: str) -> None:
    settled = named_crs(name, basis="")
    assert settled.crs == name.lower()
    assert settled.move is not None


def test_a_plane_of_ones_own_is_named_by_its_numbers_and_has_x_first() -> None:
    """The origin of the plane is the point that it is laid over."""
    settled = named_crs("+proj=tmerc +lat_0=39.91 +lon_0=116.51 +units=m", basis="")
    assert "116.51" in settled.crs
    assert settled.move is not None
    assert settled.move(np.array([[0.0, 0.0]])).round(9).tolist() == [[116.51, 39.91]]


def test_gauss_krueger_over_cgcs2000_has_x_first() -> None:
    """EPSG:4548 states northing first; 500 km east is its central meridian, 117 degrees."""
    settled = named_crs("EPSG:4548", basis="")
    assert settled.move is not None
    lon, lat = settled.move(np.array([[500_000.0, 4_420_000.0]]))[0]
    assert lon == pytest.approx(117.0)
    assert 39 < lat < 41


@pytest.mark.parametrize("name", ["mars", "EPSG:999999", "", "gcj-2"])
def test_what_is_no_crs_stops(name: str) -> None:
    with pytest.raises(UnknownCrs, match="--crs"):
        named_crs(name, basis="")


def test_where_shapes_lie() -> None:
    beijing, berlin = shapely.points([[116.4, 39.9]]), shapely.points([[13.4, 52.5]])
    metres = shapely.points([[447_000.0, 4_420_000.0]])
    assert mostly_in_china(beijing)
    assert not mostly_in_china(berlin)
    assert in_degrees(beijing)
    assert not in_degrees(metres)
    assert not in_degrees(np.array([], dtype=object))
