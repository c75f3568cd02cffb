"""A real city's requests: every row comes in, and the rates are those that pandas finds in the raw file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from geoapp.config import Settings
from geoapp.db import Database
from geoapp.reports.figures.periods import steps, whole
from geoapp.reports.figures.store import Scope, tallies
from geoapp.reports.imports.actions import Outcome, import_history
from geoapp.reports.imports.tables import imported
from geoapp.reports.tables import reports
from tests.reports import data
from tests.reports.world import SYSTEM

pytestmark = pytest.mark.shared_data

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 20, tzinfo=UTC)
KINDS = {
    "Pick up Dead Animal": "rubbish", "Pest Infestation - Residential": "pests", "Bed Bugs": "pests",
    "Animal Noise Disturbances": "noise",
}  # fmt: skip


@pytest.fixture(scope="module")
def raw(shared_data: Path) -> pd.DataFrame:
    frame = pd.read_csv(shared_data / "boston-311" / "boston311_2013_2017.csv.gz", dtype=str)
    for column in ("open_dt", "sla_target_dt", "closed_dt"):
        frame[column] = pd.to_datetime(frame[column])
    return frame.assign(kind=frame["type"].map(KINDS).fillna("unsorted"))


@pytest.fixture(scope="module")
def boston(
    shared_data: Path, migrated: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, Outcome]]:
    folder = tmp_path_factory.mktemp("boston")
    shutil.copyfile(migrated, folder / "geoapp.sqlite")
    database = Database(Settings(data=folder))
    mapping = (data.FOLDER / "mappings" / "boston-311.toml").read_text(encoding="utf-8")
    path = shared_data / "boston-311" / "boston311_2013_2017.csv.gz"
    yield database, import_history(database, SYSTEM, path, mapping, now=NOW)
    database.dispose()


def test_every_row_is_there_with_its_state_place_and_dates(boston: tuple[Database, Outcome], raw: pd.DataFrame) -> None:
    database, done = boston
    assert (done.rows_in, done.stored, done.known, done.aside) == (29_838, 29_838, 0, 0)
    assert dict(done.states) == {"done": 19_069, "open": 10_769}
    assert dict(done.notes) == {"no_coordinates": 57, "closed_before_opened": 10}
    r = reports.c
    with database.reading() as connection:
        rows = connection.execute(
            sa.select(r.origin_number, r.min_lon, r.min_lat, r.reported_at, r.due_at, r.closed_at, r.kind, r.address)
        ).all()
        fields = sa.select(r.origin_number, imported.c.fields).join(imported, imported.c.report_id == r.id)
        kept = {row.origin_number: row.fields for row in connection.execute(fields)}
    found = pd.DataFrame(rows).set_index("origin_number").loc[raw["case_enquiry_id"]]
    for ours, theirs in (("min_lon", "longitude"), ("min_lat", "latitude")):
        np.testing.assert_allclose(found[ours].astype(float), raw[theirs].astype(float), rtol=0, atol=1e-12)
    for ours, theirs in (("reported_at", "open_dt"), ("due_at", "sla_target_dt"), ("closed_at", "closed_dt")):
        local = pd.to_datetime(found[ours], utc=True).dt.tz_convert(ZONE).dt.tz_localize(None).to_numpy()
        stated = raw[theirs].to_numpy()
        wrong = ~((local == stated) | (pd.isna(local) & pd.isna(stated)))
        # An hour that the clocks jump over in spring is no hour of Boston's: a few stamps were never shown by a clock.
        assert wrong.sum() <= 2 and (np.abs(local[wrong] - stated[wrong]) == np.timedelta64(1, "h")).all()
    assert found["kind"].tolist() == raw["kind"].tolist()
    assert kept["101000729509"]["type"] == "Pick up Dead Animal" and kept["101000729509"]["on_time"] == "ONTIME"


def pandas_rates(raw: pd.DataFrame, by: pd.Series | str) -> dict[str, tuple[int, int, int]]:
    """due, closed of them, closed in time."""
    due = raw[raw["sla_target_dt"].notna()].assign(
        closed=lambda f: f["closed_dt"].notna(), on_time_=lambda f: f["closed_dt"] <= f["sla_target_dt"]
    )
    groups = due.groupby(by if isinstance(by, str) else by[due.index])
    return {
        str(k): (len(g), int(g["closed"].sum()), int(g["on_time_"].sum())) for k, g in groups
    }  # fmt: skip


def test_the_rates_are_those_of_pandas_on_the_raw_file(boston: tuple[Database, Outcome], raw: pd.DataFrame) -> None:
    database, _ = boston
    first, last = date(2013, 1, 1), date(2019, 1, 1)
    everything = whole(first, last, zone=ZONE)
    with database.reading() as connection:
        (by_kind,) = tallies(connection, [everything], Scope(), by=["kind"], level="community", at=NOW)
        years = tallies(
            connection, steps(first, last, step="year", zone=ZONE), Scope(), by=[], level="community", at=NOW
        )
        months = tallies(
            connection, steps(first, last, step="month", zone=ZONE), Scope(), by=["kind"], level="community", at=NOW
        )
    ours = {key[0]: (t.due, t.closed_of_due, t.closed_in_time) for key, t in by_kind.items() if t.due}
    assert ours == pandas_rates(raw, "kind")
    total = sum(by_kind.values(), start=type(next(iter(by_kind.values())))())
    assert str(total.closing) == "15478/17500" and str(total.on_time) == "14803/17500"
    assert total.closing.shown() == "88.45%（15478/17500）"
    # The file's own marks say the same: 14,803 due rows are ONTIME, 2,697 OVERDUE.
    marks = raw[raw["sla_target_dt"].notna()]["on_time"].value_counts()
    assert (marks["ONTIME"], marks["OVERDUE"]) == (total.closed_in_time, total.due - total.closed_in_time)
    got = {str(2013 + n): (c[()].due, c[()].closed_of_due, c[()].closed_in_time) for n, c in enumerate(years) if c}
    wanted = pandas_rates(raw, raw["sla_target_dt"].dt.strftime("%Y"))
    assert {y: v for y, v in got.items() if v[0]} == wanted
    received = raw.groupby([raw["open_dt"].dt.strftime("%Y-%m"), "kind"]).size()
    assert sum(t.received for cells in months for t in cells.values()) == 29_838
    names = [p.name for p in steps(first, last, step="month", zone=ZONE)]
    flat = {
        (name, key[0]): t.received
        for name, cells in zip(names, months, strict=True)
        for key, t in cells.items()
        if t.received
    }
    assert flat == {(str(a), str(b)): int(n) for (a, b), n in received.items()}


def test_nothing_is_asked_back_so_no_satisfaction_is_claimed(boston: tuple[Database, Outcome]) -> None:
    database, _ = boston
    with database.reading() as connection:
        (all_of_it,) = tallies(
            connection,
            [whole(date(2013, 1, 1), date(2023, 1, 1), zone=ZONE)],
            Scope(),
            by=[],
            level="community",
            at=NOW,
        )
    tally = all_of_it[()]
    assert (tally.closed, tally.not_asked, tally.answered) == (19_069, 19_069, 0)
    assert tally.satisfying.shown() == "—（0/0）"
