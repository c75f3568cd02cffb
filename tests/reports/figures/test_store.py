"""Counts of cases against a plain reckoning of the same cases, on both engines."""

from __future__ import annotations

import random
import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from geoapp.reports import store as core
from geoapp.reports.calling.actions import arrive, respond, whistle
from geoapp.reports.figures.periods import Period, steps, whole
from geoapp.reports.figures.rates import Tally
from geoapp.reports.figures.store import Calls, Scope, calls, tallies
from geoapp.reports.figures.tables import callbacks
from geoapp.reports.handling.actions import Target, accept
from geoapp.reports.numbers import new_number
from tests.places.street import EAST, HOME, STREET
from tests.reports.data import BEIJING
from tests.reports.world import GRID, HOUR, NOW, Town

pytestmark = pytest.mark.engines

DAY = timedelta(days=1)
OCTOBER = whole(date(2026, 10, 1), date(2026, 11, 1), zone=BEIJING)
LATER = datetime(2026, 12, 1, tzinfo=UTC)


def put(
    connection: Connection,
    reported: datetime,
    *,
    place: str = GRID,
    hours: float | None = 24,
    closed_after: float | None = 10,
    stage: str = "",
    outcome: str | None = "done",
    **more: Any,
) -> int:
    """A case; hours of its term, and after how many it was closed (None: never)."""
    closed = None if closed_after is None else reported + timedelta(hours=closed_after)
    values: dict[str, Any] = {
        "number": new_number(secrets.randbelow), "matter": "problem", "kind": "rubbish", "urgency": "general",
        "stage": stage or ("evaluate" if closed else "handle"), "outcome": outcome if closed else None,
        "channel": "map", "origin": "", "evidence": "place", "datum": "wgs84", "near_border": False, "address": "",
        "place_code": place, "duty_code": place, "route": "", "reported_at": reported, "closed_at": closed,
        "due_at": None if hours is None else reported + timedelta(hours=hours), "term": "24h", "reopened": 0,
        "raised": 0, "me_too": 0, "hidden": False, "language": "zh", "illustrative": False, "revision": 1,
    }  # fmt: skip
    key = secrets.token_hex(8)
    return core.add_cases(connection, [{"key": key, **core.point_columns(None), **values, **more}])[key]


def called_back(connection: Connection, report_id: int, state: str = "answered", **said: Any) -> None:
    values = {"source": "hotline", "at": LATER - DAY, "reason": "", "by": "test", "counts": True, "responded": None,
              "solved": None, "satisfied": None}  # fmt: skip
    connection.execute(callbacks.insert().values({**values, **said, "report_id": report_id, "state": state}))


def count(town: Town, *, by: tuple[str, ...] = (), level: str = "community", scope: Scope | None = None,
          at: datetime = LATER, period: Period = OCTOBER) -> dict[tuple[str, ...], Tally]:  # fmt: skip
    with town.database.reading() as connection:
        return tallies(connection, [period], scope or Scope(), by=by, level=level, at=at)[0]


def test_what_counts_and_what_does_not(town: Town) -> None:
    t = datetime(2026, 10, 5, tzinfo=UTC)
    with town.database.transaction() as connection:
        put(connection, t)  # in time
        put(connection, t, closed_after=24)  # on the minute: in time
        put(connection, t, closed_after=30)  # late
        put(connection, t, closed_after=None)  # never
        put(connection, t, hours=None)  # no term: received and closed, not due
        put(connection, t, outcome="not_ours")  # received only
        put(connection, t, stage="hung", closed_after=None, paused_at=t)  # the clock stands
        put(connection, t, hidden=True)
        withdrawn = put(connection, t, closed_after=None)
        connection.execute(core.reports.update().where(core.reports.c.id == withdrawn).values(stage="withdrawn"))
        put(connection, datetime(2026, 10, 31, 15, tzinfo=UTC))  # due in November, closed in November
        put(connection, datetime(2026, 9, 30, 10, tzinfo=UTC))  # of September, due and closed in October
    (tally,) = count(town).values()
    assert (tally.received, tally.due, tally.closed_of_due, tally.closed_in_time, tally.closed) == (8, 5, 4, 3, 5)
    # Looked at on the sixth of October at noon: the late one, closed at six, is closed; the November ones are not.
    early = count(town, at=datetime(2026, 10, 6, 0, 0, tzinfo=UTC))[()]
    assert (early.closed_of_due, early.closed_in_time) == (3, 3)


def test_call_backs_and_what_was_said_through_the_receipt(town: Town) -> None:
    t = datetime(2026, 10, 5, tzinfo=UTC)
    with town.database.transaction() as connection:
        ids = [put(connection, t) for _ in range(5)]
        called_back(connection, ids[0], responded=True, solved=True, satisfied=False)
        called_back(connection, ids[1], responded=True, solved=False)
        called_back(connection, ids[2], "excluded", reason="不合理诉求")
        called_back(connection, ids[3], "missed")
        # The hotline was there first; what stands with the report fills what it did not ask.
        put(connection, t, judged_at=t + DAY, solved=True, satisfied=True)
        connection.execute(callbacks.update().where(callbacks.c.report_id == ids[0]).values(at=LATER + DAY))
    tally = count(town)[()]
    assert (tally.closed, tally.excluded, tally.missed, tally.answered, tally.not_asked) == (6, 1, 1, 2, 3)
    assert [str(s) for s in (tally.responding, tally.solving, tally.satisfying)] == ["1/1", "1/2", "1/1"]
    # A call-back counts from its day on.
    later = count(town, at=LATER + 2 * DAY)[()]
    assert [str(s) for s in (later.responding, later.solving, later.satisfying)] == ["2/2", "2/3", "1/2"]


def test_by_place_kind_and_source(town: Town) -> None:
    t = datetime(2026, 10, 5, tzinfo=UTC)
    with town.database.transaction() as connection:
        put(connection, t)
        put(connection, t, place=GRID + "01", kind="lamp", channel="order", origin="12345")
        put(connection, t, place=EAST)
        put(connection, t, place="")
    assert {k: v.received for k, v in count(town, by=("place",)).items()} == {(HOME,): 2, (EAST,): 1, ("",): 1}
    assert {k: v.received for k, v in count(town, by=("place",), level="grid").items()} == {
        (GRID,): 2, (EAST,): 1, ("",): 1,
    }  # fmt: skip
    inside = Scope(place_code=HOME)
    assert {k: v.received for k, v in count(town, by=("kind", "source"), scope=inside).items()} == {
        ("rubbish", "map"): 1, ("lamp", "12345"): 1,
    }  # fmt: skip
    for scope, wanted in ((Scope(kinds=("lamp",)), 1), (Scope(channels=("map",)), 3), (Scope(origins=("12345",)), 1)):
        assert count(town, scope=scope)[()].received == wanted
    assert count(town, scope=Scope(place_code=STREET))[()].received == 3


def test_many_periods_at_once_are_each_alone_and_sum_to_the_whole(town: Town) -> None:
    """A year of random cases, by hand: each count is that of a loop over the cases."""
    rng = random.Random(11)
    first = datetime(2026, 1, 1, tzinfo=UTC)
    cases = [
        (first + timedelta(minutes=rng.randrange(365 * 1440)), rng.choice([GRID, HOME + "002", EAST]),
         rng.choice(["rubbish", "lamp"]), rng.choice([None, 5.0, 23.0, 25.0, 200.0]))
        for _ in range(150)
    ]  # fmt: skip
    with town.database.transaction() as connection:
        for reported, place, kind, closed_after in cases:
            put(connection, reported, place=place, kind=kind, closed_after=closed_after)
    for step, place in (("month", ""), ("week", HOME), ("quarter", STREET), ("year", "")):
        periods = steps(date(2026, 1, 1), date(2027, 1, 1), step=step, zone=BEIJING)
        with town.database.reading() as connection:
            found = tallies(connection, periods, Scope(place), by=["kind"], level="community", at=LATER)
        for period, cells in zip(periods, found, strict=True):
            for kind in ("rubbish", "lamp"):
                mine = [(r, c) for r, p, k, c in cases if k == kind and p.startswith(place)]
                due = [(r, c) for r, c in mine if period.since <= r + DAY < period.until]
                done = [(r, c) for r, c in due if c is not None and r + timedelta(hours=c) <= LATER]
                got = cells.get((kind,), Tally())
                assert got.received == sum(period.since <= r < period.until for r, _ in mine)
                assert (got.due, got.closed_of_due) == (len(due), len(done))
                assert got.closed_in_time == sum(c is not None and c <= 24 for _, c in done)


def test_bodies_that_were_called_in_and_how_they_came(town: Town) -> None:
    receipt = town.send()
    case = accept(town.database, town.grid, receipt.report_key, seen=1, now=NOW)
    targets = [Target(body_key=town.bodies[kind]) for kind in ("property", "parks")]
    case = whistle(town.database, town.secretary, case.key, targets, reason="树倒了", seen=case.revision, now=NOW)
    with town.database.reading() as connection:
        given = core.assignments(connection, [case.id])
        names = core.body_names(connection, [a.body_id for a in given if a.body_id is not None])
    parks = next(a for a in given if a.body_id is not None and names[a.body_id] == "园林局")
    case = respond(town.database, town.parks, case.key, parks.id, seen=case.revision, now=NOW + HOUR / 2)
    arrive(town.database, town.parks, case.key, parks.id, seen=case.revision, now=NOW + 2 * HOUR)
    november = whole(date(2026, 11, 1), date(2026, 12, 1), zone=BEIJING)
    with town.database.reading() as connection:
        found = calls(connection, november, Scope(), at=LATER)
        early = calls(connection, november, Scope(HOME), at=NOW + HOUR)
    assert found == [Calls("园林局", 1, (1800.0,), (7200.0,)), Calls("物业", 1, (), ())]
    assert [(c.body, c.responded_s, c.arrived_s) for c in early] == [("园林局", (1800.0,), ()), ("物业", (), ())]
