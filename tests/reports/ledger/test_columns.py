"""A header is found and its columns are known by their words; what tells of people stays empty whatever is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from geoapp.reports.datafile import BadData
from geoapp.reports.ledger import columns
from geoapp.reports.ledger.columns import Header, NoHeader, as_json, of_json
from geoapp.reports.ledger.headings import FIELDS, parse_headings
from tests.reports import data

KNOWN = parse_headings(data.text("ledger-words"))


def find_header(rows: list[list[Any]], merged: Sequence[tuple[int, int, int, int]] = ()) -> Header:
    return columns.find_header(rows, KNOWN, merged)


def test_the_columns_of_a_plain_ledger() -> None:
    header = find_header([
        ["霞光里社区2026年诉求台账", None, None, None, None, None, None],
        ["序号", "受理编号", "来电时间", "楼号", "问题类别", "诉求人姓名", "办结时间（年月日）"],
        [1, "X1", "2026-01-02", "3号楼", "垃圾", "示意甲", None],
    ])  # fmt: skip
    assert [(c.heading, c.field) for c in header.columns] == [
        ("序号", "row"), ("受理编号", "number"), ("来电时间", "reported"), ("楼号", "building"), ("问题类别", "kind"),
        ("诉求人姓名", ""), ("办结时间（年月日）", "closed"),
    ]  # fmt: skip
    assert len(header.rows) == 2, "the title above stays, the rows below are not kept"
    assert of_json(as_json(header)) == header


def test_headings_in_two_rows_and_merged_cells() -> None:
    """序号 spans both rows; 基本情况 spans three columns that the second row names."""
    rows = [["序号", "基本情况", None, None, "办理情况"], [None, "时间", "地点", "内容", None]]
    header = find_header(rows, [(0, 0, 1, 0), (0, 1, 0, 3), (0, 4, 1, 4)])
    assert [c.field for c in header.columns] == ["row", "reported", "address", "words", "answer"]
    assert header.merged == ((0, 0, 1, 0), (0, 1, 0, 3), (0, 4, 1, 4))


def test_of_two_columns_of_one_meaning_the_first_is_filled() -> None:
    header = find_header([["受理编号", "时间", "登记时间", "说不清的"]])
    assert [c.field for c in header.columns] == ["number", "reported", "", ""]


@pytest.mark.parametrize(
    ("heading", "fields"),
    [
        ("受理时间/办结时间", "reported+closed"), ("时间、地点、天气", "reported+address"),
        ("诉求内容及办理结果", "words+outcome"), ("受理及办结时间", "reported+closed"),
        ("地址（楼号）", "address+building"), ("类别（大类，小类）", "group+kind"), ("小区楼号", "compound+building"),
        ("受理时间\n办结时间", "reported+closed"), ("承办单位办理结果", "handler+outcome"),
        # One of which only a part is known may speak of something else.
        ("负责人签字/日期", ""), ("检查（时间）", ""), ("参与时间", ""), ("网格编号", ""), ("承办单位地址", ""),
        ("时间（受理时间）", "reported"),
        ("时间、地点、内容、类别、来源、状态、承办单位，" + "其余由社区补充，" * 3, ""),
    ],
)  # fmt: skip
def test_a_heading_that_names_several_fields(heading: str, fields: str) -> None:
    assert KNOWN.field_of(heading) == fields


@pytest.mark.parametrize(
    ("heading", "fields"),
    [
        ("姓名电话", ""), ("联系人及电话", ""), ("诉求人及诉求内容", "words"), ("承办单位及联系电话", "handler"),
        ("诉求内容（姓名、电话）", "words"),
        # Her home, not the place of the case; the caller's, without a mark between.
        ("姓名、地址、楼号", ""), ("来电人地址", ""), ("联系人电话内容", ""), ("参与人及内容", ""),
        ("姓/名，内容及时间", ""),
    ],
)  # fmt: skip
def test_of_one_that_also_says_who_somebody_is_only_the_rest_is_filled(heading: str, fields: str) -> None:
    own = parse_headings(data.text("ledger-words").replace('parts = ["', 'parts = ["参与人", "姓/名", "'))
    assert own.field_of(heading) == fields
    (column,) = columns.corrected(
        Header(((heading,),), (columns.Column(heading),)), ["address+words+handler"], own
    ).columns
    assert column.field == fields, "whatever is chosen"


def test_every_field_is_known_by_its_own_title() -> None:
    assert {field: KNOWN.field_of(zh) for field, (zh, _en) in FIELDS.items()} == {field: field for field in FIELDS}


def test_a_correction_counts_but_not_for_what_tells_of_people() -> None:
    found = find_header([["受理编号", "时间", "来电人电话", "怪栏"]])
    header = columns.corrected(found, ["order", "closed+nonsense+closed+answer", "words", "nonsense"], KNOWN)
    assert [c.field for c in header.columns] == ["order", "closed+answer", "", ""]


@pytest.mark.parametrize("rows", [[], [[None]], [["受理编号"]], [["心情", "天气"]], [[1, 2, 3]] * 30])
def test_what_is_no_header_is_refused(rows: list[list[object]]) -> None:
    with pytest.raises(NoHeader, match="表头"):
        find_header(rows)


def test_a_city_adds_headings_of_its_own_and_what_is_personal_stays_so() -> None:
    own = parse_headings('[heading]\nclosed = ["了结 日期"]\nwords = ["来电人电话"]\n[personal]\nparts = ["门牌"]')
    assert own.field_of("了结日期（年月日）") == "closed"
    assert own.field_of("办结时间") == "closed", "the name that we give it counts anyhow"
    assert own.field_of("来电人电话") == "", "a file cannot make that harmless"
    assert own.says_who("楼门牌") and not KNOWN.says_who("楼门牌")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[heading]\nmood = []", "mood"), ('[heading]\nrow = ["甲"]\nkind = ["甲"]', "既是 row 又是 kind"),
        ('[heading]\nrow = "序号"', "一串"), ('[heading]\n[personal]\nparts = [" "]', "一串"), ("", "缺少 heading"),
        ("[headings]", "不认识"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_of_headings_is_said(text: str, why: str) -> None:
    with pytest.raises(BadData, match=why):
        parse_headings(text)
