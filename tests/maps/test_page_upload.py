"""Files brought to the page: what was stored, what was set aside and why, undo, a roster placed by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

Open = Callable[..., Any]

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("built_client")]


def square(west: float, name: str) -> dict[str, Any]:
    ring = [[west, 39.945], [west + 0.001, 39.945], [west + 0.001, 39.946], [west, 39.946], [west, 39.945]]
    return {"type": "Feature", "properties": {"name": name}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def bring(seen: Any, path: Path) -> Any:
    """Choose a file and import it; gives the tray's entry."""
    seen.page.set_input_files("#file-field", str(path))
    seen.page.click("dialog .button.primary")
    return seen.page.locator(".tray-item").first


def test_a_file_becomes_a_layer_and_says_what_was_set_aside_and_can_be_undone(visit: Open, tmp_path: Path) -> None:
    """Three rows, one of them without a shape."""
    rows = [square(116.463, "甲地块"), square(116.465, "乙地块"), {**square(0, "丙地块"), "geometry": None}]
    path = tmp_path / "地块.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}, ensure_ascii=False), "utf-8")
    seen = visit().open()
    tray = bring(seen, path)
    tray.get_by_text("3 条中有 1 条未入库").wait_for()
    with seen.page.expect_download() as download:
        tray.get_by_text("看原因").click()
    reasons = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert reasons.splitlines()[1].startswith("3,")
    layer = seen.page.locator(".layer", has_text="地块")
    layer.wait_for()
    assert layer.locator("input").first.is_checked()
    tray.get_by_text("撤销导入").click()
    layer.wait_for(state="detached")


def test_a_file_that_cannot_be_read_gets_one_sentence_and_a_second_try(visit: Open, tmp_path: Path) -> None:
    path = tmp_path / "空.geojson"
    path.write_text("", "utf-8")
    seen = visit().open()
    tray = bring(seen, path)
    tray.get_by_text("改选项再导入").wait_for()
    assert tray.locator(".tray-words").inner_text().endswith("。")
    tray.get_by_text("改选项再导入").click()
    assert seen.page.locator("dialog").is_visible()


def test_a_rosters_row_without_a_building_is_placed_by_pressing_the_map(visit: Open, town: Any, tmp_path: Path) -> None:
    """东里1号楼 is a house of the town, 看不见的楼 is none."""
    book = openpyxl.Workbook()
    for line in (["楼栋", "户数"], ["东里1号楼", 30], ["看不见的楼", 12]):
        book.active.append(line)
    path = tmp_path / "台账.xlsx"
    book.save(path)
    seen = visit().open("/#v=116.47,39.95,14&l=houses,place:community")
    tray = bring(seen, path)
    tray.get_by_text("在图上点选").click()
    row = seen.page.locator("#panel-roster .row-button")
    row.wait_for()
    assert "看不见的楼" in row.inner_text()
    assert "12 户" in row.inner_text()
    seen.page.wait_for_timeout(600)  # the map has moved to the new layer by then
    row.click()
    box = seen.page.locator("#map").bounding_box()
    seen.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    seen.page.get_by_text("各行都已落图").wait_for()
    keys = [layer["key"] for layer in town.client.get("/api/layers").json["layers"] if layer["kind"] == "roster"]
    assert town.client.get(f"/api/layers/rosters/{keys[0]}/unmatched").json["rows"] == []
