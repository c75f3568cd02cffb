"""A database with the tiny street in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from geoapp.accounts.people import system
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.places import actions
from tests.engines import PostgresServer, sqlite_template
from tests.places.street import FIRST, street_records


def build_street(database: Database) -> None:
    """The street of the drawing, from its first day on."""
    actions.load_places(database, street_records(), on=FIRST, by=system("测试"))


@pytest.fixture(scope="session")
def built_street(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Path:
    """A database with the street in it, made once and copied for each test."""
    return sqlite_template(tmp_path_factory.mktemp("street"), migrated, build_street)


@pytest.fixture(scope="session")
def built_street_postgres(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same on PostgreSQL, by name."""
    with postgres.template(tmp_path_factory.mktemp("street"), build_street) as name:
        yield name


@pytest.fixture
def settings(installations: Any, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """The installation of a test that asks for the town has it, any other an empty one."""
    like = {"like": ("built_street", "built_street_postgres")} if "town" in request.fixturenames else {}
    with installations("var", **like) as own:
        yield own


@pytest.fixture
def town(database: Database) -> Database:
    """A database with the street in it."""
    return database
