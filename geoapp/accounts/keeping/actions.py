"""Letting personal data go when their term has ended: one run for every declared field, and twice is once."""

from __future__ import annotations

import importlib
from datetime import datetime, timedelta
from typing import Any

from geoapp.accounts.appointments.actions import erase_at
from geoapp.accounts.keeping import store
from geoapp.accounts.people import system
from geoapp.accounts.privacy import ENDED_DAYS, SESSION_DAYS, declared
from geoapp.accounts.store import person_by_key
from geoapp.db import Database, utcnow

_AT_ONCE = 200


def keep_terms(database: Database, *, now: datetime | None = None) -> dict[str, int]:
    """Let everything go whose declared term has ended; how much went, by what let it go. Safe to run twice."""
    now, done = now or utcnow(), dict[str, int]()
    for field in declared():
        if field.forget and field.forget not in done:
            done[field.forget] = _named(field.forget)(database, now=now)
    return done


def erase_ended(database: Database, *, now: datetime) -> int:
    """Erase accounts that ended long ago, with all that parts keep of the person."""
    erased, actor = 0, system("clock")
    while True:
        with database.transaction() as connection:
            due = store.ended_before(connection, now - timedelta(days=ENDED_DAYS), limit=_AT_ONCE)
            for key in due:
                erase_at(database, connection, actor, person_by_key(connection, key), now=now)
        erased += len(due)
        if len(due) < _AT_ONCE:
            return erased


def forget_sessions(database: Database, *, now: datetime) -> int:
    """Drop sessions that ended, or ran out, some weeks ago."""
    with database.transaction() as connection:
        return store.drop_sessions(connection, now - timedelta(days=SESSION_DAYS))


def _named(target: str) -> Any:
    module, name = target.split(":")
    return getattr(importlib.import_module(module), name)
