"""Rates as n of N, and nothing that tells of one person."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.indicators import indicator
from geoapp.reports.figures.rates import Share, Tally, shown_count


def test_the_rates_of_the_bulletin() -> None:
    """A city's bulletin: 972 were due, 911 of them closed, 737 in time: 93.72 % and 75.82 %, both over 972."""
    tally = Tally(due=972, closed_of_due=911, closed_in_time=737)
    assert tally.closing.shown() == "93.72%（911/972）"
    assert tally.on_time.shown() == "75.82%（737/972）"


def test_whoever_was_not_asked_is_neither_a_yes_nor_a_no() -> None:
    # 200 closed: 10 excluded, 100 answered; of 100 asked 80 say solved, of 98 asked 85 satisfied, all responded to.
    tally = Tally(
        closed=200, excluded=10, missed=15, answered=100, responded_asked=100, responded=100, solved_asked=100,
        solved=80, satisfied_asked=98, satisfied=85,
    )  # fmt: skip
    assert [str(s) for s in (tally.responding, tally.solving, tally.satisfying)] == ["100/100", "80/100", "85/98"]
    assert tally.not_asked == 90
    assert tally.excluded + tally.answered + tally.not_asked == tally.closed


def test_none_of_none_is_no_rate() -> None:
    assert Tally().closing.value is None and Tally().closing.shown() == "—（0/0）"


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (1, 1, "<3"), (0, 2, "<3"), (2, 50, "<3"), (49, 50, "<3"), (0, 0, "—（0/0）"), (0, 50, "0.00%（0/50）"),
        (50, 50, "100.00%（50/50）"), (3, 6, "50.00%（3/6）"),
    ],
)  # fmt: skip
def test_the_public_reads_nothing_of_fewer_than_three(part: int, whole: int, shown: str) -> None:
    assert Share(part, whole).shown(public=True) == shown
    assert [shown_count(n, public=False) for n in (0, 1)] == ["0", "1"]


COUNTS = st.builds(Tally, **{f.name: st.integers(0, 1000) for f in fields(Tally)})


@given(COUNTS, COUNTS)
def test_tallies_add_up(a: Tally, b: Tally) -> None:
    both = a + b
    assert both == b + a and a + Tally() == a
    assert both.closing == Share(a.closed_of_due + b.closed_of_due, a.due + b.due)


def test_every_share_is_in_the_registry_with_formula_and_source() -> None:
    for key in [*Tally().shares(), "reports.received", "reports.call_response", "reports.call_arrival"]:
        found = indicator(key)
        assert found.formula and found.source and found.title_zh and found.title_en and found.version == 1
