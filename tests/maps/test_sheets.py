"""Sheets and files of a plan say the same numbers, in forms that other programs read."""

from __future__ import annotations

import csv
import dataclasses
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyogrio
import pytest
import reportlab.pdfgen.canvas
import shapely

from geoapp.maps.sheets import comparison, geofiles, paper, words, workbook
from geoapp.splitting.drafts.comparison import Move
from tests.splitting.drafts.world import SPLIT, degrees, make_comparison, make_ground

needs_client = pytest.mark.usefixtures("built_client")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Words drawn on each page; fails at type below 8 points, which a photocopy loses."""
    pages: list[list[str]] = [[]]

    class Recording(reportlab.pdfgen.canvas.Canvas):
        def _note(self, text: str) -> None:
            assert self._fontsize >= 8, text
            pages[-1].append(text)

        def drawString(self, x: float, y: float, text: str, *rest: Any, **more: Any) -> None:
            self._note(text)
            super().drawString(x, y, text, *rest, **more)

        def drawRightString(self, x: float, y: float, text: str, *rest: Any, **more: Any) -> None:
            self._note(text)
            super().drawRightString(x, y, text, *rest, **more)

        def showPage(self) -> None:
            pages.append([])
            super().showPage()

    monkeypatch.setattr(reportlab.pdfgen.canvas, "Canvas", Recording)
    return pages


@needs_client
def test_the_sheet_shows_today_beside_the_proposal(said: list[list[str]]) -> None:
    pdf = comparison.write(make_comparison())
    assert pdf.startswith(b"%PDF") and b"/MediaBox [ 0 0 1190.55 841.89 ]" in pdf
    assert len(pdf) < 400_000  # only the letters that are used are embedded
    first, beside = said[:2]
    table = first[first.index("人均服务户数") + 1 :]
    assert table[:6] == ["现状 霞光里", "4560 估", "—", "16", "—", "285"]
    assert table[6:12] == ["拟设 霞光里", "2970 估", "20–27", "10", "10", "149"]
    assert table[18:24] == ["方案合计", "4560 估", "31–42", "16", "15", "147"]
    assert "已验证：在下列条件下，没有代价更低的界线" in first
    assert any("超过3000户" in cell for cell in beside)
    assert {"己园", "890", "霞光里 → 亮马"} <= set(first)


@needs_client
def test_every_page_says_which_of_how_many_and_where_it_is_from(said: list[list[str]]) -> None:
    long = dataclasses.replace(
        make_comparison(), moves=tuple(Move(f"{i}号楼", 10, False, "霞光里", "亮马") for i in range(250))
    )
    comparison.write(long)
    pages = said[:-1]
    assert len(pages) == 5  # map, comparison, and 250 moves at 102 a page
    for number, page in enumerate(pages, 1):
        assert f"制表 2026年11月21日　第 {number} 页，共 5 页" in page
        assert any(text.startswith("资料来源：示意楼栋") for text in page)
        assert any("未经审图" in text for text in page)


@needs_client
def test_the_same_content_gives_the_same_bytes() -> None:
    assert comparison.write(make_comparison()) == comparison.write(make_comparison())


def test_a_kilometre_on_the_ground_keeps_its_length_on_paper() -> None:
    """600 m by 400 m into 300 by 200 points with 5 % margin each side: 0.45 points a metre."""
    outline = degrees(shapely.box(0, 0, 600, 400))
    window = paper.Window.around(outline, (0, 0, 300, 200), margin=0.05)
    west, south, east, north = window.on_page(outline).bounds
    assert window.scale == pytest.approx(0.45, rel=2e-3)
    assert (east - west, north - south) == (pytest.approx(270, rel=2e-3), pytest.approx(180, rel=2e-3))


@needs_client
def test_chinese_wraps_anywhere_and_numbers_stay_whole() -> None:
    paper.register_fonts()
    lines = paper.wrapped("新界线共 1234567 米，沿亮马桥路。", 10, 75)
    assert "".join(lines).replace(" ", "") == "新界线共1234567米，沿亮马桥路。"
    assert any("1234567" in line for line in lines)
    assert all(paper.text_width(line, 10) <= 86 for line in lines)


def test_the_workbook_has_the_same_figures_as_numbers() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook.write(make_comparison())))
    rows = {row[0].value: [cell.value for cell in row[2:]] for row in book["方案比选"].iter_rows()}
    assert rows["户数"] == [4560, 4560, 4560]
    assert rows["应配人数下限（测算）"] == [None, 31, 31]
    assert rows["人员缺口"] == [None, 15, 15]
    assert rows["人均服务户数"] == [285, pytest.approx(147.097, abs=1e-3), pytest.approx(147.097, abs=1e-3)]
    parts = [[cell.value for cell in row[:3]] for row in book["拟设社区"].iter_rows(min_row=2)]
    assert parts[:2] == [["方案一", "霞光里", 2970], ["方案一", "亮马", 1590]]
    assert [cell.value for cell in book["拟设社区"]["J"]][3] == "超过3000户"


def test_19_a_name_that_looks_like_a_formula_stays_a_name() -> None:
    sheet = dataclasses.replace(make_comparison(), moves=(Move("=1+1", 5, False, "霞光里", "亮马"),))
    book = openpyxl.load_workbook(io.BytesIO(workbook.write(sheet)))
    cell = book["变更名单"]["A2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_a_shapefile_is_read_in_the_encoding_it_names(tmp_path: Path, encoding: str) -> None:
    zipped = geofiles.shapefile(
        make_ground(), SPLIT, make_comparison().plan.score, encoding=encoding, stem="霞光里-方案"
    )
    with zipfile.ZipFile(io.BytesIO(zipped)) as files:
        assert {Path(n).suffix for n in files.namelist()} == {".cpg", ".dbf", ".prj", ".shp", ".shx"}
        files.extractall(tmp_path)
    assert "霞光里".encode(encoding) in (tmp_path / "霞光里-方案.dbf").read_bytes()
    frame = pyogrio.read_dataframe(tmp_path / "霞光里-方案.shp")
    assert list(frame["name"]) == ["霞光里", "亮马"] and list(frame["households"]) == [2970, 1590]
    assert frame.crs.to_epsg() == 4326


def test_geopackage_and_geojson_hold_parts_that_tile_the_community(tmp_path: Path) -> None:
    ground, score = make_ground(), make_comparison().plan.score
    (tmp_path / "p.gpkg").write_bytes(geofiles.geopackage(ground, SPLIT, score, codes=("110105012023", "")))
    (tmp_path / "p.geojson").write_bytes(geofiles.geojson(ground, SPLIT, score))
    whole = shapely.union_all(ground.units.polygons)
    # GeoJSON is rounded to a centimetre, along 600 m of 400: 2e-5 of the area at most.
    for path, layer, share in ((tmp_path / "p.gpkg", "parts", 1e-12), (tmp_path / "p.geojson", None, 2e-5)):
        parts = pyogrio.read_dataframe(path, layer=layer)
        assert list(parts["staff_min"]) == [20, 11]
        gap = shapely.symmetric_difference(shapely.union_all(np.asarray(parts.geometry)), whole)
        assert gap.area <= share * whole.area
    units = pyogrio.read_dataframe(tmp_path / "p.gpkg", layer="units")
    assert units.groupby("part")["households"].sum().to_dict() == {1: 2970, 2: 1590}


def test_the_assignment_opens_in_office_programs() -> None:
    data = geofiles.assignment_csv(make_ground(), SPLIT, make_comparison().plan.score)
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert len(rows) == 12 and sum(int(r["户数"]) for r in rows if r["拟设社区"] == "亮马") == 1590


def test_figures_are_written_as_people_read_them() -> None:
    plan = make_comparison().plan.score
    assert words.border(plan) == "主干路、次干路 400 米"
    assert words.change(plan.load_change_share) == "减少48%"
    assert words.walk(None) == "—"
