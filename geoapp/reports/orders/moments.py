"""Times and terms as orders write them: 2026年11月25日18时前, 21日18时, 11月底前, 24小时, 五个工作日."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from math import ceil

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0, "○": 0}
#: What makes a number a length of time: 1.5天, 3-5个工作日. A date is never directly before it.
_LENGTH = (
    r"\s*(?:个?\s*(?:工作日|自然日|日历日|小时|钟头|(?:星期|周)(?![一二三四五六日天末])|天(?![气桥然台花津安]))|个月"
    r"|[hH](?![a-zA-Z])|(?:(?<=\.5)|(?<=-\d))日(?:之|以)?内)"
)
_HALF = r"上午|早上|早晨|清晨|凌晨|中午|正午|下午|午后|傍晚|晚[上间]?|夜[里间晚]|深夜"
_WEEKDAY = r"(?:\s*[(（\[]?\s*(?:周|星期|礼拜)[一二三四五六日天]\s*[)）\]]?)?"
_HOUR_ZH = r"二十[一二三四]?|十[一二三四五六七八九]?|[零一两二三四五六七八九]"
_MINUTES = rf"(?:(?P<min>[0-5]?\d(?!\d|{_LENGTH})|半)\s*分?(?::?(?P<s>[0-5]\d)秒?)?)?"
_CLOCK = rf"(?P<h>[01]?\d|2[0-4]|{_HOUR_ZH})\s*[:时点]\s*{_MINUTES}"
_TIME = (
    rf"(?:\s*T?\s*(?P<half>{_HALF})?\s*(?:{_CLOCK}|(?P<bare>[01]?\d|2[0-4])(?!{_LENGTH}))"
    r"(?:\s*(?P<ampm>[AaPp])\.?[Mm](?![A-Za-z])\.?)?)?"
)
_YEAR = r"20\d\d|二[〇○零][〇○零一二三四五六七八九]{2}"
_MONTH_ZH = r"十[一二]?|[一二三四五六七八九]"
_DAY_ZH = r"三十一?|二?十[一二三四五六七八九]?|[一二三四五六七八九]"
_DATE = re.compile(
    rf"(?<![\d-])(?:(?P<y>{_YEAR})\s*[-/.年]\s*)?(?P<m>1[0-2]|0?[1-9])\s*[-/.月]\s*(?P<d>3[01]|[12]\d|0?[1-9])(?!\d)"
    rf"(?(y)|(?!{_LENGTH}))\s*[日号]?{_WEEKDAY}{_TIME}"
)
_NUMERAL_DATE = re.compile(
    rf"(?<![\d一二三四五六七八九十-])(?:(?P<y>{_YEAR})\s*年\s*)?(?P<m>1[0-2]|0?[1-9]|{_MONTH_ZH})\s*月\s*"
    rf"(?P<d>{_DAY_ZH})\s*[日号]{_WEEKDAY}{_TIME}"
)
_COMPACT = re.compile(
    r"(?<!\d)(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\s?(?:([01]\d|2[0-3]):?([0-5]\d):?([0-5]\d)?)?(?!\d)"
)
_MONTH_END = re.compile(
    rf"(?<![\d一二三四五六七八九十每-])(?:(?:(?P<y>{_YEAR})\s*年\s*)?(?P<m>1[0-2]|0?[1-9]|{_MONTH_ZH})|(?P<which>[本当下次]))?"
    r"月[底末]"
)
#: 21日18时前, 25日前, 次月5号前: the month is that of the calendar on the wall. 3天前 is no such day.
_DAY = re.compile(
    rf"(?<![\d一二三四五六七八九十.月/-])(?:(?P<which>[本当下次])月)?(?P<d>3[01]|[12]\d|0?[1-9]|{_DAY_ZH})\s*(?P<mark>[日号])"
    rf"{_WEEKDAY}(?:\s*(?P<half>{_HALF})?\s*{_CLOCK}(?:\s*(?P<ampm>[AaPp])\.?[Mm](?![A-Za-z])\.?)?|(?=\s*(?:之|以)?前))"
)
#: 来电人5日前反映过 tells of what was, 霞光里30号前面 of a place: neither says by when.
_ASKS_BEFORE = re.compile(r"(?:[^\u4e00-\u9fff]|[于在请须应需必限至到迟为])$")
_TELLS_AFTER = re.compile(r"\s*(?:之|以)?前(?:面|门|边|方|后|院|[^,;。\n]{0,6}?(?:过|曾|已|反映|来电|投诉|报修|发现))")
_TERM = re.compile(
    r"(?<!\d)(?<!\d\.)(?P<n>\d{1,3}(?:\.\d{1,2})?|半|[一二两三四五六七八九十]{1,3})\s*(?:"
    r"个?\s*(?P<unit>小时|钟头|[hH](?![a-zA-Z])|工作日|自然日|日历日|天|日(?!期|\s*(?:之|以)?前|\s*\d{1,2}\s*[:时点])"
    r"|(?:星期|周)(?![一二三四五六日天末]))|(?P<month>个月|月(?=(?:之|以)?内)))"
)
#: 11月内 means November; only the first few can be a length.
_LONGEST_MONTHS = 3
_TODAY = re.compile(r"当[日天]|今[日天](?:内|之内)?")
#: What is only a step on the way; 签收后 tells from when a term counts.
_STEP = re.compile(r"(?:联系|响应|到场|到达|签收|接单|受理)(?!之?后|起|之日|之时|时起)")
_END = re.compile(r"办结|办完|完成|处理|处置|解决|整改")
_CLAUSE = re.compile(r"[,;。、\n|/]")


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time that was read, with where it stood; ``whole_day``: no time of day was given."""

    at: datetime
    start: int
    end: int
    whole_day: bool


@dataclass(frozen=True, slots=True)
class Span:
    """A term that was read: "24h", "3d", "5wd", with where it stood."""

    term: str
    start: int
    end: int


def find_moment(text: str, *, zone: tzinfo, near: datetime, begin: int = 0) -> Moment | None:
    """The first date in a text; one without a year is taken from the year that brings it nearest to ``near``.

    A day without a month is one only with a time or 前 behind it, and the next such day from ``near`` on.

    Examples
    --------
    >>> from datetime import UTC
    >>> find_moment("请于1月3日18时前办结", zone=UTC, near=datetime(2026, 12, 30, tzinfo=UTC)).at.isoformat()
    '2027-01-03T18:00:00+00:00'
    >>> find_moment("3日18时前", zone=UTC, near=datetime(2026, 12, 30, tzinfo=UTC)).at.isoformat()
    '2027-01-03T18:00:00+00:00'
    """
    near = near.astimezone(zone)
    found = [m for read in (_written, _numerals, _compact, _month_end, _day) if (m := read(text, zone, near, begin))]
    return min(found, key=lambda m: m.start, default=None)


def find_term(text: str, begin: int = 0) -> Span | None:
    """The first length of time in a text, as a term; None where there is none that can be one.

    Where the first is only that of a step (2小时内联系), the one of the end (3个工作日办结) goes before it. Fractions
    are rounded up to what a term can say: days to hours, hours and working days to whole ones.

    Examples
    --------
    >>> find_term("时限：五个工作日内").term, find_term("24小时").term, find_term("半天").term, find_term("十五日").term
    ('5wd', '24h', '12h', '15d')
    >>> find_term("1.5天").term, find_term("1.5小时").term, find_term("1.5个工作日").term
    ('36h', '2h', '2wd')
    >>> find_term("2小时内联系，3个工作日办结").term
    '3wd'
    """
    if text[begin : begin + 1].isdigit():
        # A search may begin in the middle of a number: at the 5 of 1.5天.
        begin = len(text[:begin].rstrip("0123456789."))
    spans = list(_terms(text, begin))
    if len(spans) < 2:
        return spans[0] if spans else None
    said = _said(text, begin, spans)
    if not _STEP.search(said[0]) or _END.search(said[0]):
        return spans[0]
    ends = [span for span, words in zip(spans, said, strict=True) if _END.search(words)]
    return (ends or [span for span, words in zip(spans, said, strict=True) if not _STEP.search(words)] or spans)[0]


def find_today(text: str, begin: int = 0) -> tuple[int, int] | None:
    """Where a text says that something is due on the same day 当日."""
    found = _TODAY.search(text, begin)
    return found.span() if found else None


def end_of_day(at: datetime) -> datetime:
    """The last minute of a day: what is due "on the 25th" is not late at noon."""
    return at.replace(hour=23, minute=59, second=0, microsecond=0)


# -- dates ---------------------------------------------------------------------------------------------------------


def _written(text: str, zone: tzinfo, near: datetime, begin: int) -> Moment | None:
    return _full(_DATE, text, zone, near, begin)


def _numerals(text: str, zone: tzinfo, near: datetime, begin: int) -> Moment | None:
    return _full(_NUMERAL_DATE, text, zone, near, begin)


def _full(pattern: re.Pattern[str], text: str, zone: tzinfo, near: datetime, begin: int) -> Moment | None:
    for found in pattern.finditer(text, begin):
        clock = _clock(found)
        dates = [_date(y, _count(found["m"]), _count(found["d"]), clock, zone) for y in _years(found["y"], near)]
        there = [d for d in dates if d is not None]
        if there:
            return Moment(min(there, key=lambda d: abs(d - near)), found.start(), found.end(), clock is None)
    return None


def _compact(text: str, zone: tzinfo, near: datetime, begin: int) -> Moment | None:
    for found in _COMPACT.finditer(text, begin):
        y, m, d, h, minute, s = (int(g) if g else 0 for g in found.groups())
        if (at := _date(y, m, d, (h, minute, s), zone)) is not None:
            return Moment(at, found.start(), found.end(), found[4] is None)
    return None


def _month_end(text: str, zone: tzinfo, near: datetime, begin: int) -> Moment | None:
    found = _MONTH_END.search(text, begin)
    if found is None:
        return None
    if found["m"]:
        firsts = [datetime(y, int(_count(found["m"])), 1, tzinfo=zone) for y in _years(found["y"], near)]
    else:
        firsts = [_month(near, 1 if found["which"] in {"下", "次"} else 0)]
    lasts = [_month(first, 1) - timedelta(days=1) for first in firsts]
    return Moment(min(lasts, key=lambda d: abs(d - near)), found.start(), found.end(), whole_day=True)


def _day(text: str, zone: tzinfo, near: datetime, begin: int) -> Moment | None:
    for found in _DAY.finditer(text, begin):
        clock, which = _clock(found), found["which"]
        if clock is None and not which and found.start() > begin and not _ASKS_BEFORE.search(text, 0, found.start()):
            continue
        if clock is None and _TELLS_AFTER.match(text, found.end()):
            continue
        months = [0] if which in {"本", "当"} else [1] if which else range(3)
        firsts = [_month(near, n) for n in months]
        dates = [_date(first.year, first.month, _count(found["d"]), clock, zone) for first in firsts]
        there = [d for d in dates if d is not None and (which or d.date() >= near.date())]
        if there:
            return Moment(there[0], found.start(), found.end(), clock is None)
    return None


def _years(written: str | None, near: datetime) -> list[int]:
    if not written:
        return [near.year - 1, near.year, near.year + 1]
    return [int("".join(c if c.isascii() else str(_DIGITS[c]) for c in written))]


def _month(at: datetime, further: int) -> datetime:
    """The first of the month that comes so many months after a moment's."""
    year, month = divmod(at.year * 12 + at.month - 1 + further, 12)
    return datetime(year, month + 1, 1, tzinfo=at.tzinfo)


def _clock(found: re.Match[str]) -> tuple[int, int, int] | None:
    """Hour, minute and second of a match; the hour may be past 24, for 晚上12点 ends the day. None: none was given."""
    parts = found.groupdict()
    written = parts["h"] or parts.get("bare")
    if not written:
        return None
    hour, half, ampm = int(_count(written)), parts["half"] or "", (parts["ampm"] or "").lower()
    minute = 30 if parts["min"] == "半" else int(parts["min"] or 0)
    if ampm and 1 <= hour <= 12:
        hour = hour % 12 + (12 if ampm == "p" else 0)
    elif half[:1] in {"晚", "夜"} or half == "深夜":
        hour += 12 if 5 <= hour < 12 or hour == 12 else 24 if hour < 5 else 0
    elif (half in {"下午", "午后", "傍晚"} and hour < 12) or (half in {"中午", "正午"} and hour <= 3):
        hour += 12
    elif half == "凌晨" and hour == 12:
        hour = 0
    return hour, minute, int(parts["s"] or 0)


def _date(y: int, m: float, d: float, clock: tuple[int, int, int] | None, zone: tzinfo) -> datetime | None:
    hour, minute, second = clock or (0, 0, 0)
    try:
        # 24:00 is midnight of the next day.
        at = datetime(y, int(m), int(d), hour % 24, minute, second, tzinfo=zone)
    except ValueError:
        return None
    return at + timedelta(days=hour // 24)


# -- terms ---------------------------------------------------------------------------------------------------------


def _terms(text: str, begin: int) -> Iterator[Span]:
    for found in _TERM.finditer(text, begin):
        before = text[found.start() - 1 : found.start()]
        # 2月30日 is a day that no calendar has, and 2026年3月内 a month: neither is a length.
        if (found["unit"] == "日" and before == "月") or (found["month"] and before == "年"):
            continue
        term = _term(found["n"], found["unit"] or found["month"])
        if term:
            yield Span(term, found.start(), found.end())


def _said(text: str, begin: int, spans: list[Span]) -> list[str]:
    """What each term is said to be for: the words before it in its clause where they name a step, else those behind."""
    said, at = [], begin
    for span, following in zip(spans, [*spans[1:], None], strict=True):
        before = _CLAUSE.split(text[at : span.start])[-1]
        behind = _CLAUSE.split(text[span.end : following.start if following else len(text)])[0]
        named = _STEP.search(before) or _END.search(before)
        said.append(before if named else behind)
        at = span.end if named else span.end + len(behind)
    return said


def _term(number: str, unit: str) -> str:
    size = _count(number)
    if unit in {"小时", "钟头", "h", "H"}:
        return f"{ceil(size)}h" if size >= 1 else ""
    if unit in {"星期", "周"}:
        size = size * 7
    if unit.endswith("月"):
        if unit == "月" and size > _LONGEST_MONTHS:
            return ""
        size = size * 30
    if size <= 0 or size > 366:
        return ""
    if unit == "工作日":
        return f"{ceil(size)}wd" if size >= 1 else ""
    return f"{int(size)}d" if size.is_integer() else f"{ceil(size * 24)}h"


def _count(number: str) -> float:
    if number == "半":
        return 0.5
    if number[0].isascii():
        return float(number)
    tens, mark, ones = number.partition("十")
    if not mark:
        return float("".join(str(_DIGITS[c]) for c in number))
    return float((_DIGITS.get(tens, 1) if tens else 1) * 10 + (_DIGITS.get(ones, 0) if ones else 0))
