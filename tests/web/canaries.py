"""Marked values in every personal field of the world, and who the registry lets see each."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.accounts import store as accounts
from geoapp.accounts.people import VISITOR, Actor
from geoapp.accounts.people import path_of as place_of
from geoapp.accounts.privacy import Also, personal_field
from geoapp.accounts.roles import PlacePath
from geoapp.accounts.tables import bodies, grants, memberships, people, sessions
from geoapp.db import utcnow
from geoapp.places.hierarchy import path_of
from geoapp.reports.contacts import store as contacts
from geoapp.reports.patrols.tables import points, visits
from geoapp.reports.people import Contact
from geoapp.reports.photos.tables import photos
from geoapp.reports.tables import (
    report_assignments,
    report_contact_keys,
    report_contacts,
    report_followers,
    report_texts,
    reports,
)
from tests.offices import Office

#: All marked values look like this, so that one look finds all of them.
MARKED = re.compile(rb"zq[a-z]+\d+q")


@dataclass(frozen=True)
class Canary:
    """A marked value: which field, of which person or report, at which places."""

    text: str
    field: str
    places: tuple[PlacePath, ...]
    report: int = 0
    person: int = 0
    released: bool = False


@dataclass(frozen=True)
class Reader:
    """Who looks, and what is given to her: reports, and those that she leads. ``secret`` opens one report."""

    actor: Actor
    given: frozenset[int] = frozenset()
    led: frozenset[int] = frozenset()
    secret: tuple[Also, int] | None = None

    def may_see(self, canary: Canary) -> bool:
        """As the registry says."""
        declared, on, me = personal_field(canary.field), utcnow().date(), self.actor.person
        if declared.readers and any(self.actor.may(declared.readers, place, on=on) for place in canary.places):
            return True
        ways = {
            Also.SELF: me is not None and me.id == canary.person,
            Also.RELEASED: canary.released,
            Also.ASSIGNED: canary.report in self.given,
            Also.LEAD: canary.report in self.led,
            **({self.secret[0]: self.secret[1] == (canary.report or canary.person)} if self.secret else {}),
        }
        return any(ways.get(way, False) for way in declared.also)

    def with_secret(self, way: Also, what: int) -> Reader:
        """The same with a receipt of a report, a link to one, or a person's invitation in hand."""
        return replace(self, secret=(way, what))


def plant(office: Office) -> dict[str, Canary]:
    """Put a marked value into every personal field; gives them by their text."""
    found: list[Canary] = []
    with office.world.database.transaction() as connection:
        places = {
            row.id: tuple({path_of(code) for code in (row.place_code, row.duty_code) if code})
            for row in connection.execute(sa.select(reports.c.id, reports.c.place_code, reports.c.duty_code))
        }
        for report, where in places.items():
            found += _report(connection, report, where)
        found += _texts(connection, places)
        found += _people(connection)
        found += _photos(office, connection, places)
        found += _visits(office, connection)
    return {canary.text: canary for canary in found}


def _report(connection: Connection, report: int, where: tuple[PlacePath, ...]) -> Iterator[Canary]:
    values = {"address": f"zqaddress{report}q", "sender_sha256": f"zqmark{report}q"}
    connection.execute(reports.update().where(reports.c.id == report).values(values))
    yield Canary(values["address"], "report.address", where, report)
    yield Canary(values["sender_sha256"], "report.mark", where, report)
    mine = report_contacts.c.report_id == report
    ids = list(connection.execute(sa.select(report_contacts.c.id).where(mine)).scalars())
    connection.execute(report_contact_keys.delete().where(report_contact_keys.c.contact_id.in_(ids)))
    connection.execute(report_contacts.delete().where(mine))
    said = {name: f"zqcontact{name}{report}q" for name in ("name", "phone", "email", "home")}
    contacts.add(connection, report, Contact(**said, wants_call=True))
    yield from (Canary(text, "report.contact", where, report) for text in said.values())
    device = f"zqdevice{report}q"
    connection.execute(
        report_followers.insert().values(
            report_id=report, me_too=True, device_sha256=device, channel="none", language="zh", at=utcnow()
        )
    )
    yield Canary(device, "report.mark", where, report)


def _texts(connection: Connection, places: dict[int, tuple[PlacePath, ...]]) -> Iterator[Canary]:
    rows = connection.execute(sa.select(report_texts)).all()
    for row in rows:
        text = f"zqwords{row.id}q"
        values = {"text": text}
        public = row.audience == "public" and row.state == "released"
        if public:
            # What an official shortened: the public reads the rest, the whole is inside.
            shown = f"zqshown{row.id}q"
            values["shown"] = shown
            yield Canary(shown, "report.words", places[row.report_id], row.report_id, released=True)
        connection.execute(report_texts.update().where(report_texts.c.id == row.id).values(values))
        yield Canary(text, "report.words", places[row.report_id], row.report_id)
    for report, where in places.items():
        note = {"report_id": report, "role": "note", "by": "test", "at": utcnow(), "text": f"zqnote{report}q",
                "audience": "internal", "state": "released"}  # fmt: skip
        connection.execute(report_texts.insert().values(note))
        yield Canary(str(note["text"]), "report.words", where, report)


def _people(connection: Connection) -> Iterator[Canary]:
    held: dict[int, list[PlacePath]] = {}
    for row in connection.execute(sa.select(grants.c.person_id, grants.c.place_path)):
        held.setdefault(row.person_id, []).append(place_of(row.place_path))
    joined = sa.select(memberships.c.person_id, bodies.c.place_path).join(bodies, bodies.c.id == memberships.c.body_id)
    for row in connection.execute(joined):
        held.setdefault(row.person_id, []).append(place_of(row.place_path))
    for person in connection.execute(sa.select(people.c.id)).scalars().all():
        values = {name: f"zqperson{name}{person}q" for name in ("login", "name", "email", "phone", "subject")}
        connection.execute(people.update().where(people.c.id == person).values(**values, issuer="https://id.example"))
        where = tuple(held.get(person, ()))
        yield from (Canary(text, f"person.{name}", where, person=person) for name, text in values.items())
        agent = f"zqagent{person}q"
        connection.execute(sessions.update().where(sessions.c.person_id == person).values(agent=agent))
        yield Canary(agent, "session.agent", where, person=person)


def _photos(office: Office, connection: Connection, places: dict[int, tuple[PlacePath, ...]]) -> Iterator[Canary]:
    objects = office.world.app.extensions["geoapp"]["objects"]
    for row in connection.execute(sa.select(photos.c.id, photos.c.report_id, photos.c.original)).all():
        where = places[row.report_id]
        # A position is a number; these digits are nobody else's.
        lon, original = float(f"100.77{row.id:06d}77"), f"zqoriginal{row.id}q"
        connection.execute(photos.update().where(photos.c.id == row.id).values(lon=lon, lat=lon))
        objects.put(row.original, b"RIFF " + original.encode())
        yield Canary(str(lon), "photo.place", where, row.report_id)
        yield Canary(original, "photo.original", where, row.report_id)


def _visits(office: Office, connection: Connection) -> Iterator[Canary]:
    """The volunteer of each place was at its point today."""
    for code, point in office.world.points.items():
        person, words = office.world.people[code].id, f"zqvisit{code}q"
        visit = {
            "point_id": connection.execute(sa.select(points.c.id).where(points.c.key == point)).scalar_one(),
            "person_id": person, "day": office.world.database.today(), "at": utcnow(), "acts": ["walk"], "words": words,
        }  # fmt: skip
        connection.execute(visits.insert().values(visit))
        yield Canary(words, "patrol.words", (path_of(code),), person=person)


def seen_in(data: bytes, numbers: Iterable[str]) -> set[str]:
    """Marked values in an answer; in a workbook or another archive, in all that lies in it."""
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"\n".join(archive.read(name) for name in archive.namelist())
    found = {text.decode() for text in MARKED.findall(data)}
    return found | ({number for number in numbers if number.encode() in data} if b"100.77" in data else set())


def reader(office: Office, rank: str) -> Reader:
    """Somebody of a rank, with what is given to her body."""
    if rank == "visitor":
        return Reader(VISITOR)
    now = utcnow()
    with office.world.database.reading() as connection:
        key = connection.execute(
            sa.select(sessions.c.person_id).where(sessions.c.key == office.words[rank]["own_session"])
        ).scalar_one()
        person = accounts.person_by_id(connection, key)
        held = accounts.grants_of(connection, person.id, on=now.date())
        mine = sa.select(memberships.c.body_id).where(memberships.c.person_id == person.id)
        table = report_assignments
        query = sa.select(table.c.report_id, table.c.role).where(table.c.body_id.in_(mine), table.c.ended_at.is_(None))
        given = connection.execute(query).all()
    return Reader(
        Actor(person, held),
        frozenset(row.report_id for row in given),
        frozenset(row.report_id for row in given if row.role == "lead"),
    )
