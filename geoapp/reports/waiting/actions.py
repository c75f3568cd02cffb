"""Asking for more time 延期 or for standing still 挂账, and deciding on it: never one's own wish."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoapp.accounts.people import Actor
from geoapp.db import Database
from geoapp.errors import Conflict, Invalid, NotFound
from geoapp.reports import store
from geoapp.reports.actions import Desk, desk
from geoapp.reports.cases import Case, Request
from geoapp.reports.terms import Due, Term


def ask_extension(
    database: Database, actor: Actor, key: str, *, term: str, reason: str, seen: int, now: datetime | None = None
) -> Case:
    """申请延期 by ``term`` ("5wd"), counted from the end of the present one."""
    wanted = Term.parse(term)
    with desk(database, actor, now=now) as at:
        return _ask(at, at.open(key, seen=seen), "extension", reason, term=wanted.text)


def ask_hang(
    database: Database, actor: Actor, key: str, *, until: datetime, reason: str, seen: int, now: datetime | None = None
) -> Case:
    """申请挂账: the clock is to stand until a day (scaffolding, the heating season, somebody abroad)."""
    with desk(database, actor, now=now) as at:
        if until <= at.now or (until - at.now).days > 366:
            raise Invalid("挂账的截止时间应在今天之后、一年之内；请改正。")
        return _ask(at, at.open(key, seen=seen), "hang", reason, until=until)


def _ask(at: Desk, case: Case, kind: str, reason: str, *, term: str = "", until: datetime | None = None) -> Case:
    given = {name for name, value in {"reason": reason.strip(), "term": term, "until": until}.items() if value}
    move = at.check(case, f"ask_{kind}", given)
    if any(r.decided_at is None for r in store.requests(at.connection, [case.id])):
        raise Conflict("已有一项申请等着批；请等批复后再申请。")
    text_id = at.text(case.id, reason, role="reason")
    request_id = store.add_request(at.connection, report_id=case.id, kind=kind, asked_by=at.actor.name,
                                   asked_at=at.now, text_id=text_id, until=until, term=term)  # fmt: skip
    data = {"request": request_id, "term": term, "until": until.isoformat() if until else None}
    return at.step(case, move, text_id=text_id, data=data)


def decide(
    database: Database,
    actor: Actor,
    key: str,
    request_id: int,
    *,
    approved: bool,
    reason: str = "",
    seen: int,
    now: datetime | None = None,
) -> Case:
    """Approve or decline a wish of somebody else; declining says why."""
    with desk(database, actor, now=now) as at:
        case = at.open(key, seen=seen)
        wish = next((r for r in store.requests(at.connection, [case.id]) if r.id == request_id), None)
        if wish is None:
            raise NotFound("没有这项申请；请刷新后再看。")
        event = ("extend" if wish.kind == "extension" else "hang") if approved else "decline"
        standing = at.standing(case, event, asked_by=wish.asked_by)
        move = at.check(case, event, {"reason"} if reason.strip() else (), standing=standing)
        text_id = at.text(case.id, reason, role="reason")
        store.decide_request(at.connection, wish.id, decided_by=at.actor.name, decided_at=at.now, approved=approved,
                             decision_text_id=text_id)  # fmt: skip
        changes = _granted(at, case, wish) if approved else {}
        return at.step(case, move, changes=changes, text_id=text_id, data={"request": wish.id})


def _granted(at: Desk, case: Case, wish: Request) -> dict[str, Any]:
    term = Term.parse(case.term)
    if wish.kind == "hang":
        left = at.rules.clock.remaining(at.now, case.due_at, term) if case.due_at is not None else None
        return {"paused_at": at.now, "remaining_s": left, "due_at": None, "near_at": None}
    if case.due_at is None:
        return {}
    return _written(at.rules.clock.due(case.due_at, Term.parse(wish.term)))


def resume(database: Database, actor: Actor, key: str, *, seen: int, now: datetime | None = None) -> Case:
    """Go on with a case that hung; what was left of its term is left."""
    with desk(database, actor, now=now) as at:
        return resume_at(at, at.open(key, seen=seen))


def resume_at(at: Desk, case: Case) -> Case:
    """The same inside a transaction at hand."""
    move = at.check(case, "resume")
    changes: dict[str, Any] = {"paused_at": None, "remaining_s": None}
    if case.remaining_s is not None:
        changes |= _written(at.rules.clock.due_after(at.now, Term.parse(case.term), case.remaining_s))
    return at.step(case, move, changes=changes)


def _written(due: Due) -> dict[str, Any]:
    # A new term is reminded of and raised anew.
    return {"due_at": due.due_at, "near_at": due.near_at, "reminded_due": None, "raised_due": None}
