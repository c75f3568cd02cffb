"""Counting in areas: by a point on the surface each shape belongs once, by crossing perhaps to several."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geoapp.layers.counting import BadCondition, meets, those_within

pytestmark = pytest.mark.engines

#: Two areas side by side; a shape in the left one, one across the border (mostly right), one outside, one missing.
AREAS = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)])
SHAPES = np.array([shapely.box(1, 1, 2, 2), shapely.box(8, 4, 14, 5), shapely.box(30, 0, 31, 1), None])


@pytest.mark.parametrize(("by", "left", "right"), [("point", [0], [1]), ("crossing", [0, 1], [1]), ("inside", [0], [])])
def test_three_ways_to_belong(by: str, left: list[int], right: list[int]) -> None:
    assert those_within(SHAPES, AREAS[:1], by=by).tolist() == left
    assert those_within(SHAPES, AREAS[1:], by=by).tolist() == right


def test_a_shape_in_two_chosen_areas_counts_once() -> None:
    assert those_within(SHAPES, AREAS, by="crossing").tolist() == [0, 1]


def test_conditions() -> None:
    rows = [{"town": "甲", "n": 1}, {"town": "乙", "n": 2}]
    assert meets("", rows).tolist() == [True, True]
    assert meets("town=乙", rows).tolist() == [False, True]
    assert meets("n = 1", rows).tolist() == [True, False]


@pytest.mark.parametrize("condition", ["town", "=甲", "street=甲"])
def test_a_condition_that_cannot_be_met_says_how_to_write_it(condition: str) -> None:
    with pytest.raises(BadCondition):
        meets(condition, [{"town": "甲"}])
