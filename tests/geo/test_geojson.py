"""GeoJSON as RFC 7946 wants it, and back."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geoapp.geo.geojson import feature, feature_collection, from_geojson, to_geojson
from geoapp.geo.measure import GeometryError


def test_outer_rings_run_left_and_holes_right_whatever_came_in() -> None:
    square = shapely.Polygon([(0, 0), (0, 9), (9, 9), (9, 0)], holes=[[(1, 1), (2, 1), (2, 2), (1, 2)]])
    outer, hole = to_geojson(square)["coordinates"]  # type: ignore[index]
    assert shapely.is_ccw(shapely.LinearRing(outer))
    assert not shapely.is_ccw(shapely.LinearRing(hole))
    assert outer[0] == outer[-1]


def test_numbers_have_seven_digits_and_no_minus_zero() -> None:
    assert to_geojson(shapely.Point(116.123456789, -0.00000001)) == {"type": "Point", "coordinates": [116.1234568, 0.0]}


def test_rounding_never_makes_a_polygon_vanish() -> None:
    speck = shapely.box(116.0, 40.0, 116.00000001, 40.00000001)
    assert from_geojson(to_geojson(speck)).area > 0  # type: ignore[union-attr]


def test_an_open_ring_is_closed_and_a_height_dropped() -> None:
    """1495 of 1496 rings of a file in the wild are not closed."""
    given_open = {"type": "Polygon", "coordinates": [[[0, 0, 5], [1, 0, 5], [1, 1, 5]]]}
    assert from_geojson(given_open).equals(shapely.Polygon([(0, 0), (1, 0), (1, 1)]))  # type: ignore[union-attr]
    several = {
        "type": "GeometryCollection",
        "geometries": [{"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1]]]]}],
    }
    assert from_geojson(several).area == 0.5  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "bad",
    [
        {"type": "Polygon"},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, "x"], [1, 1]]]},
        {"type": "Point", "coordinates": [float("nan"), 0]},
        {"type": "Point", "coordinates": [float("inf"), 0]},
        {"type": "Cube", "coordinates": []},
        {"coordinates": [0, 0]},
        "POINT (0 0)",
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
    ],
)
def test_what_is_no_geometry_is_told_in_one_sentence(bad: object) -> None:
    with pytest.raises(GeometryError):
        from_geojson(bad)


def test_nothing_stays_nothing_and_a_feature_counts_as_its_geometry() -> None:
    assert to_geojson(None) is None
    assert from_geojson(None) is None
    made = feature(shapely.Point(1, 2), {"名称": "甲"}, identity="a")
    assert from_geojson(made) == shapely.Point(1, 2)
    whole = feature_collection([made], licence="CC0")
    assert (whole["type"], whole["licence"], whole["features"][0]["id"]) == ("FeatureCollection", "CC0", "a")


@given(st.lists(st.tuples(st.floats(-179, 179), st.floats(-89, 89)), min_size=2, max_size=6))
def test_lines_come_back_within_a_rounding(points: list[tuple[float, float]]) -> None:
    line = shapely.LineString(points)
    back = from_geojson(to_geojson(line))
    assert back is not None
    assert shapely.equals_exact(back, line, tolerance=1e-7)
