"""Civil days, weeks, months, quarters and years as moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.reports.figures.periods import STEPS, BadPeriod, steps, whole
from tests.reports.data import BEIJING

BOSTON = ZoneInfo("America/New_York")


def test_a_month_in_beijing_begins_at_four_in_the_afternoon_of_utc() -> None:
    november = steps(date(2026, 11, 1), date(2026, 12, 1), step="month", zone=BEIJING)
    assert [(p.name, p.since, p.until) for p in november] == [
        ("2026-11", datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 11, 30, 16, tzinfo=UTC))
    ]


def test_names() -> None:
    first, last = date(2026, 12, 29), date(2027, 1, 6)
    assert [p.name for p in steps(first, last, step="week", zone=BEIJING)] == ["2026-W53", "2027-W01"]
    assert [p.name for p in steps(first, last, step="quarter", zone=BEIJING)] == ["2026-Q4", "2027-Q1"]
    assert [p.name for p in steps(first, last, step="year", zone=BEIJING)] == ["2026", "2027"]
    assert whole(first, last, zone=BEIJING).name == "2026-12-29..2027-01-05"


@given(
    st.dates(date(2012, 1, 1), date(2030, 1, 1)),
    st.integers(1, 300),
    st.sampled_from(STEPS),
    st.sampled_from([BEIJING, BOSTON]),
)
def test_steps_follow_one_another_without_a_gap(since: date, days: int, step: str, zone: ZoneInfo) -> None:
    until = since + timedelta(days=days)
    found, all_of_it = steps(since, until, step=step, zone=zone), whole(since, until, zone=zone)
    assert (found[0].since, found[-1].until) == (all_of_it.since, all_of_it.until)
    assert all(a.until == b.since for a, b in pairwise(found))
    assert len({p.name for p in found}) == len(found)


def test_periods_that_cannot_be() -> None:
    with pytest.raises(BadPeriod, match="应晚于"):
        whole(date(2026, 1, 2), date(2026, 1, 2), zone=BEIJING)
    with pytest.raises(BadPeriod, match="没有“hour”"):
        steps(date(2026, 1, 1), date(2026, 1, 2), step="hour", zone=BEIJING)
    with pytest.raises(BadPeriod, match="超过 400"):
        steps(date(2020, 1, 1), date(2026, 1, 1), step="day", zone=BEIJING)
