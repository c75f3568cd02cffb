"""axe looks at every page, in both languages, as somebody who may see it: no violation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask

from geoapp.web.openapi import document
from tests.offices import RANKS, ROWS, Office, Row, open_office, words_of

AXE = Path(__file__).parents[2] / "geoapp" / "web" / "client" / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("built_client")]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Office]:
    with open_office(tmp_path_factory.mktemp("office"), migrated) as found:
        yield found


def pages(office: Office, *, highest: bool) -> Iterator[tuple[str, str]]:
    """Every page of the rights matrix, with the highest or the lowest rank that may see it; and an error page."""
    described = document(office.world.app)["paths"]
    yield "/nowhere", "visitor"
    for row in ROWS:
        said = described[row.route_in_document].get(row.method.lower())
        if (
            row.method != "GET"
            or not said["x-page"]
            or "text/html" not in said["responses"].get("200", {}).get("content", {})
        ):
            continue
        allowed = [rank for rank in RANKS if row.cells[rank][0] == "A"]
        if allowed:
            rank = allowed[-1] if highest else allowed[0]
            yield address_of(office, row, rank), rank


def address_of(office: Office, row: Row, rank: str) -> str:
    words = words_of(office, row, rank, "own")
    assert words is not None
    query = "&".join(f"{name}={value}" for name, value in row.query(words).items())
    return row.address(words) + (f"?{query}" if query else "")


def violations(page: Any) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("() => axe.run({resultTypes: ['violations']})")
    return [
        f"{one['id']}, {one['help']}: " + "; ".join(node["html"][:160] for node in one["nodes"][:4])
        for one in result["violations"]
    ]


def test_axe_notices_a_picture_without_words(browser: Any) -> None:
    page = browser.new_page()
    page.set_content('<!doctype html><html lang="en"><title>x</title><main><h1>x</h1><img src="x.png"></main>')
    assert [one.split(",")[0] for one in violations(page)] == ["image-alt"]
    page.close()


def window(office: Office, browser: Any, base: str, rank: str, language: str) -> Any:
    """A window in which somebody of the rank is signed in."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    cookies = {"session": office.cookies[rank], "language": language}
    context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])
    return context.new_page()


@pytest.mark.parametrize("share", [2, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_page_violates_a_rule(
    office: Office, browser: Any, serve: Callable[[APIFlask], str], language: str, share: int
) -> None:
    """Each page in one of the languages; ``-m long``: in both."""
    base = serve(office.world.app)
    windows: dict[str, Any] = {}
    found, looked_at = [], 0
    # Between them the two languages see what the lowest and the highest rank see.
    for number, (address, rank) in enumerate(pages(office, highest=language == "zh")):
        if number % share != (language == "en") % share:
            continue
        if rank not in windows:
            windows[rank] = window(office, browser, base, rank, language)
        page = windows[rank]
        page.goto(base + address)
        assert (page.locator("html").get_attribute("lang") or "").startswith(language), address
        found += [f"{address} ({rank}): {one}" for one in violations(page)]
        looked_at += 1
    for page in windows.values():
        page.context.close()
    assert looked_at >= 12
    assert not found, "\n".join(found)
