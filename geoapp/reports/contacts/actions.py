"""Reading contact data: the handler alone, for a stated purpose, each reading written down; and letting them go."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from geoapp.accounts.people import Actor
from geoapp.db import Database
from geoapp.errors import NotFound
from geoapp.reports import stages, store
from geoapp.reports.actions import Desk, desk
from geoapp.reports.cases import Case
from geoapp.reports.contacts import store as contacts
from geoapp.reports.people import Contact
from geoapp.reports.tables import report_contacts

_BATCH = 200
_CLOCK = stages.Standing(system=True)


def read_contact(database: Database, actor: Actor, key: str, *, purpose: str, now: datetime | None = None) -> Contact:
    """The sender's name and telephone number, for whoever handles the case.

    Raises
    ------
    NoSuchReport, NotYours : the case is not the actor's; Incomplete : no purpose was given
    NotFound : none were left, or they have been erased
    """
    with desk(database, actor, now=now) as at:
        case = at.open(key)
        given = {"reason"} if purpose.strip() else set()
        move = at.check(case, "contact_read", given, standing=_standing(at, case))
        found = contacts.sender(at.connection, case.id)
        if found is None:
            raise NotFound("这件没有留联系方式，或已按期清除。")
        text_id = at.text(case.id, purpose, role="reason")
        at.aside(case, move, text_id=text_id)
        return found


def may_read(at: Desk, case: Case) -> bool:
    """Is the actor one of those who may read them?"""
    return _standing(at, case).stands_as(stages.move(case.stage, "contact_read"))


def _standing(at: Desk, case: Case) -> stages.Standing:
    """A joint handler, or a body that was called in, does its work without knowing who reported it."""
    lead = any(a.role == "lead" for a in at.own_assignments(case))
    return replace(at.standing(case), assigned=lead)


def forget_expired(database: Database, *, now: datetime | None = None) -> int:
    """Let contact data go whose term has ended; gives how many cases. Safe to run twice, or beside itself."""
    total = 0
    actor = Actor(system="clock")
    while True:
        with desk(database, actor, now=now) as at:
            closed = at.now - timedelta(days=at.rules.terms.contact_days)
            due = contacts.expired(at.connection, now=at.now, closed=closed, limit=_BATCH)
            for report_id in due:
                where = report_contacts.c.report_id == report_id
                if contacts.erase(at.connection, where, at=at.now):
                    case = store.case_by_id(at.connection, report_id)
                    at.aside(case, stages.check(case.stage, "expire", _CLOCK))
            contacts.forget_marks(at.connection, due)
        total += len(due)
        if len(due) < _BATCH:
            return total


def forget_marks(database: Database, *, now: datetime | None = None) -> int:
    """Let the marks of devices go of cases that were closed so long ago, also where nobody left contact data."""
    total = 0
    while True:
        with desk(database, Actor(system="clock"), now=now) as at:
            closed = at.now - timedelta(days=at.rules.terms.contact_days)
            due = contacts.marked(at.connection, closed=closed, limit=_BATCH)
            contacts.forget_marks(at.connection, due)
        total += len(due)
        if len(due) < _BATCH:
            return total
