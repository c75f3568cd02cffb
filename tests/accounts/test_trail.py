"""The database refuses to change the audit, and verify finds what was changed behind its back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from geoapp.accounts.people import Actor
from geoapp.accounts.trail import actions as trail
from geoapp.accounts.trail import store
from geoapp.config import Settings
from geoapp.db import Database

pytestmark = pytest.mark.engines

SYSTEM = Actor(system="test")


@pytest.fixture
def audited(database: Database) -> Database:
    for number in range(5):
        with database.transaction() as connection:
            trail.record(database, connection, SYSTEM, "places.adopt", subject=f"s{number}", values={"staff": [16, 20]})
    return database


@pytest.mark.parametrize("change", ["UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry WHERE number = 2"])
def test_the_database_refuses_any_change(audited: Database, change: str) -> None:
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), audited.transaction() as connection:
        connection.exec_driver_sql(change)
    assert trail.verify(audited) == (5, None)


@pytest.mark.engines("sqlite")
def test_an_altered_row_and_a_cut_tail_are_found(audited: Database) -> None:
    with audited.transaction() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_entry_no_update")
        connection.exec_driver_sql("DROP TRIGGER audit_entry_no_delete")
        connection.exec_driver_sql("""UPDATE audit_entry SET values_json = '{"staff": [16, 99]}' WHERE number = 3""")
    found = trail.verify(audited)[1]
    assert found is not None and found.number == 3
    with audited.transaction() as connection:
        connection.exec_driver_sql("""UPDATE audit_entry SET values_json = '{"staff": [16, 20]}' WHERE number = 3""")
    assert trail.verify(audited)[1] is None
    with audited.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM audit_entry WHERE number > 3")
    found = trail.verify(audited)[1]
    assert found is not None and "截断" in found.reason


def test_an_undone_change_leaves_no_entry_and_no_head(audited: Database, settings: Settings) -> None:
    with pytest.raises(RuntimeError), audited.transaction() as connection:
        trail.record(audited, connection, SYSTEM, "places.adopt", subject="undone")
        raise RuntimeError
    assert trail.verify(audited) == (5, None)
    head = store.read_head(settings.data)
    assert head is not None and head[0] == 5


def test_an_older_head_never_replaces_a_newer_one(settings: Settings) -> None:
    store.note_head(settings.data, 7, "a" * 64)
    store.note_head(settings.data, 6, "b" * 64)
    assert store.read_head(settings.data) == (7, "a" * 64)
