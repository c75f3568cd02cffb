"""Which days are worked on: weekends, holidays and the make-up days 调休 on which a weekend is worked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from geoapp.reports.datafile import BadData, known_only, parse

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Calendar:
    """Working days as announced; a year that is not among ``years`` has its weekends only."""

    weekend: frozenset[int]
    holidays: frozenset[date]
    make_up_days: frozenset[date]
    years: frozenset[int]

    def is_working(self, day: date) -> bool:
        """Is it worked on that day?"""
        if day in self.make_up_days:
            return True
        return day.weekday() not in self.weekend and day not in self.holidays

    def is_assumed(self, day: date) -> bool:
        """Is the year's announcement missing, so that only weekends are known?"""
        return day.year not in self.years


def parse_calendar(text: str) -> Calendar:
    """A calendar from its file; BadData names the entry that cannot be used."""
    data = parse(text, "calendar.toml")
    known_only(data, {"version", "weekend", "year"}, "工作日历")
    strange = [d for d in data.get("weekend", []) if d not in _DAYS]
    if strange:
        raise BadData(f"工作日历的 weekend 里有“{strange[0]}”；可用：{'、'.join(_DAYS)}。")
    weekend = frozenset(_DAYS.index(d) for d in data.get("weekend", ["saturday", "sunday"]))
    if len(weekend) == len(_DAYS):
        raise BadData("工作日历里七天都是休息日，工作日期限永远不会到；请改正 weekend。")
    holidays: set[date] = set()
    make_up: set[date] = set()
    for year, row in data.get("year", {}).items():
        where = f"工作日历 {year} 年"
        known_only(row, {"source", "holidays", "make_up_days"}, where)
        holidays |= _days(row.get("holidays", []), where)
        make_up |= _days(row.get("make_up_days", []), where)
    if both := sorted(holidays & make_up):
        raise BadData(f"工作日历里 {both[0]} 既是假日又是上班日；请改正。")
    return Calendar(weekend, frozenset(holidays), frozenset(make_up), frozenset(int(y) for y in data.get("year", {})))


def _days(entries: list[str], where: str) -> set[date]:
    """Days of "2026-01-04" and of ranges "2026-10-01..2026-10-07", both ends included."""
    found: set[date] = set()
    for entry in entries:
        first, _, last = str(entry).partition("..")
        try:
            begin, end = date.fromisoformat(first), date.fromisoformat(last or first)
        except ValueError:
            raise BadData(f"{where} 的“{entry}”不是日期；写成 2026-10-01 或 2026-10-01..2026-10-07。") from None
        if not 0 <= (end - begin).days <= 60:
            raise BadData(f"{where} 的“{entry}”首尾颠倒或太长；请改正。")
        found |= {begin + timedelta(days=n) for n in range((end - begin).days + 1)}
    return found
