"""A database on each engine that is here."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from geoapp.config import Settings
from geoapp.db import Database
from geoapp.schema import migrate


def _server() -> sa.Engine:
    url = os.environ.get("GEOAPP_TEST_POSTGRES_URL")
    if not url:
        pytest.skip("no PostgreSQL here; set GEOAPP_TEST_POSTGRES_URL")
    return sa.create_engine(url, isolation_level="AUTOCOMMIT")


def _run(server: sa.Engine, statement: str) -> None:
    with server.connect() as connection:
        connection.exec_driver_sql(statement)


def _address(server: sa.Engine, name: str) -> str:
    return server.url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a PostgreSQL database with all tables, made once and copied for each test."""
    server, name = _server(), f"geoapp_template_{secrets.token_hex(6)}"
    _run(server, f"CREATE DATABASE {name}")
    database = Database(Settings(data=tmp_path_factory.mktemp("template"), database_url=_address(server, name)))
    migrate(database)
    database.dispose()
    yield name
    _run(server, f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with all tables, on SQLite and, where there is one, on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("database")
        return
    template = request.getfixturevalue("postgres_template")
    server, name = _server(), f"geoapp_test_{secrets.token_hex(6)}"
    _run(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    settings: Settings = request.getfixturevalue("settings")
    database = Database(replace(settings, database_url=_address(server, name)))
    yield database
    database.dispose()
    _run(server, f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()
