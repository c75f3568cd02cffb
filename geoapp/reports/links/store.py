"""Queries of links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.accounts.tables import bodies
from geoapp.reports.links.tables import links


@dataclass(frozen=True, slots=True)
class Link:
    """One link to one case, for the body of one assignment."""

    id: int
    key: str
    report_id: int
    assignment_id: int
    made_by: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    answered_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Does it still open the case?"""
        return self.revoked_at is None and self.answered_at is None and now < self.expires_at


def link(connection: Connection, key: str) -> Link | None:
    """The link of that key, open or not."""
    row = connection.execute(sa.select(links).where(links.c.key == key)).one_or_none()
    return Link(*row) if row is not None else None


def links_of(connection: Connection, report_id: int) -> list[Link]:
    """All links of a case, the newest first."""
    query = sa.select(links).where(links.c.report_id == report_id).order_by(links.c.id.desc())
    return [Link(*row) for row in connection.execute(query)]


def add(connection: Connection, **values: Any) -> None:
    """Store a link (columns of the table)."""
    connection.execute(links.insert().values(values))


def end(connection: Connection, link_id: int, column: str, *, at: datetime) -> bool:
    """Mark a link revoked_at or answered_at, once; False when it was ended before."""
    open_ = (links.c.id == link_id) & links.c.revoked_at.is_(None) & links.c.answered_at.is_(None)
    return connection.execute(links.update().where(open_).values({column: at})).rowcount == 1


def body_key(connection: Connection, body_id: int) -> str:
    """The key by which the timeline names a body."""
    return str(connection.execute(sa.select(bodies.c.key).where(bodies.c.id == body_id)).scalar_one())
