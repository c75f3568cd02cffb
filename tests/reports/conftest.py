"""The street and its people, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from apiflask import APIFlask

from geoapp.app import create_app, register_tasks
from geoapp.config import Settings
from geoapp.db import Database
from tests import engines
from tests.reports.world import Town, make_town

# What cases queue is known to every process that serves or works, also to a test that runs alone.
register_tasks()


@pytest.fixture(scope="session")
def town_file(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Town]:
    """A folder with a database file of the town."""
    folder = tmp_path_factory.mktemp("town")
    shutil.copyfile(migrated, folder / "geoapp.sqlite")
    database = Database(Settings(data=folder))
    town = make_town(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return folder, town


@pytest.fixture(scope="session")
def town_postgres(
    postgres: engines.PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path, Town]]:
    """Name of a PostgreSQL database of the town, and its folder."""
    folder, made = tmp_path_factory.mktemp("town"), []
    with postgres.template(folder, lambda database: made.append(make_town(database))) as name:
        yield name, folder, made[0]


@pytest.fixture(scope="session")
def town_template(town_postgres: tuple[str, Path, Town]) -> str:
    """That name alone."""
    return town_postgres[0]


@pytest.fixture
def settings(installations: engines.Installations, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Settings of an installation of the test's own, with an empty database; on PostgreSQL with the town's at once."""
    like = ("migrated", "town_template" if "town" in request.fixturenames else "migrated_postgres")
    with installations("var", like=like) as own:
        yield own


@pytest.fixture
def town(settings: Settings, engine: str, request: pytest.FixtureRequest) -> Iterator[Town]:
    """The street and its people; in tests marked ``engines`` on PostgreSQL too."""
    if engine == engines.SQLITE:
        folder, made = request.getfixturevalue("town_file")
        shutil.copyfile(folder / "geoapp.sqlite", settings.data / "geoapp.sqlite")
    else:
        _, folder, made = request.getfixturevalue("town_postgres")
    shutil.copyfile(folder / "audit.head", settings.data / "audit.head")
    database = Database(settings)
    yield replace(made, database=database)
    database.dispose()


@pytest.fixture
def app(town: Town) -> Iterator[APIFlask]:
    """The application on the town's database."""
    app = create_app(town.database.settings)
    app.config["TESTING"] = True
    yield app
    app.extensions["geoapp"]["database"].dispose()


@pytest.fixture
def throttled(town: Town) -> Iterator[Town]:
    """The same town with the throttles on, as in production."""
    database = Database(replace(town.database.settings, rate_limits=1.0))
    yield replace(town, database=database)
    database.dispose()
