"""The page to hand out opens with no network and says what it was given, as text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from geoapp.maps import handout
from geoapp.maps.handout import Shape
from tests.splitting.drafts.world import make_comparison

pytestmark = pytest.mark.usefixtures("built_client")


def make_page(title: str = "霞光里 方案一") -> str:
    shapes = [
        Shape(shape, part.name, (f"{part.households} 户", "`${alert(1)}`<script>"), fill="#0072B2")
        for shape, part in zip(make_comparison().plan.shapes, make_comparison().plan.score.parts, strict=True)
    ]
    return handout.page(title, notes=["内部资料"], shapes=shapes).decode("utf-8")


def test_nothing_is_loaded_from_elsewhere() -> None:
    text = make_page()
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]*\b(?:src|href)=", text)
    styles = "".join(re.findall(r"<style[^>]*>(.*?)</style>", text, re.S))
    assert ".leaflet-pane" in styles and "url(" not in styles and "@import" not in styles


def test_09_words_stay_words() -> None:
    text = make_page('<img onerror="x">')
    assert "<img onerror" not in text
    assert "`${alert" not in text and "&#96;&#36;{alert(1)}&#96;&lt;script&gt;" in text


@pytest.mark.browser
def test_it_opens_offline_and_draws_both_parts(tmp_path: Path, browser: Any) -> None:
    file = tmp_path / "plan.html"
    file.write_text(make_page(), encoding="utf-8")
    faults: list[str] = []
    context = browser.new_context()
    page = context.new_page()
    page.route("http*://**", lambda route: (faults.append(route.request.url), route.abort()))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_selector("path.leaflet-interactive")
    drawn = page.locator("path.leaflet-interactive").count()
    page.locator("path.leaflet-interactive").first.hover()
    tip = page.locator(".leaflet-tooltip").inner_text()
    context.close()
    assert faults == []
    assert drawn == 2
    assert "霞光里" in tip and "2970 户" in tip
