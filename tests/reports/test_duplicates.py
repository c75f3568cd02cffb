"""Near, then new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from geoapp.reports import store
from geoapp.reports.duplicates import Nearby, rank
from tests.reports.world import Town

NOW = datetime(2026, 11, 20, tzinfo=UTC)
LON, LAT = 116.46, 39.94


def nearby(number: int, north_m: float, hours_ago: int) -> Nearby:
    lat = LAT + north_m / 111_319.5
    return Nearby(
        number, f"k{number}", f"{number:09d}", "lamp", "handle", LON, lat, NOW - timedelta(hours=hours_ago), 0
    )


def test_the_nearest_come_first_and_of_those_as_near_the_newest() -> None:
    far, near_old, near_new, outside = nearby(1, 45, 1), nearby(2, 3, 30), nearby(3, 8, 2), nearby(4, 51, 0)
    found = rank([far, near_old, outside, near_new], lon=LON, lat=LAT, radius_m=50)
    assert [c.report_id for c in found] == [3, 2, 1]
    assert [round(c.distance_m) for c in found] == [8, 3, 45]


def test_sqlite_looks_at_the_reports_in_the_box_not_at_all_of_the_kind(town: Town) -> None:
    asked: list[tuple[str, object]] = []
    engine = town.database.engine
    sa.event.listen(engine, "before_cursor_execute", lambda _c, _u, text, given, _x, _m: asked.append((text, given)))
    with town.database.reading() as connection:
        store.near_open(connection, "lamp", LON, LAT, 50.0)
        text, given = asked[-1]
        steps = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given)]
    assert steps[0] == "SEARCH report USING INTEGER PRIMARY KEY (rowid=?)"
