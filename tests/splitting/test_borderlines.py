"""Every piece of border knows the line it runs along."""

import numpy as np
import pytest
import shapely

from geoapp.splitting.borderlines import NO_LINES, GroundLines, attributed_borders, attributed_rim
from geoapp.splitting.store import read_profiles

LEFT, RIGHT = shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)


def rows(ground: GroundLines, left: shapely.Geometry = LEFT, right: shapely.Geometry = RIGHT) -> list[tuple]:
    found = attributed_borders([left, right], ground, profiles=read_profiles())
    assert all(pair == [0, 1] for pair in found.pairs.tolist())
    assert shapely.length(found.lines) == pytest.approx(found.length_m)
    return sorted(zip(found.kind, found.name, found.length_m.round(6).tolist(), strict=True))


def lines(*given: tuple[shapely.Geometry, str, str]) -> GroundLines:
    return GroundLines(
        np.array([g for g, _, _ in given], dtype=object), *zip(*((k, n) for _, k, n in given), strict=True)
    )


def notched(left_x: float = 100.0) -> tuple[shapely.Geometry, shapely.Geometry]:
    """The border has vertices at y = 0, 60 and 100."""
    left = shapely.Polygon([(0, 0), (left_x, 0), (left_x, 60), (left_x, 100), (0, 100)])
    return left, shapely.Polygon([(left_x, 0), (200, 0), (200, 100), (left_x, 100), (left_x, 60)])


def test_without_lines_all_is_none() -> None:
    assert rows(NO_LINES) == [("none", "", 100.0)]


def test_a_border_along_half_a_road_is_two_rows() -> None:
    """The road runs from y = -10 to 60: 60 m along 朝阳路, 40 m along nothing."""
    road = shapely.LineString([(100, -10), (100, 60)])
    assert rows(lines((road, "arterial", "朝阳路")), *notched()) == [("arterial", "朝阳路", 60.0), ("none", "", 40.0)]


def test_a_road_across_or_too_far_away_is_not_run_along() -> None:
    across = shapely.LineString([(0, 50), (200, 50)])
    beside = shapely.LineString([(101.5, -10), (101.5, 110)])
    assert rows(lines((across, "arterial", "横街"), (beside, "arterial", "旁路"))) == [("none", "", 100.0)]


def test_of_several_lines_the_stronger_kind_and_a_name_win() -> None:
    """A named path, an unnamed arterial and a named arterial lie on one another."""
    line = shapely.LineString([(100, -10), (100, 110)])
    ground = lines((line, "path", "小路"), (line, "arterial", ""), (line, "arterial", "工体北路"))
    assert rows(ground) == [("arterial", "工体北路", 100.0)]


def test_the_rim_of_water_is_a_line() -> None:
    river = shapely.box(100, -10, 130, 110)
    assert rows(lines((river, "water", "亮马河"))) == [("water", "亮马河", 100.0)]


def test_an_outline_in_the_middle_of_a_river_runs_along_the_river() -> None:
    """The river lies 20 m to either side of x = 0; the other three sides of the square run along nothing."""
    river = shapely.box(-20, -10, 20, 110)
    found = attributed_rim([LEFT], lines((river, "water", "亮马河")), profiles=read_profiles())
    assert found.pairs.tolist() == [[0, 0], [0, 0]]
    named = dict(zip(found.name, found.length_m.tolist(), strict=True))
    assert named == {"": 300.0, "亮马河": 100.0}
