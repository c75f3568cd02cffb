"""Buildings and compounds: households that add up, walls that hold, and the border that the demo is made for."""

from __future__ import annotations

from collections import Counter
from typing import Any

import shapely

XIAGUANGLI, LIANGMA = "110105012023", "110105012027"
HANDOVER = "C027-03"


def of(rows: list[dict[str, Any]], *codes: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["community_code"] in codes]


def test_every_household_is_in_one_building(read) -> None:
    buildings = read("buildings")
    today = {row["code"]: row for row in read("boundary_community") if row["valid_to"] is None}
    for code, place in today.items():
        assert sum(row["households"] for row in of(buildings, code)) == place["households"]
        assert sum(row["people"] for row in of(buildings, code)) == place["people"]
    assert sum(row["households"] for row in of(buildings, XIAGUANGLI, LIANGMA)) == 4560


def test_compounds_hold_what_their_buildings_hold(read) -> None:
    buildings = read("buildings")
    for compound in read("compounds"):
        mine = [row for row in buildings if row["compound_id"] == compound["id"]]
        assert len(mine) == compound["buildings"] > 0
        for figure in ("households", "people", "over60"):
            assert sum(row[figure] for row in mine) == compound[figure]
        assert 0 < compound["over60"] < compound["people"]


def test_one_compound_handed_across_makes_3110_and_1450(read) -> None:
    """1590 - 140 = 1450 and 2970 + 140 = 3110, which is above 3000."""
    compounds = {row["id"]: row for row in read("compounds")}
    assert compounds[HANDOVER]["name"] == "天泽路8号院"
    assert compounds[HANDOVER]["community_code"] == LIANGMA
    stays = sum(row["households"] for row in compounds.values() if row["community_code"] == XIAGUANGLI)
    moves = sum(row["households"] for row in compounds.values() if row["community_code"] == LIANGMA)
    gives = compounds[HANDOVER]["households"]
    assert (stays, moves, gives, stays + gives, moves - gives) == (2970, 1590, 140, 3110, 1450)


def test_the_compound_to_hand_across_stands_on_the_border(read, metric) -> None:
    """Its wall is a street's half width, 20 m, from the middle of 天泽路, so nothing stands between."""
    street = next(metric(row["shape"]) for row in read("roads") if row["name"] == "天泽路")
    compound = next(metric(row["shape"]) for row in read("compounds") if row["id"] == HANDOVER)
    assert 19.0 < compound.distance(street) < 21.0


def test_liangma_without_the_compound_is_still_in_one_piece(read, metric) -> None:
    """Ground of 亮马 less the compound and its share of the streets around, out to the middle of 天泽路."""
    place = next(metric(row["shape"]) for row in read("boundary_community") if row["code"] == LIANGMA)
    compound = next(metric(row["shape"]) for row in read("compounds") if row["id"] == HANDOVER)
    left = place.difference(compound.buffer(21.0, join_style="mitre"))
    assert left.buffer(-5.0).geom_type == "Polygon"


def test_the_whole_border_between_the_two_runs_along_tianze_road(read, metric) -> None:
    """So a profile that makes borders along arterials cheap has nothing cheaper to offer."""
    places = {row["code"]: metric(row["shape"]) for row in read("boundary_community") if row["valid_to"] is None}
    border = places[XIAGUANGLI].intersection(places[LIANGMA])
    road = next(row for row in read("roads") if row["name"] == "天泽路")
    assert (road["class"], road["name_invented"]) == ("arterial", False)
    assert border.length > 600.0
    assert border.difference(metric(road["shape"]).buffer(0.1)).length < 0.1


def test_old_xiaguangli_has_the_size_that_a_division_is_shown_on(read) -> None:
    buildings = of(read("buildings"), XIAGUANGLI, LIANGMA)
    assert 70 <= len(buildings) <= 110
    assert 15 <= len(of(read("compounds"), XIAGUANGLI, LIANGMA)) <= 25


def test_every_building_stands_inside_its_compound_and_community(read) -> None:
    compounds = {row["id"]: row["shape"] for row in read("compounds")}
    grids = {row["code"]: row["shape"] for row in read("boundary_grid") if row["valid_to"] is None}
    for building in read("buildings"):
        assert grids[building["grid_code"]].contains(building["shape"])
        assert building["grid_code"].startswith(building["community_code"])
        if building["compound_id"]:
            assert compounds[building["compound_id"]].contains(building["shape"])
        assert (building["households"] > 0) == bool(building["compound_id"]) == (building["kind"] == "住宅")


def test_no_building_and_no_compound_overlaps_another(read) -> None:
    for name in ("buildings", "compounds"):
        shapes = [row["shape"] for row in read(name)]
        assert all(shape.is_valid for shape in shapes)
        assert sum(shape.area for shape in shapes) - shapely.union_all(shapes).area < 1e-12


def test_no_building_stands_in_a_street_or_in_the_river(read, metric) -> None:
    wet = shapely.union_all([metric(row["shape"]) for row in read("water")])
    streets = shapely.union_all(
        [metric(row["shape"]).buffer(row["width_m"] / 2) for row in read("roads") if row["class"] != "path"]
    )
    standing = shapely.union_all([metric(row["shape"]) for row in read("buildings")])
    assert standing.intersection(wet).area == 0.0
    assert standing.intersection(streets).area == 0.0


def test_ids_and_names_are_given_once(read) -> None:
    for name in (
        *("buildings", "compounds", "roads", "water", "green"),
        *("charging", "parking_lots", "parking_kerbside", "stations", "reports"),
    ):
        assert max(Counter(row["id"] for row in read(name)).values()) == 1
    for name in ("buildings", "compounds"):
        assert max(Counter(row["name"] for row in read(name)).values()) == 1


def test_building_names_have_the_shapes_that_rosters_use(read) -> None:
    names = {row["name"] for row in read("buildings")}
    assert {"霞光里5号楼", "霞光里甲5号楼", "霞光里30号院2号楼", "天泽路8号院1号楼"} <= names


def test_homes_fit_into_the_storeys(read) -> None:
    for building in read("buildings"):
        per_storey = 6 if building["stairs"] == 1 else 2 * building["stairs"]
        assert building["households"] <= building["storeys"] * per_storey
        assert 1 <= building["storeys"] <= 26
