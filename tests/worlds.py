"""A small administration for tests of rights: each level twice, with a person, a grant, a division where they occur.

110105 district ----+-- 110105012 subdistrict ---+-- 110105012023 community --+-- ...001 grid --- ...01 courtyard
                    |                            |                            +-- ...002 grid
                    |                            +-- 110105012024 community ----- ...001 grid
                    +-- 110105013 subdistrict -------- 110105013001 community ----- ...001 grid
110106 district ------- 110106001 subdistrict -------- 110106001001 community ----- ...001 grid
"""

from __future__ import annotations

import hashlib
import io
import json
import secrets
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import shapely
from apiflask import APIFlask

from geoapp.accounts import actions as entering
from geoapp.accounts import store as accounts
from geoapp.accounts.appointments import actions as appointing
from geoapp.accounts.bodies import actions as bodies
from geoapp.accounts.bodies import store as body_store
from geoapp.accounts.people import VISITOR, Actor, Body, Person, system
from geoapp.api.open311.actions import make_key
from geoapp.db import Database, utcnow
from geoapp.files import FileStore
from geoapp.jobs import JobQueue, jobs
from geoapp.layers.actions import import_file
from geoapp.layers.importing import ImportOptions
from geoapp.maps.actions import published_folder
from geoapp.maps.tables import published
from geoapp.maps.tasks import PUBLISH
from geoapp.places.actions import load_places
from geoapp.places.hierarchy import path_of
from geoapp.places.records import PlaceRecord
from geoapp.reports import store as cases
from geoapp.reports.doors.actions import NewDoor, make_doors
from geoapp.reports.doors.tokens import token
from geoapp.reports.handling import actions as handling
from geoapp.reports.handling.actions import Target
from geoapp.reports.links.actions import make_link
from geoapp.reports.patrols.actions import NewPoint, define
from geoapp.reports.people import Contact, Sender
from geoapp.reports.photos import actions as photographs
from geoapp.reports.photos import store as photo_store
from geoapp.reports.photos.photo import SIZES, Photo, State, object_name
from geoapp.reports.photos.tables import photos
from geoapp.reports.placing import Position
from geoapp.reports.sending.actions import submit
from geoapp.reports.sending.matter import Sending
from geoapp.reports.tables import reports
from geoapp.reports.waiting import actions as waiting
from geoapp.splitting.drafts import actions as drafting
from geoapp.splitting.drafts import archive
from geoapp.splitting.drafts import store as drafts
from geoapp.splitting.drafts.wish import RANGES, Wish
from tests import signing_in
from tests.splitting.drafts import world as drawn


def workbook(rows: list[list[Any]]) -> bytes:
    """An XLSX of one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


#: The smallest picture that is taken in.
PHOTO = bytes.fromhex("52494646240000005745425056503820180000003001009d012a0100010002c04c25a400037000fef81f8000")
#: A workbook of a ledger's header alone.
LEDGER = workbook([["受理编号", "时间", "地点", "类别", "状态"]])
D1, D2 = "110105", "110106"
S1, S2, S3 = "110105012", "110105013", "110106001"
C1, C2, C3, C4 = f"{S1}023", f"{S1}024", f"{S2}001", f"{S3}001"
G1, G2, G3, G4, G5 = f"{C1}001", f"{C1}002", f"{C2}001", f"{C3}001", f"{C4}001"
Y1 = f"{G1}01"
CODES = (D1, D2, S1, S2, S3, C1, C2, C3, C4, G1, G2, G3, G4, G5, Y1)
COMMUNITIES = (C1, C2, C3, C4)
SINCE = date(2020, 1, 1)
GEOJSON = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": "甲"},
                "geometry": {"type": "Point", "coordinates": [116.0, 39.25]},
            }
        ],
    }
)


@dataclass
class World:
    """What stands at each place, by its code."""

    app: APIFlask
    people: dict[str, Person] = field(default_factory=dict)
    grants: dict[str, int] = field(default_factory=dict)
    divisions: dict[str, str] = field(default_factory=dict)
    #: Communities' divisions whose plan 2 was drawn by hand, and those of which a step was undone.
    drawn: dict[str, str] = field(default_factory=dict)
    #: Reports that lie at each place and are to be seen to there; nobody has taken them up.
    cases: dict[str, dict[str, str]] = field(default_factory=dict)
    undone: dict[str, str] = field(default_factory=dict)
    #: Photographs of these reports, which nobody has released yet.
    photos: dict[str, Photo] = field(default_factory=dict)
    #: Names and secrets that lie at no place.
    words: dict[str, str] = field(default_factory=dict)

    #: Cases that were given to a body, with a link; and those for which somebody asks for more time.
    given: dict[str, dict[str, str]] = field(default_factory=dict)
    wishes: dict[str, dict[str, str]] = field(default_factory=dict)
    #: Bodies of each place, with a member and a grant.
    bodies: dict[str, dict[str, str]] = field(default_factory=dict)

    #: Keys of points of a patrol.
    points: dict[str, str] = field(default_factory=dict)

    def at(self, code: str, kind: str) -> dict[str, str]:
        """Words for what of a kind there is at a place."""
        found = {"code": code}
        if kind in {"person", "person to raise"}:
            return {**found, "key": self.people[code].key, "number": str(self.grants[code])}
        if kind == "case":
            return {**found, **self.cases[code], "photo": self.photos[code].key}
        if kind == "photo":
            return {**found, "key": self.photos[code].key, "name": self.photos[code].name or ""}
        if kind in {"division", "drawn", "undone"}:
            plans: dict[str, dict[str, str]] = {"division": self.divisions, "drawn": self.drawn, "undone": self.undone}
            return {**found, "division_id": plans[kind][code], "number": "1" if kind == "division" else "2"}
        if kind == "body":
            return {**found, **self.bodies[code], "person": self.people[code].key}
        if kind == "point":
            return {**found, "key": self.points[code]}
        if kind == "spot":
            lon, lat = _spot(code)
            return {**found, "lon": str(lon), "lat": str(lat)}
        if kind in {"given", "wish"}:
            return {**found, **(self.given if kind == "given" else self.wishes)[code]}
        return found

    @property
    def database(self) -> Database:
        found: Database = self.app.extensions["geoapp"]["database"]
        return found


def make_world(app: APIFlask, folder: Path) -> World:
    """The administration of the drawing in the database of ``app``."""
    world = World(app)
    records = [PlaceRecord(code, f"甲{code[-3:]}", _square(code), 3000, "套数", None, 7500, 12) for code in CODES]
    report = load_places(world.database, records, on=SINCE, by=system("test"), illustrative=True)
    assert not report.refused, report.refused
    for code in CODES:
        world.people[code], world.grants[code] = _volunteer(world.database, path_of(code))
        world.bodies[code] = _body(world.database, code)
        world.points[code] = define(world.database, system("test"), NewPoint(name=f"点{code}", place_code=code)).key
        world.cases[code] = _case(world.database, code)
        world.photos[code] = _photo(world, code, PHOTO)
        world.given[code], world.wishes[code] = _given(world, code), _wish(world.database, code)
    for code in COMMUNITIES:
        world.divisions[code] = _division(world.database, code)
        world.drawn[code], world.undone[code] = (_division(world.database, code) for _ in range(2))
        for division_id in (world.drawn[code], world.undone[code]):
            number = drafting.hand_over(world.database, division_id, 1, (4,), 1, seen=None, by=system("test"))
            assert number == 2
        drafting.undo(world.database, world.undone[code], 2, seen=None, by=system("test"))
    for key in ("public", "internal"):
        world.words[f"{key}_import"] = str(_layer(world, key, folder))
        world.words["published" if key == "public" else "unpublished"] = _published(world, key)
    _roster(world, folder)
    world.words["released"] = _photo(world, C2, PHOTO + b"2", state=State.RELEASED).name or ""
    _loose(world)
    _open311(world)
    _receipts(world)
    return world


def _square(code: str) -> Any:
    """Disjoint squares inside their parents: each level cuts its parent's side into five and takes one of the cells."""
    west, south, side = 116.0, 39.0, 1.0
    above = path_of(code)
    for depth, own in enumerate(above):
        siblings = sorted(c for c in CODES if len(c) == len(own) and (not depth or c.startswith(above[depth - 1])))
        side /= 5
        west, south = west + side * 2 * siblings.index(own), south + side
    return shapely.box(west, south, west + side, south + side)


def _spot(code: str) -> tuple[float, float]:
    """A point that lies in a place and in none below it."""
    west, south, east, north = _square(code).bounds
    return (west + east) / 2, south + (north - south) / 100


def _volunteer(database: Database, place: tuple[str, ...]) -> tuple[Person, int]:
    person = signing_in.make_person(database)
    with database.transaction() as connection:
        grant = signing_in.held("volunteer", place)
        number = accounts.add_grant(connection, grant, person_id=person.id, body_id=None, by=None, at=utcnow())
    return person, number


def _body(database: Database, code: str) -> dict[str, str]:
    """A body that keeps the green of a place, with one member."""
    made = bodies.create(database, system("test"), name=f"绿化队{code}", kind="parks", place=path_of(code), on=SINCE)
    member = signing_in.make_person(database, signing_in.held("resident", path_of(code)))
    with database.transaction() as connection:
        body_store.join(connection, made.id, member.id, on=SINCE)
        ((number, _grant),) = body_store.held_by(connection, made.id)
    return {"key": made.key, "member": member.key, "number": str(number)}


def _case(database: Database, code: str) -> dict[str, str]:
    """A report on the ground of a place that is in none below it: its key, number, revision and the id of its words."""
    spot = Position(*_spot(code), "pin")
    sending = Sending(words="垃圾没人清", kind="rubbish", positions=(spot,), contact=Contact(phone="5550100"))
    receipt = submit(database, VISITOR, sending, sender=Sender())
    with database.transaction() as connection:
        # Whatever the rules of routing say: here each place has one to see to.
        mine = {"place_code": code, "duty_code": code}
        connection.execute(reports.update().where(reports.c.id == receipt.report_id).values(mine))
        case = cases.case(connection, receipt.report_key)
        (text,) = cases.texts(connection, [case.id])
    return {"key": case.key, "number": case.number, "seen": str(case.revision), "text": str(text.id)}


def _photo(world: World, code: str, data: bytes, *, state: State = State.READY) -> Photo:
    """A photograph of the report at a place, as if it were developed; what is in it is nobody's business here."""
    objects, name = world.app.extensions["geoapp"]["objects"], secrets.token_hex(16)
    for size in SIZES:
        objects.put(object_name(name, size), b"RIFF")
    with world.database.reading() as connection:
        report_id = cases.case(connection, world.cases[code]["key"]).id
    made = photographs.receive(world.database, objects, report_id, data)
    with world.database.transaction() as connection:
        connection.execute(photos.update().where(photos.c.key == made.key).values(name=name, state=state))
        connection.execute(jobs.delete())
        return photo_store.photo(connection, made.key)


def _given(world: World, code: str) -> dict[str, str]:
    """A case that a body of the place works on, and two links to it: one to be revoked."""
    database, case = world.database, _case(world.database, code)
    body = Body(0, f"body{code}", "物业", "property", path_of(code))
    with database.transaction() as connection:
        accounts.add_body(connection, body)
    after = handling.assign(database, system("test"), case["key"], Target(body_key=body.key), seen=int(case["seen"]))
    secret = world.app.secret_key
    with database.reading() as connection:
        (given,) = cases.assignments(connection, [after.id])
    address = make_link(database, system("test"), case["key"], given.id, secret=secret)
    world.words[f"link_{code}"] = address
    return {**case, "seen": str(after.revision), "assignment": str(given.id), "link": address.partition(".")[0]}


def _wish(database: Database, code: str) -> dict[str, str]:
    """A case for which more time was asked."""
    case = _case(database, code)
    after = handling.accept(database, system("test"), case["key"], seen=int(case["seen"]))
    waiting.ask_extension(
        database, system("test"), case["key"], term="24h", reason="等配件", seen=after.revision
    )  # fmt: skip
    with database.reading() as connection:
        found = cases.case(connection, case["key"])
        (wish,) = cases.requests(connection, [found.id])
    return {**case, "seen": str(found.revision), "request": str(wish.id)}


def _receipts(world: World) -> None:
    """A door's code, the receipt of an open report and that of a closed one."""
    database = world.database
    (lon, lat), test = _square(C1).centroid.coords[0], system("test")
    (door,) = make_doors(database, test, [NewDoor(building="1号楼", lonlat=(lon, lat))])
    world.words["door"] = token(door.key, world.app.secret_key)
    for name in ("receipt", "closed_receipt"):
        sending = Sending(words="灯不亮", kind="lamp", positions=(Position(lon, lat, "pin"),))
        sent = submit(database, VISITOR, sending, sender=Sender())
        world.words[name] = sent.code
        world.words[f"{name}_number"] = sent.number
    with database.reading() as connection:
        case = cases.case(connection, sent.report_key)
    case = handling.accept(database, test, case.key, seen=case.revision)
    case = handling.answer(database, test, case.key, "修好了", seen=case.revision)
    handling.verify(database, system("second"), case.key, passed=True, seen=case.revision)


def _division(database: Database, code: str) -> str:
    """A division that is ready, with one plan; what it divides is drawn elsewhere, which nobody here looks at."""
    wish = Wish(ranges=((2800, 3000), (1500, 1700)), sizes=RANGES)
    division = drafting.ask(database, JobQueue(database), code, wish, on=SINCE, version="", by=system("test"))
    around = archive.Surroundings(drawn.degrees(shapely.box(0, 0, 600, 400)), (), (), True)
    proof = {
        "proved": True, "gap_share": 0.0, "sentence": "已验证", "conditions": [], "title": "沿路", "status": "optimal",
        "objective": 1, "bound": 1, "gap": 0, "method": "", "seconds": 1, "ranges": [[2800, 3000], [1500, 1700]],
    }  # fmt: skip
    with database.transaction() as connection:
        ground = archive.pack(drawn.make_ground(), around)
        drafts.set_division(connection, division.id, ground=ground, state=drafts.READY)
        drafts.add_plan(
            connection, division.id, name="方案一", profile="along-roads", based_on=None, proof=proof, certificate=None,
            part_of=drawn.SPLIT.tolist(), part_names=list(drawn.NAMES), created_by="test",
        )  # fmt: skip
        connection.execute(jobs.delete())
    return division.id


def _layer(world: World, visibility: str, folder: Path) -> int:
    path = folder / f"{visibility}.geojson"
    path.write_text(GEOJSON, "utf-8")
    options = ImportOptions(layer=visibility, kind="charging", crs="EPSG:4326", visibility=visibility, anywhere=True)
    files = FileStore(world.app.extensions["geoapp"]["settings"].data / "files")
    return int(import_file(world.database, files, path, options, by=system("test")).import_id or 0)


def _roster(world: World, folder: Path) -> None:
    """A roster of one building that nobody has placed yet."""
    path = folder / "roster.csv"
    path.write_text("小区,楼栋,户数\n甲小区,甲5号楼,120\n", encoding="utf-8")
    files = FileStore(world.app.extensions["geoapp"]["settings"].data / "files")
    options = ImportOptions(layer="roster", kind="roster", match="public", anywhere=True)
    import_file(world.database, files, path, options, by=system("test"))


def _published(world: World, key: str) -> str:
    """A file that stands for a layer; what is in it is nobody's business here."""
    folder = published_folder(world.app.extensions["geoapp"]["settings"])
    folder.mkdir(exist_ok=True)
    name = hashlib.sha256(key.encode()).hexdigest()
    (folder / f"{name}.pmtiles").write_bytes(b"PMTiles")
    with world.database.transaction() as connection:
        connection.execute(published.insert().values(subject=key, stamp="", sha256=name, size=7, published_at=utcnow()))
    return name


def _loose(world: World) -> None:
    """A job, an invitation, and a session of somebody else."""
    queue = JobQueue(world.database)
    world.words["job"] = queue.add(PUBLISH.name, {}, title="甲")
    somebody = world.people[C1]
    with world.database.transaction() as connection:
        opened = entering.open_session(connection, somebody, agent="test")
    world.words["another_session"] = opened.session_key
    asked = appointing.invite(
        world.database, Actor(system="test"), name="某", login="invited", rank=signing_in.held("grid").rank,
        place=path_of(G1), on=SINCE, until=None,
    )  # fmt: skip
    world.words["invitation"] = asked.token


def _open311(world: World) -> None:
    """A key of a client, and the number and the token of two requests that came through it."""
    key = make_key(world.database, system("test"), name="test", per_minute=6000)
    lon, lat = _square(C1).centroid.coords[0]
    form = {"api_key": key, "lat": lat, "long": lon, "jurisdiction_id": D1}
    post = partial(world.app.test_client().post, "/open311/v2/requests.json")
    world.words["api_key"] = key
    world.words["number_311"] = post(data={**form, "service_code": "lamp"}).json[0]["service_request_id"]
    world.words["token_311"] = post(data={**form, "service_code": "unsorted"}).json[0]["token"]
