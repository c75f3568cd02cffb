"""吹哨 by the pages: two bodies are called in, what each does is told with its time, and one press copies the words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from apiflask import APIFlask

from tests import signing_in
from tests.reports.world import Town, officer


def do(client: Any, case: str, event: str, **fields: Any) -> Any:
    seen = re.search(r'name="seen" value="(\d+)"', client.get(case).text)
    assert seen
    return client.post(f"{case}/do/{event}", data={"seen": seen[1], **fields})


def called(page: str) -> dict[str, tuple[str, str]]:
    """Of each body that was called: its assignment, and what is said of it."""
    listed = page[page.index('class="assignments"') : page.index("</ul>", page.index('class="assignments"'))]
    found = {}
    for item in listed.split("<li>")[1:]:
        name = re.search(r"<strong>(.*?)</strong> · 吹哨 · (.*)", item)
        if name:
            number = re.search(r'name="assignment" value="(\d+)"', item)
            found[name[1]] = (number[1] if number else "", name[2].strip())
    return found


def test_two_bodies_are_called_and_each_time_is_told(app: APIFlask, town: Town) -> None:
    case = f"/cases/{town.send('树倒了，压住车').report_key}"
    grid = officer(app, town, "grid")
    assert do(grid, case, "accept").status_code == 303
    assert do(grid, case, "call", bodies=[], reason="来看").status_code >= 400, "nobody was called"
    assert do(grid, case, "call", bodies=list(town.bodies.values()), reason="树倒了，请来").status_code == 303
    both = called(grid.get(case).text)
    assert set(both) == {"物业", "园林局"}
    assert all(said.startswith("派出") and "响应" not in said for _number, said in both.values())

    parks = officer(app, town, "parks")
    assert do(parks, case, "respond", assignment=both["园林局"][0]).status_code == 303
    # The property manager only called back: the officer writes down that it came.
    assert do(grid, case, "arrive", assignment=both["物业"][0]).status_code == 303
    after = called(grid.get(case).text)
    assert "响应" in after["园林局"][1] and "到场" not in after["园林局"][1]
    assert "响应" in after["物业"][1] and "到场" in after["物业"][1]
    assert town.kinds(case.rpartition("/")[2])[-3:] == ["call", "respond", "arrive"]
    assert do(grid, case, "arrive", assignment=both["物业"][0]).status_code == 409, "it arrives once"
    assert do(parks, case, "arrive", assignment=both["物业"][0]).status_code == 404, "it is not theirs"


def test_the_words_for_the_group_hold_the_link_and_nobody(app: APIFlask, town: Town) -> None:
    case = f"/cases/{town.send('树倒了，找我 13800138000', address='绿景苑3号楼').report_key}"
    grid = officer(app, town, "grid")
    do(grid, case, "accept")
    do(grid, case, "call", bodies=[town.bodies["property"]], reason="请来")
    number = called(grid.get(case).text)["物业"][0]
    page = grid.post(f"{case}/link", data={"assignment": number}).text
    words = re.search(r'<textarea id="share-text"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert words, "without a script the words stand there to be selected"
    answer = grid.post(f"{case}/link", data={"assignment": number}, headers={"Accept": "application/json"})
    for text in (words[1], answer.json["share"]):
        assert "绿景苑3号楼" in text and "树倒了，找我 〔电话〕" in text
        link = re.search(r"http://localhost(/h/[\w.-]+)", text)
        assert link
        outside = app.test_client().get(link[1]).text
        assert "树倒了" in outside and "13800138000" not in outside


@pytest.mark.browser
@pytest.mark.usefixtures("built_client")
def test_in_a_browser_one_press_copies_them(
    app: APIFlask, town: Town, browser: Any, serve: Callable[[APIFlask], str]
) -> None:
    case = f"/cases/{town.send('树倒了').report_key}"
    grid = officer(app, town, "grid")
    do(grid, case, "accept")
    do(grid, case, "call", bodies=[town.bodies["property"]], reason="请来")
    base = serve(app)
    person = town.people["grid"].person
    assert person is not None
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=base)
    context.add_cookies([signing_in.browser_cookie(app, base, person)])
    page = context.new_page()
    page.goto(base + case)
    page.get_by_role("button", name="复制发群的话和链接").click()
    page.get_by_text("已复制，去群里粘贴").wait_for()
    text = page.evaluate("navigator.clipboard.readText()")
    assert "树倒了" in text and re.search(r"/h/[\w.-]{20,}", text)
    assert page.get_by_label("发到群里的话").input_value() == text
    context.close()
