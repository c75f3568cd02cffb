"""What the database itself refuses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.accounts.privacy import personal_field
from geoapp.db import Database, metadata
from geoapp.reports import (
    personal,  # noqa: F401  declares
    tables,
)

pytestmark = pytest.mark.engines

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def add_report(connection: Connection, **values: Any) -> int:
    row = {
        "key": "k", "number": "000000000", "matter": "problem", "kind": "unsorted", "urgency": "general",
        "stage": "collect", "channel": "map", "origin": "", "evidence": "none", "datum": "wgs84",
        "near_border": False, "address": "", "place_code": "", "duty_code": "", "route": "", "reported_at": NOW,
        "term": "24h", "language": "zh", **values,
    }  # fmt: skip
    return int(connection.execute(tables.reports.insert().values(row).returning(tables.reports.c.id)).scalar_one())


def add_event(connection: Connection, report_id: int) -> None:
    row = {"report_id": report_id, "at": NOW, "kind": "send", "actor": "visitor", "from_stage": "",
           "to_stage": "collect", "duty_code": "", "data": {}, "revision": 1}  # fmt: skip
    connection.execute(tables.report_events.insert().values(row))


@pytest.mark.parametrize("change", ["UPDATE report_event SET actor = 'x'", "DELETE FROM report_event"])
def test_the_timeline_refuses_any_change(database: Database, change: str) -> None:
    with database.transaction() as connection:
        add_event(connection, add_report(connection))
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), database.transaction() as connection:
        connection.exec_driver_sql(change)


@pytest.mark.parametrize(
    "impossible",
    [
        {"stage": "evaluate"},
        {"stage": "hung"},
        {"stage": "merged"},
        {"matter": "rumour"},
        {"paused_at": NOW},
    ],
    ids=str,
)
def test_a_state_that_contradicts_itself_is_not_stored(database: Database, impossible: dict[str, Any]) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.transaction() as connection:
        add_report(connection, **impossible)


def test_one_number_of_one_origin_is_stored_once(database: Database) -> None:
    with database.transaction() as connection:
        add_report(connection, origin="12345", origin_number="20261118-0412")
        add_report(connection, key="k2", number="000000001", origin="import", origin_number="20261118-0412")
        add_report(connection, key="k3", number="000000002")
        add_report(connection, key="k4", number="000000003")
    with pytest.raises(sa.exc.IntegrityError), database.transaction() as connection:
        add_report(connection, key="k5", number="000000004", origin="12345", origin_number="20261118-0412")


def test_every_personal_column_is_declared() -> None:
    marked = [c.info["personal"] for t in metadata.tables.values() for c in t.columns if "personal" in c.info]
    assert {"report.words", "report.contact", "report.address"} <= set(marked)
    for key in marked:
        assert personal_field(key).purpose
