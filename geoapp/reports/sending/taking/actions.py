"""Taking reports in, several at once: read what they need together, judge each alone, write them together.

Reports that come at the same moment share one transaction (`geoapp.reports.sending.actions.submit`): the disk is waited
for once, and a statement is composed once. What is wrong with one is told to its sender and touches no other.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from geoapp import events
from geoapp.accounts.buckets.store import Buckets
from geoapp.accounts.people import Actor
from geoapp.accounts.roles import PlacePath
from geoapp.accounts.trail import actions as trail
from geoapp.accounts.trail.actions import Told
from geoapp.db import Database
from geoapp.errors import Conflict, GeoappError, Invalid, TooOften
from geoapp.files import secret_key
from geoapp.places.hierarchy import path_of
from geoapp.reports import numbers, store
from geoapp.reports.actions import Desk
from geoapp.reports.contacts import store as contacts
from geoapp.reports.doors import store as doors
from geoapp.reports.doors.store import Door
from geoapp.reports.kinds import MATTERS, UNSORTED, Kind
from geoapp.reports.notices import actions as notices
from geoapp.reports.people import Contact, Sender
from geoapp.reports.placing import Ground, Placed, Position, best, placed
from geoapp.reports.routing import Route
from geoapp.reports.rulebook.store import Rulebook, ground
from geoapp.reports.sending import throttles
from geoapp.reports.sending.matter import CHANNELS, EmptyReport, Official, Receipt, Sending, UsedKey
from geoapp.reports.sending.throttles import Bucket
from geoapp.reports.stages import Stage
from geoapp.reports.terms import Due, Term
from geoapp.reports.texts import clean

#: What whoever takes a report down for somebody else has to hold where it lies, by the way it came in.
_RIGHTS = {"import": "reports.import", "patrol": "patrols.walk"}


#: What is told of an order that somebody else stored meanwhile.
THERE_ALREADY = "%(order)s 已经录入，受理编号 %(number)s。"


class TooManyReports(TooOften):
    """An address, a device or a place sent more than it may."""


@dataclass
class Item:
    """One sending on its way; in the end it has a ``receipt`` or an ``error``."""

    actor: Actor
    sending: Sending
    sender: Sender
    key: str
    official: Official | None
    now: datetime
    request_id: str = ""
    #: Stores what comes with it in the same transaction.
    along: Callable[[Desk, Receipt], None] | None = None
    receipt: Receipt | None = None
    error: BaseException | None = None

    def is_done(self) -> bool:
        """Has it come to its end?"""
        return self.receipt is not None or self.error is not None


@dataclass(frozen=True, slots=True)
class _Taken:
    """A sending that was judged good, and the rows that it becomes."""

    item: Item
    code: str
    words: str
    contact: Contact
    outside: bool
    near: tuple[str, ...]
    rule: str
    row: dict[str, Any]

    @property
    def by(self) -> str:
        """Who is told to have written it: the sender, or the official who took it down."""
        return "sender" if self.item.official is None else self.item.actor.name


@dataclass
class _Round:
    """One transaction and what its sendings need to know."""

    database: Database
    connection: Connection
    rules: Rulebook
    known: dict[str, tuple[int, str]]
    doors: dict[str, Door]
    _grounds: dict[date, Ground] = field(default_factory=dict)

    def ground(self, on: date) -> Ground:
        """The places of a day."""
        if on not in self._grounds:
            self._grounds[on] = ground(self.connection, on=on)
        return self._grounds[on]


def take_all(
    database: Database,
    connection: Connection,
    rules: Rulebook,
    items: Sequence[Item],
    *,
    later: list[Callable[[], None]] | None = None,
) -> None:
    """Give each of the items its receipt or its error, inside the transaction at hand.

    ``later`` takes what may be done after it is durable, as `trail.record_all` says.
    """
    keys = [numbers.hashed(item.key) for item in items]
    scanned = [item.sending.door_key for item in items if item.sending.door_key]
    known_doors = doors.doors_by_key(connection, scanned) if scanned else {}
    here = _Round(database, connection, rules, store.sendings(connection, keys), known_doors)
    first: dict[str, Item] = {}
    judged: list[_Taken] = []
    for item in items:
        if first.setdefault(item.key, item) is not item:
            continue
        try:
            found = _judge(here, item)
        except GeoappError as error:
            item.error = error
            continue
        if found is not None:
            judged.append(found)
    if taken := _affordable(here, judged):
        _write(here, taken, later)
    for item in items:
        if not item.is_done():
            _double(item, first[item.key])


# -- judging one ---------------------------------------------------------------------------------------------------


def _judge(here: _Round, item: Item) -> _Taken | None:
    """What the sending becomes; None when it came before, and its receipt is given again."""
    code = numbers.code_from(item.key)
    known = here.known.get(numbers.hashed(item.key))
    if known is not None:
        _recall(here, item, known, code)
        return None
    words, contact = _checked(here.rules, item.sending)
    on = here.rules.day(item.now)
    earth = here.ground(on)
    door, place = _where(here, item.sending, earth)
    if item.official is not None:
        _require_right(item, item.official, place, on)
        _require_new(here, item.official)
    official = item.official or Official()
    managed = official.managed if official.managed is not None or door is None else door.managed
    kind = here.rules.kinds.get(item.sending.kind)
    route = here.rules.routing.route(place.codes, kind.code, on=on, managed=managed)
    row = _row(here, item, official, place, door, kind, route, route.duty_code or earth.district)
    row |= {"number": numbers.new_number(secrets.randbelow), "secret_sha256": numbers.hashed(code)}
    return _Taken(item, code, words, contact, place.outside, place.neighbours, route.rule, row)


def _require_right(item: Item, official: Official, place: Placed, on: date) -> None:
    """A call is taken down for wherever it is, for it says no more than the caller could send in herself."""
    right = _RIGHTS.get(item.sending.channel, "reports.handle")
    is_call = item.sending.channel in {"phone", "counter"} and official == Official(managed=official.managed)
    if not (is_call and item.actor.places(right, on=on)):
        item.actor.require(right, _path(place.place_code), on=on)


def _checked(rules: Rulebook, sending: Sending) -> tuple[str, Contact]:
    """Words and contact data as they are kept, once all else that was sent can be taken too."""
    words = clean(sending.words)
    if not words and sending.photos < 1:
        raise EmptyReport("请写一句话，或拍一张照片。")
    if sending.channel not in CHANNELS or sending.language not in {"zh", "en"} or sending.matter not in MATTERS:
        raise Invalid("提交的内容不完整；请刷新页面后重新填写。")
    rules.kinds.get(sending.kind)
    if len(sending.address) > 200:
        raise Invalid("地址太长；请写短一些。")
    return words, sending.contact.checked()


def _where(here: _Round, sending: Sending, earth: Ground) -> tuple[Door | None, Placed]:
    """The door that was scanned, and the place by the best evidence there is."""
    door = here.doors.get(sending.door_key)
    if door is not None and door.revoked_at is not None:
        door = None
    positions, place_code = list(sending.positions), sending.place_code
    if door is not None:
        place_code = place_code or door.place_code
        if door.lon is not None and door.lat is not None:
            positions.append(Position(door.lon, door.lat, "building"))
    return door, placed(best(positions), earth, place_code=place_code)


def _buckets(database: Database, item: Item, place_code: str) -> list[Bucket]:
    if item.official is not None or item.actor.system:
        return []
    return throttles.for_sending(item.sender, place_code, factor=database.settings.rate_limits)


def _affordable(here: _Round, judged: list[_Taken]) -> list[_Taken]:
    """Those that no throttle holds back, in the order in which they came; each takes one from each of its buckets."""
    wanted = [(t, _buckets(here.database, t.item, t.row["place_code"])) for t in judged]
    buckets = Buckets(here.connection, [b.what for _, own in wanted for b in own])
    kept = []
    for t, own in wanted:
        now = t.item.now
        waits = [buckets.wait_s(b.what, capacity=b.capacity, refill_s=b.refill_s, now=now) for b in own]
        if (wait_s := max(waits, default=0.0)) > 0:
            t.item.error = too_many(wait_s)
            continue
        for b in own:
            buckets.take(b.what, capacity=b.capacity, refill_s=b.refill_s, now=now)
        kept.append(t)
    buckets.write(here.connection)
    return kept


def too_many(wait_s: float) -> TooManyReports:
    """What whoever sends too much is told."""
    return TooManyReports("反映得太频繁了；请过 %(n)s 秒再试，紧急情况请打电话。", n=int(wait_s) + 1, wait_s=wait_s)


def _require_new(here: _Round, official: Official) -> None:
    if official.origin_number is not None:
        known = store.case_by_origin(here.connection, official.origin, official.origin_number)
        if known is not None:
            named = f"{official.origin} {official.origin_number}"
            raise Conflict(THERE_ALREADY, order=named, number=numbers.spoken(known.number))


def _row(
    here: _Round, item: Item, official: Official, place: Placed, door: Door | None, kind: Kind, route: Route, duty: str
) -> dict[str, Any]:
    """Columns of the report."""
    sending = item.sending
    term = here.rules.terms.term(kind.urgency, official.term or kind.term)
    due = _due(here.rules, official, term, item.now)
    body = store.body_for(here.connection, route.body, _path(duty)) if route.body else None
    person = item.actor.person if item.official is None else None
    return {
        "key": secrets.token_hex(8), **store.point_columns(place.lonlat),
        "matter": kind.matter if kind.code != UNSORTED else sending.matter, "kind": kind.code,
        "urgency": kind.urgency, "stage": str(Stage.COLLECT), "channel": sending.channel, "origin": official.origin,
        "origin_number": official.origin_number, "evidence": place.evidence, "datum": place.datum,
        "accuracy_m": place.accuracy_m, "near_border": place.near_border,
        "address": clean(sending.address) or (door.address if door is not None else ""),
        "door_id": door.id if door is not None else None, "place_code": place.place_code, "duty_code": duty,
        "duty_body_id": body.id if body is not None else None, "route": f"{route.rule}：{route.why_zh}"[:400],
        "reported_at": official.reported_at or item.now, "due_at": due.due_at, "near_at": due.near_at,
        "term": term.text, "sender_sha256": mark_of(here.database.settings.data, item.sender),
        "person_id": person.id if person is not None else None, "language": sending.language,
        "illustrative": official.illustrative, "hidden": bool(sending.trap),
    }  # fmt: skip


def _due(rules: Rulebook, official: Official, term: Term, now: datetime) -> Due:
    begun = official.reported_at or now
    if official.due_at is not None:
        return rules.clock.until(begun, official.due_at)
    return rules.clock.due(begun, term)


def mark_of(data: Path, sender: Sender) -> str | None:
    """By which one sender's reports are told together, and which says nothing of her to whoever has the database."""
    who = sender.device or sender.address
    if not who:
        return None
    return hmac.new(_secret(data), who.encode("utf-8", "backslashreplace"), hashlib.sha256).hexdigest()


@lru_cache(maxsize=8)
def _secret(folder: Path) -> bytes:
    return secret_key(folder)


def _path(code: str) -> PlacePath:
    return path_of(code) if code else ()


# -- writing all ---------------------------------------------------------------------------------------------------


def _write(here: _Round, taken: list[_Taken], later: list[Callable[[], None]] | None) -> None:
    """Reports, words, timeline, sendings, contact data, notices, throttles and audit of all that were judged good."""
    connection = here.connection
    ids = store.add_cases(connection, [t.row for t in taken])
    texts = store.add_texts(connection, [_text(t, ids[t.row["key"]]) for t in taken if t.words])
    lines = [_line(t, ids[t.row["key"]], texts.get(ids[t.row["key"]])) for t in taken]
    event_ids = store.add_events(connection, lines)
    store.add_sendings(connection, [_sent(t, ids[t.row["key"]]) for t in taken])
    for t, line in zip(taken, lines, strict=True):
        report_id = line["report_id"]
        if t.contact:
            _keep_contact(connection, t, report_id)
        events.report_changed.send(
            "reports", report_id=report_id, kind="send", event_id=event_ids[report_id], connection=connection
        )
        row = t.row
        t.item.receipt = Receipt(row["number"], t.code, row["stage"], row["kind"], row["place_code"],
                                 row["near_border"], t.outside, report_id, row["key"])  # fmt: skip
    seen = [t for t in taken if not t.row["hidden"]]
    sent = [(t.row["duty_code"], ids[t.row["key"]], event_ids[ids[t.row["key"]]], t.item.now) for t in seen]
    notices.announce_sent(connection, sent, rules=here.rules)
    trail.record_all(here.database, connection, [_told(t) for t in taken], later=later)


def _text(t: _Taken, report_id: int) -> dict[str, Any]:
    released = t.item.official is not None and t.item.official.released
    return {
        "report_id": report_id, "role": "report", "by": t.by, "at": t.item.now, "text": t.words, "audience": "public",
        "state": "released" if released else "held",
    }  # fmt: skip


def _line(t: _Taken, report_id: int, text_id: int | None) -> dict[str, Any]:
    more = t.item.official.data if t.item.official is not None else {"trap": True} if t.row["hidden"] else {}
    data = {"channel": t.row["channel"], "rule": t.rule, "near": list(t.near), **more}
    return {
        "report_id": report_id, "at": t.item.now, "kind": "send", "actor": t.by, "from_stage": "",
        "to_stage": t.row["stage"], "duty_code": t.row["duty_code"], "text_id": text_id, "data": data, "revision": 1,
    }  # fmt: skip


def _sent(t: _Taken, report_id: int) -> dict[str, Any]:
    return {
        "key_sha256": numbers.hashed(t.item.key), "report_id": report_id,
        "content_sha256": t.item.sending.content_sha256(), "at": t.item.now,
    }  # fmt: skip


def _told(t: _Taken) -> Told:
    names = ("stage", "kind", "matter", "place_code", "duty_code", "term")
    values = {name: [None, t.row[name]] for name in names} | {"due_at": [None, t.row["due_at"].isoformat()]}
    return Told(t.item.actor, "reports.send", t.row["key"], _path(t.row["place_code"]), values, t.item.request_id)


def _keep_contact(connection: Connection, t: _Taken, report_id: int) -> None:
    contacts.add(connection, report_id, t.contact)
    if t.contact.channel != "none":
        follower = store.add_follower(
            connection, report_id=report_id, me_too=False, channel=t.contact.channel, language=t.row["language"],
            at=t.item.now,
        )  # fmt: skip
        contacts.add(connection, report_id, t.contact, follower_id=follower)


# -- the same once more --------------------------------------------------------------------------------------------


def _recall(here: _Round, item: Item, known: tuple[int, str], code: str) -> None:
    report_id, content = known
    if content != item.sending.content_sha256():
        raise UsedKey("这份反映已经交过了，内容不一样；要另外反映请重新打开页面。")
    case = store.case_by_id(here.connection, report_id)
    outside = case.lon is not None and not case.place_code
    item.receipt = Receipt(case.number, code, case.stage, case.kind, case.place_code, case.near_border, outside,
                           case.id, case.key, again=True)  # fmt: skip


def _double(item: Item, first: Item) -> None:
    """A second sending under a key of the same round."""
    made = first.receipt
    if made is None:
        item.error = first.error
        return
    if item.sending.content_sha256() != first.sending.content_sha256():
        item.error = UsedKey("这份反映已经交过了，内容不一样；要另外反映请重新打开页面。")
        return
    item.receipt = Receipt(made.number, made.code, made.stage, made.kind, made.place_code, made.near_border,
                           made.outside, made.report_id, made.report_key, again=True)  # fmt: skip
