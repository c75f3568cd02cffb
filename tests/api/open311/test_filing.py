"""What is sent: one place, plain words, personal fields apart, attributes by code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from geoapp.api.open311.asking import BadParameter
from geoapp.api.open311.filing import filing

LEAST = {"service_code": "lamp", "lat": "39.95", "long": "116.46"}


def test_the_least_is_a_service_and_a_place() -> None:
    sent = filing(MultiDict(LEAST))
    assert (sent.service_code, sent.lonlat, sent.description, sent.personal) == ("lamp", (116.46, 39.95), "", {})
    assert filing(MultiDict({"service_code": "lamp", "address_string": "枣营路 3 号"})).lonlat is None
    assert filing(MultiDict({"service_code": "lamp", "address_id": "110105012023001"})).address_id == "110105012023001"


def test_empty_values_are_absent_ones() -> None:
    empty = dict.fromkeys(["email", "phone", "first_name", "media_url", "address_string", "attribute[x]"], "")
    assert filing(MultiDict({**LEAST, **empty})) == filing(MultiDict(LEAST))


def test_personal_fields_are_kept_apart_and_are_not_printed() -> None:
    sent = filing(MultiDict({**LEAST, "first_name": "某", "phone": "555-0100", "email": "a@example.org"}))
    assert sent.personal == {"first_name": "某", "phone": "555-0100", "email": "a@example.org"}
    assert "555-0100" not in repr(sent)


def test_attributes_come_by_code_once_or_several_times() -> None:
    form = MultiDict([*LEAST.items(), ("attribute[A]", "1"), ("attribute[B][]", "x"), ("attribute[B][]", "y")])
    assert filing(form).attributes == {"A": ["1"], "B": ["x", "y"]}


def test_line_breaks_of_the_three_kinds_become_one() -> None:
    assert filing(MultiDict({**LEAST, "description": "甲\r\n乙\r丙\n丁"})).description == "甲\n乙\n丙\n丁"


@pytest.mark.parametrize("words", ["路灯低于3米<3米", "a < b 且 c > d", "温度>30", "<3"])
def test_a_sign_of_comparison_is_no_markup(words: str) -> None:
    assert filing(MultiDict({**LEAST, "description": words})).description == words


@pytest.mark.parametrize(
    "change",
    [
        {"service_code": ""}, {"lat": ""}, {"long": ""}, {"lat": "91"}, {"long": "-180.1"}, {"lat": "nan"},
        {"lat": "inf"}, {"lat": "1e400"}, {"lat": "39_0"}, {"lat": "三十九"}, {"lat": "", "long": ""},
        {"description": "字" * 4001}, {"description": "<script>alert(1)</script>"}, {"description": "a<br/>b"},
        {"description": "<img src=x onerror=y>"}, {"description": "<!-- x -->"},
        {"description": "<img src=x"}, {"description": "\x00"},
        {"phone": "5" * 41}, {"email": "a\nBcc: b@example.org"}, {"address_string": "x" * 201},
        {"attribute[a": "1"}, {"attribute[[a]]": "1"}, {"attribute": "1"},
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(BadParameter):
        filing(MultiDict({**LEAST, **change}))


def test_four_thousand_letters_of_any_script_are_allowed() -> None:
    assert len(filing(MultiDict({**LEAST, "description": "字" * 4000})).description) == 4000


@given(st.dictionaries(st.sampled_from(["lat", "long", "description", "attribute[a]", "phone"]), st.text(max_size=60)))
def test_any_text_gives_a_filing_or_a_refusal(form: dict[str, str]) -> None:
    try:
        sent = filing(MultiDict({"service_code": "x", "address_string": "y", **form}))
    except BadParameter:
        return
    if sent.lonlat is not None:
        assert abs(sent.lonlat[0]) <= 180 and abs(sent.lonlat[1]) <= 90
