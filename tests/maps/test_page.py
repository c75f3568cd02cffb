"""The map page in a real browser: it draws, asks nobody else, keeps to its content policy, and does what it offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.maps import actions

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("built_client")]

#: Generous, because the machine that tests may be busy with much else.
DRAWN_MS = 30_000


@dataclass
class Visit:
    """A page that is open, and everything that it complained of or asked for."""

    page: Any
    base: str
    complaints: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def open(self, address: str = "/") -> Visit:
        self.page.goto(self.base + address)
        self.page.wait_for_selector("body[data-drawn]", timeout=DRAWN_MS)
        return self

    def press(self, lon: float, lat: float) -> None:
        """Press the map where a position is; the camera stands in the address."""
        self.page.mouse.click(*self.pixel(lon, lat))

    def pixel(self, lon: float, lat: float) -> tuple[float, float]:
        import math

        self.page.wait_for_function("() => location.hash.includes('v=')")
        centre_lon, centre_lat, zoom = (float(x) for x in self.page.url.split("v=")[1].split("&")[0].split(","))
        box = self.page.locator("#map").bounding_box()
        size = 512 * 2**zoom

        def north(degrees: float) -> float:
            return math.asinh(math.tan(math.radians(degrees))) / (2 * math.pi)

        x = box["x"] + box["width"] / 2 + (lon - centre_lon) / 360 * size
        y = box["y"] + box["height"] / 2 - (north(lat) - north(centre_lat)) * size
        return x, y


@pytest.fixture
def visit(browser: Any, serve: Callable[..., str], town: Any) -> Iterator[Callable[..., Visit]]:
    """Opens the town, published, at a size and in a language."""
    actions.publish_stale(town.database)
    yield from _visits(browser, serve(town.app))


@pytest.fixture
def empty_visit(browser: Any, serve: Callable[..., str], settings: Settings) -> Iterator[Callable[..., Visit]]:
    """Opens an installation without any data."""
    app = create_app(settings)
    yield from _visits(browser, serve(app))
    app.extensions["geoapp"]["database"].dispose()


def _visits(browser: Any, base: str) -> Iterator[Callable[..., Visit]]:
    contexts = []

    def make(width: int = 1366, height: int = 768) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": height}, has_touch=width < 500)
        contexts.append(context)
        page = context.new_page()
        visit = Visit(page, base)
        page.on("console", lambda m: m.type in {"error", "warning"} and visit.complaints.append(m.text))
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.on("request", lambda r: r.url.startswith((base, "data:", "blob:")) or visit.outside.append(r.url))
        page.on("response", lambda r: r.status >= 400 and visit.complaints.append(f"{r.status} {r.url}"))
        return visit

    yield make
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_draws_and_asks_nobody_else(visit: Callable[..., Visit], width: int, language: str) -> None:
    """No request leaves this machine, nothing breaks the content policy, nothing is wider than the window."""
    seen = visit(width=width, height=844).open(f"/?lang={language}")
    assert seen.page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert "测试街道" in seen.page.title()
    seen.page.wait_for_timeout(300)
    assert (seen.outside, seen.complaints) == ([], [])


def test_what_is_drawn_is_the_town(visit: Callable[..., Visit]) -> None:
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


def test_pressing_shows_the_places_and_what_is_known(visit: Callable[..., Visit]) -> None:
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


def test_on_an_earlier_day_the_same_press_says_dongli(visit: Callable[..., Visit]) -> None:
    seen = visit().open("/#v=116.47,39.95,13.5&d=2020-01-01&l=place:community")
    seen.press(116.478, 39.957)
    seen.page.locator("#panel-selection h2").wait_for()
    assert "东里" in seen.page.locator("#panel-selection h2").inner_text()
    assert "2020年1月1日" in seen.page.locator("#dates summary").inner_text()


def test_search_by_key_and_arrows_goes_to_what_was_found(visit: Callable[..., Visit]) -> None:
    seen = visit().open()
    seen.page.keyboard.press("/")
    seen.page.keyboard.type("西里")
    seen.page.locator("#found-1").wait_for()
    seen.page.keyboard.press("ArrowDown")
    seen.page.keyboard.press("Enter")
    seen.page.locator("#panel-selection h3").wait_for()
    assert "西里1号楼" in seen.page.locator("#panel-selection").inner_text()
    assert "s=116.47" in _settled_hash(seen)


def test_a_link_restores_layers_order_opacity_date_and_what_was_chosen(visit: Callable[..., Visit]) -> None:
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


def test_the_list_is_the_twin_of_the_map(visit: Callable[..., Visit]) -> None:
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


def test_measuring_a_known_line(visit: Callable[..., Visit]) -> None:
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


def test_printing_makes_a_sheet_with_legend_scale_sources_and_marks(visit: Callable[..., Visit]) -> None:
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


def test_without_webgl_there_is_a_picture_and_a_list(visit: Callable[..., Visit]) -> None:
    seen = visit()
    seen.page.goto(seen.base + "/?nomap=1")
    seen.page.locator("#still").wait_for()
    assert seen.page.locator("#still").evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 100
    seen.page.locator("#panel-listing .row-button").nth(1).wait_for()
    seen.page.locator("#panel-listing .row-button").nth(1).click()
    seen.page.locator("#panel-selection h2").wait_for()
    assert seen.outside == []


def test_on_a_phone_the_panels_are_one_sheet_with_three_heights(visit: Callable[..., Visit]) -> None:
    seen = visit(width=390, height=844).open()
    sheet = seen.page.locator("#bottom-sheet")
    heights = []
    for _ in range(3):
        heights.append(sheet.get_attribute("data-height"))
        seen.page.click(".sheet-handle")
    assert heights == ["low", "half", "full"]
    assert not seen.page.locator("#left").is_visible()


def test_an_empty_installation_says_how_to_begin(empty_visit: Callable[..., Visit]) -> None:
    seen = empty_visit().open()
    assert seen.page.locator(".welcome").is_visible()
    assert "还没有数据" in seen.page.locator(".welcome").inner_text()
    assert seen.complaints == []


def test_the_keyboard_reaches_the_content_first(visit: Callable[..., Visit]) -> None:
    seen = visit().open()
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("() => document.activeElement.className") == "skip-link"
    seen.page.keyboard.press("?")
    assert seen.page.locator("dialog kbd").count() >= 4


def _settled_hash(seen: Visit) -> str:
    seen.page.wait_for_function("() => location.hash.includes('s=')")
    return str(seen.page.evaluate("() => location.hash"))
