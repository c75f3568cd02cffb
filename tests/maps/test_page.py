"""The map page in a real browser: it draws, asks nobody else, keeps to its content policy, and does what it offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Open = Callable[..., Any]

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("built_client")]


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_draws_and_asks_nobody_else(visit: Open, width: int, language: str) -> None:
    """No request leaves this machine, nothing breaks the content policy, nothing is wider than the window."""
    seen = visit(width=width, height=844).open(f"/?lang={language}")
    assert seen.page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert "测试街道" in seen.page.title()
    seen.page.wait_for_timeout(300)
    assert (seen.outside, seen.complaints) == ([], [])


def test_what_is_drawn_is_the_town(visit: Open) -> None:
    """The picture is not one colour: house (#e9e4da) and ground (#fafaf7) both stand in it."""
    seen = visit().open("/#v=116.4625,39.9425,16.5&l=houses")
    colours = seen.page.evaluate(
        """() => new Promise((done) => {
          const canvas = document.querySelector('.maplibregl-canvas');
          const copy = document.createElement('canvas');
          copy.width = canvas.width; copy.height = canvas.height;
          const look = () => {
            const pen = copy.getContext('2d');
            pen.drawImage(canvas, 0, 0);
            const data = pen.getImageData(0, 0, copy.width, copy.height).data;
            const seen = new Set();
            for (let i = 0; i < data.length; i += 404) seen.add([data[i], data[i + 1], data[i + 2]].join());
            return [...seen];
          };
          const frame = () => {
            const seen = look();
            if (seen.length > 2) done(seen);
            else requestAnimationFrame(frame);
          };
          // The buffer is readable only within the frame that drew it: a small move makes one.
          document.querySelector('.map-button').click();
          requestAnimationFrame(frame);
        })"""
    )
    assert {"233,228,218", "250,250,247"} <= set(colours)


def test_pressing_shows_the_places_and_what_is_known(visit: Open) -> None:
    seen = visit().open("/#v=116.47,39.95,13.5&l=place:community,houses,roads")
    seen.press(116.478, 39.957)
    panel = seen.page.locator("#panel-selection")
    panel.locator("h2").wait_for()
    assert "西里" in panel.locator("h2").inner_text()
    text = panel.inner_text()
    assert "朝阳区" in text
    assert "1,500" in text
    seen.page.keyboard.press("Escape")
    panel.wait_for(state="detached")


def test_on_an_earlier_day_the_same_press_says_dongli(visit: Open) -> None:
    seen = visit().open("/#v=116.47,39.95,13.5&d=2020-01-01&l=place:community")
    seen.press(116.478, 39.957)
    seen.page.locator("#panel-selection h2").wait_for()
    assert "东里" in seen.page.locator("#panel-selection h2").inner_text()
    assert "2020年1月1日" in seen.page.locator("#dates summary").inner_text()


def test_search_by_key_and_arrows_goes_to_what_was_found(visit: Open) -> None:
    seen = visit().open()
    seen.page.keyboard.press("/")
    seen.page.keyboard.type("西里")
    seen.page.locator("#found-1").wait_for()
    seen.page.keyboard.press("ArrowDown")
    seen.page.keyboard.press("Enter")
    seen.page.locator("#panel-selection h3").wait_for()
    assert "西里1号楼" in seen.page.locator("#panel-selection").inner_text()
    assert "s=116.47" in _settled_hash(seen)


def test_a_link_restores_layers_order_opacity_date_and_what_was_chosen(visit: Open) -> None:
    link = "/#v=116.47,39.95,14&d=2021-07-01&l=place:community*0.5,~houses,roads&s=116.465,39.957"
    seen = visit().open(link)
    seen.page.locator("#panel-selection h2").wait_for()
    boxes = seen.page.locator(".layer input[type=checkbox]")
    rows = [
        (row.get_attribute("data-key"), row.locator("input").first.is_checked())
        for row in seen.page.locator(".layer").all()
    ]
    assert boxes.count() == 6
    order = [key for key, _ in rows]
    assert order.index("roads") < order.index("houses") < order.index("place:community")
    assert dict(rows)["roads"]
    assert not dict(rows)["houses"]
    assert not dict(rows)["piles"]
    assert "place:community*0.5" in seen.page.evaluate("() => decodeURIComponent(location.hash)")
    assert "2021年7月1日" in seen.page.locator("#dates summary").inner_text()


def test_the_list_is_the_twin_of_the_map(visit: Open) -> None:
    seen = visit().open()
    seen.page.click("[data-panel=listing]")
    rows = seen.page.locator("#panel-listing .row-button")
    rows.nth(1).wait_for()
    assert [row.inner_text().split("\n")[0] for row in rows.all()] == ["东里", "西里"]
    rows.nth(0).focus()
    seen.page.keyboard.press("ArrowDown")
    seen.page.keyboard.press("Enter")
    seen.page.locator("#panel-selection h2").wait_for()
    assert "西里" in seen.page.locator("#panel-selection h2").inner_text()


def test_measuring_a_known_line(visit: Open) -> None:
    """0.01 degrees east at 39.95 N: 6378137 / sqrt(1 - 0.00669438 sin^2) * cos * 0.01 * pi / 180 = 854.56 m."""
    seen = visit().open("/#v=116.47,39.95,14&l=roads")
    seen.page.click("#measure")
    seen.page.locator(".measured", has_text="逐点点击").wait_for()
    first, second = seen.pixel(116.465, 39.95), seen.pixel(116.475, 39.95)
    seen.page.mouse.click(*first)
    seen.page.mouse.move(*second)
    seen.page.mouse.click(*second)
    seen.page.locator(".measured", has_text="长度").wait_for()
    metres = float("".join(c for c in seen.page.locator(".measured").inner_text() if c.isdigit() or c == "."))
    assert metres == pytest.approx(854.56, rel=0.005)


def test_printing_makes_a_sheet_with_legend_scale_sources_and_marks(visit: Open) -> None:
    seen = visit().open("/#v=116.47,39.95,14&l=houses,survey")
    seen.page.evaluate("() => { window.print = () => { document.body.dataset.printed = '1'; }; }")
    seen.page.click("#print")
    seen.page.wait_for_selector("body[data-printed]")
    sheet = seen.page.locator("#sheet-print")
    text = sheet.evaluate("(element) => element.textContent")
    for words in ("测试街道", "内部资料", "示意", "楼栋", "来源：测试", "CC0", "米"):
        assert words in text
    assert sheet.locator(".sheet-north").count() == 1
    assert sheet.locator("img").evaluate("(image) => image.naturalWidth") > 200


def test_without_webgl_there_is_a_picture_and_a_list(visit: Open) -> None:
    seen = visit()
    seen.page.goto(seen.base + "/?nomap=1")
    seen.page.locator("#still").wait_for()
    assert seen.page.locator("#still").evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 100
    seen.page.locator("#panel-listing .row-button").nth(1).wait_for()
    seen.page.locator("#panel-listing .row-button").nth(1).click()
    seen.page.locator("#panel-selection h2").wait_for()
    assert seen.outside == []


def test_on_a_phone_the_panels_are_one_sheet_with_three_heights(visit: Open) -> None:
    seen = visit(width=390, height=844).open()
    sheet = seen.page.locator("#bottom-sheet")
    heights = []
    for _ in range(3):
        heights.append(sheet.get_attribute("data-height"))
        seen.page.click(".sheet-handle")
    assert heights == ["low", "half", "full"]
    assert not seen.page.locator("#left").is_visible()


def test_on_a_phone_what_was_chosen_in_the_list_can_be_seen(visit: Open) -> None:
    """The sheet that covered the map goes down to half when there is something to look at."""
    seen = visit(width=390, height=844).open()
    seen.page.click("[data-panel=listing]")
    seen.page.click(".sheet-handle")
    sheet = seen.page.locator("#bottom-sheet")
    assert sheet.get_attribute("data-height") == "full"
    seen.page.locator("#panel-listing .row-button").first.click()
    seen.page.locator("#panel-selection h2").wait_for()
    assert sheet.get_attribute("data-height") == "half"


def test_an_empty_installation_says_how_to_begin(empty_visit: Open) -> None:
    seen = empty_visit().open()
    assert seen.page.locator(".welcome").is_visible()
    assert "还没有数据" in seen.page.locator(".welcome").inner_text()
    assert seen.complaints == []


def test_the_keyboard_reaches_the_content_first(visit: Open) -> None:
    seen = visit().open()
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("() => document.activeElement.className") == "skip-link"
    seen.page.keyboard.press("?")
    assert seen.page.locator("dialog kbd").count() >= 4


def test_escape_closes_what_is_on_top_and_nothing_behind_it(visit: Open) -> None:
    """The help first, the layers' drawer stays; then the box of the date, by Escape and by a press beside it."""
    page = visit().open().page
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="hidden")
    assert page.locator("#panel-layers").is_visible()
    box = page.locator("#dates details")
    for close in (lambda: page.keyboard.press("Escape"), lambda: page.mouse.click(900, 500)):
        page.locator("#dates summary").click()
        assert box.get_attribute("open") is not None
        close()
        assert box.get_attribute("open") is None
    assert page.locator("#panel-layers").is_visible()
    page.keyboard.press("/")
    page.keyboard.type("西")
    assert page.locator("input[type=search]").input_value() == "西"


def _settled_hash(seen: Any) -> str:
    seen.page.wait_for_function("() => location.hash.includes('s=')")
    return str(seen.page.evaluate("() => location.hash"))
