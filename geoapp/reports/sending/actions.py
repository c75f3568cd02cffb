"""Taking a report in: placed, routed, timed, told from its double, and answered with a receipt."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from sqlalchemy.exc import IntegrityError

from geoapp.accounts import store as accounts
from geoapp.accounts.people import Actor
from geoapp.accounts.roles import PlacePath
from geoapp.db import Database
from geoapp.errors import Conflict, Invalid, TooOften
from geoapp.files import secret_key
from geoapp.places.hierarchy import path_of
from geoapp.reports import numbers, store
from geoapp.reports.actions import Desk, clean, desk
from geoapp.reports.cases import Case, Event
from geoapp.reports.contacts import store as contacts
from geoapp.reports.doors import store as doors
from geoapp.reports.doors.store import Door
from geoapp.reports.kinds import MATTERS, Kind
from geoapp.reports.people import Sender
from geoapp.reports.placing import Placed, Position, best, placed
from geoapp.reports.routing import Route
from geoapp.reports.rulebook.store import ground
from geoapp.reports.sending import throttles
from geoapp.reports.sending.matter import CHANNELS, Official, Receipt, Sending
from geoapp.reports.sending.throttles import Bucket
from geoapp.reports.stages import Stage
from geoapp.reports.terms import Due, Term


class EmptyReport(Invalid):
    """Neither words nor a photograph."""


class TooManyReports(TooOften):
    """An address, a device or a place sent more than it may."""


class UsedKey(Conflict):
    """Something else was sent under this key before."""


_TRIES = 4


def new_key() -> str:
    """A key for a form or a draft: whoever sends it twice has sent once."""
    return secrets.token_urlsafe(24)


def submit(
    database: Database,
    actor: Actor,
    sending: Sending,
    *,
    sender: Sender,
    key: str | None = None,
    official: Official | None = None,
    along: Callable[[Desk, Receipt], None] = lambda at, receipt: None,
    now: datetime | None = None,
) -> Receipt:
    """Take a report in; durable, with its audit entry, when this returns.

    Parameters
    ----------
    key : of the sending; the same one again gives the same receipt and stores nothing
    official : what only an official who takes it down may say; needs ``reports.handle`` where it lies
    along : stores what comes with it, such as photographs, in the same transaction: all of it is kept, or nothing

    Raises
    ------
    EmptyReport, TextTooLong, BadContact, BadPosition, UnknownKind : what was sent cannot be taken
    TooManyReports : the throttle of an address, device or place is empty; ``wait_s`` says how long
    UsedKey : the key belongs to other words
    """
    key = key or new_key()
    if sending.trap:
        return _nothing(key, sending)
    for attempt in range(_TRIES):
        try:
            with desk(database, actor, now=now) as at:
                receipt = take(at, sending, sender=sender, key=key, official=official)
                along(at, receipt)
                return receipt
        except IntegrityError:
            # Another process was quicker with the same key, number or bucket: look again.
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


def take(
    at: Desk, sending: Sending, *, sender: Sender, key: str | None = None, official: Official | None = None
) -> Receipt:
    """The same inside a transaction at hand, for orders, imports and patrols that take in many at once."""
    key = key or new_key()
    code = numbers.code_from(key)
    known = store.sending(at.connection, numbers.hashed(key))
    if known is not None:
        return _again(at, known, sending, code)
    words = _checked(at, sending)
    door, place = _where(at, sending)
    if official is None:
        spend(at, throttles.for_sending(sender, place.place_code, factor=at.database.settings.rate_limits))
    else:
        at.actor.require("reports.import" if sending.channel == "import" else "reports.handle",
                         _path(place.place_code), on=at.on)  # fmt: skip
        _require_new(at, official)
    case = _store(at, sending, words, door, place, sender, code, official)
    store.add_sending(at.connection, key_sha256=numbers.hashed(key), report_id=case.id,
                      content_sha256=sending.content_sha256(), at=at.now)  # fmt: skip
    return _receipt(case, code, outside=place.outside)


def _require_new(at: Desk, official: Official) -> None:
    if official.origin_number is not None:
        known = store.case_by_origin(at.connection, official.origin, official.origin_number)
        if known is not None:
            raise Conflict(
                f"{official.origin} {official.origin_number} 已经录入，受理编号 {numbers.spoken(known.number)}。"
            )


def spend(at: Desk, buckets: list[Bucket]) -> None:
    """Take one from each bucket; TooManyReports for the emptiest of those that are empty."""
    if at.actor.system:
        return
    waits = [
        accounts.take_token(at.connection, b.what, capacity=b.capacity, refill_s=b.refill_s, now=at.now)
        for b in buckets
    ]
    wait_s = max(waits, default=0.0)
    if wait_s > 0:
        raise TooManyReports(f"反映得太频繁了；请过 {int(wait_s) + 1} 秒再试，紧急情况请打电话。", wait_s=wait_s)


def mark_of(settings_data: Path, sender: Sender) -> str | None:
    """By which one sender's reports are told together, and which says nothing of her to whoever has the database."""
    who = sender.device or sender.address
    if not who:
        return None
    return hmac.new(_secret(settings_data), who.encode("utf-8", "backslashreplace"), hashlib.sha256).hexdigest()


@lru_cache(maxsize=8)
def _secret(folder: Path) -> bytes:
    return secret_key(folder)


# -- steps ---------------------------------------------------------------------------------------------------------


def _checked(at: Desk, sending: Sending) -> str:
    """The words as they are kept, once all else that was sent can be taken too."""
    words = clean(sending.words)
    if not words and sending.photos < 1:
        raise EmptyReport("请写一句话，或拍一张照片。")
    if sending.channel not in CHANNELS or sending.language not in {"zh", "en"} or sending.matter not in MATTERS:
        raise Invalid("提交的内容不完整；请刷新页面后重新填写。")
    at.rules.kinds.get(sending.kind)
    if len(sending.address) > 200:
        raise Invalid("地址太长；请写短一些。")
    return words


def _where(at: Desk, sending: Sending) -> tuple[Door | None, Placed]:
    """The door that was scanned, and the place by the best evidence there is."""
    door = doors.door(at.connection, sending.door_key) if sending.door_key else None
    if door is not None and door.revoked_at is not None:
        door = None
    positions = list(sending.positions)
    place_code = sending.place_code
    if door is not None:
        place_code = place_code or door.place_code
        if door.lon is not None and door.lat is not None:
            positions.append(Position(door.lon, door.lat, "building"))
    return door, placed(best(positions), ground(at.connection, on=at.on), place_code=place_code)


def _path(code: str) -> PlacePath:
    return path_of(code) if code else ()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the rules make of a report: whom it goes to, and by when."""

    kind: Kind
    route: Route
    duty_code: str
    body_id: int | None
    term: Term
    due: Due


def _plan(at: Desk, sending: Sending, place: Placed, official: Official, managed: bool | None) -> _Plan:
    kind = at.rules.kinds.get(sending.kind)
    route = at.rules.routing.route(place.codes, kind.code, on=at.on, managed=managed)
    duty = route.duty_code or _district(at)
    body = store.body_for(at.connection, route.body, _path(duty)) if route.body else None
    term = at.rules.terms.term(kind.urgency, official.term or kind.term)
    due = at.rules.clock.due(official.reported_at or at.now, term)
    if official.due_at is not None:
        due = Due(min(due.near_at, official.due_at), official.due_at)
    return _Plan(kind, route, duty, body.id if body else None, term, due)


def _district(at: Desk) -> str:
    """Who looks after what lies in no place: the district, where there is one only."""
    districts = [code for code in ground(at.connection, on=at.on).codes_known if len(code) == 6]
    return districts[0] if len(districts) == 1 else ""


def _store(
    at: Desk,
    sending: Sending,
    words: str,
    door: Door | None,
    place: Placed,
    sender: Sender,
    code: str,
    taken_down: Official | None,
) -> Case:
    official = taken_down or Official()
    managed = official.managed if official.managed is not None or door is None else door.managed
    plan = _plan(at, sending, place, official, managed)
    report_id = store.add_case(
        at.connection, lonlat=place.lonlat, number=store.free_number(at.connection),
        secret_sha256=numbers.hashed(code), matter=plan.kind.matter if sending.kind != "unsorted" else sending.matter,
        kind=plan.kind.code, urgency=plan.kind.urgency, stage=Stage.COLLECT, channel=sending.channel,
        origin=official.origin, origin_number=official.origin_number, evidence=place.evidence, datum=place.datum,
        accuracy_m=place.accuracy_m, near_border=place.near_border,
        address=clean(sending.address) or (door.address if door is not None else ""),
        door_id=door.id if door is not None else None, place_code=place.place_code, duty_code=plan.duty_code,
        duty_body_id=plan.body_id, route=f"{plan.route.rule}：{plan.route.why_zh}"[:400],
        reported_at=official.reported_at or at.now, due_at=plan.due.due_at, near_at=plan.due.near_at,
        term=plan.term.text, sender_sha256=mark_of(at.database.settings.data, sender),
        person_id=at.actor.person.id if at.actor.person is not None and taken_down is None else None,
        language=sending.language, illustrative=official.illustrative,
    )  # fmt: skip
    case = store.case_by_id(at.connection, report_id)
    by = "sender" if taken_down is None else at.name
    text_id = at.text(report_id, words, role="report", public=True, held=not official.released, by=by)
    if sending.contact:
        _keep_contact(at, case, sending)
    data = {"channel": sending.channel, "rule": plan.route.rule, "near": list(place.neighbours), **official.data}
    line = Event(0, report_id, at.now, "send", by, "", case.stage, case.duty_code, text_id, data, 1)
    at.note(line, case, before=None)
    return case


def _keep_contact(at: Desk, case: Case, sending: Sending) -> None:
    contact = sending.contact.checked()
    contacts.add(at.connection, case.id, contact)
    if contact.channel != "none":
        follower = store.add_follower(
            at.connection, report_id=case.id, me_too=False, channel=contact.channel, language=case.language, at=at.now
        )
        contacts.add(at.connection, case.id, contact, follower_id=follower)


def _again(at: Desk, known: tuple[int, str], sending: Sending, code: str) -> Receipt:
    report_id, content = known
    if content != sending.content_sha256():
        raise UsedKey("这份反映已经交过了，内容不一样；要另外反映请重新打开页面。")
    case = store.case_by_id(at.connection, report_id)
    return _receipt(case, code, outside=case.lon is not None and not case.place_code, again=True)


def _receipt(case: Case, code: str, *, outside: bool, again: bool = False) -> Receipt:
    return Receipt(case.number, code, case.stage, case.kind, case.place_code, case.near_border, outside, case.id,
                   case.key, again)  # fmt: skip


def _nothing(key: str, sending: Sending) -> Receipt:
    """What a machine gets that filled the hidden field in: a receipt that opens nothing."""
    number = numbers.new_number(secrets.randbelow)
    return Receipt(number, numbers.code_from(key), Stage.COLLECT, sending.kind, "", False, False, 0, "", False)
