"""What an officer reads on a case without asking anybody: what lies near, what it sounds like, who did what."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from apiflask import APIFlask

from geoapp.reports import store
from geoapp.reports.casework import pages
from geoapp.reports.rulebook.store import rulebook
from tests.reports.world import Town, officer


def chosen_kind(page: str) -> str:
    found = re.search(r'id="classify-kind".*?<option value="([a-z-]+)" selected>', page, re.DOTALL)
    assert found, page
    return found[1]


def test_an_unsorted_case_is_offered_the_kind_that_it_sounds_like(app: APIFlask, town: Town) -> None:
    grid = officer(app, town, "grid")
    lamp = town.send("门口的路灯不亮了", kind="unsorted")
    assert chosen_kind(grid.get(f"/cases/{lamp.report_key}").text) == "lamp"
    sorted_one = town.send("门口的路灯不亮了", kind="rubbish", x=1.4)
    assert chosen_kind(grid.get(f"/cases/{sorted_one.report_key}").text) == "rubbish", "somebody has sorted it"


def test_what_lies_near_is_told_by_its_words_and_only_where_it_can_be_opened(app: APIFlask, town: Town) -> None:
    """Spots 10 m apart on the two sides of the border of grids 001 and 002, at x = 2."""
    first = town.send("树枝要掉了", kind="unsorted", x=1.95)
    other = town.send("枯枝快砸到人", kind="unsorted", x=2.05)
    page = officer(app, town, "secretary").get(f"/cases/{first.report_key}").text
    assert "枯枝快砸到人</a>" in page
    assert other.report_key not in officer(app, town, "grid").get(f"/cases/{first.report_key}").text


def test_a_merged_case_leads_to_the_one_that_goes_on(app: APIFlask, town: Town) -> None:
    kept, gone = town.send("树枝要掉了"), town.send("枯枝快砸到人")
    grid, path = officer(app, town, "grid"), f"/cases/{gone.report_key}"
    grid.post(f"{path}/do/merge", data={"seen": "1", "number": kept.number})
    assert f'href="/cases/{kept.report_key}"' in grid.get(path).text


def test_what_is_one_press_is_marked_for_the_thumb(app: APIFlask, town: Town) -> None:
    """On a phone it is held at the bottom; a form with words to write is not."""
    grid, path = officer(app, town, "grid"), f"/cases/{town.send().report_key}"
    assert 'id="form-accept" data-bare>' in grid.get(path).text
    grid.post(f"{path}/do/accept", data={"seen": "1"})
    page = grid.get(path).text
    assert 'id="form-answer">' in page and "data-bare" not in page


def test_the_reason_of_the_first_routing_goes_with_the_first_routing(app: APIFlask, town: Town) -> None:
    grid, path = officer(app, town, "grid"), f"/cases/{town.send().report_key}"
    assert "网格员首接" in grid.get(path).text
    grid.post(f"{path}/do/return", data={"seen": "1", "reason": "是市政道路"})
    assert "网格员首接" not in officer(app, town, "secretary").get(path).text


def test_a_wish_for_time_is_put_in_words(app: APIFlask, town: Town) -> None:
    """Asked for the first of March it says so, not the midnight after it."""
    secretary, grid = officer(app, town, "secretary"), officer(app, town, "grid")
    day = (datetime.now(UTC) + timedelta(days=60)).date()
    for event, asked, words in (
        ("ask_extension", {"term": "3wd"}, "申请延期 3 个工作日"),
        ("ask_hang", {"until": day.isoformat()}, f"{day.month}月{day.day}日</strong>"),
    ):
        path = f"/cases/{town.send('绿地被踩了').report_key}"
        grid.post(f"{path}/do/accept", data={"seen": "1"})
        done = grid.post(f"{path}/do/{event}", data={"seen": "2", "reason": "等开春", **asked})
        assert done.status_code == 303, done.text
        assert words in secretary.get(path).text


def shown(town: Town, key: str, **changes: Any) -> tuple[pages.Page, list[dict[str, Any]]]:
    """Page and timeline of a case with some of its columns changed."""
    case = replace(town.case(key), **changes)
    rules = rulebook(town.database.settings)
    page = pages.Page(lambda text, **v: text % v if v else text, False, rules.kinds, rules.routing,
                      case.reported_at, town.database.settings.zone, {})  # fmt: skip
    with town.database.reading() as connection:
        events = [replace(event, actor="demo") for event in store.events(connection, case.id)]
    return page, pages.log(page, case, events, (), {})


def test_an_invented_case_says_what_a_real_one_would(app: APIFlask, town: Town) -> None:
    receipt = town.send()
    before = town.case(receipt.report_key).reported_at - timedelta(days=9)
    _, rows = shown(town, receipt.report_key, illustrative=True, channel="import", reported_at=before)
    assert (rows[-1]["who"], rows[-1]["at"]) == ("反映人（示意）", before)
    _, rows = shown(town, receipt.report_key)
    assert rows[-1]["who"] == "演示数据", "of a case that is not marked it is no sender"


def test_a_case_that_came_as_history_tells_its_two_days(app: APIFlask, town: Town) -> None:
    case = town.case(town.send().report_key)
    page, _ = shown(town, case.key)
    closed = case.reported_at + timedelta(days=2)
    past = replace(case, channel="import", closed_at=closed)
    rows = pages.log(page, past, [], (), {})
    assert [(row["at"], row["words"]) for row in rows] == [(closed, "结案"), (case.reported_at, "反映")]
    assert rows[0]["who"] == "导入"
    assert pages.who(page, "import:geoapp-demo", {}, wrote=True, invented=True) == "反映人（示意）"
