"""A community's ledger 台账: its header is brought in, its columns are settled, and it comes back with her cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from geoapp.accounts.audit import declare_action
from geoapp.accounts.people import Actor
from geoapp.accounts.privacy import personal_field
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database, utcnow
from geoapp.errors import Invalid, TooLarge
from geoapp.files import sha256_of
from geoapp.places import store as places
from geoapp.places.hierarchy import path_of
from geoapp.reports.casework import pages
from geoapp.reports.ledger import store
from geoapp.reports.ledger.columns import corrected
from geoapp.reports.ledger.filling import Words, line
from geoapp.reports.ledger.store import Ledger
from geoapp.reports.rulebook.store import rulebook

declare_action("reports.ledger_add", "上传台账表头", title="台账", columns="栏数")
declare_action("reports.ledger_change", "改台账栏目", columns="填写的栏目")
declare_action("reports.ledger_end", "删除台账")
declare_action("reports.ledger_fill", "导出台账", rows="行数", since="从", until="到")

#: A workbook of more rows is slow to open on an office PC; a street has some ten thousand cases a year.
MOST_ROWS = 20_000
_RIGHT = "reports.ledger"


def own_ledgers(database: Database, actor: Actor) -> list[Ledger]:
    """Ledgers of the places where the actor keeps them."""
    on = database.today()
    with database.reading() as connection:
        return [each for each in store.listed(connection) if actor.may(_RIGHT, each.place_path, on=on)]


def ledger(database: Database, actor: Actor, key: str) -> Ledger:
    """One of them; for whoever may not know of it there is none."""
    with database.reading() as connection:
        found = store.find(connection, key)
    if not actor.may(_RIGHT, found.place_path, on=database.today()):
        raise store.no_such_ledger()
    return found


def add_ledger(
    database: Database, actor: Actor, path: Path, *, place_code: str, title: str, now: datetime | None = None
) -> Ledger:
    """Bring a header in; what else the file holds is neither read nor kept."""
    if not place_code.isdigit() or len(place_code) not in {6, 9, 12}:
        raise Invalid("先选台账是哪个街道或社区的。")
    actor.require(_RIGHT, path_of(place_code), on=database.today())
    sheet, header = store.read_header(path, rulebook(database.settings).headings)
    with database.transaction() as connection:
        key = store.add(
            connection, header, place_code=place_code, title=title or sheet, sheet=sheet, sha256=sha256_of(path),
            by=actor.name, at=now or utcnow(),
        )  # fmt: skip
        values = {"title": [None, title or sheet], "columns": [None, len(header.columns)]}
        trail.record(
            database, connection, actor, "reports.ledger_add", subject=key, place=path_of(place_code), values=values
        )
        return store.find(connection, key)


def settle_columns(database: Database, actor: Actor, key: str, fields: Sequence[str]) -> Ledger:
    """Store which field fills which column."""
    found = ledger(database, actor, key)
    if len(fields) != len(found.header.columns):
        raise Invalid("页面不完整；请刷新后重试。")
    header = corrected(found.header, fields, rulebook(database.settings).headings)
    with database.transaction() as connection:
        store.change(connection, key, header)
        filled = "、".join(column.heading for column in header.columns if column.field)
        trail.record(
            database, connection, actor, "reports.ledger_change", subject=key, place=found.place_path,
            values={"columns": [None, filled[:400]]},
        )  # fmt: skip
        return store.find(connection, key)


def end_ledger(database: Database, actor: Actor, key: str, *, now: datetime | None = None) -> None:
    """Take a ledger out of use."""
    found = ledger(database, actor, key)
    with database.transaction() as connection:
        store.end(connection, key, at=now or utcnow())
        trail.record(database, connection, actor, "reports.ledger_end", subject=key, place=found.place_path)


def fill(
    database: Database,
    actor: Actor,
    key: str,
    *,
    since: datetime,
    until: datetime,
    now: datetime | None = None,
) -> tuple[Ledger, bytes]:
    """The ledger's workbook with the cases of a period, ``until`` excluded; that it left is in the audit.

    Words and addresses leave for whoever may read them there; telephones in words are masked, rooms are left out, and
    contact data are no part of it.

    Raises
    ------
    TooLarge : more than `MOST_ROWS` cases
    """
    found, now, rules = ledger(database, actor, key), now or utcnow(), rulebook(database.settings)
    on = database.today()
    for field in ("report.words", "report.address"):
        actor.require(personal_field(field).readers, found.place_path, on=on)
    with database.reading() as connection:
        rows = store.count(connection, found.place_code, since=since, until=until)
        if rows > MOST_ROWS:
            raise TooLarge("这段时间有 %(n)s 件，一份最多 %(most)s 件；请把时间分成几段。", n=rows, most=MOST_ROWS)
        names = {v.code: v.name for v in places.versions(connection, on=on, geometry=False)}
        words = Words(rules.kinds, names, dict(pages.channels(str)), rules.clock.zone, now)
        given = store.lines(connection, found.place_code, since=since, until=until)
        # What has come to be held for personal since the columns were settled stays empty, too.
        header = corrected(found.header, [column.field for column in found.header.columns], rules.headings)
        cells = [line(header, n, each, words) for n, each in enumerate(given, 1)]
    values = {"rows": [None, len(cells)], "since": [None, since.isoformat()], "until": [None, until.isoformat()]}
    with database.transaction() as connection:
        trail.record(
            database, connection, actor, "reports.ledger_fill", subject=key, place=found.place_path, values=values
        )
    return found, store.write(found.header, cells, title=found.title)
