"""Migrations build exactly the tables that the code declares, and each can be taken back."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType

from geoapp import schema
from geoapp.db import Database, metadata

#: What a database without tables still holds: all but alembic's and the extensions' own things.
LEFT = {
    "sqlite": "SELECT name FROM sqlite_master WHERE name NOT LIKE 'alembic%' AND name NOT LIKE 'sqlite%'",
    "postgresql": """
        SELECT relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S')
        AND relname <> 'alembic_version' AND NOT EXISTS (
            SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
        UNION ALL SELECT proname FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')""",
}
ROOT = Path(__file__).parents[2] / "geoapp"


def load_all_tables() -> None:
    for path in [*ROOT.rglob("tables.py"), ROOT / "jobs.py"]:
        importlib.import_module(".".join(["geoapp", *path.relative_to(ROOT).with_suffix("").parts]))


class Geometry(UserDefinedType[bytes]):
    """PostGIS's type as it is read back from a database."""

    def __init__(self, *_: object) -> None:
        pass

    def get_col_spec(self, **_: object) -> str:
        return "geometry(Geometry, 4326)"


def is_declared(name: str | None, kind: str, _: object) -> bool:
    """Spatial indexes and what they are made of belong to the engine, not to the model."""
    if kind == "table":
        return "_rtree" not in (name or "") and name != "spatial_ref_sys"
    return not (kind == "index" and name and (name.endswith("_geom") or name == "ex_place_version_no_overlap"))


@pytest.mark.engines
def test_the_migrated_database_has_the_declared_tables(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    load_all_tables()
    monkeypatch.setitem(ischema_names, "geometry", Geometry)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_declared})
        assert compare_metadata(context, metadata) == []


@pytest.mark.engines
def test_every_step_can_be_taken_back_and_done_again(installations: Any) -> None:
    with installations("new", like=None) as settings:
        take_back_and_do_again(Database(settings))


def take_back_and_do_again(database: Database) -> None:
    schema.migrate(database)
    schema.migrate(database, "base")
    with database.reading() as connection:
        left = connection.exec_driver_sql(LEFT[database.engine.dialect.name]).scalars()
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
