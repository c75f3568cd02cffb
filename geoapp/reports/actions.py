"""The one way in which a case changes: right and state are checked, then case, timeline and audit are written."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.engine import Connection

from geoapp import events
from geoapp.accounts.people import Actor
from geoapp.accounts.roles import PERMISSIONS, PlacePath
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database, utcnow
from geoapp.reports import stages, store
from geoapp.reports.cases import Assignment, Case, Event
from geoapp.reports.notices import actions as notices
from geoapp.reports.rulebook.store import Rulebook, rulebook
from geoapp.reports.stages import Standing
from geoapp.reports.texts import clean

#: Rights that decide what may be done to a case.
_PERMISSIONS = tuple(name for name in PERMISSIONS if name.startswith("reports."))
#: A body that was called in may say that it responds and arrives; the handlers answer.
ANY_ROLE = frozenset({"respond", "arrive", "note", "photo"})


@dataclass
class Desk:
    """One transaction of one actor: the database's connection, the rules in force, and the moment."""

    database: Database
    connection: Connection
    rules: Rulebook
    actor: Actor
    now: datetime
    _bodies: list[int] | None = field(default=None)

    @property
    def on(self) -> date:
        """The civil day of the moment."""
        return self.rules.day(self.now)

    # -- looking -----------------------------------------------------------------------------------------------

    def open(self, key: str, *, seen: int | None = None) -> Case:
        """The case of that key as it stands; for whoever may not know of it there is none.

        Raises
        ------
        NoSuchReport : there is none, or not for this actor
        StaleCase : it is no longer the revision that was ``seen``
        """
        found = store.case(self.connection, key)
        if not self.may_see(found):
            raise store.no_such_report()
        if seen is not None and found.revision != seen:
            raise store.stale()
        return found

    def may_see(self, case: Case) -> bool:
        """May the actor see the inside of a case: where it lies, where it is on duty, or when it is hers to handle?"""
        places = (case.duty_path, case.place_path)
        return any(self.may("reports.inside", place) for place in places) or bool(self.own_assignments(case))

    def may(self, permission: str, place: PlacePath) -> bool:
        """Is a right held at a place? What lies in no place belongs to whoever holds it everywhere."""
        if place:
            return self.actor.may(permission, place, on=self.on)
        return () in self.actor.places(permission, on=self.on)

    @property
    def bodies(self) -> list[int]:
        """Ids of the bodies that the actor is a member of."""
        if self._bodies is None:
            person = self.actor.person
            self._bodies = [] if person is None else store.bodies_of(self.connection, person.id, on=self.on)
        return self._bodies

    def own_assignments(self, case: Case) -> list[Assignment]:
        """What of the case is given to the actor or to a body of hers, and not ended."""
        if self.actor.person is None:
            return []
        mine = self.actor.person.id
        found = store.assignments(self.connection, [case.id])
        return [a for a in found if a.ended_at is None and (a.person_id == mine or a.body_id in self.bodies)]

    def standing(self, case: Case, event: str = "", *, asked_by: str | None = None) -> Standing:
        """How the actor stands to a case."""
        held = frozenset(p for p in _PERMISSIONS if self.may(p, case.duty_path))
        roles = {a.role for a in self.own_assignments(case)}
        return Standing(
            permissions=held,
            assigned=bool(roles if event in ANY_ROLE else roles - {"called"}),
            system=bool(self.actor.system),
            answered_it=case.answered_by == self.actor.name,
            asked_for_it=asked_by == self.actor.name,
        )

    # -- changing ----------------------------------------------------------------------------------------------

    def check(
        self, case: Case, event: str, given: Collection[str] = (), *, standing: Standing | None = None
    ) -> stages.Move:
        """The row of the table for what the actor wants; an error says who may, or what is missing."""
        return stages.check(case.stage, event, standing or self.standing(case, event), given)

    def text(
        self, case_id: int, words: str, *, role: str, public: bool = False, held: bool = False, by: str | None = None
    ) -> int | None:
        """Store words; None for none. ``held``: they wait until somebody releases them."""
        words = clean(words)
        if not words:
            return None
        return store.add_text(
            self.connection,
            report_id=case_id,
            role=role,
            by=by or self.name,
            at=self.now,
            text=words,
            audience="public" if public else "internal",
            state="held" if held else "released",
        )

    @property
    def name(self) -> str:
        """How the timeline names the actor."""
        return self.actor.name

    def step(
        self,
        case: Case,
        move: stages.Move,
        *,
        to: str | None = None,
        changes: dict[str, Any] | None = None,
        text_id: int | None = None,
        data: dict[str, Any] | None = None,
        by: str | None = None,
    ) -> Case:
        """Write a checked move: the case, one line of its timeline, one entry of the audit, and who is told.

        Parameters
        ----------
        to : another stage than the table's, for moves that lead back to where a case was
        by : another name for the timeline than the actor's
        """
        target = to or (str(move.target) if move.target is not None else case.stage)
        after = store.change(self.connection, case, {"stage": target, **(changes or {})})
        line = Event(0, case.id, self.now, move.event, by or self.name, case.stage, after.stage, after.duty_code,
                     text_id, data or {}, after.revision)  # fmt: skip
        self.note(line, after, before=case)
        return after

    def aside(
        self,
        case: Case,
        move: stages.Move,
        *,
        text_id: int | None = None,
        data: dict[str, Any] | None = None,
        by: str | None = None,
        audited: dict[str, list[Any]] | None = None,
    ) -> None:
        """Write a checked move that leaves the case as it is: whoever looks at it just now is not overtaken.

        ``audited``: {field: [before, after]} of what changed beside the case.
        """
        line = Event(0, case.id, self.now, move.event, by or self.name, case.stage, case.stage, case.duty_code,
                     text_id, data or {}, case.revision)  # fmt: skip
        self.note(line, case, before=case, audited=audited)

    def note(
        self, line: Event, after: Case, *, before: Case | None, audited: dict[str, list[Any]] | None = None
    ) -> None:
        """Write a line of the timeline and its entry of the audit, and tell those concerned."""
        values = {name: getattr(line, name) for name in Event.__dataclass_fields__ if name != "id"}
        event_id = store.add_event(self.connection, **values)
        events.report_changed.send(
            "reports", report_id=after.id, kind=line.kind, event_id=event_id, connection=self.connection
        )
        notices.announce(self.connection, after, line, event_id, rules=self.rules, now=self.now)
        trail.record(
            self.database,
            self.connection,
            self.actor,
            f"reports.{line.kind}",
            subject=after.key,
            place=after.place_path,
            values={**_differences(before, after), **(audited or {})},
        )


@contextmanager
def desk(database: Database, actor: Actor, *, now: datetime | None = None) -> Iterator[Desk]:
    """One transaction in which an actor changes cases."""
    rules = rulebook(database.settings)
    with database.transaction() as connection:
        yield Desk(database, connection, rules, actor, now or utcnow())


@contextmanager
def looking(database: Database, actor: Actor, *, now: datetime | None = None) -> Iterator[Desk]:
    """The same for one who only looks."""
    rules = rulebook(database.settings)
    with database.reading() as connection:
        yield Desk(database, connection, rules, actor, now or utcnow())


#: What the audit says of a change; texts and contact data are no part of it.
_AUDITED = (
    "stage", "outcome", "kind", "matter", "place_code", "duty_code", "due_at", "term", "merged_into", "hidden",
    "reopened", "raised",
)  # fmt: skip


def _differences(before: Case | None, after: Case) -> dict[str, list[Any]]:
    """{field: [before, after]} of what the audit tells."""
    found = {}
    for name in _AUDITED:
        old, new = getattr(before, name) if before is not None else None, getattr(after, name)
        if old != new:
            found[name] = [_plain(old), _plain(new)]
    return found


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
