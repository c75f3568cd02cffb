"""Production refuses what is unsafe, names all of it at once, and starts when it is mended."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner

from geoapp import schema
from geoapp.accounts.appointments.actions import create_person
from geoapp.accounts.people import system
from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.files import secret_key
from geoapp.places import store as places
from geoapp.places.actions import load_places
from geoapp.places.records import PlaceRecord
from geoapp.production import Unsafe, require_safe
from geoapp.serving import _prepare, serve


@pytest.fixture
def good(settings: Settings) -> Settings:
    """Settings and files that are fit for production."""
    settings.data.chmod(0o700)
    secret_key(settings.data)
    return replace(
        settings, env="production", public_url="https://geo.example.cn", trusted_proxies="127.0.0.1", rate_limits=1.0
    )


def faults(settings: Settings, database: Database) -> str:
    with pytest.raises(Unsafe) as caught:
        require_safe(settings, database)
    return str(caught.value)


def test_what_is_fit_starts(good: Settings, database: Database) -> None:
    require_safe(good, database)
    require_safe(replace(good, public_url="http://10.1.2.3:8000", trusted_proxies=""), database)  # said by name


def test_development_is_asked_nothing(settings: Settings, database: Database) -> None:
    require_safe(replace(settings, rate_limits=0.0), database)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"public_url": ""}, "GEOAPP_PUBLIC_URL"),
        ({"trusted_proxies": ""}, "GEOAPP_TRUSTED_PROXIES"),
        ({"rate_limits": 0.0}, "GEOAPP_RATE_LIMITS"),
    ],
)
def test_an_unsafe_setting_is_refused(good: Settings, database: Database, change: dict[str, Any], named: str) -> None:
    assert named in faults(replace(good, **change), database)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such bits")
@pytest.mark.parametrize(("name", "mode", "remedy"), [("", 0o755, "chmod o-rwx"), ("secret.key", 0o640, "chmod 600")])
def test_files_that_others_can_read_are_refused(
    good: Settings, database: Database, name: str, mode: int, remedy: str
) -> None:
    (good.data / name).chmod(mode)
    assert remedy in faults(good, database)


def test_demo_accounts_and_demo_places_are_refused(good: Settings, settings: Settings, database: Database) -> None:
    with database.transaction() as connection:
        create_person(database, connection, system("demo"), name="演示", login="demo", demo=True)
    assert "演示账号" in faults(good, database)
    record = PlaceRecord("110105", "示意区", None, None, None, None, None, None)
    load_places(database, [record], on=date(2020, 1, 1), by=system("demo"), illustrative=True)
    told = faults(replace(good, public_url=""), database)
    assert "示意区划" in told and "演示账号" in told and "GEOAPP_PUBLIC_URL" in told, "all at once"


def test_a_first_start_loads_no_demo(good: Settings, tmp_path: Any) -> None:
    fresh = replace(good, data=tmp_path / "fresh")
    _prepare(fresh)
    database = Database(fresh)
    schema.require_current(database)
    with database.reading() as connection:
        assert not places.any_place(connection)
    database.dispose()


def test_the_command_says_what_to_mend(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"GEOAPP_DATA": str(settings.data), "GEOAPP_ENV": "production", "GEOAPP_PORT": "18999"}.items():
        monkeypatch.setenv(name, value)
    outcome = CliRunner().invoke(serve)
    assert isinstance(outcome.exception, Unsafe) and "GEOAPP_PUBLIC_URL" in str(outcome.exception)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such bits")
def test_a_new_data_folder_lets_nobody_else_in(tmp_path: Any) -> None:
    Database(Settings(data=tmp_path / "new")).dispose()
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_cookies_are_secure_where_the_address_is(good: Settings) -> None:
    for address, secure in (("https://geo.example.cn", True), ("http://10.1.2.3:8000", False)):
        app = create_app(replace(good, public_url=address))
        answer = app.test_client().get("/sign-in")
        assert ("Secure" in answer.headers["Set-Cookie"]) is secure
        assert "HttpOnly" in answer.headers["Set-Cookie"] and "SameSite=Lax" in answer.headers["Set-Cookie"]
