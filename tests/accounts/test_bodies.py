"""Bodies: whoever belongs to one holds what it holds, and loses it with it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask

from geoapp.accounts import store as people
from geoapp.accounts.bodies import actions, store
from geoapp.accounts.bodies.kinds import KINDS
from geoapp.accounts.people import Actor, system
from geoapp.accounts.roles import Grant, Rank
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database
from geoapp.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.signing_in import enter, held, make_person

STREET = ("110105", "110105012")
WEST, EAST = (*STREET, "110105012023"), (*STREET, "110105012027")
GRID = (*WEST, "110105012023001")
SYSTEM = system("test")
ROUTING = Path(__file__).parents[2] / "layers" / "reports" / "routing.toml"


def ranks(database: Database, person_id: int) -> list[tuple[str, tuple[str, ...]]]:
    with database.reading() as connection:
        found = people.grants_of(connection, person_id, on=database.today())
    return [(grant.rank.value, grant.place) for grant in found]


def chief(database: Database, rank: Rank, place: tuple[str, ...]) -> Actor:
    return Actor(make_person(database, held(rank, place)), (held(rank, place),))


def test_who_joins_holds_what_the_body_holds_until_she_leaves(database: Database) -> None:
    on, person = database.today(), make_person(database, held(Rank.RESIDENT, WEST))
    by = chief(database, Rank.COMMUNITY, WEST)
    body = actions.create(database, by, name="霞光里物业", kind="property", place=WEST, on=on)
    actions.join(database, by, body.key, person.key, on=on)
    assert ranks(database, person.id) == [("resident", WEST), ("handler", WEST)]
    with pytest.raises(Conflict, match="已在这个单位"):
        actions.join(database, by, body.key, person.key, on=on)
    actions.leave(database, by, body.key, person.key, on=on)
    assert ranks(database, person.id) == [("resident", WEST)]
    actions.join(database, by, body.key, person.key, on=on)
    assert len(ranks(database, person.id)) == 2
    actions.end(database, by, body.key, on=on)
    assert ranks(database, person.id) == [("resident", WEST)]
    with pytest.raises(NotFound):
        actions.join(database, by, body.key, person.key, on=on)
    assert trail.verify(database)[1] is None


def test_what_a_body_is_given_and_loses_reaches_its_members_at_once(database: Database) -> None:
    on, person = database.today(), make_person(database, held(Rank.RESIDENT, WEST))
    by = chief(database, Rank.SUBDISTRICT, STREET)
    body = actions.create(database, by, name="绿化队", kind="parks", place=WEST, on=on)
    actions.join(database, by, body.key, person.key, on=on)
    actions.appoint(database, by, body.key, rank=Rank.VOLUNTEER, place=EAST, on=on, until=None)
    assert ("volunteer", EAST) in ranks(database, person.id)
    with database.reading() as connection:
        (number,) = [n for n, grant in store.held_by(connection, body.id) if grant.rank is Rank.VOLUNTEER]
    actions.revoke(database, by, body.key, number, on=on)
    assert ("volunteer", EAST) not in ranks(database, person.id)
    with pytest.raises(NotFound):
        actions.revoke(database, by, body.key, number, on=on)


def test_15_no_body_is_a_way_round_ones_own_place_or_rank(database: Database) -> None:
    """Of a community: no body next door or above, none with a rank that she could not give, not herself."""
    on, by = database.today(), chief(database, Rank.COMMUNITY, WEST)
    for place in (EAST, STREET, ()):
        with pytest.raises(NotAllowed):
            actions.create(database, by, name="x", kind="property", place=place, on=on)
    mine = actions.create(database, by, name="物业", kind="property", place=WEST, on=on)
    for rank, place in ((Rank.COMMUNITY, WEST), (Rank.GRID, EAST), (Rank.PLANNER, WEST)):
        with pytest.raises(NotAllowed):
            actions.appoint(database, by, mine.key, rank=rank, place=place, on=on, until=None)
    assert by.person is not None
    with pytest.raises(NotAllowed):
        actions.join(database, by, mine.key, by.person.key, on=on)
    mighty = actions.create(database, SYSTEM, name="街道办", kind="other", place=WEST, on=on)
    actions.appoint(database, SYSTEM, mighty.key, rank=Rank.SUBDISTRICT, place=STREET, on=on, until=None)
    friend = make_person(database, held(Rank.RESIDENT, WEST))
    for attempt in (actions.join, actions.leave):
        with pytest.raises(NotFound):
            attempt(database, by, mighty.key, friend.key, on=on)
    with pytest.raises(NotFound):
        actions.end(database, by, mighty.key, on=on)


def test_people_of_other_places_are_not_drawn_in(database: Database) -> None:
    on, by = database.today(), chief(database, Rank.COMMUNITY, WEST)
    hers = make_person(database, held(Rank.RESIDENT, EAST))
    mine = actions.create(database, by, name="物业", kind="property", place=WEST, on=on)
    with pytest.raises(NotFound):
        actions.join(database, by, mine.key, hers.key, on=on)


def test_a_member_gives_her_own_body_nothing(database: Database) -> None:
    on, by = database.today(), chief(database, Rank.DISTRICT, STREET[:1])
    body = actions.create(database, SYSTEM, name="规划院", kind="other", place=WEST, on=on)
    assert by.person is not None
    actions.join(database, SYSTEM, body.key, by.person.key, on=on)
    with pytest.raises(NotAllowed):
        actions.appoint(database, by, body.key, rank=Rank.PLANNER, place=WEST, on=on, until=None)


def test_a_change_of_the_body_exchanges_its_members_tokens(app: APIFlask, visitor: Any) -> None:
    base, on = app.extensions["geoapp"]["database"], app.extensions["geoapp"]["database"].today()
    person = make_person(base, held(Rank.RESIDENT, WEST))
    enter(app, visitor, person)

    def token() -> str:
        visitor.get("/api/me")
        with visitor.session_transaction() as session:
            return str(session["token"])

    body = actions.create(base, SYSTEM, name="物业", kind="property", place=WEST, on=on)
    seen = [token()]
    for change in (actions.join, actions.leave):
        change(base, SYSTEM, body.key, person.key, on=on)
        seen.append(token())
    assert len(set(seen)) == 3


def test_the_kinds_that_routing_names_are_kinds(database: Database) -> None:
    rules = tomllib.loads(ROUTING.read_text(encoding="utf-8"))["rule"]
    named = {rule["body"] for rule in rules if "body" in rule} | {kind for rule in rules for kind in rule.get("cc", ())}
    assert named and named <= set(KINDS)
    with pytest.raises(Invalid):
        actions.create(database, SYSTEM, name="x", kind="castle", place=WEST, on=database.today())


def test_the_pages_set_a_body_up_and_close_it(app: APIFlask, visitor: Any) -> None:
    from datetime import date

    from geoapp.places.actions import load_places
    from geoapp.places.records import PlaceRecord

    base = app.extensions["geoapp"]["database"]
    records = [PlaceRecord(code, f"甲{code[-3:]}") for code in WEST]
    load_places(base, records, on=date(2020, 1, 1), by=SYSTEM)
    officer = make_person(base, held(Rank.GRID, WEST), login="officer")
    web = enter(app, visitor, make_person(base, held(Rank.COMMUNITY, WEST)))
    assert "还没有承办单位" in web.get("/bodies").text
    made = web.post("/bodies/new", data={"name": "霞光里物业", "kind": "property", "place": WEST[-1]})
    address = made.headers["Location"]
    page = web.get(address).text
    assert "霞光里物业" in page and "承办单位 · " in re.sub(r"<[^>]+>", "", page) and ">officer<" in page
    assert web.post(f"{address}/members", data={"person": officer.key}).status_code == 303
    assert "退出单位" in web.get(address).text
    assert web.post(f"{address}/members", data={"person": "nobody"}).status_code == 404
    assert web.post("/bodies/new", data={"name": "", "kind": "property", "place": WEST[-1]}).status_code == 400
    assert web.post(f"{address}/end").status_code == 303
    assert web.get(address).status_code == 404


def test_a_grant_of_a_body_that_holds_no_longer_is_not_held(database: Database) -> None:
    on, person = database.today(), make_person(database)
    body = actions.create(database, SYSTEM, name="物业", kind="property", place=GRID, on=on)
    actions.join(database, SYSTEM, body.key, person.key, on=on)
    with database.reading() as connection:
        (held_now,) = store.held_by(connection, body.id)
        assert held_now[1] == Grant(Rank.HANDLER, GRID, on)
        assert [b.name for b in store.bodies_of(connection, person.id, on=on)] == ["物业"]
