"""The page of a case as the officer meets it who works on it: where it lies, and what became of it meanwhile."""

from __future__ import annotations

import re
from typing import Any

import pytest
from apiflask import APIFlask

from geoapp.reports.tables import reports
from tests.places.street import HOME, STEP, WEST
from tests.reports.world import Town, officer, spot


def opening(page: str) -> tuple[float, float, bool]:
    """Where the map for another place opens, and whether the case is known to lie there."""
    found = re.search(r'id="relocate"[^>]*? data-lon="([\d.]+)" data-lat="([\d.]+)"( data-known="yes")?', page)
    assert found, page
    return float(found[1]), float(found[2]), bool(found[3])


def test_why_a_case_went_where_it_is_is_said_in_the_pages_language(app: APIFlask, town: Town) -> None:
    """Of a rule that is no more, the words of its day are left."""
    receipt = town.send()
    grid, path = officer(app, town, "grid"), f"/cases/{receipt.report_key}"
    assert "网格员首接" in grid.get(path).text
    english = grid.get(f"{path}?lang=en").text
    assert "the grid officer is asked first" in english and "网格员首接" not in english
    with town.database.transaction() as connection:
        connection.execute(reports.update().values(route="gone：找老王"))
    assert "找老王" in grid.get(f"{path}?lang=en").text


def test_another_place_is_looked_for_from_where_the_case_lies(app: APIFlask, town: Town) -> None:
    receipt = town.send(x=0.5, y=3.0)
    grid, path = officer(app, town, "grid"), f"/cases/{receipt.report_key}"
    here = spot(0.5, 3.0)
    page = grid.get(path).text
    assert opening(page) == (pytest.approx(here.lon), pytest.approx(here.lat), True)
    assert "改到别的网格就归那里办" in page, "nobody has it yet"
    there = spot(2.5, 3.0)
    looked = grid.get("/cases/where", query_string={"lon": there.lon, "lat": there.lat}).json
    form = {"seen": "1", "lon": f"{there.lon:.6f}", "lat": f"{there.lat:.6f}"}
    done = grid.post(f"{path}/do/relocate", data=form)
    moved = town.case(receipt.report_key)
    assert moved.place_code == moved.duty_code == f"{HOME}002"
    assert (done.status_code, done.location) == (303, "/cases"), "it is no longer hers to look at"
    assert "现在归霞光里社区 第2网格办" in grid.get("/cases").text
    page = officer(app, town, "secretary").get(path).text
    assert opening(page) == (pytest.approx(there.lon, abs=1e-6), pytest.approx(there.lat, abs=1e-6), True)
    assert f'data-place="{looked["spots"][0]["where"]}"' in page, "the client compares the two"


def test_a_case_without_a_point_is_looked_for_in_its_place(app: APIFlask, town: Town) -> None:
    grid = officer(app, town, "grid")
    grid.post("/cases/new", data={"words": "灯不亮", "address": "大槐树旁", "choice": "own", "asked": "大槐树旁"})
    (path,) = set(re.findall(r'href="(/cases/[0-9a-f]{16})"', grid.get("/cases").text))
    lon, _, known = opening(grid.get(path).text)
    assert not known
    assert WEST < lon < WEST + 2 * STEP, "within the first grid"


def test_the_office_is_not_led_to_take_back_what_it_gave_away(app: APIFlask, town: Town) -> None:
    receipt = town.send()
    path = f"/cases/{receipt.report_key}"
    secretary = officer(app, town, "secretary")
    secretary.post(f"{path}/do/assign", data={"seen": "1", "lead": town.bodies["property"]})
    page = secretary.get(path).text
    assert 'class="primary-form"' not in page and "等承办单位签收" in page
    assert f'action="{path}/do/accept"' in page, "it may, if it wants to"
    assert 'class="primary-form" id="form-accept"' in officer(app, town, "manager").get(path).text


# -- overtaken -----------------------------------------------------------------------------------------------------


def form_of(page: str, event: str) -> str:
    """The form of an event on a page, as it stands there."""
    found = re.search(rf'<form [^>]*action="[^"]*/{event}"[^>]*>.*?</form>', page, re.DOTALL)
    assert found, page
    return found[0]


def seen_in(form: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', form)
    assert found
    return found[1]


def test_whoever_is_overtaken_finds_her_words_in_the_form_and_sends_them_again(app: APIFlask, town: Town) -> None:
    receipt = town.send()
    path = f"/cases/{receipt.report_key}"
    grid, secretary = officer(app, town, "grid"), officer(app, town, "secretary")
    grid.post(f"{path}/do/accept", data={"seen": "1"})
    secretary.post(f"{path}/do/classify", data={"seen": "2", "kind": "lamp"})
    sent = {"seen": "2", "text": "已清走两车垃圾", "outcome": "cannot"}
    back = grid.post(f"{path}/do/answer", data=sent)
    assert back.status_code == 409
    assert re.search(r"您填写的时候，这件有了变化：\S+ \S+ secretary 分类 路灯不亮。", back.text)
    form = form_of(back.text, "do/answer")
    assert ">已清走两车垃圾</textarea>" in form
    assert '<option value="cannot" selected>' in form
    again = grid.post(f"{path}/do/answer", data={**sent, "seen": seen_in(form)})
    assert again.status_code == 303
    assert town.case(receipt.report_key).outcome == "cannot"
    # A program gets the sentence alone.
    told = grid.post(f"{path}/do/answer", data=sent, headers={"Accept": "application/json"})
    assert (told.status_code, told.is_json) == (409, True)


def test_words_for_a_step_that_is_over_are_put_into_a_note(app: APIFlask, town: Town) -> None:
    receipt = town.send()
    path = f"/cases/{receipt.report_key}"
    grid, secretary = officer(app, town, "grid"), officer(app, town, "secretary")
    grid.post(f"{path}/do/accept", data={"seen": "1"})
    secretary.post(f"{path}/do/answer", data={"seen": "2", "text": "办完了", "outcome": "done"})
    back = grid.post(f"{path}/do/answer", data={"seen": "2", "text": "已清走两车垃圾", "outcome": "done"})
    assert "secretary 反馈" in back.text
    assert "您写的放到了“备注”里" in back.text
    assert ">已清走两车垃圾</textarea>" in form_of(back.text, "do/note")


def test_a_bare_button_pressed_too_late_says_what_became_of_it(app: APIFlask, town: Town) -> None:
    receipt = town.send()
    path = f"/cases/{receipt.report_key}"
    officer(app, town, "secretary").post(f"{path}/do/accept", data={"seen": "1"})
    back = officer(app, town, "grid").post(f"{path}/do/accept", data={"seen": "1"})
    assert back.status_code == 409
    assert "secretary 签收" in back.text
    assert "现在“办理中”，这一步做不了了" in back.text


def test_words_about_a_case_that_went_elsewhere_are_given_back(app: APIFlask, town: Town) -> None:
    receipt = town.send()
    path, there = f"/cases/{receipt.report_key}", spot(2.5, 3.0)
    moved = {"seen": "1", "lon": str(there.lon), "lat": str(there.lat)}
    officer(app, town, "secretary").post(f"{path}/do/relocate", data=moved)
    back = officer(app, town, "grid").post(f"{path}/do/return", data={"seen": "1", "reason": "是对面院子的"})
    assert back.status_code == 404
    assert "是对面院子的" in back.text
    assert receipt.number not in back.text


def test_a_decision_that_came_too_late_keeps_its_reason(app: APIFlask, town: Town) -> None:
    receipt = town.send()
    path = f"/cases/{receipt.report_key}"
    grid, secretary = officer(app, town, "grid"), officer(app, town, "secretary")
    grid.post(f"{path}/do/accept", data={"seen": "1"})
    grid.post(f"{path}/do/ask_extension", data={"seen": "2", "term": "3wd", "reason": "等配件"})
    decision = form_of(secretary.get(path).text, "decide")
    asked = re.search(r'name="request" value="(\d+)"', decision)
    assert asked
    grid.post(f"{path}/do/classify", data={"seen": "3", "kind": "lamp"})
    sent = {"request": asked[1], "seen": "3", "approved": "no", "reason": "配件库里有"}
    back = secretary.post(f"{path}/decide", data=sent)
    assert back.status_code == 409
    assert ">配件库里有</textarea>" in form_of(back.text, "decide")


def test_what_is_missing_or_wrong_costs_no_words_either(app: APIFlask, town: Town) -> None:
    receipt = town.send()
    path, grid = f"/cases/{receipt.report_key}", officer(app, town, "grid")
    back = grid.post(f"{path}/do/relocate", data={"seen": "1", "lon": "东经", "lat": "39.94"})
    assert back.status_code == 400
    assert "经纬度要写成小数" in back.text
    assert 'name="lat" value="39.94"' in form_of(back.text, "do/relocate")
    back = grid.post(f"{path}/do/merge", data={"seen": "1", "number": "123-456-789"})
    assert 'name="number" value="123-456-789"' in form_of(back.text, "do/merge")


def link_for(client: Any, path: str, body: str) -> tuple[str, str]:
    """Words for the chat group of a body that a case is given to at once, and the path of the link in them."""
    client.post(f"{path}/do/assign", data={"seen": "1", "lead": body})
    assignment = re.search(r'name="assignment" value="(\d+)"', client.get(path).text)
    assert assignment
    made = client.post(f"{path}/link", data={"assignment": assignment[1]}).text
    return made, re.findall(r"http://localhost(/h/[\w.-]+)", made)[0]


def test_a_link_is_called_by_what_its_case_is_about(app: APIFlask, town: Town) -> None:
    grid, outside = officer(app, town, "grid"), app.test_client()
    said = "东门口那堆东西放了三个星期，味道很大，请你们来看看"
    for sent, title in (
        ({"kind": "rubbish"}, "暴露垃圾、垃圾满冒"),
        ({"kind": "unsorted", "address": "绿景苑3号楼"}, "绿景苑3号楼"),
        ({"kind": "unsorted", "words": said}, said[:23] + "…"),
    ):
        receipt = town.send(**sent)
        words, link = link_for(grid, f"/cases/{receipt.report_key}", town.bodies["property"])
        page = outside.get(link).text
        assert f"<h1>{title}</h1>" in page
        assert "待分类" not in page + words
        assert page.count("绿景苑3号楼") == (2 if "address" in sent else 0), "its title, and not again below it"


def test_a_handler_behind_a_link_keeps_her_words_too(app: APIFlask, town: Town) -> None:
    receipt = town.send()
    path, grid = f"/cases/{receipt.report_key}", officer(app, town, "grid")
    _, link = link_for(grid, path, town.bodies["property"])
    colleague = officer(app, town, "manager")
    colleague.post(f"{path}/do/accept", data={"seen": "2"})
    colleague.post(f"{path}/do/answer", data={"seen": "3", "text": "同事先清了", "outcome": "done"})
    outside, sent = app.test_client(), {"text": "叫了车来拉", "outcome": "cannot"}
    back = outside.post(link, data=sent)
    assert back.status_code == 409
    assert ">叫了车来拉</textarea>" in back.text
    assert 'value="cannot" checked' in back.text
    officer(app, town, "second").post(f"{path}/do/verify", data={"seen": "4"})
    back = outside.post(link, data=sent)
    assert back.status_code == 404
    assert "已经失效" in back.text
    assert ">叫了车来拉</textarea>" in back.text
    assert "同事先清了" not in back.text
