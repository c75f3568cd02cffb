"""Orders from a table: columns found by what their headings say, row by row, each read or set aside with a reason.

Of what is personal only the telephone is kept, for the handler; names, identity numbers and the like are dropped with
their columns, and cut from the words where they stand in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import chain, islice, zip_longest
from typing import Any

from geoapp.errors import Invalid, TooLarge
from geoapp.reports.kinds import UNSORTED, Kinds
from geoapp.reports.orders import callers
from geoapp.reports.orders.moments import end_of_day, find_moment, find_term
from geoapp.reports.orders.notes import CUT, LATE, PAST, REASONS, UNREAD_TERM, Note
from geoapp.reports.orders.order import canonical_number
from geoapp.reports.orders.spelling import spelled
from geoapp.reports.orders.text import MOST_WORDS
from geoapp.reports.orders.vocabulary import Vocabulary, likely_kinds

#: A street has some ten thousand orders a year; what is longer is no list of orders.
MOST_ROWS = 100_000
_HEADER_WITHIN = 20
_LONGEST_NUMBER = 120
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
#: Day 0 of spreadsheets.
_DAY_0 = (1899, 12, 30)


class NoOrders(Invalid):
    """A table in which no column is that of the orders' numbers."""


class LongSheet(TooLarge):
    """A table of more rows than a list of orders can have."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is what: field -> positions; and headings that are dropped, unused, or known to nobody."""

    at: Mapping[str, tuple[int, ...]]
    dropped: tuple[str, ...]
    unused: tuple[str, ...]
    unknown: tuple[str, ...]
    header_row: int


@dataclass(frozen=True, slots=True)
class SheetOrder:
    """One row that is an order; ``phones`` go to the handler and nowhere else."""

    row: int
    number: str
    words: str
    place: str
    category: str
    kinds: tuple[str, ...]
    term: str
    due_at: datetime | None
    sent_at: datetime | None
    reported_at: datetime | None
    phones: tuple[str, ...]
    notes: tuple[Note, ...] = ()

    @property
    def kind(self) -> str:
        """The likeliest kind; ``unsorted`` when the row speaks of none."""
        return self.kinds[0] if self.kinds else UNSORTED


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that is none, with why and what to do; it repeats nothing of what the row held."""

    row: int
    reason: str
    message: Note
    remedy: Note


def bad_row(row: int, reason: str, /, **values: object) -> BadRow:
    """A row that is none, for one of the `REASONS`."""
    message, remedy = REASONS[reason]
    return BadRow(row, reason, Note(message, **values), Note(remedy))


class OrderSheet:
    """A table of orders; ``rows()`` reads on as it is asked and holds one row at a time."""

    def __init__(
        self, lines: Iterable[Sequence[Any]], vocabulary: Vocabulary, kinds: Kinds, *, now: datetime, zone: tzinfo
    ) -> None:
        """Finds the header; NoOrders when there is none."""
        self._lines = iter(lines)
        self._words, self._kinds, self._zone, self._now = vocabulary, kinds, zone, now.astimezone(zone)
        first = [list(line) for line in islice(self._lines, _HEADER_WITHIN)]
        self.columns = find_columns(first, vocabulary)
        self._head = first

    def rows(self) -> Iterator[SheetOrder | BadRow]:
        """Every row that is not empty, in order; LongSheet after `MOST_ROWS`."""
        seen: dict[str, int] = {}
        count = 0
        for at, cells in enumerate(chain(self._head, self._lines), start=1):
            if at <= self.columns.header_row or all(cell is None or str(cell).strip() == "" for cell in cells):
                continue
            count += 1
            if count > MOST_ROWS:
                raise LongSheet("表格超过 %(most)s 行；请按月份或社区拆开，分几次导入。", most=MOST_ROWS)
            row = self._row(at, cells)
            if isinstance(row, SheetOrder) and (before := seen.setdefault(row.number, at)) != at:
                row = bad_row(at, "repeated", row=before)
            yield row

    def _row(self, at: int, cells: Sequence[Any]) -> SheetOrder | BadRow:
        stated = self._texts(cells, "number")[:1]
        if not stated:
            return bad_row(at, "no_number")
        if _SCIENTIFIC.fullmatch(stated[0]):
            return bad_row(at, "scientific")
        number = canonical_number(stated[0])
        if not re.search(r"\d", number) or len(stated[0]) > _LONGEST_NUMBER:
            return bad_row(at, "bad_number")
        names = [name for name in self._texts(cells, "name") if not callers.is_nobody(name)]
        place = callers.masked("".join(self._distinct(cells, ("compound", "place", "building"))), also=names)
        words = callers.masked("\n".join(self._distinct(cells, ("title", "words"))), also=names)
        if not words.strip() and not place.strip():
            return bad_row(at, "empty")
        return self._order(at, cells, number, words or place, place)

    def _order(self, at: int, cells: Sequence[Any], number: str, words: str, place: str) -> SheetOrder:
        category = " / ".join(self._distinct(cells, ("category",)))
        sent, reported = self._moment(cells, "sent_at"), self._moment(cells, "reported_at")
        term, due, notes = self._term(cells, sent)
        if len(words) > MOST_WORDS:
            notes.append(Note(CUT, n=MOST_WORDS))
        phones = [t.value for text in self._texts(cells, "phone")
                  for t in callers.traces(spelled(text).text, labelled=True) if t.what == callers.PHONE]  # fmt: skip
        kinds = likely_kinds(category, words, self._words, self._kinds)
        words, place = words[:MOST_WORDS].strip(), place[:200].strip()
        return SheetOrder(at, number, words, place, category[:200], kinds, term, due, sent, reported,
                          tuple(dict.fromkeys(phones))[:5], tuple(notes))  # fmt: skip

    def _term(self, cells: Sequence[Any], stated: datetime | None) -> tuple[str, datetime | None, list[Note]]:
        term, due, sent = "", None, stated or self._now
        notes: list[Note] = []
        for text in self._texts(cells, "term"):
            plain = self._dated(text)
            moment = find_moment(plain, zone=self._zone, near=sent)
            if moment is not None and due is None:
                due = end_of_day(moment.at) if moment.whole_day else moment.at
            span = find_term(plain, moment.end if moment else 0)
            term = term or (span.term if span else "")
            if moment is None and span is None:
                notes.append(Note(UNREAD_TERM, text=text[:20]))
        if due is not None and due <= sent:
            notes.append(Note(LATE if stated else PAST))
        return term, due, notes

    def _moment(self, cells: Sequence[Any], field: str) -> datetime | None:
        for text in self._texts(cells, field):
            found = find_moment(self._dated(text), zone=self._zone, near=self._now)
            if found is not None:
                return found.at
        return None

    def _dated(self, text: str) -> str:
        """A spreadsheet's bare number of a day as a date."""
        plain = spelled(text).text
        if not _SERIAL.fullmatch(plain.strip()):
            return plain
        moment = datetime(*_DAY_0, tzinfo=self._zone) + timedelta(days=round(float(plain) * 86400) / 86400)
        return f"{moment:%Y-%m-%d %H:%M:%S}"

    def _texts(self, cells: Sequence[Any], field: str) -> list[str]:
        found = (_text(cells[at]) for at in self.columns.at.get(field, ()) if at < len(cells))
        return [text for text in found if text]

    def _distinct(self, cells: Sequence[Any], fields: Sequence[str]) -> list[str]:
        kept: list[str] = []
        for field in fields:
            for text in self._texts(cells, field):
                if not any(text in other for other in kept):
                    kept = [*(other for other in kept if other not in text), text]
        return kept


def find_columns(lines: Sequence[Sequence[Any]], vocabulary: Vocabulary) -> Columns:
    """The header among the first rows of a table: the one with the most headings that are known.

    A header may have two lines, 诉求 above 诉求内容 and 地址: then the lower one tells what a column is, where it says
    anything.

    Raises
    ------
    NoOrders : no row has a number and something to go by
    """
    best, most = None, (0, False)
    for row, line in enumerate(lines, start=1):
        found = [_columns(line, row, vocabulary)]
        below = lines[row] if row < len(lines) else ()
        if sum(map(len, _columns(below, row + 1, vocabulary).at.values())) >= 2:
            both = [low if _text(low) else high for high, low in zip_longest(line, below)]
            found.append(_columns(both, row + 1, vocabulary))
        for each in found:
            complete = "number" in each.at and bool({"words", "title", "place"} & set(each.at))
            # A title above a header of one line is no part of it.
            known = sum(map(len, each.at.values())), each.header_row == row
            if complete and known > most:
                best, most = each, known
    if best is None:
        raise NoOrders(
            "没有找到工单的表头：需要一列工单编号，和一列诉求内容或地点；请核对工作表，或在用语表里补上本区的栏目名称。"
        )
    return best


def _columns(line: Sequence[Any], row: int, vocabulary: Vocabulary) -> Columns:
    """What the columns of a line are, if it is a header."""
    at: dict[str, tuple[int, ...]] = {}
    unknown = []
    for position, cell in enumerate(line):
        heading = _text(cell)
        field = vocabulary.field_of(heading) if heading and len(heading) <= 40 else None
        if field is not None:
            at[field] = (*at.get(field, ()), position)
        elif heading:
            unknown.append(heading[:40])
    told = {f: tuple(_text(line[p]) for p in at.get(f, ())) for f in ("dropped", "unused", "name")}
    return Columns(at, told["dropped"] + told["name"], told["unused"], tuple(unknown), row)


def _text(cell: Any) -> str:
    if cell is None or isinstance(cell, bool):
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        cell = int(cell)
    return str(cell).strip().replace("\x00", "")
