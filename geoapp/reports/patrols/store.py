"""Queries of patrol points, visits and findings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.accounts.tables import people
from geoapp.reports.patrols.tables import findings, points, visits
from geoapp.reports.store import below_any
from geoapp.reports.tables import reports


@dataclass(frozen=True, slots=True)
class Point:
    """A point to tick off: where it is, what to look at, how often."""

    id: int
    key: str
    place_code: str
    name: str
    address: str
    lon: float | None
    lat: float | None
    look: str
    rhythm: str
    since: date
    ended_on: date | None
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody was at a point on a day, and what she did there."""

    id: int
    point_id: int
    person_id: int
    day: date
    at: datetime
    acts: tuple[str, ...]
    words: str | None
    person_name: str


@dataclass(frozen=True, slots=True)
class Found:
    """A case that came of a visit."""

    point_id: int
    visit_id: int
    key: str
    number: str
    kind: str
    stage: str
    at: datetime


def point(connection: Connection, key: str) -> Point | None:
    """The point of that key, ended or not."""
    row = connection.execute(sa.select(points).where(points.c.key == key)).one_or_none()
    return Point(*row) if row is not None else None


def points_at(connection: Connection, tops: Collection[str], *, first: date, last: date) -> list[Point]:
    """Points at places and below them that were there on one of the days, by place and name."""
    there = (points.c.since <= last) & (points.c.ended_on.is_(None) | (points.c.ended_on > first))
    query = sa.select(points).where(below_any(points.c.place_code, tops), there)
    rows = connection.execute(query.order_by(points.c.place_code, points.c.name, points.c.id))
    return [Point(*row) for row in rows]


def add_point(connection: Connection, **values: Any) -> None:
    """Store a point (columns of the table)."""
    connection.execute(points.insert().values(values))


def change_point(connection: Connection, point_id: int, **values: Any) -> None:
    """Set columns of a point."""
    connection.execute(points.update().where(points.c.id == point_id).values(values))


def visits_to(connection: Connection, point_ids: Collection[int], *, first: date, last: date) -> list[Visit]:
    """Visits to points on days, both included, the newest first."""
    return _visits(connection, visits.c.point_id.in_(list(point_ids)) & visits.c.day.between(first, last))


def visit(connection: Connection, point_id: int, person_id: int, day: date) -> Visit | None:
    """The visit of a person to a point on a day."""
    mine = (visits.c.point_id == point_id) & (visits.c.person_id == person_id) & (visits.c.day == day)
    return next(iter(_visits(connection, mine)), None)


def last_visits(connection: Connection, point_ids: Collection[int]) -> dict[int, Visit]:
    """The last visit to each of the points."""
    newest = sa.select(sa.func.max(visits.c.at)).where(visits.c.point_id == points.c.id).scalar_subquery()
    query = sa.select(points.c.id, newest.label("at")).where(points.c.id.in_(list(point_ids))).subquery()
    last = sa.exists().where(query.c.id == visits.c.point_id, query.c.at == visits.c.at)
    return {each.point_id: each for each in _visits(connection, last)}


def _visits(connection: Connection, wanted: sa.ColumnElement[bool]) -> list[Visit]:
    query = sa.select(visits, people.c.name).join(people, people.c.id == visits.c.person_id).where(wanted)
    rows = connection.execute(query.order_by(visits.c.at.desc(), visits.c.id.desc()))
    return [Visit(r.id, r.point_id, r.person_id, r.day, r.at, tuple(r.acts), r.words, r.name or "") for r in rows]


def add_visit(connection: Connection, **values: Any) -> None:
    """Store a visit (columns of the table)."""
    connection.execute(visits.insert().values(values))


def change_visit(connection: Connection, visit_id: int, **values: Any) -> None:
    """Set columns of a visit."""
    connection.execute(visits.update().where(visits.c.id == visit_id).values(values))


def add_finding(connection: Connection, *, visit_id: int, report_id: int) -> None:
    """Let a case be what came of a visit; once."""
    known = sa.select(findings.c.report_id).where(findings.c.report_id == report_id)
    if connection.execute(known).one_or_none() is None:
        connection.execute(findings.insert().values(visit_id=visit_id, report_id=report_id))


def found_at(connection: Connection, point_ids: Collection[int], *, first: date, last: date) -> list[Found]:
    """Cases that came of visits to points on days, both included, the newest first; hidden ones are left out."""
    query = (
        sa.select(
            visits.c.point_id, visits.c.id, reports.c.key, reports.c.number, reports.c.kind, reports.c.stage,
            reports.c.reported_at,
        )
        .join(findings, findings.c.visit_id == visits.c.id)
        .join(reports, reports.c.id == findings.c.report_id)
        .where(visits.c.point_id.in_(list(point_ids)), visits.c.day.between(first, last), ~reports.c.hidden)
        .order_by(reports.c.reported_at.desc(), reports.c.id.desc())
    )  # fmt: skip
    return [Found(*row) for row in connection.execute(query)]


# -- letting go ----------------------------------------------------------------------------------------------------


def visits_of(connection: Connection, person_id: int) -> list[tuple[Visit, str]]:
    """What a person ticked off, with the names of the points, the oldest first."""
    names = {row.id: row.name for row in connection.execute(sa.select(points.c.id, points.c.name))}
    return [(v, names[v.point_id]) for v in reversed(_visits(connection, visits.c.person_id == person_id))]


def drop_words(connection: Connection, person_id: int) -> None:
    """Let go what a person wrote at points."""
    connection.execute(visits.update().where(visits.c.person_id == person_id).values(words=None))


def drop_visits(connection: Connection, until: datetime) -> int:
    """Let go who was where up to a moment; the cases that came of it stay. Gives how many visits."""
    old = sa.select(visits.c.id).where(visits.c.at <= until)
    connection.execute(findings.delete().where(findings.c.visit_id.in_(old)))
    return connection.execute(visits.delete().where(visits.c.at <= until)).rowcount
