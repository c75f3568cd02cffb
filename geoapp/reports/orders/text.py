"""The text of an order 工单, as it is pasted: read into number, place, kind, term and caller, each with its place.

Labels come in any order, with colons, tabs, brackets or nothing between label and value; some orders have hardly any.
Nothing is guessed silently: every value says from where it was read, and what nobody understood is listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, tzinfo
from itertools import pairwise

from geoapp.errors import Invalid, TooLarge
from geoapp.reports.kinds import UNSORTED, Kinds
from geoapp.reports.orders import callers
from geoapp.reports.orders.moments import end_of_day, find_moment, find_term, find_today
from geoapp.reports.orders.notes import LATE, PAST, Note
from geoapp.reports.orders.order import EDGE, Order, Reading, canonical_number
from geoapp.reports.orders.parts import Part, divide
from geoapp.reports.orders.places import address_end, matter_address
from geoapp.reports.orders.spelling import Plain, spelled
from geoapp.reports.orders.vocabulary import Vocabulary, likely_kinds

MOST_LETTERS = 20_000
MOST_WORDS = 4_000
LABELLED_NUMBER = re.compile(
    r"[\s#:]*((?:[\u4e00-\u9fff]{1,4}(?=[\d〔\[(A-Z]))?[A-Z0-9〔〕\[\]()/_.年第-]{3,58}号?)", re.IGNORECASE
)
FREE_NUMBER = re.compile(
    # 20261120-20261125 is from one day to another.
    r"(?<![\dA-Z])([A-Z]{1,6}-?\d{8,20}(?:-\d{1,8})?|20\d{6}-(?!20\d{6}(?!\d))\d{2,10}|20\d{8,18})(?![\dA-Z])",
    re.IGNORECASE,
)
#: A term in a sentence is one only with what is to be done in it.
_ASKED = re.compile(
    r"[\d半一两三四五六七八九十]{1,3}个?(?:小时|工作日|天|日)(?:之?内|以内)[^,;。\n]{0,6}?(?:答复|办结|回复|反馈|处理|办理|完成|解决)"
)
_ASKED_BY = re.compile(r"\s*(?:之前|以前|前)[^,;。\n]{0,8}?(?:答复|办结|回复|反馈|处理|办理|完成|解决)")
_SAYS_SOMETHING = re.compile(r"[0-9A-Za-z\u4e00-\u9fff]")


class EmptyOrder(Invalid):
    """Nothing was pasted."""


class SeveralOrders(Invalid):
    """Two orders in one text."""


class LongOrder(TooLarge):
    """More than an order can be."""


def read_order(text: str, vocabulary: Vocabulary, kinds: Kinds, *, now: datetime, zone: tzinfo) -> Order:
    """What a pasted text says.

    Parameters
    ----------
    now : moment of pasting; dates without a year are near it
    zone : civil time of the district

    Raises
    ------
    EmptyOrder, LongOrder, SeveralOrders
    """
    if len(text) > MOST_LETTERS:
        raise LongOrder(
            "粘贴的内容有 %(n)s 个字，超过 %(most)s 个；请只粘贴一张工单，或用表格导入。",
            n=len(text),
            most=MOST_LETTERS,
        )
    plain = spelled(text)
    if not _SAYS_SOMETHING.search(plain.text):
        raise EmptyOrder("没有粘贴任何内容；请复制整张工单后再粘贴。")
    return _Reader(plain, vocabulary, kinds, now.astimezone(zone), zone).order()


class _Reader:
    """Takes stretch after stretch off a text; what is left in the end was not understood."""

    def __init__(self, plain: Plain, vocabulary: Vocabulary, kinds: Kinds, now: datetime, zone: tzinfo) -> None:
        self.plain, self.text, self.words, self.kinds = plain, plain.text, vocabulary, kinds
        self.now, self.zone = now, zone
        self.parts = divide(plain.text, vocabulary.labels)
        self.taken = bytearray(len(plain.text))
        self.readings: list[Reading] = []
        self.cuts: list[tuple[int, int, str]] = []
        self.personal: list[Reading] = []
        self.notes: list[Note] = []
        for part in self.parts:
            self._take(part.label_start, part.start)

    def order(self) -> Order:
        name, phones = self._caller()
        number = self._number()
        sent, reported = self._moment("sent_at"), self._moment("reported_at")
        term, due = self._term(sent)
        self._unused()
        category = self._lines("category", " / ")
        place = self._place()
        words = self._words(free=not self._has("words"), place=place)
        place = place or self._place_in_words(words)
        kind, several = self._kind(category, words)
        return Order(
            number=number, words=words, place=place, category=category, kind=kind, kinds=several, term=term, due_at=due,
            sent_at=sent, reported_at=reported, caller_name=name, phones=phones, readings=tuple(self.readings),
            personal=tuple(self.personal), unread=tuple(self._unread()), notes=tuple(self.notes),
        )  # fmt: skip

    # -- caller ----------------------------------------------------------------------------------------------------

    def _caller(self) -> tuple[str, tuple[str, ...]]:
        name = ""
        first: list[str] = []
        others: list[str] = []
        for part in self.parts:
            value = self.text[part.start : part.end]
            if not name and part.field in {"", "words", "number"} and (named := callers.addressed(value)):
                name = named[0]
                self.personal.append(
                    Reading(callers.NAME, "", *self.plain.span(part.start + named[1], part.start + named[2]))
                )
            if part.field == "name":
                lead = len(value) - len(value.lstrip(EDGE))
                found = callers.person(value[lead:])
                if found:
                    name = name or ("" if callers.is_nobody(found[0]) else found[0].strip())
                    self._personal(part, callers.NAME, part.start + lead, part.start + lead + found.end())
            if part.field == "dropped":
                end = part.start + len(value.lstrip(EDGE + "\n").split("\n")[0]) + len(value) - len(value.lstrip(EDGE))
                self._personal(part, "dropped", part.start, min(end, part.end))
            for trace in callers.traces(value, labelled=part.field == "phone"):
                if self._is_free(part.start + trace.start, part.start + trace.end):
                    if trace.what == callers.PHONE:
                        (first if part.field in {"phone", "name"} else others).append(trace.value)
                        if not name and (named := callers.beside(self.text, part.start + trace.start)):
                            name = named[0]
                            self.personal.append(Reading(callers.NAME, "", *self.plain.span(named[1], named[2])))
                    self._personal(part, trace.what, part.start + trace.start, part.start + trace.end)
        if len(name) >= 2:
            for found in re.finditer(re.escape(name), self.text):
                self.cuts.append((found.start(), found.end(), callers.NAME))
        self._go_on_after_phones()
        return name, tuple(dict.fromkeys([*first, *others]))[:5]

    def _go_on_after_phones(self) -> None:
        """A telephone in the middle of a description does not end it."""
        for before, part in pairwise(list(self.parts)):
            text = self.text[part.start : part.end]
            if part.field == "phone" and before.field == "words" and (found := callers.traces(text, labelled=True)):
                self.parts.append(Part("words", "", part.start, part.start + found[-1].end, part.end))

    def _personal(self, part: Part, what: str, start: int, end: int) -> None:
        self.cuts.append((start, end, what))
        if part.field not in {"words", ""}:
            self._take(start, end)
        self.personal.append(Reading(what, "", *self.plain.span(start, end), part.label))

    # -- single values ---------------------------------------------------------------------------------------------

    def _number(self) -> str:
        found: dict[str, tuple[int, int, str]] = {}
        for part in self.parts:
            m = LABELLED_NUMBER.match(self.text, part.start, part.end) if part.field == "number" else None
            if m is not None and re.search(r"\d", m[1]):
                found.setdefault(canonical_number(m[1]), (m.start(1), m.end(1), part.label))
        if len(found) > 1:
            listed = "、".join(list(found)[:3])
            raise SeveralOrders(
                "这段文字里有 %(n)s 个工单编号（%(listed)s）；请一次粘贴一张，或用表格导入。",
                n=len(found),
                listed=listed,
            )
        if not found:
            for part in self._free():
                for m in FREE_NUMBER.finditer(self.text, part.start, part.end):
                    if self._is_free(m.start(), m.end()) and not found:
                        found[canonical_number(m[1])] = (m.start(1), m.end(1), "")
        for value, (start, end, label) in found.items():
            self._read("number", value, start, end, label)
            return value
        return ""

    def _moment(self, field: str) -> datetime | None:
        for part in self._of(field):
            found = find_moment(self.text[: part.end], zone=self.zone, near=self.now, begin=part.start)
            if found:
                self._read(field, found.at.isoformat(), found.start, found.end, part.label)
                return found.at
        return None

    def _term(self, stated: datetime | None) -> tuple[str, datetime | None]:
        term, due, sent = "", None, stated or self.now
        for part in self._of("term"):
            text = self.text[: part.end]
            moment = find_moment(text, zone=self.zone, near=sent, begin=part.start)
            if moment and due is None:
                due = end_of_day(moment.at) if moment.whole_day else moment.at
                self._read("due", due.isoformat(), moment.start, moment.end, part.label)
            # A date is no length of time: 25日 in 11月25日 is not 25 days.
            span = find_term(text, max(part.start, moment.end if moment else 0))
            if span and not term:
                term = span.term
                self._read("term", term, span.start, span.end, part.label)
            if not moment and not span and due is None and (today := find_today(text, part.start)):
                due = end_of_day(sent)
                self._read("due", due.isoformat(), *today, part.label)
        if not term and due is None:
            due = self._asked_moment(sent)
        if not term and due is None:
            term = self._asked_term()
        if due is not None and due <= sent:
            self.notes.append(Note(LATE if stated else PAST))
        return term, due

    def _asked_term(self) -> str:
        """A term that stands in a sentence: 请3天内答复."""
        for part in self._free():
            if found := _ASKED.search(self.text, part.start, part.end):
                span = find_term(self.text[: found.end()], found.start())
                if span:
                    self.readings.append(Reading("term", span.term, *self.plain.span(span.start, span.end)))
                    return span.term
        return ""

    def _asked_moment(self, sent: datetime) -> datetime | None:
        """A moment by which a sentence asks for something: 请于11月20日17:00前处理."""
        for part in self._free():
            at = part.start
            while moment := find_moment(self.text[: part.end], zone=self.zone, near=sent, begin=at):
                if _ASKED_BY.match(self.text, moment.end, part.end):
                    due = end_of_day(moment.at) if moment.whole_day else moment.at
                    self.readings.append(Reading("due", due.isoformat(), *self.plain.span(moment.start, moment.end)))
                    return due
                at = moment.end
        return None

    def _unused(self) -> None:
        for part in self._of("unused"):
            start, end = self._trimmed(part.start, self._line_end(part))
            if start < end:
                self._read("unused", self._safe(start, end), start, end, part.label)

    def _lines(self, field: str, joint: str) -> str:
        values = []
        for part in self._of(field):
            start, end = self._trimmed(part.start, self._line_end(part))
            if start < end:
                values.append(self._safe(start, end))
                self._read(field, values[-1], start, end, part.label)
        return joint.join(dict.fromkeys(values))

    # -- place and words -------------------------------------------------------------------------------------------

    def _place(self) -> str:
        values: list[str] = []
        for field in ("compound", "place", "building"):
            for part in self._of(field):
                start, end = self._trimmed(part.start, self._line_end(part))
                end = start + address_end(self.text[start:end])
                value = self._safe(start, end)
                if start < end and not any(value in other for other in values):
                    values = [v for v in values if v not in value]
                    values.append(value)
                    self._read("place", value, start, end, part.label)
        return "".join(values)[:200]

    def _words(self, *, free: bool, place: str) -> str:
        pieces: list[str] = []
        for field in ("title", "words"):
            for part in self._of(field):
                start, end = self._trimmed(part.start, part.end)
                if start < end:
                    value = self._safe(start, end)
                    if not any(value in other for other in pieces):
                        pieces = [p for p in pieces if p not in value]
                        pieces.append(value)
                    self._read(field, value, start, end, part.label)
        if free:
            pieces += self._free_words(place)
        return "\n".join(pieces)[:MOST_WORDS]

    def _free_words(self, place: str) -> list[str]:
        """Words of an order that labels none: the stretches that no label claimed."""
        pieces = []
        for start, end in self._left():
            found = None if place else matter_address(self.text[start:end])
            if found and not self._has_place():
                a, b = start + found[0], start + found[1]
                self._read("place", self._safe(a, b), a, b, "")
                if self._stands_alone(a, b):
                    pieces += [self._free_piece(*self._trimmed(s, e)) for s, e in ((start, a), (b, end))]
                    continue
            pieces.append(self._free_piece(*self._trimmed(start, end)))
        return [piece for piece in pieces if piece]

    def _free_piece(self, start: int, end: int) -> str:
        if start >= end or not _SAYS_SOMETHING.search(self.text[start:end]):
            return ""
        value = self._safe(start, end)
        if not _SAYS_SOMETHING.search(callers.MARKED.sub("", value)):
            return ""
        self._read("words", value, start, end, "")
        return value

    def _place_in_words(self, words: str) -> str:
        read = next((r.value for r in self.readings if r.field == "place"), "")
        if read or not words:
            return read
        for part in self._of("title") + self._of("words"):
            if found := matter_address(self.text[part.start : part.end]):
                start, end = part.start + found[0], part.start + found[1]
                self._read("place", self._safe(start, end), start, end, "")
                return self._safe(start, end)
        return ""

    def _kind(self, category: str, words: str) -> tuple[str, tuple[str, ...]]:
        ordered = likely_kinds(category, words, self.words, self.kinds)
        return (ordered[0] if ordered else UNSORTED), ordered

    # -- book-keeping ----------------------------------------------------------------------------------------------

    def _of(self, field: str) -> list[Part]:
        return [part for part in self.parts if part.field == field]

    def _has(self, field: str) -> bool:
        return any(_SAYS_SOMETHING.search(self.text[p.start : p.end]) for p in self._of(field))

    def _has_place(self) -> bool:
        return any(r.field == "place" for r in self.readings)

    def _free(self) -> Iterator[Part]:
        yield from (part for part in self.parts if part.field in {"", "number", "title", "words"})

    def _line_end(self, part: Part) -> int:
        """The end of a value that has one line: blank lines before it do not count."""
        start, _ = self._trimmed(part.start, part.end)
        ends = [at for sign in "\n\t" if (at := self.text.find(sign, start, part.end)) >= 0]
        return min(ends, default=part.end)

    def _trimmed(self, start: int, end: int) -> tuple[int, int]:
        while start < end and self.text[start] in EDGE:
            # A bracket that is closed inside belongs to the value: (东区)3号楼.
            if self.text[start] in "([【" and re.search(r"[)\]】]", self.text[start:end]):
                break
            start += 1
        while end > start and self.text[end - 1] in EDGE:
            if self.text[end - 1] in ")]】" and re.search(r"[(\[【]", self.text[start:end]):
                break
            end -= 1
        return start, end

    def _stands_alone(self, start: int, end: int) -> bool:
        before, after = self.text[start - 1 : start], self.text[end : end + 1]
        return (not before or before in EDGE) and (not after or after in EDGE)

    def _is_free(self, start: int, end: int) -> bool:
        return not any(self.taken[start:end])

    def _take(self, start: int, end: int) -> None:
        self.taken[start:end] = b"\x01" * (end - start)

    def _read(self, field: str, value: str, start: int, end: int, label: str) -> None:
        self._take(start, end)
        self.readings.append(Reading(field, value, *self.plain.span(start, end), label))

    def _safe(self, start: int, end: int) -> str:
        """A stretch as it was written, without invisible signs and with what is personal replaced."""
        pieces, at = [], start
        for a, b, what in sorted(self.cuts):
            if at <= a and b <= end and a >= start:
                pieces += [callers.shown(self.plain, at, a), callers.mark(what)]
                at = b
        return "".join([*pieces, callers.shown(self.plain, at, end)]).strip()

    def _left(self) -> list[tuple[int, int]]:
        found, at = [], 0
        for run in re.finditer(b"\x00+", bytes(self.taken)):
            at = run.start()
            for piece in re.finditer(r"[^\n\t…|]+", self.text[at : run.end()]):
                start, end = self._trimmed(at + piece.start(), at + piece.end())
                if _SAYS_SOMETHING.search(self.text[start:end]):
                    found.append((start, end))
        return found

    def _unread(self) -> Iterator[Reading]:
        for start, end in self._left():
            if end - start > 1:
                yield Reading("", self._safe(start, end), *self.plain.span(start, end))
