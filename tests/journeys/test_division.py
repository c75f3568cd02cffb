"""The planner's main job, in a browser: open 霞光里, ask for a division, hand a compound over, download the sheet."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from apiflask import APIFlask

from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.worker import Worker
from tests.signing_in import chief_cookie

pytestmark = pytest.mark.browser
#: The eve of the division, 霞光里 chosen.
HERE = "#d=2021-06-30&s=116.4600,39.9555,110105012023"


@pytest.fixture(scope="module")
def demo(founded: Path, tmp_path_factory: pytest.TempPathFactory, built_client: None) -> Iterator[APIFlask]:
    """The demo with a division in it, and a worker that computes in a process of its own."""
    folder = tmp_path_factory.mktemp("journey") / "var"
    shutil.copytree(founded, folder)
    settings = Settings(data=folder)
    app = create_app(settings)
    database = app.extensions["geoapp"]["database"]
    worker = Worker(settings, database)
    worker.start()
    yield app
    worker.stop()
    database.dispose()


@pytest.fixture
def page(browser: Any, demo: APIFlask, serve: Callable[[APIFlask], str]) -> Iterator[Any]:
    """A page on a screen of an office PC; fails at any request to elsewhere and at any fault of a script."""
    address = serve(demo)
    context = browser.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True)
    context.add_cookies([chief_cookie(demo, address)])
    faults: list[str] = []
    context.on("request", lambda r: None if r.url.startswith((address, "blob:", "data:")) else faults.append(r.url))
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.set_default_timeout(60_000)
    page.route("**/api/places/*/divisions", in_a_hurry)
    page.goto(f"{address}/{HERE}")
    yield page
    assert faults == []
    context.close()


def in_a_hurry(route: Any) -> None:
    """The search for further plans takes a share of the seconds that are asked for; five will do here."""
    asked = route.request.post_data_json if route.request.method == "POST" else None
    route.continue_(**({"post_data": {**asked, "seconds": 5}} if asked else {}))


def figures(page: Any) -> dict[str, list[str]]:
    """Rows of the table of parts: first cell (or the name in it) -> numbers."""
    page.locator(".division-figures:not([aria-busy])").wait_for()
    rows = {}
    for row in page.locator(".division-figures tbody tr").all():
        field = row.locator("input")
        name = field.input_value() if field.count() else row.locator("th").inner_text()
        rows[name] = row.locator("td").all_inner_texts()
    return rows


def download(page: Any, kind: str) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.locator(f'a[data-kind="{kind}"]').click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def ask_for_the_founding_division(page: Any) -> None:
    page.locator(".place-card").get_by_role("button", name="试划分").click()
    page.get_by_label("户数要求").select_option("ranges")
    page.locator("#division-name-2").fill("亮马")
    for field, values in (("low", ("2800", "1500")), ("high", ("3000", "1700"))):
        for i, value in enumerate(values):
            page.locator(f"input[data-{field}]").nth(i).fill(value)
    page.get_by_role("button", name="开始试划分").click()
    page.locator(".plan-card").first.wait_for(timeout=180_000)


def open_the_division(page: Any) -> None:
    """The one that was there first."""
    page.locator(".place-card").get_by_role("button", name="试划分").click()
    page.locator("#panel-division section li button").last.click()


def test_from_the_map_to_the_comparison_sheet(page: Any) -> None:
    """霞光里 4560 households, 16 workers -> 2970 + 1590, 20 + 11 posts, 15 missing, 147 each, 48 % less; then 140
    households of 霞光里36号院 change hands: 2830 + 1730 and 19 + 12; and 天泽路8号院 the other way: 3110 + 1450.
    """
    place = page.locator(".place-card")
    place.wait_for()
    assert "霞光里" in place.inner_text() and "4,560" in place.inner_text()
    ask_for_the_founding_division(page)
    assert 3 <= page.locator(".plan-card").count() <= 5
    first = page.locator(".plan-card").first
    assert "已验证：在下列条件下，没有代价更低的界线" in first.inner_text()
    first.get_by_role("button", name="在地图上看和改").click()

    rows = figures(page)
    assert rows["现状"] == ["4,560", "—", "16", "—", "285"]
    assert rows["霞光里"] == ["2,970", "20", "10", "10", "149"]
    assert rows["亮马"] == ["1,590", "11", "6", "5", "145"]
    assert rows["合计"] == ["4,560", "31", "16", "15", "147"]
    assert "每人服务的户数比现状少 48%" in page.locator(".division-figures").inner_text()

    page.get_by_text("按小区调整（列表）").click()
    page.locator('li[data-compound="霞光里36号院"]').get_by_role("button", name="亮马").click()
    rows = figures(page)
    assert (rows["霞光里"][:2], rows["亮马"][:2]) == (["2,830", "19"], ["1,730", "12"])
    assert "人工调整稿，未验证" in page.locator("#panel-division").inner_text()

    page.get_by_role("button", name="撤销", exact=True).click()
    assert figures(page)["霞光里"][0] == "2,970"
    page.locator('li[data-compound="天泽路8号院"]').get_by_role("button", name="霞光里").click()
    assert figures(page)["霞光里"][0] == "3,110"
    assert "超过3000户" in page.locator(".division-figures").inner_text()

    name, data = download(page, "xlsx")
    assert name.startswith("霞光里-方案比选-第") and name.endswith(".xlsx")
    book = openpyxl.load_workbook(io.BytesIO(data))
    sizes = {tuple(cell.value for cell in row[1:3]) for row in book["拟设社区"].iter_rows(min_row=2)}
    assert {("霞光里", 2970), ("亮马", 1590), ("霞光里", 3110), ("亮马", 1450)} <= sizes
    name, data = download(page, "pdf")
    assert name.endswith(".pdf") and data.startswith(b"%PDF")


def test_a_press_on_the_map_hands_the_compound_over_and_a_reload_finds_it(page: Any) -> None:
    """The middle of the window's free part lies inside 霞光里: whatever compound is pressed, all of it moves."""
    page.locator("body[data-drawn]").wait_for(state="attached")
    open_the_division(page)
    page.locator(".plan-card").first.get_by_role("button", name="在地图上看和改").click()
    before = figures(page)
    page.wait_for_timeout(1500)
    box = page.locator("#map").bounding_box()
    left = page.locator("#left").bounding_box()
    right = page.locator("#right").bounding_box()
    middle = (left["x"] + left["width"] + right["x"]) / 2
    for dx in (-60, -30, 0, 30, 60):
        page.mouse.click(middle + dx, box["y"] + box["height"] / 2 - 20)
        page.wait_for_timeout(400)
        if figures(page) != before:
            break
    after = figures(page)
    assert after["霞光里"][0] != before["霞光里"][0]
    assert after["合计"][0] == "4,560"
    assert "切开了小区" not in page.locator(".division-figures").inner_text()
    address = page.url.split("#")[0]
    page.goto("about:blank")
    page.goto(f"{address}{HERE}")
    open_the_division(page)
    page.get_by_role("heading", name="方案一·调整稿").wait_for()
