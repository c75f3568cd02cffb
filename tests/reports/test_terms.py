"""Terms in hours, days and working days, over weekends, holidays and make-up days, and while the clock stands."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.reports import terms
from geoapp.reports.datafile import BadData
from geoapp.reports.terms import BadTerm, Term
from geoapp.reports.workdays import parse_calendar
from tests.reports import data
from tests.reports.data import BEIJING

CLOCK = data.clock()


def at(text: str) -> datetime:
    """A moment written in Beijing time."""
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING).astimezone(UTC)


@pytest.mark.parametrize(
    ("begin", "term", "end"),
    [
        # Hours run round the clock: Saturday night, one hour.
        ("2026-11-21T23:30", "1h", "2026-11-22T00:30"),
        ("2026-11-20T10:00", "24h", "2026-11-21T10:00"),
        # Five working days from Wednesday 10:00: Th Fr (Sa Su) Mo Tu We 10:00.
        ("2026-11-18T10:00", "5wd", "2026-11-25T10:00"),
        # From a Saturday nothing counts before Monday 0:00; one working day ends with Monday.
        ("2026-11-21T15:00", "1wd", "2026-11-24T00:00"),
        # National day 2026: Sunday 20 September is worked; 1 to 7 October are not, Saturday 10 October is.
        ("2026-09-18T09:00", "2wd", "2026-09-21T09:00"),
        ("2026-09-30T12:00", "3wd", "2026-10-10T12:00"),
        # 1991's summer time is long gone: an ordinary day in May has 24 hours.
        ("2026-04-30T08:00", "7d", "2026-05-07T08:00"),
    ],
)
def test_a_term_ends_when_the_calendar_says(begin: str, term: str, end: str) -> None:
    assert CLOCK.due(at(begin), Term.parse(term)).due_at == at(end)


def test_a_case_is_near_its_end_at_four_fifths_of_its_term() -> None:
    due = CLOCK.due(at("2026-11-20T10:00"), Term.parse("24h"))
    assert due.near_at == at("2026-11-20T10:00") + timedelta(hours=19.2)
    # Of five working days four are four fifths: Tuesday, not Sunday.
    assert CLOCK.due(at("2026-11-18T10:00"), Term.parse("5wd")).near_at == at("2026-11-24T10:00")


def test_states_change_at_the_moment_itself() -> None:
    due = CLOCK.due(at("2026-11-20T10:00"), Term.parse("10h"))
    moments = {"17:59:59": "on_time", "18:00:00": "near", "19:59:59": "near", "20:00:00": "overdue"}
    for moment, expected in moments.items():
        now = at(f"2026-11-20T{moment}")
        assert terms.state(now, near_at=due.near_at, due_at=due.due_at) == expected
        assert terms.state(now, near_at=due.near_at, due_at=due.due_at, paused=True) == "paused"
    assert terms.state(at("2026-11-20T10:00"), near_at=None, due_at=None) == "on_time"


def test_the_clock_stands_while_a_case_hangs() -> None:
    """5wd from We 10:00; hung Th 10:00 with four days left, resumed a week later on Fr 10:00: ends Th 10:00."""
    term = Term.parse("5wd")
    due = CLOCK.due(at("2026-11-18T10:00"), term)
    left = CLOCK.remaining(at("2026-11-19T10:00"), due.due_at, term)
    assert left == 4 * 86400
    assert CLOCK.due_after(at("2026-11-27T10:00"), term, left).due_at == at("2026-12-03T10:00")


def test_another_term_keeps_what_was_used() -> None:
    """6 h of 24 h are used; of a week they leave 6 days 18 h. Of 1 h they leave minus 5 h: overdue since then."""
    begin, now = at("2026-11-20T10:00"), at("2026-11-20T16:00")
    due = CLOCK.due(begin, Term.parse("24h")).due_at
    longer = CLOCK.reterm(now, due, Term.parse("24h"), Term.parse("7d"))
    assert longer.due_at == begin + timedelta(days=7)
    assert CLOCK.reterm(now, due, Term.parse("24h"), Term.parse("1h")).due_at == begin + timedelta(hours=1)


moments = st.integers(0, 2 * 365 * 86400 * 1000).map(lambda ms: at("2026-01-01") + timedelta(milliseconds=ms))
seconds = st.integers(0, 40 * 86400)


@given(moments, seconds, seconds, st.booleans())
def test_a_term_can_be_cut_anywhere(start: datetime, first: int, then: int, working: bool) -> None:
    whole = CLOCK.advance(start, first + then, working=working)
    if first and then:
        assert CLOCK.advance(CLOCK.advance(start, first, working=working), then, working=working) == whole
    assert CLOCK.counted(start, whole, working=working) == first + then
    assert CLOCK.counted(whole, start, working=working) == -(first + then)


@pytest.mark.parametrize("wrong", ["", "0h", "24", "h", "5 wd", "-1h", "9999d", "1.5h", "24hh", "٣h"])
def test_a_term_that_is_none_is_told(wrong: str) -> None:
    with pytest.raises(BadTerm):
        Term.parse(wrong)


def test_the_calendar_says_which_year_it_only_assumes() -> None:
    calendar = CLOCK.calendar
    assert calendar.is_working(date(2026, 10, 10)) and not calendar.is_working(date(2026, 10, 7))
    assert not calendar.is_assumed(date(2026, 5, 1)) and calendar.is_assumed(date(2027, 5, 1))
    assert len(calendar.holidays) == 3 + 9 + 3 + 5 + 3 + 3 + 7 and len(calendar.make_up_days) == 6


@pytest.mark.parametrize(
    "text",
    [
        'weekend = ["caturday"]',
        'weekend = ["monday","tuesday","wednesday","thursday","friday","saturday","sunday"]',
        '[year.2026]\nholidays = ["2026-13-01"]',
        '[year.2026]\nholidays = ["2026-10-07..2026-10-01"]',
        '[year.2026]\nholidays = ["2026-10-01"]\nmake_up_days = ["2026-10-01"]',
        "[year.2026]\nholiday = []",
    ],
)
def test_a_calendar_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(BadData):
        parse_calendar(text)


def test_terms_are_those_of_the_local_standard_each_with_its_source() -> None:
    table = data.terms()
    assert {u: t.text for u, t in table.by_urgency.items()} == {
        "emergency": "1h", "utility": "2h", "general": "24h", "complex": "15d",
    }  # fmt: skip
    assert all(table.sources.values()) and table.near_share == 0.8 and table.contact_days == 30
    assert table.term("general", "7d").text == "7d" and table.term("general").text == "24h"
