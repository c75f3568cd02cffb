"""Rate limits that several processes share: counted in the database, exactly, also when all come at once."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from geoapp.accounts.store import forget_buckets, take_token
from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.schema import migrate
from geoapp.web.limits import limited
from geoapp.web.rights import ANYBODY, needs

NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)


@pytest.fixture
def postgres(settings: Settings) -> Iterator[Settings]:
    """Settings of an empty PostgreSQL installation."""
    url = os.environ.get("GEOAPP_TEST_POSTGRES_URL")
    if not url:
        pytest.skip("no PostgreSQL here; set GEOAPP_TEST_POSTGRES_URL")
    name = f"geoapp_test_{secrets.token_hex(6)}"
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    own = replace(settings, database_url=sa.make_url(url).set(database=name).render_as_string(hide_password=False))
    database = Database(own)
    migrate(database)
    database.dispose()
    yield own
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.mark.postgres
def test_two_applications_at_once_let_through_what_one_may(postgres: Settings) -> None:
    """Two applications stand for two processes; 40 requests at once find a bucket of 12."""
    apps = [create_app(replace(postgres, rate_limits=1.0)) for _ in range(2)]
    for app in apps:
        app.add_url_rule("/first", "first", needs(ANYBODY)(limited("twelve", "12/day")(lambda: "ok")))

    def ask(i: int) -> int:
        return int(apps[i % 2].test_client().get("/first").status_code)

    try:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, range(40)))
    finally:
        for app in apps:
            app.extensions["geoapp"]["database"].dispose()
    assert answers.count(200) == 12 and answers.count(429) == 28


def test_a_bucket_in_the_database_fills_again_and_is_forgotten_when_full(database: Database) -> None:
    """2 at once, one every 30 s: the third waits 30 s; 15 s later half of that; a day later the row can go."""

    def take(seconds: float) -> float:
        with database.transaction() as connection:
            return take_token(connection, "a", capacity=2, refill_s=30, now=NOON + timedelta(seconds=seconds))

    assert [take(0), take(0), take(0), take(15)] == [0, 0, 30, 15]
    assert take(30) == 0 and take(29) == 30, "a clock that is behind gives nothing away"
    with database.transaction() as connection:
        assert forget_buckets(connection, NOON) == 0
        assert forget_buckets(connection, NOON + timedelta(days=1)) == 1
