"""Brings the database's tables to the version that this code expects, and tells when they are not."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from geoapp.config import Settings
from geoapp.db import Database, metadata
from geoapp.errors import Unavailable

_FOLDER = Path(__file__).parent / "migrations"


class WrongSchema(Unavailable):
    """The tables are not those of this version of the program."""


def _scripts() -> ScriptDirectory:
    # The revisions are the folder's only content: no alembic.ini, no env.py, nothing to configure twice.
    return ScriptDirectory(str(_FOLDER), version_locations=[str(_FOLDER)])


@cache
def head() -> str:
    """Newest revision that this code knows."""
    return _scripts().get_current_head() or ""


def current(database: Database) -> str:
    """Revision that the database is at; empty for a new one."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def migrate(database: Database, revision: str = "head") -> None:
    """Move the tables to ``revision`` in one transaction, forwards or back (``base`` empties the database)."""
    scripts = _scripts()
    target = (scripts.get_current_head() or "") if revision == "head" else revision

    def steps(now: Any, _: Any) -> Any:
        before = now[0] if isinstance(now, tuple) and now else now
        down = target == "base" or (before and before > target)
        return scripts._downgrade_revs(target, now) if down else scripts._upgrade_revs(target, now)

    config = Config()
    with database.transaction() as connection, EnvironmentContext(config, scripts, fn=steps) as environment:
        environment.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
        environment.run_migrations()


def prepared(settings: Settings) -> Database:
    """The installation's database with the tables that this code expects, made or brought up to date.

    For commands that a person types on a new folder: nobody should have to know that tables come first.
    """
    database = Database(settings)
    if current(database) != head():
        migrate(database)
    return database


def require_current(database: Database) -> None:
    """WrongSchema unless the tables are those that this code expects."""
    have, want = current(database), head()
    if have != want:
        raise WrongSchema(f"数据库结构版本为 {have or '空'}，程序需要 {want}；请先运行 geoapp db upgrade。")


def script(revision: str) -> Any:
    """The migration of that number, as alembic knows it."""
    return _scripts().get_revision(revision)
