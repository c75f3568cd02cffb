"""Overdue rises once, not mended goes to the secretary first, and 试点 only reminds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from geoapp.reports.datafile import BadData
from geoapp.reports.escalation import PILOT, RISING, Watch, parse_levels, watch
from tests.reports import data

DISTRICT, STREET, COMMUNITY, GRID, YARD = (
    "110105", "110105012", "110105012023", "110105012023004", "11010501202300401",
)  # fmt: skip
LEVELS = data.levels()
DUE = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
NEAR = DUE - timedelta(hours=5)
HOUR = timedelta(hours=1)


def test_each_level_has_the_next_above_it_and_the_district_none() -> None:
    chain = [YARD]
    while (above := LEVELS.above(chain[-1])) is not None:
        chain.append(above)
    assert chain == [YARD, GRID, COMMUNITY, STREET, DISTRICT]
    assert LEVELS.above("") is None


def test_a_level_that_a_district_leaves_out_is_passed_over() -> None:
    short = parse_levels('levels = ["grid", "subdistrict", "district"]\nnot_mended_to = "subdistrict"')
    assert short.above(GRID) == STREET and short.above(COMMUNITY) == STREET


def test_the_first_not_mended_goes_to_the_secretary_and_the_second_rises() -> None:
    first = LEVELS.after_not_mended(GRID, YARD, times=1)
    second = LEVELS.after_not_mended(first, YARD, times=2)
    third = LEVELS.after_not_mended(second, YARD, times=3)
    assert [first, second, third] == [COMMUNITY, STREET, DISTRICT]
    assert LEVELS.after_not_mended(DISTRICT, YARD, times=4) == DISTRICT
    # What the community had already goes above it, never back down.
    assert LEVELS.after_not_mended(COMMUNITY, YARD, times=1) == STREET
    assert LEVELS.after_not_mended("", "", times=1) == ""


def ask(now: datetime, mode: str, *, reminded: datetime | None = None, raised: datetime | None = None) -> Watch:
    return watch(
        now=now, near_at=NEAR, due_at=DUE, reminded=reminded, raised_due=raised, duty_code=GRID, mode=mode,
        levels=LEVELS,
    )  # fmt: skip


def test_the_pilot_reminds_and_never_raises() -> None:
    assert ask(NEAR - HOUR, PILOT) == Watch()
    assert ask(NEAR, PILOT) == Watch(remind="near")
    assert ask(NEAR + HOUR, PILOT, reminded=NEAR) == Watch()
    assert ask(DUE, PILOT, reminded=NEAR) == Watch(remind="overdue")
    assert ask(DUE + 100 * HOUR, PILOT, reminded=DUE) == Watch()


def test_where_it_is_switched_on_overdue_rises_once_for_each_levels_term() -> None:
    assert ask(NEAR, RISING) == Watch(remind="near")
    assert ask(DUE, RISING, reminded=NEAR) == Watch("overdue", COMMUNITY)
    # Raised: the next level has a term of its own; within it nothing more happens, however often one asks.
    assert ask(DUE + HOUR, RISING, reminded=DUE, raised=DUE + 24 * HOUR) == Watch()
    assert ask(DUE + 24 * HOUR, RISING, reminded=DUE, raised=DUE + 24 * HOUR) == Watch(None, COMMUNITY)


def test_a_case_without_a_term_and_one_at_the_top_stay() -> None:
    nothing = watch(now=DUE, near_at=None, due_at=None, reminded=None, raised_due=None, duty_code=GRID, mode=RISING,
                    levels=LEVELS)  # fmt: skip
    assert nothing == Watch()
    top = watch(now=DUE, near_at=NEAR, due_at=DUE, reminded=DUE, raised_due=None, duty_code=DISTRICT, mode=RISING,
                levels=LEVELS)  # fmt: skip
    assert top == Watch()


@pytest.mark.parametrize("levels", ['["district", "grid"]', '["grid", "grid"]', "[]", '["galaxy"]'])
def test_levels_in_disorder_are_refused(levels: str) -> None:
    with pytest.raises(BadData):
        parse_levels(f'levels = {levels}\nnot_mended_to = "community"')
