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
