"""One row of another system's history -> a report as it was there, or a reason why it is none.

Times, states and numbers are taken as they stand; nothing is mended without a note. A row that contradicts itself
(closed without a day of closing) is set aside, for either way of reading it would change a rate.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from geoapp.errors import Invalid
from geoapp.layers.columns import degrees_of
from geoapp.reports.imports.mapping import OPEN, ImportMapping
from geoapp.reports.kinds import UNSORTED

_LONGEST_NUMBER = 120
_LONGEST_WORDS = 2000
_LONGEST_ADDRESS = 200
_LONGEST_KEPT = 200
_REST = "*"
#: A long number as spreadsheets write it: its last digits are lost, and many cases have the same one.
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
#: From so many digits on a spreadsheet's number has lost some.
_INEXACT = 1e15
#: What fills a cell that should be empty, in capitals.
_NOTHING = frozenset({"-", "--", "—", "——", "/", "\\", "\\N", "无", "暂无", "空", "N/A", "NA", "NULL", "NONE", "NAT"})
_NO_DATE = re.compile(r"0000\D00?\D00?(\D.*)?|00?\D00?\D0000(\D.*)?")
#: Databases fill what has no end with the last day they know, and what has no beginning with the first.
_FILLER_YEARS = (1, 9999)


class MissingColumns(Invalid):
    """The file lacks columns that the mapping names."""


@dataclass(frozen=True, slots=True)
class PastReport:
    """A report as another system had it; ``xy`` is in the mapping's CRS, ``notes`` are codes of what is odd."""

    row: int
    number: str
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    kind: str
    words: str
    xy: tuple[float, float] | None
    place_code: str
    address: str
    fields: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Was it still open there?"""
        return self.outcome is None


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that is no report 未入库, with why and what to do."""

    row: int
    number: str
    reason: str
    message: str
    remedy: str


#: What is odd about a row that is stored all the same -> in words.
NOTES = {
    "closed_before_opened": "结案早于受理",
    "due_before_opened": "期限早于受理",
    "no_coordinates": "没有坐标",
    "bad_coordinates": "坐标不可用",
    "swapped": "坐标像是经纬度写反了",
    "unknown_kind": "类别未映射，记为待分类",
    "unknown_place": "地点未映射",
    "words_cut": "内容过长，已截短",
}

#: What to do about some of them.
NOTE_REMEDIES = {
    "bad_coordinates": "核对 x、y 两列，和 [place] 的 crs 是不是这个文件的坐标系",
    "swapped": "把映射里的 x 和 y 两列对调，再导入一次",
}

#: Why rows are set aside -> in words; each row says more.
REASONS = {
    "no_number": "没有编号",
    "scientific": "编号成了科学计数法",
    "no_opened": "没有受理时间",
    "bad_opened": "受理时间读不出",
    "bad_due": "期限读不出",
    "bad_closed": "结案时间读不出",
    "unknown_status": "状态没有映射",
    "contradiction": "状态与结案时间矛盾",
    "repeated": "编号在文件里出现过",
    "no_place": "在办，所写的区划今天没有",
    "not_taken": "在办，不能作为案件收下",
}


class PastReports:
    """Reads rows of one file by one mapping."""

    def __init__(self, header: Sequence[str], mapping: ImportMapping) -> None:
        """MissingColumns when the file lacks a column that is named."""
        missing = [column for column in mapping.needed if column not in header]
        if missing:
            raise MissingColumns(
                f"文件里没有映射所写的列 {'、'.join(missing)}；文件有 {'、'.join(list(header)[:40])}。"
            )
        self._at = {column: list(header).index(column) for column in mapping.needed}
        self._mapping = mapping
        self._readers = [_reader(form) for form in mapping.formats]

    def read(self, row: int, cells: Sequence[Any]) -> PastReport | SetAside:
        """One row; ``row`` is its number in the file."""
        number = self._text(cells, "number")
        if not number or len(number) > _LONGEST_NUMBER:
            return SetAside(row, number[:_LONGEST_NUMBER], "no_number", "没有编号，或编号太长", "补上编号再导入一次")
        if _SCIENTIFIC.fullmatch(number) or self._is_inexact(cells):
            message = "编号被表格软件写成了科学计数法，后几位已丢失"
            return SetAside(row, number, "scientific", message, "把编号列设成“文本”后重新导出")
        times = self._times(row, number, cells)
        if isinstance(times, SetAside):
            return times
        if times["opened"] is None:
            return SetAside(row, number, "no_opened", "没有受理时间", "补上时间再导入一次")
        state = self._text(cells, "status")
        meaning = self._mapping.states.get(state) or self._mapping.states.get(_REST)
        if meaning is None:
            return SetAside(
                row, number, "unknown_status", f"状态“{state[:40]}”没有映射", "在 values.status 里补上这个状态"
            )
        if (meaning == OPEN) != (times["closed"] is None):
            words = "状态是未结案却有结案时间" if meaning == OPEN else "状态是已结案却没有结案时间"
            return SetAside(row, number, "contradiction", words, "核对原系统后改正其一")
        return self._report(row, cells, number, times, None if meaning == OPEN else meaning)

    def _times(self, row: int, number: str, cells: Sequence[Any]) -> dict[str, datetime | None] | SetAside:
        """Its times; only the time of receipt may not be a filler."""
        times: dict[str, datetime | None] = {}
        for name in ("opened", "due", "closed"):
            text = self._text(cells, name)
            times[name] = self._time(text) if text else None
            if text and times[name] is None and (name == "opened" or not self._is_nothing(text)):
                column = self._mapping.columns[name]
                return SetAside(
                    row,
                    number,
                    f"bad_{name}",
                    f"{column} 不是时间：{text[:40]}",
                    "改正时间，或在 dates.formats 里补上写法",
                )
        return times

    def _report(
        self, row: int, cells: Sequence[Any], number: str, times: Mapping[str, datetime | None], outcome: str | None
    ) -> PastReport:
        opened, due, closed = times["opened"], times["due"], times["closed"]
        assert opened is not None
        notes = []
        if closed is not None and closed < opened:
            notes.append("closed_before_opened")
        if due is not None and due < opened:
            notes.append("due_before_opened")
        xy = self._xy(cells, notes)
        kind = self._meaning(cells, "kind", self._mapping.kinds, notes) or UNSORTED
        place = self._meaning(cells, "place", self._mapping.places, notes)
        words = "，".join(dict.fromkeys(filter(None, (self._cell(cells, column) for column in self._mapping.words))))
        if len(words) > _LONGEST_WORDS:
            notes.append("words_cut")
        fields = {column: text[:_LONGEST_KEPT] for column in self._mapping.keep if (text := self._cell(cells, column))}
        return PastReport(
            row, number, opened, due, closed, outcome, kind, words[:_LONGEST_WORDS], xy, place,
            self._text(cells, "address")[:_LONGEST_ADDRESS], fields, tuple(notes),
        )  # fmt: skip

    def _xy(self, cells: Sequence[Any], notes: list[str]) -> tuple[float, float] | None:
        if "x" not in self._mapping.columns:
            return None
        texts = [self._text(cells, name) for name in ("x", "y")]
        if not any(texts):
            notes.append("no_coordinates")
            return None
        x, y = (degrees_of(text) for text in texts)
        if x is None or y is None or not math.isfinite(x) or not math.isfinite(y) or (abs(x) < 0.01 and abs(y) < 0.01):
            notes.append("bad_coordinates")
            return None
        return x, y

    def _meaning(self, cells: Sequence[Any], name: str, known: Mapping[str, str], notes: list[str]) -> str:
        if name not in self._mapping.columns:
            return ""
        text = self._text(cells, name)
        meaning = known.get(text) or known.get(_REST, "")
        if text and not meaning:
            notes.append(f"unknown_{name}")
        return meaning

    def _time(self, text: str) -> datetime | None:
        found = self._stated(text)
        if found is None or found.year in _FILLER_YEARS:
            return None
        aware = found if found.tzinfo is not None else found.replace(tzinfo=self._mapping.zone)
        return aware.astimezone(UTC)

    def _stated(self, text: str) -> datetime | None:
        """The time as it is written, by the first form that reads it."""
        for read in self._readers:
            try:
                return read(text)
            except (ValueError, OverflowError):
                continue
        return None

    def _is_nothing(self, text: str) -> bool:
        """Does it only fill a cell that has no time?"""
        if text.upper() in _NOTHING or _NO_DATE.fullmatch(text):
            return True
        found = self._stated(text)
        return found is not None and found.year in _FILLER_YEARS

    def _is_inexact(self, cells: Sequence[Any]) -> bool:
        """Is the number one of a spreadsheet that has more digits than it keeps?"""
        at = self._at[self._mapping.columns["number"]]
        value = cells[at] if at < len(cells) else None
        return isinstance(value, float) and abs(value) >= _INEXACT

    def _text(self, cells: Sequence[Any], name: str) -> str:
        column = self._mapping.columns.get(name)
        return "" if column is None else self._cell(cells, column)

    def _cell(self, cells: Sequence[Any], column: str) -> str:
        at = self._at[column]
        value = cells[at] if at < len(cells) else None
        if value is None:
            return ""
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
            value = int(value)
        text = str(value)
        if text.isprintable():
            return text.strip()
        # A line end parts words in languages that write blanks.
        return " ".join("".join(c if c.isprintable() else " " for c in text if c.isprintable() or c.isspace()).split())


def _reader(form: str) -> Callable[[str], datetime]:
    if form == "iso":
        return datetime.fromisoformat
    return lambda text: datetime.strptime(text, form)  # noqa: DTZ007  the mapping's zone is added by whoever calls
