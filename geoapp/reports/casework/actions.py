"""From the event of a form to the action that brings it about; which events there are is `stages.MOVES`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from geoapp.accounts.people import Actor
from geoapp.db import Database
from geoapp.errors import NotFound
from geoapp.reports import store
from geoapp.reports.bulk import actions as bulk
from geoapp.reports.calling import actions as calling
from geoapp.reports.cases import Case
from geoapp.reports.casework import forms
from geoapp.reports.handling import actions as handling
from geoapp.reports.handling.actions import Target
from geoapp.reports.merging import actions as merging
from geoapp.reports.waiting import actions as waiting


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled form of one case, and who sent it."""

    database: Database
    actor: Actor
    key: str
    form: MultiDict[str, str]

    @property
    def seen(self) -> int:
        """Revision of the case that the form was made for."""
        return forms.seen_of(self.form)

    def text(self, name: str) -> str:
        """A field; empty where it was not sent."""
        return self.form.get(name, "")

    def bodies(self) -> list[Target]:
        """The chosen bodies, without the lead."""
        return [Target(body_key=key) for key in self.form.getlist("bodies") if key != self.form.get("lead")]

    def do(self, action: Callable[..., Case], *given: object, **named: object) -> Case:
        """Call an action on the case as it was seen."""
        return action(self.database, self.actor, self.key, *given, seen=self.seen, **named)


def bring_about(database: Database, actor: Actor, key: str, event: str, form: MultiDict[str, str]) -> Case:
    """Bring an event about with what its form holds; NotFound for an event that has no form."""
    work = _WORK.get(event)
    if work is None:
        raise NotFound("没有这一步；请刷新页面。")
    return work(Filled(database, actor, key, form))


def _hang(f: Filled) -> Case:
    until = forms.end_of_day(f.text("until"), f.database.settings.zone)
    return f.do(waiting.ask_hang, until=until, reason=f.text("reason"))


def _merge(f: Filled) -> Case:
    with f.database.reading() as connection:
        into = store.case_by_number(connection, f.text("number"))
    return f.do(merging.merge, into.key)


def _one_of_many(action: str) -> Callable[[Filled], Case]:
    def work(f: Filled) -> Case:
        done = bulk.run(f.database, f.actor, action, [(f.key, f.seen)])
        if done.failed:
            raise forms.BadForm(next(iter(done.failed.values())))
        with f.database.reading() as connection:
            return store.case(connection, f.key)

    return work


_WORK: dict[str, Callable[[Filled], Case]] = {
    "accept": lambda f: f.do(handling.accept),
    "file": lambda f: f.do(handling.file),
    "assign": lambda f: f.do(handling.assign, Target(body_key=f.text("lead")), f.bodies(), reason=f.text("reason")),
    "classify": lambda f: f.do(handling.classify, f.text("kind")),
    "relocate": lambda f: f.do(handling.relocate, forms.degrees(f.form, "lon"), forms.degrees(f.form, "lat")),
    "note": lambda f: handling.note(f.database, f.actor, f.key, f.text("text")),
    "return": lambda f: f.do(handling.return_, reason=f.text("reason")),
    "hand_back": lambda f: f.do(handling.hand_back, reason=f.text("reason")),
    "redispatch": lambda f: f.do(handling.redispatch, place_code=f.text("place"), reason=f.text("reason")),
    "refuse": lambda f: f.do(handling.refuse, f.text("text"), outcome=f.text("outcome")),
    "answer": lambda f: f.do(handling.answer, f.text("text"), outcome=f.text("outcome") or "done"),
    "ask_extension": lambda f: f.do(waiting.ask_extension, term=f.text("term"), reason=f.text("reason")),
    "ask_hang": _hang,
    "resume": lambda f: f.do(waiting.resume),
    "call": lambda f: f.do(calling.whistle, f.bodies(), reason=f.text("reason")),
    "respond": lambda f: f.do(calling.respond, forms.whole(f.form, "assignment")),
    "arrive": lambda f: f.do(calling.arrive, forms.whole(f.form, "assignment")),
    "rework": lambda f: f.do(handling.verify, passed=False, reason=f.text("reason")),
    "verify": lambda f: f.do(handling.verify, passed=True),
    "close": lambda f: f.do(handling.close),
    "reopen": lambda f: f.do(handling.reopen, reason=f.text("reason")),
    "merge": _merge,
    "unmerge": lambda f: f.do(merging.unmerge),
    "hide": _one_of_many("hide"),
    "unhide": _one_of_many("unhide"),
}
EVENTS = frozenset(_WORK)
