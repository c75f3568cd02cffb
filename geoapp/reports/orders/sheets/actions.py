"""A whole sheet of orders: a short one is stored at once, of a long one the rows wait for the background."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from geoapp.accounts.people import Actor
from geoapp.db import Database, utcnow
from geoapp.errors import NotFound, TooLarge
from geoapp.reports.imports import store as imports
from geoapp.reports.imports.forms import Lines, opened
from geoapp.reports.imports.history import SetAside
from geoapp.reports.imports.store import Import
from geoapp.reports.orders.actions import ORIGIN
from geoapp.reports.orders.sheet import NoOrders, OrderSheet
from geoapp.reports.orders.sheets import store, tasks
from geoapp.reports.orders.sheets.packing import Row
from geoapp.reports.rulebook.store import Rulebook, rulebook

#: Rows of one sheet, and those that are stored while somebody waits: a second or so.
MOST_ROWS, AT_ONCE = 5000, 300
KIND, DONE, GOING, STOPPED = "orders", "done", "going", "stopped"

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
    "past": "办结时限已经过了，请核对",
}


@dataclass(frozen=True, slots=True)
class SheetImport:
    """A batch as it stands: done, going, or stopped with rows left; ``rows`` are all that its sheet has."""

    batch: Import
    state: str
    rows: int


def import_sheet(database: Database, actor: Actor, path: Path, *, filename: str, now: datetime | None = None) -> Import:
    """Store the orders of a sheet; each row is stored, there already, or set aside with a reason. Gives the batch.

    Of more than `AT_ONCE` rows the batch is not finished yet: they are read, and stored in the background. The file
    itself is not kept, for it holds what is personal.

    Raises
    ------
    Unreadable, NoOrders : it is no list of orders; nothing was stored
    TooLarge : more than `MOST_ROWS` rows
    """
    now, rules = now or utcnow(), rulebook(database.settings)
    lines, sheet, rows = _read(path, filename, rules, now)
    told: dict[str, Any] = {"unread": list(lines.unread)}
    told |= {"columns": list(sheet.columns.unknown), "dropped": list(sheet.columns.dropped), "encoding": lines.encoding}
    read = {name: list(at) for name, at in sheet.columns.at.items()}
    batch = _begin(
        database, rows, {"notes": {}, "finished": False, "rows": len(rows), **told}, kind=KIND, origin=ORIGIN,
        filename=filename[:300], sha256=lines.sha256, mapping=json.dumps(read), by=actor.name, at=now,
    )  # fmt: skip
    if len(rows) <= AT_ONCE:
        tasks.go_on(database, actor, batch, rows)
    with database.reading() as connection:
        return imports.find(connection, batch.key)


def _read(path: Path, filename: str, rules: Rulebook, now: datetime) -> tuple[Lines, OrderSheet, list[Row]]:
    """The first sheet of the workbook that is a list of orders: before it may stand one that explains."""
    refused: NoOrders | None = None
    titles = [""]
    for title in titles:
        with opened(path, name=filename, sheet=title) as lines:
            _require_few(lines)
            cells = (row for _, row in lines.read())
            try:
                sheet = OrderSheet(cells, rules.vocabulary, rules.kinds, now=now, zone=rules.clock.zone)
            except NoOrders as error:
                refused = refused or error
                titles += lines.unread if not title else ()
                continue
            return lines, sheet, list(sheet.rows())
    assert refused is not None
    raise refused


def _begin(database: Database, rows: list[Row], summary: dict[str, Any], **values: Any) -> Import:
    """The batch of a sheet, none of its rows stored; those of a long one lie safe and wait when this returns."""
    is_long = len(rows) > AT_ONCE
    if is_long:
        summary["waiting"] = store.put_rows(database.settings, rows)
    with database.transaction() as connection:
        batch = imports.add_import(connection, **values)
        imports.count(connection, batch.id, stored=0, known=0, aside=0, summary=summary)
        if is_long:
            tasks.queue(connection, batch.key)
    return batch


def sheet_import(database: Database, actor: Actor, key: str) -> tuple[SheetImport, list[SetAside]]:
    """A batch of orders with the rows set aside, for whoever imported it."""
    with database.reading() as connection:
        batch = imports.find(connection, key)
        if batch.kind != KIND or batch.by != actor.name:
            raise NotFound("没有这次导入，或不是您导入的。")
        awaited = set(store.awaited(connection, tasks.STORE.name))
        return _standing(batch, awaited), list(imports.aside(connection, batch.id))


def own_imports(database: Database, actor: Actor, *, limit: int = 5) -> list[SheetImport]:
    """The latest sheets that somebody imported."""
    with database.reading() as connection:
        awaited = set(store.awaited(connection, tasks.STORE.name))
        return [
            _standing(batch, awaited) for batch in imports.recent(connection, kind=KIND, by=actor.name, limit=limit)
        ]


def _standing(batch: Import, awaited: set[str]) -> SheetImport:
    state = DONE if batch.summary.get("finished") else GOING if batch.key in awaited else STOPPED
    return SheetImport(batch, state, batch.summary.get("rows", batch.rows_in))


def _require_few(lines: Lines) -> None:
    count = sum(any(cell not in (None, "") for cell in cells) for _, cells in lines.read())
    if count > MOST_ROWS + 1:
        raise TooLarge(
            "表格有 %(n)s 行，一次最多 %(most)s 行；请按月份或社区拆开，分几次导入。", n=count, most=MOST_ROWS
        )
