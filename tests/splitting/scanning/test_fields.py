"""Fields by their common names, and values as people write them."""

from __future__ import annotations

import pytest

from geoapp.splitting.scanning.fields import (
    BadValue,
    ScanFieldError,
    ScanFields,
    code_text,
    count_of,
    has_manager,
    is_yes,
    share_of,
)


def test_chinese_and_english_names_are_known() -> None:
    here = ScanFields().found(["社区编码", "名称", "总户数", "Population", "社工", "有无物业", "老龄化率"])
    assert here == {
        "code": "社区编码", "name": "名称", "households": "总户数", "people": "Population", "staff": "社工",
        "manager": "有无物业", "over60_share": "老龄化率", "community": "社区编码",
    }  # fmt: skip


def test_a_named_field_goes_before_a_common_one() -> None:
    assert ScanFields({"households": "hh2025"}).found(["户数", "hh2025"])["households"] == "hh2025"


def test_a_meaning_that_there_is_not_is_told() -> None:
    with pytest.raises(ScanFieldError, match="housholds"):
        ScanFields({"housholds": "x"})


@pytest.mark.parametrize(("value", "count"), [("4,000", 4000), (12.0, 12), ("", None), (None, None), (0, 0)])
def test_counts_are_read_as_people_write_them(value: object, count: int | None) -> None:
    assert count_of(value, "户数") == count


@pytest.mark.parametrize("value", ["abc", -1, 2.5, float("inf"), "1e30"])
def test_what_is_no_count_is_named(value: object) -> None:
    with pytest.raises(BadValue, match="户数是"):
        count_of(value, "户数")


def test_a_percentage_is_a_share() -> None:
    assert share_of("1%", "x") == pytest.approx(0.01)
    assert share_of(1, "x") == 1
    with pytest.raises(BadValue):
        share_of(140, "x")


@pytest.mark.parametrize(
    ("value", "said"),
    [("无", False), ("无物业", False), (False, False), (True, True), ("0", False), ("某物业公司", True), (" ", None)],
)
def test_who_has_a_manager(value: object, said: bool | None) -> None:
    assert has_manager(value) is said


def test_codes_survive_as_numbers_and_floats() -> None:
    assert {code_text(110105012023), code_text(110105012023.0), code_text(" 110105012023 ")} == {"110105012023"}
    assert code_text(None) == ""


def test_flags_may_be_words_or_counts() -> None:
    assert [is_yes(value) for value in ("是", "估算", 1, 120, "0", "否", None, False, True)] == [
        True, True, True, True, False, False, False, False, True,
    ]  # fmt: skip
