"""Who borders on whom, against drawings small enough to reckon by hand and against a slow second way."""

import csv
import gzip
import itertools
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoapp.geo.adjacency import border_segments, bordering_pairs, outer_segments


def found(polygons: list[shapely.Geometry], tolerance_m: float = 0.0) -> dict[tuple[int, int], float]:
    borders = bordering_pairs(polygons, tolerance_m=tolerance_m)
    return {(int(a), int(b)): round(float(m), 6) for (a, b), m in zip(borders.pairs, borders.length_m, strict=True)}


def test_a_corner_is_no_border() -> None:
    """2x2 unit squares: four borders of 1 m; the two diagonal pairs touch in one point."""
    squares = [shapely.box(x, y, x + 1, y + 1) for y in (0, 1) for x in (0, 1)]
    assert found(squares) == {(0, 1): 1.0, (0, 2): 1.0, (1, 3): 1.0, (2, 3): 1.0}


def test_a_vertex_on_one_side_only_hides_no_border() -> None:
    """The big square's right side is one line, the two small ones split it at y = 1: 1 m each, and 1 m between them."""
    assert found([shapely.box(0, 0, 2, 2), shapely.box(2, 0, 3, 1), shapely.box(2, 1, 3, 2)]) == {
        (0, 1): 1.0,
        (0, 2): 1.0,
        (1, 2): 1.0,
    }


def test_an_enclave_and_a_border_in_two_pieces_are_seen_whole() -> None:
    """A 1 m square in a 3 m one: 4 m. A bar that meets a U at both arms: 1 m + 1 m in one row of two lines."""
    hole = shapely.box(1, 1, 2, 2)
    assert found([shapely.box(0, 0, 3, 3) - hole, hole]) == {(0, 1): 4.0}
    u = shapely.box(0, 0, 3, 2) - shapely.box(1, 1, 2, 2)
    borders = bordering_pairs([u, shapely.box(0, 2, 3, 3)])
    assert borders.length_m.tolist() == [2.0]
    assert shapely.get_num_geometries(borders.lines[0]) == 2


def test_a_slit_is_a_border_only_within_the_tolerance() -> None:
    """Two 10 m squares 0.2 m apart: nothing at 0, one border of 10 m within 0.5 m (ends within the tolerance)."""
    apart = [shapely.box(0, 0, 10, 10), shapely.box(10.2, 0, 20, 10), shapely.box(30, 0, 40, 10)]
    assert found(apart) == {}
    near = bordering_pairs(apart, tolerance_m=0.5)
    assert near.pairs.tolist() == [[0, 1]]
    assert near.length_m[0] == pytest.approx(10.0, abs=1.0)


def test_a_corner_within_the_tolerance_is_still_no_border() -> None:
    assert found([shapely.box(0, 0, 10, 10), shapely.box(10.1, 10.1, 20, 20)], tolerance_m=0.5) == {}


def test_missing_and_empty_polygons_have_no_neighbours() -> None:
    assert found([None, shapely.Polygon(), shapely.box(0, 0, 1, 1)]) == {}
    assert len(bordering_pairs([])) == 0


def test_inner_and_outer_sides_make_up_all_sides() -> None:
    """Two unit squares: one shared side, and three outer ones each."""
    two = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    pairs, ends = border_segments(two)
    assert pairs.tolist() == [[0, 1]]
    assert ends.tolist() == [[1.0, 0.0, 1.0, 1.0]]
    owner, _ = outer_segments(two)
    assert np.bincount(owner).tolist() == [3, 3]


@given(st.lists(st.integers(0, 4), min_size=16, max_size=16))
@settings(max_examples=60, deadline=None)
def test_any_map_of_squares_agrees_with_pairwise_intersection(colour: list[int]) -> None:
    """4x4 squares merged by colour: parts in several pieces, holes, vertices dropped by the union."""
    squares = [shapely.box(at % 4, at // 4, at % 4 + 1, at // 4 + 1) for at in range(16)]
    polygons = [
        shapely.simplify(shapely.union_all([s for s, c in zip(squares, colour, strict=True) if c == part]), 0.0)
        for part in sorted(set(colour))
    ]
    slow = {
        (a, b): round(m, 6)
        for a, b in itertools.combinations(range(len(polygons)), 2)
        if (m := shapely.length(shapely.intersection(shapely.boundary(polygons[a]), shapely.boundary(polygons[b])))) > 0
    }
    assert found(polygons) == slow


@pytest.mark.shared_data
def test_ellis_county_gives_the_supplied_pairs(shared_data: Path) -> None:
    """5439 pairs from the polygons, the same 5439 as the supplied list, none missing and none besides."""
    import pyogrio

    ellis = shared_data / "ellis-county-blocks"

    blocks = pyogrio.read_dataframe(ellis / "blocks.gpkg")
    borders = bordering_pairs(np.asarray(blocks.geometry.array, dtype=object))
    ids = blocks["path"].to_numpy()
    ours = {tuple(sorted(pair)) for pair in ids[borders.pairs].tolist()}
    with gzip.open(ellis / "edges.csv.gz", "rt", encoding="utf-8") as lines:
        supplied = {tuple(sorted((row["path_1"], row["path_2"]))) for row in csv.DictReader(lines)}
    assert len(ours) == len(supplied) == 5439
    assert ours == supplied
