"""Is it the same matter? The nearest open reports of a kind among 100,000, beside a scan of all of them by numpy.

    python benchmarks/duplicates.py [--postgres postgresql+psycopg://user@host/an_empty_database] [--reports 100000]

A district of 16 by 16 km with reports of ten kinds, half of them in clumps, a tenth closed. 300 spots are asked within
50 and 200 m: ours by the index of the database in a transaction of its own; the peer has all positions in memory and
goes over all of them, vectorised (brute force, and the oracle: ours must find the same reports). Then several processes
store reports at once, each looking for its own when it is stored; on SQLite they queue at the database's lock, as a
server and the command line do. Afterwards what ours finds must again be what brute force finds.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import secrets
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from geoapp.accounts.people import VISITOR
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.reports import numbers, store
from geoapp.reports.people import Sender
from geoapp.reports.placing import Position, distance_m
from geoapp.reports.sending.actions import submit
from geoapp.reports.sending.matter import Sending
from geoapp.reports.tables import reports
from geoapp.schema import prepared

WEST, SOUTH, WIDE, HIGH = 116.40, 39.86, 0.19, 0.145
KINDS = ("rubbish", "lamp", "noise", "bike-upstairs", "car-parking", "road", "tree", "sewage", "pests", "unsorted")
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def positions(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Half of them anywhere, half round a thousand spots."""
    spots = rng.uniform((WEST, SOUTH), (WEST + WIDE, SOUTH + HIGH), (1000, 2))
    clumped = spots[rng.integers(0, 1000, n // 2)] + rng.normal(0, 0.0005, (n // 2, 2))
    return np.concatenate([rng.uniform((WEST, SOUTH), (WEST + WIDE, SOUTH + HIGH), (n - n // 2, 2)), clumped])


def fill(database: Database, rng: np.random.Generator, n: int) -> None:
    """Rows like that of a report that was sent, elsewhere and of another kind."""
    sending = Sending(words="x", kind=KINDS[0], positions=(Position(WEST, SOUTH, "pin"),))
    first = submit(database, VISITOR, sending, sender=Sender())
    with database.reading() as connection:
        row = dict(connection.execute(sa.select(reports).where(reports.c.id == first.report_id)).one()._mapping)
    del row["id"]
    rows = []
    for k, (lon, lat) in enumerate(positions(rng, n).tolist()):
        closed = rng.random() < 0.1
        at = NOW - timedelta(minutes=int(rng.integers(0, 200_000)))
        own = {"key": secrets.token_hex(8), "number": numbers.new_number(secrets.randbelow), "duty_code": "110105",
               "secret_sha256": secrets.token_hex(32), "kind": KINDS[k % len(KINDS)], "reported_at": at,
               "stage": "evaluate" if closed else row["stage"], "outcome": "done" if closed else None,
               "closed_at": at if closed else None}  # fmt: skip
        rows.append({**row, **own, **store.point_columns((lon, lat))})
    seen: set[str] = set()
    fresh = [row for row in rows if not (row["number"] in seen or seen.add(row["number"]))]  # type: ignore[func-returns-value]
    for k in range(0, len(fresh), 5000):
        with database.transaction() as connection:
            connection.execute(reports.insert(), fresh[k : k + 5000])
    if not database.is_sqlite:  # there the server does so by itself after a while
        with database.transaction() as connection:
            connection.exec_driver_sql("ANALYZE report")


class Everything:
    """All open reports in memory: what brute force goes over."""

    def __init__(self, database: Database) -> None:
        r = reports.c
        query = sa.select(r.id, r.kind, r.min_lon, r.min_lat).where(
            r.stage.in_(store._OPEN), ~r.hidden, r.duty_code != "", r.min_lon.is_not(None)
        )
        with database.reading() as connection:
            rows = connection.execute(query).all()
        self.ids = np.array([row.id for row in rows])
        self.kinds = np.array([row.kind for row in rows])
        self.lonlat = np.array([(row.min_lon, row.min_lat) for row in rows])

    def near(self, kind: str, lon: float, lat: float, radius_m: float) -> set[int]:
        """Ids of all that lie within the radius."""
        x = (self.lonlat[:, 0] - lon) * 111_319.5 * np.cos(np.radians(lat))
        y = (self.lonlat[:, 1] - lat) * 111_319.5
        maybe = np.flatnonzero((np.hypot(x, y) < radius_m * 1.02 + 1) & (self.kinds == kind))
        return {int(self.ids[k]) for k in maybe if distance_m(tuple(self.lonlat[k]), (lon, lat)) <= radius_m}


def asked(database: Database, asks: list[tuple[str, float, float, float]]) -> tuple[list[list[int]], list[float]]:
    """What ours finds, and the seconds of each."""
    found, seconds = [], []
    for kind, lon, lat, radius in asks:
        began = time.perf_counter()
        with database.reading() as connection:
            near = store.near_open(connection, kind, lon, lat, radius)
        seconds.append(time.perf_counter() - began)
        found.append([n.report_id for n in near])
    return found, seconds


def compared(database: Database, asks: list[tuple[str, float, float, float]]) -> tuple[list[float], list[float], int]:
    """Seconds of ours and of brute force, and how many reports both found; they must be the same ones."""
    everything = Everything(database)
    found, ours = asked(database, asks)
    brute = []
    for (kind, lon, lat, radius), ids in zip(asks, found, strict=True):
        began = time.perf_counter()
        wanted = everything.near(kind, lon, lat, radius)
        brute.append(time.perf_counter() - began)
        assert set(ids) == wanted and len(ids) == len(wanted), (kind, lon, lat, radius)
    return ours, brute, sum(map(len, found))


def write(settings: Settings, seed: int, spots: list[tuple[str, float, float, float]], each: int, told: Any) -> None:
    """A process that stores reports near the spots and, of each, looks whether it is found at once."""
    database, rng = Database(settings), np.random.default_rng(seed)
    missed, slowest = 0, 0.0
    for _ in range(each):
        kind, lon, lat, _ = spots[int(rng.integers(0, len(spots)))]
        sending = Sending(words="x", kind=kind, positions=(Position(lon, lat, "pin"),))
        receipt = submit(database, VISITOR, sending, sender=Sender())
        with database.transaction(line=None) as connection:
            connection.execute(reports.update().where(reports.c.id == receipt.report_id).values(duty_code="110105"))
        (found,), (took,) = asked(database, [(kind, lon, lat, 50.0)])
        missed, slowest = missed + (receipt.report_id not in found), max(slowest, took)
    database.dispose()
    told.put((missed, slowest))


def at_once(settings: Settings, spots: list[tuple[str, float, float, float]], writers: int, each: int) -> None:
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    processes = [context.Process(target=write, args=(settings, n, spots, each, told)) for n in range(writers)]
    for process in processes:
        process.start()
    results = [told.get() for _ in processes]
    for process in processes:
        process.join()
    missed = sum(m for m, _ in results)
    print(f"{writers} processes stored {writers * each} reports at once; of their own {missed} were not found at once")
    assert not missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", default="")
    parser.add_argument("--reports", type=int, default=100_000)
    parser.add_argument("--writers", type=int, default=3)
    wanted = parser.parse_args()
    rng = np.random.default_rng(20261129)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder) / "var", database_url=wanted.postgres, rate_limits=0)
        database = prepared(settings)
        fill(database, rng, wanted.reports)
        spots = positions(rng, 300).tolist()
        asks = [(KINDS[k % len(KINDS)], lon, lat, 50.0 if k % 2 else 200.0) for k, (lon, lat) in enumerate(spots)]
        asked(database, asks[:20])
        ours, brute, count = compared(database, asks)
        engine = "SQLite" if database.is_sqlite else "PostgreSQL"
        before = time.process_time()
        asked(database, asks)
        each = (time.process_time() - before) / len(asks)
        print(f"{engine}, {wanted.reports} reports; {len(asks)} questions; load average {os.getloadavg()[0]:.1f}")
        print(f"ours: {each * 1e3:.2f} ms of this process's processor each")
        for name, seconds in (("ours", ours), ("brute force", brute)):
            p95 = statistics.quantiles(seconds, n=100)[94]
            print(f"{name:12} p50 {statistics.median(seconds) * 1e3:6.2f} ms, p95 {p95 * 1e3:6.2f} ms")
        print(f"brute force to ours: {sum(brute) / sum(ours):.1f}; both found the same {count} reports")
        database.dispose()
        at_once(settings, asks[:20], wanted.writers, 40)
        database = Database(settings)
        _, _, count = compared(database, asks)
        print(f"afterwards both find the same {count} reports")
        database.dispose()


if __name__ == "__main__":
    main()
