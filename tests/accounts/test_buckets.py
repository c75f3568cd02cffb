"""Buckets read and written together count as one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from geoapp.accounts.buckets.store import Buckets
from geoapp.accounts.store import take_token
from geoapp.db import Database

NOW = datetime(2026, 11, 20, tzinfo=UTC)
pytestmark = pytest.mark.engines


def test_what_is_taken_together_is_what_would_be_taken_one_by_one(database: Database) -> None:
    """Three at once, one more every ten seconds; a token taken the one way is missed the other way."""
    with database.transaction() as connection:
        buckets = Buckets(connection, ["a", "b"])
        for _ in range(3):
            assert buckets.wait_s("a", capacity=3, refill_s=10, now=NOW) == 0
            buckets.take("a", capacity=3, refill_s=10, now=NOW)
        assert buckets.wait_s("a", capacity=3, refill_s=10, now=NOW) == 10
        assert buckets.wait_s("b", capacity=3, refill_s=10, now=NOW) == 0
        buckets.write(connection)
    with database.transaction() as connection:
        assert take_token(connection, "a", capacity=3, refill_s=10, now=NOW) == 10
        later = NOW + timedelta(seconds=15)
        assert take_token(connection, "a", capacity=3, refill_s=10, now=later) == 0
        again = Buckets(connection, ["a"])
        assert again.wait_s("a", capacity=3, refill_s=10, now=later) == 5
        again.write(connection)
        Buckets(connection, []).write(connection)
