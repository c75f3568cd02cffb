"""Words-only reports per second, durable and audited, beside two bare Flask-and-commit loops in the same run.

    python benchmarks/submitting.py [--postgres postgresql+psycopg://user@host/an_empty_database] [--seconds 10]

All are served by waitress with 8 threads on 127.0.0.1 and asked by 8 clients from another process, in turns. One bare
loop writes a row into the same table, with the same library, and commits (``row``); the other stores the words in a
table of three columns by the driver alone (``words``). Ours places, routes and times the report, takes from the
throttles of address, device and place, and writes report, text, timeline, receipt, throttles and audit. On SQLite all
force the disk at each commit (synchronous=FULL), on PostgreSQL all leave it at its default. Afterwards every answered
report is looked for, and the audit trail is verified.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import logging
import multiprocessing
import os
import random
import secrets
import sqlite3
import tempfile
import threading
import time
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask, request
from shapely import box
from waitress.server import create_server

from geoapp.accounts.people import VISITOR, Actor
from geoapp.accounts.trail.actions import verify
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.places import actions as places
from geoapp.places.records import PlaceRecord
from geoapp.reports.people import Sender
from geoapp.reports.placing import Position
from geoapp.reports.sending.actions import submit
from geoapp.reports.sending.matter import Sending
from geoapp.reports.tables import reports
from geoapp.schema import migrate

WEST, SOUTH, STEP = 116.40, 39.90, 0.002
THREADS = 8


def records(side: int = 16) -> list[PlaceRecord]:
    """A district of one subdistrict, one community, and side x side grids."""
    whole = box(WEST, SOUTH, WEST + side * STEP, SOUTH + side * STEP)
    above = [PlaceRecord(code, code, whole) for code in ("110105", "110105012", "110105012023")]
    grids = [
        PlaceRecord(f"110105012023{x * side + y + 1:03d}", f"g{x}-{y}",
                    box(WEST + x * STEP, SOUTH + y * STEP, WEST + (x + 1) * STEP, SOUTH + (y + 1) * STEP))
        for x in range(side) for y in range(side)
    ]  # fmt: skip
    return above + grids


def ours(database: Database) -> Flask:
    app = Flask("ours")

    @app.post("/")
    def send() -> Any:
        form = request.form
        sending = Sending(
            words=form["words"], kind="rubbish", positions=(Position(float(form["lon"]), float(form["lat"]), "pin"),)
        )
        sender = Sender(address=form["address"], device=form["device"])
        return submit(database, VISITOR, sending, sender=sender, key=form["key"]).number, 201

    return app


def bare_sqlite(path: Path) -> Flask:
    app, own = Flask("bare"), threading.local()
    with sqlite3.connect(path) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, words TEXT, at TEXT)")

    @app.post("/")
    def send() -> Any:
        if not hasattr(own, "connection"):
            own.connection = sqlite3.connect(path, timeout=60, isolation_level=None)
            own.connection.execute("PRAGMA synchronous=FULL")
        own.connection.execute("BEGIN IMMEDIATE")
        own.connection.execute("INSERT INTO bare (words, at) VALUES (?, ?)", (request.form["words"], str(time.time())))
        own.connection.execute("COMMIT")
        return "stored", 201

    return app


def bare_postgres(url: str) -> Flask:
    import psycopg

    plain = url.replace("postgresql+psycopg://", "postgresql://")
    app, own = Flask("bare"), threading.local()
    with psycopg.connect(plain) as made:
        made.execute("CREATE TABLE bare (id serial PRIMARY KEY, words text, at text)")

    @app.post("/")
    def send() -> Any:
        if not hasattr(own, "connection"):
            own.connection = psycopg.connect(plain)
        own.connection.execute(
            "INSERT INTO bare (words, at) VALUES (%s, %s)", (request.form["words"], str(time.time()))
        )
        own.connection.commit()
        return "stored", 201

    return app


def same_table(database: Database) -> Flask:
    """One row of a report and a commit, and nothing of what makes it a report."""
    app = Flask("row")
    sending = Sending(words="x", kind="rubbish", positions=(Position(WEST + STEP / 2, SOUTH + STEP / 2, "pin"),))
    first = submit(database, VISITOR, sending, sender=Sender(address="192.0.2.1"))
    with database.reading() as connection:
        row = dict(connection.execute(sa.select(reports).where(reports.c.id == first.report_id)).one()._mapping)
    del row["id"]
    insert, counted = reports.insert(), itertools.count()

    @app.post("/")
    def send() -> Any:
        # Counted: of ten thousand random ones two are the same, and a bare loop tries no second.
        own = {"key": secrets.token_hex(8), "number": f"N{next(counted):08d}",
               "secret_sha256": secrets.token_hex(32), "address": request.form["words"]}  # fmt: skip
        with database.transaction(line=None) as connection:
            connection.execute(insert, {**row, **own})
        return "stored", 201

    return app


def serve(app: Flask) -> tuple[int, Any]:
    server = create_server(app, host="127.0.0.1", port=0, threads=THREADS)
    threading.Thread(target=server.run, daemon=True).start()
    return int(server.effective_port), server


def ask(port: int, seconds: float, number: int, side: int, results: Any) -> None:
    """One client: sends one report after another and counts those that were answered."""
    # Other keys in each turn: the same ones would only be told again.
    rng = random.Random(f"{number} {time.time_ns()}")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    end, waits, told = time.perf_counter() + seconds, [], []
    while (begun := time.perf_counter()) < end:
        form = {
            "words": "充电棚满了，电动车都停在楼道里", "key": f"{rng.getrandbits(132):033x}",
            "lon": WEST + rng.random() * side * STEP, "lat": SOUTH + rng.random() * side * STEP,
            "address": f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}",
            "device": f"{rng.getrandbits(64):x}",
        }  # fmt: skip
        head = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/", urlencode(form), head)
        answer = connection.getresponse()
        body = answer.read().decode()
        assert answer.status == 201, (answer.status, body[:200])
        waits.append(time.perf_counter() - begun)
        told.append(body)
    results.put((waits, told))


def drive(port: int, seconds: float, side: int = 16) -> tuple[float, float, list[str]]:
    """Answers per second, 95th percentile of the wait in seconds, and what was answered."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    clients = [context.Process(target=_clients, args=(port, seconds, side, results))]
    for client in clients:
        client.start()
    found = [results.get() for _ in range(THREADS)]
    for client in clients:
        client.join()
    waits = sorted(wait for one, _ in found for wait in one)
    return len(waits) / seconds, waits[int(len(waits) * 0.95)], [n for _, told in found for n in told]


def _clients(port: int, seconds: float, side: int, results: Any) -> None:
    """All clients in one process of their own: the server's interpreter has the other core."""
    threads = [threading.Thread(target=ask, args=(port, seconds, n, side, results)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def in_turns(ports: dict[str, int], turns: int, seconds: float) -> list[str]:
    """One after the other, ``turns`` times; prints the rates and gives the numbers that were told of reports."""
    for port in ports.values():
        drive(port, 1.0)
    answered: list[str] = []
    for _ in range(turns):
        rates = {}
        for name, port in ports.items():
            cpu = time.process_time()
            rates[name], p95, told = drive(port, seconds)
            each = (time.process_time() - cpu) / max(1, len(told))
            print(f"{name:6}{rates[name]:8.1f}/s, p95 {p95 * 1000:6.1f} ms, {each * 1000:.2f} ms processor time each")
            answered += told if name == "ours" else []
        ratios = ", ".join(f"{rates['ours'] / rates[name]:.2f} of {name}" for name in ports if name != "ours")
        print(f"ours: {ratios}; load average {os.getloadavg()[0]:.1f}")
    return answered


def main() -> None:
    logging.getLogger("waitress").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", default="")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--turns", type=int, default=3)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        database = Database(Settings(data=data, database_url=wanted.postgres, threads=THREADS))
        migrate(database)
        places.load_places(database, records(), on=date(2020, 1, 1), by=Actor(system="benchmark"))
        bare = bare_postgres(wanted.postgres) if wanted.postgres else bare_sqlite(data / "bare.sqlite")
        apps = {"words": bare, "row": same_table(database), "ours": ours(database)}
        ports = {name: serve(app)[0] for name, app in apps.items()}
        answered = in_turns(ports, wanted.turns, wanted.seconds)
        with database.reading() as connection:
            stored = set(connection.exec_driver_sql("SELECT number FROM report").scalars())
        missing = [number for number in answered if number not in stored]
        print(f"answered {len(answered)} ({len(set(answered))} numbers), missing {len(missing)}")
        entries, broken = verify(database)
        print(f"audit: {entries} entries, {broken or 'unbroken'}")
        database.dispose()


if __name__ == "__main__":
    main()
