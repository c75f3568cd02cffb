"""Coordinate lists of foreign files become shapes, or a fault that says why not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.layers.shapes import shape_of


def test_an_open_ring_is_closed_and_said_so() -> None:
    made = shape_of({"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2]]]})
    assert made.closed
    assert made.geometry.area == 4.0


def test_a_closed_ring_is_left_as_it_is() -> None:
    made = shape_of({"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 0]]]})
    assert not made.closed
    assert made.geometry.area == 2.0


def test_heights_are_left_out_also_where_only_some_points_have_one() -> None:
    made = shape_of({"type": "LineString", "coordinates": [[1, 2, 30.5], [3, 4]]})
    assert made.geometry.wkt == "LINESTRING (1 2, 3 4)"


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (None, "no_shape"),
        ({"type": "Point", "coordinates": None}, "no_shape"),
        ({"type": "Point", "coordinates": []}, "empty"),
        ({"type": "Polygon", "coordinates": [[]]}, "empty"),
        ({"type": "Point", "coordinates": [1e400, 2]}, "not_finite"),
        ({"type": "Point", "coordinates": [10**400, 2]}, "not_numbers"),
        ({"type": "LineString", "coordinates": [[1, 2], [float("nan"), 2]]}, "not_finite"),
        ({"type": "Point", "coordinates": ["east", "north"]}, "not_numbers"),
        ({"type": "Point", "coordinates": [1]}, "not_numbers"),
        ({"type": "Point", "coordinates": {"x": 1}}, "not_numbers"),
        ({"type": "LineString", "coordinates": [[1, 2]]}, "too_few_points"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "too_few_points"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]}, "too_few_points"),
        ({"type": "CircularString", "coordinates": [[0, 0], [1, 1], [2, 0]]}, "unknown_type"),
        ({"type": ["Point"], "coordinates": [0, 0]}, "unknown_type"),
        ({"type": "GeometryCollection", "geometries": []}, "empty"),
        ("POINT (1 2)", "unknown_type"),
        (17, "unknown_type"),
    ],
)
def test_what_cannot_be_a_shape_says_why(geometry: Any, reason: str) -> None:
    made = shape_of(geometry)
    assert made.geometry is None
    assert made.fault is not None
    assert made.fault.reason == reason


def test_collections_within_collections_end_somewhere() -> None:
    nested: dict[str, Any] = {"type": "Point", "coordinates": [0, 0]}
    for _ in range(50):
        nested = {"type": "GeometryCollection", "geometries": [nested]}
    assert shape_of(nested).fault is not None


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=12,
)


@given(kind=st.sampled_from(["Point", "LineString", "Polygon", "MultiPolygon", "MultiPoint"]), coordinates=_JSON)
def test_whatever_stands_for_coordinates_gives_a_shape_or_a_fault(kind: str, coordinates: Any) -> None:
    made = shape_of({"type": kind, "coordinates": coordinates})
    assert (made.geometry is None) != (made.fault is None)
