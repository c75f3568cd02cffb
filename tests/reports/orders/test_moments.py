"""By when: days of a month, ends of months, numerals, halves of days; and how long, in all the ways orders say it."""

from __future__ import annotations

from datetime import datetime

import pytest

from geoapp.reports.orders.moments import end_of_day, find_moment, find_term
from geoapp.reports.orders.sheet import SheetOrder
from tests.reports.data import BEIJING
from tests.reports.orders.test_sheet import HEAD, row, sheet
from tests.reports.orders.test_text import read

NEAR = datetime(2026, 11, 18, 10, 0, tzinfo=BEIJING)


def due(text: str, near: datetime = NEAR) -> str:
    found = find_moment(text, zone=BEIJING, near=near)
    if found is None:
        return ""
    return f"{end_of_day(found.at) if found.whole_day else found.at:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("21日18时前", "2026-11-21 18:00"), ("25日18:00", "2026-11-25 18:00"), ("25日前", "2026-11-25 23:59"),
        ("5日之前", "2026-12-05 23:59"), ("请于25号前办结", "2026-11-25 23:59"), ("下月5日前", "2026-12-05 23:59"),
        ("31日前", "2026-12-31 23:59"), ("18日9时", "2026-11-18 09:00"), ("二十一日下午五点前", "2026-11-21 17:00"),
        ("11月底前", "2026-11-30 23:59"), ("月底前", "2026-11-30 23:59"), ("2027年2月底", "2027-02-28 23:59"),
        ("十二月底前", "2026-12-31 23:59"), ("下月末", "2026-12-31 23:59"),
        ("2026年十一月二十一日", "2026-11-21 23:59"), ("二〇二六年十二月三日18时", "2026-12-03 18:00"),
        ("11月二十日前", "2026-11-20 23:59"),
        ("11月21日晚上12点前", "2026-11-22 00:00"), ("11月21日晚上8点", "2026-11-21 20:00"),
        ("11月21日中午1点", "2026-11-21 13:00"), ("11月21日中午12点", "2026-11-21 12:00"),
        ("11月21日中午11点半", "2026-11-21 11:30"), ("11月21日凌晨12点", "2026-11-21 00:00"),
        ("2026-11-21 05:30 PM", "2026-11-21 17:30"), ("11-21 5:30pm", "2026-11-21 17:30"),
        ("2026-11-21 12:15 AM", "2026-11-21 00:15"), ("11月21日（周六）18:00", "2026-11-21 18:00"),
        ("11月21日(星期六)下午6点前", "2026-11-21 18:00"), ("11-21 周六 18:00", "2026-11-21 18:00"),
        ("2026-11-25 3个工作日", "2026-11-25 23:59"), ("11.25", "2026-11-25 23:59"),
    ],
)  # fmt: skip
def test_dates_as_they_are_written(written: str, expected: str) -> None:
    assert due(written) == expected


@pytest.mark.parametrize(
    "written",
    ["1.5天", "1.5小时内", "1.5个工作日", "3-5个工作日", "3-5日内", "25日内", "3天前", "每月25日前", "11月中旬",
     "32日前", "来电人5日前反映过无人处理", "霞光里30号前面路灯不亮", "30号前门堆物", "3日18小时"],
)  # fmt: skip
def test_what_is_no_date(written: str) -> None:
    assert due(written) == ""


@pytest.mark.parametrize(
    ("written", "term"),
    [
        # Fractions are rounded up to what a term can say.
        ("1.5天", "36h"), ("1.5小时", "2h"), ("1.5个工作日", "2wd"), ("1.25天", "30h"), ("0.5天", "12h"),
        ("3-5个工作日", "5wd"), ("3个月", "90d"), ("半个月", "15d"), ("一月内", "30d"), ("十五日内", "15d"),
        ("2小时内联系，3个工作日办结", "3wd"), ("2小时内联系3个工作日办结", "3wd"), ("响应2小时，办结3天", "3d"),
        ("1小时内签收，1天内到场，5天", "5d"), ("签收后3个工作日内办结，2小时内联系", "3wd"), ("2小时内联系", "2h"),
        ("5个工作日；市民称3天未处理", "5wd"),
    ],
)  # fmt: skip
def test_terms_as_they_are_written(written: str, term: str) -> None:
    found = find_term(written)
    assert found is not None and found.term == term


@pytest.mark.parametrize(
    "written", ["11月底前", "2026年十一月二十一日", "25日18:00", "25日前", "2月30日", "11月内", "2026年3月内"]
)
def test_what_is_no_length(written: str) -> None:
    assert find_term(written) is None


@pytest.mark.parametrize(
    ("written", "expected", "term"),
    [("21日18时前", "2026-11-21 18:00", ""), ("11月底前", "2026-11-30 23:59", ""), ("1.5天", "", "36h"),
     ("2小时内联系，3个工作日办结", "", "3wd"), ("11月21日（周六）18:00", "2026-11-21 18:00", "")],
)  # fmt: skip
def test_a_paste_and_a_sheet_read_the_same(written: str, expected: str, term: str) -> None:
    pasted = read(f"工单编号：20261118-0412\n诉求内容：楼道堆物\n办结时限：{written}")
    (listed,) = sheet([HEAD, row(办结时限=written)]).rows()
    assert isinstance(listed, SheetOrder)
    for got in (pasted, listed):
        assert (f"{got.due_at:%Y-%m-%d %H:%M}" if got.due_at else "", got.term) == (expected, term)


def test_a_sentence_asks_for_a_day_or_a_fraction() -> None:
    assert read("绿景苑3号楼楼道堆物，请于21日18时前办结").due_at == datetime(2026, 11, 21, 18, tzinfo=BEIJING)
    assert read("绿景苑3号楼楼道堆物，请1.5天内办结").term == "36h"
    told = read("绿景苑3号楼楼道堆物，市民5日前反映过未处理")
    assert (told.due_at, told.term) == (None, "")
