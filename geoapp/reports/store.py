"""Every query of cases, their timeline, texts and handlers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from shapely import Point
from sqlalchemy.engine import Connection

from geoapp.accounts.tables import bodies, memberships, people
from geoapp.db import bbox_intersects
from geoapp.errors import Conflict, NotFound
from geoapp.reports import numbers
from geoapp.reports.cases import Assignment, Case, Event, Request, Text
from geoapp.reports.duplicates import Nearby, rank
from geoapp.reports.placing import box_around
from geoapp.reports.stages import OPEN, Stage
from geoapp.reports.tables import (
    report_assignments,
    report_events,
    report_followers,
    report_requests,
    report_sendings,
    report_services,
    report_texts,
    reports,
)

_CASE_NAMES = [name for name in Case.__dataclass_fields__ if name not in {"lon", "lat"}]
CASE_COLUMNS = [
    reports.c.min_lon.label("lon") if name == "lon" else reports.c.min_lat.label("lat") if name == "lat"
    else reports.c[name]
    for name in Case.__dataclass_fields__
]  # fmt: skip
_OPEN = sorted(OPEN)


class NoSuchReport(NotFound):
    """No report of that name, or none that this person may know of."""


class StaleCase(Conflict):
    """Somebody else changed the case after it was looked at."""


def no_such_report() -> NoSuchReport:
    """The one answer to whoever asks for what is not there or not hers."""
    return NoSuchReport("没有找到这件反映；请核对编号或回执。")


# -- cases ---------------------------------------------------------------------------------------------------------


def add_cases(connection: Connection, rows: list[dict[str, Any]]) -> dict[str, int]:
    """Store new cases (columns of the table, all alike); gives their ids by key."""
    connection.execute(_INSERT_CASES, rows)
    found = connection.execute(_IDS, {"keys": [row["key"] for row in rows]})
    return {row.key: row.id for row in found}


#: Composed once: composing takes longer than what they do.
_INSERT_CASES, _INSERT_TEXTS, _INSERT_EVENTS = reports.insert(), report_texts.insert(), report_events.insert()
_INSERT_SENDINGS = report_sendings.insert()
_KEYS: sa.BindParameter[Any] = sa.bindparam("keys", expanding=True)
_IDS = sa.select(reports.c.id, reports.c.key).where(reports.c.key.in_(_KEYS))
_TEXT_IDS = sa.select(report_texts.c.report_id, report_texts.c.id).where(report_texts.c.report_id.in_(_KEYS))
_EVENT_IDS = sa.select(report_events.c.report_id, report_events.c.id).where(report_events.c.report_id.in_(_KEYS))
_SENT = sa.select(report_sendings.c.key_sha256, report_sendings.c.report_id, report_sendings.c.content_sha256).where(
    report_sendings.c.key_sha256.in_(_KEYS)
)


def add_texts(connection: Connection, rows: list[dict[str, Any]]) -> dict[int, int]:
    """Store the first words of new cases; gives their ids by report."""
    if not rows:
        return {}
    connection.execute(_INSERT_TEXTS, rows)
    found = connection.execute(_TEXT_IDS, {"keys": [row["report_id"] for row in rows]})
    return {row.report_id: row.id for row in found}


def add_events(connection: Connection, rows: list[dict[str, Any]]) -> dict[int, int]:
    """Store the first lines of new cases' timelines; gives their ids by report."""
    connection.execute(_INSERT_EVENTS, rows)
    found = connection.execute(_EVENT_IDS, {"keys": [row["report_id"] for row in rows]})
    return {row.report_id: row.id for row in found}


def case_of(row: Any) -> Case:
    """The case of a row of `CASE_COLUMNS`."""
    return Case(*row)


def find(connection: Connection, where: sa.ColumnElement[bool]) -> Case | None:
    """The one case for which something holds."""
    row = connection.execute(sa.select(*CASE_COLUMNS).where(where)).one_or_none()
    return Case(*row) if row is not None else None


def case(connection: Connection, key: str) -> Case:
    """The case of that key; NoSuchReport otherwise."""
    return _there(find(connection, reports.c.key == key))


def case_by_id(connection: Connection, report_id: int) -> Case:
    """The case of that id."""
    return _there(find(connection, reports.c.id == report_id))


def case_by_number(connection: Connection, number: str) -> Case:
    """The case of that 受理编号, as people write it."""
    return _there(find(connection, reports.c.number == numbers.read_number(number)))


def case_by_origin(connection: Connection, origin: str, origin_number: str) -> Case | None:
    """The case that came in under a number of another system."""
    return find(connection, (reports.c.origin == origin) & (reports.c.origin_number == origin_number))


def _there(found: Case | None) -> Case:
    if found is None:
        raise no_such_report()
    return found


def cases(connection: Connection, ids: Collection[int]) -> dict[int, Case]:
    """Cases by id."""
    query = sa.select(*CASE_COLUMNS).where(reports.c.id.in_(list(ids)))
    return {row.id: Case(*row) for row in connection.execute(query)}


def point_columns(lonlat: tuple[float, float] | None) -> dict[str, Any]:
    """Geometry and box of a point."""
    if lonlat is None:
        return {"geom": None, "min_lon": None, "min_lat": None, "max_lon": None, "max_lat": None}
    lon, lat = lonlat
    return {"geom": Point(lon, lat).wkb, "min_lon": lon, "min_lat": lat, "max_lon": lon, "max_lat": lat}


def change(connection: Connection, seen: Case, values: dict[str, Any]) -> Case:
    """Write columns of a case that nobody changed since it was ``seen``; StaleCase otherwise."""
    same = (reports.c.id == seen.id) & (reports.c.revision == seen.revision)
    written = connection.execute(reports.update().where(same).values(revision=seen.revision + 1, **values))
    if written.rowcount != 1:
        raise stale()
    return case_by_id(connection, seen.id)


def stale() -> StaleCase:
    """Somebody was quicker."""
    return StaleCase("这件事刚被同事改动过；请刷新后再办。")


def merged_into(connection: Connection, report_id: int) -> list[Case]:
    """Cases that were merged into one, oldest first."""
    query = sa.select(*CASE_COLUMNS).where(reports.c.merged_into == report_id).order_by(reports.c.id)
    return [Case(*row) for row in connection.execute(query)]


def updated_at(connection: Connection, ids: Collection[int]) -> dict[int, datetime]:
    """When something was last added to each timeline."""
    newest = sa.func.max(report_events.c.at, type_=report_events.c.at.type)
    query = sa.select(report_events.c.report_id, newest).where(report_events.c.report_id.in_(list(ids)))
    return {row[0]: row[1] for row in connection.execute(query.group_by(report_events.c.report_id))}


def change_me_too(connection: Connection, report_id: int, by: int) -> None:
    """Count so many more (or fewer) who met with it; nobody's view of the case is overtaken by it."""
    mine = reports.c.id == report_id
    connection.execute(reports.update().where(mine).values(me_too=reports.c.me_too + by))


def is_public() -> sa.ColumnElement[bool]:
    """May anybody know that the report is there? Nobody may of one that is hidden or was withdrawn."""
    return ~reports.c.hidden & (reports.c.stage != Stage.WITHDRAWN)


def below(column: sa.ColumnElement[str], code: str) -> sa.ColumnElement[bool]:
    """True for codes of a place and of all below it; everything for the empty code. Uses the column's index."""
    if not code:
        return sa.true()
    # Digits sort before letters in every collation, which cannot be said of signs.
    return (column >= code) & (column < code + "z")


def below_any(column: sa.ColumnElement[str], codes: Iterable[str]) -> sa.ColumnElement[bool]:
    """True for codes of any of the places and of all below them; nothing for none."""
    return sa.or_(sa.false(), *(below(column, code) for code in codes))


def near_open(
    connection: Connection, kind: str, lon: float, lat: float, radius_m: float, *, exclude: Collection[int] = ()
) -> list[Nearby]:
    """Open reports of a kind within a radius, the likeliest to be the same matter first."""
    columns = (
        reports.c.id, reports.c.key, reports.c.number, reports.c.kind, reports.c.stage, reports.c.min_lon,
        reports.c.min_lat, reports.c.reported_at, reports.c.me_too,
    )  # fmt: skip
    query = sa.select(*columns).where(
        bbox_intersects(reports, box_around(lon, lat, radius_m)),
        # Not the bare columns: SQLite would go over all reports of the kind or stage by an index, not those in the box.
        reports.c.kind + "" == kind,
        (reports.c.stage + "").in_(_OPEN),
        ~reports.c.hidden,
        # Imported history is nobody's to work on: there is nothing to join.
        reports.c.duty_code != "",
    )
    candidates = [Nearby(*row) for row in connection.execute(query) if row.id not in exclude]
    return rank(candidates, lon=lon, lat=lat, radius_m=radius_m)


# -- timeline and texts --------------------------------------------------------------------------------------------


def add_event(connection: Connection, **values: Any) -> int:
    """Store a line of the timeline (columns of the table); gives its id."""
    return int(connection.execute(report_events.insert().values(values).returning(report_events.c.id)).scalar_one())


def events(connection: Connection, report_id: int) -> list[Event]:
    """The timeline of a case, oldest first."""
    query = sa.select(report_events).where(report_events.c.report_id == report_id).order_by(report_events.c.id)
    return [Event(*row) for row in connection.execute(query)]


def add_text(connection: Connection, **values: Any) -> int:
    """Store words (columns of the table); gives their id."""
    return int(connection.execute(report_texts.insert().values(values).returning(report_texts.c.id)).scalar_one())


def texts(connection: Connection, report_ids: Collection[int]) -> list[Text]:
    """All words of the cases, oldest first."""
    wanted = report_texts.c.report_id.in_(list(report_ids))
    return [Text(*row) for row in connection.execute(sa.select(report_texts).where(wanted).order_by(report_texts.c.id))]


def text(connection: Connection, text_id: int) -> Text | None:
    """The words of that id."""
    row = connection.execute(sa.select(report_texts).where(report_texts.c.id == text_id)).one_or_none()
    return Text(*row) if row is not None else None


def change_texts(connection: Connection, where: sa.ColumnElement[bool], **values: Any) -> int:
    """Change columns of words; gives how many."""
    return connection.execute(report_texts.update().where(where).values(values)).rowcount


# -- handlers and requests -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handler:
    """A body or a person that can be given a case: ``id`` inside, ``key`` and ``name`` outside."""

    id: int
    key: str
    name: str


def body_by_key(connection: Connection, key: str) -> Handler:
    """The body of that key; NotFound otherwise."""
    query = sa.select(bodies.c.id, bodies.c.key, bodies.c.name).where(bodies.c.key == key, bodies.c.ended_at.is_(None))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("没有这个单位，或它已停用；请在单位名单中选择。")
    return Handler(*row)


def person_by_key(connection: Connection, key: str) -> Handler:
    """The person of that key; NotFound otherwise."""
    query = sa.select(people.c.id, people.c.key, people.c.name).where(people.c.key == key, people.c.ended_at.is_(None))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("没有这个人，或账号已停用；请另选。")
    return Handler(*row)


def body_for(connection: Connection, kind: str, place_path: Sequence[str]) -> Handler | None:
    """The body of a kind (property, parks ...) that serves a place: the one whose own place is the deepest above it."""
    paths = ["/".join(place_path[:n]) for n in range(len(place_path) + 1)]
    query = (
        sa.select(bodies.c.id, bodies.c.key, bodies.c.name)
        .where(bodies.c.kind == kind, bodies.c.place_path.in_(paths), bodies.c.ended_at.is_(None))
        .order_by(sa.func.length(bodies.c.place_path).desc(), bodies.c.id)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return Handler(*row) if row is not None else None


def bodies_of(connection: Connection, person_id: int, *, on: date) -> list[int]:
    """Ids of the bodies that somebody is a member of on that day."""
    query = sa.select(memberships.c.body_id).where(
        memberships.c.person_id == person_id,
        memberships.c.valid_from <= on,
        sa.or_(memberships.c.valid_to.is_(None), memberships.c.valid_to > on),
    )
    return list(connection.execute(query).scalars())


def body_names(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """Shown names of bodies by id."""
    query = sa.select(bodies.c.id, bodies.c.name).where(bodies.c.id.in_(list(ids)))
    return {row.id: row.name for row in connection.execute(query)}


def person_names(connection: Connection, given: Iterable[Assignment]) -> dict[str, str]:
    """Shown names of the people who work on a case, by key."""
    ids = [a.person_id for a in given if a.person_id is not None]
    query = sa.select(people.c.key, people.c.name).where(people.c.id.in_(ids))
    return {row.key: row.name for row in connection.execute(query)}


def person_keys(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """Public keys of people by id."""
    query = sa.select(people.c.id, people.c.key).where(people.c.id.in_(list(ids)))
    return {row.id: row.key for row in connection.execute(query)}


def add_assignment(connection: Connection, **values: Any) -> int:
    """Store that somebody works on a case (columns of the table); gives the assignment's id."""
    insert = report_assignments.insert().values(values).returning(report_assignments.c.id)
    return int(connection.execute(insert).scalar_one())


def assignments(connection: Connection, report_ids: Collection[int]) -> list[Assignment]:
    """Everybody who works or worked on the cases, oldest first."""
    wanted = report_assignments.c.report_id.in_(list(report_ids))
    query = sa.select(report_assignments).where(wanted).order_by(report_assignments.c.id)
    return [Assignment(*row) for row in connection.execute(query)]


def change_assignments(connection: Connection, ids: Collection[int], **values: Any) -> None:
    """Change columns of assignments."""
    where = report_assignments.c.id.in_(list(ids))
    connection.execute(report_assignments.update().where(where).values(values))


def end_assignments(connection: Connection, report_id: int, *, at: datetime, roles: Collection[str]) -> None:
    """Let everybody of these roles be done with a case."""
    table = report_assignments
    mine = (table.c.report_id == report_id) & table.c.ended_at.is_(None) & table.c.role.in_(list(roles))
    connection.execute(table.update().where(mine).values(ended_at=at))


def add_request(connection: Connection, **values: Any) -> int:
    """Store a wish for time (columns of the table); gives its id."""
    insert = report_requests.insert().values(values).returning(report_requests.c.id)
    return int(connection.execute(insert).scalar_one())


def requests(connection: Connection, report_ids: Collection[int]) -> list[Request]:
    """Wishes for time, oldest first."""
    wanted = report_requests.c.report_id.in_(list(report_ids))
    query = sa.select(report_requests).where(wanted).order_by(report_requests.c.id)
    return [Request(*row) for row in connection.execute(query)]


def decide_request(connection: Connection, request_id: int, **values: Any) -> None:
    """Write the decision of a wish; Conflict when there is one."""
    open_ = (report_requests.c.id == request_id) & report_requests.c.decided_at.is_(None)
    if connection.execute(report_requests.update().where(open_).values(values)).rowcount != 1:
        raise Conflict("这项申请已经有人批过；请刷新后再看。")


# -- sendings and settings -----------------------------------------------------------------------------------------


def sendings(connection: Connection, keys_sha256: list[str]) -> dict[str, tuple[int, str]]:
    """Report and content of what was sent under each of the keys."""
    found = connection.execute(_SENT, {"keys": keys_sha256})
    return {row.key_sha256: (row.report_id, row.content_sha256) for row in found}


def add_sendings(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Note what was sent under which key (columns of the table)."""
    connection.execute(_INSERT_SENDINGS, rows)


def add_follower(connection: Connection, **values: Any) -> int:
    """Store that somebody follows a case (columns of the table); gives the follower's id."""
    insert = report_followers.insert().values(values).returning(report_followers.c.id)
    return int(connection.execute(insert).scalar_one())


def by_secret(connection: Connection, secret_sha256: str) -> tuple[int, int | None, str] | None:
    """Report, follower (None: the sender) and hash of the receipt whose code has that hash."""
    query = sa.select(reports.c.id, reports.c.secret_sha256).where(reports.c.secret_sha256 == secret_sha256)
    sent = connection.execute(query).one_or_none()
    if sent is not None:
        return int(sent[0]), None, str(sent[1])
    joined = report_followers
    other = sa.select(joined.c.report_id, joined.c.id, joined.c.secret_sha256)
    row = connection.execute(other.where(joined.c.secret_sha256 == secret_sha256)).one_or_none()
    return (int(row[0]), int(row[1]), str(row[2])) if row is not None else None


def has_joined(connection: Connection, report_id: int, device: str | None, person_id: int | None) -> bool:
    """Has the device or the person joined the case before, or sent it?"""
    table = report_followers
    same = sa.or_(
        table.c.device_sha256 == device if device is not None else sa.false(),
        table.c.person_id == person_id if person_id is not None else sa.false(),
    )
    joined = sa.select(table.c.id).where(table.c.report_id == report_id, same)
    if connection.execute(joined.limit(1)).first() is not None:
        return True
    own = sa.select(reports.c.id).where(reports.c.id == report_id, reports.c.person_id == person_id)
    return person_id is not None and connection.execute(own).first() is not None


def end_follower(connection: Connection, follower_id: int, *, at: datetime) -> None:
    """Let a follower hear no more, and her device be known no more."""
    mine = report_followers.c.id == follower_id
    values = {"ended_at": at, "device_sha256": None, "person_id": None, "channel": "none"}
    connection.execute(report_followers.update().where(mine).values(values))


def end_own_followers(connection: Connection, report_id: int, *, at: datetime) -> None:
    """Let the sender herself hear no more of her report."""
    own = (report_followers.c.report_id == report_id) & report_followers.c.secret_sha256.is_(None)
    connection.execute(report_followers.update().where(own).values(ended_at=at, person_id=None, channel="none"))


@dataclass(frozen=True, slots=True)
class Service:
    """What a subdistrict has set: mode of escalation, and how long original photographs are kept."""

    place_code: str
    mode: str
    original_days: int


def services(connection: Connection) -> dict[str, Service]:
    """What subdistricts have set, by code."""
    columns = (report_services.c.place_code, report_services.c.mode, report_services.c.original_days)
    return {row.place_code: Service(*row) for row in connection.execute(sa.select(*columns))}


def set_service(connection: Connection, service: Service, *, by: str, at: datetime) -> None:
    """Write what a subdistrict has set."""
    values = {"mode": service.mode, "original_days": service.original_days, "updated_by": by, "updated_at": at}
    mine = report_services.c.place_code == service.place_code
    if connection.execute(report_services.update().where(mine).values(values)).rowcount == 0:
        connection.execute(report_services.insert().values(place_code=service.place_code, **values))
