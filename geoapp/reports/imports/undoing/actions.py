"""Taking an import back: history goes, and open cases end that nobody but the importer and the clock has touched."""

from __future__ import annotations

from datetime import datetime

from geoapp.accounts.people import Actor
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database, utcnow
from geoapp.errors import Conflict
from geoapp.reports import stages
from geoapp.reports import store as core
from geoapp.reports.actions import Desk, desk
from geoapp.reports.cases import Case
from geoapp.reports.imports import store
from geoapp.reports.imports.actions import require_everywhere
from geoapp.reports.imports.store import Import
from geoapp.reports.rulebook.store import rulebook
from geoapp.reports.tables import report_texts

_BATCH = 1000
#: Who brought a case in takes it back as whoever sent a report does.
_SENDER = stages.Standing(receipt=True)


class UndoneTwice(Conflict):
    """The batch was taken back before."""


def undo_import(database: Database, actor: Actor, key: str, *, now: datetime | None = None) -> tuple[int, int]:
    """Take a batch back: how many reports went, and how many stay because somebody has worked on them since."""
    now = now or utcnow()
    require_everywhere(actor, rulebook(database.settings), now)
    with database.reading() as connection:
        batch = store.find(connection, key)
    if batch.undone_at is not None:
        raise UndoneTwice(f"导入 {key} 已于 {batch.undone_at:%Y-%m-%d} 撤销过。")
    gone = _remove(database, batch) + _withdraw(database, actor, batch, now)
    with database.transaction() as connection:
        gone += store.remove_callbacks(connection, batch.id)
        store.end(connection, batch.id, by=actor.name, at=now)
        kept = batch.rows_stored - gone
        trail.record(
            database, connection, actor, "reports.undo_import", subject=batch.key, values={"rows": [gone, kept]}
        )
    return gone, kept


def _remove(database: Database, batch: Import) -> int:
    """History has no timeline of its own: it goes as if it had never come."""
    gone = after = 0
    while True:
        with database.transaction() as connection:
            ids = store.untouched(connection, batch.id, after=after, limit=_BATCH)
            store.remove_reports(connection, ids)
        gone += len(ids)
        if len(ids) < _BATCH:
            return gone
        after = ids[-1]


def _withdraw(database: Database, actor: Actor, batch: Import, now: datetime) -> int:
    """Cases have a timeline, and no line of one is ever deleted: they end as withdrawn and leave their words."""
    gone = after = 0
    while True:
        with desk(database, actor, now=now) as at:
            ids = store.untouched_cases(at.connection, batch.id, by=batch.by, after=after, limit=_BATCH)
            for case in core.cases(at.connection, ids).values():
                _end(at, case, batch)
            store.unlink(at.connection, ids)
        gone += len(ids)
        if len(ids) < _BATCH:
            return gone
        after = ids[-1]


def _end(at: Desk, case: Case, batch: Import) -> None:
    move = stages.check(case.stage, "withdraw", _SENDER)
    core.change_texts(at.connection, report_texts.c.report_id == case.id, text=None, shown=None, state="hidden")
    # Without its number the row can come again.
    changes = {"closed_at": at.now, "outcome": "withdrawn", "address": "", "origin_number": None}
    at.step(case, move, changes=changes, data={"import": batch.key})
