"""Which reports belong to a person with an account."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.reports.tables import notices, report_followers, reports


def sent_by(connection: Connection, person_id: int) -> list[int]:
    """Ids of the reports that she sent while signed in."""
    query = sa.select(reports.c.id).where(reports.c.person_id == person_id).order_by(reports.c.id)
    return list(connection.execute(query).scalars())


def followed_by(connection: Connection, person_id: int) -> list[tuple[int, int]]:
    """Report and follower of what she joined or follows."""
    table = report_followers
    query = sa.select(table.c.report_id, table.c.id).where(table.c.person_id == person_id).order_by(table.c.id)
    return [(row.report_id, row.id) for row in connection.execute(query)]


def drop_notices(connection: Connection, person_id: int) -> None:
    """Delete what she was told of cases."""
    connection.execute(notices.delete().where(notices.c.person_id == person_id))
