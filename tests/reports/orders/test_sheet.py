"""Tables of orders: columns by their headings, row by row, personal columns gone, and an end to every file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import pytest

from geoapp.reports.orders.sheet import MOST_ROWS, BadRow, LongSheet, NoOrders, OrderSheet, SheetOrder
from tests.reports import data
from tests.reports.data import BEIJING
from tests.reports.orders.test_text import vocabulary

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=BEIJING)
HEAD = [
    "序号",
    "工单编号",
    "诉求人",
    "联系电话",
    "身份证号",
    "诉求地址",
    "小区名称",
    "问题分类",
    "诉求内容",
    "派单时间",
    "办结时限",
    "神秘栏目",
]


def sheet(rows: Iterable[list[Any]]) -> OrderSheet:
    return OrderSheet(rows, vocabulary(), data.kinds(), now=NOW, zone=BEIJING)


def row(number: Any = "20261118-0412", **more: Any) -> list[Any]:
    values = {
        "序号": 1,
        "工单编号": number,
        "诉求人": "王五",
        "联系电话": 13800138000,
        "身份证号": "110105195901011234",
        "诉求地址": "3号楼2单元",
        "小区名称": "绿景苑",
        "问题分类": "市容环卫/堆物堆料",
        "诉求内容": "王五说楼道堆满杂物，回13800138000",
        "派单时间": "2026-11-18 09:00",
        "办结时限": "3个工作日",
        "神秘栏目": "？",
    }
    return [(values | more).get(name) for name in HEAD]


def orders(rows: Iterable[list[Any]]) -> list[SheetOrder | BadRow]:
    return list(sheet(rows).rows())


def test_22_a_row_is_an_order_without_what_is_personal_but_the_telephone() -> None:
    table = sheet([["麦子店街道工单表"], HEAD, row()])
    assert table.columns.header_row == 2
    assert (table.columns.dropped, table.columns.unknown) == (("身份证号", "诉求人"), ("序号", "神秘栏目"))
    (order,) = table.rows()
    assert isinstance(order, SheetOrder)
    assert (order.row, order.number, order.kind, order.term) == (3, "20261118-0412", "piles", "3wd")
    assert order.place == "绿景苑3号楼2单元"
    assert order.words == "〔姓名〕说楼道堆满杂物，回〔电话〕"
    assert order.phones == ("13800138000",)
    assert order.sent_at == datetime(2026, 11, 18, 9, 0, tzinfo=BEIJING)
    told = repr(order).replace("phones=('13800138000',)", "")
    assert not any(secret in told for secret in ("王五", "138", "110105195901011234"))


def test_a_header_of_two_lines_is_read_as_one() -> None:
    """编号 runs down both lines, 诉求 stands above three columns, 时间 above two."""
    upper = ["工单编号", "诉求", None, None, "时间", None]
    lower = [None, "诉求内容", "诉求地址", "联系电话", "派单时间", "办结时限"]
    values = ["A1000001", "灯不亮", "绿景苑3号楼", "13800138000", "2026-11-18 09:00", "3个工作日"]
    table = sheet([["麦子店街道工单表"], upper, lower, values])
    assert table.columns.header_row == 3
    (order,) = table.rows()
    assert isinstance(order, SheetOrder)
    assert (order.number, order.words, order.place, order.term) == ("A1000001", "灯不亮", "绿景苑3号楼", "3wd")
    assert order.phones == ("13800138000",) and order.sent_at == datetime(2026, 11, 18, 9, 0, tzinfo=BEIJING)
    title = sheet([["麦子店街道工单表"], [None, *HEAD], [None, *row()]])
    assert title.columns.header_row == 2 and "麦子店街道工单表" not in title.columns.unknown


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (row(None), "no_number"), (row("  "), "no_number"), (row("2.02611E+13"), "scientific"),
        (row("甲乙丙"), "bad_number"), (row("1" * 121), "bad_number"),
        (row(诉求内容="", 诉求地址=None, 小区名称=""), "empty"),
    ],
)  # fmt: skip
def test_a_row_that_is_none_says_why_and_repeats_nothing_of_it(cells: list[Any], reason: str) -> None:
    (bad,) = orders([HEAD, cells])
    assert isinstance(bad, BadRow) and (bad.row, bad.reason) == (2, reason)
    assert bad.message and bad.remedy and "13800138000" not in repr(bad)


def test_22_a_number_stands_once_in_a_file_however_it_is_written() -> None:
    first, again, other = orders([HEAD, row(), row(" ２０２６1118－0412"), row(202611180413)])
    assert isinstance(again, BadRow) and (again.reason, again.message) == ("repeated", "编号与第 2 行相同")
    assert isinstance(other, SheetOrder) and other.number == "202611180413" and isinstance(first, SheetOrder)


@pytest.mark.parametrize(
    ("written", "due"),
    [
        ("2026-11-25 18:00", "2026-11-25 18:00"), ("2026-11-25", "2026-11-25 23:59"), (46351.75, "2026-11-25 18:00"),
        ("2026-11-25T18:00:00", "2026-11-25 18:00"),
    ],
)  # fmt: skip
def test_dates_as_spreadsheets_hand_them_over(written: Any, due: str) -> None:
    # Day 46351 of spreadsheets: 1899-12-30 and 46351 days.
    assert (date(2026, 11, 25) - date(1899, 12, 30)).days == 46351
    (order,) = orders([HEAD, row(办结时限=written)])
    assert isinstance(order, SheetOrder) and order.due_at == datetime.fromisoformat(f"{due}+08:00")


def test_a_term_that_nobody_understands_is_told_and_does_not_cost_the_order() -> None:
    (order,) = orders([HEAD, row(办结时限="尽快")])
    assert isinstance(order, SheetOrder) and order.notes == ("时限“尽快”没有读懂，按类别的期限办。",)


def test_22_formulas_and_signs_that_no_eye_sees_are_words_like_others() -> None:
    (order,) = orders([HEAD, row(诉求内容='=HYPERLINK("http://evil","x")\x00\u202e<b>{{7*7}}')])
    assert isinstance(order, SheetOrder) and order.words == '=HYPERLINK("http://evil","x")<b>{{7*7}}'


def test_a_table_without_numbers_is_no_list_of_orders() -> None:
    with pytest.raises(NoOrders, match="没有找到工单的表头"):
        sheet([["姓名", "电话"], ["王五", "13800138000"]])
    with pytest.raises(NoOrders):
        sheet([])


def test_22_a_million_rows_end_at_the_limit_and_are_read_one_at_a_time() -> None:
    given = 0

    def rows() -> Iterable[list[Any]]:
        nonlocal given
        yield ["工单编号", "诉求内容"]
        for n in range(1_000_000):
            given += 1
            yield [None, n]

    read = 0
    with pytest.raises(LongSheet, match=f"超过 {MOST_ROWS} 行"):
        for _ in sheet(rows()).rows():
            read += 1
            assert given <= read + 20
    assert (read, given) == (MOST_ROWS, MOST_ROWS + 1)
