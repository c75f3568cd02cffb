"""A process that writes as many entries into the audit as it is told, once it is given a line of input."""

from __future__ import annotations

import sys

from geoapp.accounts.people import system
from geoapp.accounts.trail import actions as trail
from geoapp.config import read_settings
from geoapp.db import Database


def main(name: str, count: int) -> None:
    database = Database(read_settings())
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        with database.transaction(line=None) as connection:
            trail.record(database, connection, system(name), "places.adopt", subject=f"{name} {number}")
    database.dispose()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
