"""What officials and handlers do with a case: take it up, give it away, answer, check, close.

Every function is one transaction. ``seen`` is the revision that the actor looked at: whoever was overtaken is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from geoapp.accounts.people import Actor
from geoapp.db import Database
from geoapp.errors import Conflict, Invalid
from geoapp.places.hierarchy import path_of
from geoapp.reports import stages, store
from geoapp.reports.actions import Desk, desk
from geoapp.reports.cases import Case
from geoapp.reports.contacts import store as contacts
from geoapp.reports.placing import Position, codes_of, placed
from geoapp.reports.receipts.actions import again
from geoapp.reports.rulebook.store import ground
from geoapp.reports.stages import OUTCOMES, Stage
from geoapp.reports.terms import Term
from geoapp.reports.texts import clean

_WORKING = ("lead", "joint")


@dataclass(frozen=True, slots=True)
class Target:
    """Who is to work on a case: a body or a person, by key."""

    body_key: str = ""
    person_key: str = ""


def file(database: Database, actor: Actor, key: str, *, seen: int, now: datetime | None = None) -> Case:
    """立案: the matter is there and is ours; nobody works on it yet."""
    with desk(database, actor, now=now) as at:
        case = at.open(key, seen=seen)
        return at.step(case, at.check(case, "file"))


def accept(database: Database, actor: Actor, key: str, *, seen: int, now: datetime | None = None) -> Case:
    """签收: the actor takes the case on, or the handler whom it was given to."""
    with desk(database, actor, now=now) as at:
        return accept_at(at, at.open(key, seen=seen))


def accept_at(at: Desk, case: Case) -> Case:
    """The same inside a transaction at hand."""
    move = at.check(case, "accept")
    own = [a for a in at.own_assignments(case) if a.role in _WORKING]
    if own:
        store.change_assignments(at.connection, [a.id for a in own if a.accepted_at is None], accepted_at=at.now)
    elif at.actor.person is not None:
        store.end_assignments(at.connection, case.id, at=at.now, roles=("lead",))
        store.add_assignment(at.connection, report_id=case.id, role="lead", person_id=at.actor.person.id, place_code="",
                             assigned_by=at.actor.name, assigned_at=at.now, accepted_at=at.now)  # fmt: skip
    return at.step(case, move, changes={"accepted_at": case.accepted_at or at.now})


def assign(
    database: Database,
    actor: Actor,
    key: str,
    lead: Target,
    joint: Sequence[Target] = (),
    *,
    reason: str = "",
    seen: int,
    now: datetime | None = None,
) -> Case:
    """派单: one lead 主办 and any joint handlers 协办; those before are done with it."""
    with desk(database, actor, now=now) as at:
        return assign_at(at, at.open(key, seen=seen), lead, joint, reason=reason)


def assign_at(at: Desk, case: Case, lead: Target, joint: Sequence[Target] = (), *, reason: str = "") -> Case:
    """The same inside a transaction at hand."""
    named = [("lead", lead), *(("joint", target) for target in joint)]
    given = {"body"} if all(t.body_key or t.person_key for _, t in named) else set()
    move = at.check(case, "assign", given)
    store.end_assignments(at.connection, case.id, at=at.now, roles=_WORKING)
    keys = [(role, give(at, case, role, target)) for role, target in named]
    data = {"lead": keys[0][1], "joint": [k for role, k in keys if role == "joint"]}
    text_id = at.text(case.id, reason, role="reason")
    return at.step(case, move, text_id=text_id, data=data)


def give(at: Desk, case: Case, role: str, target: Target, *, text_id: int | None = None) -> str:
    """Store that a body or a person is to work on a case; gives "body:KEY" or the person's key."""
    values: dict[str, Any] = {"report_id": case.id, "role": role, "place_code": "", "assigned_by": at.actor.name,
                              "assigned_at": at.now, "text_id": text_id}  # fmt: skip
    if target.body_key:
        body = store.body_by_key(at.connection, target.body_key)
        store.add_assignment(at.connection, body_id=body.id, **values)
        return f"body:{body.key}"
    person = store.person_by_key(at.connection, target.person_key)
    store.add_assignment(at.connection, person_id=person.id, **values)
    return person.key


def return_(database: Database, actor: Actor, key: str, *, reason: str, seen: int, now: datetime | None = None) -> Case:
    """退单: not mine; it goes back above whoever returns it, with the reason. History and clock go on."""
    with desk(database, actor, now=now) as at:
        case = at.open(key, seen=seen)
        move = at.check(case, "return", _given(reason=reason))
        above = _beyond(at, case.duty_code)
        if above is None:
            raise Conflict("上面没有可退的一级；不归本区管的请选“不属本辖区”并说明怎么找。")
        store.end_assignments(at.connection, case.id, at=at.now, roles=_WORKING)
        text_id = at.text(case.id, reason, role="reason")
        return at.step(case, move, changes={"duty_code": above}, text_id=text_id, data={"from": case.duty_code})


def _beyond(at: Desk, duty_code: str) -> str | None:
    """The next level up that the actor is not in charge of herself: returned by a secretary, her grid's case leaves."""
    above = at.rules.levels.above(duty_code)
    while above is not None and at.may("reports.handle", path_of(above)):
        higher = at.rules.levels.above(above)
        if higher is None:
            break
        above = higher
    return above


def hand_back(
    database: Database, actor: Actor, key: str, *, reason: str, seen: int, now: datetime | None = None
) -> Case:
    """承办单位退单: the handler whom it was given to gives it back, to whoever gave it."""
    with desk(database, actor, now=now) as at:
        case = at.open(key, seen=seen)
        move = at.check(case, "hand_back", _given(reason=reason))
        own = [a for a in at.own_assignments(case) if a.role in _WORKING]
        store.change_assignments(at.connection, [a.id for a in own], ended_at=at.now)
        text_id = at.text(case.id, reason, role="reason")
        lead = any(a.role == "lead" for a in own)
        # Without its joint handler a case stays where it is.
        return at.step(case, move, to=None if lead else case.stage, text_id=text_id, data={"lead": lead})


def redispatch(
    database: Database,
    actor: Actor,
    key: str,
    *,
    place_code: str,
    reason: str,
    seen: int,
    now: datetime | None = None,
) -> Case:
    """改派: another place is to act. History and clock go on; nobody has to tell anything twice."""
    with desk(database, actor, now=now) as at:
        case = at.open(key, seen=seen)
        move = at.check(case, "redispatch", _given(reason=reason, place=place_code))
        if place_code not in ground(at.connection, on=at.on).codes_known:
            raise Invalid("没有编码为 %(code)s 的区划；请在名单中选择。", code=place_code[:17])
        # Within what the actor oversees, or up to the level above it: what lies elsewhere goes by way of that level.
        tops = [top[-1] for top in at.actor.places("reports.dispatch", on=at.on) if top]
        above = {at.rules.levels.above(top) for top in tops if case.duty_code.startswith(top)}
        if not at.may("reports.dispatch", path_of(place_code)) and place_code not in above:
            raise Conflict("只能改派到本级管辖的地方；跨街道的请退到上一级，由上一级改派。")
        store.end_assignments(at.connection, case.id, at=at.now, roles=_WORKING)
        text_id = at.text(case.id, reason, role="reason")
        changes = {"duty_code": place_code, "duty_body_id": None}
        return at.step(case, move, changes=changes, text_id=text_id, data={"from": case.duty_code})


def classify(database: Database, actor: Actor, key: str, kind: str, *, seen: int, now: datetime | None = None) -> Case:
    """Say what kind of matter it is; its term follows, less what was used of the old one."""
    with desk(database, actor, now=now) as at:
        return classify_at(at, at.open(key, seen=seen), kind)


def classify_at(at: Desk, case: Case, kind: str) -> Case:
    """The same inside a transaction at hand."""
    move = at.check(case, "classify")
    old, new = at.rules.kinds.get(case.kind), at.rules.kinds.get(kind)
    changes: dict[str, Any] = {"kind": new.code, "urgency": new.urgency, "matter": new.matter}
    own_term = at.rules.terms.term(case.urgency, old.term).text
    term = at.rules.terms.term(new.urgency, new.term)
    # A term that an order set stays; only that of a kind follows the kind.
    if case.term == own_term and case.due_at is not None and term.text != case.term:
        due = at.rules.clock.reterm(at.now, case.due_at, Term.parse(case.term), term)
        changes |= {"term": term.text, "due_at": due.due_at, "near_at": due.near_at, "reminded_due": None}
    route = at.rules.routing.route(codes_of(case.place_code), new.code, on=at.on, managed=None)
    changes["route"] = f"{route.rule}：{route.why_zh}"[:400]
    return at.step(case, move, changes=changes, data={"from": case.kind, "to": new.code})


def relocate(
    database: Database,
    actor: Actor,
    key: str,
    lon: float,
    lat: float,
    *,
    seen: int,
    address: str | None = None,
    now: datetime | None = None,
) -> Case:
    """Put the pin where the matter really is. Whoever has the case keeps it, unless nobody has taken it up yet."""
    with desk(database, actor, now=now) as at:
        case = at.open(key, seen=seen)
        move = at.check(case, "relocate", {"place"})
        position = Position(lon, lat, "pin")
        if not position.is_possible():
            raise Invalid("这个位置不对；请在地图上重新点一下。")
        place = placed(position, ground(at.connection, on=at.on))
        changes: dict[str, Any] = {
            **store.point_columns(place.lonlat), "evidence": "pin", "datum": "wgs84", "accuracy_m": None,
            "near_border": place.near_border, "place_code": place.place_code,
        }  # fmt: skip
        if address is not None:
            changes["address"] = clean(address)[:200]
        if case.stage == Stage.COLLECT and place.place_code:
            route = at.rules.routing.route(place.codes, case.kind, on=at.on, managed=None)
            changes |= {"duty_code": route.duty_code, "route": f"{route.rule}：{route.why_zh}"[:400]}
        return at.step(case, move, changes=changes, data={"from": case.place_code, "near": list(place.neighbours)})


def note(database: Database, actor: Actor, key: str, words: str, *, now: datetime | None = None) -> Case:
    """Write something down for those who work on it; it hurries nobody and overtakes nobody."""
    with desk(database, actor, now=now) as at:
        case = at.open(key)
        move = at.check(case, "note")
        text_id = at.text(case.id, words, role="note")
        if text_id is None:
            raise Invalid("请写一句话。")
        at.aside(case, move, text_id=text_id)
        return case


def answer(
    database: Database,
    actor: Actor,
    key: str,
    words: str,
    *,
    outcome: str = "done",
    seen: int,
    now: datetime | None = None,
) -> Case:
    """反馈: what was done, or honestly why not; somebody else checks it. The sender reads the words."""
    with desk(database, actor, now=now) as at:
        case = at.open(key, seen=seen)
        move = at.check(case, "answer", _given(answer=words, outcome=outcome if outcome in OUTCOMES else ""))
        own = [a for a in at.own_assignments(case) if a.role in _WORKING]
        store.change_assignments(at.connection, [a.id for a in own], answered_at=at.now)
        return _answered(at, case, move, words, outcome, by=at.actor.name)


def _answered(at: Desk, case: Case, move: stages.Move, words: str, outcome: str, *, by: str) -> Case:
    text_id = at.text(case.id, words, role="answer", public=True)
    changes = {"answered_at": at.now, "answered_by": by, "outcome": outcome}
    return at.step(case, move, changes=changes, text_id=text_id, data={"outcome": outcome}, by=by)


def refuse(
    database: Database,
    actor: Actor,
    key: str,
    words: str,
    *,
    outcome: str,
    seen: int,
    now: datetime | None = None,
) -> Case:
    """不予立案: not ours (and whom to ask), or no longer needed; with an answer, by the community or above."""
    with desk(database, actor, now=now) as at:
        case = at.open(key, seen=seen)
        fit = outcome if outcome in {"not_ours", "no_longer_needed"} else ""
        move = at.check(case, "refuse", _given(answer=words, outcome=fit))
        text_id = at.text(case.id, words, role="answer", public=True)
        changes = {"answered_at": at.now, "answered_by": at.actor.name, **_closing(at, case, outcome)}
        return at.step(case, move, changes=changes, text_id=text_id, data={"outcome": outcome})


def verify(
    database: Database,
    actor: Actor,
    key: str,
    *,
    passed: bool,
    reason: str = "",
    close: bool = True,
    seen: int,
    now: datetime | None = None,
) -> Case:
    """核查 by a second person: passed (and closed in the same breath, unless ``close`` is False), or to be redone."""
    with desk(database, actor, now=now) as at:
        case = at.open(key, seen=seen)
        text_id = None
        if not passed:
            move = at.check(case, "rework", _given(reason=reason))
            text_id = at.text(case.id, reason, role="reason")
            return at.step(case, move, changes={"outcome": None, "answered_by": None}, text_id=text_id)
        move = at.check(case, "verify")
        text_id = at.text(case.id, reason, role="reason")
        case = at.step(case, move, changes={"verified_at": at.now}, text_id=text_id)
        return close_at(at, case) if close else case


def close(database: Database, actor: Actor, key: str, *, seen: int, now: datetime | None = None) -> Case:
    """结案 of a case that was checked; the sender is asked whether she is content."""
    with desk(database, actor, now=now) as at:
        return close_at(at, at.open(key, seen=seen))


def close_at(at: Desk, case: Case) -> Case:
    """The same inside a transaction at hand."""
    move = at.check(case, "close")
    return at.step(case, move, changes=_closing(at, case, case.outcome or "done"), data={"outcome": case.outcome})


def reopen(database: Database, actor: Actor, key: str, *, reason: str, seen: int, now: datetime | None = None) -> Case:
    """Take a closed case up again: it was not mended after all. It goes a level up, with a new term."""
    with desk(database, actor, now=now) as at:
        case = at.open(key, seen=seen)
        move = at.check(case, "reopen", _given(reason=reason))
        text_id = at.text(case.id, reason, role="reason")
        return again(at, case, move, text_id=text_id, by=None)


def _closing(at: Desk, case: Case, outcome: str) -> dict[str, Any]:
    """What closing writes: the end, everybody done, and the day on which contact data go."""
    store.end_assignments(at.connection, case.id, at=at.now, roles=("lead", "joint", "called"))
    contacts.keep_until(at.connection, case.id, at.now + timedelta(days=at.rules.terms.contact_days))
    return {"closed_at": at.now, "outcome": outcome}


def _given(**values: str) -> set[str]:
    """Names of what came and says something."""
    return {name for name, value in values.items() if clean(value)}
