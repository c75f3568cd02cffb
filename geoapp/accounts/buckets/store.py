"""Buckets of tries and sendings, several at once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from geoapp.accounts.tables import throttles


class Buckets:
    """Buckets of several askers, read at once and written back at once; inside one transaction of the main line."""

    def __init__(self, connection: Connection, whats: Collection[str]) -> None:
        self._keys = {what: hashlib.sha256(what.encode()).hexdigest() for what in whats}
        found = connection.execute(_BUCKETS, {"keys": list(self._keys.values())}) if self._keys else ()
        self._states: dict[str, tuple[float, datetime]] = {row.key: (row.tokens, row.at) for row in found}
        self._taken: set[str] = set()

    def wait_s(self, what: str, *, capacity: float, refill_s: float, now: datetime) -> float:
        """Seconds until there is a token in a bucket; 0 when there is one."""
        have = self._have(self._keys[what], capacity, refill_s, now)
        return 0.0 if have >= 1 else float((1 - have) * refill_s)

    def take(self, what: str, *, capacity: float, refill_s: float, now: datetime) -> None:
        """Take a token that is there."""
        key = self._keys[what]
        self._states[key] = (self._have(key, capacity, refill_s, now) - 1, now)
        self._taken.add(key)

    def write(self, connection: Connection) -> None:
        """Store what was taken."""
        rows = [{"key": k, "tokens": self._states[k][0], "at": self._states[k][1]} for k in sorted(self._taken)]
        if rows:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            fresh = insert(throttles)
            new = {"tokens": fresh.excluded.tokens, "at": fresh.excluded.at}
            connection.execute(fresh.on_conflict_do_update(index_elements=["key"], set_=new), rows)

    def _have(self, key: str, capacity: float, refill_s: float, now: datetime) -> float:
        tokens, at = self._states.get(key, (capacity, now))
        return float(min(capacity, tokens + max(0.0, (now - at).total_seconds()) / refill_s))


_BUCKETS = sa.select(throttles).where(throttles.c.key.in_(sa.bindparam("keys", expanding=True)))
