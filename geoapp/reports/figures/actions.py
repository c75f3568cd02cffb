"""Figures of a place: counted, and handed out as files that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from typing import Any
from zoneinfo import ZoneInfo

from geoapp.db import Database
from geoapp.layers.handing_out import harmless
from geoapp.places.hierarchy import LEVELS, child_level, level_of
from geoapp.reports.figures import store
from geoapp.reports.figures.chart import step_for
from geoapp.reports.figures.forms import Question
from geoapp.reports.figures.periods import Period, steps, whole
from geoapp.reports.figures.rates import Tally
from geoapp.reports.figures.store import PLACE, Calls, Scope

Table = Sequence[Sequence[str | int | float | None]]


@dataclass(frozen=True, slots=True)
class Counted:
    """Tallies by code of the place, kind or source; by period; and who was called in."""

    rows: dict[str, Tally]
    periods: tuple[Period, ...]
    series: tuple[Tally, ...]
    calls: tuple[Calls, ...]


def is_own(code: str, inside: Collection[str]) -> bool:
    """Does a place belong to an office of those below whose codes somebody is inside?"""
    return any(code.startswith(top) for top in inside)


def level_below(code: str) -> str:
    """The level whose places are compared below one: subdistricts of a district, districts of everything."""
    if not code:
        return LEVELS[0].key
    return (child_level(code) or level_of(code)).key


def count(database: Database, asked: Question, *, own: bool, zone: ZoneInfo, now: datetime) -> Counted:
    """Count what is asked for; calls 吹哨 name bodies and are counted only for the own office."""
    scope = Scope(asked.place, (asked.kind,) if asked.kind else ())
    after = asked.until + timedelta(days=1)
    period = whole(asked.since, after, zone=zone)
    cut = steps(asked.since, after, step=step_for(asked.days), zone=zone)
    level = level_below(asked.place)
    with database.reading() as connection:
        (table,) = store.tallies(connection, [period], scope, by=(asked.by,), level=level, at=now, seeded=not own)
        series = store.tallies(connection, cut, scope, by=(), level=level, at=now, seeded=not own)
        calls = store.calls(connection, period, scope, at=now) if own else []
    return Counted(
        {key[0]: tally for key, tally in table.items()}, tuple(cut),
        tuple(cells.get((), Tally()) for cells in series), tuple(calls),
    )  # fmt: skip


def owns_row(asked: Question, code: str, inside: Collection[str]) -> bool:
    """Is a line of the table about the own office?"""
    return is_own(code if asked.by == PLACE else asked.place, inside)


def as_csv(table: Table) -> bytes:
    """With the mark by which spreadsheets know UTF-8; a share in percent, as its heading says."""
    out = StringIO(newline="")
    csv.writer(out).writerows([_written(value) for value in line] for line in table)
    return ("\ufeff" + out.getvalue()).encode()


def _written(value: str | float | None) -> str | float | None:
    if isinstance(value, str):
        return str(harmless(value))
    return f"{value:.2%}".rstrip("%") if isinstance(value, float) else value


def as_workbook(title: str, table: Table, notes: Table) -> bytes:
    """A sheet of figures and one of what they mean."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    _fill(book.create_sheet(title[:30]), table)
    _fill(book.create_sheet("口径"), notes)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(page: Any, table: Table) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    for r, line in enumerate(table, 1):
        for c, value in enumerate(line, 1):
            cell = page.cell(r, c)
            cell.value = value
            if isinstance(value, str):
                # What begins with = is a name, not a formula.
                cell.data_type = "s"
            elif isinstance(value, float):
                cell.number_format = "0.00%"
            if r == 1:
                cell.font = Font(bold=True)
    page.freeze_panes = "B2"
    for c in range(1, len(table[0]) + 1):
        longest = max(len(str(line[c - 1] or "")) for line in table)
        page.column_dimensions[get_column_letter(c)].width = min(max(8, longest * 1.7), 60)
