"""Open cases that the clock has something to do with."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.reports.cases import Case
from geoapp.reports.stages import OPEN, Stage
from geoapp.reports.store import CASE_COLUMNS, below_any, case_of
from geoapp.reports.tables import report_requests, reports

_RUNNING = sorted(OPEN - {Stage.HUNG})


def due(connection: Connection, *, now: datetime, rising: Collection[str], limit: int, after: int = 0) -> list[Case]:
    """Cases that are to be reminded of, or in ``rising`` subdistricts to be raised; by id, from ``after`` on."""
    r = reports.c
    near = (r.near_at <= now) & (r.due_at > now)
    unsaid = r.reminded_due.is_(None)
    remind = (near & (unsaid | ((r.reminded_due != r.near_at) & (r.reminded_due != r.due_at)))) | (
        (r.due_at <= now) & (unsaid | (r.reminded_due != r.due_at))
    )
    ended = (r.due_at <= now) & (sa.func.coalesce(r.raised_due, r.due_at) <= now)
    query = (
        sa.select(*CASE_COLUMNS)
        .where(r.stage.in_(_RUNNING), ~r.hidden, r.near_at <= now, r.id > after)
        .where(sa.or_(remind, ended & below_any(r.place_code, rising)))
        .order_by(r.id)
        .limit(limit)
    )
    return [case_of(row) for row in connection.execute(query)]


def hung_until(connection: Connection, *, now: datetime, limit: int) -> list[Case]:
    """Hung cases whose granted time has ended."""
    granted = sa.select(sa.func.max(report_requests.c.until)).where(
        report_requests.c.report_id == reports.c.id,
        report_requests.c.kind == "hang",
        report_requests.c.approved,
    )
    query = sa.select(*CASE_COLUMNS).where(reports.c.stage == Stage.HUNG, granted.scalar_subquery() <= now)
    return [case_of(row) for row in connection.execute(query.order_by(reports.c.id).limit(limit))]
