"""A database with the tiny street in it, on each engine that is here."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from geoapp.config import Settings
from geoapp.db import Database
from geoapp.places import actions
from geoapp.schema import migrate
from tests.places.street import FIRST, street_records


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def town(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database with the street in it, on SQLite and, where there is one, on PostgreSQL."""
    if request.param == "sqlite":
        database = request.getfixturevalue("database")
        actions.load_places(database, street_records(), on=FIRST, by="测试")
        yield database
        return
    url = os.environ.get("GEOAPP_TEST_POSTGRES_URL")
    if not url:
        pytest.skip("no PostgreSQL here; set GEOAPP_TEST_POSTGRES_URL")
    name = f"geoapp_test_{secrets.token_hex(6)}"
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    own = sa.make_url(url).set(database=name).render_as_string(hide_password=False)
    settings: Settings = request.getfixturevalue("settings")
    database = Database(replace(settings, database_url=own))
    try:
        migrate(database)
        actions.load_places(database, street_records(), on=FIRST, by="测试")
        yield database
    finally:
        database.dispose()
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name}")
        server.dispose()
