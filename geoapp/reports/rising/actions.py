"""What the clock does: remind, raise a level 提级, let a hung case go on; each once, however often it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from geoapp.accounts.people import Actor
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database, utcnow
from geoapp.errors import Invalid
from geoapp.places.hierarchy import check_code, path_of
from geoapp.reports import stages, store
from geoapp.reports.actions import Desk, desk
from geoapp.reports.cases import Case
from geoapp.reports.escalation import MODES, RISING, watch
from geoapp.reports.rising import store as clock
from geoapp.reports.rulebook.store import Rulebook, rulebook
from geoapp.reports.store import Service
from geoapp.reports.terms import Term
from geoapp.reports.waiting.actions import resume_at

_BATCH = 200
_CLOCK = stages.Standing(system=True)
ORIGINAL_DAYS = 30


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one run did."""

    reminded: int = 0
    raised: int = 0
    resumed: int = 0


def escalate_due(database: Database, *, now: datetime | None = None) -> Ticked:
    """Do all that the clock has to do by now; each batch is a transaction of its own."""
    now = now or utcnow()
    actor = Actor(system="clock")
    reminded = raised = resumed = after = 0
    while True:
        with desk(database, actor, now=now) as at:
            modes = store.services(at.connection)
            batch = clock.due(at.connection, now=now, rising=_rising(at, modes), limit=_BATCH, after=after)
            for case in batch:
                said, rose = _tick(at, case, modes)
                reminded, raised = reminded + said, raised + rose
        if len(batch) < _BATCH:
            break
        after = batch[-1].id
    while True:
        with desk(database, actor, now=now) as at:
            hung = clock.hung_until(at.connection, now=now, limit=_BATCH)
            for case in hung:
                resume_at(at, case)
        resumed += len(hung)
        if len(hung) < _BATCH:
            return Ticked(reminded, raised, resumed)


def _rising(at: Desk, modes: dict[str, Service]) -> list[str]:
    """Codes below which overdue cases rise; all, where a district has made it the rule."""
    if at.rules.levels.default_mode == RISING:
        return [""]
    return [code for code, service in modes.items() if service.mode == RISING]


def _tick(at: Desk, case: Case, modes: dict[str, Service]) -> tuple[bool, bool]:
    todo = watch(
        now=at.now, near_at=case.near_at, due_at=case.due_at, reminded=case.reminded_due, raised_due=case.raised_due,
        duty_code=case.duty_code, mode=_mode(at.rules, modes, case), levels=at.rules.levels,
    )  # fmt: skip
    if todo.remind is not None:
        moment = case.due_at if todo.remind == "overdue" else case.near_at
        move = stages.check(case.stage, "remind", _CLOCK)
        case = at.step(case, move, changes={"reminded_due": moment}, data={"what": todo.remind})
    if todo.raise_to is not None:
        raise_at(at, case, todo.raise_to)
    return todo.remind is not None, todo.raise_to is not None


def _mode(rules: Rulebook, modes: dict[str, Service], case: Case) -> str:
    service = modes.get((case.place_code or case.duty_code)[:9])
    return service.mode if service is not None else rules.levels.default_mode


def raise_at(at: Desk, case: Case, above: str, *, standing: stages.Standing = _CLOCK) -> Case:
    """提级: the level above has it now, with a term of its own before it rises again; the case's own term stays."""
    move = stages.check(case.stage, "raise", standing)
    term = Term.parse(case.term)
    changes: dict[str, Any] = {
        "duty_code": above,
        "raised": case.raised + 1,
        "raised_due": at.rules.clock.advance(at.now, term.seconds, working=term.working),
    }
    return at.step(case, move, changes=changes, data={"from": case.duty_code})


def set_service(
    database: Database,
    actor: Actor,
    place_code: str,
    *,
    mode: str,
    original_days: int = ORIGINAL_DAYS,
    now: datetime | None = None,
) -> None:
    """Switch 提级办理 on or off for a subdistrict, and set how long original photographs are kept."""
    check_code(place_code, level="subdistrict")
    if mode not in MODES or not 1 <= original_days <= 3650:
        raise Invalid("模式应为试点或提级办理，原图保存 1 到 3650 天；请改正。")
    now = now or utcnow()
    actor.require("reports.settings", path_of(place_code), on=rulebook(database.settings).day(now))
    with database.transaction() as connection:
        before = store.services(connection).get(place_code)
        store.set_service(connection, Service(place_code, mode, original_days), by=actor.name, at=now)
        trail.record(
            database, connection, actor, "reports.settings", subject=place_code, place=path_of(place_code),
            values={"mode": [before.mode if before else None, mode],
                    "original_days": [before.original_days if before else None, original_days]},
        )  # fmt: skip
