"""How often a point is to be seen, and how many of the visits that were due were made.

A visit is due once in each window: a day, a working day, a week from Monday to Sunday, a calendar month. A window
counts once it is over, from the day on which the point was set up to the one on which it was ended; a window that had
begun before, or was broken off, is nobody's fault.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from geoapp.reports.workdays import Calendar

#: Rhythm -> its name in Chinese, which is the message id.
RHYTHMS = {"day": "每天", "workday": "每个工作日", "week": "每周", "month": "每月"}
#: What is done on a round 巡访做报: act -> its name.
ACTS = {
    "walk": "巡：看了一遍", "call": "访：走访了居民、商户", "mend": "做：当场处理了", "report": "报：上报了",
}  # fmt: skip
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Days, both included, in which one visit is due."""

    first: date
    last: date

    def is_seen(self, days: Collection[date]) -> bool:
        """Was somebody there on one of its days?"""
        return any(self.first <= day <= self.last for day in days)


def window_of(rhythm: str, day: date, calendar: Calendar) -> Window | None:
    """The window that a day lies in; None for a day off, where only working days count."""
    if rhythm == "week":
        first = day - timedelta(days=day.weekday())
        return Window(first, first + 6 * _DAY)
    if rhythm == "month":
        first = day.replace(day=1)
        return Window(first, (first + 31 * _DAY).replace(day=1) - _DAY)
    if rhythm == "workday" and not calendar.is_working(day):
        return None
    return Window(day, day)


def windows(rhythm: str, first: date, last: date, calendar: Calendar) -> list[Window]:
    """The windows that lie wholly between two days, both included."""
    found: list[Window] = []
    day = first
    while day <= last:
        window = window_of(rhythm, day, calendar)
        if window is not None and window.first >= first and window.last <= last:
            found.append(window)
        day = (window.last if window is not None else day) + _DAY
    return found


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many visits that were due."""

    made: int
    due: int

    def __add__(self, other: Share) -> Share:
        return Share(self.made + other.made, self.due + other.due)

    @property
    def percent(self) -> int | None:
        """Rounded down, so that 100 says that none is missing; None where none was due."""
        return self.made * 100 // self.due if self.due else None


def share(
    rhythm: str, days: Collection[date], *, since: date, ended_on: date | None, first: date, last: date,
    calendar: Calendar,
) -> Share:  # fmt: skip
    """How many of the windows between two days were seen, of a point that was there from ``since`` on."""
    until = last if ended_on is None else min(last, ended_on - _DAY)
    due = windows(rhythm, max(since, first), until, calendar)
    return Share(sum(window.is_seen(days) for window in due), len(due))
