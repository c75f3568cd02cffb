"""Words find the house they mean, in every shape in which rosters and callers write it; what fits several is asked."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, shape

from geoapp.places.locate import Locator
from geoapp.places.versions import PlaceVersion
from geoapp.reports.orders.address import Found, Gazetteer, Spot, stands
from geoapp.reports.placing import Ground
from tests.places.street import EAST, FIRST, HOME, SOUTH, STEP, WEST, squares, street_records
from tests.reports.data import street_versions

LAYERS = Path(__file__).parents[3] / "layers" / "demo"


def at(x: float, y: float) -> tuple[float, float]:
    return WEST + x * STEP, SOUTH + y * STEP


def road(name: str, *points: tuple[float, float]) -> Spot:
    return Spot("street", name, LineString([at(*p) for p in points]))


#: On the board of tests/places/street.py; 绿景苑 fills grid 001, 甘露园 stands twice, in 002 and in the east.
BOARD = [
    Spot("compound", "绿景苑小区", squares(0, 2, 2, 4), managed=True),
    Spot("compound", "霞光里30号院", squares(0, 0, 2, 2), managed=False),
    Spot("compound", "甘露园", squares(2, 2, 3, 3)),
    Spot("compound", "甘露园", squares(6, 2, 7, 3)),
    Spot("building", "绿景苑3号楼", squares(0.5, 2.5, 0.7, 2.7), "绿景苑"),
    Spot("building", "绿景苑13号楼", squares(1.0, 3.0, 1.2, 3.2), "绿景苑"),
    Spot("building", "绿景苑甲5号楼", squares(1.4, 3.0, 1.6, 3.2), "绿景苑"),
    # A slab from grid 003 into 004: its middle is 34 m from the border.
    Spot("building", "霞光里30号院2号楼", squares(1.1, 1.0, 2.1, 1.1), "霞光里30号院"),
    Spot("building", "7号楼", squares(2.2, 2.2, 2.4, 2.4), "甘露园"),
    Spot("building", "7号楼", squares(6.2, 2.2, 6.4, 2.4), "甘露园"),
    road("麦子店街", (0, 1.5), (8, 1.5)),
    road("枣营路", (3, 0), (3, 1.4)),
    road("枣营路", (3, 1.6), (3, 4)),
    road("亮马河路", (0, 3.9), (2, 3.9)),
    Spot("place", "霞光里社区", None, code=HOME),
    Spot("place", "农展南里社区", None, code=EAST),
]


@cache
def board() -> Gazetteer:
    return Gazetteer(BOARD)


def find(address: str, prefer: Any = None) -> Found:
    return board().find(address, prefer=prefer)


@pytest.mark.parametrize(
    "written",
    [
        "绿景苑3号楼2单元", "绿景苑３＃楼", "绿景苑三号楼", "绿景苑 3 栋", "绿景苑3#", "绿景苑03号楼",
        "朝阳区麦子店街道绿景苑3号楼门口", "绿景苑小区3号楼501室", "绿景苑3-2-501", "3号楼（绿景苑）",
        "绿景苑3幢东侧车棚旁",
    ],
)  # fmt: skip
def test_one_building_in_many_spellings(written: str) -> None:
    found = find(written)
    assert found.spot is not None and found.spot.name == "绿景苑3号楼", found
    assert (found.evidence, found.note) == ("building", "")
    assert found.lonlat == pytest.approx(at(0.6, 2.6))


def test_a_number_is_not_part_of_another() -> None:
    assert [s.name for s in find("绿景苑13号楼").spots] == ["绿景苑13号楼"]
    assert [s.name for s in find("绿景苑甲5号楼").spots] == ["绿景苑甲5号楼"]
    # There is no 23号楼: then it is the compound, and that is said.
    found = find("绿景苑23号楼")
    assert found.evidence == "compound" and found.spot is not None and found.spot.managed is True
    assert "没有23号楼" in found.note


def test_several_buildings_are_all_named_and_none_is_chosen() -> None:
    found = find("绿景苑3、13号楼")
    assert [s.name for s in found.spots] == ["绿景苑3号楼", "绿景苑13号楼"]
    assert found.lonlat is None and found.spot is None and "请选一处" in found.note


def test_one_name_twice_is_asked_unless_one_is_at_home() -> None:
    assert len(find("甘露园7号楼").spots) == 2
    assert find("甘露园7号楼", prefer=squares(4, 0, 8, 4)).lonlat == pytest.approx(at(6.3, 2.3))
    assert find("7号楼", prefer=squares(0, 0, 4, 4)).lonlat == pytest.approx(at(2.3, 2.3))
    assert len(find("甘露园西门").spots) == 2
    # Not at home either: then both are asked.
    assert len(find("甘露园7号楼", prefer=squares(0, 0, 1, 1)).spots) == 2


def test_two_streets_are_a_crossing_and_one_is_only_a_street() -> None:
    found = find("麦子店街与枣营路交叉口")
    assert found.evidence == "street" and found.lonlat == pytest.approx(at(3, 1.5), abs=2e-4)
    # 亮马河路 does not come near 枣营路: then the longer name counts.
    alone = find("亮马河路")
    assert alone.lonlat == pytest.approx(at(1, 3.9)) and "只知道" in alone.note
    east = find("麦子店街", prefer=squares(4, 0, 8, 4))
    assert east.lonlat == pytest.approx(at(6, 1.5))


def test_a_places_name_gives_its_code_and_no_point() -> None:
    found = find("霞光里附近")
    assert found.evidence == "place" and found.spot is not None
    assert (found.spot.code, found.lonlat) == (HOME, None)
    assert find("农展南里").spots[0].code == EAST


@pytest.mark.parametrize("nothing", ["", "  ", "火星路1号", "3号楼", "〔电话〕"])
def test_what_the_map_does_not_know_is_asked_for(nothing: str) -> None:
    found = find(nothing)
    assert not found.spots and found.lonlat is None and "点一下" in found.note


def test_a_building_lands_in_its_grid_and_says_so_near_a_border() -> None:
    ground = Ground(street_versions())
    inside = stands(find("绿景苑3号楼"), ground)
    assert inside is not None and inside.codes[3] == HOME + "001" and not inside.near
    # The middle of the slab is 34 m from 004, but its end reaches over the border.
    slab = stands(find("霞光里30号院2号楼"), ground)
    assert slab is not None and slab.codes[3] == HOME + "003"
    assert slab.near == (HOME + "004",)
    assert stands(find("霞光里附近"), ground) is None


def demo(name: str) -> list[dict[str, Any]]:
    return json.loads((LAYERS / f"{name}.geojson").read_text(encoding="utf-8"))["features"]


NUMERALS = "零一二三四五六七八九"
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def spellings(name: str) -> list[str]:
    label = name.rsplit("院", 1)[-1]
    number = label.removesuffix("号楼")
    shapes = [name, name.translate(WIDE), f"朝阳区麦子店街道{name}2单元", f"{name}门口"]
    if label.endswith("号楼") and number.isdigit():
        stem = name.removesuffix(label)
        shapes += [f"{stem}{number}#楼", f"{stem} {number}栋", f"{stem}{number}号楼3单元502室"]
        shapes += [f"{stem}{NUMERALS[int(number)]}号楼"] if len(number) == 1 else []
    return shapes


def test_every_building_of_the_demo_is_found_in_every_spelling_and_in_its_grid() -> None:
    """544 buildings; each layer row names the grid that it was drawn in."""
    buildings = demo("buildings")
    spots = [
        Spot("building", f["properties"]["name"], shape(f["geometry"]), f["properties"]["compound"] or "")
        for f in buildings
    ]
    spots += [Spot("compound", f["properties"]["name"], shape(f["geometry"])) for f in demo("compounds")]
    spots += [Spot("street", f["properties"]["name"], shape(f["geometry"])) for f in demo("roads")]
    gazetteer = Gazetteer(spots)
    points, grids, wrong, asked = [], [], [], 0
    for feature, spot in zip(buildings, spots, strict=False):
        for written in spellings(spot.name):
            asked += 1
            found = gazetteer.find(written)
            if found.spot is not spot:
                wrong.append((written, [s.name for s in found.spots]))
        points.append(gazetteer.find(spot.name).lonlat or (0.0, 0.0))
        grids.append(feature["properties"]["grid_code"])
    assert not wrong, (len(wrong), wrong[:5])
    assert len(buildings) == 544 and asked > 3000
    versions = [
        PlaceVersion(code, "", "grid", code[:12], FIRST, geometry=geometry)
        for code, geometry in (
            (f["properties"]["code"], shape(f["geometry"]))
            for f in demo("boundary_grid")
            if f["properties"]["valid_to"] is None
        )
    ]
    tops = [
        PlaceVersion(r.code, r.name, "district", None, FIRST, geometry=shapely.box(110, 30, 120, 50))
        for r in street_records()[:1]
    ]
    codes = Locator([*tops, *versions]).codes(np.array(points))[:, 3]
    outside = [(g, c) for g, c in zip(grids, codes.tolist(), strict=True) if g != c]
    assert not outside, outside[:5]


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("海淀区绿景苑3号楼", "海淀区"), ("上海市徐汇区绿景苑3号楼", "徐汇区"), ("北京市石景山区麦子店街", "石景山区"),
        ("朝阳区绿景苑3号楼", ""), ("北京市朝阳区麦子店街道绿景苑3号楼", ""), ("绿景苑3号楼", ""),
        ("甘露园东区7号楼", ""),
        ("霞光里社区绿景苑3号楼", ""), ("绿景苑小区3号楼", ""), ("生活区绿景苑3号楼", ""),
        ("霞光里30号院2号楼充电区", ""),
    ],
)  # fmt: skip
def test_a_district_that_is_not_here_is_pointed_out(written: str, named: str) -> None:
    found = Gazetteer([*BOARD, Spot("place", "朝阳区", None, code="110105")]).find(written)
    assert found.spots
    assert (f"地址写的是{named}" in found.note) if named else ("地址写的是" not in found.note)
    # Where no district is known, nobody can say which is another.
    assert "地址写的是" not in find(written).note
