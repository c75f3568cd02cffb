"""A link for the 物业 or a department that has no account: it shows one case, takes one answer, and ends."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from geoapp.accounts.people import VISITOR, Actor
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database
from geoapp.errors import Invalid, NotFound
from geoapp.reports import stages, store
from geoapp.reports.actions import Desk, desk, looking
from geoapp.reports.cases import Assignment, Case
from geoapp.reports.links import store as links
from geoapp.reports.links.store import Link
from geoapp.reports.links.tokens import key_of, token
from geoapp.reports.orders.callers import masked
from geoapp.reports.stages import Stage, Standing
from geoapp.reports.texts import clean

KEPT = timedelta(days=7)
_HANDLER = Standing(assigned=True)
#: An outside handler may say that it is done, or that it cannot be; whose it is decides the office.
OUTCOMES = ("done", "cannot")


class LinkEnded(NotFound):
    """The one answer to a link that is wrong, revoked, used or too old."""


@dataclass(frozen=True, slots=True)
class LinkedCase:
    """What a link shows: the case, the words of its report, to whom it was given; no caller, no telephone number."""

    case: Case
    words: tuple[str, ...]
    body: str
    role: str
    expires_at: datetime


def make_link(
    database: Database, actor: Actor, key: str, assignment_id: int, *, secret: bytes, now: datetime | None = None
) -> str:
    """A token for the body of an assignment, good for seven days; whoever has it may answer once."""
    with desk(database, actor, now=now) as at:
        case = at.open(key)
        given = _assignment(at.connection, case, assignment_id)
        if not at.may("reports.handle", case.duty_path):
            raise stages.NotYours("您不能发这件的链接：它不在您的范围内；请联系本级管理员。")
        if given.body_id is None or given.ended_at is not None or not case.is_open:
            raise Invalid("只能给正在承办的单位发链接；请先派单或吹哨。")
        link_key = secrets.token_urlsafe(16)
        links.add(at.connection, key=link_key, report_id=case.id, assignment_id=given.id, made_by=at.actor.name,
                  made_at=at.now, expires_at=at.now + KEPT)  # fmt: skip
        _audit(at, case, "reports.link-made", link_key)
    return token(link_key, secret)


def revoke(database: Database, actor: Actor, key: str, link_key: str, *, now: datetime | None = None) -> None:
    """Let a link open nothing any more."""
    with desk(database, actor, now=now) as at:
        case = at.open(key)
        found = links.link(at.connection, link_key)
        if found is None or found.report_id != case.id or not at.may("reports.handle", case.duty_path):
            raise _ended()
        if links.end(at.connection, found.id, "revoked_at", at=at.now):
            _audit(at, case, "reports.link-revoked", link_key)


def open_link(database: Database, text: str, *, secret: bytes, now: datetime | None = None) -> LinkedCase:
    """What the holder of a link sees; LinkEnded for a wrong, used, revoked or old one."""
    with looking(database, VISITOR, now=now) as at:
        _link, case, given = _open(at, text, secret)
        texts = store.texts(at.connection, [case.id])
        said = [t.text for t in texts if t.text and t.role in {"report", "addition"} and t.state != "hidden"]
        # A telephone that somebody wrote into the words is as little for the outside as one in its field.
        words = tuple(masked(text) for text in said)
        names = store.body_names(at.connection, [given.body_id or 0])
        return LinkedCase(case, words, names.get(given.body_id or 0, ""), given.role, _link.expires_at)


def answer(
    database: Database, text: str, words: str, *, outcome: str, secret: bytes, now: datetime | None = None
) -> Case:
    """The one answer that a link takes. Somebody of the office verifies it, as any other."""
    with desk(database, VISITOR, now=now) as at:
        found, case, given = _open(at, text, secret)
        if not clean(words) or outcome not in OUTCOMES:
            raise Invalid("请写一句怎么办的，并选办好了还是办不了。")
        if not links.end(at.connection, found.id, "answered_at", at=at.now):
            raise _ended()
        by = f"body:{links.body_key(at.connection, given.body_id or 0)}"
        if given.role == "called":
            return _came(at, case, given, words, by)
        if case.stage == Stage.DISPATCH:
            move = stages.check(case.stage, "accept", _HANDLER)
            case = at.step(case, move, changes={"accepted_at": case.accepted_at or at.now}, by=by)
        move = stages.check(case.stage, "answer", _HANDLER, {"answer", "outcome"})
        store.change_assignments(at.connection, [given.id], accepted_at=given.accepted_at or at.now, answered_at=at.now)
        text_id = at.text(case.id, words, role="answer", public=True)
        changes = {"answered_at": at.now, "answered_by": by, "outcome": outcome}
        return at.step(case, move, changes=changes, text_id=text_id, data={"outcome": outcome}, by=by)


def _came(at: Desk, case: Case, given: Assignment, words: str, by: str) -> Case:
    """A body that was called in does not answer the case: it says what it did on the spot."""
    move = stages.check(case.stage, "arrive", _HANDLER)
    store.change_assignments(
        at.connection, [given.id], accepted_at=given.accepted_at or at.now, arrived_at=given.arrived_at or at.now,
        answered_at=at.now,
    )  # fmt: skip
    at.aside(case, move, text_id=at.text(case.id, words, role="note"), by=by)
    return case


def _open(at: Desk, text: str, secret: bytes) -> tuple[Link, Case, Assignment]:
    key = key_of(text, secret)
    found = links.link(at.connection, key) if key is not None else None
    if found is None or not found.is_open(at.now):
        raise _ended()
    case = store.case_by_id(at.connection, found.report_id)
    given = _assignment(at.connection, case, found.assignment_id)
    # Given to somebody else meanwhile, or over: what was sent out opens nothing more.
    if given.ended_at is not None or not case.is_open or case.hidden:
        raise _ended()
    return found, case, given


def _assignment(connection: Connection, case: Case, assignment_id: int) -> Assignment:
    found = next((a for a in store.assignments(connection, [case.id]) if a.id == assignment_id), None)
    if found is None:
        raise NotFound("这件没有派给这个单位；请刷新后再看。")
    return found


def _ended() -> LinkEnded:
    return LinkEnded("这个链接已经失效：可能已经回复过、过了 7 天，或已被作废；请和派给您的人联系。")


def _audit(at: Desk, case: Case, action: str, link_key: str) -> None:
    trail.record(
        at.database, at.connection, at.actor, action, subject=case.key, place=case.place_path,
        values={"link": [None, link_key[:6]]},
    )  # fmt: skip
