"""Migrations build exactly the tables that the code declares, and each can be taken back."""

from __future__ import annotations

import importlib
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from geoapp import schema
from geoapp.config import Settings
from geoapp.db import Database, metadata

ROOT = Path(__file__).parents[2] / "geoapp"


def load_all_tables() -> None:
    for path in [*ROOT.rglob("tables.py"), ROOT / "jobs.py"]:
        importlib.import_module(".".join(["geoapp", *path.relative_to(ROOT).with_suffix("").parts]))


def test_the_migrated_database_has_the_declared_tables(database: Database) -> None:
    load_all_tables()
    with database.reading() as connection:
        context = MigrationContext.configure(
            connection,
            # R*Tree tables and what they are made of belong to the index, not to the model.
            opts={"include_name": lambda name, kind, _: not (kind == "table" and name and "_rtree" in name)},
        )
        differences = compare_metadata(context, metadata)
    assert differences == []


def test_every_step_can_be_taken_back_and_done_again(tmp_path: Path) -> None:
    database = Database(Settings(data=tmp_path))
    schema.migrate(database)
    schema.migrate(database, "base")
    with database.reading() as connection:
        left = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE name NOT LIKE 'alembic%' AND name NOT LIKE 'sqlite%'"
        ).scalars()
        assert list(left) == []
    schema.migrate(database)
    assert schema.current(database) == schema.head()
    database.dispose()


def test_a_migration_is_named_by_its_number_and_follows_the_one_before() -> None:
    names = sorted(path.stem for path in (ROOT / "migrations").glob("[0-9]*.py"))
    for position, name in enumerate(names, start=1):
        module = schema.script(name[:4])
        assert name.startswith(f"{position:04d}_")
        assert module.down_revision == (f"{position - 1:04d}" if position > 1 else None)
