"""Rows and mappings as they are read, without a database."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.errors import Invalid
from geoapp.reports.imports.forms import mapping_text
from geoapp.reports.imports.history import PastReport, PastReports, SetAside
from geoapp.reports.imports.mapping import COLUMNS, parse_mapping
from tests.reports import data
from tests.reports.imports.rows import HEAD, MAPPING, row


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('origin = "old-desk"', 'origin = "12345"', "不能是 12345"),
        ('crs = "EPSG:4326"', 'crs = "EPSG:1"', "EPSG:1"),
        ('"办结" = "done"', '"办结" = "finished"', "values.status"),
        ('"垃圾" = "rubbish"', '"垃圾" = "dragon"', "values.kind"),
        ('zone = "Asia/Shanghai"', 'zone = "Asia/Atlantis"', "不是时区"),
        ("keep =", "kept =", "不认识的字段 kept"),
        ('number = "编号"\n', "", "缺少 number"),
        ('y = "纬度"\n', "", "x 和 y"),
        ("[place]\n", "[place]\nz = 1\n", "不认识的字段 z"),
        ("[columns]\n", "columns = 'x'\n[values.place]\n", "columns 应为一节"),
        ("[dates]\n", "[foo]\n", "不认识的字段 foo"),
        ('[values.kind]\n"垃圾" = "rubbish"', '[values]\nkind = "rubbish"', "values.kind 应为一节"),
        ("[place]\n", '[values.place]\n"东里" = "11"\n[place]\n', "“东里”：编码“11”不对"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_which_entry(old: str, new: str, words: str) -> None:
    assert old in MAPPING
    with pytest.raises(Invalid, match=words) as told:
        parse_mapping(MAPPING.replace(old, new), data.kinds().kinds, name="旧.toml")
    assert "映射文件 旧.toml" in str(told.value)


def test_one_entry_of_a_list_may_stand_alone() -> None:
    one = MAPPING.replace('["%Y/%m/%d %H:%M", "iso"]', '"iso"').replace('["来源"]', '"来源"')
    mapping = parse_mapping(one.replace('["内容", "补充"]', '"内容"'), data.kinds().kinds)
    assert (mapping.formats, mapping.keep, mapping.words) == (("iso",), ("来源",), ("内容",))


def test_a_mapping_may_begin_with_a_mark_and_says_so_when_it_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "旧.toml"
    path.write_text(MAPPING, encoding="utf-8-sig")
    assert parse_mapping(mapping_text(path), data.kinds().kinds).origin == "old-desk"
    path.write_text(MAPPING, encoding="gbk")
    with pytest.raises(Invalid, match=r"映射文件 旧\.toml 不是 UTF-8；请用文本编辑器另存为 UTF-8"):
        mapping_text(path)


CELL = st.one_of(
    st.none(), st.integers(), st.floats(), st.text(max_size=30), st.sampled_from(["在办", "2026-10-01", "A1"])
)


def test_the_example_of_the_documents_is_a_mapping_and_reads_a_row() -> None:
    text = (Path(__file__).parents[3] / "docs" / "reports-import.md").read_text(encoding="utf-8")
    example = re.search("```toml\n(.+?)```", text, re.DOTALL)
    assert example is not None
    mapping = parse_mapping(example[1], data.kinds().kinds)
    assert set(mapping.columns) == {*COLUMNS} - {"words"} and mapping.words == ("诉求内容", "补充说明")
    cells = dict.fromkeys(mapping.needed, "") | {
        "工单编号": "7", "受理时间": "11/18/2025 02:05:10 PM", "状态": "在办", "问题分类": "暴露垃圾",
    }  # fmt: skip
    read = PastReports(mapping.needed, mapping).read(2, list(cells.values()))
    assert isinstance(read, PastReport) and (read.kind, read.opened_at.hour) == ("rubbish", 6)


def test_lines_of_a_cell_are_parted_by_a_blank_and_other_signs_go() -> None:
    reader = PastReports(HEAD, parse_mapping(MAPPING, data.kinds().kinds))
    cells = list(row("A1", 内容="The police responded,\r\nand\u200b took  action.", 地点="1  MAIN ST").values())
    read = reader.read(2, cells)
    assert isinstance(read, PastReport)
    assert (read.words, read.address) == ("The police responded, and took action.", "1  MAIN ST")


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Shanghai"])
@pytest.mark.parametrize(
    "filler", ["9999-12-31", "9999-12-31T23:59:59", "0001-01-01", "0000-00-00 00:00:00", "9999/12/31 23:59"]
)
def test_what_fills_a_date_is_no_date(filler: str, zone: str) -> None:
    reader = PastReports(HEAD, parse_mapping(MAPPING.replace("Asia/Shanghai", zone), data.kinds().kinds))
    read = reader.read(2, list(row("A1", 期限=filler).values()))
    assert isinstance(read, PastReport) and read.due_at is None
    read = reader.read(2, list(row("A1", 状态="在办", 办结=filler).values()))
    assert isinstance(read, PastReport) and read.is_open
    # When it was reported has to be known.
    read = reader.read(2, list(row("A1", 受理=filler).values()))
    assert isinstance(read, SetAside) and read.reason == "bad_opened"


def test_words_that_fill_a_date_are_no_date_and_others_are_a_bad_one() -> None:
    reader = PastReports(HEAD, parse_mapping(MAPPING, data.kinds().kinds))
    for filler in ("-", "/", "无", "N/A", "null"):
        read = reader.read(2, list(row("A1", 期限=filler, 办结=filler, 状态="在办").values()))
        assert isinstance(read, PastReport) and read.due_at is None and read.is_open, filler
        read = reader.read(2, list(row("A1", 受理=filler).values()))
        assert isinstance(read, SetAside) and read.reason == "bad_opened"
    read = reader.read(2, list(row("A1", 期限="明天").values()))
    assert isinstance(read, SetAside) and read.reason == "bad_due"


@pytest.mark.parametrize("number", ["2.02601E+18", "2E+18", 2.026010312345679e18, 1234567890123456.0])
def test_a_number_that_a_spreadsheet_shortened_is_nobodys(number: Any) -> None:
    reader = PastReports(HEAD, parse_mapping(MAPPING, data.kinds().kinds))
    read = reader.read(2, list(row(number).values()))
    assert isinstance(read, SetAside) and read.reason == "scientific" and "文本" in read.remedy
    for whole, text in ((20260103.0, "20260103"), (2026010312345678901, "2026010312345678901"), ("E12", "E12")):
        read = reader.read(2, list(row(whole).values()))  # type: ignore[arg-type]
        assert isinstance(read, PastReport) and read.number == text


@given(st.lists(CELL, max_size=14))
def test_whatever_a_row_holds_it_is_read_or_set_aside(cells: list[Any]) -> None:
    reader = PastReports(HEAD, parse_mapping(MAPPING, data.kinds().kinds))
    read = reader.read(7, cells)
    assert read.row == 7 and len(read.number) <= 120 and "\x00" not in repr(read)
