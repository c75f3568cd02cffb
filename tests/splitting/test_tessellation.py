"""Cells tile the ground on worlds drawn by hand, and on random ones."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoapp.splitting.tessellation import TessellationError, enclosures, join_strays, tessellate

TOWN = shapely.box(0, 0, 200, 100)
ROAD = shapely.LineString([(100, -10), (100, 110)])


def house(x: float, y: float, size: float = 20.0) -> shapely.Polygon:
    return shapely.box(x, y, x + size, y + size)


def check(result: object, outline: shapely.Geometry, sites: list[shapely.Geometry]) -> None:
    """The invariants of every tessellation: a valid coverage of the outline, and each cell one polygon."""
    cells = result.cells  # type: ignore[attr-defined]
    assert shapely.coverage_is_valid(cells)
    assert set(shapely.get_type_id(cells).tolist()) == {3}
    assert shapely.area(shapely.symmetric_difference(shapely.union_all(cells), outline)) < 0.01
    assert shapely.area(cells).sum() == pytest.approx(shapely.area(outline), abs=0.01)
    assert len(sites) == len(result.cell_of)  # type: ignore[attr-defined]


def test_two_houses_share_a_field_halfway() -> None:
    """Houses at 40..60 and 140..160: the line between is x = 100, so 10,000 m2 each."""
    sites = [house(40, 40), house(140, 40)]
    found = tessellate(TOWN, sites)
    check(found, TOWN, sites)
    assert found.cell_of.tolist() == np.argsort(found.site_of).tolist()
    assert shapely.area(found.cells) == pytest.approx([10_000.0, 10_000.0], rel=0.01)


def test_a_road_is_the_border_wherever_it_runs() -> None:
    """The second house stands at 105..125, the road at x = 100: without it the line would be at 82.5."""
    sites = [house(40, 40), house(105, 40)]
    found = tessellate(TOWN, sites, barriers_m=[ROAD])
    check(found, TOWN, sites)
    west = found.cells[found.cell_of[0]]
    assert shapely.equals(shapely.normalize(west), shapely.box(0, 0, 100, 100))


def test_no_house_is_cut_by_a_road_that_runs_under_it() -> None:
    """The middle house lies 12 m west and 8 m east of the road, so it belongs to the west, whole."""
    sites = [house(20, 40), house(88, 40), house(150, 40)]
    found = tessellate(TOWN, sites, barriers_m=[ROAD])
    check(found, TOWN, sites)
    for site, cell in zip(sites, found.cells[found.cell_of], strict=True):
        assert shapely.area(shapely.difference(site, cell)) < 1e-3
    assert shapely.area(found.cells[found.cell_of[2]]) == pytest.approx(10_000.0 - 8 * 20, abs=0.01)


def test_ground_without_a_house_is_a_cell_of_its_own_unless_it_is_a_sliver() -> None:
    """Roads at x = 100 and 103: a strip of 3 m joins a side; roads at 100 and 150: 5000 m2 stand alone."""
    strip = tessellate(TOWN, [house(20, 40), house(150, 40)], barriers_m=[ROAD, shapely.affinity.translate(ROAD, 3)])
    assert sorted(strip.site_of.tolist()) == [0, 1]
    block = tessellate(TOWN, [house(20, 40), house(170, 40)], barriers_m=[ROAD, shapely.affinity.translate(ROAD, 50)])
    assert sorted(block.site_of.tolist()) == [-1, 0, 1]
    assert shapely.area(block.cells[block.site_of == -1]) == pytest.approx([5000.0])


def test_water_divides_by_its_banks_and_is_a_cell() -> None:
    river = shapely.box(90, -5, 110, 105)
    found = tessellate(TOWN, [house(20, 40), house(150, 40)], barriers_m=[river])
    assert sorted(shapely.area(found.cells).round(3).tolist()) == [2000.0, 9000.0, 9000.0]


def test_what_cannot_be_placed_is_told_with_a_reason() -> None:
    """Outside, without area, mostly inside another, a little inside another, and one that is fine."""
    sites = [
        house(300, 40),
        shapely.Polygon(),
        house(45, 45, 5),
        shapely.box(58, 40, 100, 60),
        house(40, 40),
        None,
    ]
    found = tessellate(TOWN, sites)
    check(found, TOWN, sites)
    assert found.cell_of[[0, 1, 5]].tolist() == [-1, -1, -1]
    assert found.cell_of[2] == found.cell_of[4] >= 0
    assert "范围之外" in found.reasons[0]
    assert "没有面积" in found.reasons[1]
    assert "并入" in found.reasons[2]
    assert "交叠" in found.reasons[4]  # 2 x 20 m of the smaller house go to the larger one
    assert 3 not in found.reasons


def test_a_compound_in_two_pieces_has_two_cells() -> None:
    sites = [shapely.union(house(20, 40), house(160, 40)), house(90, 40)]
    found = tessellate(TOWN, sites)
    check(found, TOWN, sites)
    assert sorted(found.site_of.tolist()) == [0, 0, 1]


def test_grids_that_tile_stay_as_they_are() -> None:
    """Four 50 m x 100 m grids: the same four polygons come out."""
    grids = [shapely.box(x, 0, x + 50, 100) for x in (0, 50, 100, 150)]
    found = tessellate(TOWN, grids)
    check(found, TOWN, grids)
    for site, cell in zip(grids, found.cells[found.cell_of], strict=True):
        assert shapely.area(shapely.symmetric_difference(site, cell)) < 1e-6


def test_an_outline_without_houses_is_one_cell_per_enclosure() -> None:
    found = tessellate(TOWN, [], barriers_m=[ROAD])
    assert shapely.area(found.cells).tolist() == [10_000.0, 10_000.0]


def test_an_outline_without_area_is_refused() -> None:
    with pytest.raises(TessellationError, match="范围没有面积"):
        tessellate(shapely.LineString([(0, 0), (1, 1)]), [house(0, 0)])


def test_a_dead_end_road_encloses_nothing() -> None:
    assert len(enclosures(TOWN, [shapely.LineString([(50, -10), (50, 60)])])) == 1
    assert len(enclosures(TOWN, [shapely.LineString([(50, -10), (50, 110)])])) == 2


def test_a_stray_joins_along_its_longest_border_within_its_block_first() -> None:
    """The middle square touches left along 10 m and right along 4 m; its block is the right one's."""
    pieces = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(20, 3, 30, 7)])
    main = np.array([True, False, True])
    assert join_strays(pieces, main).tolist() == [0, 0, 2]
    assert join_strays(pieces, main, block=np.array([0, 1, 1])).tolist() == [0, 2, 2]


def test_a_chain_of_strays_and_one_that_lies_apart_find_a_home() -> None:
    pieces = np.array([shapely.box(x, 0, x + 1, 1) for x in (0, 1, 2, 9)])
    assert join_strays(pieces, np.array([True, False, False, False])).tolist() == [0, 0, 0, 0]


def test_no_ground_is_lost_where_a_road_passes_a_houses_corner_on_the_rim_by_millimetres() -> None:
    """The house stands on the rim, the road passes its corner at 4 mm: drawing both together cost a wedge of 38 m."""
    sites = [shapely.box(0, 1.625, 1, 40.375)]
    found = tessellate(TOWN, sites, barriers_m=[shapely.LineString([(2.895, -1), (-4.23, 101)])])
    check(found, TOWN, sites)


BOXES = st.lists(
    st.tuples(st.floats(-10, 190), st.floats(-10, 90), st.floats(0.0, 60), st.floats(0.0, 60)), min_size=1, max_size=12
)


@given(boxes=BOXES, road_x=st.floats(1, 199), slope=st.floats(-20, 20))
@settings(max_examples=40, deadline=None)
def test_any_heap_of_boxes_is_tiled(boxes: list[tuple[float, ...]], road_x: float, slope: float) -> None:
    """Overlapping, outside, without area, across the road: a valid coverage, every site placed or told."""
    sites = [shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes]
    road = shapely.LineString([(road_x, -1), (road_x + slope, 101)])
    found = tessellate(TOWN, sites, barriers_m=[road], join_share=0.02)
    check(found, TOWN, sites)
    for site, cell in enumerate(found.cell_of.tolist()):
        assert cell >= 0 or site in found.reasons
