"""Ledgers 台账 as communities keep them, the cases that fill one, and the workbooks they come in and go out as."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.accounts.roles import PlacePath
from geoapp.errors import NotFound
from geoapp.layers.formats import workbook
from geoapp.layers.formats.source import Unreadable
from geoapp.places.hierarchy import path_of
from geoapp.reports import store
from geoapp.reports.cases import Case
from geoapp.reports.ledger.columns import Header, NoHeader, as_json, find_header, of_json
from geoapp.reports.ledger.filling import Cell, Line
from geoapp.reports.ledger.headings import Headings
from geoapp.reports.ledger.tables import ledgers
from geoapp.reports.tables import reports

_HEADER_WITHIN, _BATCH = 20, 500


@dataclass(frozen=True, slots=True)
class Ledger:
    """One ledger: whose it is, and its columns."""

    key: str
    place_code: str
    title: str
    header: Header
    by: str
    at: datetime

    @property
    def place_path(self) -> PlacePath:
        """Codes from the district down to its place."""
        return path_of(self.place_code)


def add(
    connection: Connection,
    header: Header,
    *,
    place_code: str,
    title: str,
    sheet: str,
    sha256: str,
    by: str,
    at: datetime,
) -> str:
    """Store a ledger; gives its key."""
    key = secrets.token_hex(8)
    values = {"key": key, "place_code": place_code, "title": title[:200], "sha256": sha256, "sheet": sheet[:100],
              "columns": as_json(header), "by": by, "at": at}  # fmt: skip
    connection.execute(ledgers.insert().values(values))
    return key


def find(connection: Connection, key: str) -> Ledger:
    """The ledger of that key that has not ended; NotFound otherwise."""
    query = sa.select(ledgers).where(ledgers.c.key == key, ledgers.c.ended_at.is_(None))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise no_such_ledger()
    return _ledger(row)


def no_such_ledger() -> NotFound:
    """What whoever may not know of a ledger is told as well."""
    return NotFound("没有这份台账，或已删除；请回到台账清单。")


def listed(connection: Connection) -> list[Ledger]:
    """All that have not ended, the newest first."""
    query = sa.select(ledgers).where(ledgers.c.ended_at.is_(None)).order_by(ledgers.c.id.desc())
    return [_ledger(row) for row in connection.execute(query)]


def change(connection: Connection, key: str, header: Header) -> None:
    """Store which field fills which column."""
    connection.execute(ledgers.update().where(ledgers.c.key == key).values(columns=as_json(header)))


def end(connection: Connection, key: str, *, at: datetime) -> None:
    """Take a ledger out of use."""
    connection.execute(ledgers.update().where(ledgers.c.key == key).values(ended_at=at))


def _ledger(row: Any) -> Ledger:
    return Ledger(row.key, row.place_code, row.title, of_json(row.columns), row.by, row.at)


# -- cases ---------------------------------------------------------------------------------------------------------


def _inside(place_code: str, since: datetime, until: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        store.below(reports.c.place_code, place_code), reports.c.reported_at >= since, reports.c.reported_at < until,
        ~reports.c.hidden,
    )  # fmt: skip


def count(connection: Connection, place_code: str, *, since: datetime, until: datetime) -> int:
    """How many cases of a place a period has; what was hidden as abuse is none."""
    query = sa.select(sa.func.count()).select_from(reports).where(_inside(place_code, since, until))
    return int(connection.execute(query).scalar_one())


def lines(connection: Connection, place_code: str, *, since: datetime, until: datetime) -> Iterator[Line]:
    """The same cases with their words, in the order in which they were reported."""
    query = sa.select(reports.c.id).where(_inside(place_code, since, until))
    ids = list(connection.execute(query.order_by(reports.c.reported_at, reports.c.id)).scalars())
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        cases = store.cases(connection, batch)
        words: dict[tuple[int, str], list[str]] = {}
        for text in store.texts(connection, batch):
            # What was added later belongs to what was said; each answer to a case that was reopened is one.
            role = "report" if text.role == "addition" else text.role
            if text.text and text.text not in words.setdefault((text.report_id, role), []):
                words[text.report_id, role].append(text.text)
        handlers = _handlers(connection, cases.values())
        for number in batch:
            said, answered = ("\n".join(words.get((number, role), ())) for role in ("report", "answer"))
            yield Line(cases[number], said, answered, handlers.get(number, ""))


def _handlers(connection: Connection, cases: Any) -> dict[int, str]:
    """Names of the bodies that lead; else of the body on duty."""
    known: dict[int, Case] = {case.id: case for case in cases}
    lead = {
        a.report_id: a.body_id for a in store.assignments(connection, list(known)) if a.role == "lead" and a.body_id
    }
    wanted = {case.id: lead.get(case.id) or case.duty_body_id for case in known.values()}
    names = store.body_names(connection, {body for body in wanted.values() if body is not None})
    return {number: names[body] for number, body in wanted.items() if body in names}


# -- workbooks -----------------------------------------------------------------------------------------------------


def read_header(path: Path, headings: Headings) -> tuple[str, Header]:
    """Sheet and header of a workbook: of its first sheet that has one; what stands below it is not looked at.

    Raises
    ------
    Unreadable, NoHeader
    """
    if path.suffix.lower() not in {".xlsx", ".xlsm"}:
        raise Unreadable("表头文件应为 XLSX；请用表格软件另存为 .xlsx 后再选。")
    missing: NoHeader | None = None
    for sheet in workbook.sheets(path):
        try:
            rows = list(islice(workbook.rows(path, sheet), _HEADER_WITHIN))
            return sheet, find_header(rows, headings, workbook.merged(path, sheet))
        except NoHeader as error:
            missing = missing or error
    raise missing or Unreadable("工作簿里没有表格内容；请核对文件。")


def write(header: Header, cells: Sequence[Sequence[Cell]], *, title: str) -> bytes:
    """An XLSX with the header as it came and a row per case; no cell of it is a formula."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    page = book.active
    page.title = "".join(c for c in title if c not in "[]:*?/\\\\")[:31] or "台账"
    for r, row in enumerate([*header.rows, *cells], 1):
        for c, value in enumerate(row, 1):
            if value is None or value == "":
                continue
            cell = page.cell(r, c, value)
            if isinstance(value, str):
                # Words that begin with = are words.
                cell.data_type = "s"
            elif isinstance(value, datetime):
                cell.number_format = "yyyy-mm-dd hh:mm"
            cell.alignment = Alignment(vertical="top", wrap_text=isinstance(value, str))
            if r <= len(header.rows):
                cell.font = Font(bold=True)
    for top, left, bottom, right in header.merged:
        page.merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)
    for c, column in enumerate(header.columns, 1):
        wide = len(column.fields) > 1 or column.field in {"words", "answer", "address"}
        page.column_dimensions[get_column_letter(c)].width = 40 if wide else max(12, len(column.heading) * 2.2)
    page.freeze_panes = page.cell(len(header.rows) + 1, 1)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
