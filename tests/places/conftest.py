"""A database with the tiny street in it."""

from __future__ import annotations

import pytest

from geoapp.accounts.people import system
from geoapp.db import Database
from geoapp.places import actions
from tests.places.street import FIRST, street_records


@pytest.fixture
def town(database: Database) -> Database:
    """A database with the street in it."""
    actions.load_places(database, street_records(), on=FIRST, by=system("测试"))
    return database
