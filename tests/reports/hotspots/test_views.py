"""The page of hot-spots: who reads which, and what a reader of another place does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from apiflask import APIFlask

from geoapp.db import utcnow
from geoapp.jobs import jobs
from geoapp.reports.hotspots import looking, store, tasks
from geoapp.reports.tables import reports
from tests import signing_in
from tests.reports.world import STREET, Town, officer

pytestmark = pytest.mark.engines


@pytest.fixture
def looked(town: Town, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three of a kind in HOME and three in EAST, looked at today; gives the keys of HOME's."""
    monkeypatch.setattr(looking, "TRIALS", 2)
    now = utcnow()
    keys = [town.send(x=x, now=now - timedelta(days=n)).report_key for x in (0.5, 6.5) for n in range(3)]
    tasks.look(town.database, lambda share, words: None, day=town.database.today().isoformat())
    return keys[:3]


def test_an_office_reads_its_own_and_the_way_to_its_cases(app: APIFlask, town: Town, looked: list[str]) -> None:
    page = officer(app, town, "secretary").get("/cases/hotspots").text
    assert all(f'href="/cases/{key}"' in page for key in looked)
    assert "霞光里社区" in page
    assert "农展南里社区" not in page
    both = officer(app, town, "street").get("/cases/hotspots").text
    assert "霞光里社区" in both
    assert "农展南里社区" in both
    assert "误报" in both
    assert "时空置换扫描" in both


def test_a_planner_reads_no_case_and_a_resident_nothing(app: APIFlask, town: Town, looked: list[str]) -> None:
    page = signing_in.sign_in(app, app.test_client(), "planner", ("110105", STREET)).get("/cases/hotspots").text
    assert "霞光里社区" in page
    assert not any(key in page for key in looked)
    assert "件数凑成 3 的倍数" in page
    for client in (officer(app, town, "resident"), officer(app, town, "manager")):
        assert client.get("/cases/hotspots").status_code == 403
    assert app.test_client().get("/cases/hotspots").status_code == 303


def test_a_case_that_was_hidden_since_is_named_no_more(app: APIFlask, town: Town, looked: list[str]) -> None:
    with town.database.transaction() as connection:
        connection.execute(reports.update().where(reports.c.key == looked[0]).values(hidden=True))
    page = officer(app, town, "secretary").get("/cases/hotspots").text
    assert looked[0] not in page
    assert looked[1] in page


def test_looking_again_replaces_the_look_of_the_day(app: APIFlask, town: Town, looked: list[str]) -> None:
    day = town.database.today()
    tasks.look(town.database, lambda share, words: None, day=day.isoformat())
    with town.database.reading() as connection:
        (look,) = store.newest(connection, looking.REPEATS)
    assert (look.day, look.reports, len(look.spots)) == (day, 6, 2)


def test_the_office_asks_for_a_look_and_the_night_does_it_once(app: APIFlask, town: Town, looked: list[str]) -> None:
    client = officer(app, town, "secretary")
    assert client.post("/cases/hotspots/look", data={"day": "2026-11-20"}).status_code == 303
    for wrong in ("yesterday", "0001-01-01", "9999-12-31"):
        assert client.post("/cases/hotspots/look", data={"day": wrong}).status_code == 400
    for _ in range(2):
        tasks.nightly(town.database, lambda share, words: None)
    yesterday = (town.database.today() - timedelta(days=1)).isoformat()
    with town.database.reading() as connection:
        rows = connection.execute(jobs.select().where(jobs.c.task == "reports.look")).all()
    assert sorted(row.args["day"] for row in rows) == sorted(["2026-11-20", yesterday])
