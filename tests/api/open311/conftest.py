"""The tiny street as an Open311 server, one for a module, and a key for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from apiflask import APIFlask

from geoapp.accounts.people import Actor
from geoapp.api.open311.actions import make_key
from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.reports.photos import tasks as photo_tasks
from geoapp.reports.photos.darkroom import Darkroom
from tests.heartbeat import beat
from tests.places.street import SOUTH, STEP, WEST
from tests.reports.world import Town, make_town

BASE = "/open311/v2"
#: In the first grid of the street's drawing.
LON, LAT = WEST + 0.5 * STEP, SOUTH + 3 * STEP


@dataclass
class Server:
    """The application, its street, and a key."""

    app: APIFlask
    town: Town
    key: str

    @property
    def database(self) -> Database:
        return self.town.database

    def get(self, path: str, code: int = 200, **query: Any) -> Any:
        """The answer to ``path.json`` as values; its XML says the same and is looked at too."""
        client = self.app.test_client()
        as_json = client.get(f"{BASE}/{path}.json", query_string=query)
        as_xml = client.get(f"{BASE}/{path}.xml", query_string=query)
        assert (as_json.status_code, as_xml.status_code) == (code, code), as_json.text
        assert as_json.content_type == "application/json; charset=utf-8"
        assert as_xml.content_type == "text/xml; charset=utf-8"
        assert as_xml.data.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n')
        values = json.loads(as_json.data)
        root = ElementTree.fromstring(as_xml.data)
        assert _leaves(values) == [element.text or "" for element in root.iter() if not len(element)] or not values
        return values

    def post(self, status: int = 200, form: str = "json", **fields: Any) -> Any:
        """What a request with these fields is answered; without service, place and key those of the least one."""
        least = {"api_key": self.key, "service_code": "lamp", "lat": LAT, "long": LON, "description": "路灯不亮"}
        sent = {name: value for name, value in {**least, **fields}.items() if value is not None}
        response = self.app.test_client().post(f"{BASE}/requests.{form}", data=sent)
        assert response.status_code == status, response.text
        return json.loads(response.data) if form == "json" else response

    def number(self, **fields: Any) -> str:
        """Number of a new request."""
        return str(self.post(**fields)[0]["service_request_id"])


def _leaves(tree: Any) -> list[str]:
    """The texts of a tree in their order, as XML prints them."""
    if isinstance(tree, dict):
        return [leaf for below in tree.values() for leaf in _leaves(below)]
    if isinstance(tree, list):
        return [leaf for below in tree for leaf in _leaves(below)] or [""]
    if isinstance(tree, bool):
        return [str(tree).lower()]
    return ["" if tree is None else str(tree).replace("\r", "")]


def make_server(folder: Path, migrated: Path) -> Server:
    shutil.copyfile(migrated, folder / "geoapp.sqlite")
    beat(folder)
    app = create_app(Settings(data=folder, rate_limits=0, job_workers=0))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    database: Database = app.extensions["geoapp"]["database"]
    town = make_town(database)
    return Server(app, town, make_key(database, Actor(system="test"), name="测试", per_minute=60))


@pytest.fixture(scope="module")
def darkroom() -> Iterator[None]:
    """A process of this module's own that develops photographs, more patient than in service, and ended with it."""
    before, room = getattr(photo_tasks._rooms, "room", None), Darkroom(wall_s=30)
    photo_tasks._rooms.room = room
    yield
    room.close()
    del photo_tasks._rooms.room
    if before is not None:
        photo_tasks._rooms.room = before


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Server]:
    made = make_server(tmp_path_factory.mktemp("open311"), migrated)
    yield made
    made.database.dispose()
