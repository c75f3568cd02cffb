"""Orders 工单 as officials bring them in: looked up, stored once each, a paste or a whole sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from geoapp.accounts.people import Actor
from geoapp.db import Database, utcnow
from geoapp.errors import Conflict
from geoapp.reports import numbers, store
from geoapp.reports.actions import Desk, looking
from geoapp.reports.orders import store as orders
from geoapp.reports.orders.order import canonical_number
from geoapp.reports.orders.whereabouts import Candidate, Surroundings, Whereabouts
from geoapp.reports.people import BadContact, Contact, Sender
from geoapp.reports.rulebook.store import ground, rulebook
from geoapp.reports.sending.actions import new_key, submit
from geoapp.reports.sending.matter import Official, Sending

#: Whose numbers they are: an order is stored once under its number there.
ORIGIN = "12345"


@dataclass(frozen=True, slots=True)
class Draft:
    """An order as somebody confirmed it; ``choice`` is the candidate of its address that she chose."""

    number: str
    words: str
    address: str = ""
    choice: str = ""
    kind: str = "unsorted"
    term: str = ""
    due_at: datetime | None = None
    received_at: datetime | None = None
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an order: stored now, or ``again`` there already. No ``key`` where she may not open the case."""

    order_number: str
    number: str
    key: str
    again: bool
    #: Names of its community and grid; ``point`` tells whether it lies in a known spot there.
    where: str = ""
    point: bool = False
    outside: str = ""
    near: tuple[str, ...] = ()


def surroundings(at: Desk) -> Surroundings:
    """Names, places, and where the actor handles reports."""
    tops = tuple(tuple(top) for top in at.actor.places("reports.handle", on=at.on))
    return Surroundings(orders.gazetteer(at.connection, on=at.on), ground(at.connection, on=at.on), tops)


def look_around(database: Database, actor: Actor, *, now: datetime | None = None) -> Surroundings:
    """The same outside of a transaction."""
    with looking(database, actor, now=now) as at:
        return surroundings(at)


def look_up(database: Database, address: str, *, words: str = "", now: datetime | None = None) -> Whereabouts:
    """What somebody means who has no area of her own: her address, or else what her words name."""
    now = now or utcnow()
    on = rulebook(database.settings).day(now)
    with database.reading() as connection:
        around = Surroundings(orders.gazetteer(connection, on=on), ground(connection, on=on), ((),))
    found = around.find(address)
    return found if found.candidates else around.find(around.named_in(words))


def known_orders(
    database: Database, actor: Actor, wanted: Sequence[str], *, now: datetime | None = None
) -> dict[str, Kept]:
    """Which of the orders are stored already, by number."""
    with looking(database, actor, now=now) as at:
        return {number: found for number in dict.fromkeys(wanted) if number and (found := _known(at, number))}


def keep_order(database: Database, actor: Actor, draft: Draft, *, now: datetime | None = None) -> Kept:
    """Store an order unless it is there; what cannot be placed in her area is kept at its top, with the address."""
    now = now or utcnow()
    number = canonical_number(draft.number)
    if number in (there := known_orders(database, actor, [number], now=now)):
        return there[number]
    around = look_around(database, actor, now=now)
    spot = around.find(draft.address).chosen(draft.choice)
    sending, official = as_report(draft, number, spot, around, now)
    try:
        receipt = submit(database, actor, sending, sender=Sender(), key=new_key(), official=official, now=now)
    except Conflict:
        # Somebody pasted the same order a moment ago.
        return known_orders(database, actor, [number], now=now)[number]
    inside = spot is not None and not spot.outside
    return Kept(
        number, numbers.spoken(receipt.number), receipt.report_key, again=False,
        where=around.where(receipt.place_code), point=bool(sending.positions),
        outside=spot.where if spot is not None and spot.outside else "", near=spot.near if spot and inside else (),
    )  # fmt: skip


def _known(at: Desk, number: str) -> Kept | None:
    case = store.case_by_origin(at.connection, ORIGIN, number)
    if case is None:
        return None
    return Kept(number, numbers.spoken(case.number), case.key if at.may_see(case) else "", again=True)


def as_report(
    draft: Draft, number: str, spot: Candidate | None, around: Surroundings, now: datetime
) -> tuple[Sending, Official]:
    """An order as it is taken in: at its spot where that is hers, else at the top of her area."""
    inside = spot is not None and not spot.outside
    position = spot.position if spot is not None and inside else None
    code = spot.place_code if spot is not None and inside else around.own_place
    sending = Sending(
        words=draft.words, kind=draft.kind, positions=(position,) if position is not None else (), place_code=code,
        address=draft.address, contact=Contact(phone=draft.phone), channel="order",
    )  # fmt: skip
    received = min(draft.received_at, now) if draft.received_at is not None else None
    official = Official(
        origin=ORIGIN, origin_number=number, reported_at=received, term=draft.term, due_at=draft.due_at,
        managed=spot.managed if spot is not None and inside else None, data={"order": number},
    )  # fmt: skip
    return sending, official


def dialled(phone: str) -> str:
    """A telephone number as contacts are kept; empty for what is none."""
    try:
        return Contact(phone=phone.replace("转", "-")).checked().phone
    except BadContact:
        return ""
