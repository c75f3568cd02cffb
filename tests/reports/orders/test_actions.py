"""An order is stored once, in the grid of its address, with its own term; a sheet loses no row."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from geoapp.errors import NotFound, TooLarge
from geoapp.layers.formats.source import Unreadable
from geoapp.reports import store as core
from geoapp.reports.contacts.actions import read_contact
from geoapp.reports.orders import actions
from geoapp.reports.orders.actions import Draft
from geoapp.reports.orders.sheet import NoOrders
from geoapp.reports.orders.sheets import actions as sheets
from geoapp.reports.tables import report_contacts, reports
from tests.reports.orders import estates
from tests.reports.world import GRID, HOME, HOUR, NOW, Town

pytestmark = pytest.mark.engines

DRAFT = Draft("20261118-0412", "电动车上楼", "绿景苑3号楼2单元", kind="bike-upstairs", term="24h", phone="13800138000")


@pytest.fixture
def town(town: Town) -> Town:
    """The street with its houses drawn."""
    estates.draw(town)
    return town


def counted(town: Town) -> int:
    with town.database.reading() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(reports)).scalar_one())


def test_an_order_lands_in_its_grid_with_its_own_term(town: Town) -> None:
    kept = actions.keep_order(town.database, town.secretary, DRAFT, now=NOW)
    case = town.case(kept.key)
    assert (case.place_code[:15], case.evidence, case.channel, case.address) == (
        GRID,
        "building",
        "order",
        "绿景苑3号楼2单元",
    )
    assert (case.origin, case.origin_number, case.due_at) == ("12345", "20261118-0412", NOW + 24 * HOUR)
    assert (kept.again, kept.point, kept.outside) == (False, True, "")
    assert "第1网格" in kept.where


def test_a_term_counts_from_when_the_order_was_sent_and_a_stated_end_wins(town: Town) -> None:
    sent = replace(DRAFT, received_at=NOW - 3 * HOUR)
    case = town.case(actions.keep_order(town.database, town.secretary, sent, now=NOW).key)
    assert case.due_at == NOW + 21 * HOUR
    ends = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    stated = replace(DRAFT, number="B2", due_at=ends)
    case = town.case(actions.keep_order(town.database, town.secretary, stated, now=NOW).key)
    # Near its end when four fifths of the stated time are over, not when those of the kind's 24 hours are.
    assert (case.due_at, case.near_at) == (ends, NOW + 0.8 * (ends - NOW))
    over = replace(DRAFT, number="B3", due_at=NOW - HOUR)
    case = town.case(actions.keep_order(town.database, town.secretary, over, now=NOW).key)
    assert case.near_at == case.due_at == NOW - HOUR


def test_pasting_twice_changes_nothing_and_says_so(town: Town) -> None:
    first = actions.keep_order(town.database, town.secretary, DRAFT, now=NOW)
    again = actions.keep_order(
        town.database, town.second, replace(DRAFT, number="２０２６1118－0412", words="别的"), now=NOW
    )
    assert (again.again, again.key, again.number) == (True, first.key, first.number)
    assert counted(town) == 1
    assert town.kinds(first.key) == ["send"]


def test_somebody_else_s_order_is_there_but_not_shown(town: Town) -> None:
    actions.keep_order(town.database, town.secretary, DRAFT, now=NOW)
    again = actions.keep_order(town.database, town.east, DRAFT, now=NOW)
    assert (again.again, again.key) == (True, "")
    assert counted(town) == 1


def test_the_caller_s_number_is_sealed_and_each_reading_is_written_down(town: Town) -> None:
    kept = actions.keep_order(town.database, town.secretary, DRAFT, now=NOW)
    with town.database.reading() as connection:
        (sealed,) = connection.execute(sa.select(report_contacts.c.sealed)).scalars()
        words = [text.text for text in core.texts(connection, [town.case(kept.key).id])]
    assert b"13800138000" not in bytes(sealed)
    assert words == ["电动车上楼"]
    assert read_contact(town.database, town.secretary, kept.key, purpose="核实情况", now=NOW).phone == "13800138000"
    assert town.kinds(kept.key) == ["send", "contact_read"]


def test_what_lies_elsewhere_or_nowhere_is_kept_at_the_top_of_her_area(town: Town) -> None:
    there = actions.keep_order(town.database, town.secretary, replace(DRAFT, address="农展南里9号楼"), now=NOW)
    case = town.case(there.key)
    assert (case.place_code, case.lon, there.outside, case.address) == (
        HOME, None, "麦子店街道 农展南里社区", "农展南里9号楼",
    )  # fmt: skip
    nowhere = replace(DRAFT, number="B3", address="不知道哪里")
    lost = town.case(actions.keep_order(town.database, town.secretary, nowhere, now=NOW).key)
    assert (lost.place_code, lost.evidence) == (HOME, "place")


def test_the_number_goes_thirty_days_after_the_case_was_closed(town: Town) -> None:
    from geoapp.reports.contacts.actions import forget_expired
    from geoapp.reports.handling.actions import accept, answer, verify

    key = actions.keep_order(town.database, town.secretary, DRAFT, now=NOW).key
    accept(town.database, town.grid, key, seen=1, now=NOW)
    answer(town.database, town.grid, key, "劝下楼了", outcome="done", seen=2, now=NOW)
    verify(town.database, town.second, key, passed=True, seen=3, now=NOW)
    assert town.case(key).closed_at == NOW
    assert forget_expired(town.database, now=NOW + timedelta(days=29)) == 0
    assert forget_expired(town.database, now=NOW + timedelta(days=30, hours=1)) == 1
    with pytest.raises(NotFound):
        read_contact(town.database, town.secretary, key, purpose="回访", now=NOW + timedelta(days=31))


def test_of_several_houses_the_chosen_one_counts_and_none_is_guessed(town: Town) -> None:
    two = replace(DRAFT, address="7号楼")
    around = actions.look_around(town.database, town.secretary, now=NOW)
    candidates = around.find("7号楼").candidates
    assert [(c.name, c.where) for c in candidates] == [
        ("甘露园 7号楼", "霞光里社区 第2网格"),
        ("霞光里 7号楼", "霞光里社区 第4网格"),
    ]
    unsure = town.case(actions.keep_order(town.database, town.secretary, two, now=NOW).key)
    assert (unsure.place_code, unsure.lon) == (HOME, None)
    chosen = replace(two, number="B4", choice=candidates[1].key)
    assert town.case(actions.keep_order(town.database, town.secretary, chosen, now=NOW).key).place_code == HOME + "004"
    # An official of grid 002 means the house in her own grid.
    own = actions.look_around(town.database, town.grid2, now=NOW).find("7号楼")
    assert own.only is not None and own.only.where == "霞光里社区 第2网格"


def test_a_house_close_to_a_border_says_which(town: Town) -> None:
    """2号楼 ends at 1.8; the border of 004 lies at 2.0: 0.2 of 85 m is 17 m, less than 20."""
    found = actions.look_around(town.database, town.secretary, now=NOW).find("霞光里30号院2号楼").only
    assert found is not None and found.near == ("第4网格",)
    kept = actions.keep_order(town.database, town.secretary, replace(DRAFT, address="霞光里30号院2号楼"), now=NOW)
    assert kept.near == ("第4网格",)


# -- sheets --------------------------------------------------------------------------------------------------------

HEAD = ["工单编号", "诉求内容", "诉求地址", "联系电话", "诉求人姓名", "身份证号", "办结时限", "心情"]
LINES = [
    ["A1", "电动车上楼", "绿景苑3号楼", "13800138000", "示意甲", "110101199003078515", "24小时", "急"],
    ["A2", "=HYPERLINK(1)", "7号楼", "", "", "", "", ""],
    ["", "没有编号", "绿景苑3号楼", "", "", "", "", ""],
    ["A1", "又一次", "绿景苑3号楼", "", "", "", "", ""],
    ["A3", "霞光里的灯不亮", "农展南里9号楼", "", "", "", "3个工作日", ""],
    ["=A4", "", "", "", "", "", "", ""],
]


def sheet(folder: Path, kind: str, lines: list[list[Any]] = LINES) -> Path:
    path = folder / f"orders.{kind.partition('-')[0]}"
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for line in [HEAD, *lines]:
            book.active.append(line)
        for cell in (*book.active["A"], *book.active["B"]):
            cell.data_type = "s"
        book.save(path)
    else:
        text = io.StringIO()
        csv.writer(text).writerows([HEAD, *lines])
        path.write_text(text.getvalue(), encoding=kind.partition("-")[2])
    return path


@pytest.mark.parametrize("kind", ["csv-utf-8", "csv-gbk", "xlsx"])
def test_a_sheet_comes_in_once_and_loses_no_row(town: Town, tmp_path: Path, kind: str) -> None:
    path = sheet(tmp_path, kind)
    batch = sheets.import_sheet(town.database, town.secretary, path, filename=path.name, now=NOW)
    assert (batch.rows_in, batch.rows_stored, batch.rows_known, batch.rows_set_aside) == (6, 3, 0, 3)
    assert batch.summary["notes"] == {"ambiguous": 1, "outside": 1, "unsorted": 1}
    assert batch.summary["dropped"] == ["身份证号", "诉求人姓名"]
    assert batch.summary["columns"] == ["心情"]
    _, aside = sheets.sheet_import(town.database, town.secretary, batch.key)
    assert [(row.row, row.reason) for row in aside] == [(4, "no_number"), (5, "repeated"), (7, "empty")]
    with town.database.reading() as connection:
        case = core.case_by_origin(connection, "12345", "A1")
        assert case is not None
    assert (case.place_code[:15], case.due_at) == (GRID, NOW + timedelta(hours=24))
    again = sheets.import_sheet(town.database, town.second, path, filename=path.name, now=NOW)
    assert (again.rows_in, again.rows_stored, again.rows_known, again.rows_set_aside) == (6, 0, 3, 3)
    assert counted(town) == 3


def test_what_a_sheet_left_is_shown_to_whoever_brought_it(town: Town, tmp_path: Path) -> None:
    batch = sheets.import_sheet(town.database, town.secretary, sheet(tmp_path, "csv-utf-8"), filename="a.csv", now=NOW)
    with pytest.raises(NotFound):
        sheets.sheet_import(town.database, town.east, batch.key)


def test_what_is_no_sheet_of_orders_stores_nothing(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.csv"
    path.write_text("姓名,年龄\n甲,3\n", encoding="utf-8")
    with pytest.raises(NoOrders):
        sheets.import_sheet(town.database, town.secretary, path, filename="x.csv", now=NOW)
    broken = tmp_path / "x.xlsx"
    broken.write_bytes(b"PK\x03\x04 not a workbook")
    with pytest.raises(Unreadable):
        sheets.import_sheet(town.database, town.secretary, broken, filename="x.xlsx", now=NOW)
    monkeypatch.setattr(sheets, "MOST_ROWS", 4)
    with pytest.raises(TooLarge, match="一次最多 4 行"):
        sheets.import_sheet(town.database, town.secretary, sheet(tmp_path, "csv-utf-8"), filename="a.csv", now=NOW)
    assert counted(town) == 0


def test_of_a_workbook_the_first_list_of_orders_is_read_and_the_others_are_named(town: Town, tmp_path: Path) -> None:
    """Before it stands a sheet that explains, behind it another month."""
    book = openpyxl.Workbook()
    sheets_of = {"说明": [["填写说明"], ["一行一件"]], "1月": [], "2月": [], "空": [[]]}
    for n, title in enumerate(("1月", "2月")):
        sheets_of[title] = [["工单编号", "诉求内容", "地址"], [f"A10000000{n}", "灯不亮", "绿景苑3号楼"]]
    for title, lines in sheets_of.items():
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(line)
    del book["Sheet"]
    path = tmp_path / "a.xlsx"
    book.save(path)
    done = sheets.import_sheet(town.database, town.secretary, path, filename="a.xlsx", now=NOW)
    assert done.summary["unread"] == ["说明", "2月"] and done.summary["rows"] == 1
    with town.database.reading() as connection:
        assert core.case_by_origin(connection, "12345", "A100000000") is not None


def test_a_term_that_is_over_is_noted(town: Town, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("工单编号,诉求内容,办结时限\nA1000001,灯不亮,2026-11-01\n", encoding="utf-8")
    batch = sheets.import_sheet(town.database, town.secretary, path, filename="a.csv", now=NOW)
    assert batch.summary["notes"]["past"] == 1 and set(batch.summary["notes"]) <= set(sheets.NOTES)
