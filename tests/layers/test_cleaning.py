"""Cleaning keeps every row, on one side or the other, and says what it did to which."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geoapp.layers.cleaning import Cleaned, Rows, clean, row_ranges, strays
from geoapp.layers.faults import NO_MATCH

SQUARE = shapely.box(0, 0, 1, 1)
BOWTIE = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2), (0, 0)])
FLAT = shapely.Polygon([(0, 0), (1, 1), (0, 0), (1, 1), (0, 0)])


def rows_of(*shapes: Any, props: list[dict[str, Any]] | None = None) -> Rows:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return Rows(np.arange(1, len(shapes) + 1), array, props or [{"n": i} for i in range(len(shapes))])


def cleaned(rows: Rows, *, dimension: int | None = None, move: Any = None, swap_xy: bool = False) -> Cleaned:
    return clean(rows, move, dimension=dimension, seen=set(), swap_xy=swap_xy)


def reasons(done: Cleaned) -> dict[int, str]:
    return {row.row_no: row.fault.reason for row in done.refused}


def test_a_bowtie_becomes_two_triangles_and_is_said_so() -> None:
    """Each triangle has base 2 and height 1: area 2 together."""
    done = cleaned(rows_of(SQUARE, BOWTIE))
    assert done.changes == {"repaired": [2]}
    assert done.shapes[1].is_valid
    assert done.shapes[1].area == 2.0


def test_what_has_no_area_left_is_set_aside() -> None:
    assert reasons(cleaned(rows_of(FLAT))) == {1: "too_few_points"}


def test_missing_empty_and_endless_shapes_are_set_aside() -> None:
    endless = shapely.LineString([(0, 0), (1, float("inf"))])
    nowhere = shapely.Point(float("nan"), 1)
    done = cleaned(rows_of(None, shapely.Polygon(), endless, nowhere, SQUARE))
    assert reasons(done) == {1: "no_shape", 2: "empty", 3: "not_finite", 4: "not_finite"}
    assert done.numbers.tolist() == [5]


def test_heights_are_dropped_and_said_so() -> None:
    done = cleaned(rows_of(shapely.Point(1, 2, 3)))
    assert done.changes == {"flattened": [1]}
    assert done.shapes[0].wkt == "POINT (1 2)"


def test_exact_repeats_are_set_aside_and_near_ones_are_not() -> None:
    props = [{"a": 1}, {"a": 1}, {"a": 2}]
    done = cleaned(rows_of(SQUARE, SQUARE, SQUARE, props=props))
    assert reasons(done) == {2: "repeated"}


def test_a_repeat_is_seen_across_lots() -> None:
    seen: set[bytes] = set()
    first = clean(rows_of(SQUARE, props=[{}]), None, dimension=None, seen=seen)
    second = clean(rows_of(SQUARE, props=[{}]), None, dimension=None, seen=seen)
    assert (len(first.numbers), len(second.numbers)) == (1, 0)


def test_a_layer_of_polygons_takes_no_lines() -> None:
    line = shapely.LineString([(0, 0), (1, 1)])
    both = shapely.GeometryCollection([SQUARE, line])
    assert reasons(cleaned(rows_of(SQUARE, line, both), dimension=2)) == {2: "wrong_shape", 3: "wrong_shape"}


def test_latitude_first_is_seen_where_it_cannot_be_true() -> None:
    done = cleaned(rows_of(shapely.Point(39.9, 116.4), shapely.Point(500, 600)))
    assert reasons(done) == {1: "swapped", 2: "out_of_range"}


def test_a_file_with_latitude_first_is_turned_when_said_so() -> None:
    done = cleaned(rows_of(shapely.Point(39.9, 116.4)), swap_xy=True)
    assert done.shapes[0].wkt == "POINT (116.4 39.9)"


def test_coordinates_are_moved_and_said_so() -> None:
    done = cleaned(rows_of(SQUARE), move=lambda xy: xy + 10)
    assert done.changes == {"reprojected": [1]}
    assert done.shapes[0].bounds == (10, 10, 11, 11)


def test_what_the_projection_throws_off_the_earth_is_set_aside() -> None:
    done = cleaned(rows_of(SQUARE, shapely.Point(7, 7)), move=lambda xy: np.where(xy > 5, np.inf, xy))
    assert reasons(done) == {2: "out_of_range"}


def test_a_readers_fault_is_kept() -> None:
    rows = rows_of(None, SQUARE)
    rows.faults[0] = NO_MATCH
    assert reasons(cleaned(rows)) == {1: "no_match"}


def test_the_input_is_not_changed() -> None:
    rows = rows_of(BOWTIE, shapely.Point(1, 2, 3))
    before = [shape.wkt for shape in rows.shapes]
    cleaned(rows, move=lambda xy: xy + 1)
    assert [shape.wkt for shape in rows.shapes] == before


_POINT = st.tuples(st.floats(-200, 200), st.floats(-200, 200) | st.sampled_from([0.0, 90.0, 116.4]))
_SHAPE = (
    st.none()
    | _POINT.map(shapely.Point)
    | st.lists(_POINT, min_size=2, max_size=5).map(shapely.LineString)
    | st.lists(_POINT, min_size=3, max_size=7).map(lambda ring: shapely.Polygon([*ring, ring[0]]))
)


@given(st.lists(_SHAPE, min_size=1, max_size=8))
def test_every_row_is_stored_or_set_aside(shapes: list[Any]) -> None:
    done = cleaned(rows_of(*shapes))
    assert sorted([*done.numbers.tolist(), *(row.row_no for row in done.refused)]) == list(range(1, len(shapes) + 1))
    assert shapely.is_valid(done.shapes).all()
    bounds = shapely.bounds(done.shapes).reshape(-1, 4)
    assert np.isfinite(bounds).all()
    assert (np.abs(bounds[:, ::2]) <= 180).all()
    assert (np.abs(bounds[:, 1::2]) <= 90).all()


def beijing(count: int, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform((116.3, 39.8), (116.6, 40.1), (count, 2))


def test_a_point_far_from_all_others_is_a_stray(rng: np.random.Generator) -> None:
    centres = np.concatenate([beijing(50, rng), [[0.0, 0.0], [121.4, 31.2], [39.9, 116.4]]])
    found = {i: fault.reason for i, fault in strays(centres, None).items()}
    assert found == {50: "out_of_area", 51: "out_of_area", 52: "swapped"}


def test_a_file_of_the_whole_country_has_no_strays(rng: np.random.Generator) -> None:
    assert strays(rng.uniform((75, 20), (130, 50), (400, 2)), None) == {}


def test_known_boundaries_draw_the_line_closer(rng: np.random.Generator) -> None:
    centres = np.concatenate([beijing(50, rng), [[117.3, 40.0]]])
    assert strays(centres, None) == {}
    assert list(strays(centres, (116.3, 39.8, 116.6, 40.1))) == [50]


def test_boundaries_of_one_street_do_not_cut_off_the_city(rng: np.random.Generator) -> None:
    centres = rng.uniform((115.5, 39.5), (117.4, 41.0), (200, 2))
    assert strays(centres, (116.45, 39.93, 116.48, 39.96)) == {}


def test_three_points_are_too_few_to_call_one_a_stray() -> None:
    assert strays(np.array([[116.4, 39.9], [116.5, 39.9], [121.4, 31.2]]), None) == {}


def test_rows_without_a_place_are_no_strays() -> None:
    assert strays(np.full((5, 2), np.nan), None) == {}


@pytest.mark.parametrize(("numbers", "words"), [([], ""), ([5], "5"), ([1, 2, 3, 5, 7, 8], "1-3,5,7-8")])
def test_row_numbers_in_short(numbers: list[int], words: str) -> None:
    assert row_ranges(numbers) == words
