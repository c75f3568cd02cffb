"""An office with somebody of every rank signed in, and the requests of the rights matrix to send in her name.

`tests/rules/rights_matrix.csv` has one valid request for each route; the matrix's own test, arbitrary requests and the
look at every page all begin with these.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from itsdangerous import URLSafeTimedSerializer

from geoapp.accounts import actions
from geoapp.accounts import store as accounts
from geoapp.accounts.tables import bodies, memberships
from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.db import Database, utcnow
from geoapp.places.hierarchy import path_of
from geoapp.web import assets
from tests import signing_in, worlds
from tests.heartbeat import beat
from tests.worlds import C1, C2, C3, D1, D2, G1, G2, S1, S2, Y1, World, make_world

MATRIX = Path(__file__).parent / "rules" / "rights_matrix.csv"
RANKS = (
    "visitor", "resident", "volunteer", "handler", "grid", "community", "subdistrict", "district", "planner",
    "administrator",
)  # fmt: skip
RELATIONS = ("own", "below", "beside", "above")
#: Where each rank is held in these tests. Administrator and planner of a part, so that there is a beside and an above.
HELD_AT = {
    "visitor": C1, "resident": C1, "volunteer": C1, "handler": C1, "grid": G1, "community": C1, "subdistrict": S1,
    "district": D1, "planner": S1, "administrator": S1,
}  # fmt: skip
#: Place of a rank -> the places that stand in each relation to it; none above a district.
AROUND = {
    G1: (G1, Y1, G2, C1),
    C1: (C1, G1, C2, S1),
    S1: (S1, C1, S2, D1),
    D1: (D1, S1, D2, ""),
}
#: Divisions are of communities: the community that stands for a place, seen from where a rank is held.
COMMUNITY = {
    G1: ("", "", "", C1),
    C1: (C1, "", C2, C2),
    S1: (C1, C1, C3, C3),
    D1: (C1, C1, worlds.C4, ""),
}
DIVISIONS = {"division", "drawn", "undone"}
PLACED = {"place", "person", "person to raise", "case", "given", "wish", "photo", "body", "point", "spot", *DIVISIONS}
PASSWORD = "a long enough one 5"
VARIABLE = re.compile(r"<(?:[^<>:]+:)?(\w+)>")


@dataclass(frozen=True)
class Row:
    """One line of the matrix."""

    method: str
    route: str
    object: str
    values: dict[str, str]
    send: str
    cells: dict[str, str]

    @property
    def name(self) -> str:
        return f"{self.method} {self.route} {self.object}".strip()

    @property
    def is_placed(self) -> bool:
        """Has it to do with a thing that lies at a place? Else ``object`` only tells rows apart."""
        return self.object in PLACED

    @property
    def route_in_document(self) -> str:
        """The route as the OpenAPI document writes it."""
        return VARIABLE.sub(r"{\1}", self.route)

    @property
    def variables(self) -> list[str]:
        """Names of the parts of the address that vary."""
        return VARIABLE.findall(self.route)

    def address(self, words: dict[str, str]) -> str:
        """The route with its variables filled."""
        return VARIABLE.sub(lambda found: words[found[1]], self.route)

    def query(self, words: dict[str, str]) -> dict[str, str]:
        """What of ``with`` is no part of the address."""
        return {name: words[name] for name in self.values if name not in self.variables}


def read_matrix() -> list[Row]:
    with MATRIX.open(encoding="utf-8", newline="") as stream:
        lines = csv.DictReader(line for line in stream if not line.startswith("#"))
        return [
            Row(
                line["method"], line["route"], line["object"],
                dict(pair.split("=", 1) for pair in line["with"].split("&") if pair), line["send"],
                {rank: line[rank] for rank in RANKS},
            )
            for line in lines
        ]  # fmt: skip


ROWS = read_matrix()


@dataclass
class Office:
    """The world with somebody of each rank signed in, and a copy of its database to go back to."""

    world: World
    cookies: dict[str, str]
    tokens: dict[str, str]
    #: What ``with`` and ``send`` may name in braces, for each rank.
    words: dict[str, dict[str, str]]
    kept: Path
    watch: sqlite3.Connection

    @property
    def path(self) -> Path:
        return Path(self.world.app.extensions["geoapp"]["settings"].data) / "geoapp.sqlite"

    def headers(self, rank: str) -> dict[str, str]:
        """What a browser sends in which somebody of the rank is signed in."""
        return {"Cookie": f"session={self.cookies[rank]}", "X-CSRF-Token": self.tokens[rank]}

    def version(self) -> int:
        """Changes with every commit of anybody else."""
        return int(self.watch.execute("PRAGMA data_version").fetchone()[0])

    def case(self, key: str) -> Any:
        """How the case of that key stands."""
        return self.watch.execute("SELECT revision, stage, hidden FROM report WHERE key = ?", (key,)).fetchone()

    def go_back(self) -> None:
        self.watch.close()
        self.world.database.dispose()
        for end in ("-wal", "-shm"):
            self.path.with_name(self.path.name + end).unlink(missing_ok=True)
        shutil.copyfile(self.kept, self.path)
        self.watch = sqlite3.connect(self.path)


@contextmanager
def open_office(folder: Path, migrated: Path) -> Iterator[Office]:
    """An office in a folder of its own; ``migrated`` is an empty database with all tables."""
    shutil.copyfile(migrated, folder / "geoapp.sqlite")
    monkeypatch = pytest.MonkeyPatch()
    # What is tested is never the cost of a password.
    monkeypatch.setattr(actions, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    # Nor is when somebody was last seen a change that a request made, on a machine that takes its time.
    monkeypatch.setattr(accounts, "SEEN_EVERY", timedelta(days=1))
    beat(folder)
    # Letters could be sent, so that an address to hear by is taken; without a worker none is.
    app = create_app(Settings(data=folder, rate_limits=0, job_workers=0, smtp_host="127.0.0.1"))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    world = make_world(app, folder)
    cookies, tokens, words = {}, {}, {}
    for rank in RANKS:
        values, words[rank] = _signed_in(world, rank)
        cookies[rank] = app.session_interface.get_signing_serializer(app).dumps(values)  # type: ignore[attr-defined]
        tokens[rank] = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(values["csrf_token"])
    _fold(world.database)
    kept = folder / "kept.sqlite"
    shutil.copyfile(folder / "geoapp.sqlite", kept)
    found = Office(world, cookies, tokens, words, kept, sqlite3.connect(folder / "geoapp.sqlite"))
    yield found
    found.watch.close()
    world.database.dispose()
    monkeypatch.undo()


def _signed_in(world: World, rank: str) -> tuple[dict[str, str], dict[str, str]]:
    """What the session cookie of a browser holds in which somebody of the rank sits, and the words for her requests."""
    secret = pyotp.random_base32()
    values = {"csrf_token": "0" * 40, "totp": secret}
    words = {**world.words, "password": PASSWORD, "code_now": pyotp.TOTP(secret).now(), "own_session": "none"}
    words["static"] = assets.address("style.css").removeprefix("/static/") if assets.is_built() else ""
    if rank != "visitor":
        person = signing_in.make_person(world.database, signing_in.held(rank, path_of(HELD_AT[rank])), login=rank)
        values |= signing_in.cookie(world.app, person)
        with world.database.transaction() as connection:
            if rank == "handler":
                body = connection.execute(sa.select(bodies.c.id).where(bodies.c.key == f"body{HELD_AT[rank]}"))
                mine = {"person_id": person.id, "body_id": body.scalar_one(), "valid_from": worlds.SINCE}
                connection.execute(memberships.insert().values(mine))
            accounts.change_person(connection, person.id, password_hash=actions._HASHER.hash(PASSWORD))
            found = accounts.open_session(connection, values["token"], now=utcnow(), on=utcnow().date())
            # As if she came by in a while: a request that is refused a minute later must not write that she was seen.
            assert found is not None
            accounts.touch_session(connection, found.actor.session_key, utcnow() + timedelta(hours=1))
        words["own_session"] = found.actor.session_key
    return values, words


def _fold(database: Database) -> None:
    """Everything in the one file."""
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()


def words_of(office: Office, row: Row, rank: str, relation: str) -> dict[str, str] | None:
    """What fills address, query and body: the object of that kind in that relation, None where there is none."""
    words = dict(office.words[rank])
    if row.is_placed:
        code = (COMMUNITY if row.object in DIVISIONS else AROUND)[HELD_AT[rank]][RELATIONS.index(relation)]
        if not code:
            return None
        words |= office.world.at(code, row.object)
    return words | {name: _fill(text, words) for name, text in row.values.items()}


def _fill(text: str, words: dict[str, str]) -> str:
    for name, word in words.items():
        text = text.replace("{" + name + "}", word)
    return text


def ask(office: Office, row: Row, rank: str, words: dict[str, str]) -> tuple[int, str, str]:
    """Send the row's request as somebody of a rank; status, where it leads, and the beginning of the answer."""
    kind, _, text = row.send.partition(" ")
    text = _fill(text, words)
    body: dict[str, Any] = {}
    if kind == "json":
        body["json"] = json.loads(text)
    elif kind == "form":
        body["data"] = dict(pair.split("=", 1) for pair in text.split("&"))
    elif kind == "file":
        body["data"] = {"file": (io.BytesIO(worlds.GEOJSON.encode()), "x.geojson"), "anywhere": "1", "kind": "charging",
                        "crs": "EPSG:4326"}  # fmt: skip
    elif kind == "ledger":
        body["data"] = {"file": (io.BytesIO(worlds.LEDGER), "台账.xlsx"), "place": text}
    elif kind == "orders":
        body["data"] = {"file": (io.BytesIO("工单编号,诉求内容\nA1,路灯不亮\n".encode()), "orders.csv")}
    elif kind == "photo":
        body["data"] = {"photo": (io.BytesIO(worlds.PHOTO), "x.webp")}
    client = office.world.app.test_client(use_cookies=False)
    with client.open(
        row.address(words), method=row.method, headers=office.headers(rank), query_string=row.query(words), **body
    ) as response:
        start = response.get_data()[:300].decode(errors="replace")
        return response.status_code, response.headers.get("Location", ""), start
