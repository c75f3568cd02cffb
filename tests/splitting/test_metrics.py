"""Measures of small plans by hand, and of random plans on rasters the slow way."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geoapp.geo.measure import areas_m2, in_degrees, lengths_m
from geoapp.indicators import indicator
from geoapp.splitting.explain import flows, moves
from geoapp.splitting.measures import MEASURES
from geoapp.splitting.metrics import (
    Judge,
    MetricsError,
    WalkingTimes,
    part_polygons,
    roundness,
    staff_change,
    weighted_quantiles,
)
from geoapp.splitting.sides import extent_of_part, side_table
from geoapp.splitting.store import read_profiles, read_rules
from geoapp.splitting.units import UnitBorders, Units, UnitsError, no_borders, plain_borders

ZONE = CRS.from_epsg(4548)
RULES = read_rules()


def raster(wide: int, high: int, households: list[int], **more: object) -> Units:
    """Squares of 100 m, row by row from the south west; nothing runs along their borders."""
    boxes = [
        shapely.box(500_000 + x, 4_429_000 + y, 500_100 + x, 4_429_100 + y)
        for y in range(0, 100 * high, 100)
        for x in range(0, 100 * wide, 100)
    ]
    polygons = in_degrees(boxes, ZONE)
    borders = more.pop("borders", None) or plain_borders(polygons)
    ids = tuple(f"u{at}" for at in range(len(boxes)))
    return Units(ids, polygons, np.array(households), borders, read_profiles(), **more)  # type: ignore[arg-type]


def row_of_four(**more: object) -> Units:
    """u0 | u1 | u2 | u3: along 朝阳路 (arterial), along nothing, along 亮马河 (water)."""
    plain = raster(4, 1, [0, 0, 0, 0]).borders
    borders = UnitBorders(
        plain.pairs, plain.length_m, ("arterial", "none", "water"), ("朝阳路", "", "亮马河"), plain.lines
    )
    return raster(4, 1, [1000, 590, 1400, 1570], borders=borders, **more)


def test_the_founding_case_halves_the_load_with_fifteen_more_workers() -> None:
    """2970 + 1590 = 4560; 20 + 11 = 31 workers against 16: 15 short; 4560 / 16 = 285, 4560 / 31 = 147: -48 %.

    16 workers shared by 1590 : 2970 are 5.58 and 10.42, so 6 and 10.
    """
    found = Judge(row_of_four(), RULES).measures(np.array([1, 1, 2, 2]), parts=2)
    assert found.households.tolist() == [1590, 2970]
    assert found.staff_min.tolist() == [11, 20]
    assert found.staff_max.tolist() == [15, 27]
    assert found.size_marks == ("fits", "above")
    change = staff_change(found, 16)
    assert (change.shortfall, change.surplus_to_most) == (15, 0)
    assert change.moving.tolist() == [6, 10]
    assert (round(change.load_now), round(change.load_after)) == (285, 147)
    assert change.load_change_share == pytest.approx(-0.484, abs=0.001)
    with pytest.raises(MetricsError, match="大于 0"):
        staff_change(found, 0)


def test_borders_are_measured_by_kind_and_barriers_inside_by_part() -> None:
    """Cut between u1 and u2: 100 m of nothing, 1000 dm * 10; the arterial stays inside part 1, the river in part 2."""
    found = Judge(row_of_four(), RULES).measures(np.array([1, 1, 2, 2]), parts=2)
    assert found.border_m == {"arterial": 0.0, "none": pytest.approx(100.0, abs=1e-6), "water": 0.0}
    assert (found.border_cost, found.cut_edges) == (10_000, 1)
    assert found.barrier_inside_m == pytest.approx([100.0, 100.0], abs=1e-6)
    along = Judge(row_of_four(), RULES).measures(np.array([1, 2, 2, 2]), parts=2)
    assert (along.border_cost, along.barrier_inside_m.round(3).tolist()) == (2000, [0.0, 100.0])


def test_roundness_and_pieces_of_parts() -> None:
    """Each half is 200 m x 100 m: 4 pi 20000 / 600^2 = 0.698; u0 and u3 together are two pieces of 4 * 100 m each."""
    judge = Judge(row_of_four(), RULES)
    assert judge.measures(np.array([1, 1, 2, 2]), parts=2).roundness == pytest.approx([0.698] * 2, abs=0.001)
    apart = judge.measures(np.array([1, 2, 2, 1]), parts=2)
    assert apart.pieces.tolist() == [2, 1]
    assert apart.roundness[0] == pytest.approx(4 * np.pi * 20_000 / 800**2, abs=1e-6)
    assert judge.measures(np.array([1, 1, 1, 1]), parts=2).pieces.tolist() == [1, 0]
    assert roundness(np.array([0.0]), np.array([0.0])).tolist() == [0.0]


def test_a_part_that_hangs_together_by_water_only_is_told() -> None:
    wet = row_of_four(water=np.array([False, True, False, False]))
    found = Judge(wet, RULES).measures(np.array([1, 1, 1, 2]), parts=2)
    assert found.pieces.tolist() == [1, 1]
    assert found.pieces_on_land.tolist() == [2, 1]


def test_groups_cut_are_named_beside_the_least_possible() -> None:
    """Grid g (u0 to u2, 2990 households) is cut; no part may have more than 2000, so one grid must be."""
    units = row_of_four(groups={"grid": ("g", "g", "g", "h"), "compound": (None, "c", "c", None)})
    found = Judge(units, RULES, most_households=2000).measures(np.array([1, 1, 2, 2]), parts=2)
    grid, compound = found.groups["grid"], found.groups["compound"]
    assert (grid.cut, grid.groups, grid.pieces, grid.least) == (("g",), 2, 3, 1)
    assert (compound.cut, compound.least) == (("c",), 0)


def test_hot_spots_are_groups_too() -> None:
    found = Judge(row_of_four(), RULES, hotspots=("x", "x", None, None)).measures(np.array([1, 2, 2, 2]), parts=2)
    assert found.groups["hotspot"].cut == ("x",)


def test_households_moved_and_moved_again() -> None:
    """u1 (590) leaves part 2; its people were moved twice before: 1180 moves."""
    judge = Judge(row_of_four(), RULES, baseline=np.array([1, 2, 2, 2]), moved_before=np.array([0.0, 2.0, 5.0, 0.0]))
    found = judge.measures(np.array([1, 1, 2, 2]), parts=2)
    assert (found.moved_households, found.moved_again_households) == (590, 1180.0)
    assert Judge(row_of_four(), RULES).measures(np.array([1, 1, 2, 2]), parts=2).moved_households is None


def test_columns_are_summed_and_put_per_thousand_households() -> None:
    """3 + 5 piles for 1590 households: 8000 / 1590 = 5.03; a missing value counts nothing."""
    units = row_of_four(columns={"charging": np.array([3.0, 5.0, np.nan, 2.0])})
    found = Judge(units, RULES).measures(np.array([1, 1, 2, 2]), parts=2)
    assert found.columns["charging"].tolist() == [8.0, 2.0]
    assert found.per_1000["charging"] == pytest.approx([5.03, 0.673], abs=0.01)


def test_estimates_are_counted_where_they_are_shown() -> None:
    units = row_of_four(
        estimated=np.array([True, False, False, False]), apportioned=np.array([True, False, False, True])
    )
    assert Judge(units, RULES).measures(np.array([1, 1, 2, 2]), parts=2).households_marked.tolist() == [1000, 1570]


def test_walks_are_weighted_by_households_and_say_what_is_straight() -> None:
    """Part 1 (1000 at 60 s, 590 at 300 s) takes station 0: median 60, p90 300, 590 of 1590 by a straight line."""
    times = WalkingTimes(
        np.array([[60.0, 900.0], [300.0, 900.0], [800.0, 100.0], [800.0, 200.0]]),
        np.array([[True, True], [False, True], [True, True], [True, True]]),
    )
    found = Judge(row_of_four(), RULES, walking=times).measures(np.array([1, 1, 2, 2]), parts=2)
    assert found.station == (0, 1)
    assert found.walk_median_s.tolist() == [60.0, 200.0]
    assert found.walk_p90_s.tolist() == [300.0, 200.0]
    assert found.walk_straight_share == pytest.approx([590 / 1590, 0.0])
    fixed = WalkingTimes(times.seconds, times.by_network, station_of_part=(1, 1))
    assert Judge(row_of_four(), RULES, walking=fixed).measures(np.array([1, 1, 2, 2]), parts=2).station == (1, 1)


def test_half_of_four_households_is_the_second() -> None:
    values, weights = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 1, 1, 1])
    assert weighted_quantiles(values, weights, (0.5, 0.75, 1.0)) == (2.0, 3.0, 4.0)


@pytest.mark.parametrize("plan", [[1, 1, 2], [0, 1, 1, 2], [1, 1, 2, 3]])
def test_a_plan_that_does_not_fit_is_refused(plan: list[int]) -> None:
    with pytest.raises(MetricsError, match="4 个单元"):
        Judge(row_of_four(), RULES).measures(np.array(plan), parts=2)
    with pytest.raises(MetricsError, match="baseline"):
        Judge(row_of_four(), RULES, baseline=np.array([1, 2]))


@given(plan=st.lists(st.integers(1, 3), min_size=12, max_size=12))
@settings(max_examples=40, deadline=None)
def test_any_plan_of_a_raster_is_measured_as_its_polygons_are(plan: list[int]) -> None:
    """4 x 3 squares into three parts: area, rim, pieces and border against the united polygons themselves."""
    units = raster(4, 3, list(range(12)))
    found = Judge(units, RULES).measures(np.array(plan), parts=3)
    shapes = part_polygons(units, np.array(plan), parts=3)
    assert found.area_m2 == pytest.approx(areas_m2(shapes, units.crs), abs=1e-3)
    assert found.perimeter_m == pytest.approx(lengths_m(shapes, units.crs), abs=1e-3)
    assert found.households.tolist() == [sum(h for h, p in enumerate(plan) if p == part) for part in (1, 2, 3)]
    neighbours = [(a, b) for a in range(12) for b in range(a) if abs(a % 4 - b % 4) + abs(a // 4 - b // 4) == 1]
    assert found.cut_edges == sum(plan[a] != plan[b] for a, b in neighbours)
    assert sum(found.border_m.values()) == pytest.approx(100.0 * found.cut_edges, abs=1e-3)


def test_every_measure_is_in_the_registry_with_formula_and_source() -> None:
    for key in MEASURES:
        found = indicator(key)
        assert found.formula, key
        assert found.source, key
        assert found.title_zh, key
    assert "150" in indicator("split.staff_min").formula
    assert indicator("split.staff_min").reckoned


def named_square() -> Units:
    """Four squares of 100 m in a ring road of four named streets; between west and east runs 新街, else nothing."""
    units = raster(2, 2, [10, 20, 30, 40])
    borders = units.borders
    middle = [set(pair) in ({0, 1}, {2, 3}) for pair in borders.pairs.tolist()]
    named = UnitBorders(
        borders.pairs, borders.length_m, tuple("minor" if m else "none" for m in middle),
        tuple("新街" if m else "" for m in middle), borders.lines,
    )  # fmt: skip
    corner = np.array([500_000, 4_429_000])
    outer = {"南街": (0, (0, 0), (100, 0)), "西街": (0, (0, 0), (0, 100)), "北街": (2, (0, 200), (100, 200)),
             "东街": (1, (200, 0), (200, 100)), "": (3, (200, 100), (200, 200))}  # fmt: skip
    lines = in_degrees([shapely.LineString([corner + a, corner + b]) for _, a, b in outer.values()], ZONE)
    own = np.array([[unit, unit] for unit, _, _ in outer.values()], dtype=np.int32)
    kinds = ("arterial", "arterial", "arterial", "arterial", "minor")
    rim = UnitBorders(own, np.full(5, 100.0), kinds, tuple(outer), lines)
    return Units(units.ids, units.polygons, units.households, named, units.profiles, rim=rim)


def test_the_four_sides_are_told_by_the_names_of_their_lines() -> None:
    """West half: 新街 in the east, 南街 in the south, 西街 (and a bare 100 m) in the west, 北街 in the north."""
    table = side_table(named_square())
    west = np.array([1, 2, 1, 2])
    assert extent_of_part(table, west, 1) == "东至新街，南至南街，西至无名界线（楼间）、西街，北至北街"
    assert extent_of_part(table, west, 2).startswith("东至东街、未命名支路，南至无名界线（楼间），西至新街")


def test_sides_of_the_whole_are_as_long_as_its_rim_and_inner_lines_are_no_side() -> None:
    """One part of all four squares: 200 m each way, and nobody borders on 新街."""
    units = named_square()
    table = side_table(units)
    assert "新街" not in extent_of_part(table, np.ones(4, dtype=int), 1)
    outer = table.length_m[table.beyond < 0]
    assert outer.sum() == pytest.approx(800.0, abs=1e-3)
    bare = Units(units.ids, units.polygons, units.households, units.borders, units.profiles, rim=no_borders())
    assert "街" not in extent_of_part(side_table(bare), np.ones(4, dtype=int), 1)


def test_who_moves_is_listed_door_by_door_and_added_up() -> None:
    """u0 and u3 swap 霞光里 for 亮马 and back: 10 one way, 40 the other."""
    units = named_square()
    names = ("霞光里", "亮马")
    found = moves(units, np.array([1, 1, 2, 2]), np.array([2, 1, 2, 1]), names_before=names, names_after=names)
    assert [(m.unit, m.households, m.was, m.becomes) for m in found] == [
        ("u0", 10, "霞光里", "亮马"),
        ("u3", 40, "亮马", "霞光里"),
    ]
    assert [(f.was, f.households) for f in flows(found)] == [("亮马", 40), ("霞光里", 10)]
    assert moves(units, np.ones(4, int), np.ones(4, int), names_before=names[:1], names_after=names[:1]) == []
    with pytest.raises(UnitsError, match="4 个单元"):
        moves(units, np.ones(4, int), np.full(4, 3), names_before=names, names_after=names)
