"""What an official pasted: orders as texts, or rows that she marked in a spreadsheet with their header."""

from __future__ import annotations

import csv
import re
from datetime import datetime, tzinfo

from geoapp.errors import Invalid
from geoapp.reports.kinds import Kinds
from geoapp.reports.orders.order import Order
from geoapp.reports.orders.several import MOST_ORDERS, TooManyOrders, split_orders
from geoapp.reports.orders.sheet import BadRow, NoOrders, OrderSheet, SheetOrder
from geoapp.reports.orders.text import read_order
from geoapp.reports.orders.vocabulary import Vocabulary

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class BadPaste(Invalid):
    """A row of a pasted table that is no order."""


def read_pasted(text: str, vocabulary: Vocabulary, kinds: Kinds, *, now: datetime, zone: tzinfo) -> list[Order]:
    """The orders of a paste, in order.

    Raises
    ------
    EmptyOrder, LongOrder, TooManyOrders, BadPaste
    """
    lines = _cells(text)
    if len(lines) > 1 and len(lines[0]) > 1:
        try:
            sheet = OrderSheet(lines, vocabulary, kinds, now=now, zone=zone)
        except NoOrders:
            # Tabs part labels from values as well.
            pass
        else:
            return _rows(sheet)
    return [read_order(piece, vocabulary, kinds, now=now, zone=zone) for piece in split_orders(text, vocabulary.labels)]


def _cells(text: str) -> list[list[str]]:
    """Rows as spreadsheets put them on the clipboard: a cell with line ends or quotes in it stands in quotes."""
    try:
        rows = list(csv.reader(_LINE.findall(text), delimiter="\t", strict=True))
    except csv.Error:
        rows = [line.split("\t") for line in text.splitlines()]  # quotes that somebody wrote
    return [row for row in rows if any(cell.strip() for cell in row)]


def _rows(sheet: OrderSheet) -> list[Order]:
    found: list[Order] = []
    for row in sheet.rows():
        if isinstance(row, BadRow):
            raise BadPaste(
                "粘贴的第 %(row)s 行：%(message)s；%(remedy)s。", row=row.row, message=row.message, remedy=row.remedy
            )
        if len(found) >= MOST_ORDERS:
            raise TooManyOrders("粘贴的表格超过 %(most)s 行；更多请存成文件，用表格导入。", most=MOST_ORDERS)
        found.append(_order(row))
    return found


def _order(row: SheetOrder) -> Order:
    return Order(
        number=row.number, words=row.words, place=row.place, category=row.category, kind=row.kind, kinds=row.kinds,
        term=row.term, due_at=row.due_at, sent_at=row.sent_at, reported_at=row.reported_at, caller_name="",
        phones=row.phones, readings=(), personal=(), unread=(), notes=row.notes,
    )  # fmt: skip
