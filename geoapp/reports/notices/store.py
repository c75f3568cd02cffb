"""Who is to be told of a case, and what was told to whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.accounts.tables import grants, memberships, people
from geoapp.reports.tables import notices, report_assignments, report_followers, reports


@dataclass(frozen=True, slots=True)
class Notice:
    """One line in somebody's list of news."""

    id: int
    report_key: str
    number: str
    kind: str
    at: datetime
    seen_at: datetime | None
    #: What the report is about, and where.
    report_kind: str
    place_code: str


def officials(connection: Connection, paths: Iterable[str], ranks: Collection[str], *, on: date) -> dict[str, set[int]]:
    """Ids of the people who hold one of the ranks at each of the places themselves."""
    found: dict[str, set[int]] = {}
    for row in connection.execute(_OFFICIALS, {"paths": list(paths), "ranks": list(ranks), "day": on}):
        found.setdefault(row.place_path, set()).add(row.person_id)
    return found


#: Composed once; it is asked with every report.
_OFFICIALS = sa.select(grants.c.place_path, grants.c.person_id).where(
    grants.c.person_id.is_not(None),
    grants.c.place_path.in_(sa.bindparam("paths", expanding=True)),
    grants.c.rank.in_(sa.bindparam("ranks", expanding=True)),
    grants.c.valid_from <= sa.bindparam("day", type_=sa.Date),
    sa.or_(grants.c.valid_to.is_(None), grants.c.valid_to > sa.bindparam("day", type_=sa.Date)),
)


def handlers(connection: Connection, report_id: int, *, roles: Collection[str], on: date) -> set[int]:
    """Ids of the people who work on a case, as themselves or through a body."""
    table = report_assignments
    mine = sa.select(table.c.person_id, table.c.body_id).where(
        table.c.report_id == report_id, table.c.ended_at.is_(None), table.c.role.in_(list(roles))
    )
    rows = connection.execute(mine).all()
    found = {row.person_id for row in rows if row.person_id is not None}
    bodies = [row.body_id for row in rows if row.body_id is not None]
    if bodies:
        members = sa.select(memberships.c.person_id).where(
            memberships.c.body_id.in_(bodies),
            memberships.c.valid_from <= on,
            sa.or_(memberships.c.valid_to.is_(None), memberships.c.valid_to > on),
        )
        found |= set(connection.execute(members).scalars())
    return found


@dataclass(frozen=True, slots=True)
class Follower:
    """Somebody who wants to hear of a case."""

    id: int
    person_id: int | None
    channel: str
    language: str


def followers(connection: Connection, report_ids: Collection[int]) -> list[Follower]:
    """Who wants to hear of the cases by the app or by letter."""
    table = report_followers
    query = sa.select(table.c.id, table.c.person_id, table.c.channel, table.c.language).where(
        table.c.report_id.in_(list(report_ids)), table.c.ended_at.is_(None), table.c.channel != "none"
    )
    return [Follower(*row) for row in connection.execute(query)]


def follower(connection: Connection, follower_id: int) -> Follower | None:
    """A follower who still wants to hear."""
    table = report_followers
    query = sa.select(table.c.id, table.c.person_id, table.c.channel, table.c.language)
    row = connection.execute(query.where(table.c.id == follower_id, table.c.ended_at.is_(None))).one_or_none()
    return Follower(*row) if row is not None else None


def hears_by(connection: Connection, report_id: int, follower_id: int | None) -> str:
    """By which letters a follower hears of a report, or its sender herself (None); empty where by none."""
    table = report_followers
    own = (table.c.report_id == report_id) & table.c.secret_sha256.is_(None)
    mine = own if follower_id is None else table.c.id == follower_id
    by_letter = table.c.ended_at.is_(None) & table.c.channel.in_(["email", "message"])
    return str(connection.execute(sa.select(table.c.channel).where(mine, by_letter).limit(1)).scalar() or "")


def unproved(connection: Connection, report_id: int, follower_id: int | None) -> int | None:
    """A follower, or the sender herself (None), who hears by nothing yet: None, or the number of her row."""
    table = report_followers
    own = (table.c.report_id == report_id) & table.c.secret_sha256.is_(None)
    mine = own if follower_id is None else table.c.id == follower_id
    silent = table.c.ended_at.is_(None) & (table.c.channel == "none")
    return connection.execute(sa.select(table.c.id).where(mine, silent).order_by(table.c.id.desc()).limit(1)).scalar()


def change_follower(connection: Connection, follower_id: int, **values: Any) -> None:
    """Set a follower's channel and language."""
    connection.execute(report_followers.update().where(report_followers.c.id == follower_id).values(values))


def merged_into(connection: Connection, report_id: int) -> list[int]:
    """Reports that were merged into one."""
    return list(connection.execute(sa.select(reports.c.id).where(reports.c.merged_into == report_id)).scalars())


def add(
    connection: Connection, person_ids: Collection[int], *, report_id: int, event_id: int, kind: str, at: datetime
) -> None:
    """Put a line into the lists of news of some people."""
    add_rows(connection, [row(p, report_id=report_id, event_id=event_id, kind=kind, at=at) for p in sorted(person_ids)])


def row(person: int, *, report_id: int, event_id: int, kind: str, at: datetime) -> dict[str, Any]:
    """One line for one person."""
    return {"person_id": person, "report_id": report_id, "event_id": event_id, "kind": kind, "at": at}


def add_rows(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Store lines of news."""
    if rows:
        connection.execute(_INSERT, rows)


_INSERT = notices.insert()


def person_id(connection: Connection, key: str) -> int | None:
    """The id of whoever acts under a key."""
    return connection.execute(sa.select(people.c.id).where(people.c.key == key)).scalar_one_or_none()


def newest(connection: Connection, person: int, *, limit: int = 50, before: int | None = None) -> list[Notice]:
    """Somebody's news, newest first."""
    query = (
        sa.select(
            notices.c.id,
            reports.c.key,
            reports.c.number,
            notices.c.kind,
            notices.c.at,
            notices.c.seen_at,
            reports.c.kind,
            reports.c.place_code,
        )
        .join(reports, reports.c.id == notices.c.report_id)
        .where(notices.c.person_id == person)
    )
    if before is not None:
        query = query.where(notices.c.id < before)
    return [Notice(*row) for row in connection.execute(query.order_by(notices.c.id.desc()).limit(limit))]


def unseen(connection: Connection, person: int) -> int:
    """How many of somebody's news she has not seen."""
    query = sa.select(sa.func.count()).where(notices.c.person_id == person, notices.c.seen_at.is_(None))
    return int(connection.execute(query).scalar_one())


def mark_seen(connection: Connection, person: int, newest: int, *, at: datetime) -> int:
    """Note that somebody saw her news up to one, inclusive."""
    mine = (notices.c.person_id == person) & notices.c.seen_at.is_(None) & (notices.c.id <= newest)
    return connection.execute(notices.update().where(mine).values(seen_at=at)).rowcount
