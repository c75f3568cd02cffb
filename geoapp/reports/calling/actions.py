"""吹哨报到: other bodies are called in; when they respond and when they arrive is written down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from geoapp.accounts.people import Actor
from geoapp.db import Database
from geoapp.errors import Conflict, NotFound
from geoapp.reports import store
from geoapp.reports.actions import Desk, desk
from geoapp.reports.cases import Assignment, Case
from geoapp.reports.handling.actions import Target, give


def whistle(
    database: Database,
    actor: Actor,
    key: str,
    called: Sequence[Target],
    *,
    reason: str,
    seen: int,
    now: datetime | None = None,
) -> Case:
    """Call bodies in to come to the spot; the lead handler stays who it is."""
    with desk(database, actor, now=now) as at:
        case = at.open(key, seen=seen)
        given = ({"reason"} if reason.strip() else set()) | ({"body"} if called else set())
        move = at.check(case, "call", given)
        text_id = at.text(case.id, reason, role="reason")
        keys = [give(at, case, "called", target, text_id=text_id) for target in called]
        return at.step(case, move, text_id=text_id, data={"called": keys})


def respond(
    database: Database, actor: Actor, key: str, assignment_id: int, *, seen: int, now: datetime | None = None
) -> Case:
    """响应: the body that was called says that it comes; or an official notes that it did."""
    with desk(database, actor, now=now) as at:
        case = at.open(key, seen=seen)
        move = at.check(case, "respond")
        called = _called(at, case, assignment_id)
        if called.accepted_at is not None:
            raise Conflict("这家单位已经响应过了。")
        store.change_assignments(at.connection, [called.id], accepted_at=at.now)
        return at.step(case, move, data={"assignment": called.id})


def arrive(
    database: Database, actor: Actor, key: str, assignment_id: int, *, seen: int, now: datetime | None = None
) -> Case:
    """到场: it is there. Whoever arrives without having responded has responded by arriving."""
    with desk(database, actor, now=now) as at:
        case = at.open(key, seen=seen)
        move = at.check(case, "arrive")
        called = _called(at, case, assignment_id)
        if called.arrived_at is not None:
            raise Conflict("这家单位已经登记到场。")
        store.change_assignments(at.connection, [called.id], arrived_at=at.now,
                                 accepted_at=called.accepted_at or at.now)  # fmt: skip
        return at.step(case, move, data={"assignment": called.id})


def _called(at: Desk, case: Case, assignment_id: int) -> Assignment:
    """A call of the case that is not ended; a handler finds only her own."""
    official = "reports.handle" in at.standing(case).permissions
    among = store.assignments(at.connection, [case.id]) if official else at.own_assignments(case)
    for found in among:
        if found.id == assignment_id and found.role == "called" and found.ended_at is None:
            return found
    raise NotFound("没有这次吹哨，或已经结束；请刷新后再看。")
