"""The page of figures as ranks of the own office and of others see it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask

from geoapp.db import utcnow
from geoapp.reports.figures.tables import callbacks
from geoapp.reports.tables import reports
from tests import signing_in
from tests.reports.world import EAST, HOME, STREET, Town, officer

pytestmark = pytest.mark.engines
HOUR = timedelta(hours=1)


@pytest.fixture
def counted(town: Town) -> Town:
    """In HOME five reports that were due: three closed in time, one late, one open; one call-back solved, one
    excluded. In EAST two, both open."""
    now = utcnow()
    keys, ids = [town.send(x=5.5 if n >= 5 else 0.5, now=now).report_key for n in range(7)], []
    with town.database.transaction() as connection:
        for n, key in enumerate(keys):
            closed = [30, 30, 30, 10, None, None, None][n]
            values: dict[str, Any] = {"reported_at": now - 48 * HOUR, "due_at": now - 24 * HOUR}
            if closed is not None:
                values |= {"stage": "evaluate", "outcome": "done", "closed_at": now - closed * HOUR}
            connection.execute(reports.update().where(reports.c.key == key).values(**values))
            ids.append(connection.execute(reports.select().where(reports.c.key == key)).one().id)
        said = {"source": "hotline", "at": now - HOUR, "reason": "", "by": "test", "counts": True}
        first = {"state": "answered", "responded": True, "solved": True, "satisfied": False}
        nothing = {"responded": None, "solved": None, "satisfied": None}
        connection.execute(callbacks.insert().values(report_id=ids[0], **said, **first))
        connection.execute(callbacks.insert().values(report_id=ids[1], state="excluded", **said, **nothing))
    return town


def tiles(page: str) -> dict[str, str]:
    """Headline figures by key of their measure."""
    found = re.findall(r'<div><dt><a href="#(reports\.\w+)">[^<]*</a></dt><dd>([^<]*?)\s*<', page)
    return dict(found)


def test_the_secretary_reads_rates_as_n_of_N_each_with_its_formula(app: APIFlask, counted: Town) -> None:
    """4 of 5 closed, 3 of 5 in time; asked one: responded 1/1, solved 1/1, satisfied 0/1; of 4 closed one excluded and
    one asked, so two were not asked."""
    answer = officer(app, counted, "secretary").get("/cases/figures")
    assert answer.status_code == 200
    assert tiles(answer.text) == {
        "reports.received": "5", "reports.closed": "80.00%（4/5）", "reports.on_time": "60.00%（3/5）",
        "reports.finished": "4", "reports.responded": "100.00%（1/1）", "reports.solved": "100.00%（1/1）",
        "reports.satisfied": "0.00%（0/1）", "reports.not_asked": "2", "reports.excluded": "1",
    }  # fmt: skip
    for key in tiles(answer.text):
        assert f'<div id="{key}">' in answer.text, "each figure leads to its formula"
    assert "style=" not in answer.text, "the policy of the page forbids it"


def test_18_another_office_reads_no_small_count_however_it_asks(app: APIFlask, counted: Town) -> None:
    """To HOME's secretary the street has 7, of which 2 in EAST: 6 or 9, and <3 or 3; asked by kind the same 6 or 9."""
    client = officer(app, counted, "secretary")
    page = client.get("/cases/figures", query_string={"place": STREET}).text
    whole = tiles(page)["reports.received"]
    assert whole in ("6", "9")
    lines = client.get("/cases/figures.csv", query_string={"place": STREET}).data.decode("utf-8-sig").splitlines()
    read = [line.split(",")[:2] for line in lines]
    assert read[:2] == [["地方", "受理量"], ["霞光里社区", "5"]] and read[3] == ["合计", whole]
    assert read[2] in (["农展南里社区", "<3"], ["农展南里社区", "3"])
    by_kind = client.get("/cases/figures", query_string={"place": STREET, "by": "kind"}).text
    assert tiles(by_kind)["reports.received"] == whole
    # A day more without reports is another question about the same reports.
    since = (counted.database.today() - timedelta(days=20)).isoformat()
    later = client.get("/cases/figures", query_string={"place": STREET, "since": since}).text
    assert tiles(later)["reports.received"] == whole
    street = officer(app, counted, "street").get("/cases/figures").text
    assert tiles(street)["reports.received"] == "7"


def test_a_place_beside_the_own_one_is_not_offered(app: APIFlask, counted: Town) -> None:
    client = officer(app, counted, "secretary")
    for kind in ("", ".csv", ".xlsx"):
        assert client.get(f"/cases/figures{kind}", query_string={"place": EAST}).status_code == 400
    assert client.get("/cases/figures", query_string={"place": HOME}).status_code == 200


def test_who_is_no_official_gets_nothing(app: APIFlask, counted: Town) -> None:
    for client in (officer(app, counted, "resident"), officer(app, counted, "manager")):
        assert client.get("/cases/figures").status_code == 403
        assert client.get("/cases/figures.csv").status_code == 403
    assert app.test_client().get("/cases/figures").status_code == 303


def test_a_planner_reads_it_as_an_outsider(app: APIFlask, counted: Town) -> None:
    client = signing_in.sign_in(app, app.test_client(), "planner", ("110105", STREET))
    page = client.get("/cases/figures").text
    assert tiles(page)["reports.received"] in ("6", "9")
    assert "吹哨报到" not in page


def test_files_hold_the_table_and_nothing_of_a_reporter(app: APIFlask, counted: Town) -> None:
    client = officer(app, counted, "street")
    book = client.get("/cases/figures.xlsx")
    assert book.data[:2] == b"PK"
    assert "attachment" in book.headers["Content-Disposition"]
    by_kind = client.get("/cases/figures.csv?by=kind").data.decode("utf-8-sig").splitlines()
    assert by_kind[1].startswith("暴露垃圾、垃圾满冒,7,4,7,57.14")
