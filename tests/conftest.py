"""App, client, database and random numbers for all tests; sockets to other machines are closed.

A module of database tests says ``pytestmark = pytest.mark.engines``: those of its tests that reach `settings` then run
twice, ``[sqlite]`` and ``[postgresql]``. ``@pytest.mark.engines("sqlite")`` takes one of its tests out again.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from apiflask import APIFlask

from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.schema import migrate
from tests import engines, founding, quick_apps, signing_in

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"

quick_apps.install()
# How fast a machine is says nothing of whether it is right. CI tries the same examples each time, so that a change is
# not refused for what it did not do; elsewhere they are new ones each time.
hypothesis.settings.register_profile(
    "patient",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("patient")


@pytest.fixture(autouse=True)
def no_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that talks to any machine but this one fails at the attempt."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new database with all tables, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("migrated")
    database = Database(Settings(data=folder))
    migrate(database)
    # Fold the write-ahead log in, so that one file is the whole database.
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return folder / "geoapp.sqlite"


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory, worker_id: str, migrated: Path) -> Path:
    """A data folder with the demo and its founding division, to be copied; the same for all processes of the run."""
    base = tmp_path_factory.getbasetemp()
    return founding.made(base if worker_id == "master" else base.parent, migrated)


@pytest.fixture(scope="session")
def postgres() -> Iterator[engines.PostgresServer]:
    """A PostgreSQL server where tests may make databases."""
    if why := engines.missing():
        pytest.skip(why)
    server = engines.PostgresServer(os.environ[engines.URL])
    yield server
    server.close()


@pytest.fixture(scope="session")
def migrated_postgres(postgres: engines.PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same on PostgreSQL, by name."""
    with postgres.template(tmp_path_factory.mktemp("template"), lambda database: None) as name:
        yield name


@pytest.fixture(scope="session")
def engine() -> str:
    """sqlite, and in tests marked ``engines`` postgresql too."""
    return engines.SQLITE


@pytest.fixture
def installations(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> engines.Installations:
    """Makes installations of the test's own on its engine: ``with installations("other") as settings:``."""
    return engines.installations(tmp_path, engine, request)


@pytest.fixture(scope="module")
def module_installations(
    tmp_path_factory: pytest.TempPathFactory, engine: str, request: pytest.FixtureRequest
) -> engines.Installations:
    """The same for what all tests of a module share."""
    return engines.installations(tmp_path_factory.mktemp("module"), engine, request)


@pytest.fixture
def settings(installations: engines.Installations) -> Iterator[Settings]:
    """Settings of an installation of the test's own, with an empty database."""
    with installations("var") as own:
        yield own


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The real engine, on a database of the test's own."""
    database = Database(settings)
    yield database
    database.dispose()


@pytest.fixture
def app(settings: Settings) -> Iterator[APIFlask]:
    """The whole application on the test's own database."""
    app = create_app(settings)
    app.config["TESTING"] = True
    yield app
    app.extensions["geoapp"]["database"].dispose()


@pytest.fixture
def sign_in() -> Callable[..., Any]:
    """Signs a test client in: ``sign_in(app, client, Rank.GRID, ("110105", ...))``; see `tests.signing_in`."""
    return signing_in.sign_in


@pytest.fixture
def visitor(app: APIFlask) -> Any:
    """A browser without JavaScript in which nobody is signed in."""
    return app.test_client()


@pytest.fixture
def client(app: APIFlask) -> Any:
    """A browser without JavaScript in which somebody is signed in who is administrator and planner of everything."""
    return signing_in.chief(app)


@pytest.fixture
def rng() -> np.random.Generator:
    """Random numbers that are the same in every run."""
    return np.random.default_rng(20261122)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the repository; tests that need it are skipped by name without it."""
    return SHARED_DATA


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium on this machine."""
    found = _chromium()
    assert found, "no Chromium here"
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """A headless Chromium that draws WebGL without a graphics card, one for all tests."""
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield running
        running.close()


@pytest.fixture(scope="session")
def built_client() -> None:
    """Skips by name where the client has not been built; CI builds it first, so there its absence fails."""
    from geoapp.web import assets

    if not assets.is_built():
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("the client is not built; run npm ci and node build.mjs in geoapp/web/client")


@pytest.fixture
def serve() -> Iterator[Callable[[APIFlask], str]]:
    """Serves an application with the installation's own server on a free port of this machine; gives its address."""
    from geoapp.listening import Server

    running: list[tuple[Server, threading.Thread]] = []

    def start(app: APIFlask) -> str:
        # Nothing is waited for at the end: browsers keep requests open.
        # Another server that a test plays (a single sign-on) has no settings of ours.
        settings = app.extensions.get("geoapp", {}).get("settings", Settings())
        server = Server(app, replace(settings, grace_s=0.5), host="127.0.0.1", port=0)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.port}"

    yield start
    for server, thread in running:
        server.stop()
        thread.join(timeout=10)


def _chromium() -> str | None:
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return os.environ.get("GEOAPP_TEST_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test marked ``engines`` that reaches `settings` runs once per engine."""
    marker = metafunc.definition.get_closest_marker("engines")
    if marker is not None and "engine" in metafunc.fixturenames:
        metafunc.parametrize("engine", engines.engines_of(marker), scope="module")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """CI promises PostgreSQL: a test of it that is skipped there has failed."""
    report = yield
    if report.skipped and item.get_closest_marker("postgres") and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and CI promises PostgreSQL: {report.longrepr}"
    return report


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip by name what this machine cannot run; CI promises a browser, so there its absence fails."""
    for item in items:
        if item.get_closest_marker("shared_data") and not SHARED_DATA.is_dir():
            item.add_marker(pytest.mark.skip(reason="../shared/data is not here"))
        if item.get_closest_marker("postgres") and engines.missing():
            item.add_marker(pytest.mark.skip(reason=engines.missing()))
        if item.get_closest_marker("browser") and not _chromium() and not os.environ.get("CI"):
            item.add_marker(pytest.mark.skip(reason="no Chromium here; set GEOAPP_TEST_CHROMIUM to its path"))
