"""The roster as Excel sees it: shape, sums, and names that do and do not match the map."""

from __future__ import annotations

import io
import re
import zipfile

import openpyxl
import pytest

NAME = "霞光里楼栋台账.xlsx"
COMPOUND, LABEL, STOREYS, HOMES, PEOPLE, OVER60 = 1, 2, 3, 5, 6, 7


@pytest.fixture(scope="module")
def sheet(made):
    """Read by another program's code: openpyxl."""
    return openpyxl.load_workbook(io.BytesIO(made[NAME])).active


@pytest.fixture(scope="module")
def rows(sheet) -> list[tuple]:
    """Rows about buildings: those with a serial number."""
    return [row for row in sheet.iter_rows(min_row=5, values_only=True) if isinstance(row[0], int)]


def test_two_title_rows_then_two_header_rows_with_merged_cells(sheet) -> None:
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert {"A1:J1", "A2:J2", "A3:A4", "D3:F3", "G3:H3"} <= merged
    assert [cell.value for cell in sheet[3]][:4] == ["序号", "小区（院）", "楼栋", "房屋情况"]
    assert [cell.value for cell in sheet[4]][3:8] == ["层数", "单元数", "套数", "常住人口", "60岁以上"]


def test_sum_rows_hold_the_sums_of_the_rows_above_them(sheet) -> None:
    group, whole = [0, 0, 0], [0, 0, 0]
    checked = 0
    for row in sheet.iter_rows(min_row=5, values_only=True):
        figures = list(row[HOMES : OVER60 + 1])
        if isinstance(row[0], int):
            group = figures if row[COMPOUND] else [a + b for a, b in zip(group, figures, strict=True)]
            whole = [a + b for a, b in zip(whole, figures, strict=True)]
        elif row[0] in {"小计", "合计"}:
            assert figures == (group if row[0] == "小计" else whole)
            checked += 1
    assert whole[0] == 4560
    assert checked > 5


def test_labels_come_in_all_the_shapes_that_people_write(rows) -> None:
    labels = [row[LABEL] for row in rows]
    assert {"甲5号楼", "6、7号楼", "1-4号楼", "30号院2号楼", "5号楼"} <= set(labels)


def _buildings_meant(group: str, label: str) -> list[str]:
    """Full names that a label stands for, written out by hand for the shapes of this roster."""
    ranged = re.fullmatch(r"(.*?)(\d+)-(\d+)号楼", label)
    if ranged:
        return [f"{group}{ranged[1]}{n}号楼" for n in range(int(ranged[2]), int(ranged[3]) + 1)]
    listed = re.fullmatch(r"(.*?)(\d+)、(\d+)号楼", label)
    if listed:
        return [f"{group}{listed[1]}{n}号楼" for n in (listed[2], listed[3])]
    return [group + label]


def test_every_row_but_four_names_buildings_of_the_map_and_their_homes_agree(rows, read) -> None:
    """Three buildings go by another name and one is gone; what is left over on the map is those three."""
    known = {
        row["name"]: row
        for row in read("buildings")
        if row["compound_id"] and row["community_code"] in {"110105012023", "110105012027"}
    }
    group, unknown, left = "", [], set(known)
    for row in rows:
        group = row[COMPOUND] or group
        names = _buildings_meant(group, row[LABEL])
        if not set(names) <= set(known):
            unknown.append(row)
            continue
        assert set(names) <= left
        left -= set(names)
        assert sum(known[name]["households"] for name in names) == row[HOMES]
    assert [row[LABEL] for row in unknown] == ["2号院锅炉房宿舍", "东平房改建楼", "平房（已拆）", "筒子楼"]
    assert sum(row[HOMES] for row in unknown) == sum(known[name]["households"] for name in left)
    assert len(left) == 3


def test_the_file_carries_no_clock(made) -> None:
    with zipfile.ZipFile(io.BytesIO(made[NAME])) as archive:
        assert archive.testzip() is None
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
