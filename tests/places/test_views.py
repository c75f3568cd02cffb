"""The places over HTTP: what is answered, and that nothing a stranger types is our fault."""

from __future__ import annotations

from typing import Any

import pytest

from geoapp.accounts.people import system
from geoapp.db import Database
from geoapp.places import actions
from geoapp.places.records import PlaceRecord
from tests.places.street import DISTRICT, EAST, FIRST, HOME, STREET, plan_of, squares, street_records

pytestmark = pytest.mark.engines


@pytest.fixture
def visited(client: Any, town: Database) -> Any:
    """A browser before an app whose database has the street."""
    return client


def test_the_places_of_a_day_and_level_are_listed(visited: Any) -> None:
    answer = visited.get("/api/places?on=2021-05-01&level=community").get_json()
    assert [place["code"] for place in answer["places"]] == [HOME, EAST]
    assert answer["places"][0]["households"] == 4560 and answer["places"][0]["level_title"] == "社区"
    assert answer["total"] == 2 and answer["next"] is None and "geometry" not in answer["places"][0]


def test_a_long_list_comes_in_pages_that_join_without_a_seam(visited: Any) -> None:
    codes, after = [], ""
    while True:
        answer = visited.get(f"/api/places?on=2021-05-01&limit=3{after}").get_json()
        codes += [place["code"] for place in answer["places"]]
        if answer["next"] is None:
            break
        after = f"&after={answer['next']}"
    assert codes == sorted(record.code for record in street_records())


def test_one_place_comes_with_border_path_and_children(visited: Any) -> None:
    answer = visited.get(f"/api/places/{HOME}?on=2021-05-01").get_json()
    assert answer["place"]["geometry"]["type"] == "Polygon"
    assert [place["name"] for place in answer["path"]] == ["朝阳区", "麦子店街道"]
    assert len(answer["children"]) == 4


def test_a_point_is_answered_from_the_district_down(visited: Any) -> None:
    lon, lat = squares(5, 1, 6, 2).centroid.coords[0]
    answer = visited.get(f"/api/places/at?lon={lon:.6f}&lat={lat:.6f}&on=2021-05-01").get_json()
    assert [place["code"] for place in answer["places"]] == [DISTRICT, STREET, EAST]


def test_borders_come_as_a_geojson_collection(visited: Any) -> None:
    response = visited.get("/api/places.geojson?level=grid&on=2021-05-01")
    content = response.get_json(force=True)
    assert response.content_type == "application/geo+json"
    assert content["type"] == "FeatureCollection" and len(content["features"]) == 4
    assert content["features"][0]["properties"]["parent"] == HOME


def test_search_gives_the_box_to_fly_to(visited: Any) -> None:
    answer = visited.get("/api/places/search?q=霞光&on=2021-05-01").get_json()
    assert [place["code"] for place in answer["places"]] == [HOME]
    assert answer["places"][0]["bbox"] == list(squares(0, 0, 4, 4).bounds)


def test_history_tells_versions_successors_and_heirs(visited: Any, database: Database) -> None:
    """The western half (2 of 4 columns) goes on as 023: half of its ground each."""
    plan = plan_of((squares(0, 0, 2, 4), 2970), (squares(2, 0, 4, 4), 1590), names=["霞光里社区", "亮马社区"])
    actions.split_by_plan(database, plan, on=FIRST.replace(year=2023), by=system("测试"))
    answer = visited.get(f"/api/places/{HOME}/history").get_json()
    assert [(v["valid_from"], v["valid_to"]) for v in answer["versions"]] == [
        ("2020-01-01", "2023-01-01"),
        ("2023-01-01", None),
    ]
    assert {s["successor"] for s in answer["successions"]} == {HOME, "110105012025"}
    assert [heir["code"] for heir in answer["heirs_today"]] == [HOME, "110105012025"]
    assert answer["heirs_today"][1]["share"] == pytest.approx(0.5, abs=1e-4)


def test_a_check_tells_a_gap_and_an_overlap_with_area_and_box(visited: Any, database: Database) -> None:
    """024 gives way to a grid of columns 4-6, and one of columns 5-7: column 5 twice, column 7 nobody's.

    A column is 0.001 degrees wide and 0.004 high: at 39.942 N 85.46 m times 444.1 m, 37,960 m2.
    """
    grids = [PlaceRecord(f"{EAST}00{n}", f"{n}", squares(west, 0, west + 2, 4)) for n, west in ((1, 4), (2, 5))]
    actions.load_places(database, grids, on=FIRST, by=system("测试"))
    answer = visited.get(f"/api/places/{EAST}/check?on=2021-01-01").get_json()
    faults = {fault["kind"]: fault for fault in answer["faults"]}
    assert not answer["holds"] and set(faults) == {"gap", "overlap"} and len(answer["faults"]) == 2
    assert faults["overlap"]["codes"] == [f"{EAST}001", f"{EAST}002"] and faults["gap"]["codes"] == []
    for fault, column in ((faults["gap"], 7), (faults["overlap"], 5)):
        assert fault["area_m2"] == pytest.approx(37_960, rel=1e-3)
        assert fault["bbox"] == pytest.approx(squares(column, 0, column + 1, 4).bounds, abs=1e-8)
    assert visited.get(f"/api/places/{HOME}/check?on=2021-01-01").get_json()["holds"] is True
    undrawn = visited.get(f"/api/places/{EAST}001/check?on=2021-01-01")
    assert undrawn.status_code == 400 and "没有边界" in undrawn.get_json(force=True)["detail"]


def test_levels_are_told_with_their_shown_names(visited: Any) -> None:
    levels = visited.get("/api/places/levels").get_json()["levels"]
    assert [level["title_zh"] for level in levels] == ["区", "街道", "社区", "网格", "小院"]


WRONG = [
    *("?on=2026-02-30", "?on=20260101", "?on=2026-1-1", "?on=", "?on=9999-01-01", "?on=" + "9" * 5000),
    *("?on=２０２６-01-01", "?level=village", "?parent=abc", "?limit=0", "?limit=1e9", "?limit=-1"),
    *("?limit=10001", "?colour=red", "?after=x"),
    *("/at?lon=nan&lat=39", "/at?lon=1e400&lat=39", "/at?lon=181&lat=39", "/at?lon=116", "/at", "/at?lon=&lat="),
    *("/at?lon=1_6&lat=3", "/at?lon=inf&lat=inf", "/at?lon=" + "1" * 5000 + "&lat=1", "/at?lon=%00&lat=1"),
    *("/search", "/search?q=", "/search?q=" + "x" * 101, "/search?q=x&limit=51"),
    *("/abc", "/110105012023?on=x", "/110105012023?x=1", "/abc/history", "/110105000000", "/%F0%9F%8F%A0"),
]


@pytest.mark.parametrize("query", WRONG)
def test_what_cannot_be_meant_is_400_with_one_sentence(visited: Any, query: str) -> None:
    response = visited.get("/api/places" + query)
    assert response.status_code == 400, response.get_data(as_text=True)
    sentence = response.get_json(force=True)["detail"]
    assert sentence.endswith("。") and len(sentence) < 200


@pytest.mark.parametrize("address", [f"{HOME}?on=2019-12-31", "110199", "110199/history"])
def test_what_was_not_there_on_that_day_is_404(visited: Any, address: str) -> None:
    response = visited.get(f"/api/places/{address}")
    assert response.status_code == 404 and "没有编码为" in response.get_json(force=True)["detail"]


@pytest.mark.parametrize("query", ["", "?bbox=1,2,3", "?bbox=3,2,1,4", "?bbox=nan,1,2,3", "?on=2021-01-01"])
def test_borders_of_everything_at_once_are_not_given(visited: Any, query: str) -> None:
    assert visited.get("/api/places.geojson" + query).status_code == 400
