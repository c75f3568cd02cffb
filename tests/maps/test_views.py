"""What the map is answered: catalogue, shapes, tiles, what stands at a point, search, lists, still picture."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely

from geoapp.accounts.people import system
from geoapp.db import Database
from geoapp.files import FileStore
from geoapp.layers.actions import import_file, undo_import
from geoapp.layers.importing import ImportOptions
from geoapp.maps import actions, publish
from geoapp.maps.morton import world_xy
from geoapp.places.actions import load_places
from geoapp.places.records import PlaceRecord

pytestmark = pytest.mark.engines

EAST, WEST = "110105012023", "110105012024"
IN_EAST, IN_WEST = {"lon": "116.465", "lat": "39.945"}, {"lon": "116.475", "lat": "39.957"}


def get(town: Any, path: str, **query: str) -> Any:
    response = town.client.get(path, query_string=query)
    assert response.status_code == 200, response.text
    return response.json


def entries(town: Any) -> dict[str, Any]:
    return {entry["key"]: entry for entry in get(town, "/api/map/layers")["entries"]}


def test_the_catalogue_lists_places_above_layers_with_source_and_style(town: Any) -> None:
    listed = get(town, "/api/map/layers")
    keys = [entry["key"] for entry in listed["entries"]]
    assert keys == ["houses", "roads", "survey", "piles", "place:community", "place:subdistrict"]
    houses = listed["entries"][0]
    assert (houses["title"], houses["source"], houses["licence"], houses["date"]) == ("楼栋", "测试", "CC0", "2026-01")
    assert houses["illustrative"]
    assert [layer["type"] for layer in houses["style"]] == ["fill", "line", "symbol"]
    assert listed["bbox"] == [116.46, 39.94, 116.48, 39.96]
    assert listed["changes"] == ["2015-01-01", "2021-07-01"]


def test_shapes_of_all_days_travel_with_the_days_they_hold(town: Any) -> None:
    """东里 twice (whole until 2021-07-01, half from then on), 西里 once."""
    features = get(town, entries(town)["place:community"]["features"])["features"]
    days = sorted(
        (f["properties"]["code"], f["properties"]["valid_from"], f["properties"]["valid_to"]) for f in features
    )
    assert days == [(EAST, 20150101, 20210701), (EAST, 20210701, 99999999), (WEST, 20210701, 99999999)]


def test_a_box_leaves_out_what_lies_elsewhere(town: Any) -> None:
    features = get(town, "/api/map/layers/houses/features", bbox="116.46,39.94,116.465,39.95")["features"]
    assert [feature["properties"]["name"] for feature in features] == ["东里1号楼"]


def test_unchanged_shapes_are_not_sent_twice(town: Any) -> None:
    first = town.client.get("/api/map/layers/houses/features")
    again = town.client.get("/api/map/layers/houses/features", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)


def test_what_is_published_is_served_by_ranges_and_may_be_kept(town: Any) -> None:
    assert entries(town)["houses"]["tiles"] is None
    actions.publish_stale(town.database)
    address = entries(town)["houses"]["tiles"]
    with town.client.get(address, headers={"Range": "bytes=0-6"}) as response:
        assert response.status_code == 206
        assert response.data == b"PMTiles"
        assert "immutable" in response.headers["Cache-Control"]


def test_a_layer_that_is_not_public_never_becomes_a_file(town: Any) -> None:
    actions.publish_stale(town.database)
    survey = entries(town)["survey"]
    assert (survey["tiles"], survey["live"]) == (None, None)
    assert survey["internal"]
    assert len(get(town, survey["features"])["features"]) == 1


def test_who_may_not_see_internal_layers_does_not_learn_of_them(town: Any) -> None:
    town.app.extensions["geoapp"]["holds"] = lambda permission: permission != "layers.internal"
    assert "survey" not in entries(town)
    assert town.client.get("/api/map/layers/survey/features").status_code == 404
    assert town.client.get("/api/map/list?layer=survey").status_code == 404
    assert get(town, "/api/map/search", q="内部地块")["results"] == []
    assert get(town, "/api/map/at", lon="116.4765", lat="39.9525", layers="survey")["features"] == []
    assert "内部" not in town.client.get("/map/still.svg?layers=survey").text


def test_piles_are_live_tiles_with_clusters(town: Any) -> None:
    """Zoom 14: four piles within 0.3 m are one cluster of 4, the fifth, 850 m away, stands alone with its fields."""
    actions.publish_stale(town.database)
    address = entries(town)["piles"]["live"]
    x, y = (int(part) for part in world_xy(np.array([[116.47, 39.955]]))[0] * 2**14)
    properties = []
    for column in (x - 1, x, x + 1):
        tile = town.client.get(address.format(z=14, x=column, y=y)).data
        if tile:
            layer = mapbox_vector_tile.decode(tile)["features"]
            properties += [feature["properties"] for feature in layer["features"]]
    counts = sorted(each.get("point_count", 1) for each in properties)
    assert counts == [1, 4]
    assert [each["name"] for each in properties if "name" in each] == ["桩9"]


def test_close_up_every_pile_stands_for_itself(town: Any) -> None:
    actions.publish_stale(town.database)
    x, y = (int(part) for part in world_xy(np.array([[116.465, 39.955]]))[0] * 2**17)
    tile = town.client.get(f"/tiles/live/piles/17/{x}/{y}.mvt").data
    names = sorted(f["properties"]["name"] for f in mapbox_vector_tile.decode(tile)["features"]["features"])
    assert names == ["桩0", "桩1", "桩2", "桩3"]


def test_a_tile_outside_of_the_world_is_not_there(town: Any) -> None:
    assert town.client.get("/tiles/live/piles/1/2/0.mvt").status_code == 404
    assert town.client.get("/tiles/live/piles/18/0/0.mvt").status_code == 404
    assert town.client.get(f"/tiles/{'0' * 64}.pmtiles").status_code == 404
    assert town.client.get("/tiles/..%2f..%2fsecret.pmtiles").status_code == 404


def test_a_point_has_its_places_also_the_district_without_a_border(town: Any) -> None:
    places = get(town, "/api/map/at", **IN_WEST)["places"]
    assert [place["name"] for place in places] == ["朝阳区", "测试街道", "西里"]


def test_before_the_division_a_point_of_xili_belonged_to_dongli(town: Any) -> None:
    """4000 households and 20 staff then: 200 each."""
    answer = get(town, "/api/map/at", **IN_WEST, on="2021-06-30")
    assert answer["places"][-1]["name"] == "东里"
    figures = {figure["label"]: figure["value"] for figure in answer["places"][-1]["figures"]}
    assert figures == {"户数": "4,000", "现有工作人员": "20", "人均服务户数": "200"}


def test_an_estimate_says_so_with_basis_and_day(town: Any) -> None:
    answer = get(town, "/api/map/at", **IN_EAST)
    households = answer["places"][-1]["figures"][0]
    assert households["estimated"]
    assert households["note"] == "口径：估算 · 截至 2021-01-01"


def test_features_under_the_finger_only_of_layers_that_are_on(town: Any) -> None:
    point = {"lon": "116.4725", "lat": "39.9425", "zoom": "16"}
    assert get(town, "/api/map/at", **point)["features"] == []
    shown = get(town, "/api/map/at", **point, layers="houses,roads")["features"]
    assert [feature["title"] for feature in shown] == ["西里1号楼"]
    assert {fact["label"]: fact["value"] for fact in shown[0]["facts"]} == {"层数": "18", "户数": "1,200"}


def test_a_line_is_hit_from_a_few_pixels_away_when_far_out(town: Any) -> None:
    """The road lies 0.0005 degrees off; 6 pixels are 6 * 360 / (512 * 2^z): 0.00026 at zoom 14, 0.0021 at zoom 11."""
    point = {"lon": "116.4651", "lat": "39.9505", "layers": "roads"}
    assert get(town, "/api/map/at", **point, zoom="14")["features"] == []
    assert [f["title"] for f in get(town, "/api/map/at", **point, zoom="11")["features"]] == ["中路"]


def test_a_place_chosen_by_name_shows_its_outline(town: Any) -> None:
    answer = get(town, "/api/map/at", **IN_EAST, place="110105012")
    assert answer["chosen"] == "110105012"
    assert answer["shape"]["geometry"]["type"] == "Polygon"
    assert get(town, "/api/map/at", **IN_EAST)["shape"] is None


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("西里", ["西里", "西里1号楼", "西里2号楼"]),
        (WEST, ["西里"]),
        ("H2", ["西里1号楼"]),
        ("甲5号", ["东里1号楼"]),
        ("100%", []),
    ],
)
def test_search_finds_names_codes_and_addresses(town: Any, words: str, titles: list[str]) -> None:
    assert [result["title"] for result in get(town, "/api/map/search", q=words)["results"]] == titles


def test_search_is_of_the_day(town: Any) -> None:
    before = get(town, "/api/map/search", q="西里", on="2020-01-01")["results"]
    assert [result["title"] for result in before if result["place"]] == []


def test_a_list_has_the_filters_of_the_map(town: Any) -> None:
    places = get(town, "/api/map/list", layer="place:community")
    assert [(row["title"], row["note"]) for row in places["rows"]] == [("东里", "2,500 户"), ("西里", "1,500 户")]
    assert get(town, "/api/map/list", layer="place:community", on="2020-01-01")["total"] == 1
    west = get(town, "/api/map/list", layer="houses", bbox="116.471,39.94,116.48,39.96", limit="1")
    assert (west["total"], [row["title"] for row in west["rows"]]) == (2, ["西里1号楼"])
    assert get(town, "/api/map/list", layer="houses", q="东里")["total"] == 1
    second = get(town, "/api/map/list", layer="houses", **{"from": "2"})
    assert [row["title"] for row in second["rows"]] == ["西里2号楼"]


def test_the_still_picture_is_of_the_day_and_says_that_it_is_illustrative(town: Any) -> None:
    today = town.client.get("/map/still.svg?layers=place:community,houses&width=600")
    assert today.content_type.startswith("image/svg+xml")
    assert "东里" in today.text
    assert "西里" in today.text
    assert "示意" in today.text
    assert "西里" not in town.client.get("/map/still.svg?layers=place:community&on=2020-01-01").text


@pytest.mark.parametrize(
    "address",
    [
        "/api/map/at?lon=200&lat=1",
        "/api/map/at?lon=x&lat=1",
        "/api/map/at?lon=1&lat=1&on=2020-13-01",
        "/api/map/at?lon=1&lat=1&feature=houses",
        "/api/map/layers/houses/features?bbox=1,2,3",
        "/api/map/layers/houses/features?bbox=3,2,1,4",
        "/api/map/list?layer=houses&limit=0",
        "/api/map/list?layer=houses&from=-1",
        "/map/still.svg?width=nan",
    ],
)
def test_a_question_that_cannot_be_read_gets_one_sentence(town: Any, address: str) -> None:
    response = town.client.get(address, headers={"Accept": "application/json"})
    assert response.status_code == 400
    assert response.json["detail"].endswith("。")


def test_a_change_that_no_server_heard_of_queues_one_publication(town: Any) -> None:
    jobs = town.app.extensions["geoapp"]["jobs"]
    entries(town)
    entries(town)
    assert [job.task for job in jobs.latest()] == ["maps.publish"]
    actions.publish_stale(town.database)
    before = len(jobs.latest())
    entries(town)
    assert len(jobs.latest()) == before


def test_the_page_carries_its_catalogue_and_no_inline_script(town: Any, built_client: None) -> None:
    response = town.client.get("/")
    boot = json.loads(response.text.split('id="boot" type="application/json">')[1].split("</script>")[0])
    assert boot["language"] == "zh"
    assert {entry["key"] for entry in boot["catalogue"]["entries"]} >= {"houses", "place:community"}
    assert "style=" not in response.text
    assert "测试街道" in response.text


def test_an_empty_installation_has_an_empty_catalogue(client: Any) -> None:
    assert client.get("/api/map/layers").json == {
        "bbox": None,
        "changes": [],
        "entries": [],
        "levels": client.get("/api/map/layers").json["levels"],
    }


def test_the_stores_database_is_left_as_it_was_by_reading(town: Any) -> None:
    """Publishing twice writes nothing the second time."""
    database: Database = town.database
    assert actions.publish_stale(database).subjects != ()
    assert actions.publish_stale(database).subjects == ()


def test_a_layer_that_becomes_internal_is_at_once_no_longer_a_file(town: Any) -> None:
    """Its old address answers 404 before anything was published anew, and the file is gone for the catalogue."""
    actions.publish_stale(town.database)
    address = entries(town)["houses"]["tiles"]
    with town.client.get(address) as response:
        assert response.status_code == 200
    with town.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE layer SET visibility = 'internal' WHERE key = 'houses'")
    assert town.client.get(address).status_code == 404
    assert entries(town)["houses"]["internal"]


def test_a_cleared_folder_is_published_anew(town: Any) -> None:
    actions.publish_stale(town.database)
    folder = actions.published_folder(town.database.settings)
    for path in folder.glob("*.pmtiles"):
        path.unlink()
    assert entries(town)["houses"]["tiles"] is None
    assert "houses" in actions.publish_stale(town.database).subjects
    assert entries(town)["houses"]["tiles"]


def test_a_layer_that_cannot_be_tiled_leaves_the_others_alone(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is drawn from its features, and is not tried again before it changes."""
    tile = publish.publish

    def picky(folder: Any, drawn: Any, **options: Any) -> Any:
        if "西里1号楼" in drawn.columns["name"]:
            raise RuntimeError("no tiles of this")
        return tile(folder, drawn, **options)

    monkeypatch.setattr(publish, "publish", picky)
    actions.publish_stale(town.database)
    assert entries(town)["houses"]["tiles"] is None
    assert entries(town)["roads"]["tiles"]
    assert actions.publish_stale(town.database).subjects == ()


def test_every_change_changes_the_stamp_that_the_catalogue_is_kept_by(town: Any, tmp_path: Any) -> None:
    """An import, its undoing, an adopted border and a change of visibility each show at the next request."""
    seen = [sorted(entries(town))]
    path = tmp_path / "new.geojson"
    shape = {"type": "Point", "coordinates": [116.47, 39.95]}
    row = {"type": "Feature", "properties": {"name": "新"}, "geometry": shape}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [row]}), "utf-8")
    files = FileStore(tmp_path / "files")
    import_file(
        town.database, files, path, ImportOptions(layer="new", kind="station", crs="EPSG:4326"), by=system("test")
    )
    assert "new" in entries(town)
    undo_import(town.database, "new", by=system("test"))
    assert sorted(entries(town)) == seen[0]
    count = entries(town)["place:community"]["count"]
    record = PlaceRecord(WEST, "西里", shapely.box(116.471, 39.94, 116.48, 39.96))
    load_places(town.database, [record], on=date(2022, 1, 1), by=system("test"))
    assert entries(town)["place:community"]["count"] == count + 1
