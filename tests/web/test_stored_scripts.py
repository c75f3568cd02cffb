"""Script in everything that somebody can write is read back as words: on every page, in every rank's hands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask

from geoapp.accounts.tables import bodies, people
from geoapp.layers.tables import feature, layer
from geoapp.reports.tables import doors, report_texts, reports
from tests.offices import ROWS, Office, open_office, words_of

HOSTILE = """<script>zqran()</script>"><img src=x onerror=zqran()>'-zqran()-'{{7*7}}"""
#: What of it a browser could run: a tag of its own, an attribute or a script's text that it ended.
RUNS = re.compile(r"<script>zqran|<img src=x|'-zqran\(\)-'")
DATA = {"application/json", "application/xml", "text/xml", "application/geo+json", "application/vnd.mapbox-vector-tile"}
LISTENING = """window.ran = []; window.zqran = () => window.ran.push(location.pathname);
document.addEventListener("securitypolicyviolation", e => window.ran.push(e.blockedURI));"""
WHO = ("visitor", "handler", "community", "subdistrict", "planner", "administrator")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Office]:
    """Names of people, bodies, layers and things on the map, words, answers and addresses: all are hostile."""
    with open_office(tmp_path_factory.mktemp("office"), migrated) as found:
        with found.world.database.transaction() as connection:
            for table, values in (
                (people, {"name": HOSTILE, "email": HOSTILE}),
                (bodies, {"name": HOSTILE}),
                (layer, {"title": HOSTILE, "source": HOSTILE, "licence": HOSTILE}),
                (feature, {"name": HOSTILE, "code": HOSTILE[:80], "props": {HOSTILE: HOSTILE}}),
                (reports, {"address": HOSTILE}),
                (report_texts, {"text": HOSTILE, "state": "released"}),
                (doors, {"building": HOSTILE, "compound": HOSTILE, "address": HOSTILE}),
            ):
                connection.execute(table.update().values(values))
        yield found


def answers(office: Office, rank: str) -> Iterator[tuple[str, Any]]:
    client = office.world.app.test_client(use_cookies=False)
    for row in ROWS:
        if row.method == "GET" and row.cells[rank][0] == "A":
            words = words_of(office, row, rank, "own")
            assert words is not None
            with client.get(row.address(words), query_string=row.query(words), headers=office.headers(rank)) as answer:
                answer.get_data()
                yield row.name, answer


def test_09_what_somebody_wrote_is_words_on_every_page(office: Office) -> None:
    wrong, read_back = [], 0
    for rank in WHO:
        for name, answer in answers(office, rank):
            if answer.mimetype in {"text/html", "image/svg+xml"}:
                text = answer.text
                read_back += "zqran" in text
                wrong += [f"{name} ({rank}): {text[m.start() - 60 : m.end() + 9]}" for m in RUNS.finditer(text)]
                wrong += [f"{name} ({rank}): 49" for _ in re.findall(r"zqran\(\)-'49", text)]
            elif b"zqran" in answer.data:
                assert answer.headers["X-Content-Type-Options"] == "nosniff", name
                assert answer.mimetype in DATA, name
    assert not wrong, "\n".join(wrong)
    assert read_back > 30, "they are read back"


def test_09_the_look_itself_tells_what_would_run() -> None:
    assert RUNS.search(f"<p>{HOSTILE}</p>") and RUNS.search(f'<p title="{HOSTILE}">')
    escaped = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;")
    assert not RUNS.search(f"<p>{escaped.replace(chr(39), '&#39;')}</p>")


@pytest.mark.browser
@pytest.mark.usefixtures("built_client")
def test_09_a_browser_runs_none_of_it(office: Office, browser: Any, serve: Callable[[APIFlask], str]) -> None:
    base = serve(office.world.app)
    context = browser.new_context()
    context.add_cookies([{"name": "session", "value": office.cookies["subdistrict"], "url": base}])
    page = context.new_page()
    page.add_init_script(LISTENING)
    case = next(iter(office.world.cases.values()))["key"]
    for path in ("/", "/cases", f"/cases/{case}", "/people", "/bodies", f"/d/{office.world.words['door']}"):
        page.goto(base + path, wait_until="load")
        page.wait_for_timeout(150)
        assert page.evaluate("window.ran") == [], path
    context.close()
