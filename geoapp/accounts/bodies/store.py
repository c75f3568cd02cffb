"""Every query of bodies, their members and what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.accounts.people import Body, path_of
from geoapp.accounts.roles import Grant, PlacePath, Rank
from geoapp.accounts.tables import bodies, grants, memberships, people
from geoapp.errors import NotFound


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who holds what a body holds."""

    key: str
    name: str
    since: date


def _body(row: Any) -> Body:
    return Body(row.id, row.key, row.name, row.kind, path_of(row.place_path))


def body_by_key(connection: Connection, key: str) -> Body:
    """The body of that public key, unless it has ended; NotFound otherwise."""
    row = connection.execute(sa.select(bodies).where(bodies.c.key == key, bodies.c.ended_at.is_(None))).one_or_none()
    if row is None:
        raise NotFound("没有这个单位；它可能已停用。")
    return _body(row)


def bodies_below(connection: Connection, tops: list[PlacePath]) -> list[Body]:
    """Bodies of the given places and below, by name."""
    rows = connection.execute(sa.select(bodies).where(bodies.c.ended_at.is_(None)).order_by(bodies.c.name))
    return [b for b in map(_body, rows) if any(b.place[: len(top)] == top for top in tops)]


def members_of(connection: Connection, body_id: int, *, on: date) -> list[Member]:
    """Who belongs to the body on that day, by name."""
    query = (
        sa.select(people.c.key, people.c.name, memberships.c.valid_from)
        .join(people, people.c.id == memberships.c.person_id)
        .where(memberships.c.body_id == body_id, _holds(on), people.c.ended_at.is_(None))
    )
    return [Member(row.key, row.name, row.valid_from) for row in connection.execute(query.order_by(people.c.name))]


def bodies_of(connection: Connection, person_id: int, *, on: date) -> list[Body]:
    """The bodies that a person belongs to on that day."""
    query = (
        sa.select(bodies)
        .join(memberships, memberships.c.body_id == bodies.c.id)
        .where(memberships.c.person_id == person_id, _holds(on), bodies.c.ended_at.is_(None))
    )
    return [_body(row) for row in connection.execute(query.order_by(bodies.c.name))]


def held_by(connection: Connection, body_id: int) -> list[tuple[int, Grant]]:
    """Number and grant of everything that the body holds or held."""
    rows = connection.execute(sa.select(grants).where(grants.c.body_id == body_id).order_by(grants.c.id))
    return [
        (row.id, Grant(Rank(row.rank), path_of(row.place_path), row.valid_from, row.valid_to, row.ended_at))
        for row in rows
    ]


def join(connection: Connection, body_id: int, person_id: int, *, on: date) -> bool:
    """Let a person belong to a body from that day on; False when she does already."""
    mine = (memberships.c.body_id == body_id) & (memberships.c.person_id == person_id)
    if connection.execute(sa.select(memberships.c.id).where(mine, _holds(on))).first() is not None:
        return False
    connection.execute(memberships.insert().values(body_id=body_id, person_id=person_id, valid_from=on))
    return True


def leave(connection: Connection, body_id: int, person_id: int, *, on: date) -> bool:
    """Let a person belong to a body no longer; False when she does not."""
    mine = (memberships.c.body_id == body_id) & (memberships.c.person_id == person_id) & _holds(on)
    return connection.execute(memberships.update().where(mine).values(valid_to=on)).rowcount > 0


def end_body(connection: Connection, body_id: int, *, at: datetime, on: date) -> None:
    """Close a body: its grants and memberships end with it."""
    connection.execute(bodies.update().where(bodies.c.id == body_id).values(ended_at=at))
    mine = (grants.c.body_id == body_id) & grants.c.ended_at.is_(None)
    connection.execute(grants.update().where(mine).values(ended_at=at))
    belonging = (memberships.c.body_id == body_id) & _holds(on)
    connection.execute(memberships.update().where(belonging).values(valid_to=on))


def _holds(on: date) -> sa.ColumnElement[bool]:
    return (memberships.c.valid_from <= on) & (memberships.c.valid_to.is_(None) | (memberships.c.valid_to > on))
