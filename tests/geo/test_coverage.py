"""What a set of polygons lacks to tile its parent, in square metres reckoned by hand."""

import numpy as np
import pytest
import shapely
from pyproj import CRS

from geoapp.geo.coverage import TITLES_ZH, Fault, tiling_faults
from geoapp.geo.measure import GeometryError, areas_m2, in_degrees, lengths_m, only_polygons

ZONE = CRS.from_epsg(4548)


def place(*boxes: tuple[float, float, float, float]) -> np.ndarray:
    corner = np.array([500_000, 4_429_000, 500_000, 4_429_000])
    return in_degrees([shapely.box(*(corner + box)) for box in boxes], ZONE)


PARENT = place((0, 0, 200, 100))[0]


def faults(*children: tuple[float, float, float, float]) -> list[tuple[str, int, tuple[int, ...]]]:
    return [(f.kind, round(f.area_m2), f.children) for f in tiling_faults(PARENT, place(*children))]


def test_children_that_tile_have_no_faults() -> None:
    assert faults((0, 0, 100, 100), (100, 0, 200, 100)) == []


def test_a_gap_is_nobodys_and_an_overlap_is_two_childrens() -> None:
    """10 m x 100 m missing at the east, 20 m x 100 m held twice."""
    assert faults((0, 0, 120, 100), (100, 0, 190, 100)) == [("overlap", 2000, (0, 1)), ("gap", 1000, ())]


def test_half_a_metre_is_a_sliver_and_below_a_square_metre_nothing() -> None:
    """0.5 m x 100 m = 50 m2, width 0.5 m; 5 mm x 100 m = 0.5 m2."""
    assert faults((0, 0, 99.5, 100), (100, 0, 200, 100)) == [("sliver", 50, ())]
    assert faults((0, 0, 99.995, 100), (100, 0, 200, 100)) == []


def test_what_sticks_out_is_told_apart() -> None:
    assert faults((0, 0, 100, 100), (100, 0, 230, 100)) == [("outside", 3000, (1,))]


def test_a_piece_apart_from_its_child_is_a_stray() -> None:
    first = shapely.union_all(place((0, 0, 100, 100), (150, 40, 160, 50)))
    second = shapely.difference(place((100, 0, 200, 100))[0], first)
    found = tiling_faults(PARENT, [first, second])
    assert [(f.kind, round(f.area_m2), f.children) for f in found] == [("stray", 100, (0,))]
    assert shapely.intersects(found[0].geometry, first)


def test_every_fault_can_be_zoomed_to_and_has_a_title() -> None:
    found = tiling_faults(PARENT, place((0, 0, 120, 100), (100, 0, 230, 90)))
    assert {f.kind for f in found} == {"overlap", "gap", "outside"}
    for fault in found:
        assert isinstance(fault, Fault)
        assert areas_m2([fault.geometry], ZONE)[0] == pytest.approx(fault.area_m2, rel=1e-6)
        assert TITLES_ZH[fault.kind]


def test_missing_children_leave_the_whole_parent_empty() -> None:
    assert [(f.kind, round(f.area_m2)) for f in tiling_faults(PARENT, [None])] == [("gap", 20_000)]
    with pytest.raises(GeometryError):
        tiling_faults(shapely.Polygon(), [PARENT])


def test_broken_polygons_are_mended_before_they_are_measured() -> None:
    """A bow tie of two triangles of 50 m x 100 m / 2 keeps both halves; a line has no area left."""
    bow = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    mended = only_polygons([bow, shapely.LineString([(0, 0), (1, 1)]), None])
    assert shapely.area(mended).tolist() == [5000.0, 0.0, 0.0]
    assert shapely.get_type_id(mended).tolist() == [6, 3, 3]


def test_lengths_are_metres() -> None:
    assert lengths_m(place((0, 0, 200, 100)), ZONE)[0] == pytest.approx(600.0, rel=1e-9)


def test_a_long_straight_border_with_a_point_in_its_middle_is_no_gap() -> None:
    """Two halves under a parent of 0.1 degrees (8.5 km) whose edges have no point in the middle.

    A straight line of 8.5 km in degrees bends by some 1.2 m in the projection: 6,800 m2 on each side if it counted.
    """
    parent = shapely.box(116.4, 39.9, 116.5, 40.0)
    halves = [shapely.box(116.4, 39.9, 116.45, 40.0), shapely.box(116.45, 39.9, 116.5, 40.0)]
    assert tiling_faults(parent, halves) == []
