"""Shapes to paint over come from a browser and are checked like everything from there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoapp.reports.photos.painting import BadShape, Shape, parse_shapes, shapes_json


def test_a_rectangle_is_kept_inside_the_picture() -> None:
    (shape,) = parse_shapes([{"kind": "rect", "at": [0.9, -0.1, 0.5, 0.3]}])
    assert shape == Shape(((0.9, 0.0), (1.0, 0.0), (1.0, 0.3), (0.9, 0.3)))


def test_shapes_survive_being_stored() -> None:
    shapes = parse_shapes(
        [
            {"kind": "rect", "at": [0.1, 0.1, 0.2, 0.2]},
            {"kind": "polygon", "points": [[0, 0], [1, 0], [0.5, 1]]},
            {"kind": "brush", "points": [[0.5, 0.5]], "width": 0.05},
        ]
    )
    assert parse_shapes(json.loads(json.dumps(shapes_json(shapes)))) == shapes


@pytest.mark.parametrize(
    "found",
    [
        None,
        {},
        "x",
        [None],
        [{}],
        [{"kind": "circle"}],
        [{"kind": "rect"}],
        [{"kind": "rect", "at": [0, 0, 0, 1]}],
        [{"kind": "rect", "at": [0, 0, 1]}],
        [{"kind": "rect", "at": [0, 0, 1, "1"]}],
        [{"kind": "rect", "at": [0, 0, 1, True]}],
        [{"kind": "rect", "at": [0, 0, 1, float("nan")]}],
        [{"kind": "rect", "at": [0, 0, 1, 1e9]}],
        [{"kind": "rect", "at": [0, 0, 1, 10**400]}],
        [{"kind": "polygon", "points": [[0, 0], [1, 1]]}],
        [{"kind": "polygon", "points": [[0, 0], [1, 1], [0]]}],
        [{"kind": "brush", "points": [[0, 0]]}],
        [{"kind": "brush", "points": [[0, 0]], "width": 0}],
        [{"kind": "brush", "points": [], "width": 0.1}],
        [{"kind": "brush", "points": [[0, 0]] * 5000, "width": 0.1}],
        [{"kind": "rect", "at": [0, 0, 1, 1]}] * 201,
    ],
)
def test_16_what_is_no_shape_is_refused(found: Any) -> None:
    with pytest.raises(BadShape):
        parse_shapes(found)


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["kind", "at", "points", "width"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=50)
@given(_json)
def test_arbitrary_json_is_a_list_of_shapes_or_refused(found: Any) -> None:
    try:
        shapes = parse_shapes(found)
    except BadShape:
        return
    assert all(0 <= value <= 1 for shape in shapes for point in shape.points for value in point)
