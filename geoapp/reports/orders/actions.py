"""Orders 工单 as officials bring them in: looked up, stored once each, a paste or a whole sheet."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from geoapp.accounts.people import Actor
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database, utcnow
from geoapp.errors import Conflict, GeoappError, NotFound, TooLarge
from geoapp.reports import numbers, store
from geoapp.reports.actions import Desk, desk, looking
from geoapp.reports.imports import store as imports
from geoapp.reports.imports.forms import Lines, opened
from geoapp.reports.imports.history import SetAside
from geoapp.reports.imports.store import Import
from geoapp.reports.orders import store as orders
from geoapp.reports.orders.notes import CUT, LATE, REASONS, UNREAD_TERM
from geoapp.reports.orders.order import canonical_number
from geoapp.reports.orders.sheet import BadRow, OrderSheet, SheetOrder
from geoapp.reports.orders.whereabouts import Candidate, Surroundings, Whereabouts
from geoapp.reports.people import BadContact, Contact, Sender
from geoapp.reports.rulebook.store import ground, rulebook
from geoapp.reports.sending.actions import new_key, submit, take_many
from geoapp.reports.sending.matter import Official, Sending

#: Whose numbers they are: an order is stored once under its number there.
ORIGIN = "12345"
#: Rows that are stored while somebody waits, and rows in one transaction.
MOST_ROWS, _BATCH = 5000, 100


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
    """What somebody means who has no area of her own: her address, or else what her words alone name."""
    now = now or utcnow()
    on = rulebook(database.settings).day(now)
    with database.reading() as connection:
        around = Surroundings(orders.gazetteer(connection, on=on), ground(connection, on=on), ((),))
    return around.find(address or around.named_in(words))


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
    sending, official = _as_report(draft, number, spot, around, now)
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


def _as_report(
    draft: Draft, number: str, spot: Candidate | None, around: Surroundings, now: datetime
) -> tuple[Sending, Official]:
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


# -- sheets --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Tally:
    """What became of the rows so far; notes are codes."""

    stored: int = 0
    known: int = 0
    aside: int = 0
    notes: Counter[str] = field(default_factory=Counter)


#: What is odd about rows that are stored all the same -> in words.
NOTES = {
    "unplaced": "没有找到地点，先放在您的辖区",
    "ambiguous": "地点有几处可能，先放在您的辖区",
    "outside": "地点不在您的辖区，先放在您的辖区，请核对后退回或改派",
    "near": "离边界不到 20 米，请核对归属",
    "phone": "来电号码读不懂，没有留下",
    "unsorted": "类别没有读懂，记为待分类",
    "cut": "内容太长，已截短",
    "term": "时限没有读懂，按类别的期限办",
    "late": "办结时限早于派单时间，请核对",
}
#: What the reading of a row notes -> its code.
_OF_ROWS = {CUT: "cut", UNREAD_TERM: "term", LATE: "late"}


def import_sheet(database: Database, actor: Actor, path: Path, *, filename: str, now: datetime | None = None) -> Import:
    """Store the orders of a sheet; each row is stored, there already, or set aside with a reason. Gives the batch.

    The file itself is not kept: it holds what is personal.

    Raises
    ------
    Unreadable, NoOrders : it is no list of orders; nothing was stored
    TooLarge : more than `MOST_ROWS` rows
    """
    now, rules = now or utcnow(), rulebook(database.settings)
    with opened(path, name=filename) as lines:
        _require_few(lines)
        cells = (row for _, row in lines.read())
        sheet = OrderSheet(cells, rules.vocabulary, rules.kinds, now=now, zone=rules.clock.zone)
        read = {name: list(at) for name, at in sheet.columns.at.items()}
        with database.transaction() as connection:
            batch = imports.add_import(
                connection, kind="orders", origin=ORIGIN, filename=filename[:300], sha256=lines.sha256,
                mapping=json.dumps(read), by=actor.name, at=now,
            )  # fmt: skip
        tally = _Tally()
        for rows in _batches(sheet.rows()):
            with desk(database, actor, now=now) as at:
                _keep_rows(at, batch, rows, tally)
    with database.transaction() as connection:
        values = {"rows": [None, tally.stored], "origin": [None, ORIGIN]}
        trail.record(database, connection, actor, "reports.import", subject=batch.key, values=values)
        unread = {"columns": list(sheet.columns.unknown), "dropped": list(sheet.columns.dropped)}
        summary = {"notes": dict(tally.notes), "finished": True, "encoding": lines.encoding, **unread}
        imports.count(connection, batch.id, stored=0, known=0, aside=0, summary=summary)
        return imports.find(connection, batch.key)


def sheet_import(database: Database, actor: Actor, key: str) -> tuple[Import, list[SetAside]]:
    """A batch of orders with the rows set aside, for whoever imported it."""
    with database.reading() as connection:
        batch = imports.find(connection, key)
        if batch.kind != "orders" or batch.by != actor.name:
            raise NotFound("没有这次导入，或不是您导入的。")
        return batch, list(imports.aside(connection, batch.id))


def _require_few(lines: Lines) -> None:
    count = sum(any(cell not in (None, "") for cell in cells) for _, cells in lines.read())
    if count > MOST_ROWS + 1:
        raise TooLarge(
            "表格有 %(n)s 行，一次最多 %(most)s 行；请按月份或社区拆开，分几次导入。", n=count, most=MOST_ROWS
        )


def _batches(rows: Iterator[SheetOrder | BadRow]) -> Iterator[list[SheetOrder | BadRow]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _keep_rows(at: Desk, batch: Import, rows: Sequence[SheetOrder | BadRow], tally: _Tally) -> None:
    read = [row for row in rows if isinstance(row, SheetOrder)]
    aside = [SetAside(r.row, "", r.reason, r.message, r.remedy) for r in rows if isinstance(r, BadRow)]
    known = imports.known_numbers(at.connection, ORIGIN, [row.number for row in read])
    fresh = [row for row in read if row.number not in known]
    around = surroundings(at)
    notes: Counter[str] = Counter()
    taken = take_many(at, [_row_as_report(row, around, at.now, notes) for row in fresh])
    stored = 0
    for row, found in zip(fresh, taken, strict=True):
        if isinstance(found, GeoappError):
            aside.append(SetAside(row.row, row.number, "refused", str(found), REASONS["refused"][1]))
        elif isinstance(found, BaseException):
            raise found
        else:
            imports.link(at.connection, batch.id, found.report_id, row=row.row, fields={"category": row.category})
            stored += 1
    imports.set_aside(at.connection, batch.id, sorted(aside, key=lambda a: a.row))
    counts = {"stored": stored, "known": len(read) - len(fresh), "aside": len(aside)}
    tally.stored, tally.known = tally.stored + counts["stored"], tally.known + counts["known"]
    tally.aside += counts["aside"]
    tally.notes.update(notes)
    imports.count(at.connection, batch.id, **counts, summary={"notes": dict(tally.notes), "finished": False})


def _row_as_report(
    row: SheetOrder, around: Surroundings, now: datetime, notes: Counter[str]
) -> tuple[Sending, Official]:
    address = row.place or around.named_in(row.words)
    found = around.find(address)
    spot = found.only
    if spot is None:
        notes["ambiguous" if found.candidates else "unplaced"] += 1
    elif spot.outside:
        notes["outside"] += 1
    elif spot.near:
        notes["near"] += 1
    phone = dialled(row.phones[0]) if row.phones else ""
    odd = {"unsorted": row.kind == "unsorted", "phone": bool(row.phones) and not phone}
    notes.update([*(_OF_ROWS[note.sentence] for note in row.notes), *(name for name, there in odd.items() if there)])
    draft = Draft(row.number, row.words, address, kind=row.kind, term=row.term, due_at=row.due_at,
                  received_at=row.sent_at or row.reported_at, phone=phone)  # fmt: skip
    return _as_report(draft, row.number, spot, around, now)


def dialled(phone: str) -> str:
    """A telephone number as contacts are kept; empty for what is none."""
    try:
        return Contact(phone=phone.replace("转", "-")).checked().phone
    except BadContact:
        return ""
