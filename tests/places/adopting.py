"""A process that adopts a plan and withdraws it again, for ever: what the tests kill and back up meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from geoapp.accounts.people import system
from geoapp.config import Settings, read_settings
from geoapp.db import Database
from geoapp.places import actions, store
from tests.engines import environment
from tests.places.street import plan_of, squares

ROOT = Path(__file__).parents[2]
DAY = date(2023, 7, 1)
PLAN = plan_of((squares(0, 0, 1, 4), 1560), (squares(1, 0, 4, 4), 3000), names=["西", "东"])


def state(database: Database) -> list[str]:
    """Codes and names in force on the day of the plan, and whether the links agree with them."""
    with database.reading() as connection:
        rows = [f"{v.code} {v.name} {v.households}" for v in store.versions(connection, on=DAY, geometry=False)]
        return rows + [f"{link.predecessor}>{link.successor}" for _, link in store.links(connection)]


def both_states(database: Database) -> tuple[list[str], list[str]]:
    """The old state and the new one; the database is left in the old one."""
    old = state(database)
    outcome = actions.split_by_plan(database, PLAN, on=DAY, by=system("测试"))
    new = state(database)
    actions.undo(database, outcome.operation_id, by=system("测试"))
    return old, new


@contextmanager
def running(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """The process, from its first adoption on."""
    command = [sys.executable, "-m", "tests.places.adopting"]
    environ = {**os.environ, **environment(settings)}
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def main() -> None:
    database = Database(read_settings())
    print("ready", flush=True)
    while True:
        outcome = actions.split_by_plan(database, PLAN, on=DAY, by=system("测试"))
        actions.undo(database, outcome.operation_id, by=system("测试"))


if __name__ == "__main__":
    main()
