"""Queries: empty is absent, what is malformed is refused, times carry a zone, spans have a limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from geoapp.api.open311.asking import BadParameter, moment, question, w3c

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def ask(**parameters: str):  # type: ignore[no-untyped-def]
    return question(MultiDict(parameters), now=NOW)


def test_nothing_said_means_the_last_90_days_of_all_states_and_the_first_thousand() -> None:
    found = ask()
    assert found.end - found.start == timedelta(days=90)
    assert found.end == NOW + timedelta(seconds=1)
    assert (found.states, found.page, found.page_size) == ({"open", "closed"}, 1, 1000)
    assert (found.numbers, found.service_codes, found.extensions) == ((), (), False)


def test_an_empty_parameter_is_an_absent_one() -> None:
    names = ("service_request_id", "service_code", "start_date", "end_date", "status", "page", "page_size")
    assert ask(**dict.fromkeys(names, "")) == ask() == ask(**dict.fromkeys(names, "  "))


def test_lists_are_split_at_commas_and_may_come_several_times() -> None:
    args = MultiDict([("service_code", "a, b"), ("service_code", "c,,a"), ("status", "open,open")])
    found = question(args, now=NOW)
    assert found.service_codes == ("a", "b", "c")
    assert found.states == {"open"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1994-11-05T08:15:30-05:00", datetime(1994, 11, 5, 13, 15, 30, tzinfo=UTC)),  # the specification's own pair
        ("1994-11-05T13:15:30Z", datetime(1994, 11, 5, 13, 15, 30, tzinfo=UTC)),
        ("2026-11-22T08:00+08:00", datetime(2026, 11, 22, 0, 0, tzinfo=UTC)),
        ("2026-11-22T08:00:00.123456789Z", datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_times_of_the_w3c_note_are_read(text: str, expected: datetime) -> None:
    assert moment(text, "start_date") == expected


@pytest.mark.parametrize(
    "text",
    ["2026-11-22T08:00:00", "2026-11-22", "yesterday", "2026-13-01T00:00:00Z", "2026-11-22T25:00:00Z",
     "20261122T080000Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-11-22T08:00:00+99:99",
     "２026-11-22T08:00:00Z"],
)  # fmt: skip
def test_times_without_a_zone_or_beyond_the_calendar_are_refused(text: str) -> None:
    with pytest.raises(BadParameter, match="start_date"):
        ask(start_date=text)


def test_an_unescaped_plus_sign_arrives_as_a_blank() -> None:
    assert ask(start_date="2026-11-22T08:00:00 08:00").start == datetime(2026, 11, 22, tzinfo=UTC)


def test_a_window_of_exactly_90_days_is_allowed_and_a_second_more_is_not() -> None:
    assert ask(start_date="2026-01-01T00:00:00Z", end_date="2026-04-01T00:00:00Z").end.month == 4  # 31 + 28 + 31
    with pytest.raises(BadParameter, match="90"):
        ask(start_date="2026-01-01T00:00:00Z", end_date="2026-04-01T00:00:01Z")


def test_one_end_of_the_window_gives_the_other() -> None:
    assert ask(start_date="2026-01-01T00:00:00Z").end == datetime(2026, 4, 1, tzinfo=UTC)
    assert ask(end_date="2026-04-01T00:00:00Z").start == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "parameters",
    [
        {"status": "fixed"}, {"page": "0"}, {"page": "-1"}, {"page": "1.5"}, {"page": "1e3"}, {"page": "１"},
        {"page_size": "1001"}, {"page_size": "9" * 5000}, {"page_size": "0"},
        {"start_date": "2026-02-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"},
        {"start_date": "9999-12-31T00:00:00Z"}, {"end_date": "0001-01-02T00:00:00Z"},
        {"service_request_id": ",".join(str(n) for n in range(1001))},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(parameters: dict[str, str]) -> None:
    with pytest.raises(BadParameter):
        ask(**parameters)


@hypothesis_given(st.datetimes())
def test_a_printed_time_reads_back_to_the_second(naive: datetime) -> None:
    printed = w3c(naive.replace(tzinfo=UTC))
    assert printed is not None
    assert moment(printed, "") == naive.replace(tzinfo=UTC, microsecond=0)


@hypothesis_given(st.dictionaries(st.sampled_from(["start_date", "end_date", "page", "status"]), st.text(max_size=30)))
def test_any_text_gives_a_question_or_a_refusal(parameters: dict[str, str]) -> None:
    try:
        ask(**parameters)
    except BadParameter as refusal:
        assert str(refusal)
