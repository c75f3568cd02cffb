"""A ledger comes back in exactly its own columns, with the cases of its place and period, and without people."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from geoapp.errors import NotAllowed, NotFound, TooLarge
from geoapp.layers.formats.source import Unreadable
from geoapp.reports.actions import desk
from geoapp.reports.handling.actions import Target, accept, answer, assign
from geoapp.reports.ledger import actions
from geoapp.reports.moderating.actions import hide_at
from geoapp.reports.people import Contact
from geoapp.reports.receipts.actions import add_words, say_not_mended
from tests.reports.world import EAST, HOME, HOUR, NOW, STREET, Town
from tests.worlds import workbook

pytestmark = pytest.mark.engines

HEAD = [
    "序号", "受理编号", "来电时间", "所属网格", "地点", "小区", "楼号", "类别", "内容", "来电人电话", "承办单位",
    "状态", "时限", "办结时间", "处理情况", "心情",
]  # fmt: skip


def ledger_of(town: Town, folder: Path, head: list[Any] = HEAD, name: str = "secretary", place: str = HOME) -> str:
    path = folder / "台账.xlsx"
    path.write_bytes(workbook([["示意台账"], head, ["1", "13911112222 旧的一行"]]))
    made = actions.add_ledger(town.database, town.people[name], path, place_code=place, title="诉求台账", now=NOW)
    return made.key


def filled(town: Town, key: str, *, days: int = 1, name: str = "secretary") -> Any:
    _, data = actions.fill(
        town.database, town.people[name], key, since=NOW - 24 * HOUR, until=NOW + timedelta(days=days), now=NOW
    )
    return openpyxl.load_workbook(io.BytesIO(data)).active


def test_her_cases_in_her_columns(town: Town, tmp_path: Path) -> None:
    key = ledger_of(town, tmp_path)
    contact = Contact(name="示意甲", phone="13800138000")
    first = town.send("=1+1 请回 13800138000", address="绿景苑3号楼2单元501室", contact=contact)
    accept(town.database, town.grid, first.report_key, seen=1, now=NOW)
    assign(town.database, town.grid, first.report_key, Target(body_key=town.bodies["property"]), seen=2, now=NOW)
    accept(town.database, town.manager, first.report_key, seen=3, now=NOW)
    answer(town.database, town.manager, first.report_key, "清走了", outcome="done", seen=4, now=NOW + HOUR)
    town.send("灯不亮", kind="lamp", x=3.0, now=NOW + HOUR)
    town.send("别处的", x=6.0)
    town.send("从前的", now=NOW - 30 * HOUR)
    sheet = filled(town, key)
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][0] == "示意台账" and list(rows[1]) == HEAD
    case = town.case(first.report_key)
    number = f"{case.number[:3]}-{case.number[3:6]}-{case.number[6:]}"
    assert case.due_at is not None
    due = (case.due_at + timedelta(hours=8)).replace(tzinfo=None, microsecond=0)
    ten = (NOW + timedelta(hours=8)).replace(tzinfo=None)
    assert rows[2] == (
        1, number, ten, "第1网格", "绿景苑3号楼2单元", "绿景苑", "3号楼", "暴露垃圾、垃圾满冒",
        "=1+1 请回 〔电话〕", None, "物业", "已反馈，待核查", due, None, "清走了", None,
    )  # fmt: skip
    assert len(rows) == 4 and rows[3][3] == "第2网格"
    assert not [cell for line in sheet.iter_rows() for cell in line if cell.data_type == "f"]
    text = repr(rows)
    assert "13800138000" not in text and "示意甲" not in text and "501" not in text and "13911112222" not in text


def test_columns_that_name_several_have_them_side_by_side(town: Town, tmp_path: Path) -> None:
    """Values stand with the mark of the heading between them; what is missing is left out, unless that misleads."""
    head = ["受理编号", "受理时间/办结时间", "地址（楼号）", "小区楼号", "诉求内容及办理结果", "反映人、诉求内容",
            "签收时间／办结时间", "是否解决，是否满意", "联系人及电话"]  # fmt: skip
    key = ledger_of(town, tmp_path, head)
    contact = Contact(name="示意甲", phone="13800138000")
    sent = town.send("灯不亮，请回 13800138000", address="绿景苑3号楼2单元501室", contact=contact)
    town.send("没有地址的", now=NOW + HOUR)
    accept(town.database, town.grid, sent.report_key, seen=1, now=NOW + HOUR)
    first, second = filled(town, key).iter_rows(min_row=3, values_only=True)
    said = "灯不亮，请回 〔电话〕"
    assert first[1:] == (
        "2026-11-20 10:00", "绿景苑3号楼2单元", "绿景苑 3号楼", said, said, "2026-11-20 11:00", None, None,
    )  # fmt: skip
    assert second[1:6] == ("2026-11-20 11:00", None, None, "没有地址的", "没有地址的") and second[6:] == (None,) * 3


def test_what_was_added_and_each_answer_stand_in_their_one_cell(town: Town, tmp_path: Path) -> None:
    """A case that was answered, was not mended and was answered again, by whoever added to it with her receipt."""
    key = ledger_of(town, tmp_path, ["受理编号", "内容", "处理情况"])
    sent = town.send("灯不亮")
    accept(town.database, town.grid, sent.report_key, seen=1, now=NOW)
    add_words(town.database, sent.code, "三楼也不亮 13800138000", address="", now=NOW)

    def answered(words: str) -> None:
        seen = town.case(sent.report_key).revision
        answer(town.database, town.secretary, sent.report_key, words, outcome="done", seen=seen, now=NOW)

    answered("换了灯泡")
    say_not_mended(town.database, sent.code, "又灭了", address="", now=NOW)
    accept(town.database, town.secretary, sent.report_key, seen=town.case(sent.report_key).revision, now=NOW)
    answered("换了线路")
    (row,) = list(filled(town, key).iter_rows(min_row=3, values_only=True))
    assert row[1:] == ("灯不亮\n三楼也不亮 〔电话〕", "换了灯泡\n换了线路")


def test_columns_that_somebody_corrected_are_filled_by_her_word(town: Town, tmp_path: Path) -> None:
    key = ledger_of(town, tmp_path, ["受理编号", "时间", "说了啥", "姓名"])
    actions.settle_columns(town.database, town.secretary, key, ["number", "", "words", "words"])
    town.send("灯不亮")
    (row,) = list(filled(town, key).iter_rows(min_row=3, values_only=True))
    assert row[1:] == (None, "灯不亮", None)


def test_what_was_hidden_as_abuse_is_no_line_of_it(town: Town, tmp_path: Path) -> None:
    key = ledger_of(town, tmp_path)
    receipt = town.send("骂人的话")
    with desk(town.database, town.secretary, now=NOW) as at:
        hide_at(at, at.open(receipt.report_key))
    assert filled(town, key).max_row == 2


def test_a_ledger_is_its_office_s_own(town: Town, tmp_path: Path) -> None:
    key = ledger_of(town, tmp_path)
    for name in ("east", "grid", "manager", "resident"):
        with pytest.raises(NotFound):
            actions.ledger(town.database, town.people[name], key)
        assert actions.own_ledgers(town.database, town.people[name]) == []
    assert [each.key for each in actions.own_ledgers(town.database, town.street)] == [key]
    for name, place in (("secretary", EAST), ("secretary", STREET), ("grid", HOME)):
        with pytest.raises(NotAllowed):
            ledger_of(town, tmp_path, name=name, place=place)
    actions.end_ledger(town.database, town.second, key)
    with pytest.raises(NotFound):
        actions.ledger(town.database, town.secretary, key)


def test_what_is_too_long_or_no_workbook_is_refused(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ledger_of(town, tmp_path)
    for _ in range(2):
        town.send()
    monkeypatch.setattr(actions, "MOST_ROWS", 1)
    with pytest.raises(TooLarge, match="2 件"):
        filled(town, key)
    for name, data in (("a.csv", "受理编号,时间".encode()), ("a.xlsx", b"PK\x03\x04nothing")):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(Unreadable):
            actions.add_ledger(town.database, town.secretary, path, place_code=HOME, title="", now=datetime.now(UTC))
