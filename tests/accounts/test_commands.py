"""The first administrator, and the way back in, by the command line."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from geoapp.accounts import actions, store
from geoapp.accounts.actions import Browser, WrongCredentials
from geoapp.accounts.commands import admin, audit
from geoapp.accounts.roles import Grant, Rank
from geoapp.cli import geoapp
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.errors import Conflict, NotFound
from tests.signing_in import held, make_person

HERE = Browser("192.0.2.1", "test")
FIRST, SECOND = "correct horse battery", "another long phrase"


def run(settings: Settings, *arguments: str, password: str = "") -> str:
    environment = {"GEOAPP_DATA": str(settings.data), "GEOAPP_DATABASE_URL": settings.database_url or None}
    done = CliRunner(env=environment).invoke(geoapp, list(arguments), input=f"{password}\n", catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_first_administrator_signs_in_and_holds_everything(settings: Settings, database: Database) -> None:
    assert "wang created" in run(settings, "admin", "create", "wang", "--password-stdin", password=FIRST)
    opened = actions.sign_in(database, "wang", FIRST, browser=HERE)
    acting = actions.current_actor(database, opened.token, on=database.today())
    assert acting is not None
    assert acting.actor.grants == (Grant(Rank.ADMINISTRATOR, (), database.today()),)
    assert "完整" in run(settings, "audit", "verify")
    with pytest.raises(Conflict, match="wang"):
        run(settings, "admin", "create", "wang", "--password-stdin", password=FIRST)


def test_a_reset_lets_somebody_in_who_lost_everything(settings: Settings, database: Database) -> None:
    person = make_person(database, held(Rank.ADMINISTRATOR), login="wang")
    with database.transaction() as connection:
        store.change_person(connection, person.id, totp_secret="JBSWY3DPEHPK3PXP")
    with pytest.raises(WrongCredentials):
        actions.sign_in(database, "wang", SECOND, browser=HERE)
    run(settings, "admin", "reset", "wang", "--password-stdin", password=SECOND)
    assert actions.sign_in(database, "wang", SECOND, browser=HERE).person.second_factor is False
    with pytest.raises(NotFound, match="nobody"):
        run(settings, "admin", "reset", "nobody", "--password-stdin", password=SECOND)


def test_the_groups_are_mounted() -> None:
    assert set(admin.commands) == {"create", "reset"} and set(audit.commands) == {"verify"}
