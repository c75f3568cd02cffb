"""An adoption that is killed at any moment leaves the old state or the new one."""

from __future__ import annotations

import sys
import time

import numpy as np
import pytest

from geoapp.accounts.people import system
from geoapp.db import Database
from geoapp.places import actions
from tests.places import adopting
from tests.places.street import FIRST, HOME, street_records

pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX systems"),
]


@pytest.mark.parametrize("rounds", [2, pytest.param(50, marks=pytest.mark.long)])
def test_killed_at_any_moment_it_leaves_the_old_state_or_the_new_one(
    database: Database, rng: np.random.Generator, rounds: int
) -> None:
    actions.load_places(database, street_records(), on=FIRST, by=system("测试"))
    old, new = adopting.both_states(database)
    assert old != new
    seen = set()
    for delay_s in rng.uniform(0.0, 0.15, size=rounds):
        with adopting.running(database.settings):
            time.sleep(delay_s)
        found = adopting.state(database)
        assert found in (old, new)
        if database.is_sqlite:
            with database.reading() as connection:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        seen.add(found == new)
        if found == new:
            undo_newest(database)
    assert seen, f"{HOME} was looked at"


def undo_newest(database: Database) -> None:
    from geoapp.places import store

    with database.reading() as connection:
        newest = next(e for e in store.recent_operations(connection, limit=5) if e.withdrawn_at is None)
    actions.undo(database, newest.id, by=system("测试"))
