"""What is packed comes back bit by bit, and figures of it are the same."""

from __future__ import annotations

import dataclasses

import numpy as np
import shapely

from geoapp.splitting.drafts.archive import Surroundings, pack, unpack
from tests.splitting.drafts.world import SPLIT, degrees, make_comparison, make_ground


def test_ground_and_surroundings_come_back_as_they_were() -> None:
    ground = make_ground()
    assert ground.stations is not None
    walk = ground.stations.walk_s.copy()
    walk[3, 1] = np.inf
    ground = dataclasses.replace(ground, stations=dataclasses.replace(ground.stations, walk_s=walk))
    around = Surroundings(
        degrees(shapely.box(0, 0, 600, 400)), make_comparison().background, ("示意楼栋",), illustrative=True
    )
    back, around_back = unpack(pack(ground, around))
    for one, other in (
        (ground.units.polygons, back.units.polygons),
        (ground.units.borders.lines, back.units.borders.lines),
    ):
        assert [shape.wkb for shape in one] == [shape.wkb for shape in other]
    for field in ("households", "estimated", "apportioned", "water"):
        assert np.array_equal(getattr(ground.units, field), getattr(back.units, field))
    assert (ground.units.ids, ground.names, ground.compounds) == (back.units.ids, back.names, back.compounds)
    assert back.stations is not None and np.array_equal(ground.stations.walk_s, back.stations.walk_s)
    assert ground.units.profiles == back.units.profiles
    for profile in ground.units.profiles.profiles:
        assert np.array_equal(ground.units.graph(profile).cost, back.units.graph(profile).cost)
    assert around_back.sources == around.sources and around_back.outline.equals(around.outline)


def test_the_extent_names_the_road_between_the_parts() -> None:
    """亮马桥路 is all of the western side of the new community and of the eastern side of the old one."""
    west, east = make_ground().extents(SPLIT, parts=2)
    assert west.startswith("东至亮马桥路") and "西至亮马桥路" in east
