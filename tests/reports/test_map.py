"""Reports on the map: what a visitor, an official of the place and one of another place see of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from apiflask import APIFlask

from geoapp.db import utcnow
from geoapp.maps.morton import world_xy
from geoapp.maps.pins.pin import tile_box
from geoapp.maps.spots.spot import clusters_drawn
from geoapp.reports.hotspots.flat import metres
from geoapp.reports.moderating import actions as moderating
from geoapp.reports.receipts import actions as receipts
from geoapp.reports.store import point_columns
from geoapp.reports.tables import report_texts, reports
from tests import signing_in
from tests.reports.world import Town, officer, spot

pytestmark = pytest.mark.engines
LIVE = "reports:live"
DAY = timedelta(days=1)


def alter(town: Town, key: str, **values: Any) -> None:
    with town.database.transaction() as connection:
        connection.execute(reports.update().where(reports.c.key == key).values(**values))


def tile(client: Any, zoom: int = 17, x: float = 0.5, y: float = 3.0, key: str = LIVE) -> list[dict[str, Any]]:
    """Properties of what lies in the tile of a spot of the drawing."""
    place = spot(x, y)
    column, row = (int(part) for part in world_xy(np.array([[place.lon, place.lat]]))[0] * 2**zoom)
    answer = client.get(f"/tiles/live/{key}/{zoom}/{column}/{row}.mvt")
    assert answer.status_code == 200
    assert "max-age=30" in answer.headers["Cache-Control"]
    layers = mapbox_vector_tile.decode(answer.data) if answer.data else {}
    return [feature["properties"] for feature in layers.get("features", {"features": []})["features"]]


def pressed(client: Any, x: float = 0.5, y: float = 3.0, **query: str) -> list[dict[str, Any]]:
    place = spot(x, y)
    asked = {"lon": str(place.lon), "lat": str(place.lat), "layers": LIVE, "zoom": "17", **query}
    found: list[dict[str, Any]] = client.get("/api/map/at", query_string=asked).json["features"]
    return found


def listed(client: Any, key: str = LIVE, **query: str) -> Any:
    return client.get("/api/map/list", query_string={"layer": key, **query})


def test_a_fresh_report_is_on_the_map_at_once_without_its_words(town: Town, app: APIFlask) -> None:
    visitor = app.test_client()
    assert LIVE not in visitor.get("/api/map/layers").text
    receipt = town.send("垃圾没人清，我是3号楼的老王", now=utcnow())
    number = int(receipt.number)
    entry = next(e for e in visitor.get("/api/map/layers").json["entries"] if e["key"] == LIVE)
    assert (entry["count"], entry["visible"], entry["internal"]) == (1, True, False)
    assert entry["live"] == "/tiles/live/reports:live/{z}/{x}/{y}.mvt"
    assert [item["label"] for item in entry["legend"]] == ["收到了", "办理中", "办完了", "有答复"]
    assert tile(visitor) == [{"id": number, "state": "new"}]
    assert tile(visitor, x=7.5, y=0.5) == []
    (told,) = pressed(visitor)
    assert told["title"] == "暴露垃圾、垃圾满冒"
    assert told["link"] is None
    assert {fact["label"]: fact["value"] for fact in told["facts"]}["状态"] == "收到了"
    everything = visitor.get("/api/map/layers/reports:live/features").text + str(told) + listed(visitor).text
    assert "老王" not in everything
    assert receipt.report_key not in everything
    assert "第1网格" not in everything, "a grid says too much of where somebody lives"


def test_words_and_answer_show_once_they_are_released(town: Town, app: APIFlask) -> None:
    receipt = town.send("垃圾没人清", now=utcnow())
    with town.database.reading() as connection:
        (text_id,) = connection.execute(sa.select(report_texts.c.id)).scalars()
    moderating.release(town.database, town.secretary, receipt.report_key, [text_id])
    assert "垃圾没人清" in str(pressed(app.test_client()))
    moderating.hold(town.database, town.secretary, receipt.report_key, [text_id])
    assert "垃圾没人清" not in str(pressed(app.test_client()))


@pytest.mark.parametrize("gone", ["hidden", "withdrawn"])
def test_what_is_hidden_or_withdrawn_is_gone_everywhere_also_for_officials(
    town: Town, app: APIFlask, gone: str
) -> None:
    receipt, kept = town.send(now=utcnow()), town.send(x=2.5, now=utcnow())
    if gone == "hidden":
        alter(town, receipt.report_key, hidden=True)
    else:
        receipts.withdraw(town.database, receipt.code, address="192.0.2.1")
    for client in (app.test_client(), officer(app, town, "grid"), officer(app, town, "district")):
        assert tile(client, zoom=11) == [{"id": int(kept.number), "state": "new"}]
        assert pressed(client) == []
        assert pressed(client, feature=f"{LIVE}:{int(receipt.number)}") == []
        assert [row["feature"]["id"] for row in listed(client).json["rows"]] == [int(kept.number)]
        assert listed(client, q=receipt.number).json["total"] == 0
        assert str(int(receipt.number)) not in client.get("/api/map/layers/reports:live/features").text


def test_only_officials_of_the_place_see_what_is_overdue_and_the_way_to_the_case(town: Town, app: APIFlask) -> None:
    receipt = town.send(now=utcnow())
    alter(town, receipt.report_key, stage="handle", due_at=utcnow() - DAY)
    for name in ("grid", "secretary", "street", "district"):
        client = officer(app, town, name)
        assert [mark["state"] for mark in tile(client)] == ["overdue"], name
        (told,) = pressed(client)
        assert told["link"] == {"address": f"/cases/{receipt.report_key}", "words": "打开案件"}
        assert {"label": "期限", "value": "超期"} in told["facts"]
    for client in (
        app.test_client(),
        officer(app, town, "resident"),
        officer(app, town, "east"),
        officer(app, town, "grid2"),
    ):
        assert [mark["state"] for mark in tile(client)] == ["handling"]
        (told,) = pressed(client)
        assert told["link"] is None
        assert "超期" not in str(told)


def test_states_are_told_apart_and_old_ones_are_in_another_layer(town: Town, app: APIFlask) -> None:
    """Closed yesterday as done or as not possible; closed 91 days ago; merged into another: five, three, one, none."""
    now, visitor = utcnow(), app.test_client()
    sent = [town.send(x=0.2 + 0.3 * n, now=now).report_key for n in range(5)]
    alter(town, sent[0], stage="evaluate", outcome="done", closed_at=now - DAY)
    alter(town, sent[1], stage="evaluate", outcome="cannot", closed_at=now - DAY)
    alter(town, sent[2], stage="evaluate", outcome="done", closed_at=now - 91 * DAY)
    alter(town, sent[3], stage="merged", merged_into=town.case(sent[4]).id)
    shapes = visitor.get(f"/api/map/layers/{LIVE}/features").json["features"]
    assert sorted(feature["properties"]["state"] for feature in shapes) == ["done", "ended", "new"]
    past = visitor.get("/api/map/layers/reports:past/features").json["features"]
    assert [feature["properties"]["state"] for feature in past] == ["done"]
    assert listed(visitor, key="reports:past").json["total"] == 1
    entry = next(e for e in visitor.get("/api/map/layers").json["entries"] if e["key"] == "reports:past")
    assert not entry["visible"]


def test_from_afar_reports_of_a_cell_are_one_circle_with_their_number(town: Town, app: APIFlask) -> None:
    """Zoom 11: a cell is 0.022 degrees wide, the street lies in one or two; no report is counted twice."""
    for n in range(5):
        town.send(x=0.5 + n, now=utcnow())
    marks = tile(app.test_client(), zoom=11)
    assert sum(mark.get("point_count", 1) for mark in marks) == 5
    assert len(marks) <= 2


def test_a_report_on_the_line_between_two_tiles_is_in_one_of_them(town: Town, app: APIFlask) -> None:
    receipt = town.send(now=utcnow())
    column, row = (int(part) for part in world_xy(np.array([[116.4605, 39.943]]))[0] * 2**17)
    west, south, _, _ = tile_box(17, column, row)
    alter(town, receipt.report_key, **point_columns((west, south)))
    client, found = app.test_client(), []
    for x in (column - 1, column):
        for y in (row, row + 1):
            data = client.get(f"/tiles/live/{LIVE}/17/{x}/{y}.mvt").data
            found += mapbox_vector_tile.decode(data)["features"]["features"] if data else []
    assert len(found) == 1


def test_the_list_finds_by_number_and_by_kind(town: Town, app: APIFlask) -> None:
    client = app.test_client()
    one = town.send(now=utcnow())
    town.send(kind="noise", x=2.5, now=utcnow())
    assert [row["title"] for row in listed(client, q="垃圾").json["rows"]] == ["暴露垃圾、垃圾满冒"]
    assert [row["feature"]["id"] for row in listed(client, q=one.number[:6]).json["rows"]] == [int(one.number)]
    place = spot(2.5, 3.0)
    box = f"{place.lon - 1e-4},{place.lat - 1e-4},{place.lon + 1e-4},{place.lat + 1e-4}"
    assert listed(client, bbox=box).json["total"] == 1
    assert "霞光里社区" in listed(client).json["rows"][0]["note"]


def test_heat_and_clusters_are_for_officials_and_of_their_own_places(town: Town, app: APIFlask) -> None:
    """Three reports in one cell of HOME, one in EAST: its secretary sees one cell of three, the street two cells."""
    for x in (0.5, 0.51, 0.52, 6.5):
        town.send(x=x, now=utcnow())
    for name, cells in (("secretary", ["3"]), ("street", ["1", "3"])):
        client = officer(app, town, name)
        shapes = client.get("/api/map/layers/hotspots:heat/features").json["features"]
        assert sorted(shape["properties"]["name"] for shape in shapes) == cells
        assert listed(client, key="hotspots:heat").json["total"] == len(cells)
        entry = next(e for e in client.get("/api/map/layers").json["entries"] if e["key"] == "hotspots:heat")
        assert (entry["internal"], entry["visible"], entry["live"], entry["tiles"]) == (True, False, None, None)
    planner = signing_in.sign_in(app, app.test_client(), "planner", ("110105",))
    for client in (app.test_client(), officer(app, town, "resident"), officer(app, town, "manager"), planner):
        assert "hotspots" not in client.get("/api/map/layers").text
        assert client.get("/api/map/layers/hotspots:heat/features").status_code == 404
        assert listed(client, key="hotspots:heat").status_code == 404


def test_an_outline_is_as_wide_as_its_cluster() -> None:
    (shape,) = shapely.from_wkb(clusters_drawn([(116.46, 39.94, 250.0, "8 件")]).wkb)
    west, south, east, north = metres(np.array([shape.bounds[:2], shape.bounds[2:]])).ravel().tolist()
    assert [east - west, north - south] == pytest.approx([500, 500], rel=0.01)


@pytest.mark.browser
@pytest.mark.engines("sqlite")
@pytest.mark.usefixtures("built_client")
def test_a_fresh_report_shows_and_a_closed_one_looks_different(
    town: Town, app: APIFlask, browser: Any, serve: Callable[[APIFlask], str]
) -> None:
    """The map draws a shape where nothing was; closed, the same spot has another colour."""
    place = spot(2.5, 3.0)
    base = serve(app)

    def picture() -> Any:
        # A window of its own each time: a browser may keep a tile for half a minute.
        context = browser.new_context(viewport={"width": 900, "height": 700})
        page = context.new_page()
        page.goto(f"{base}/#v={place.lon},{place.lat},17")
        page.wait_for_selector("body[data-drawn]", timeout=30_000)
        box = page.locator("#map").bounding_box()
        middle = {
            "x": box["x"] + box["width"] / 2 - 14,
            "y": box["y"] + box["height"] / 2 - 14,
            "width": 28,
            "height": 28,
        }
        seen = page.screenshot(clip=middle)
        context.close()
        return seen

    empty = picture()
    receipt = town.send(x=2.5, now=utcnow())
    fresh = picture()
    alter(town, receipt.report_key, stage="evaluate", outcome="done", closed_at=utcnow())
    done = picture()
    assert len({empty, fresh, done}) == 3
