"""The columns of somebody's ledger 台账: where its header stands, and which of them we can fill with what.

A heading is known by its words; what nobody knows, and what says who somebody is, stays empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geoapp.errors import Invalid
from geoapp.reports.ledger.headings import FIELDS, Headings

_HEADER_WITHIN, MOST_COLUMNS = 20, 100
_MARK = re.compile(r"[、/／,，;；|]")


class NoHeader(Invalid):
    """A file in which no row is a header that we know."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what its heading says, and the field that fills it, or several with + between; empty: it stays so."""

    heading: str
    field: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that fill it, in order."""
        return tuple(self.field.split("+")) if self.field else ()

    @property
    def joint(self) -> str:
        """What stands between their values: the mark of the heading, else a space."""
        mark = _MARK.search(self.heading)
        return mark[0] if mark else " "


@dataclass(frozen=True, slots=True)
class Header:
    """The rows of a file down to its header, as they stood, and the columns of the last of them."""

    rows: tuple[tuple[str, ...], ...]
    columns: tuple[Column, ...]
    #: Merged cells in these rows: first row, first column, last row, last column, from 0.
    merged: tuple[tuple[int, int, int, int], ...] = ()


def find_header(
    rows: Sequence[Sequence[Any]], headings: Headings, merged: Sequence[tuple[int, int, int, int]] = ()
) -> Header:
    """The header of a file: of its first rows the one with the most headings that are known.

    Under a heading that spans several columns the row below says what each of them is; a heading that spans several
    rows counts for the last of them.

    Raises
    ------
    NoHeader : none of the first rows has two headings that we know
    """
    texts = [[_text(cell) for cell in row][:MOST_COLUMNS] for row in list(rows)[:_HEADER_WITHIN]]
    width = max((len(row) for row in texts), default=0)
    texts = [row + [""] * (width - len(row)) for row in texts]
    spread = _spread(texts, merged)
    known = [len({headings.field_of(cell) for cell in row} - {""}) for row in spread]
    best = max(range(len(known)), key=lambda i: (known[i], i), default=-1)
    if best < 0 or known[best] < 2:
        raise NoHeader("没有找到台账的表头：前 20 行里要有一行写着栏目名称，如“受理编号、时间、地点、类别、状态”。")
    last = max((c for c in range(width) if any(row[c] for row in spread[: best + 1])), default=-1) + 1
    taken: set[str] = set()
    columns = []
    for heading in spread[best][:last]:
        field = headings.field_of(heading)
        columns.append(Column(heading, "" if field in taken else field))
        taken.add(field)
    spans = tuple(span for span in merged if span[2] <= best and span[3] < last)
    return Header(tuple(tuple(row[:last]) for row in texts[: best + 1]), tuple(columns), spans)


def corrected(header: Header, fields: Sequence[str], headings: Headings) -> Header:
    """The same with what somebody chose for each column; of one that says who somebody is only what else it names."""
    columns = [
        Column(column.heading, corrected_field(column.heading, field, headings))
        for column, field in zip(header.columns, fields, strict=True)
    ]
    return Header(header.rows, tuple(columns), header.merged)


def corrected_field(heading: str, field: str, headings: Headings) -> str:
    """What may fill a column of what was chosen for it."""
    may = headings.field_of(heading).split("+") if headings.says_who(heading) else FIELDS
    return "+".join(dict.fromkeys(each for each in field.split("+") if each in FIELDS and each in may))


def as_json(header: Header) -> dict[str, Any]:
    """Plain values, for storing."""
    return {
        "rows": [list(row) for row in header.rows], "merged": [list(span) for span in header.merged],
        "columns": [[column.heading, column.field] for column in header.columns],
    }  # fmt: skip


def of_json(values: Mapping[str, Any]) -> Header:
    """The header of its stored values."""
    return Header(
        tuple(tuple(row) for row in values["rows"]),
        tuple(Column(heading, field) for heading, field in values["columns"]),
        tuple((span[0], span[1], span[2], span[3]) for span in values["merged"]),
    )


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).replace("\x00", "").strip()[:200]


def _spread(texts: list[list[str]], merged: Sequence[tuple[int, int, int, int]]) -> list[list[str]]:
    """The texts with those of merged cells down to their last row; across, only their first column has them."""
    found = [list(row) for row in texts]
    for top, left, bottom, right in merged:
        if top < len(found) and left < len(found[top]) and right == left:
            for row in range(top + 1, min(bottom + 1, len(found))):
                found[row][left] = found[row][left] or found[top][left]
    return found
