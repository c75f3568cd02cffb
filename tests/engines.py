"""The databases that tests run on: a copy of one migrated SQLite file, or of one migrated PostgreSQL database."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from geoapp.config import Settings
from geoapp.db import Database
from geoapp.schema import migrate
from tests.heartbeat import beat

SQLITE, POSTGRES = "sqlite", "postgresql"
URL = "GEOAPP_TEST_POSTGRES_URL"


class PostgresServer:
    """A server where tests make databases of their own, by address; each is gone, or emptied, when its block ends."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        self._spare: dict[str, list[_Lent]] = {}
        self._contents: dict[str, _Contents] = {}
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
    def borrowed(self, template: str) -> Iterator[str]:
        """Address of a database like the template: one that was used before, emptied and filled again.

        Making one anew takes ten times as long: the server writes everything out before it copies a file.
        """
        spare = self._spare.setdefault(template, [])
        lent = spare.pop() if spare else self._lent(template)
        try:
            yield self.address(lent.name)
        finally:
            again = False
            with suppress(psycopg.OperationalError):  # a test that shows everybody the door
                again = lent.is_again(self._contents[template])
            if again:
                spare.append(lent)
            else:
                lent.connection.close()
                self.run(f"DROP DATABASE {lent.name} WITH (FORCE)")

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
        """No more databases nor connections."""
        for lent in itertools.chain(*self._spare.values()):
            lent.connection.close()
            self.run(f"DROP DATABASE {lent.name} WITH (FORCE)")
        self._engine.dispose()

    def _lent(self, template: str) -> _Lent:
        if template not in self._contents:
            with closing(self._connected(template)) as connection:
                self._contents[template] = _Contents.of(connection)
        name = self._made(f" TEMPLATE {template}{self._files}")
        return _Lent(name, self._connected(name))

    def _connected(self, name: str) -> psycopg.Connection[Any]:
        address = self._engine.url.set(drivername="postgresql", database=name)
        return psycopg.connect(address.render_as_string(hide_password=False), autocommit=True)

    def _made(self, how: str) -> str:
        name = f"geoapp_test_{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name}{how}")
        return name

    @contextmanager
    def _database(self, how: str = "") -> Iterator[str]:
        name = self._made(how)
        try:
            yield name
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


@dataclass(frozen=True)
class _Contents:
    """What a database holds: its shape, the rows of each table as COPY writes them, and how far sequences are."""

    shape: list[tuple[Any, ...]]
    rows: dict[str, bytes]
    numbers: dict[str, int]

    @classmethod
    def of(cls, connection: psycopg.Connection[Any]) -> _Contents:
        rows = {}
        for table, columns in connection.execute(_TABLES).fetchall():
            with connection.cursor().copy(f"COPY {table} ({columns}) TO STDOUT (FORMAT binary)") as out:
                written = b"".join(bytes(part) for part in out)
            if len(written) > _NO_ROWS:
                rows[f"{table} ({columns})"] = written
        return cls(connection.execute(_SHAPE).fetchall(), rows, dict(connection.execute(_NUMBERS).fetchall()))


@dataclass(frozen=True)
class _Lent:
    """A database of tests, and a connection that outlives each of them."""

    name: str
    connection: psycopg.Connection[Any]

    def is_again(self, contents: _Contents) -> bool:
        """Give it these rows and numbers again; False when a test changed more than rows."""
        self.connection.execute(_LEAVE)
        if self.connection.execute(_SHAPE).fetchall() != contents.shape:
            return False
        with self.connection.transaction():
            self.connection.execute(_EMPTY)
            for table, rows in contents.rows.items():
                with self.connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT binary)") as to:
                    to.write(rows)
            for sequence, last in contents.numbers.items():
                self.connection.execute("SELECT setval(%s, %s)", (sequence, last))
        return True


#: Bytes of a binary copy without rows: its header and its end.
_NO_ROWS = 21
_LEAVE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
#: Tables and those of their columns that can be written.
_TABLES = """
    SELECT c.oid::regclass::text, string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_class c
      JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'spatial_ref_sys' GROUP BY c.oid
"""
_NUMBERS = """
    SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename), last_value FROM pg_sequences
     WHERE last_value IS NOT NULL
"""
#: All that is not rows: columns, indexes, conditions, triggers, schemas, owner and settings.
_SHAPE = """
    SELECT 'column', attrelid::regclass::text || ' ' || attname || ' ' || atttypid::regtype || ' ' || attnotnull
      FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
     WHERE relkind IN ('r', 'p', 'v', 'S') AND attnum > 0 AND relnamespace::regnamespace::text !~ '^pg_'
       AND relnamespace::regnamespace::text <> 'information_schema'
    UNION ALL SELECT 'index', pg_get_indexdef(indexrelid) || indisvalid || indisready FROM pg_index
     WHERE indexrelid >= 16384
    UNION ALL SELECT 'condition', conrelid::regclass || ' ' || pg_get_constraintdef(oid) || convalidated
      FROM pg_constraint WHERE oid >= 16384
    UNION ALL SELECT 'trigger', pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'schema', nspname FROM pg_namespace WHERE nspname !~ '^pg_'
    UNION ALL SELECT 'extension', extname FROM pg_extension
    UNION ALL SELECT 'owner', datdba::regrole::text FROM pg_database WHERE datname = current_database()
    UNION ALL SELECT 'setting', setconfig::text FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase
     WHERE datname = current_database()
    ORDER BY 1, 2
"""
#: Without triggers, which refuse just this, for the rest of the transaction. What was large is begun anew, so that it
#: does not stay slow.
_EMPTY = """
DO $$
DECLARE each record; refusing text[];
BEGIN
  SET LOCAL session_replication_role = replica;
  SELECT coalesce(array_agg(tgrelid::regclass || '|' || quote_ident(tgname)), '{}') INTO refusing FROM pg_trigger
   WHERE tgenabled = 'A' AND NOT tgisinternal AND pg_relation_size(tgrelid) > 0;
  FOR i IN 1 .. cardinality(refusing) LOOP
    EXECUTE 'ALTER TABLE ' || split_part(refusing[i], '|', 1) || ' DISABLE TRIGGER ' || split_part(refusing[i], '|', 2);
  END LOOP;
  FOR each IN SELECT c.oid::regclass AS name, pg_relation_size(c.oid) AS bytes FROM pg_class c
     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'spatial_ref_sys' LOOP
    IF each.bytes > 262144 THEN
      EXECUTE 'TRUNCATE ' || each.name || ' CASCADE';
    ELSIF each.bytes > 0 THEN
      EXECUTE 'DELETE FROM ' || each.name;
    END IF;
  END LOOP;
  FOR each IN SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename) AS name FROM pg_sequences
     WHERE last_value IS NOT NULL LOOP
    EXECUTE 'ALTER SEQUENCE ' || each.name || ' RESTART';
  END LOOP;
  FOR i IN 1 .. cardinality(refusing) LOOP
    EXECUTE 'ALTER TABLE ' || split_part(refusing[i], '|', 1) || ' ENABLE ALWAYS TRIGGER '
      || split_part(refusing[i], '|', 2);
  END LOOP;
END $$
"""


def _slim(database: Database) -> None:
    """Half as much to copy: of the 8,500 reference systems that PostGIS brings, those that the program knows stay."""
    known = ", ".join(str(number) for number in (4326, 4490, 3857))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"DELETE FROM spatial_ref_sys WHERE srid NOT IN ({known})")
        connection.exec_driver_sql("VACUUM FULL spatial_ref_sys")


def sqlite_template(folder: Path, migrated: Path, fill: Callable[[Database], None]) -> Path:
    """A database file with what ``fill`` puts into it, whole in one file, to be copied."""
    shutil.copyfile(migrated, folder / "geoapp.sqlite")
    database = Database(Settings(data=folder))
    fill(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return folder / "geoapp.sqlite"


#: The fixtures of a database with all tables and no rows.
_ROWLESS = ("migrated", "migrated_postgres")

Installations = Callable[..., AbstractContextManager[Settings]]


def installations(folder: Path, engine: str, request: pytest.FixtureRequest) -> Installations:
    """What makes installations on an engine, each in a folder of its name.

    The database is a copy of what two session fixtures give, a file and the name of a PostgreSQL database; with
    ``like=None`` it has no tables yet.
    """

    @contextmanager
    def make(name: str, *, like: tuple[str, str] | None = _ROWLESS) -> Iterator[Settings]:
        own = Settings(data=folder / name, rate_limits=0)
        own.data.mkdir()
        beat(own.data)
        if engine == SQLITE:
            if like is not None:
                shutil.copyfile(request.getfixturevalue(like[0]), own.data / "geoapp.sqlite")
            yield own
            return
        server: PostgresServer = request.getfixturevalue("postgres")
        if like is None:
            database = server.empty()
        else:
            database = server.borrowed(request.getfixturevalue(like[1]))
        with database as url:
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
