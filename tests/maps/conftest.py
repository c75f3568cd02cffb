"""A small town on the map: two communities since 2021, one before; houses, a road, piles, and a layer that is internal.

  116.46       116.47       116.48
39.96 +------------+------------+
      |   东里      |   西里      |     houses h1 (in 东里), h2, h3 (in 西里)
39.95 ====== 中路 along the middle ======
      |            |            |     piles: four at one spot in 东里, one in 西里
39.94 +------------+------------+
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
from apiflask import APIFlask

from geoapp.accounts.people import system
from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.files import FileStore
from geoapp.jobs import jobs
from geoapp.layers.actions import import_file
from geoapp.layers.importing import ImportOptions
from geoapp.maps import actions
from geoapp.places.actions import load_places
from geoapp.places.records import PlaceRecord
from tests.engines import PostgresServer, sqlite_template
from tests.signing_in import chief, chief_cookie

EAST, WEST = "110105012023", "110105012024"
WHOLE = (116.46, 39.94, 116.48, 39.96)


@dataclass(frozen=True)
class Town:
    """The test's installation."""

    app: APIFlask
    database: Database
    client: Any


@pytest.fixture(scope="session")
def built_town(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Path:
    """The database of the drawing above, nothing published; made once and copied for each test."""
    return sqlite_template(tmp_path_factory.mktemp("town"), migrated, build_town)


@pytest.fixture(scope="session")
def built_town_postgres(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same on PostgreSQL, by name."""
    with postgres.template(tmp_path_factory.mktemp("town"), build_town) as name:
        yield name


def build_town(database: Database) -> None:
    folder = database.settings.data
    files = FileStore(folder / "files")
    add_places(database)
    for key, kind, features, said in LAYERS:
        path = folder / f"{key}.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), "utf-8")
        options = ImportOptions(layer=key, kind=kind, crs="EPSG:4326", **said)
        import_file(database, files, path, options, by=system("test"))
    with database.transaction() as connection:
        # What importing queued is none of a test's business.
        connection.execute(jobs.delete())


@pytest.fixture
def settings(installations: Any, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """The installation of a test that asks for the town has it, any other an empty one."""
    like = {"like": ("built_town", "built_town_postgres")} if "town" in request.fixturenames else {}
    with installations("var", **like) as own:
        yield own


@pytest.fixture
def town(settings: Settings) -> Iterator[Town]:
    """The whole application on a copy of the town."""
    app = create_app(settings)
    app.config["TESTING"] = True
    database: Database = app.extensions["geoapp"]["database"]
    yield Town(app, database, chief(app))
    database.dispose()


def add_places(database: Database) -> None:
    left = shapely.box(116.46, 39.94, 116.47, 39.96)
    right = shapely.box(116.47, 39.94, 116.48, 39.96)
    figures: dict[str, Any] = {"households": 4000, "households_basis": "套数", "households_date": date(2014, 12, 31)}
    first = [
        PlaceRecord("110105", "朝阳区"),
        PlaceRecord("110105012", "测试街道", shapely.box(*WHOLE)),
        PlaceRecord(EAST, "东里", shapely.box(*WHOLE), staff=20, **figures),
    ]
    load_places(database, first, on=date(2015, 1, 1), by=system("test"), source="测试数据", illustrative=True)
    second = [
        PlaceRecord(EAST, "东里", left, households=2500, households_basis="估算", households_date=date(2021, 1, 1)),
        PlaceRecord(WEST, "西里", right, households=1500, staff=10, households_basis="套数"),
    ]
    load_places(database, second, on=date(2021, 7, 1), by=system("test"), source="测试数据", illustrative=True)


def area(west: float, south: float, side: float, **properties: Any) -> dict[str, Any]:
    """A square house."""
    shape = json.loads(shapely.to_geojson(shapely.box(west, south, west + side, south + side)))
    return {"type": "Feature", "properties": properties, "geometry": shape}


def point(lon: float, lat: float, **properties: Any) -> dict[str, Any]:
    """A pile."""
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [lon, lat]}}


ROAD = {
    "type": "Feature",
    "properties": {"name": "中路", "class": "minor"},
    "geometry": {"type": "LineString", "coordinates": [[116.46, 39.95], [116.48, 39.95]]},
}
LAYERS: list[tuple[str, str, list[Any], dict[str, Any]]] = [
    (
        "houses",
        "building",
        [
            area(116.462, 39.942, 0.001, name="东里1号楼", code="H1", storeys=6, address="中路甲5号"),
            area(116.472, 39.942, 0.001, name="西里1号楼", code="H2", storeys=18, households=1200),
            area(116.474, 39.942, 0.001, name="西里2号楼", code="H3"),
        ],
        {"title": "楼栋", "source": "测试", "licence": "CC0", "date": "2026-01", "illustrative": True},
    ),
    ("roads", "road", [ROAD], {"title": "道路"}),
    (
        "piles",
        "charging",
        [
            *(point(116.465 + i * 1e-6, 39.955, name=f"桩{i}", kind="car") for i in range(4)),
            point(116.475, 39.955, name="桩9", kind="bicycle"),
        ],
        {"title": "充电桩"},
    ),
    (
        "survey",
        "other",
        [area(116.476, 39.952, 0.001, name="内部地块")],
        {"title": "内部调查", "visibility": "internal"},
    ),
]


#: Generous, because the machine that tests may be busy with much else.
DRAWN_MS = 30_000


@dataclass
class Visit:
    """A page that is open, and everything that it complained of or asked for."""

    page: Any
    base: str
    complaints: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def open(self, address: str = "/") -> Visit:
        self.page.goto(self.base + address)
        self.page.wait_for_selector("body[data-drawn]", timeout=DRAWN_MS)
        return self

    def press(self, lon: float, lat: float) -> None:
        """Press the map where a position is; the camera stands in the address."""
        self.page.mouse.click(*self.pixel(lon, lat))

    def pixel(self, lon: float, lat: float) -> tuple[float, float]:
        self.page.wait_for_function("() => location.hash.includes('v=')")
        centre_lon, centre_lat, zoom = (float(x) for x in self.page.url.split("v=")[1].split("&")[0].split(","))
        box = self.page.locator("#map").bounding_box()
        size = 512 * 2**zoom

        def north(degrees: float) -> float:
            return math.asinh(math.tan(math.radians(degrees))) / (2 * math.pi)

        x = box["x"] + box["width"] / 2 + (lon - centre_lon) / 360 * size
        y = box["y"] + box["height"] / 2 - (north(lat) - north(centre_lat)) * size
        return x, y


@pytest.fixture
def visit(browser: Any, serve: Callable[..., str], town: Any) -> Iterator[Callable[..., Visit]]:
    """Opens the town, published, at a size and in a language."""
    actions.publish_stale(town.database)
    yield from _visits(browser, serve(town.app), town.app)


@pytest.fixture
def empty_visit(browser: Any, serve: Callable[..., str], settings: Settings) -> Iterator[Callable[..., Visit]]:
    """Opens an installation without any data."""
    app = create_app(settings)
    yield from _visits(browser, serve(app), app)
    app.extensions["geoapp"]["database"].dispose()


def _visits(browser: Any, base: str, app: APIFlask) -> Iterator[Callable[..., Visit]]:
    contexts = []

    def make(width: int = 1366, height: int = 768, *, signed_in: bool = True) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": height}, has_touch=width < 500)
        if signed_in:
            context.add_cookies([chief_cookie(app, base)])
        contexts.append(context)
        page = context.new_page()
        visit = Visit(page, base)
        page.on("console", lambda m: m.type in {"error", "warning"} and visit.complaints.append(m.text))
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.on("request", lambda r: r.url.startswith((base, "data:", "blob:")) or visit.outside.append(r.url))
        page.on("response", lambda r: r.status >= 400 and visit.complaints.append(f"{r.status} {r.url}"))
        return visit

    yield make
    for context in contexts:
        context.close()
