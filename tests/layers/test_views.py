"""Layers over HTTP: upload, what was set aside, undo, rosters and taps."""

from __future__ import annotations

import io
import json
from typing import Any

import openpyxl
import pytest

from geoapp.layers import views

pytestmark = pytest.mark.engines

RING = [[116.45, 39.94], [116.46, 39.94], [116.46, 39.95], [116.45, 39.94]]


def geojson(*names: str, broken: int = 0) -> bytes:
    shape = {"type": "Polygon", "coordinates": [RING]}
    features: list[Any] = [{"type": "Feature", "properties": {"name": name}, "geometry": shape} for name in names]
    features += [{"type": "Feature", "properties": {"name": "=1+1"}, "geometry": None}] * bool(broken)
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def send(client: Any, body: bytes, name: str, **said: str) -> Any:
    return client.post(
        "/api/layers/import",
        data={"file": (io.BytesIO(body), name), "crs": "EPSG:4326", **said},
        headers={"Accept": "application/json"},
    )


def test_an_upload_answers_with_its_report_and_where_to_go_on(client: Any) -> None:
    answer = send(client, geojson("甲", broken=1), "小区.geojson", kind="compound")
    assert answer.status_code == 200
    report = answer.json
    assert (report["rows_in"], report["rows_stored"], report["rows_set_aside"]) == (2, 1, 1)
    assert (report["layer"], report["title"], report["filename"]) == ("小区", "小区", "小区.geojson")
    aside = client.get(report["set_aside_url"])
    assert aside.headers["Content-Disposition"].startswith("attachment")
    lines = aside.get_data().decode("utf-8-sig").splitlines()
    assert lines[0].startswith("行号,原因")
    assert lines[1].startswith("2,no_shape,没有图形")
    english = client.get(report["set_aside_url"] + "?lang=en").get_data().decode("utf-8-sig").splitlines()
    assert english[0].startswith("Row,Reason") and english[1].startswith("2,no_shape,no shape (empty geometry),")
    listed = client.get("/api/layers").json["layers"]
    assert [(layer["key"], layer["rows"]) for layer in listed] == [("小区", 1)]


def test_a_refusal_names_the_file_as_it_was_sent(client: Any) -> None:
    answer = send(client, b"", "空.zip")
    assert answer.status_code == 400
    assert answer.json["detail"] == "文件 空.zip 是空的；请重新导出。"


def test_an_upload_can_be_undone_once(client: Any) -> None:
    report = send(client, geojson("甲"), "a.geojson").json
    assert client.post(report["undo_url"], json={}).status_code == 200
    assert client.get("/api/layers").json["layers"] == []
    assert client.post(report["undo_url"], json={}).status_code == 404


def test_only_the_latest_import_can_be_undone(client: Any) -> None:
    first = send(client, geojson("甲"), "a.geojson", layer="x").json
    second = send(client, geojson("乙"), "b.geojson", layer="x").json
    assert client.post(first["undo_url"], json={}).status_code == 409
    assert client.post(second["undo_url"], json={}).status_code == 200
    assert client.get("/api/layers/x").json["imports"][0]["state"] == "undone"


def test_the_original_comes_back_as_a_download(client: Any) -> None:
    body = geojson("甲")
    report = send(client, body, "../../<b>.geojson").json
    with client.get(f"/api/layers/imports/{report['import_id']}/original") as answer:
        assert answer.get_data() == body
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.content_type == "application/octet-stream"
    assert report["filename"] == "<b>.geojson"


def test_a_long_file_is_imported_in_the_background(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "AT_ONCE_BYTES", 10)
    answer = send(client, geojson("甲"), "a.geojson")
    assert answer.status_code == 202
    job = client.get(answer.json["job_url"]).json
    assert (job["state"], job["title"]) == ("queued", "导入 a.geojson")


@pytest.mark.parametrize(
    ("body", "name", "said", "words"),
    [
        (b"", "a.geojson", {}, "空"),
        (b"no json", "a.geojson", {}, "JSON"),
        (b"\x89PNG", "a.png", {}, "格式"),
        (b"{}", "a.geojson", {"crs": "mars"}, "GeoJSON"),
        (geojson("甲"), "a.geojson", {"crs": "mars"}, "坐标系"),
        (geojson("甲"), "a.geojson", {"kind": "castle"}, "castle"),
        (geojson("甲"), "a.geojson", {"layer": "../x"}, "图层键"),
        (geojson("甲"), "a.geojson", {"owner": "me"}, "owner"),
        (geojson("甲"), "a.geojson", {"style": "{}"}, "style"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_sentence(
    client: Any, body: bytes, name: str, said: dict[str, str], words: str
) -> None:
    answer = send(client, body, name, **said)
    assert answer.status_code == 400
    assert words in answer.json["detail"]
    assert client.get("/api/layers").json["layers"] == []


def test_a_form_without_a_file_is_refused(client: Any) -> None:
    answer = client.post("/api/layers/import", data={}, headers={"Accept": "application/json"})
    assert answer.status_code == 400


def test_a_roster_dropped_on_the_page_is_known_for_one_and_its_rest_is_tapped(client: Any) -> None:
    """6号楼 stands on the map, 7号楼 does not: 60 households placed, 60 to be tapped, then none."""
    send(client, geojson("6号楼"), "lou.geojson", kind="building")
    book = openpyxl.Workbook()
    for row in (["霞光里社区台账"], ["楼栋", "户数"], ["6、7号楼", 120]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    report = send(client, out.getvalue(), "台账.xlsx", crs="").json
    assert (report["kind"], report["roster"]["matched_to"]) == ("roster", "lou")
    assert report["roster"]["community"] == "霞光里社区"
    waiting = client.get("/api/layers/rosters/台账/unmatched").json
    assert [(row["name"], row["households"]) for row in waiting["rows"]] == [("7号楼", 60)]
    english = client.get("/api/layers/rosters/台账/unmatched?lang=en").json["rows"]
    assert (waiting["rows"][0]["reason"], english[0]["reason"]) == (
        "图上没有这个名称，请在图上点选", "no such name on the map; tap its place",
    )  # fmt: skip
    placed = client.post("/api/layers/rosters/台账/tap", json={"name": "7号楼", "lon": 116.4, "lat": 39.9})
    assert placed.json == {"name": "7号楼", "households": 60, "left": 0}
    assert client.get("/api/layers/rosters/台账/unmatched").json["rows"] == []


@pytest.mark.parametrize(
    "body", [None, [], {"name": 1}, {"name": "x", "lon": "1", "lat": 2}, {"name": "x", "lon": True, "lat": 2}]
)
def test_a_tap_that_says_nothing_is_refused(client: Any, body: Any) -> None:
    answer = client.post("/api/layers/rosters/x/tap", json=body, headers={"Accept": "application/json"})
    assert answer.status_code == 400


def test_who_may_not_see_internal_layers_is_not_told_of_them(client: Any, visitor: Any) -> None:
    send(client, geojson("甲"), "a.geojson", visibility="internal")
    assert [layer["key"] for layer in client.get("/api/layers").json["layers"]] == ["a"]
    assert visitor.get("/api/layers").json["layers"] == []
    assert visitor.get("/api/layers/a", headers={"Accept": "application/json"}).status_code == 404


def test_an_import_names_who_made_it_to_colleagues_only(client: Any, visitor: Any) -> None:
    send(client, geojson("甲"), "a.geojson")
    key = client.get("/api/me").json["key"]
    assert [one["imported_by"] for one in client.get("/api/layers/a").json["imports"]] == [key]
    assert [one["imported_by"] for one in visitor.get("/api/layers/a").json["imports"]] == [None]
