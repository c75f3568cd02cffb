"""Looking: an official's lists, the inside of one case, and what anybody may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from geoapp.accounts import store as accounts
from geoapp.accounts.people import VISITOR, Actor
from geoapp.db import Database
from geoapp.errors import NotAllowed
from geoapp.reports import stages, store
from geoapp.reports.actions import ANY_ROLE, Desk, looking
from geoapp.reports.cases import Assignment, Case, Event, Request, Text
from geoapp.reports.contacts import actions as contacts
from geoapp.reports.contacts import store as contact_data
from geoapp.reports.duplicates import Nearby
from geoapp.reports.inbox import store as lists
from geoapp.reports.inbox.store import Filters, Mine, Page
from geoapp.reports.kinds import UNSORTED
from geoapp.reports.merging.actions import similar
from geoapp.reports.receipts.view import PublicReport, public_report


@dataclass(frozen=True, slots=True)
class CaseFile:
    """All that whoever works on a case may see of it, and what she may do; contact data are read one by one."""

    case: Case
    events: list[Event]
    texts: list[Text]
    assignments: list[Assignment]
    #: Ids of those of which the actor may note that somebody responded or came: her own, or as an official all.
    answerable: frozenset[int]
    #: Has the actor the office's right to the case, and not only something that was given to her?
    is_office: bool
    #: Is it given to the actor herself, or to a body of hers, to handle?
    is_handler: bool
    requests: list[Request]
    #: Cases that were merged into it, and the one that it was merged into.
    joined: list[Case]
    merged_into: Case | None
    nearby: list[Nearby]
    has_contact: bool
    wants_call: bool
    #: Events that the actor may bring about now (`stages.allowed`).
    allowed: tuple[str, ...]
    #: Shown names of people (by key) and of bodies (by id).
    people: dict[str, str]
    bodies: dict[int, str]


def open_case(database: Database, actor: Actor, key: str, *, now: datetime | None = None) -> CaseFile:
    """The inside of a case; NoSuchReport for whoever may not know of it."""
    with looking(database, actor, now=now) as at:
        case = at.open(key)
        joined = store.merged_into(at.connection, case.id)
        texts = store.texts(at.connection, [case.id, *(c.id for c in joined)])
        events = store.events(at.connection, case.id)
        assigned = store.assignments(at.connection, [case.id])
        wishes = store.requests(at.connection, [case.id])
        into = store.case_by_id(at.connection, case.merged_into) if case.merged_into is not None else None
        actors = {e.actor for e in events} | {t.by for t in texts} | {a.assigned_by for a in assigned}
        is_office = "reports.handle" in at.standing(case).permissions
        return CaseFile(
            case=case,
            events=events,
            texts=texts,
            assignments=assigned,
            answerable=frozenset(a.id for a in (assigned if is_office else at.own_assignments(case))),
            is_office=is_office,
            is_handler=any(a.role != "called" for a in at.own_assignments(case)),
            requests=wishes,
            joined=joined,
            merged_into=into if into is not None and at.may_see(into) else None,
            nearby=_nearby(at, case) if case.is_open else [],
            has_contact=contact_data.has_contact(at.connection, case.id),
            wants_call=bool(contact_data.wants_call(at.connection, [case.id])),
            allowed=_allowed(at, case, wishes),
            people=accounts.names(at.connection, actors) | store.person_names(at.connection, assigned),
            bodies=store.body_names(at.connection, [a.body_id for a in assigned if a.body_id is not None]),
        )


def _nearby(at: Desk, case: Case) -> list[Nearby]:
    """Similar ones near a case that the actor may open; others would be links to nothing."""
    found = similar(at, case)
    cases = store.cases(at.connection, [near.report_id for near in found])
    return [near for near in found if at.may_see(cases[near.report_id])]


def _allowed(at: Desk, case: Case, wishes: list[Request]) -> tuple[str, ...]:
    """What the actor may do: rights and stage, and whether there is anything to decide on."""
    open_wish = next((r for r in wishes if r.decided_at is None), None)
    asked_by = open_wish.asked_by if open_wish is not None else None
    # Somebody who was called in may say that she comes; what the lead handler may is another list.
    handler, anyhow = (at.standing(case, event, asked_by=asked_by) for event in ("answer", "respond"))
    found = [e for e in stages.allowed(case.stage, anyhow) if e in ANY_ROLE or e in stages.allowed(case.stage, handler)]
    if "contact_read" in found and not contacts.may_read(at, case):
        found.remove("contact_read")
    if open_wish is None:
        found = [e for e in found if e not in {"extend", "hang", "decline"}]
    elif open_wish.kind == "extension":
        found = [e for e in found if e != "hang"]
    else:
        found = [e for e in found if e != "extend"]
    return tuple(found)


def inbox(
    database: Database,
    actor: Actor,
    which: str,
    *,
    filters: Filters | None = None,
    after: str | None = None,
    limit: int = 50,
    now: datetime | None = None,
) -> Page:
    """One page of one of the actor's lists."""
    with looking(database, actor, now=now) as at:
        return lists.inbox(at.connection, mine_of(at), which, now=at.now, filters=filters, after=after, limit=limit)


def counts(database: Database, actor: Actor, *, now: datetime | None = None) -> dict[str, int]:
    """How many cases each of the actor's lists has."""
    with looking(database, actor, now=now) as at:
        return lists.counts(at.connection, mine_of(at), now=at.now)


def to_release(database: Database, actor: Actor, *, limit: int = 50, now: datetime | None = None) -> list[Case]:
    """Reports whose words wait for the actor, one of each sender in turn."""
    with looking(database, actor, now=now) as at:
        tops = tuple(path[-1] if path else "" for path in at.actor.places("reports.moderate", on=at.on))
        return lists.to_release(at.connection, tops, limit=limit)


def mine_of(at: Desk) -> Mine:
    """Whose lists they are; NotAllowed for whoever has none."""
    tops = tuple(path[-1] if path else "" for path in at.actor.places("reports.handle", on=at.on))
    person = at.actor.person.id if at.actor.person is not None else None
    if not tops and not at.actor.may("reports.desk", on=at.on):
        raise NotAllowed("您没有办理反映的权限；请联系本级管理员，或用有权限的账号登录。")
    return Mine(tops, person, tuple(at.bodies))


def public_reports(database: Database, *, now: datetime | None = None, **wanted: Any) -> list[PublicReport]:
    """What anybody may see, newest first; arguments as of `inbox.store.public`."""
    with looking(database, VISITOR, now=now) as at:
        found = lists.public(at.connection, **wanted)
        return shown(at, found)


def shown(at: Desk, cases: list[Case]) -> list[PublicReport]:
    """Cases as anybody may see them."""
    ids = [case.id for case in cases]
    texts: dict[int, list[Text]] = {}
    for text in store.texts(at.connection, ids):
        texts.setdefault(text.report_id, []).append(text)
    updated = store.updated_at(at.connection, ids)
    return [public_report(c, texts.get(c.id, ()), updated.get(c.id, c.reported_at)) for c in cases]


def nearby(
    database: Database,
    kind: str,
    lon: float,
    lat: float,
    *,
    alike: Collection[str] = (),
    limit: int = 5,
    now: datetime | None = None,
) -> list[tuple[Nearby, PublicReport]]:
    """Similar open reports near a spot, for whoever is about to send one: 我也遇到.

    ``alike`` are the kinds that hers may be: of those that nobody has sorted yet only the ones whose words sound like
    one of them are similar, and they bear its name. The words themselves are told once they are released.
    """
    with looking(database, VISITOR, now=now) as at:
        radius = at.rules.kinds.get(kind).radius_m
        near = store.near_open(at.connection, kind, lon, lat, radius)
        near = (_sounding_like(at, near, alike) if kind == UNSORTED else near)[:limit]
        cases = store.cases(at.connection, [n.report_id for n in near])
        views = dict(zip(cases, shown(at, list(cases.values())), strict=True))
        return [(n, views[n.report_id]) for n in near]


def _sounding_like(at: Desk, near: Sequence[Nearby], alike: Collection[str]) -> list[Nearby]:
    texts = store.texts(at.connection, [each.report_id for each in near])
    heard = {text.report_id: text.text for text in texts if text.role == "report"}
    guessed = [(each, at.rules.kinds.guess(heard.get(each.report_id) or "", limit=1)) for each in near]
    return [replace(each, kind=kinds[0].code) for each, kinds in guessed if kinds and kinds[0].code in alike]
