"""Rows of a long sheet are stored a slice at a time: each a brief job that queues the next.

How far a batch is stands in its own row, which every transaction changes with the rows that it stores: whoever takes
it over, after a crash or at the same time, goes on from there.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from geoapp import jobs
from geoapp.accounts.people import Actor
from geoapp.accounts.store import acting
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database, utcnow
from geoapp.errors import GeoappError
from geoapp.jobs import Reporter
from geoapp.reports.actions import Desk, desk
from geoapp.reports.imports import store as imports
from geoapp.reports.imports.history import SetAside
from geoapp.reports.imports.store import Import
from geoapp.reports.orders.actions import ORIGIN, Draft, as_report, dialled, surroundings
from geoapp.reports.orders.notes import CUT, LATE, PAST, REASONS, UNREAD_TERM
from geoapp.reports.orders.sheet import BadRow, SheetOrder
from geoapp.reports.orders.sheets import store
from geoapp.reports.orders.sheets.packing import Row
from geoapp.reports.orders.whereabouts import Surroundings
from geoapp.reports.photos.tasks import queue_erasing
from geoapp.reports.sending.actions import take_many
from geoapp.reports.sending.matter import Official, Sending

HERE = "geoapp.reports.orders.sheets.tasks"
STORE = jobs.register(jobs.Task("orders.store", f"{HERE}:store_rows", attempts=5, lane=jobs.BRIEF))
SWEEP = jobs.register(jobs.Task("orders.sweep", f"{HERE}:sweep", lane=jobs.ROUND, every_s=86400))

#: Rows in one transaction; and how long a slice goes on, for others wait for brief work as well.
_BATCH, _SLICE_S = 100, 2.0
#: Rows that nobody stores any more were left by a job that failed, or by an upload that was broken off.
LEFT_OVER = timedelta(days=1)
#: What the reading of a row notes -> its code.
_OF_ROWS = {CUT: "cut", UNREAD_TERM: "term", LATE: "late", PAST: "past"}


def queue(connection: Connection, key: str) -> None:
    """Have a batch's rows stored once the transaction at hand lasts."""
    jobs.add_within(connection, STORE.name, {"key": key}, title="导入工单")


def store_rows(database: Database, report: Reporter, *, key: str) -> dict[str, Any]:
    """Store a slice of a batch's rows."""
    with database.reading() as connection:
        batch = imports.find(connection, key)
        if batch.summary["finished"]:
            return {"rows": batch.rows_in}
        actor = acting(connection, batch.by, on=database.today())
    rows, began = store.rows_of(database.settings, batch.summary["waiting"]), time.monotonic()
    if not go_on(database, actor, batch, rows, enough=lambda: time.monotonic() - began > _SLICE_S):
        with database.transaction() as connection:
            queue(connection, key)
    return {"rows": len(rows)}


def go_on(
    database: Database, actor: Actor, begun: Import, rows: Sequence[Row], *, enough: Callable[[], bool] = lambda: False
) -> bool:
    """Store a batch's rows from where it stands, until it is ``enough``; tells whether all are."""
    while True:
        with desk(database, actor, now=begun.at) as at:
            # As it stands inside the transaction, in which nobody else stores any of them.
            batch = imports.find(at.connection, begun.key)
            if batch.summary["finished"]:
                return True
            if batch.rows_in == len(rows):
                _finish(at, batch)
                return True
            _keep_rows(at, batch, rows[batch.rows_in :][:_BATCH])
        if enough():
            return False


def _finish(at: Desk, batch: Import) -> None:
    values = {"rows": [None, batch.rows_stored], "origin": [None, ORIGIN]}
    trail.record(at.database, at.connection, at.actor, "reports.import", subject=batch.key, values=values)
    summary = {name: value for name, value in batch.summary.items() if name != "waiting"} | {"finished": True}
    imports.count(at.connection, batch.id, stored=0, known=0, aside=0, summary=summary)
    if waiting := batch.summary.get("waiting"):
        queue_erasing(at.connection, [waiting["object"]])


def _keep_rows(at: Desk, batch: Import, rows: Sequence[Row]) -> None:
    read = [row for row in rows if isinstance(row, SheetOrder)]
    aside = [SetAside(r.row, "", r.reason, r.message, r.remedy) for r in rows if isinstance(r, BadRow)]
    known = imports.known_numbers(at.connection, ORIGIN, [row.number for row in read])
    fresh = [row for row in read if row.number not in known]
    around = surroundings(at)
    notes = Counter[str](batch.summary["notes"])
    taken = take_many(at, [_row_as_report(row, around, at.now, notes) for row in fresh])
    stored = 0
    for row, found in zip(fresh, taken, strict=True):
        if isinstance(found, GeoappError):
            aside.append(SetAside(row.row, row.number, "refused", str(found), REASONS["refused"][1]))
        elif isinstance(found, BaseException):
            raise found
        else:
            imports.link(at.connection, batch.id, found.report_id, row=row.row, fields={"category": row.category})
            stored += 1
    imports.set_aside(at.connection, batch.id, sorted(aside, key=lambda a: a.row))
    imports.count(at.connection, batch.id, stored=stored, known=len(read) - len(fresh), aside=len(aside),
                  summary={**batch.summary, "notes": dict(notes)})  # fmt: skip


def _row_as_report(
    row: SheetOrder, around: Surroundings, now: datetime, notes: Counter[str]
) -> tuple[Sending, Official]:
    address = row.place or around.named_in(row.words)
    found = around.find(address)
    spot = found.only
    if spot is None:
        notes["ambiguous" if found.candidates else "unplaced"] += 1
    elif spot.outside:
        notes["outside"] += 1
    elif spot.near:
        notes["near"] += 1
    phone = dialled(row.phones[0]) if row.phones else ""
    odd = {"unsorted": row.kind == "unsorted", "phone": bool(row.phones) and not phone}
    notes.update([*(_OF_ROWS[note.sentence] for note in row.notes), *(name for name, there in odd.items() if there)])
    draft = Draft(row.number, row.words, address, kind=row.kind, term=row.term, due_at=row.due_at,
                  received_at=row.sent_at or row.reported_at, phone=phone)  # fmt: skip
    return as_report(draft, row.number, spot, around, now)


def sweep(database: Database, report: Reporter, *, now: datetime | None = None) -> dict[str, Any]:
    """Delete rows that lie there for a day and that nobody stores any more."""
    objects, before = store.objects(database.settings), (now or utcnow()) - LEFT_OVER
    # Listed first: whose rows are put by only then are young.
    old = [one.name for one in objects.listed(store.KIND) if one.changed_at < before]
    with database.reading() as connection:
        awaited = set(store.awaited(connection, STORE.name).values())
    left = [name for name in old if name not in awaited]
    objects.delete(*left)
    return {"deleted": len(left)}
