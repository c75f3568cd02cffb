"""One thing done to many cases at once, and taken back as one.

A case that cannot take part (changed meanwhile, not the actor's, the wrong stage) is left as it is and named.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from geoapp.accounts.people import Actor
from geoapp.db import Database
from geoapp.errors import Conflict, GeoappError, Invalid, NotFound
from geoapp.reports import store
from geoapp.reports.actions import Desk, desk
from geoapp.reports.bulk import store as bulks
from geoapp.reports.cases import Case
from geoapp.reports.handling.actions import Target, accept_at, assign_at, classify_at
from geoapp.reports.moderating.actions import hide_at

MOST = 2000
ACTIONS = ("accept", "assign", "classify", "hide", "unhide")
#: What an undo writes back.
_RESTORED = ("stage", "kind", "matter", "urgency", "term", "due_at", "near_at", "reminded_due", "route", "hidden",
             "accepted_at")  # fmt: skip
_TIMES = {"due_at", "near_at", "reminded_due", "accepted_at"}


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What was done: ``key`` undoes it; ``failed`` is {case's key: why}."""

    key: str
    done: tuple[str, ...]
    failed: dict[str, str] = field(default_factory=dict)


def run(
    database: Database,
    actor: Actor,
    action: str,
    items: Sequence[tuple[str, int]],
    *,
    kind: str = "",
    lead: Target | None = None,
    now: datetime | None = None,
) -> BulkResult:
    """Do one thing to many cases.

    Parameters
    ----------
    action : of `ACTIONS`; assign needs ``lead``, classify needs ``kind``
    items : key and seen revision of each case
    """
    if action not in ACTIONS or not 0 < len(items) <= MOST:
        raise Invalid("批量操作一次最多 %(most)s 件，只能签收、派单、分类、隐藏、恢复显示。", most=MOST)
    work: dict[str, Callable[[Desk, Case], Case]] = {
        "accept": accept_at,
        "assign": lambda at, case: assign_at(at, case, lead or Target()),
        "classify": lambda at, case: classify_at(at, case, kind),
        "hide": lambda at, case: hide_at(at, case),
        "unhide": lambda at, case: hide_at(at, case, hidden=False),
    }
    done: list[str] = []
    failed: dict[str, str] = {}
    rows: list[list[Any]] = []
    with desk(database, actor, now=now) as at:
        for key, seen in items:
            try:
                # Each case stands for itself: what fails takes nothing else with it.
                with at.connection.begin_nested():
                    before = at.open(key, seen=seen)
                    after = work[action](at, before)
            except GeoappError as error:
                failed[key] = str(error)
                continue
            done.append(key)
            rows.append([before.id, after.revision, _values(before)])
        bulk_key = secrets.token_hex(8)
        bulks.add(at.connection, key=bulk_key, action=action, actor=actor.name, at=at.now, items=rows)
    return BulkResult(bulk_key, tuple(done), failed)


def undo(database: Database, actor: Actor, bulk_key: str, *, now: datetime | None = None) -> BulkResult:
    """Take a bulk action back where nobody has gone on since; the timeline tells of both."""
    done: list[str] = []
    failed: dict[str, str] = {}
    with desk(database, actor, now=now) as at:
        bulk = bulks.bulk(at.connection, bulk_key)
        if bulk is None or (bulk.actor != actor.name and not actor.system):
            raise NotFound("没有这次批量操作，或不是您做的。")
        if not bulks.mark_undone(at.connection, bulk.id, at=at.now):
            raise Conflict("这次批量操作已经撤销过。")
        for report_id, revision, values in bulk.items:
            case = store.case_by_id(at.connection, report_id)
            if case.revision != revision:
                failed[case.key] = "之后又有人办过，没有撤销。"
                continue
            move = at.check(case, "undo")
            if bulk.action in {"accept", "assign"}:
                bulks.undo_assignments(at.connection, report_id, done_at=bulk.at, at=at.now)
            changes = _read(values)
            at.step(case, move, to=changes.pop("stage"), changes=changes, data={"bulk": bulk.action})
            done.append(case.key)
    return BulkResult(bulk_key, tuple(done), failed)


def _values(case: Case) -> dict[str, Any]:
    found = {name: getattr(case, name) for name in _RESTORED}
    return {n: v.isoformat() if isinstance(v, datetime) else v for n, v in found.items()}


def _read(values: dict[str, Any]) -> dict[str, Any]:
    return {n: datetime.fromisoformat(v) if n in _TIMES and v is not None else v for n, v in values.items()}
