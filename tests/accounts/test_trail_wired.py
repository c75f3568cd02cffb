"""What people do is told in the audit: who, when, what, where, from what to what, in which request."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from apiflask import APIFlask

from geoapp.accounts import store
from geoapp.accounts.audit import Entry
from geoapp.accounts.people import Actor, system
from geoapp.accounts.roles import Rank
from geoapp.accounts.trail import actions as trail
from geoapp.accounts.trail import store as trail_store
from geoapp.db import Database
from geoapp.errors import NotAllowed
from geoapp.layers import tasks
from geoapp.places import actions as places
from geoapp.places.records import PlaceRecord
from tests.signing_in import enter, held, make_person

STREET = ("110105", "110105012")
HOME, EAST = (*STREET, "110105012023"), (*STREET, "110105012027")
DAY = date(2021, 7, 1)


@pytest.fixture
def town(database: Database) -> Database:
    records = [
        PlaceRecord("110105", "朝阳区"),
        PlaceRecord("110105012", "麦子店街道"),
        PlaceRecord("110105012023", "霞光里", households=4560, staff=16),
        PlaceRecord("110105012027", "亮马"),
    ]
    places.load_places(database, records, on=date(2020, 1, 1), by=system("test"))
    return database


def entries(database: Database, action: str) -> list[Entry]:
    with database.reading() as connection:
        return [entry for entry in trail_store.entries(connection) if entry.action == action]


def actor(database: Database, rank: Rank, place: tuple[str, ...]) -> Actor:
    grant = held(rank, place)
    return Actor(make_person(database, grant), (grant,))


def test_a_rename_tells_who_where_from_and_to(town: Database) -> None:
    chief = actor(town, Rank.ADMINISTRATOR, HOME)
    places.rename(town, HOME[-1], "霞光里社区", on=DAY, by=chief, note="批复1号")
    (entry,) = entries(town, "places.rename")
    assert (entry.actor, entry.subject, entry.place) == (chief.name, HOME[-1], "/".join(HOME))
    assert entry.values == {
        HOME[-1]: ["霞光里，4560 户，16 名工作人员", "霞光里社区，4560 户，16 名工作人员"],
        "on": [None, "2021-07-01"],
        "note": [None, "批复1号"],
    }
    assert trail.verify(town)[1] is None


def test_a_load_names_twenty_and_counts_the_rest(database: Database) -> None:
    """30 communities of one street: the entry stands at the street, names 20 and counts 10."""
    records = [PlaceRecord("110105", "朝阳区"), PlaceRecord("110105012", "麦子店街道")]
    places.load_places(database, records, on=DAY, by=system("test"))
    more = [PlaceRecord(f"110105012{n:03d}", f"第{n}社区") for n in range(1, 31)]
    places.load_places(database, more, on=DAY, by=system("test"))
    entry = entries(database, "places.load")[-1]
    assert entry.place == "110105/110105012"
    assert len([field for field in entry.values if field.startswith("110105")]) == 20
    assert entry.values["further"] == [None, "10"]


@pytest.mark.parametrize(
    "change",
    [
        lambda base, by: places.rename(base, EAST[-1], "新名", on=DAY, by=by),
        lambda base, by: places.merge(base, [HOME[-1], EAST[-1]], on=DAY, by=by),
        lambda base, by: places.abolish(base, EAST[-1], on=DAY, by=by),
        lambda base, by: places.new(base, STREET[-1], "新社区", on=DAY, by=by),
        lambda base, by: places.load_places(base, [PlaceRecord(EAST[-1], "新名")], on=DAY, by=by),
        lambda base, by: places.undo(base, 1, by=by),
    ],
)
def test_15_nothing_is_adopted_beyond_ones_place(town: Database, change: Callable[[Database, Actor], Any]) -> None:
    before = trail.verify(town)[0]
    for by in (actor(town, Rank.ADMINISTRATOR, HOME), actor(town, Rank.PLANNER, STREET), Actor()):
        with pytest.raises(NotAllowed):
            change(town, by)
    with town.reading() as connection:
        told = [entry.action for entry in trail_store.entries(connection)][before:]
    assert set(told) == {"people.create"}


def test_an_import_and_its_undoing_carry_the_request(app: APIFlask, client: Any) -> None:
    ring = [[116.45, 39.94], [116.46, 39.94], [116.46, 39.95], [116.45, 39.94]]
    rows = [{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}]
    body = json.dumps({"type": "FeatureCollection", "features": rows}).encode()
    sent = client.post("/api/layers/import", data={"file": (io.BytesIO(body), "a.geojson"), "crs": "EPSG:4326"})
    undone = client.post(sent.json["undo_url"], json={})
    base, key = app.extensions["geoapp"]["database"], client.get("/api/me").json["key"]
    (brought,), (taken,) = entries(base, "layers.import"), entries(base, "layers.undo")
    assert (brought.actor, brought.subject, brought.request_id) == (key, "a", sent.headers["X-Request-Id"])
    assert brought.values["rows"] == [None, 1] and brought.values["file"][1].startswith("a.geojson ")
    assert (taken.values["rows"], taken.request_id) == ([1, 0], undone.headers["X-Request-Id"])
    page = client.get("/audit").text
    assert "导入图层" in page and sent.headers["X-Request-Id"] in page


def test_what_is_done_outside_a_request_carries_no_number(app: APIFlask, client: Any) -> None:
    client.get("/api/me")
    base = app.extensions["geoapp"]["database"]
    places.load_places(base, [PlaceRecord("110105", "朝阳区")], on=DAY, by=system("command line"))
    assert entries(base, "places.load")[0].request_id == ""


def test_handing_out_a_file_as_it_was_brought_is_an_entry(app: APIFlask, client: Any) -> None:
    file = (io.BytesIO(b"name,lon,lat\nx,116.4,39.9\n"), "a.csv")
    sent = client.post("/api/layers/import", data={"file": file, "crs": "EPSG:4326"})
    with client.get(f"/api/layers/imports/{sent.json['import_id']}/original") as answer:
        assert answer.status_code == 200
    (entry,) = entries(app.extensions["geoapp"]["database"], "layers.original")
    assert entry.values == {"file": [None, "a.csv"]}


def test_a_job_of_an_account_that_ended_is_not_done(database: Database) -> None:
    person = make_person(database, held(Rank.PLANNER))
    with database.transaction() as connection:
        store.change_person(connection, person.id, ended_at=person.created_at)
    work: dict[str, Any] = {"uploads": [], "main": 0, "filename": "a", "options": {}}
    for name in (person.key, "command line", "nobody"):
        with pytest.raises(NotAllowed, match="已停用"):
            tasks.import_upload(database, lambda *_: None, by=name, **work)


def test_a_persons_export_is_an_entry_and_shows_what_is_kept(app: APIFlask, visitor: Any) -> None:
    base = app.extensions["geoapp"]["database"]
    person = make_person(base, held(Rank.GRID, HOME), login="wanggeyuan")
    answer = enter(app, visitor, person).post("/account/export")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    kept = json.loads(answer.get_data(as_text=True))
    assert kept["person"]["login"] == "wanggeyuan" and kept["grants"][0]["rank"] == "grid"
    (entry,) = entries(base, "privacy.export")
    assert (entry.actor, entry.subject) == (person.key, person.key)


def test_only_the_administrator_exports_what_is_kept_of_others(app: APIFlask, visitor: Any, client: Any) -> None:
    base = app.extensions["geoapp"]["database"]
    person = make_person(base, held(Rank.GRID, HOME))
    chief = enter(app, visitor, make_person(base, held(Rank.COMMUNITY, HOME)))
    assert chief.post(f"/people/{person.key}/export").status_code == 403
    assert client.post(f"/people/{person.key}/export").status_code == 200


def test_an_administrator_of_one_street_neither_exports_nor_erases_elsewhere(app: APIFlask, visitor: Any) -> None:
    base = app.extensions["geoapp"]["database"]
    hers, none = make_person(base, held(Rank.GRID, EAST)), make_person(base)
    both = make_person(base, held(Rank.GRID, EAST), held(Rank.GRID, HOME))
    mine = make_person(base, held(Rank.GRID, HOME))
    chief = enter(app, visitor, make_person(base, held(Rank.ADMINISTRATOR, HOME)))
    for verb in ("export", "erase"):
        for other in (hers, none, both):
            assert chief.post(f"/people/{other.key}/{verb}").status_code == 404
        assert chief.post(f"/people/{mine.key}/{verb}").status_code in (200, 303)
