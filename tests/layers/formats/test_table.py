"""CSV and XLSX: coordinates in one column or two, in degrees and minutes, as WKT, or none."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from geoapp.layers.columns import NoSuchColumn
from geoapp.layers.formats import workbook
from geoapp.layers.formats.source import MustChoose, Unreadable


def csv_file(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    return path


def book(tmp_path: Path, *rows: list[Any], title: str = "Sheet") -> Path:
    made = openpyxl.Workbook()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    path = tmp_path / "a.xlsx"
    made.save(path)
    return path


@pytest.mark.parametrize(
    ("header", "crs"),
    [
        ("名称,经度,纬度", ""),
        ("名称,lng,lat", ""),
        ("名称,Longitude,Latitude", ""),
        ("名称,X,Y", ""),
        ("名称,经度(BD09),纬度(BD09)", "bd09"),
        ("名称,lng_gcj02,lat_gcj02", "gcj02"),
        ("名称,WGS84经度,WGS84纬度", "EPSG:4326"),
        ("名称,百度经度,百度纬度", "bd09"),
    ],
)
def test_columns_of_coordinates_are_known_by_their_names(tmp_path: Path, opened: Any, header: str, crs: str) -> None:
    source, rows = opened(csv_file(tmp_path, f"{header}\n甲,116.45,39.94\n"))
    assert [shape.wkt for shape in rows.shapes] == ["POINT (116.45 39.94)"]
    assert source.crs == crs


def test_named_columns_win(tmp_path: Path, opened: Any) -> None:
    path = csv_file(tmp_path, "a,b,经度,纬度\n116.45,39.94,1,2\n")
    assert opened(path, lon_field="a", lat_field="b")[1].shapes[0].wkt == "POINT (116.45 39.94)"
    with pytest.raises(NoSuchColumn, match="有 a、b"):
        opened(path, lon_field="c", lat_field="b")


@pytest.mark.parametrize("cell", ["116.45,39.94", "116.45，39.94", "(116.45 39.94)", "[116.45, 39.94]"])
def test_both_numbers_in_one_cell(tmp_path: Path, opened: Any, cell: str) -> None:
    _, rows = opened(csv_file(tmp_path, f'名称,坐标\n甲,"{cell}"\n'))
    assert rows.shapes[0].wkt == "POINT (116.45 39.94)"


def test_gbk_and_tabs_and_semicolons(tmp_path: Path, opened: Any) -> None:
    for sign in (",", "\t", ";"):
        text = sign.join(["名称", "经度", "纬度"]) + "\n" + sign.join(["霞光里小区", "116.45", "39.94"]) + "\n"
        source, rows = opened(csv_file(tmp_path, text, "gbk"))
        assert source.encoding == "GB18030"
        assert rows.props[0] == {"名称": "霞光里小区", "经度": 116.45, "纬度": 39.94}


def test_rows_keep_the_numbers_that_they_have_in_the_file(tmp_path: Path, opened: Any) -> None:
    """Title in row 1, header in row 2, an empty row 4."""
    _, rows = opened(csv_file(tmp_path, "麦子店街道充电桩\n名称,经度,纬度\n甲,1,2\n,,\n乙,3,4\n"))
    assert rows.numbers.tolist() == [3, 5]


def test_a_cell_that_is_no_coordinate_is_that_rows_fault(tmp_path: Path, opened: Any) -> None:
    text = "名称,经度,纬度\n甲,,\n乙,东,北\n丙,1e400,39\n丁,NaN,39\n戊,116°27'36\",39.94\n己\n"
    _, rows = opened(csv_file(tmp_path, text))
    assert {i: fault.reason for i, fault in rows.faults.items()} == {
        0: "no_shape",
        1: "not_numbers",
        2: "not_finite",
        3: "not_finite",
        5: "no_shape",
    }
    assert rows.shapes[4].wkt == "POINT (116.46 39.94)"


def test_wkt_closes_rings_and_sets_curves_aside(tmp_path: Path, opened: Any) -> None:
    text = 'WKT,名称\n"POLYGON ((0 0,1 0,1 1))",甲\n"CIRCULARSTRING (0 0,1 1,2 0)",乙\nPOINT (1,丙\n'
    _, rows = opened(csv_file(tmp_path, text))
    assert rows.shapes[0].wkt == "POLYGON ((0 0, 1 0, 1 1, 0 0))"
    assert rows.closed == [0]
    assert {i: fault.reason for i, fault in rows.faults.items()} == {1: "curve", 2: "not_numbers"}
    assert rows.props[0] == {"名称": "甲"}


def test_codes_stay_text(tmp_path: Path, opened: Any) -> None:
    _, rows = opened(csv_file(tmp_path, "code,name,户数\n0110,甲,12\n110105012023,乙,13\n"))
    assert rows.shapeless
    assert rows.props == [
        {"code": "0110", "name": "甲", "户数": 12},
        {"code": "110105012023", "name": "乙", "户数": 13},
    ]


def test_a_workbook_with_a_title_and_dates(tmp_path: Path, opened: Any) -> None:
    import datetime

    when = datetime.date(2026, 8, 1)
    path = book(tmp_path, ["充电桩"], ["名称", "经度", "纬度", "日期", "数量"], ["甲", 116.45, 39.94, when, 3.0])
    source, rows = opened(path)
    assert source.format == "XLSX"
    assert rows.props == [{"名称": "甲", "经度": 116.45, "纬度": 39.94, "日期": "2026-08-01", "数量": 3}]


def test_a_sheet_is_chosen_by_name_or_is_the_first_with_a_table(tmp_path: Path, opened: Any) -> None:
    made = openpyxl.Workbook()
    made.active.append(["封面"])
    second = made.create_sheet("数据")
    second.append(["名称", "经度", "纬度"])
    second.append(["甲", 1, 2])
    path = tmp_path / "a.xlsx"
    made.save(path)
    assert opened(path)[0].sublayer == "数据"
    with pytest.raises(MustChoose, match="Sheet、数据"):
        opened(path, sheet="别的")


def test_merged_cells_are_told(tmp_path: Path) -> None:
    path = book(tmp_path, ["a", "b"], ["c", "d"], title="台账")
    made = openpyxl.load_workbook(path)
    made.active.merge_cells("A1:B1")
    made.active.merge_cells("AA10:AB12")
    made.save(path)
    assert sorted(workbook.merged(path, "台账")) == [(0, 0, 0, 1), (9, 26, 11, 27)]


def test_a_lonely_cell_at_the_end_of_a_sheet_costs_nothing(tmp_path: Path, opened: Any) -> None:
    path = book(tmp_path, ["名称", "经度", "纬度"], ["甲", 1, 2])
    made = openpyxl.load_workbook(path)
    made.active["XFD1048576"] = None
    made.active["C20000"] = 5
    made.save(path)
    assert opened(path)[1].numbers.tolist() == [2, 20000]


def swollen(path: Path, part: str, body: bytes) -> None:
    """The workbook with one of its parts replaced."""
    old = {}
    with zipfile.ZipFile(path) as archive:
        old = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in old.items():
            out.writestr(name, body if name == part else content)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/styles.xml"])
def test_a_workbook_that_bursts_is_refused_unopened(tmp_path: Path, opened: Any, part: str) -> None:
    path = book(tmp_path, ["名称", "经度", "纬度"], ["甲", 1, 2])
    swollen(path, part, b"<a>" + b" " * (80 << 20) + b"</a>")
    with pytest.raises(Unreadable, match="不相称"):
        opened(path)


def test_entities_in_a_workbook_are_refused(tmp_path: Path, opened: Any) -> None:
    path = book(tmp_path, ["名称", "经度", "纬度"], ["甲", 1, 2])
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(9))
    swollen(path, "xl/workbook.xml", f"<?xml version='1.0'?><!DOCTYPE x [{laughs}]><x>&l8;</x>".encode())
    with pytest.raises(Unreadable):
        opened(path)


def test_other_files_under_these_names_get_one_sentence(tmp_path: Path, opened: Any) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("a.txt", "x")
    whole = book(tmp_path, ["a", "b"], ["c", "d"]).read_bytes()
    for body in (b"not a workbook", archive.getvalue(), whole[: len(whole) // 2], whole[:-10]):
        path = tmp_path / "b.xlsx"
        path.write_bytes(body)
        with pytest.raises(Unreadable):
            opened(path)
    for body in (b"", b"\n\n", b"\xff\xfe" + b"\x00" * 100, b"a" + b"\x00" * 100):
        path = tmp_path / "b.csv"
        path.write_bytes(body)
        with pytest.raises((Unreadable, MustChoose)):
            opened(path)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_quotation_mark_that_never_closes_is_told_with_its_line(tmp_path: Path, opened: Any, end: str) -> None:
    """Line 3 holds a cell of two lines, so the row with the mark begins in line 5."""
    rows = ['甲,"一', '二",1,2', '乙,"路灯,3,4', *(f"丙{n},好,5,6" for n in range(30))]
    with pytest.raises(Unreadable, match=r"a\.csv 第 5 行有一个引号没有配对"):
        opened(csv_file(tmp_path, "\n".join(["表", "名称,词,经度,纬度", *rows]) + end))


@pytest.mark.parametrize("cell", ['"路"灯', '路"灯', '"路""灯"', '路灯"', '"路\n灯"', '""', '"路灯"'])
def test_other_quotation_marks_of_real_files_are_read(tmp_path: Path, opened: Any, cell: str) -> None:
    for end in ("", "\n"):
        rows = opened(csv_file(tmp_path, f"名称,经度,纬度,词\n甲,1,2,{cell}\n乙,3,4,{cell}{end}"))[1]
        assert [row["名称"] for row in rows.props] == ["甲", "乙"]
