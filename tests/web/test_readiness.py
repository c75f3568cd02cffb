"""Health is the process alone; readiness names what is amiss and nothing of the inside."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.web import readiness
from geoapp.worker import HEARTBEAT_FILE

GOOD = {"database": "ok", "tables": "ok", "disk": "ok", "worker": "ok"}


def ask(settings: Settings, path: str = "/ready") -> Any:
    app = create_app(settings)
    answer = app.test_client().get(path)
    app.extensions["geoapp"]["database"].dispose()
    return answer


def test_all_is_well(settings: Settings) -> None:
    answer = ask(settings)
    assert answer.status_code == 200
    assert answer.json == {"status": "ready", "checks": GOOD}


def test_a_database_that_is_away_is_named_and_the_process_stays_healthy(settings: Settings) -> None:
    """Port 9 of this machine: nobody is there."""
    away = replace(settings, database_url="postgresql+psycopg://geoapp:secret@127.0.0.1:9/geoapp")
    answer = ask(away)
    assert answer.status_code == 503
    assert answer.json["checks"] == {**GOOD, "database": "failing", "tables": "failing"}
    assert "secret" not in answer.text and "127.0.0.1" not in answer.text
    assert ask(away, "/health").json == {"status": "ok"}


def test_a_page_without_its_database_says_so_and_asks_for_patience(settings: Settings) -> None:
    away = replace(settings, database_url="postgresql+psycopg://geoapp:secret@127.0.0.1:9/geoapp")
    answer = ask(away, "/api/places/levels")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "数据库" in answer.json["detail"]
    assert "secret" not in answer.text and "psycopg" not in answer.text


def test_tables_of_another_version_are_named(settings: Settings) -> None:
    engine = sa.create_engine(settings.url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    engine.dispose()
    assert ask(settings).json["checks"] == {**GOOD, "tables": "failing"}


def test_a_full_disk_is_named(settings: Settings) -> None:
    assert ask(replace(settings, disk_floor_mib=1 << 40)).json["checks"] == {**GOOD, "disk": "failing"}


def test_a_worker_that_never_came_or_fell_silent_is_named(settings: Settings) -> None:
    (settings.data / HEARTBEAT_FILE).unlink()
    assert ask(settings).json["checks"] == {**GOOD, "worker": "failing"}
    (settings.data / HEARTBEAT_FILE).touch()
    long_ago = time.time() - readiness.SILENT_S - 1
    os.utime(settings.data / HEARTBEAT_FILE, (long_ago, long_ago))
    assert ask(settings).json["checks"] == {**GOOD, "worker": "failing"}
