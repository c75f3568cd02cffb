"""Writing the audit and checking it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from sqlalchemy.engine import Connection

from geoapp.accounts.audit import Break, Entry, first_break
from geoapp.accounts.people import Actor, path_text
from geoapp.accounts.roles import PlacePath
from geoapp.accounts.trail import store
from geoapp.db import Database, after_commit, utcnow

#: Number of the request at hand, set by the web (`geoapp.accounts.guards`); commands and tasks have none.
REQUEST: ContextVar[str] = ContextVar("request", default="")


def record(
    database: Database,
    connection: Connection,
    actor: Actor,
    action: str,
    *,
    subject: str,
    place: PlacePath = (),
    values: dict[str, Any] | None = None,
) -> Entry:
    """Tell of a change, in its own transaction: either both are stored or neither.

    ``values`` is {field: [before, after]}; personal values go in through `store.seal` first. A field that had no value
    and has none is left out. The entry carries the number of the request at hand.
    """
    told = {field: pair for field, pair in (values or {}).items() if pair != [None, None]}
    blank = Entry(0, utcnow(), actor.name, action, subject, path_text(place), told, REQUEST.get()[:32], "", "")
    entry = store.append(connection, blank)
    after_commit(connection, lambda: store.note_head(database.settings.data, entry.number, entry.digest))
    return entry


def verify(database: Database) -> tuple[int, Break | None]:
    """Number of entries, and the first place where the chain does not hold (None: it holds)."""
    # The head is read first: entries that are written meanwhile can only lie behind it.
    head = store.read_head(database.settings.data)
    count = 0

    def counted(connection: Connection) -> Any:
        nonlocal count
        for entry in store.entries(connection):
            count += 1
            yield entry

    with database.reading() as connection:
        found = first_break(counted(connection), head=head)
    return count, found
