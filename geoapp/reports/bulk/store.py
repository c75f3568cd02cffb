"""What was done to many cases at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.reports.tables import report_assignments, report_bulks


@dataclass(frozen=True, slots=True)
class Bulk:
    """One bulk action: of each case its id, the revision that was left, and the values before."""

    id: int
    key: str
    action: str
    actor: str
    at: datetime
    items: list[Any]
    undone_at: datetime | None


def add(connection: Connection, **values: Any) -> None:
    """Store a bulk action (columns of the table)."""
    connection.execute(report_bulks.insert().values(values))


def bulk(connection: Connection, key: str) -> Bulk | None:
    """The bulk action of that key."""
    row = connection.execute(sa.select(report_bulks).where(report_bulks.c.key == key)).one_or_none()
    return Bulk(*row) if row is not None else None


def latest(connection: Connection, actor: str, *, since: datetime) -> list[Bulk]:
    """What somebody did lately and may still take back, newest first."""
    query = sa.select(report_bulks).where(
        report_bulks.c.actor == actor, report_bulks.c.at >= since, report_bulks.c.undone_at.is_(None)
    )
    return [Bulk(*row) for row in connection.execute(query.order_by(report_bulks.c.id.desc()).limit(20))]


def mark_undone(connection: Connection, bulk_id: int, *, at: datetime) -> bool:
    """Note that it was taken back; False when it had been."""
    fresh = (report_bulks.c.id == bulk_id) & report_bulks.c.undone_at.is_(None)
    return connection.execute(report_bulks.update().where(fresh).values(undone_at=at)).rowcount == 1


def undo_assignments(connection: Connection, report_id: int, *, done_at: datetime, at: datetime) -> None:
    """End whom a bulk action gave a case to, and let those go on whom it had ended."""
    table = report_assignments
    mine = table.c.report_id == report_id
    connection.execute(table.update().where(mine & (table.c.ended_at == done_at)).values(ended_at=None))
    connection.execute(table.update().where(mine & (table.c.assigned_at == done_at)).values(ended_at=at))
