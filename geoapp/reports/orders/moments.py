"""Times and terms as orders write them: 2026年11月25日18时前, 11-25 18:00, 24小时, 五个工作日."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

_TIME = (
    r"(?:\s*T?\s*(?:(?P<half>上午|下午|晚上?|中午))?\s*(?P<h>[01]?\d|2[0-4])\s*"
    r"(?:[:时点]\s*(?P<min>[0-5]?\d)?\s*分?(?::?(?P<s>[0-5]\d)秒?)?))?"
)
_DATE = re.compile(
    r"(?<![\d-])(?:(?P<y>20\d\d)\s*[-/.年]\s*)?(?P<m>1[0-2]|0?[1-9])\s*[-/.月]\s*(?P<d>3[01]|[12]\d|0?[1-9])(?!\d)\s*[日号]?"
    + _TIME
)
_COMPACT = re.compile(
    r"(?<!\d)(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\s?(?:([01]\d|2[0-3]):?([0-5]\d):?([0-5]\d)?)?(?!\d)"
)
_NUMERALS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_TERM = re.compile(
    r"(?P<n>\d{1,3}(?:\.5)?|半|[一二两三四五六七八九十]{1,3})\s*个?\s*"
    r"(?P<unit>小时|钟头|[hH](?![a-zA-Z])|工作日|自然日|日历日|个?天|日(?!期)|个?(?:星期|周)|个?月)"
)
_TODAY = re.compile(r"当[日天]|今[日天](?:内|之内)?")


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

    Examples
    --------
    >>> from datetime import UTC
    >>> find_moment("请于1月3日18时前办结", zone=UTC, near=datetime(2026, 12, 30, tzinfo=UTC)).at.isoformat()
    '2027-01-03T18:00:00+00:00'
    """
    found = [m for m in (_written(text, zone, near, begin), _compact(text, zone, begin)) if m is not None]
    return min(found, key=lambda m: m.start, default=None)


def find_term(text: str, begin: int = 0) -> Span | None:
    """The first length of time in a text, as a term; None where there is none that can be one.

    Examples
    --------
    >>> find_term("时限：五个工作日内").term, find_term("24小时").term, find_term("半天").term, find_term("十五日").term
    ('5wd', '24h', '12h', '15d')
    """
    for found in _TERM.finditer(text, begin):
        term = _term(found["n"], found["unit"])
        if term:
            return Span(term, found.start(), found.end())
    return None


def find_today(text: str, begin: int = 0) -> tuple[int, int] | None:
    """Where a text says that something is due on the same day 当日."""
    found = _TODAY.search(text, begin)
    return found.span() if found else None


def end_of_day(at: datetime) -> datetime:
    """The last minute of a day: what is due "on the 25th" is not late at noon."""
    return at.replace(hour=23, minute=59, second=0, microsecond=0)


def _written(text: str, zone: tzinfo, near: datetime, begin: int) -> Moment | None:
    for found in _DATE.finditer(text, begin):
        years = [int(found["y"])] if found["y"] else [near.year - 1, near.year, near.year + 1]
        hour, minute, second = int(found["h"] or 0), int(found["min"] or 0), int(found["s"] or 0)
        if found["half"] in {"下午", "晚", "晚上"} and hour < 12:
            hour += 12
        dates = [_date(y, int(found["m"]), int(found["d"]), hour, minute, second, zone) for y in years]
        there = [d for d in dates if d is not None]
        if there:
            at = min(there, key=lambda d: abs(d - near))
            return Moment(at, found.start(), found.end(), found["h"] is None)
    return None


def _compact(text: str, zone: tzinfo, begin: int) -> Moment | None:
    for found in _COMPACT.finditer(text, begin):
        y, m, d, h, minute, s = (int(g) if g else 0 for g in found.groups())
        if (at := _date(y, m, d, h, minute, s, zone)) is not None:
            return Moment(at, found.start(), found.end(), found[4] is None)
    return None


def _date(y: int, m: int, d: int, hour: int, minute: int, second: int, zone: tzinfo) -> datetime | None:
    try:
        # 24:00 is midnight of the next day.
        at = datetime(y, m, d, 0 if hour == 24 else hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
    return at + timedelta(days=1) if hour == 24 else at


def _term(number: str, unit: str) -> str:
    size = _count(number)
    unit = unit.removeprefix("个")
    if unit in {"小时", "钟头", "h", "H"}:
        return f"{int(size)}h" if size >= 1 and size.is_integer() else ""
    if unit in {"星期", "周"}:
        size, unit = size * 7, "天"
    if unit == "月":
        size, unit = size * 30, "天"
    if size <= 0 or size > 366:
        return ""
    if unit == "工作日":
        return f"{int(size)}wd" if size.is_integer() else ""
    return f"{int(size)}d" if size.is_integer() else f"{int(size * 24)}h"


def _count(number: str) -> float:
    if number == "半":
        return 0.5
    if number[0].isascii():
        return float(number)
    tens, mark, ones = number.partition("十")
    if not mark:
        return float("".join(str(_NUMERALS[c]) for c in number))
    return float((_NUMERALS.get(tens, 1) if tens else 1) * 10 + (_NUMERALS.get(ones, 0) if ones else 0))
