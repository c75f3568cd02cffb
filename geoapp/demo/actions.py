"""Loads the demo into an installation: layers, places and the day on which 霞光里 was divided, people, reports."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import shapely
from shapely.geometry import shape

from geoapp.accounts import actions as accounts
from geoapp.accounts import store as people
from geoapp.accounts.appointments import actions as appointments
from geoapp.accounts.bodies import actions as bodies
from geoapp.accounts.bodies import store as body_store
from geoapp.accounts.people import system
from geoapp.accounts.roles import Grant
from geoapp.config import Settings
from geoapp.db import Database, utcnow
from geoapp.demo import casebook
from geoapp.demo.cast import BODIES, BODIES_AT, CAST, PASSWORD
from geoapp.demo.rounds import ROUNDS, SET_UP_DAYS, days_of
from geoapp.demo.snapshots import snapshot
from geoapp.errors import NotFound
from geoapp.files import FileStore
from geoapp.layers import actions as layers
from geoapp.layers.entry import Entry, parse_catalogue
from geoapp.layers.importing import entry_options
from geoapp.maps.actions import publish_stale
from geoapp.objects import open_objects
from geoapp.places import actions as places
from geoapp.places.hierarchy import path_of
from geoapp.places.records import record_of
from geoapp.reports import store as cases
from geoapp.reports.handling import actions as handling
from geoapp.reports.imports.actions import import_history
from geoapp.reports.orders.actions import look_around
from geoapp.reports.patrols import actions as patrols
from geoapp.reports.patrols import store as patrol_store
from geoapp.reports.patrols.actions import NewPoint
from geoapp.reports.photos import actions as photos
from geoapp.reports.photos import store as photo_store
from geoapp.reports.photos.tasks import develop
from geoapp.schema import prepared

FOLDER = Path(__file__).parents[2] / "layers"
BY = system("demo")
#: As the catalogue's layers name it, so that the map says it once.
SOURCE = "演示数据生成器（示意，非真实边界与数据）"
Progress = Callable[[float, str], None]
#: So many reports come with a drawn picture; so many of these wait to be released 审核公开.
MOST_PICTURES, WAITING_PICTURES = 12, 2
#: Kinds of entries that become something else than a layer: places, cases, a file to try the import on.
_NO_LAYER = {"roster", "boundary", "report"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded: number of layers, of their features, and of places that began."""

    layers: int
    features: int
    places: int


def load_demo(settings: Settings, *, progress: Progress | None = None) -> Loaded:
    """Import the catalogue's layers, and bring its boundaries in as places with their history: they draw themselves.

    Done twice it changes nothing: the files are known by their content, the places by their codes and days.
    """
    tell = progress or (lambda share, words: None)
    entries = list(parse_catalogue((FOLDER / "catalogue.toml").read_text(encoding="utf-8")).values())
    database, files = prepared(settings), FileStore(settings.data / "files")
    try:
        features = 0
        for number, entry in enumerate(entries):
            tell(number / (len(entries) + 1), entry.title)
            if entry.kind not in _NO_LAYER:
                report = layers.import_file(database, files, _path(entry), entry_options(entry), by=BY)
                features += report.rows_stored
        tell(len(entries) / (len(entries) + 1), "区划与沿革")
        begun = _load_places(database)
        _load_cast(database)
        _load_bodies(database)
        _load_reports(database, _path(next(entry for entry in entries if entry.kind == "report")))
        _load_rounds(database)
        publish_stale(database)
    finally:
        database.dispose()
    return Loaded(len(entries), features, begun)


def _load_cast(database: Database) -> None:
    """One account per rank, each with the printed password; none in production, and none whose account is there."""
    if database.settings.env == "production":
        return
    today = database.today()
    with database.reading() as connection:
        waiting = [one for one in CAST if people.credentials(connection, one.login) is None]
    hashed = accounts.hash_password(PASSWORD) if waiting else ""
    for one in waiting:
        with database.transaction() as connection:
            person = appointments.create_person(
                database, connection, BY, name=one.name, login=one.login, password_hash=hashed, demo=True
            )
            place = path_of(one.place) if one.place else ()
            appointments.give(database, connection, BY, person, Grant(one.rank, place, today))


def _load_bodies(database: Database) -> None:
    """A property manager and an enforcement team, so that cases can be given to somebody; none where some are there."""
    today, place = database.today(), path_of(BODIES_AT)
    with database.reading() as connection:
        handler = people.credentials(connection, "handler")
        if handler is None or body_store.bodies_below(connection, [place]):
            return
    for name, kind in BODIES:
        body = bodies.create(database, BY, name=name, kind=kind, place=place, on=today)
        if kind == "property":
            bodies.join(database, BY, body.key, handler.person.key, on=today)


def _load_reports(database: Database, path: Path) -> None:
    """The demo's reports as cases: closed ones as history, open ones in the inboxes, handled ones accepted."""
    mapping = (FOLDER / "reports" / "mappings" / "demo.toml").read_text(encoding="utf-8")
    collection = path.read_text(encoding="utf-8")
    rows = casebook.rows_of(collection, now=utcnow())
    with TemporaryDirectory() as folder:
        file = Path(folder) / "demo.csv"
        with file.open("w", encoding="utf-8", newline="") as text:
            writer = csv.DictWriter(text, casebook.COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        outcome = import_history(database, BY, file, mapping, live=True)
    if not outcome.stored:
        return
    for number in casebook.numbers_in(rows, "handling"):
        with database.reading() as connection:
            case = cases.case_by_origin(connection, outcome.origin, number)
        if case is not None:
            handling.accept(database, BY, case.key, seen=case.revision)
    _load_pictures(database, outcome.origin, casebook.pictured(collection, most=MOST_PICTURES))


def _load_pictures(database: Database, origin: str, pictures: Mapping[str, str]) -> None:
    """Drawn pictures as if they had come with their reports; all but the last ones released, which wait for somebody.

    Developed here and not by the worker: one who opens the demo sees them at once, and only what is there is released.
    """
    objects = open_objects(database.settings)
    waiting = set(list(pictures)[:WAITING_PICTURES])
    for number, picture in pictures.items():
        with database.reading() as connection:
            case = cases.case_by_origin(connection, origin, number)
        if case is None:
            continue
        content = snapshot((FOLDER / "demo" / picture).read_bytes())
        sent = photos.receive(database, objects, case.id, content, now=case.reported_at)
        with database.reading() as connection:
            photo_id = photo_store.photo(connection, sent.key).id
        develop(database, lambda share, words: None, photo_id=photo_id)
        if number not in waiting:
            photos.release(database, BY, sent.key)


def _load_rounds(database: Database) -> None:
    """Patrol points with some weeks of visits by the people of the demo; where there are points already, none."""
    now, today = utcnow(), database.today()
    with database.reading() as connection:
        found = {one.login: people.credentials(connection, one.login) for one in CAST}
        if not all(found.values()) or patrol_store.points_at(connection, [""], first=date.min, last=today):
            return
    around = look_around(database, BY)
    for one in ROUNDS:
        spot = around.find(one.address).only if one.address else None
        new = NewPoint(one.name, one.look, one.rhythm, one.address, one.place, spot.lonlat if spot else None)
        point = patrols.define(database, BY, new, now=now - timedelta(days=SET_UP_DAYS))
        who = found[one.login]
        assert who is not None, "looked at above"
        with database.transaction() as connection:
            for day in days_of(one, today=today):
                at = datetime.combine(day, time(9, 10 + day.day), database.settings.zone)
                patrol_store.add_visit(
                    connection, point_id=point.id, person_id=who.person.id, day=day, at=at, acts=list(one.acts),
                    words=one.words if day.day % 3 == 0 and one.words else None,
                )  # fmt: skip


def _path(entry: Entry) -> Path:
    path = FOLDER / entry.file
    if not path.is_file():
        raise NotFound(f"示意图层文件 {entry.file} 不在 layers 文件夹中；请重新检出代码，或运行 geoapp demo generate。")
    return path


def _load_places(database: Database) -> int:
    """Places as of each first day, level by level; on a day when some end, their successors come by a split.

    Read from the files, not from the layers: the district is known by name and code alone and is nothing to draw.
    """
    files = sorted((FOLDER / "demo").glob("boundary_*.geojson"))
    features = [feature for path in files for feature in json.loads(path.read_text(encoding="utf-8"))["features"]]
    by_day: dict[date, list[Any]] = defaultdict(list)
    for feature in features:
        by_day[date.fromisoformat(feature["properties"]["valid_from"])].append(feature)
    begun = 0
    for day in sorted(by_day):
        divided = _divisions(by_day[day])
        for code, successors in divided.items():
            places.split_by_plan(database, _plan(code, successors), on=day, by=BY, note="示意")
        # Grids and courtyards follow their community by the split itself.
        fresh = [f for f in by_day[day] if not (divided and _below(f, divided))]
        records = [record_of(f["properties"], _geometry(f)) for f in fresh]
        report = places.load_places(database, records, on=day, by=BY, source=SOURCE, illustrative=True)
        begun += report.begun
        for refused in report.refused:
            raise NotFound(f"示意区划 {refused.code} 没有载入：{refused.message}")
    return begun


def _divisions(features: list[Any]) -> dict[str, list[Any]]:
    """Code of a divided community -> its successors."""
    found: dict[str, list[Any]] = defaultdict(list)
    for feature in features:
        properties = feature["properties"]
        if properties["level"] == "community" and properties.get("predecessors"):
            found[properties["predecessors"]].append(feature)
    return dict(found)


def _below(feature: Any, divided: dict[str, list[Any]]) -> bool:
    """Is the feature a successor of a division, or inside one?"""
    code: str = feature["properties"]["code"]
    return any(code.startswith(s["properties"]["code"]) for parts in divided.values() for s in parts)


def _plan(code: str, successors: list[Any]) -> dict[str, Any]:
    """The division in the shape of a plan.json, as the planner's own would be adopted."""
    properties = [s["properties"] for s in successors]
    parts = [
        {"households": p["households"], "people": p["people"], "staff": p["staff"], "geometry": s["geometry"]}
        for p, s in zip(properties, successors, strict=True)
    ]
    return {
        "place": code,
        "parts": parts,
        "names": [p["name"] for p in properties],
        "codes": [p["code"] for p in properties],
    }


def _geometry(feature: Any) -> Any:
    geometry = feature["geometry"]
    return None if geometry is None else shapely.force_2d(shape(geometry))
