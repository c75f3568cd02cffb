"""The databases that tests run on: a copy of one migrated SQLite file, or of one migrated PostgreSQL database."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from geoapp.config import Settings
from geoapp.db import Database
from geoapp.schema import migrate
from tests.heartbeat import beat

SQLITE, POSTGRES = "sqlite", "postgresql"
URL = "GEOAPP_TEST_POSTGRES_URL"


class PostgresServer:
    """A server where tests make databases of their own, by address; each is gone when its block ends."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with self._engine.connect() as connection:
            # Files are copied, as before version 15: going through the log instead takes three times as long.
            newer = connection.dialect.server_version_info >= (15,)
        self._files = " STRATEGY file_copy" if newer else ""

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Address of a database without any table."""
        with self._database() as name:
            yield self.address(name)

    @contextmanager
    def copy_of(self, template: str) -> Iterator[str]:
        """Address of a database like the template (0.03 s; migrating takes 1 s)."""
        with self._database(f" TEMPLATE {template}{self._files}") as name:
            yield self.address(name)

    @contextmanager
    def template(self, folder: Path, fill: Callable[[Database], None]) -> Iterator[str]:
        """Name of a database with what ``fill`` puts into it."""
        with self._database() as name:
            database = Database(Settings(data=folder, database_url=self.address(name)))
            migrate(database)
            fill(database)
            _slim(database)
            database.dispose()
            yield name

    def address(self, name: str, **parts: str | int) -> str:
        """Address of a database on this server; ``parts`` (host, port, username, password) differ where named."""
        return self._engine.url.set(database=name, **parts).render_as_string(hide_password=False)

    def run(self, statement: str) -> None:
        """A statement outside of transactions, on the server's own database."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def close(self) -> None:
        """No more connections."""
        self._engine.dispose()

    @contextmanager
    def _database(self, how: str = "") -> Iterator[str]:
        name = f"geoapp_test_{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name}{how}")
        try:
            yield name
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


def _slim(database: Database) -> None:
    """Half as much to copy: of the 8,500 reference systems that PostGIS brings, those that the program knows stay."""
    known = ", ".join(str(number) for number in (4326, 4490, 3857))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"DELETE FROM spatial_ref_sys WHERE srid NOT IN ({known})")
        connection.exec_driver_sql("VACUUM FULL spatial_ref_sys")


Installations = Callable[..., AbstractContextManager[Settings]]


def installations(folder: Path, engine: str, request: pytest.FixtureRequest) -> Installations:
    """What makes installations on an engine, each in a folder of its name.

    The database is a copy of what two session fixtures give, a file and the name of a PostgreSQL database; with
    ``like=None`` it has no tables yet.
    """

    @contextmanager
    def make(name: str, *, like: tuple[str, str] | None = ("migrated", "migrated_postgres")) -> Iterator[Settings]:
        own = Settings(data=folder / name, rate_limits=0)
        own.data.mkdir()
        beat(own.data)
        if engine == SQLITE:
            if like is not None:
                shutil.copyfile(request.getfixturevalue(like[0]), own.data / "geoapp.sqlite")
            yield own
            return
        server: PostgresServer = request.getfixturevalue("postgres")
        with server.empty() if like is None else server.copy_of(request.getfixturevalue(like[1])) as url:
            yield replace(own, database_url=url)

    return make


def engines_of(marker: pytest.Mark | None) -> list[object]:
    """Values of the fixture `engine` for a test: SQLite alone without the marker, both with it, those it names."""
    if marker is None:
        return [SQLITE]
    wanted = marker.args or (SQLITE, POSTGRES)
    assert set(wanted) <= {SQLITE, POSTGRES}, f"no engine of that name: {wanted}"
    return [pytest.param(name, marks=pytest.mark.postgres) if name == POSTGRES else name for name in wanted]


def missing() -> str:
    """Why there is no PostgreSQL for the tests, empty when there is one."""
    return "" if os.environ.get(URL) else f"no PostgreSQL here; run under .ci/with-postgres, or set {URL}"


def environment(settings: Settings) -> dict[str, str]:
    """Variables that lead a command or another process to the installation of these settings."""
    return {"GEOAPP_DATA": str(settings.data), "GEOAPP_DATABASE_URL": settings.database_url}
