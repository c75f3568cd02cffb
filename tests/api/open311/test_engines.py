"""One walk through the protocol on both engines: make, list, filter, page, follow, exchange a token."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from geoapp.accounts.people import Actor
from geoapp.api.open311.actions import make_key
from geoapp.db import Database
from geoapp.reports import store
from geoapp.reports.handling import actions as handling
from geoapp.reports.moderating import actions as moderating
from geoapp.reports.tables import reports
from tests.api.open311.conftest import BASE, LAT, LON, Server
from tests.reports.world import make_town

pytestmark = pytest.mark.engines


def test_the_protocol_on_this_engine(app: APIFlask) -> None:
    database: Database = app.extensions["geoapp"]["database"]
    town = make_town(database)
    server = Server(app, town, make_key(database, Actor(system="test"), name="测试", per_minute=60))
    numbers = [server.number(service_code=code, description=f"“{code}”坏了") for code in ("lamp", "lamp", "cover")]
    (made,) = server.post(service_code="unsorted")
    assert server.get(f"tokens/{made['token']}")[0]["service_request_id"] is None

    with database.reading() as connection:
        case = store.case_by_number(connection, numbers[0])
        (text,) = store.texts(connection, [case.id])
    moderating.release(database, town.secretary, case.key, [text.id])
    case = handling.accept(database, town.grid, case.key, seen=case.revision)
    case = handling.answer(database, town.grid, case.key, "换了", seen=case.revision)
    handling.verify(database, town.secretary, case.key, passed=True, seen=case.revision)

    assert server.get(f"requests/{numbers[0]}")[0]["description"] == "“lamp”坏了"
    assert [row["service_request_id"] for row in server.get("requests", status="closed")] == numbers[:1]
    assert {row["service_request_id"] for row in server.get("requests", service_code="lamp")} == set(numbers[:2])
    pages = [server.get("requests", page=page, page_size=3) for page in (1, 2)]
    assert [len(page) for page in pages] == [3, 1]
    assert pages[0] + pages[1] == server.get("requests")


def test_26_fifty_at_once_under_one_key_of_a_client_are_one_request(app: APIFlask) -> None:
    database: Database = app.extensions["geoapp"]["database"]
    make_town(database)
    key = make_key(database, Actor(system="test"), name="测试", per_minute=6000)
    form = {"api_key": key, "service_code": "lamp", "lat": LAT, "long": LON}

    def post(_: int) -> str:
        answer = app.test_client().post(f"{BASE}/requests.json", data=form, headers={"Idempotency-Key": "a"})
        return str(answer.json[0].get("service_request_id", answer.text))

    with ThreadPoolExecutor(8) as pool:
        numbers = set(pool.map(post, range(50)))
    with database.reading() as connection:
        assert connection.execute(sa.select(reports.c.number)).scalars().all() == list(numbers)
