"""What has served its term: accounts that ended long ago, sessions that ended a while ago."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.accounts.tables import people, sessions


def ended_before(connection: Connection, before: datetime, *, limit: int) -> list[str]:
    """Keys of people whose accounts ended before a moment and who are not erased yet."""
    mine = (people.c.ended_at < before) & people.c.erased_at.is_(None)
    return list(connection.execute(sa.select(people.c.key).where(mine).order_by(people.c.id).limit(limit)).scalars())


def drop_sessions(connection: Connection, before: datetime) -> int:
    """Delete sessions that ended or ran out before a moment; gives how many."""
    old = sa.or_(sessions.c.ended_at < before, sessions.c.expires_at < before)
    return connection.execute(sessions.delete().where(old)).rowcount


def drop_sessions_of(connection: Connection, person_id: int) -> None:
    """Delete all sessions of a person, and with them the names of her browsers."""
    connection.execute(sessions.delete().where(sessions.c.person_id == person_id))
