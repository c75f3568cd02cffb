"""A call lies where its address is, or where she tapped; what may be several is asked, what is not hers is said."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from apiflask import APIFlask

from geoapp.errors import NotAllowed
from geoapp.reports.people import Sender
from geoapp.reports.sending.actions import submit
from geoapp.reports.sending.matter import Official, Sending
from tests import signing_in
from tests.reports.orders import estates
from tests.reports.world import EAST, GRID, HOME, NOW, Town, officer, spot

KEY = "K" * 26


@pytest.fixture
def app(app: APIFlask, town: Town) -> APIFlask:
    """The application on the town's database, its houses drawn."""
    estates.draw(town)
    return app


@pytest.fixture
def secretary(app: APIFlask, town: Town) -> Any:
    """A browser of the community's secretary."""
    return officer(app, town, "secretary")


def call(client: Any, address: str, **more: str) -> str:
    answer = client.post("/cases/new", data={"words": "垃圾没人清", "address": address, "key": KEY, **more})
    assert answer.status_code == 200
    return str(answer.text)


def case_in(town: Town, page: str) -> Any:
    found = re.search(r'href="/cases/([0-9a-f]{16})"', page)
    assert found, page
    return town.case(found[1])


def test_a_call_lands_in_the_grid_of_its_address_at_once(secretary: Any, town: Town) -> None:
    page = call(secretary, "绿景苑3号楼2单元门口", phone="13800138000", channel="counter")
    assert "已放到霞光里社区 第1网格" in page
    case = case_in(town, page)
    assert (case.place_code[:15], case.evidence, case.channel) == (GRID, "building", "counter")


def test_of_two_houses_the_secretary_chooses_one(secretary: Any, town: Town) -> None:
    asked = call(secretary, "7号楼")
    assert "选一下是哪一处" in asked and "甘露园 7号楼" in asked
    with town.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM report").scalar_one() == 0
    keys = re.findall(r'name="choice" value="([0-9a-f]{12})"', asked)
    assert len(keys) == 2
    case = case_in(town, call(secretary, "7号楼", asked="7号楼", choice=keys[1]))
    assert case.place_code == HOME + "004"


def test_a_choice_for_another_address_does_not_count(secretary: Any, town: Town) -> None:
    key = re.findall(r'name="choice" value="([0-9a-f]{12})"', call(secretary, "7号楼"))[1]
    case = case_in(town, call(secretary, "绿景苑3号楼", asked="7号楼", choice=key))
    assert case.place_code[:15] == GRID


def test_a_tap_beats_the_address(secretary: Any, town: Town) -> None:
    at = spot(3.0, 3.0)
    case = case_in(town, call(secretary, "绿景苑3号楼", choice="pin", lon=f"{at.lon}", lat=f"{at.lat}"))
    assert (case.place_code, case.evidence, case.address) == (HOME + "002", "pin", "绿景苑3号楼")


def test_where_nobody_knows_the_place_it_is_kept_in_her_area_and_said(secretary: Any, town: Town) -> None:
    page = call(secretary, "老槐树底下")
    assert "没有定位" in page
    assert case_in(town, page).place_code == HOME


def test_outside_her_area_she_is_told_and_it_goes_there(secretary: Any, town: Town) -> None:
    asked = call(secretary, "农展南里9号楼")
    assert "不在您的辖区" in asked
    (key,) = re.findall(r'name="choice" value="([0-9a-f]{12})"', asked)
    page = call(secretary, "农展南里9号楼", asked="农展南里9号楼", choice=key)
    assert "已交给那里" in page
    assert not re.search(r"/cases/[0-9a-f]{16}", page), "what is not hers is not there for her"
    with town.database.reading() as connection:
        (code,) = connection.exec_driver_sql("SELECT place_code FROM report").scalars()
    assert code == EAST


def test_near_a_border_she_is_told(secretary: Any) -> None:
    assert "旁边是第4网格" in call(secretary, "霞光里30号院2号楼")


def test_a_street_along_the_rim_is_kept_in_her_area(secretary: Any, town: Town) -> None:
    page = call(secretary, "南界路")
    assert "没有定位" in page
    assert case_in(town, page).place_code == HOME


def test_only_what_a_caller_could_say_goes_beyond_her_area(town: Town) -> None:
    """A term or a number of its own is an official's word, and that ends at her border."""
    there = Sending(words="灯不亮", positions=(spot(6, 2),), channel="phone")
    for more in (Official(term="24h"), Official(origin="12345", origin_number="A1"), Official(released=True)):
        with pytest.raises(NotAllowed):
            submit(town.database, town.secretary, there, sender=Sender(), official=more, now=NOW)
    with pytest.raises(NotAllowed):
        submit(town.database, town.resident, there, sender=Sender(), official=Official(), now=NOW)
    receipt = submit(town.database, town.secretary, there, sender=Sender(), official=Official(), now=NOW)
    assert receipt.place_code == EAST


@pytest.mark.browser
@pytest.mark.usefixtures("built_client")
def test_in_a_browser_the_keyboard_is_enough(
    app: APIFlask, town: Town, browser: Any, serve: Callable[[APIFlask], str]
) -> None:
    base = serve(app)
    person = town.people["secretary"].person
    assert person is not None
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([signing_in.browser_cookie(app, base, person)])
    page = context.new_page()
    page.goto(f"{base}/cases/new")
    page.keyboard.type("楼下垃圾没人清")
    page.keyboard.press("Tab")
    page.keyboard.type("7号楼")
    second = page.get_by_role("radio", name="霞光里 7号楼")
    second.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    while not second.is_checked():
        page.keyboard.press("ArrowDown")
    page.locator("#pick-map[data-drawn]").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "phone", "the map is no stop on the way"
    page.set_viewport_size({"width": 390, "height": 844})
    tops = [
        page.locator(part).bounding_box()["y"] for part in ("#address", "#spots", "#pick-map", "#phone", ".primary")
    ]
    assert tops == sorted(tops), "on a phone the place comes before the button"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="已记下").wait_for()
    assert "第4网格" in page.locator("main").inner_text()
    context.close()


def test_another_call_under_the_form_of_the_one_before_is_kept_and_asked_about(secretary: Any) -> None:
    """She went back to a form that was sent, and wrote the next call into it."""
    call(secretary, "绿景苑3号楼2单元门口")
    form = {"words": "灯也不亮", "address": "绿景苑3号楼2单元门口", "key": KEY}
    back = secretary.post("/cases/new", data=form)
    assert back.status_code == 409
    assert ">灯也不亮</textarea>" in back.text
    key = re.search(r'name="key" value="([^"]+)"', back.text)
    assert key
    assert "告诉来电的人" in secretary.post("/cases/new", data={**form, "key": key[1]}).text
