"""Setting points up, ticking them off, turning what is found into a case, and how many due visits were made."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from geoapp.accounts.people import Actor
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database, utcnow
from geoapp.errors import Invalid, NotAllowed, NotFound
from geoapp.places.hierarchy import path_of
from geoapp.reports.actions import Desk
from geoapp.reports.patrols import store
from geoapp.reports.patrols.rounds import ACTS, RHYTHMS, Share, share, window_of
from geoapp.reports.patrols.store import Found, Point, Visit
from geoapp.reports.people import Sender
from geoapp.reports.personal import VISIT_DAYS
from geoapp.reports.placing import Position, placed
from geoapp.reports.rulebook.store import ground, rulebook
from geoapp.reports.sending import actions as sending
from geoapp.reports.sending.matter import Official, Receipt, Sending
from geoapp.reports.texts import clean

#: Letters of what somebody writes at a point on one day.
MOST_WORDS = 1000


@dataclass(frozen=True, slots=True)
class NewPoint:
    """What is said of a point; it lies where its position is, or at the place that is named."""

    name: str
    look: str = ""
    rhythm: str = "day"
    address: str = ""
    place_code: str = ""
    lonlat: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """A point on today's list: who of those that may was there in the window at hand, and is a visit due today?"""

    point: Point
    is_due: bool
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A point in the overview: visits made of visits due, the last one ever, what was found."""

    point: Point
    share: Share
    last: Visit | None
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found at a point."""

    words: str
    kind: str = "unsorted"
    photos: int = 0
    language: str = "zh"


# -- points --------------------------------------------------------------------------------------------------------


def define(database: Database, actor: Actor, new: NewPoint, *, now: datetime | None = None) -> Point:
    """Set a point up; a visit is due from today on."""
    now = now or utcnow()
    on = rulebook(database.settings).day(now)
    key = secrets.token_urlsafe(8)
    with database.transaction() as connection:
        values = _placed(connection, actor, new, on)
        store.add_point(connection, key=key, since=on, made_by=actor.name, made_at=now, **values)
        _tell(database, connection, actor, "patrols.point-set-up", key, values, {})
        return _point(connection, key)


def change(database: Database, actor: Actor, key: str, new: NewPoint, *, now: datetime | None = None) -> Point:
    """Say other things of a point: where it was and where it is to be have both to be the actor's."""
    on = rulebook(database.settings).day(now or utcnow())
    with database.transaction() as connection:
        before = open_point(connection, actor, key, "patrols.manage", on=on)
        values = _placed(connection, actor, new, on)
        store.change_point(connection, before.id, **values)
        old = {name: getattr(before, name) for name in values}
        _tell(database, connection, actor, "patrols.point-changed", key, values, old)
        return _point(connection, key)


def end(database: Database, actor: Actor, key: str, *, now: datetime | None = None) -> None:
    """Nobody has to come there any more; what was seen stays."""
    on = rulebook(database.settings).day(now or utcnow())
    with database.transaction() as connection:
        found = open_point(connection, actor, key, "patrols.manage", on=on)
        store.change_point(connection, found.id, ended_on=on)
        values = {"place_code": found.place_code, "ended_on": on.isoformat()}
        _tell(database, connection, actor, "patrols.point-ended", key, values, {"place_code": found.place_code})


def _placed(connection: Connection, actor: Actor, new: NewPoint, on: date) -> dict[str, Any]:
    """Columns of what is said of a point."""
    name, look, address = (" ".join(clean(words).split()) for words in (new.name, new.look, new.address))
    if not name:
        raise Invalid("给这个点起个名字，例如“3号楼配电箱”。")
    if len(name) > 80 or len(look) > 400 or len(address) > 200:
        raise Invalid("名称最多 80 字，看什么最多 400 字，地址最多 200 字；请写短些。")
    if new.rhythm not in RHYTHMS:
        raise Invalid("请选多久看一次。")
    position = Position(*new.lonlat, "pin") if new.lonlat is not None else None
    known = ground(connection, on=on)
    code = placed(position, known, place_code=new.place_code).place_code
    if not code:
        raise Invalid("说说在哪儿：在地图上点一下，或选一个地点。")
    if not actor.may("patrols.manage", path_of(code), on=on):
        raise NotAllowed("这个点不在您的辖区里；请在本辖区内选点，或请那里的人来设。")
    lon, lat = new.lonlat or (None, None)
    return {
        "place_code": code, "name": name, "address": address, "lon": lon, "lat": lat, "look": look,
        "rhythm": new.rhythm,
    }  # fmt: skip


def _point(connection: Connection, key: str) -> Point:
    found = store.point(connection, key)
    if found is None:
        raise NotFound("没有这个打卡点；它可能已停用，请回到清单。")
    return found


def open_point(connection: Connection, actor: Actor, key: str, permission: str, *, on: date) -> Point:
    """A point that is in use; whoever does not hold the right there learns nothing of it."""
    found = store.point(connection, key)
    if found is None or found.ended_on is not None or not actor.may(permission, path_of(found.place_code), on=on):
        raise NotFound("没有这个打卡点；它可能已停用，请回到清单。")
    return found


def _tell(
    database: Database, connection: Connection, actor: Actor, action: str, key: str, after: Mapping[str, Any],
    before: Mapping[str, Any],
) -> None:  # fmt: skip
    values = {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}
    trail.record(database, connection, actor, action, subject=key, place=path_of(after["place_code"]), values=values)


# -- going round ---------------------------------------------------------------------------------------------------


def today(database: Database, actor: Actor, *, now: datetime | None = None) -> list[Stop]:
    """The points at the actor's places and below, those that are due first."""
    now = now or utcnow()
    rules = rulebook(database.settings)
    on, calendar = rules.day(now), rules.clock.calendar
    with database.reading() as connection:
        points = store.points_at(connection, tops(actor, "patrols.walk", on=on), first=on, last=on)
        seen = store.visits_to(connection, [p.id for p in points], first=on - timedelta(days=31), last=on)
    stops = []
    for point in points:
        window = window_of(point.rhythm, on, calendar)
        mine = tuple(
            v for v in seen if v.point_id == point.id and v.day >= (window.first if window is not None else on)
        )
        stops.append(Stop(point, window is not None and not mine, mine))
    return sorted(stops, key=lambda stop: not stop.is_due)


def tick(
    database: Database, actor: Actor, key: str, *, acts: Collection[str] = (), words: str = "",
    now: datetime | None = None,
) -> Visit:  # fmt: skip
    """Tick a point off: who and when are kept, and nothing of where she was or is.

    The same person ticks a point off once a day: what she says later that day is added, and its time stays the first.
    """
    now = now or utcnow()
    on = rulebook(database.settings).day(now)
    with database.transaction() as connection:
        found = open_point(connection, actor, key, "patrols.walk", on=on)
        return _tick(database, connection, actor, found, acts, words, now, on)


def report_finding(
    database: Database, actor: Actor, key: str, finding: Finding, *, sending_key: str | None = None,
    along: Callable[[Desk, Receipt], None] | None = None, now: datetime | None = None,
) -> Receipt:  # fmt: skip
    """Turn what was found into a case: it lies where the point is and goes its way as any report does.

    The point is ticked off by it. Sent twice under one key it is one case.
    """
    now = now or utcnow()
    on = rulebook(database.settings).day(now)
    with database.reading() as connection:
        point = open_point(connection, actor, key, "patrols.walk", on=on)
    where = (Position(point.lon, point.lat, "pin"),) if point.lon is not None and point.lat is not None else ()
    sent = Sending(
        words=finding.words, kind=finding.kind, positions=where, place_code=point.place_code,
        address=point.address or point.name, channel="patrol", language=finding.language, photos=finding.photos,
    )  # fmt: skip

    def attach(at: Desk, receipt: Receipt) -> None:
        visit = _tick(database, at.connection, actor, point, ("report",), "", now, on)
        store.add_finding(at.connection, visit_id=visit.id, report_id=receipt.report_id)
        if along is not None:
            along(at, receipt)

    official = Official(data={"patrol": point.key})
    return sending.submit(
        database, actor, sent, sender=Sender(), key=sending_key, official=official, along=attach, now=now
    )


def _tick(
    database: Database, connection: Connection, actor: Actor, point: Point, acts: Collection[str], words: str,
    now: datetime, on: date,
) -> Visit:  # fmt: skip
    if actor.person is None:
        raise NotAllowed("打卡要用自己的账号；请先登录。")
    words = clean(words)
    if len(words) > MOST_WORDS:
        raise Invalid("一天最多写 %(most)s 个字；请写短些。", most=MOST_WORDS)
    done = [act for act in ACTS if act in acts] or ["walk"]
    before = store.visit(connection, point.id, actor.person.id, on)
    if before is None:
        store.add_visit(
            connection, point_id=point.id, person_id=actor.person.id, day=on, at=now, acts=done, words=words or None
        )
    else:
        after = _added(before, done if acts else [], words)
        if after == before:
            return before
        store.change_visit(connection, before.id, acts=list(after.acts), words=after.words)
    values = {"place_code": point.place_code, "acts": done}
    _tell(database, connection, actor, "patrols.ticked", point.key, values, {"place_code": point.place_code})
    made = store.visit(connection, point.id, actor.person.id, on)
    assert made is not None, "it was stored just now"
    return made


def _added(before: Visit, acts: Sequence[str], words: str) -> Visit:
    """A visit with what is said later; what was said before is not said twice."""
    said = before.words or ""
    text = said if words in said.split("\n") or words == said or not words else f"{said}\n{words}".strip()
    if len(text) > MOST_WORDS:
        raise Invalid("一天最多写 %(most)s 个字；请写短些。", most=MOST_WORDS)
    return replace(before, acts=tuple(act for act in ACTS if act in {*before.acts, *acts}), words=text or None)


# -- looking back --------------------------------------------------------------------------------------------------


def overview(database: Database, actor: Actor, *, first: date, last: date, now: datetime | None = None) -> list[Line]:
    """Each point of the actor's places: visits made of visits due between two days that are over, and what was found.

    The day at hand is not over: a visit that is still to come today is not missing.
    """
    now = now or utcnow()
    rules = rulebook(database.settings)
    on = rules.day(now)
    if not first <= last:
        raise Invalid("开始的那天要在前；请重新选。")
    if first <= on - timedelta(days=VISIT_DAYS):
        raise Invalid("巡访记录只保存 %(days)s 天；请选近一些的日子。", days=VISIT_DAYS)
    ended = min(last, on - timedelta(days=1))
    with database.reading() as connection:
        points = store.points_at(connection, tops(actor, "patrols.manage", on=on), first=first, last=last)
        ids = [point.id for point in points]
        seen = store.visits_to(connection, ids, first=first, last=ended)
        newest = store.last_visits(connection, ids)
        found = store.found_at(connection, ids, first=first, last=last)
    days: dict[int, set[date]] = {point.id: set() for point in points}
    for visit in seen:
        days[visit.point_id].add(visit.day)
    return [
        Line(
            point,
            share(
                point.rhythm, days[point.id], since=point.since, ended_on=point.ended_on, first=first, last=ended,
                calendar=rules.clock.calendar,
            ),
            newest.get(point.id),
            tuple(each for each in found if each.point_id == point.id),
        )
        for point in points
    ]  # fmt: skip


def tops(actor: Actor, permission: str, *, on: date) -> list[str]:
    """Codes of the places from which down a right is held; an empty one is everywhere."""
    return [place[-1] if place else "" for place in actor.places(permission, on=on)]


# -- letting go ----------------------------------------------------------------------------------------------------


def forget_visits(database: Database, *, now: datetime) -> int:
    """Let go who ticked what off, and what was written there, once the term is over; gives how many visits."""
    with database.transaction() as connection:
        return store.drop_visits(connection, now - timedelta(days=VISIT_DAYS))


def export(connection: Connection, person_id: int) -> list[dict[str, Any]]:
    """What somebody ticked off and wrote."""
    return [
        {"point": name, "at": visit.at, "acts": list(visit.acts), "words": visit.words}
        for visit, name in store.visits_of(connection, person_id)
    ]


def erase(database: Database, connection: Connection, actor: Actor, person_id: int, *, now: datetime) -> None:
    """Take her words; that somebody was there stays, without a name."""
    store.drop_words(connection, person_id)
