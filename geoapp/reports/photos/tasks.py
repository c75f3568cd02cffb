"""What is done with photographs in the background: developed, and their originals deleted in time.

Everything here may run twice. Objects are deleted by a job that is queued in the transaction which gives them up: a
crash between the two loses neither.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy.engine import Connection

from geoapp import jobs
from geoapp.accounts.people import Actor
from geoapp.config import Settings
from geoapp.db import Database, utcnow
from geoapp.errors import GeoappError, Unavailable
from geoapp.jobs import BRIEF, JobQueue, Reporter
from geoapp.objects import ObjectStore, open_objects
from geoapp.reports import store as reports
from geoapp.reports.actions import Desk, desk
from geoapp.reports.cases import Case
from geoapp.reports.photos import store
from geoapp.reports.photos.darkroom import Darkroom
from geoapp.reports.photos.painting import parse_shapes
from geoapp.reports.photos.photo import TOO_OLD, Photo, State, object_name, object_names

HERE = "geoapp.reports.photos.tasks"
DEVELOP = jobs.register(jobs.Task("photos.develop", f"{HERE}:develop", attempts=3, lane=jobs.BRIEF))
ERASE = jobs.register(jobs.Task("photos.erase", f"{HERE}:erase", attempts=5, lane=jobs.BRIEF))
TIDY = jobs.register(jobs.Task("photos.tidy", f"{HERE}:tidy", lane=jobs.ROUND, every_s=3600))
SWEEP = jobs.register(jobs.Task("photos.sweep", f"{HERE}:sweep", lane=jobs.ROUND, every_s=86400))

#: Developed again when it should have been by then: whatever held it up may be over.
LATE = timedelta(minutes=10)
#: Photographs are developed when so long none has come, and in any case after so long.
LULL, PATIENCE = timedelta(seconds=0.7), timedelta(seconds=10)
#: What lies in the store for a day and belongs to nothing was left by a sending that was broken off.
LEFT_OVER = timedelta(days=1)
_AT_ONCE = 500

_SYSTEM = Actor(system="system")
_rooms = threading.local()


@lru_cache(maxsize=4)
def _objects(settings: Settings) -> ObjectStore:
    return open_objects(settings)


def queue_development(connection: Connection, *photo_ids: int) -> None:
    """Have photographs' sizes made, each by a job of its own, once the transaction at hand lasts."""
    jobs.add_several_within(connection, DEVELOP.name, [{"photo_id": each} for each in photo_ids], title="处理照片")


def queue_erasing(connection: Connection, names: Sequence[str]) -> None:
    """Have objects deleted once the transaction at hand lasts."""
    if names:
        jobs.add_several_within(connection, ERASE.name, [{"names": list(names)}], title="删除照片文件")


def develop(database: Database, report: Reporter, *, photo_id: int) -> dict[str, Any]:
    """Make a photograph's sizes from its original, painted over as staff have said, under a new name."""
    with database.reading() as connection:
        seen = store.by_id(connection, photo_id)
    if seen.name is not None or seen.original is None or seen.state == State.FAILED:
        return {"state": seen.state}  # made meanwhile, or taken back
    _let_senders_pass(database, seen)
    objects = _objects(database.settings)
    try:
        made = _room().develop(objects.get(seen.original), parse_shapes(seen.shapes)).sizes
    except Unavailable:
        raise  # the store or the machine: it is tried again
    except GeoappError as error:
        return _fail(database, seen, str(error))
    name = secrets.token_hex(16)
    for size, data in made.items():
        objects.put(object_name(name, size), data)
    return _show(database, seen, name)


def _let_senders_pass(
    database: Database,
    seen: Photo,
    *,
    clock: Callable[[], datetime] = utcnow,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait while others send photographs: they wait for an answer, and nobody waits for these sizes yet."""
    while clock() < seen.received_at + PATIENCE:
        with database.reading() as connection:
            last = store.last_one(connection)
        if last is None or last.id == seen.id or last.received_at < clock() - LULL:
            return
        sleep(0.2)


def _show(database: Database, seen: Photo, name: str) -> dict[str, Any]:
    now = utcnow()
    with database.transaction() as connection:
        state = State.READY if seen.state == State.RECEIVED else seen.state
        values: dict[str, Any] = {"name": name, "state": state, "ready_at": now, "reason": ""}
        # It was made from a size, for its original is gone: the size shows what is now painted over.
        used_up = [seen.original] if seen.original and seen.original_gone_at else []
        values |= {"original": None} if used_up else {}
        if store.change(connection, seen, **values):
            queue_erasing(connection, used_up)
            return {"state": state}
        # Painted over, hidden or taken back meanwhile: these sizes are nobody's, and who changed it has queued others.
        queue_erasing(connection, object_names(name))
        latest = store.by_id(connection, seen.id)
        if latest.name is None and latest.original is not None:
            queue_development(connection, seen.id)
    return {"state": "changed meanwhile"}


def _fail(database: Database, seen: Photo, reason: str) -> dict[str, Any]:
    """Say that it cannot be shown; the words that came with it stay."""
    with desk(database, _SYSTEM) as at:
        if store.change(at.connection, seen, state=State.FAILED, reason=reason[:200]):
            case = reports.case_by_id(at.connection, seen.report_id)
            tell(at, case, seen, "failed", audited={"state": [seen.state, "failed"]})
    return {"state": State.FAILED, "reason": reason}


def tell(
    at: Desk, case: Case, photo: Photo, what: str, *, audited: dict[str, list[Any]], by: str | None = None
) -> None:
    """Write what was done with a photograph into its report's timeline and the audit."""
    move = at.check(case, "photo")
    data = {"photo": photo.key, "what": what, "role": photo.role}
    at.aside(case, move, data=data, by=by, audited={"photo": [photo.key, what], **audited})


def _room() -> Darkroom:
    """The process of this thread, warm from one picture to the next."""
    if not hasattr(_rooms, "room"):
        _rooms.room = Darkroom()
    room: Darkroom = _rooms.room
    return room


def erase(database: Database, report: Reporter, *, names: list[str]) -> dict[str, Any]:
    """Delete objects that nothing refers to any more."""
    _objects(database.settings).delete(*names)
    return {"deleted": len(names)}


def tidy(database: Database, report: Reporter, *, now: datetime | None = None) -> dict[str, Any]:
    """Develop what was held up, drop ended jobs."""
    now = now or utcnow()
    JobQueue(database).forget(BRIEF, before=now - timedelta(days=1))
    with database.transaction() as connection:
        late = store.unmade(connection, now - LATE, limit=_AT_ONCE)
        for photo_id in late:
            jobs.add_within(connection, DEVELOP.name, {"photo_id": photo_id}, title="处理照片")
    return {"queued_again": len(late)}


def forget_originals(database: Database, *, now: datetime) -> int:
    """Let originals go that are past their days, with where and when they were taken; gives how many."""
    gone = 0
    while found := _past_their_days(database, now):
        with database.transaction() as connection:
            gone += sum(drop_original(connection, one, now) for one in found)
        if len(found) < _AT_ONCE:
            break
    return gone


def _past_their_days(database: Database, now: datetime) -> list[Photo]:
    """Photographs whose originals are older than their subdistrict keeps them; the oldest, so many at once."""
    usual = database.settings.original_days
    with database.reading() as connection:
        days = {code: service.original_days for code, service in reports.services(connection).items()}
        shortest = now - timedelta(days=min([usual, *days.values()]))
        found = store.older_originals(connection, shortest, limit=_AT_ONCE * 20)
    kept = {code: timedelta(days=n) for code, n in days.items()}
    past = [one for one, duty in found if one.received_at < now - kept.get(duty[:9], timedelta(days=usual))]
    # What is being painted over just now still needs it.
    past = [one for one in past if one.name or (one.painted_at or one.received_at) < now - LEFT_OVER]
    return past[:_AT_ONCE]


def drop_original(connection: Connection, one: Photo, now: datetime) -> bool:
    """Give an original up, and with it where and when it was taken; what was never developed can be no more."""
    values: dict[str, Any] = {"original": None, "original_gone_at": now, "lon": None, "lat": None, "taken_at": None}
    if one.name is None:
        values |= {"state": State.FAILED, "reason": TOO_OLD}
    if not store.change(connection, one, **values):
        return False
    queue_erasing(connection, [one.original] if one.original else [])
    return True


def sweep(database: Database, report: Reporter, *, now: datetime | None = None) -> dict[str, Any]:
    """Delete what lies in the store for a day and belongs to no photograph."""
    objects, before = _objects(database.settings), (now or utcnow()) - LEFT_OVER
    swept, batch = 0, []
    for kind in ("originals", "shown"):
        for one in objects.listed(kind):
            if one.changed_at < before:
                batch.append(one.name)
            if len(batch) == _AT_ONCE:
                swept += _sweep(database, objects, batch)
                batch = []
    return {"deleted": swept + _sweep(database, objects, batch)}


def _sweep(database: Database, objects: ObjectStore, names: Sequence[str]) -> int:
    # Of a size the row knows the name alone; an original may be a size (painted after its own original was gone).
    by_own = {name: name.rpartition("/")[2].partition("-")[0] for name in names}
    with database.reading() as connection:
        unknown = store.unknown_names(connection, {*names, *by_own.values()})
    nobodys = [name for name, own in by_own.items() if name in unknown and own in unknown]
    objects.delete(*nobodys)
    return len(nobodys)
