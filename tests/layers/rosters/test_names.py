"""One cell of a roster names one building, several, or a range, in many spellings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.layers.rosters.names import expand, normal, split_evenly


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("5号楼", ["5号楼"]),
        ("甲5号楼", ["甲5号楼"]),
        ("6、7号楼", ["6号楼", "7号楼"]),
        ("6，7，9号楼", ["6号楼", "7号楼", "9号楼"]),
        ("1-4号楼", ["1号楼", "2号楼", "3号楼", "4号楼"]),
        ("１－４号楼", ["1号楼", "2号楼", "3号楼", "4号楼"]),
        ("1~3#楼", ["1号楼", "2号楼", "3号楼"]),
        ("1至3号楼", ["1号楼", "2号楼", "3号楼"]),
        ("1号楼-3号楼", ["1号楼", "2号楼", "3号楼"]),
        ("1-3、6号楼", ["1号楼", "2号楼", "3号楼", "6号楼"]),
        ("1-5号楼（单号）", ["1号楼", "3号楼", "5号楼"]),
        ("30号院2号楼", ["30号院2号楼"]),
        ("30号院1-2号楼", ["30号院1号楼", "30号院2号楼"]),
        ("30号院2号楼、31号院1号楼", ["30号院2号楼", "31号院1号楼"]),
        ("甲30号院2号楼", ["甲30号院2号楼"]),
        ("枣营北里6、7号楼", ["枣营北里6号楼", "枣营北里7号楼"]),
        ("甲1、甲2号楼", ["甲1号楼", "甲2号楼"]),
        ("5栋", ["5号楼"]),
        ("十二号楼", ["12号楼"]),
        ("二十栋", ["20号楼"]),
        ("3号楼2单元", ["3号楼"]),
        ("3号楼1-2单元", ["3号楼"]),
        ("3号楼二单元", ["3号楼"]),
        ("12-3号楼", ["12-3号楼"]),
        ("综合楼", ["综合楼"]),
        ("2号院锅炉房宿舍", ["2号院锅炉房宿舍"]),
        ("5号楼（塔）", ["5号楼"]),
        ("3号楼东侧平房", ["3号楼东侧平房"]),
        ("12号商住楼", ["12号商住楼"]),
        ("A座", ["A座"]),
        ("霞光里30号院", ["霞光里30号院"]),
        ("霞光里小区", ["霞光里小区"]),
        (" 7 号 楼 ", ["7号楼"]),
        (7, ["7号楼"]),
        ("", []),
        (None, []),
    ],
)
def test_a_cell_names_these_buildings(cell: object, names: list[str]) -> None:
    assert [building.name for building in expand(cell)] == names


@given(st.text(max_size=30))
def test_any_text_is_expanded_without_a_fault_and_each_building_once(text: str) -> None:
    buildings = expand(text)
    assert len(set(buildings)) == len(buildings) <= 600


@given(st.integers(1, 300), st.integers(1, 20))
def test_a_range_names_every_number_in_it(first: int, more: int) -> None:
    names = [building.name for building in expand(f"{first}-{first + more}号楼")]
    assert names == [f"{number}号楼" for number in range(first, first + more + 1)]


@given(st.text(alphabet="0123456789０１２号楼栋#甲A院-、 ", max_size=15))
def test_a_normal_spelling_is_its_own_normal_spelling(text: str) -> None:
    assert normal(normal(text)) == normal(text)


@given(st.integers(0, 10_000), st.integers(1, 60))
def test_shares_sum_to_the_total_and_differ_by_one_at_most(total: int, count: int) -> None:
    shares = split_evenly(total, count)
    assert sum(shares) == total
    assert len(shares) == count
    assert max(shares) - min(shares) <= 1
