"""Keys: made at the machine, shown once, stored as a hash, counted, revoked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from geoapp.accounts.people import VISITOR, Actor
from geoapp.accounts.tables import audit_entries
from geoapp.api.open311 import store
from geoapp.api.open311.actions import WrongKey, make_key, require_key, revoke_key
from geoapp.api.open311.commands import open311
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.errors import Conflict, Invalid, NotAllowed, NotFound, TooOften

SYSTEM = Actor(system="test")
pytestmark = pytest.mark.engines


@pytest.mark.engines("sqlite")
def test_a_key_is_known_by_its_secret_which_lies_nowhere(database: Database, settings: Settings) -> None:
    secret = make_key(database, SYSTEM, name="街道小程序", per_minute=5)
    assert require_key(database, secret).name == "街道小程序"
    assert len(secret) >= 32  # 192 bits
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert secret.encode() not in (settings.data / "geoapp.sqlite").read_bytes()
    with database.reading() as connection:
        entries = connection.execute(sa.select(audit_entries)).all()
    assert [entry.action for entry in entries] == ["open311.key"] and secret not in str(entries)


def test_a_revoked_key_opens_nothing_and_its_name_stays_taken(database: Database) -> None:
    secret = make_key(database, SYSTEM, name="a", per_minute=5)
    revoke_key(database, SYSTEM, name="a")
    with pytest.raises(WrongKey):
        require_key(database, secret)
    with pytest.raises(NotFound):
        revoke_key(database, SYSTEM, name="a")
    with pytest.raises(Conflict):
        make_key(database, SYSTEM, name="a", per_minute=5)


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\x00b", "a\u202eb"])
def test_a_name_is_a_short_line(database: Database, name: str) -> None:
    with pytest.raises(Invalid):
        make_key(database, SYSTEM, name=name, per_minute=5)


def test_nobody_but_the_machine_makes_keys(database: Database) -> None:
    for act in (make_key, revoke_key):
        more: dict[str, Any] = {"per_minute": 5} if act is make_key else {}
        with pytest.raises(NotAllowed):
            act(database, VISITOR, name="a", **more)


def test_14_a_key_sends_as_often_as_it_may_and_no_key_takes_from_another(settings: Settings) -> None:
    database = Database(replace(settings, rate_limits=1.0))
    one, other = (make_key(database, SYSTEM, name=name, per_minute=3) for name in "ab")
    for _ in range(3):
        require_key(database, one)
    with pytest.raises(TooOften) as refused:
        require_key(database, one)
    assert 0 < refused.value.wait_s <= 20
    require_key(database, other)
    database.dispose()


@pytest.mark.engines("sqlite")
def test_the_command_makes_lists_and_revokes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOAPP_DATA", str(tmp_path))
    run = CliRunner().invoke
    made = run(open311, ["key", "街道小程序", "--per-minute", "10"])
    assert made.exit_code == 0
    secret = made.stdout.strip()
    assert "街道小程序  有效  每分钟 10 件" in run(open311, ["keys"]).output
    assert secret not in run(open311, ["keys"]).output
    assert run(open311, ["revoke", "街道小程序"]).exit_code == 0
    assert "已吊销" in run(open311, ["keys"]).output
    database = Database(Settings(data=tmp_path))
    with database.reading() as connection:
        assert store.key_of_secret(connection, secret) is None
    database.dispose()
