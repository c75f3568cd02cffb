"""Telling people of a case: in the app at once, by letter through the queue of background work."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy.engine import Connection

from geoapp.accounts.people import Actor
from geoapp.accounts.roles import Rank
from geoapp.db import Database, utcnow
from geoapp.jobs import add_several_within
from geoapp.places.hierarchy import level_of, path_of
from geoapp.reports.cases import Case, Event
from geoapp.reports.notices import store
from geoapp.reports.notices.tasks import LETTER
from geoapp.reports.notices.wording import TOLD_TO_RESIDENTS
from geoapp.reports.rulebook.store import Rulebook

#: Who is told: the officials on duty, the handlers, or whoever may approve.
_TO_DUTY = frozenset(
    {"send", "return", "hand_back", "redispatch", "raise", "not_mended", "reopen", "answer", "add"}
)  # fmt: skip
_TO_HANDLERS = frozenset({"assign", "rework", "extend", "hang", "decline", "not_mended", "add"})
_TO_CALLED = frozenset({"call"})
_TO_APPROVERS = frozenset({"ask_extension", "ask_hang"})
_RANK_OF_LEVEL = {
    "courtyard": (Rank.GRID,),
    "grid": (Rank.GRID,),
    "community": (Rank.COMMUNITY,),
    "subdistrict": (Rank.SUBDISTRICT,),
    "district": (Rank.DISTRICT,),
}


def announce(connection: Connection, case: Case, line: Event, event_id: int, *, rules: Rulebook, now: datetime) -> None:
    """Tell those concerned of a new line of a case's timeline, inside its transaction."""
    on = rules.day(now)
    kind = str(line.data.get("what", line.kind)) if line.kind == "remind" else line.kind
    people: set[int] = set()
    if line.kind in _TO_DUTY | {"remind"}:
        people |= _on_duty(connection, case.duty_path, on=on)
    if line.kind in _TO_HANDLERS | {"remind"}:
        people |= store.handlers(connection, case.id, roles=("lead", "joint"), on=on)
    if line.kind in _TO_CALLED:
        people |= store.handlers(connection, case.id, roles=("called",), on=on)
    if line.kind in _TO_APPROVERS:
        # From the community up: nobody approves her own wish, and grid officers approve none.
        people |= _on_duty(connection, case.duty_path[:3], on=on)
    if line.kind in TOLD_TO_RESIDENTS:
        people |= _tell_residents(connection, case, line, event_id)
    if people:
        people -= {store.person_id(connection, line.actor)}
        store.add(connection, people, report_id=case.id, event_id=event_id, kind=kind, at=now)


def announce_sent(connection: Connection, sent: Sequence[tuple[str, int, int, datetime]], *, rules: Rulebook) -> None:
    """Tell the officials on duty of new reports: of each its duty code, id, event and moment."""
    for on in {rules.day(now) for _, _, _, now in sent}:
        todays = [each for each in sent if rules.day(each[3]) == on and each[0]]
        found = _officials(connection, {duty for duty, _, _, _ in todays}, on=on)
        rows = [
            store.row(person, report_id=report_id, event_id=event_id, kind="send", at=now)
            for duty, report_id, event_id, now in todays
            for person in sorted(_nearest(path_of(duty), found))
        ]
        store.add_rows(connection, rows)


def _officials(connection: Connection, duty_codes: Collection[str], *, on: date) -> dict[str, set[int]]:
    """Who is on duty at the places and at all above them, by path."""
    codes = {code for duty in duty_codes for code in path_of(duty)}
    ranks = {rank.value for code in codes for rank in _RANK_OF_LEVEL[level_of(code).key]}
    paths = {"/".join(path_of(code)) for code in codes}
    return store.officials(connection, paths, ranks, on=on) if paths else {}


def _nearest(duty_path: tuple[str, ...], found: dict[str, set[int]]) -> set[int]:
    """Officials of a place; where it has none, those of the nearest place above it that has."""
    paths = ["/".join(duty_path[: n + 1]) for n in range(len(duty_path))]
    return next((found[path] for path in reversed(paths) if path in found), set())


def _on_duty(connection: Connection, duty_path: tuple[str, ...], *, on: date) -> set[int]:
    return _nearest(duty_path, _officials(connection, duty_path[-1:], on=on))


def _tell_residents(connection: Connection, case: Case, line: Event, event_id: int) -> set[int]:
    """Queue the letters, and give those who are told in the app; whoever reported a merged case hears too."""
    joined = [case.id, *store.merged_into(connection, case.id)]
    told = {case.person_id} if case.person_id is not None else set()
    for follower in store.followers(connection, joined):
        if follower.channel in {"email", "message"}:
            args = {"follower_id": follower.id, "report_id": case.id, "event_id": event_id}
            add_several_within(connection, LETTER.name, [args], title="通知")
        elif follower.person_id is not None:
            told.add(follower.person_id)
    return told


def see_up_to(database: Database, actor: Actor, newest: int) -> int:
    """Note that the actor has seen her news up to one (its id, inclusive); gives how many were new."""
    if actor.person is None:
        return 0
    with database.transaction() as connection:
        return store.mark_seen(connection, actor.person.id, newest, at=utcnow())
