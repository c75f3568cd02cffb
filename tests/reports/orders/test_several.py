"""One paste, several orders: each begins where it should and none loses a word."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import pytest

from geoapp.reports.orders.pasted import BadPaste, read_pasted
from geoapp.reports.orders.several import MOST_ORDERS, TooManyOrders, split_orders
from geoapp.reports.orders.vocabulary import Vocabulary, parse_vocabulary
from tests.reports import data


@cache
def words() -> Vocabulary:
    return parse_vocabulary(data.text("order-words"), data.kinds().kinds)


def numbers(text: str) -> list[tuple[str, str]]:
    """Number and place of each order of a paste."""
    now = datetime(2026, 11, 20, 2, tzinfo=UTC)
    return [(o.number, o.place) for o in read_pasted(text, words(), data.kinds(), now=now, zone=data.BEIJING)]


ONE = [("20261118-0412", "绿景苑3号楼2单元"), ("20261118-0413", "霞光里30号院2号楼")]


@pytest.mark.parametrize(
    "text",
    [
        "工单编号 20261118-0412 绿景苑3号楼2单元 电动车上楼\n工单编号 20261118-0413 霞光里30号院2号楼 灯不亮",
        "1. 工单编号：20261118-0412\n诉求地址：绿景苑3号楼2单元\n诉求内容：电动车上楼\n\n"
        "2. 工单编号：20261118-0413\n诉求地址：霞光里30号院2号楼\n诉求内容：灯不亮",
        # The number comes after the title: what leads is the title.
        "标题：电动车\n编号：20261118-0412\n诉求地址：绿景苑3号楼2单元\n内容：电动车上楼\n"
        "标题：灯\n编号：20261118-0413\n诉求地址：霞光里30号院2号楼\n内容：灯不亮",
        "20261118-0412 绿景苑3号楼2单元 电动车上楼\n20261118-0413 霞光里30号院2号楼 灯不亮",
        # Rows that were marked in a spreadsheet, with their header.
        "工单编号\t诉求内容\t诉求地址\n20261118-0412\t上楼\t绿景苑3号楼2单元\n20261118-0413\t灯\t霞光里30号院2号楼\n",
        "工单编号 20261118-0412 绿景苑3号楼2单元 电动车上楼 工单编号 20261118-0413 霞光里30号院2号楼 灯不亮",
    ],
)
def test_two_orders_are_told_apart(text: str) -> None:
    assert numbers(text) == ONE


def test_one_order_that_says_its_number_twice_is_one() -> None:
    text = "工单编号：20261118-0412\n内容：绿景苑3号楼漏水\n工单编号：20261118-0412"
    assert split_orders(text, words().labels) == [text]


def test_a_paste_without_any_number_is_left_as_it_is() -> None:
    assert split_orders("绿景苑3号楼漏水\n13800138000", words().labels) == ["绿景苑3号楼漏水\n13800138000"]


def test_the_mark_of_a_list_is_no_part_of_the_words() -> None:
    text = "1. 工单编号 20261118-0412 漏水\n2. 工单编号 20261118-0413 停电"
    assert [piece[:4] for piece in split_orders(text, words().labels)] == ["工单编号", "工单编号"]


def test_more_than_a_screen_of_forms_is_a_sheet() -> None:
    text = "\n".join(f"工单编号 20261118-{n:04d} 漏水" for n in range(MOST_ORDERS + 1))
    with pytest.raises(TooManyOrders, match="表格导入"):
        split_orders(text, words().labels)


def test_a_row_of_a_pasted_table_without_a_number_is_named() -> None:
    with pytest.raises(BadPaste, match="第 3 行：没有工单编号"):
        numbers("工单编号\t诉求内容\n20261118-0412\t漏水\n\t停电\n")
    with pytest.raises(TooManyOrders):
        numbers("工单编号\t诉求内容\n" + "".join(f"20261118-{n:04d}\t漏水\n" for n in range(MOST_ORDERS + 1)))


def test_labels_that_tabs_part_from_values_are_one_order() -> None:
    assert numbers("工单编号\t20261118-0412\n诉求地址\t绿景苑3号楼2单元\n诉求内容\t漏水") == ONE[:1]


def read(text: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Number, place, words and telephones of each."""
    now = datetime(2026, 11, 20, 2, tzinfo=UTC)
    found = read_pasted(text, words(), data.kinds(), now=now, zone=data.BEIJING)
    return [(o.number, o.place, o.words, o.phones) for o in found]


def test_what_looks_like_the_mark_of_a_list_inside_an_order_stays() -> None:
    """A telephone or a room before a bracket is no (2)."""
    text = "工单号D100000011 霞光里5号楼漏水（13812345678）\n工单号D100000012 霞光里6号楼停电（13812345679）"
    assert [(number, phones) for number, _, _, phones in read(text)] == [
        ("D100000011", ("13812345678",)), ("D100000012", ("13812345679",))
    ]  # fmt: skip
    text = "工单编号：A1000001\n地址：霞光里（5号楼3单元201）\n内容：漏水\n"
    text += "工单编号：A1000002\n地址：霞光里（6号楼3单元）\n内容：停电"
    assert [(place, said) for _, place, said, _ in read(text)] == [
        ("霞光里（5号楼3单元201）", "漏水"), ("霞光里（6号楼3单元）", "停电")
    ]  # fmt: skip
    one_line = "1、工单号A100000001 霞光里5号楼漏水；2、工单号A100000002 霞光里6号楼停电"
    assert [said for _, _, said, _ in read(one_line)] == ["霞光里5号楼漏水", "霞光里6号楼停电"]


def test_numbers_behind_their_orders_end_them() -> None:
    text = "霞光里5号楼漏水（工单号A100000001）；霞光里6号楼停电（工单号A100000002）"
    assert read(text) == [
        ("A100000001", "霞光里5号楼", "霞光里5号楼漏水", ()), ("A100000002", "霞光里6号楼", "霞光里6号楼停电", ())
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "工单编号：D100000010\n内容：市民曾于10月来电（工单编号：D100000009），霞光里5号楼垃圾没人清",
        "工单编号：D100000010\n关联工单编号：D100000009\n内容：霞光里5号楼垃圾没人清",
    ],
)
def test_the_number_of_another_order_that_is_told_begins_none(text: str) -> None:
    ((number, place, said, _),) = read(text)
    assert (number, place) == ("D100000010", "霞光里5号楼") and said.endswith("垃圾没人清")


def test_from_one_day_to_another_is_no_number() -> None:
    assert [number for number, *_ in read("20261120-20261125期间施工噪音，霞光里5号楼")] == [""]


def test_a_line_end_inside_a_cell_of_a_spreadsheet_is_no_new_row() -> None:
    header = "工单编号\t诉求内容\t地址\n"
    assert read(header + 'A100000001\t"1、垃圾\n2、堆物"\t霞光里5号楼\nA100000002\t他说""急""\t霞光里6号楼')[0] == (
        "A100000001", "霞光里5号楼", "1、垃圾\n2、堆物", ()
    )  # fmt: skip
    # A quote that nobody closes swallows no row.
    assert [number for number, *_ in read(header + 'A1000001\t"垃圾\t甲院\nA1000002\t停电\t乙院')] == [
        "A1000001", "A1000002"
    ]  # fmt: skip
