"""The tiny street served for real: a server, a worker that develops photographs, and browsers of its people."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from apiflask import APIFlask

from geoapp.accounts.people import system
from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.files import secret_key
from geoapp.listening import Server
from geoapp.reports.doors.actions import NewDoor, make_doors
from geoapp.reports.doors.tokens import token
from geoapp.worker import Worker
from tests import signing_in
from tests.reports.world import Town, make_town, spot

PHONE, DESK = (360, 740), (1440, 900)


@dataclass
class Scene:
    """What journeys happen in; each opens browsers of its own and finds no fault in them at the end."""

    app: APIFlask
    town: Town
    address: str
    browser: Any
    faults: list[str] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)

    def door(self, building: str, x: float = 0.5, y: float = 3.0) -> str:
        """The path in the code on a door; grid 001 by default."""
        place = spot(x, y)
        new = NewDoor(building=building, unit="2单元", compound="绿景苑", lonlat=(place.lon, place.lat), managed=True)
        (made,) = make_doors(self.town.database, system("test"), [new])
        return f"/d/{token(made.key, secret_key(self.town.database.settings.data))}"

    def phone(self, *, script: bool = True, language: str = "zh") -> Any:
        """A resident's phone without an account."""
        return self._page(PHONE, script=script, language=language)

    def desk(self, name: str) -> Any:
        """An office PC at which one of the town is signed in. Its pages are whole without a script; the maps beside
        them, which take seconds where there is no graphics card, are looked at in tests of their own.
        """
        person = self.town.people[name].person
        assert person is not None
        page = self._page(DESK, script=False, language="zh")
        page.context.add_cookies([signing_in.browser_cookie(self.app, self.address, person)])
        return page

    def _page(self, size: tuple[int, int], *, script: bool, language: str) -> Any:
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, java_script_enabled=script, base_url=self.address
        )
        self.contexts.append(context)
        context.add_cookies([{"name": "language", "value": language, "url": self.address}])
        context.on(
            "request", lambda r: None if r.url.startswith((self.address, "blob:", "data:")) else self._wrong(r.url)
        )
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self._wrong(str(error)))
        page.on("response", lambda r: self._wrong(f"{r.status} {r.url}") if r.status >= 500 else None)
        return page

    def _wrong(self, what: str) -> None:
        self.faults.append(what)

    def close(self) -> None:
        """Close the browsers of one journey; nothing went wrong in them."""
        for context in self.contexts:
            context.close()
        faults, self.faults, self.contexts = self.faults, [], []
        assert faults == []


@contextmanager
def open_scene(folder: Path, migrated: Path, browser: Any) -> Iterator[Scene]:
    """The street in a folder of its own, served by the installation's own server until the block ends."""
    shutil.copyfile(migrated, folder / "geoapp.sqlite")
    settings = Settings(data=folder, rate_limits=0)
    app = create_app(settings)
    town = make_town(Database(settings))
    worker = Worker(settings, town.database)
    # Nothing is waited for at the end: browsers keep requests open.
    server = Server(app, replace(settings, grace_s=0.5), host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    worker.start()
    thread.start()
    yield Scene(app, town, f"http://127.0.0.1:{server.port}", browser)
    server.stop()
    thread.join(timeout=10)
    worker.stop()
    town.database.dispose()
    app.extensions["geoapp"]["database"].dispose()
