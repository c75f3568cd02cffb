"""The tiny street with its people: a grid officer, two secretaries, the subdistrict, the district, two bodies."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from apiflask import APIFlask

from geoapp.accounts import store as accounts
from geoapp.accounts.appointments.actions import create_person
from geoapp.accounts.people import VISITOR, Actor, Body
from geoapp.accounts.roles import Grant, Rank
from geoapp.accounts.tables import memberships
from geoapp.db import Database
from geoapp.places import actions as places
from geoapp.places.hierarchy import path_of
from geoapp.reports import store
from geoapp.reports.cases import Case, Event
from geoapp.reports.people import Sender
from geoapp.reports.placing import Position
from geoapp.reports.sending.actions import submit
from geoapp.reports.sending.matter import Receipt, Sending
from tests import signing_in
from tests.places.street import DISTRICT, EAST, FIRST, HOME, SOUTH, STEP, STREET, WEST, street_records

#: A Friday, 10:00 in Beijing.
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
GRID = HOME + "001"
SYSTEM = Actor(system="test")
RANKS = {
    "grid": (Rank.GRID, GRID), "grid2": (Rank.GRID, HOME + "002"), "secretary": (Rank.COMMUNITY, HOME),
    "second": (Rank.COMMUNITY, HOME), "east": (Rank.COMMUNITY, EAST), "street": (Rank.SUBDISTRICT, STREET),
    "district": (Rank.DISTRICT, DISTRICT), "manager": (Rank.HANDLER, HOME), "parks": (Rank.HANDLER, DISTRICT),
    "resident": (Rank.RESIDENT, HOME),
}  # fmt: skip


@dataclass
class Town:
    """A database with places and people; ``town.grid`` is the grid officer as an actor."""

    database: Database
    people: dict[str, Actor] = field(default_factory=dict)
    bodies: dict[str, str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Actor:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    def send(self, words: str = "垃圾没人清", *, x: float = 0.5, y: float = 3.0, now: datetime = NOW, device: str = "",
             key: str | None = None, actor: Actor = VISITOR, **more: Any) -> Receipt:  # fmt: skip
        """Send a report from a square of the street's drawing; grid 001 by default."""
        values = {"kind": "rubbish", **more}
        sending = Sending(words=words, positions=(spot(x, y),), **values)
        sender = Sender(address="192.0.2.1", device=device or secrets.token_hex(4))
        return submit(self.database, actor, sending, sender=sender, key=key, now=now)

    def case(self, key: str) -> Case:
        """A case as it stands."""
        with self.database.reading() as connection:
            return store.case(connection, key)

    def timeline(self, key: str) -> list[Event]:
        """A case's timeline."""
        with self.database.reading() as connection:
            return store.events(connection, store.case(connection, key).id)

    def kinds(self, key: str) -> list[str]:
        """Kinds of the events of a case's timeline."""
        return [event.kind for event in self.timeline(key)]


def spot(x: float, y: float, evidence: str = "pin") -> Position:
    """A position by the squares of the street's drawing."""
    return Position(WEST + x * STEP, SOUTH + y * STEP, evidence)


def officer(app: APIFlask, town: Town, name: str) -> Any:
    """A browser in which one of the town is signed in."""
    person = town.people[name].person
    assert person is not None
    return signing_in.enter(app, app.test_client(), person)


def make_town(database: Database) -> Town:
    """The street and its people in an empty database."""
    places.load_places(database, street_records(), on=FIRST, by=SYSTEM)
    town = Town(database)
    on = date(2020, 1, 1)
    with database.transaction() as connection:
        for name, (rank, code) in RANKS.items():
            person = create_person(database, connection, SYSTEM, name=name, login=name)
            grant = Grant(rank, path_of(code), on)
            accounts.add_grant(connection, grant, person_id=person.id, body_id=None, by=None, at=NOW)
            town.people[name] = Actor(person, (grant,))
        for name, kind, code, member in (("物业", "property", HOME, "manager"), ("园林局", "parks", DISTRICT, "parks")):
            body = Body(0, secrets.token_hex(8), name, kind, path_of(code))
            body_id = accounts.add_body(connection, body)
            member_id = town.people[member].person.id  # type: ignore[union-attr]
            connection.execute(memberships.insert().values(person_id=member_id, body_id=body_id, valid_from=on))
            town.bodies[kind] = body.key
    return town
