"""Rate limits that several processes share: counted in the database, exactly, also when all come at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from geoapp.accounts.store import forget_buckets, take_token
from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.web.limits import limited
from geoapp.web.rights import ANYBODY, needs

NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)


@pytest.mark.engines("postgresql")
def test_two_applications_at_once_let_through_what_one_may(settings: Settings) -> None:
    """Two applications stand for two processes; 40 requests at once find a bucket of 12."""
    apps = [create_app(replace(settings, rate_limits=1.0)) for _ in range(2)]
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


@pytest.mark.engines
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
