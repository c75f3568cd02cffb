"""Periods of civil time: days, weeks, months, quarters and years of a district, as moments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from geoapp.errors import Invalid

STEPS = ("day", "week", "month", "quarter", "year")
_MOST = 400


class BadPeriod(Invalid):
    """A period that ends before it begins, or has too many steps."""


@dataclass(frozen=True, slots=True)
class Period:
    """``since`` is included, ``until`` is not; ``name`` is what to call it: 2026-11, 2026-W47."""

    name: str
    since: datetime
    until: datetime


def whole(since: date, until: date, *, zone: tzinfo) -> Period:
    """One period of civil days, ``until`` excluded."""
    if not since < until:
        raise BadPeriod(f"时段 {since} 到 {until} 不对：结束日（不含）应晚于开始日。")
    last = until - timedelta(days=1)
    return Period(f"{since}..{last}", _midnight(since, zone), _midnight(until, zone))


def steps(since: date, until: date, *, step: str, zone: tzinfo) -> list[Period]:
    """The days, weeks (from Monday), months, quarters or years between two days; the first and last may be cut short.

    Examples
    --------
    >>> [p.name for p in steps(date(2026, 10, 15), date(2026, 12, 2), step="month", zone=UTC)]
    ['2026-10', '2026-11', '2026-12']
    """
    if step not in STEPS:
        raise BadPeriod(f"没有“{step[:20]}”这种时段；可用：{'、'.join(STEPS)}。")
    whole(since, until, zone=zone)
    found = []
    for name, first, after in _cut(since, until, step):
        found.append(Period(name, _midnight(max(first, since), zone), _midnight(min(after, until), zone)))
        if len(found) > _MOST:
            raise BadPeriod(f"时段太多，超过 {_MOST} 个；请缩短范围，或按月、按年统计。")
    return found


def _cut(since: date, until: date, step: str) -> Iterator[tuple[str, date, date]]:
    first = since
    while first < until:
        name, begin, after = _one(first, step)
        yield name, begin, after
        first = after


def _one(day: date, step: str) -> tuple[str, date, date]:
    if step == "day":
        return day.isoformat(), day, day + timedelta(days=1)
    if step == "week":
        begin = day - timedelta(days=day.weekday())
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}", begin, begin + timedelta(days=7)
    months = {"month": 1, "quarter": 3, "year": 12}[step]
    at = (day.month - 1) // months * months
    begin = date(day.year, at + 1, 1)
    end = at + months
    after = date(day.year + end // 12, end % 12 + 1, 1)
    name = {"month": f"{begin:%Y-%m}", "quarter": f"{day.year}-Q{at // 3 + 1}", "year": str(day.year)}[step]
    return name, begin, after


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
