"""A roster's sheet is read with its titles, two header rows, merged cells, ranges and totals that only check."""

from __future__ import annotations

from typing import Any

import pytest

from geoapp.layers.rosters.sheet import BadRoster, read_roster

TITLE = ["霞光里社区楼栋台账（户籍）", None, None, None, None]
HEAD = ["序号", "小区", "楼栋", "户数", "备注"]


def told(lines: list[list[Any]], merged: Any = ()) -> dict[str, int]:
    return {row.name: row.households for row in read_roster(lines, merged).rows}


def test_a_title_is_no_header_and_tells_the_basis() -> None:
    roster = read_roster([TITLE, HEAD, [1, "甲小区", "1号楼", 60, None]])
    assert roster.basis == "户籍"
    assert [(row.name, row.households, row.rows) for row in roster.rows] == [("甲小区1号楼", 60, (3,))]


def test_two_header_rows_are_one_header() -> None:
    """户数 stands over 总户数 and 出租户; the total counts, the tenants do not."""
    lines: list[list[Any]] = [
        ["序号", "楼栋", "户数", None, "人口"],
        [None, None, "出租户", "总户数", None],
        [1, "1号楼", 7, 60, 150],
    ]
    merged = [(0, 2, 0, 3), (0, 0, 1, 0), (0, 1, 1, 1), (0, 4, 1, 4)]
    roster = read_roster(lines, merged)
    assert roster.columns["households"] == "户数/总户数"
    assert roster.columns["people"] == "人口"
    assert told(lines, merged) == {"1号楼": 60}


def test_two_header_rows_with_cells_left_empty_instead_of_merged() -> None:
    lines: list[list[Any]] = [["楼栋", "户数", None], [None, "总户数", "空置"], ["2号楼", 30, 4]]
    assert told(lines) == {"2号楼": 30}


def test_a_merged_compound_goes_for_all_its_rows() -> None:
    lines = [HEAD, [1, "甲小区", "1号楼", 10, None], [2, None, "2号楼", 20, None], [3, "乙小区", "1号楼", 30, None]]
    assert told(lines, [(1, 1, 2, 1)]) == {"甲小区1号楼": 10, "甲小区2号楼": 20, "乙小区1号楼": 30}


def test_the_total_of_a_range_is_shared_out_and_marked() -> None:
    """290 over four buildings: 73 + 73 + 72 + 72."""
    roster = read_roster([HEAD, [1, None, "1-4号楼", 290, None], [2, None, "甲5号楼", 50, None]])
    assert [row.households for row in roster.rows] == [73, 73, 72, 72, 50]
    assert [row.apportioned for row in roster.rows] == [True, True, True, True, False]


def test_a_number_in_a_merged_cell_belongs_to_all_rows_beside_it_and_counts_once() -> None:
    """One cell of 101 beside three rows: 34 + 34 + 33."""
    lines = [HEAD, [1, None, "1号楼", 101, None], [2, None, "2号楼", None, None], [3, None, "3号楼", None, None]]
    roster = read_roster(lines, [(1, 3, 3, 3)])
    assert [(row.name, row.households, row.apportioned) for row in roster.rows] == [
        ("1号楼", 34, True),
        ("2号楼", 34, True),
        ("3号楼", 33, True),
    ]
    assert roster.rows_in == 3


def test_units_of_one_building_are_summed() -> None:
    lines = [HEAD, [1, None, "3号楼1单元", 30, None], [2, None, "3号楼2单元", 31, None]]
    roster = read_roster(lines)
    assert [(row.name, row.households, row.rows) for row in roster.rows] == [("3号楼", 61, (2, 3))]


def test_totals_check_and_do_not_count() -> None:
    """First subtotal 30 = 10 + 20; second says 45 and is 40; the grand total 70 is right."""
    roster = read_roster(
        [
            HEAD,
            [1, None, "1号楼", 10, None],
            [2, None, "2号楼", 20, None],
            ["小计", None, None, 30, None],
            [3, None, "3号楼", 40, None],
            [None, "小计", None, 45, None],
            ["合 计", None, None, 70, None],
        ]
    )
    assert roster.households == 70
    assert [(check.row, check.stated, check.counted) for check in roster.totals] == [
        (4, 30, 30),
        (6, 45, 40),
        (7, 70, 70),
    ]


def test_every_row_is_read_or_listed_as_bad() -> None:
    roster = read_roster(
        [
            HEAD,
            [1, None, "1号楼", 10, None],
            [2, None, None, 12, None],
            [3, None, "9号楼", "若干", None],
            [4, None, "10号楼", -3, None],
            ["填表人：某某", None, None, None, None],
        ]
    )
    assert roster.rows_in == 4
    assert [(bad.row, bad.households) for bad in roster.bad] == [(3, 12), (4, 0), (5, 0)]
    assert roster.notes == ["填表人:某某"]


def test_numbers_are_read_in_the_ways_people_write_them() -> None:
    lines = [
        HEAD,
        *[[i, None, f"{i}号楼", cell, None] for i, cell in enumerate(["１２０", "1,200户", 12.0, "0"], start=1)],
    ]
    assert [row.households for row in read_roster(lines).rows] == [120, 1200, 12, 0]


def test_a_header_repeated_on_every_page_is_passed_over() -> None:
    roster = read_roster([HEAD, [1, None, "1号楼", 10, None], HEAD, [2, None, "2号楼", 20, None]])
    assert roster.rows_in == 2
    assert roster.bad == []


def test_a_roster_of_compounds_alone() -> None:
    assert told([["小区名称", "户数"], ["霞光里小区", 1200], ["30号院", 80]]) == {"霞光里小区": 1200, "30号院": 80}


@pytest.mark.parametrize(
    "lines", [[], [["甲", "乙"], [1, 2]], [["姓名", "电话"], ["某", "1"]], [["楼栋", "面积"], ["1号楼", 3]]]
)
def test_a_sheet_that_is_no_roster_says_what_is_missing(lines: list[list[Any]]) -> None:
    with pytest.raises(BadRoster, match="表头"):
        read_roster(lines)
