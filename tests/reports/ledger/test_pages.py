"""From a header file to the filled workbook, by the pages alone."""

from __future__ import annotations

import io
import re
from typing import Any

import openpyxl
from apiflask import APIFlask

from tests.reports.world import EAST, HOME, Town, officer
from tests.worlds import workbook


def upload(client: Any, rows: list[list[Any]], place: str = HOME, name: str = "我们的台账.xlsx") -> Any:
    data = {"file": (io.BytesIO(workbook(rows)), name), "place": place}
    return client.post("/cases/ledgers", data=data, content_type="multipart/form-data")


def test_upload_correct_and_download(app: APIFlask, town: Town) -> None:
    town.send("灯不亮", kind="lamp", address="绿景苑3号楼")
    client = officer(app, town, "secretary")
    assert "/cases/ledgers" in client.get("/cases").text
    made = upload(client, [["受理编号", "时间", "说了啥", "来电人"]])
    assert made.status_code == 303
    page = client.get(made.location).text
    assert "我们的台账" in page and "个人信息，留空" in page
    shown = dict(re.findall(r'<select name="(field-\d)".*?value="(\w*)" selected', page))
    assert shown["field-0"] == "number"
    form = {"field-0": "number", "field-1": "reported", "field-2": "words", "field-3": ""}
    assert client.post(made.location, data=form).status_code == 303
    done = client.get(f"{made.location}/file?since=2026-11-01&until=2026-11-30")
    assert done.status_code == 200 and done.headers["Content-Disposition"].startswith("attachment")
    rows = list(openpyxl.load_workbook(io.BytesIO(done.data)).active.iter_rows(values_only=True))
    assert rows[0] == ("受理编号", "时间", "说了啥", "来电人")
    assert rows[1][2:] == ("灯不亮", None) and len(rows) == 2
    assert "我们的台账" in client.get("/cases/ledgers").text
    assert client.post(f"{made.location}/end").status_code == 303
    assert client.get(made.location).status_code == 404


def test_the_page_says_what_a_heading_of_several_was_understood_as(app: APIFlask, town: Town) -> None:
    town.send("灯不亮", address="绿景苑3号楼")
    client = officer(app, town, "secretary")
    made = upload(client, [["受理编号", "受理时间/办结时间", "诉求人及诉求内容", "姓名电话"]])
    page = client.get(made.location).text
    assert '<option value="reported+closed" selected>反映时间、办结时间</option>' in page
    assert '<option value="words" selected>内容</option></select> <span class="hint">个人信息不填' in page
    assert "4 栏里能填 3 栏 · 1 栏是个人信息，留空" in page and page.count("个人信息，留空") == 2
    assert ">Reported + Closed</option>" in client.get(f"{made.location}?lang=en").text
    form = {"field-0": "number", "field-1": "closed+reported", "field-2": "words+handler", "field-3": "words"}
    assert client.post(made.location, data=form).status_code == 303
    done = client.get(f"{made.location}/file?since=2026-11-01&until=2026-11-30")
    (row,) = openpyxl.load_workbook(io.BytesIO(done.data)).active.iter_rows(min_row=2, values_only=True)
    assert row[1:] == ("—/2026-11-20 10:00", "灯不亮", None)


def test_what_is_wrong_is_said_in_one_sentence(app: APIFlask, town: Town) -> None:
    client = officer(app, town, "secretary")
    for rows, name, sentence in (
        ([["心情", "天气"]], "a.xlsx", "没有找到台账的表头"),
        ([["受理编号", "时间"]], "a.csv", "应为 XLSX"),
    ):
        refused = upload(client, rows, name=name)
        assert refused.status_code == 400 and sentence in refused.text
    data = {"file": (io.BytesIO(b"PK\x03\x04 nothing"), "我们的.xlsx"), "place": HOME}
    assert "工作簿 我们的.xlsx 打不开" in client.post("/cases/ledgers", data=data).text, "by the name that she gave it"
    assert upload(client, [["受理编号", "时间"]], place=EAST).status_code == 403
    assert client.post("/cases/ledgers", data={"place": HOME}).status_code == 400
    made = upload(client, [["受理编号", "时间"]])
    for query in ("", "?since=2026-11-30&until=2026-11-01", "?since=x&until=2026-11-01"):
        assert client.get(f"{made.location}/file{query}").status_code == 400
    assert client.post(made.location, data={"field-0": "number"}).status_code == 400


def test_09_markup_in_a_heading_stays_words(app: APIFlask, town: Town) -> None:
    client = officer(app, town, "secretary")
    made = upload(client, [["受理编号", "时间", "<script>alert(1)</script>", "@SUM(1)"]], name="<b>x.xlsx")
    page = client.get(made.location).text
    assert "<script>alert" not in page and "<b>x" not in page
    done = client.get(f"{made.location}/file?since=2026-11-01&until=2026-11-30")
    assert openpyxl.load_workbook(io.BytesIO(done.data)).active["D1"].data_type == "s"
