"""What the holder of a receipt does: look, add, judge, say 没修好, take her data back; and 我也遇到."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from geoapp.accounts.people import VISITOR, Actor
from geoapp.db import Database
from geoapp.errors import Invalid
from geoapp.reports import numbers, stages, store
from geoapp.reports.actions import Desk, desk, looking
from geoapp.reports.cases import Case, Text
from geoapp.reports.contacts import store as contacts
from geoapp.reports.notices import store as hearing
from geoapp.reports.notices.proof import shown
from geoapp.reports.people import Contact, Sender
from geoapp.reports.photos import actions as photos
from geoapp.reports.receipts.view import (
    ReceiptView,
    can_say_not_mended,
    public_events,
    public_report,
)
from geoapp.reports.sending import throttles
from geoapp.reports.sending.actions import mark_of, new_key, spend
from geoapp.reports.sending.matter import Receipt
from geoapp.reports.stages import Stage, Standing
from geoapp.reports.tables import report_texts
from geoapp.reports.texts import clean

#: How long after closing somebody may say 没修好.
JUDGED_WITHIN_DAYS = 30
_HOLDER = Standing(receipt=True)
_LONGEST_CHAIN = 20
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Held:
    """Whose receipt it is: the sender's of ``case``, or that of somebody who joined it."""

    case: Case
    follower_id: int | None

    @property
    def is_sender(self) -> bool:
        """Is it the receipt of who sent the report?"""
        return self.follower_id is None


def held_by(at: Desk, code: str) -> Held:
    """What a receipt's code opens; whoever asks pays for wrong ones (`holding`)."""
    letters = numbers.read_code(code)
    found = store.by_secret(at.connection, numbers.hashed(letters)) if letters is not None else None
    # The hash was looked up by an index; comparing it once more in constant time tells nothing of a near miss.
    if found is None or not hmac.compare_digest(found[2], numbers.hashed(letters or "")):
        raise _Guess
    return Held(store.case_by_id(at.connection, found[0]), found[1])


class _Guess(Exception):
    """A wrong code: what it costs is written in a transaction of its own, for the one at hand is undone."""


def holding(
    database: Database,
    code: str,
    address: str,
    work: Callable[[Desk, Held], Any],
    *,
    write: bool = True,
    now: datetime | None = None,
) -> Any:
    """Do something in the name of whoever holds a receipt; a wrong code is NoSuchReport, and costs ``address``."""
    try:
        for _ in range(_TRIES):
            try:
                with (desk if write else looking)(database, VISITOR, now=now) as at:
                    return work(at, held_by(at, code))
            except store.StaleCase:
                # An official was quicker: who holds a receipt has seen no revision and just tries again.
                continue
        raise store.stale()
    except _Guess:
        with desk(database, VISITOR, now=now) as at:
            spend(at, throttles.for_guessing(address, factor=database.settings.rate_limits))
        raise store.no_such_report() from None


def view(database: Database, code: str, *, address: str, now: datetime | None = None) -> ReceiptView:
    """The state of a case, to whoever holds its receipt."""

    def look(at: Desk, held: Held) -> ReceiptView:
        own, root = held.case, root_of(at, held.case)
        texts = store.texts(at.connection, {own.id, root.id})
        events = store.events(at.connection, root.id)
        mine = [t for t in texts if held.is_sender and t.report_id == own.id and _is_own(t)]
        judge = root.stage == Stage.EVALUATE
        return ReceiptView(
            report=public_report(root, texts, events[-1].at),
            number=own.number,
            events=public_events(events, texts),
            own_words=tuple(t.text for t in mine if t.text),
            is_sender=held.is_sender,
            can_say_not_mended=can_say_not_mended(root, now=at.now, days=JUDGED_WITHIN_DAYS),
            can_judge=judge and held.is_sender and root.judged_at is None,
            can_withdraw=own.stage == Stage.COLLECT and held.is_sender and own.me_too == 0,
            has_contact=held.is_sender and contacts.has_contact(at.connection, own.id),
            hears_by=hearing.hears_by(at.connection, own.id, held.follower_id),
            asked=_asked(at, held),
            merged_into=root.number if root.id != own.id else None,
            judged=(root.solved, root.satisfied),
        )

    found: ReceiptView = holding(database, code, address, look, write=False, now=now)
    return found


def _asked(at: Desk, held: Held) -> str:
    waiting = hearing.unproved(at.connection, held.case.id, held.follower_id)
    contact = contacts.follower(at.connection, waiting) if waiting is not None else None
    return shown(contact) if contact is not None and contact.channel != "none" else ""


def _is_own(text: Text) -> bool:
    """Words of a report's sender, as she sent them or as they were taken down for her."""
    return text.role in {"report", "addition"} or (text.role == "judgement" and text.by == "sender")


def report_of(database: Database, code: str, *, address: str) -> tuple[int, int | None]:
    """Ids of the report and of the follower (None: the sender) that a receipt belongs to, for photographs and links."""
    found: tuple[int, int | None] = holding(
        database, code, address, lambda at, held: (held.case.id, held.follower_id), write=False
    )
    return found


def say_not_mended(
    database: Database, code: str, words: str = "", *, address: str, now: datetime | None = None
) -> None:
    """没修好: the case is taken up again, first by the secretary 书记, then a level higher each time."""

    def reopen(at: Desk, held: Held) -> None:
        case = root_of(at, held.case)
        move = stages.check(case.stage, "not_mended", _HOLDER)
        if not can_say_not_mended(case, now=at.now, days=JUDGED_WITHIN_DAYS):
            raise Invalid("办完已经超过三十天；请重新反映一次，我们会接着办。")
        text_id = at.text(_shelf(held, case), words, role="judgement", public=True, held=True, by=_writer(held))
        again(at, case, move, text_id=text_id, by="sender", solved=False)

    holding(database, code, address, reopen, now=now)


def again(at: Desk, case: Case, move: stages.Move, *, text_id: int | None, by: str | None, **changes: Any) -> Case:
    """Take a closed or answered case up again, with a new term, at the level that it is now for."""
    times = case.reopened + 1
    duty = at.rules.levels.after_not_mended(case.duty_code, case.place_code, times=times)
    due = at.rules.clock.due(at.now, at.rules.terms.term(case.urgency, case.term))
    store.end_assignments(at.connection, case.id, at=at.now, roles=("lead", "joint", "called"))
    contacts.keep_until(at.connection, case.id, None)
    values = {
        "reopened": times, "duty_code": duty, "due_at": due.due_at, "near_at": due.near_at, "closed_at": None,
        "outcome": None, "verified_at": None, "raised_due": None, "reminded_due": None, "judged_at": None,
        "solved": None, "satisfied": None, **changes,
    }  # fmt: skip
    return at.step(case, move, changes=values, text_id=text_id, data={"times": times, "from": case.duty_code}, by=by)


def say_satisfied(
    database: Database,
    code: str,
    *,
    solved: bool,
    satisfied: bool | None,
    words: str = "",
    address: str,
    now: datetime | None = None,
) -> None:
    """满意吗: was it solved, and is the sender content? Asked once for each closing; answered by the sender alone."""

    def judge(at: Desk, held: Held) -> None:
        case = root_of(at, held.case)
        move = stages.check(case.stage, "satisfied", _HOLDER)
        if not held.is_sender or case.judged_at is not None:
            raise Invalid("这件事已经评价过，或者由最先反映的人评价；谢谢。")
        text_id = at.text(_shelf(held, case), words, role="judgement", public=True, held=True, by=_writer(held))
        changes = {"solved": solved, "satisfied": satisfied, "judged_at": at.now}
        at.step(case, move, changes=changes, text_id=text_id, by="sender")

    holding(database, code, address, judge, now=now)


def add_words(database: Database, code: str, words: str, *, address: str, now: datetime | None = None) -> None:
    """Add to what was reported; held until somebody releases it."""

    def add(at: Desk, held: Held) -> None:
        spend(at, throttles.for_joining(Sender(address), factor=at.database.settings.rate_limits))
        case = root_of(at, held.case)
        move = stages.check(case.stage, "add", _HOLDER)
        if not clean(words):
            raise Invalid("请写一句话。")
        # The words belong to the sender's own report, the event to the case that is worked on.
        text_id = at.text(_shelf(held, case), words, role="addition", public=True, held=True, by=_writer(held))
        at.aside(case, move, text_id=text_id, by="sender" if held.is_sender else "follower")

    holding(database, code, address, add, now=now)


def take_back(database: Database, code: str, *, address: str, words: bool = False, now: datetime | None = None) -> None:
    """Take one's personal data back; the case stays. ``words``: one's own words go too, and are public no more."""

    holding(database, code, address, lambda at, held: take_back_at(at, held, words=words), now=now)


def take_back_at(at: Desk, held: Held, *, words: bool) -> None:
    """The same inside a transaction at hand."""
    case = held.case
    move = stages.check(case.stage, "take_back", _HOLDER)
    changes = _forget_sender(at, case, words=words) if held.is_sender else {}
    if not held.is_sender:
        contacts.erase(at.connection, contacts.of_report(case.id, held.follower_id), at=at.now)
        store.end_follower(at.connection, held.follower_id or 0, at=at.now)
        photos.forget(at.connection, case.id, _writer(held), shown=words, now=at.now)
        if words:
            _blank(at, report_texts.c.by == _writer(held))
    at.step(case, move, changes=changes, data={"words": words}, by="sender" if held.is_sender else "follower")


def _forget_sender(at: Desk, case: Case, *, words: bool) -> dict[str, Any]:
    """Take the sender's data out of what belongs to a report; gives what is to be changed in the report itself."""
    contacts.erase(at.connection, contacts.of_report(case.id), at=at.now)
    contacts.erase(at.connection, contacts.of_sender_followers(case.id), at=at.now)
    store.end_own_followers(at.connection, case.id, at=at.now)
    photos.forget(at.connection, case.id, "sender", shown=words, now=at.now)
    changes: dict[str, Any] = {"sender_sha256": None, "person_id": None}
    if words:
        changes["address"] = ""
        roles = report_texts.c.role.in_(["report", "addition", "judgement"])
        others = report_texts.c.by.startswith("follower")
        _blank(at, (report_texts.c.report_id == case.id) & roles & ~others)
    return changes


def _blank(at: Desk, where: sa.ColumnElement[bool]) -> None:
    store.change_texts(at.connection, where, text=None, shown=None, state="hidden")


def withdraw(database: Database, code: str, *, address: str, now: datetime | None = None) -> None:
    """Take a report back that nobody has taken up or joined; it ends, and its sender's data go with it."""

    def end(at: Desk, held: Held) -> None:
        case = held.case
        move = stages.check(case.stage, "withdraw", _HOLDER)
        if not held.is_sender or case.me_too:
            raise Invalid("有人在办或也遇到了，不能撤回；可以收回您的联系方式。")
        changes = _forget_sender(at, case, words=True)
        at.step(case, move, changes={**changes, "closed_at": at.now, "outcome": "withdrawn"}, by="sender")

    holding(database, code, address, end, now=now)


def join(
    database: Database,
    actor: Actor,
    number: str,
    *,
    sender: Sender,
    key: str | None = None,
    contact: Contact | None = None,
    me_too: bool = True,
    language: str = "zh",
    now: datetime | None = None,
) -> Receipt:
    """我也遇到 (or only follow): a receipt of one's own for a case that somebody else reported.

    A device counts once for a case, and the sender's own not at all; then the receipt is marked ``again``.
    """
    code = numbers.code_from(key or new_key())
    with desk(database, actor, now=now) as at:
        known = store.by_secret(at.connection, numbers.hashed(code))
        if known is not None:
            return _joined(store.case_by_id(at.connection, known[0]), code, again=True)
        spend(at, throttles.for_joining(sender, factor=at.database.settings.rate_limits))
        case = root_of(at, store.case_by_number(at.connection, number))
        if case.hidden:
            raise store.no_such_report()
        move = stages.check(case.stage, "join" if me_too else "follow", Standing())
        device = mark_of(at.database.settings.data, sender)
        own = device is not None and device == case.sender_sha256
        if own or store.has_joined(at.connection, case.id, device, actor.person.id if actor.person else None):
            return _joined(case, "", again=True)
        checked = (contact or Contact()).checked()
        person = actor.person.id if actor.person is not None else None
        follower = store.add_follower(
            at.connection, report_id=case.id, me_too=me_too, person_id=person, secret_sha256=numbers.hashed(code),
            device_sha256=device, channel=_channel(checked, person),
            language=language, at=at.now,
        )  # fmt: skip
        if checked:
            contacts.add(at.connection, case.id, checked, follower_id=follower)
        if me_too:
            store.change_me_too(at.connection, case.id, 1)
        at.aside(case, move, by="follower")
    return _joined(case, code)


def _channel(contact: Contact, person_id: int | None) -> str:
    return contact.channel if contact.channel != "none" or person_id is None else "app"


def _writer(held: Held) -> str:
    """How words name who wrote them, so that she can take them back."""
    return "sender" if held.follower_id is None else f"follower:{held.follower_id}"


def _shelf(held: Held, root: Case) -> int:
    """Whose words they are kept with: the sender's own report, or the case that a follower joined."""
    return held.case.id if held.is_sender else root.id


def _joined(case: Case, code: str, *, again: bool = False) -> Receipt:
    return Receipt(case.number, code, case.stage, case.kind, case.place_code, case.near_border, False, case.id,
                   case.key, again)  # fmt: skip


def root_of(at: Desk, case: Case) -> Case:
    """The case that is worked on: itself, or the one that it was merged into."""
    for _ in range(_LONGEST_CHAIN):
        if case.merged_into is None:
            return case
        case = store.case_by_id(at.connection, case.merged_into)
    return case
