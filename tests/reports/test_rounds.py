"""Windows in which visits are due, and shares of them, worked out by hand on a calendar of 2026."""

from __future__ import annotations

from datetime import date

import pytest

from geoapp.reports.patrols.rounds import Share, Window, share, window_of, windows
from geoapp.reports.workdays import Calendar

#: Weekends off; Friday 20 November is a holiday, Sunday 22 November is worked.
CALENDAR = Calendar(
    frozenset({5, 6}), frozenset({date(2026, 11, 20)}), frozenset({date(2026, 11, 22)}), frozenset({2026})
)


def nov(day: int) -> date:
    return date(2026, 11, day)


def test_the_window_of_a_day() -> None:
    assert window_of("day", nov(18), CALENDAR) == Window(nov(18), nov(18))
    assert window_of("week", nov(18), CALENDAR) == Window(nov(16), nov(22))
    assert window_of("week", nov(16), CALENDAR) == window_of("week", nov(22), CALENDAR)
    assert window_of("month", nov(18), CALENDAR) == Window(nov(1), nov(30))
    assert window_of("month", date(2028, 2, 29), CALENDAR) == Window(date(2028, 2, 1), date(2028, 2, 29))
    assert window_of("month", date(2026, 12, 31), CALENDAR) == Window(date(2026, 12, 1), date(2026, 12, 31))
    assert window_of("workday", nov(20), CALENDAR) is None
    assert window_of("workday", nov(22), CALENDAR) == Window(nov(22), nov(22))


def test_only_whole_windows_are_due() -> None:
    """From Wednesday 4 to Tuesday 24: two whole weeks (9-15, 16-22), no whole month, 21 days."""
    assert windows("week", nov(4), nov(24), CALENDAR) == [Window(nov(9), nov(15)), Window(nov(16), nov(22))]
    assert windows("month", nov(4), nov(30), CALENDAR) == []
    assert windows("month", nov(1), date(2027, 1, 30), CALENDAR) == [
        Window(nov(1), nov(30)), Window(date(2026, 12, 1), date(2026, 12, 31)),
    ]  # fmt: skip
    assert len(windows("day", nov(4), nov(24), CALENDAR)) == 21
    assert windows("day", nov(4), nov(3), CALENDAR) == []


@pytest.mark.parametrize(
    ("rhythm", "days", "since", "ended_on", "expected"),
    [
        # Monday 16 to Sunday 22: seven days, two of them seen; twice on one day is once.
        ("day", [nov(16), nov(18)], nov(1), None, Share(2, 7)),
        # Working days are 16, 17, 18, 19 and the make-up Sunday 22; a visit on the holiday is no visit that was due.
        ("workday", [nov(16), nov(20), nov(22)], nov(1), None, Share(2, 5)),
        ("week", [nov(22)], nov(1), None, Share(1, 1)),
        ("week", [nov(15)], nov(1), None, Share(0, 1)),
        # Set up on Tuesday: that week had begun. Ended on Sunday: that week was broken off.
        ("week", [nov(18)], nov(17), None, Share(0, 0)),
        ("week", [nov(18)], nov(1), nov(22), Share(0, 0)),
        ("day", [nov(18), nov(20)], nov(18), nov(20), Share(1, 2)),
    ],
)  # fmt: skip
def test_how_many_of_what_was_due(
    rhythm: str, days: list[date], since: date, ended_on: date | None, expected: Share
) -> None:
    found = share(rhythm, days, since=since, ended_on=ended_on, first=nov(16), last=nov(22), calendar=CALENDAR)
    assert found == expected


def test_a_percentage_is_not_rounded_up() -> None:
    assert Share(199, 200).percent == 99
    assert Share(0, 0).percent is None
    assert (Share(1, 2) + Share(2, 5)) == Share(3, 7)
