"""An order goes from the paste to the case without a script; twice it is still one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from apiflask import APIFlask

from geoapp.jobs import JobQueue
from geoapp.reports.orders.sheets import actions as sheets
from geoapp.reports.orders.sheets import tasks
from tests import signing_in
from tests.reports.orders import estates
from tests.reports.world import GRID, HOME, Town, officer

ORDER = "工单编号 20261118-0412 来电人 示意甲 联系电话 13800138000 绿景苑3号楼2单元 电动车上楼 时限24小时"


@pytest.fixture
def app(app: APIFlask, town: Town) -> APIFlask:
    """The application on the town's database, its houses drawn."""
    estates.draw(town)
    return app


def fields(page: str) -> dict[str, str]:
    """What the form of a page would send if somebody pressed its button."""
    form = page[page.index('action="/cases/orders/confirmed"') :]
    found = dict(re.findall(r'<input (?:type="[\w-]+" )?(?:id="[\w-]+" )?name="([\w-]+)" value="([^"]*)"', form))
    found |= dict(re.findall(r'<input type="radio" name="([\w-]+)" value="([^"]*)" checked', form))
    found |= dict(re.findall(r'<textarea id="[\w-]+" name="([\w-]+)"[^>]*>([^<]*)</textarea>', form))
    for name, options in re.findall(r'<select id="[\w-]+" name="([\w-]+)">(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return {name: unescape(value) for name, value in found.items() if name != "csrf_token"}


def case_of(page: str) -> str:
    found = re.search(r'href="/cases/([0-9a-f]{16})"', page)
    assert found, page
    return found[1]


def test_read_confirm_and_once_more(app: APIFlask, town: Town) -> None:
    client = officer(app, town, "secretary")
    assert "/cases/orders" in client.get("/cases").text
    read = client.post("/cases/orders", data={"text": ORDER})
    given = fields(read.text)
    assert {name: given[f"{name}-0"] for name in ("number", "words", "address", "kind", "term", "phone")} == {
        "number": "20261118-0412", "words": "电动车上楼", "address": "绿景苑3号楼2单元", "kind": "bike-upstairs",
        "term": "24h", "phone": "13800138000",
    }  # fmt: skip
    assert "第1网格" in read.text
    assert "示意甲" not in read.text
    assert not re.search(r'href="/cases/[0-9a-f]{16}"', read.text), "nothing is stored yet"

    kept = client.post("/cases/orders/confirmed", data=given)
    assert "已存下" in kept.text and "第1网格" in kept.text
    case = town.case(case_of(kept.text))
    assert (case.place_code[:15], case.origin_number) == (GRID, "20261118-0412")
    assert "13800138000" not in client.get(f"/cases/{case.key}").text

    again = client.post("/cases/orders", data={"text": ORDER})
    assert "已有" in again.text and case_of(again.text) == case.key
    assert "confirmed" not in again.text
    # Somebody who left the form open meanwhile, and presses.
    late = client.post("/cases/orders/confirmed", data=given)
    assert "已有" in late.text and case_of(late.text) == case.key
    assert town.kinds(case.key) == ["send"]


def test_what_could_not_be_read_is_said_and_filled_in(app: APIFlask, town: Town) -> None:
    client = officer(app, town, "secretary")
    page = client.post("/cases/orders", data={"text": "诉求内容：小区里总停水\n随便写写的一行话"}).text
    for sentence in ("没有读到工单编号", "没有读到地点", "没有读到时限"):
        assert sentence in page
    given = fields(page)
    refused = client.post("/cases/orders/confirmed", data=given)
    assert refused.status_code == 400
    assert "写上工单编号" in refused.text and "小区里总停水" in refused.text
    wrong = client.post("/cases/orders/confirmed", data=given | {"number-0": "A1", "phone-0": "打我", "due-0": "明天"})
    assert "电话号码不对" in wrong.text and "截止时间不对" in wrong.text
    mended = client.post("/cases/orders/confirmed", data=given | {"number-0": "A1", "address-0": "甘露园7号楼"})
    assert town.case(case_of(mended.text)).place_code == HOME + "002"


def test_several_orders_are_several_forms_and_one_may_be_left_out(app: APIFlask, town: Town) -> None:
    client = officer(app, town, "secretary")
    text = f"1. {ORDER}\n2. 工单编号 20261118-0413 农展南里9号楼 灯不亮\n3. 工单编号 20261118-0414 内容：7号楼漏水"
    page = client.post("/cases/orders", data={"text": text}).text
    assert page.count('class="order"') == 3
    assert "不在您的辖区" in page
    given = fields(page) | {"take-0": "yes", "take-1": "yes"}
    given.pop("take-2", None)
    kept = client.post("/cases/orders/confirmed", data=given).text
    assert kept.count("已存下") == 2 and "20261118-0414" not in kept
    assert "农展南里社区，不在您的辖区" in kept


@pytest.mark.parametrize("text", ["", "  \n", "工" * 20_001])
def test_what_is_no_order_is_refused_in_one_sentence(app: APIFlask, town: Town, text: str) -> None:
    answer = officer(app, town, "secretary").post("/cases/orders", data={"text": text})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_09_markup_in_an_order_stays_words(app: APIFlask, town: Town) -> None:
    client = officer(app, town, "secretary")
    text = '工单编号 A2026<script>alert(1)</script> 诉求内容："><img src=x onerror=alert(1)> 诉求地址：{{7*7}}3号楼'
    page = client.post("/cases/orders", data={"text": text}).text
    assert "<script>alert" not in page and "<img src=x" not in page
    kept = client.post("/cases/orders/confirmed", data=fields(page) | {"number-0": "A<b>1"}).text
    assert "<b>1" not in kept


def test_a_sheet_tells_what_became_of_each_row(app: APIFlask, town: Town) -> None:
    client = officer(app, town, "secretary")
    rows = [
        ["工单编号", "诉求内容", "诉求地址"],
        ["A1", "漏水", "绿景苑3号楼"],
        ["", "没有编号的", ""],
        ["=1+1", "", ""],
        ["A1", "同一张", ""],
    ]
    text = io.StringIO()
    csv.writer(text).writerows(rows)

    def send(name: str) -> Any:
        file = (io.BytesIO(text.getvalue().encode("gbk")), name)
        return client.post("/cases/orders/sheet", data={"file": file}, content_type="multipart/form-data")

    done = send("十一月.csv")
    assert done.status_code == 303
    page = client.get(done.location).text
    assert "读到 4 行 = 存下 1 + 已有 0 + 未入库 3" in page
    assert "没有工单编号" in page and "补上编号" in page
    aside = client.get(f"{done.location}/aside.csv").text
    assert aside.startswith("\ufeff行号,原因")
    assert not [line for line in aside.splitlines() if re.search(r"(^|,)[=+@-]", line)]
    english = client.get(f"{done.location}?lang=en").text
    assert "the same number as row 2" in english and "keep one row for each order" in english
    lines = client.get(f"{done.location}/aside.csv").text.removeprefix("\ufeff").splitlines()
    assert lines[:2] == [
        "Row,Reason,note,What to do,What the row held",
        "3,no_number,no order number,add the number and import again,",
    ]
    client.get("/cases/orders?lang=zh")
    assert "存下 0 + 已有 1" in client.get(send("十一月.csv").location).text
    assert officer(app, town, "east").get(done.location).status_code == 404
    file = (io.BytesIO(b"PK\x03\x04 nothing"), "十一月.xlsx")
    broken = client.post("/cases/orders/sheet?lang=en", data={"file": file}, content_type="multipart/form-data")
    assert broken.status_code == 400 and "The workbook 十一月.xlsx cannot be opened" in broken.text
    client.get("/cases/orders?lang=zh")
    refused = send("十一月.exe")
    assert refused.status_code == 400 and "XLSX" in refused.text


def test_a_long_sheet_shows_how_far_it_is_and_is_found_again(
    app: APIFlask, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "AT_ONCE", 1)
    client = officer(app, town, "secretary")
    file = (io.BytesIO("工单编号,诉求内容\nA1,漏水\nA2,灯不亮\n".encode()), "全年.csv")
    done = client.post("/cases/orders/sheet", data={"file": file}, content_type="multipart/form-data")
    asking = {"Accept": "application/json"}
    assert client.get(done.location, headers=asking).json == {"state": "going", "done": 0, "rows": 2}
    assert 'value="0" max="2"' in client.get(done.location).text
    listed = client.get("/cases/orders").text
    assert f'<a href="{done.location}">全年.csv</a>' in listed and "正在存 0 / 2" in listed
    queue = JobQueue(town.database)
    job = queue.claim("brief")
    assert job is not None
    queue.end(job.id, "failed", message="")
    assert "没有存完，停在 0 / 2 行" in client.get(done.location).text
    tasks.store_rows(town.database, lambda share, words: None, **job.args)
    page = client.get(done.location).text
    assert "读到 2 行 = 存下 2" in page and "going" not in page and "没有存完" not in page
    assert "存下 2，已有 0，未入库 0" in client.get("/cases/orders").text
    assert officer(app, town, "east").get(done.location, headers=asking).status_code == 404


def test_what_is_unsure_is_said_in_english_with_the_names_of_the_map(app: APIFlask, town: Town) -> None:
    client = officer(app, town, "secretary")
    client.get("/cases/orders?lang=en")
    note = client.get("/cases/where", query_string={"address": "绿景苑23号楼"}).json["note"]
    assert re.search(r"The map has no 23号楼 in 绿景苑\S*, so it was put", note)
    table = "工单编号\t诉求内容\t地点\t办结时限\n20261118-0412\t灯不亮\t绿景苑3号楼\t尽快"
    assert "The term “尽快” could not be read" in client.post("/cases/orders", data={"text": table}).text
    twice = client.post("/cases/orders", data={"text": f"{table}\n20261118-0412\t灯不亮\t绿景苑3号楼\t尽快"}).text
    assert "Row 3 of the paste: the same number as row 2; keep one row for each order." in twice


def test_where_an_address_lies_is_answered_while_it_is_typed(app: APIFlask, town: Town) -> None:
    client = officer(app, town, "secretary")
    two = client.get("/cases/where?address=7号楼").json["spots"]
    assert [spot["where"] for spot in two] == ["霞光里社区 第2网格", "霞光里社区 第4网格"]
    (tapped,) = client.get(f"/cases/where?lon={estates.WEST + 0.006}&lat={estates.SOUTH + 0.002}").json["spots"]
    assert (tapped["outside"], tapped["where"]) == (True, "麦子店街道 农展南里社区")
    assert client.get("/cases/where?lon=x&lat=1").status_code == 400
    assert officer(app, town, "resident").get("/cases/where?address=7号楼").status_code in {401, 403}


@pytest.mark.browser
@pytest.mark.usefixtures("built_client")
def test_in_a_browser_an_order_pasted_twice_is_one_case(
    app: APIFlask, town: Town, browser: Any, serve: Callable[[APIFlask], str]
) -> None:
    base = serve(app)
    person = town.people["secretary"].person
    assert person is not None
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.add_cookies([signing_in.browser_cookie(app, base, person)])
    page = context.new_page()
    for said in ("已存下", "已有"):
        page.goto(f"{base}/cases")
        page.get_by_role("link", name="12345 工单").click()
        page.get_by_label("工单文字").fill(ORDER)
        page.get_by_role("button", name="读工单").click()
        if said == "已存下":
            assert page.get_by_label("工单编号").input_value() == "20261118-0412"
            assert page.get_by_role("radio", name="绿景苑3号楼").is_checked()
            assert page.evaluate("document.documentElement.scrollWidth") == 390
            page.get_by_role("button", name="确认，存下").click()
        assert said in page.locator(".outcomes").inner_text()
    page.get_by_role("link", name="打开").click()
    assert "电动车上楼" in page.locator("h1").inner_text()
    page.goto(f"{base}/cases?which=all")
    assert page.locator(".case-row").count() == 1
    context.close()
