"""What people do with photographs: send, release 审核公开, hide, paint over 打码, read an original, take back.

Nothing is public before somebody released it. The bytes are looked at and stored before the transaction that makes
them a report's, so that no writer waits for a disk.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from sqlalchemy.engine import Connection

from geoapp.accounts.people import Actor
from geoapp.db import Database, utcnow
from geoapp.errors import Conflict, NotAllowed, NotFound
from geoapp.objects import ObjectStore, new_name
from geoapp.reports import store as reports
from geoapp.reports.actions import Desk, desk
from geoapp.reports.cases import Case
from geoapp.reports.photos import store, tasks
from geoapp.reports.photos.header import MOST_BYTES
from geoapp.reports.photos.looking import Look, look
from geoapp.reports.photos.painting import parse_shapes, shapes_json
from geoapp.reports.photos.photo import MOST, TAKEN_BACK, Photo, State, object_name, object_names
from geoapp.reports.placing import Position
from geoapp.reports.sending.matter import Receipt

#: Photographs that one sending brings at most.
MOST_PHOTOS = MOST["report"]
_ENDINGS = {"jpeg": "jpg", "heic": "heic", "png": "png", "webp": "webp"}


class TooManyPhotos(Conflict):
    """A report has as many as it takes."""


class NotReady(Conflict):
    """There is nothing yet, or nothing any more, that could be shown."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A photograph that was looked at and lies in the store, and is nobody's yet."""

    look: Look
    original: str
    n_bytes: int
    sha256: str

    @property
    def position(self) -> Position | None:
        """Where it was taken, as evidence of place."""
        return self.look.position


@dataclass(frozen=True, slots=True)
class PhotoReceipt:
    """What became of a photograph that was sent; ``again``: the same bytes had come before."""

    key: str
    state: str
    again: bool = False


def prepare(
    database: Database, objects: ObjectStore, data: bytes | IO[bytes], *, now: datetime | None = None
) -> Prepared:
    """Look at a photograph and store its original; durable when this returns. Outside of any transaction.

    Raises
    ------
    NotAPhoto, BrokenPhoto, MovingPicture, TooManyPixels, PhotoTooLarge : it is not taken, and nothing is stored
    ObjectsUnreachable : the store does not answer
    """
    # One byte more than is taken, to see that there is one.
    content = data if isinstance(data, bytes) else data.read(MOST_BYTES + 1)
    seen = look(content, zone=database.settings.zone, now=now or utcnow())
    original = new_name("originals")
    objects.put(original, content)
    return Prepared(seen, original, len(content), hashlib.sha256(content).hexdigest())


def discard(objects: ObjectStore, prepared: Iterable[Prepared]) -> None:
    """Delete what was prepared and is not wanted; what is forgotten is swept after a day."""
    objects.delete(*[one.original for one in prepared])


def attach(
    connection: Connection,
    prepared: Prepared,
    *,
    report_id: int,
    by: str,
    role: str = "report",
    text_id: int | None = None,
    now: datetime | None = None,
) -> PhotoReceipt:
    """Make a prepared photograph a report's, in the transaction at hand; the caller has checked who may.

    ``by`` names who sent it as `report_text` does: sender, follower:ID, a person's key, body:KEY.
    """
    known = store.same(connection, report_id, prepared.sha256)
    if known is not None:
        return _again(connection, known, prepared)
    if store.count(connection, report_id, role) >= MOST[role]:
        raise TooManyPhotos("照片已经有 %(most)s 张，不能再加；请挑最能说明问题的发送。", most=MOST[role])
    row = _row(prepared, report_id=report_id, text_id=text_id, role=role, by=by, now=now or utcnow())
    made = store.by_id(connection, store.add_all(connection, [row])[0])
    tasks.queue_development(connection, made.id)
    return PhotoReceipt(made.key, made.state)


def attaching(prepared: Sequence[Prepared], *, by: str) -> Callable[[Desk, Receipt], None]:
    """Makes photographs those of the report that they came with, in its transaction (`sending.actions.submit`)."""

    def attach_all(at: Desk, receipt: Receipt) -> None:
        if not receipt.again and len({one.sha256 for one in prepared}) == len(prepared) <= MOST_PHOTOS:
            _add_first(at.connection, prepared, report_id=receipt.report_id, by=by, now=at.now)
            return
        for one in prepared:
            attach(at.connection, one, report_id=receipt.report_id, by=by, now=at.now)

    return attach_all


def _add_first(connection: Connection, prepared: Sequence[Prepared], *, report_id: int, by: str, now: datetime) -> None:
    """All that came with a new report, which has none yet that would have to be looked through."""
    rows = [_row(one, report_id=report_id, text_id=None, role="report", by=by, now=now) for one in prepared]
    tasks.queue_development(connection, *store.add_all(connection, rows))


def _row(
    prepared: Prepared, *, report_id: int, text_id: int | None, role: str, by: str, now: datetime
) -> dict[str, Any]:
    point = prepared.position.wgs84() if prepared.position is not None else (None, None)
    return {
        "key": secrets.token_hex(16), "report_id": report_id, "text_id": text_id, "role": role, "by": by,
        "state": State.RECEIVED, "kind": prepared.look.kind, "width": prepared.look.width,
        "height": prepared.look.height, "n_bytes": prepared.n_bytes, "sha256": prepared.sha256,
        "original": prepared.original, "lon": point[0], "lat": point[1], "taken_at": prepared.look.taken_at,
        "received_at": now,
    }  # fmt: skip


def _again(connection: Connection, known: Photo, prepared: Prepared) -> PhotoReceipt:
    """The same bytes: nothing new, unless they were taken back or could not be developed before."""
    is_there = known.state != State.FAILED and (known.name or known.original)
    if is_there or not store.change(
        connection, known, state=State.RECEIVED, original=prepared.original, original_gone_at=None, reason=""
    ):
        tasks.queue_erasing(connection, [prepared.original])
        return PhotoReceipt(known.key, known.state, again=True)
    tasks.queue_erasing(connection, [known.original] if known.original else [])
    tasks.queue_development(connection, known.id)
    return PhotoReceipt(known.key, State.RECEIVED, again=True)


def receive(
    database: Database,
    objects: ObjectStore,
    report_id: int,
    data: bytes | IO[bytes],
    *,
    by: str = "sender",
    role: str = "report",
    text_id: int | None = None,
    now: datetime | None = None,
) -> PhotoReceipt:
    """Take a photograph in for a report that is there; the caller has checked who may (`receipts.report_of`)."""
    prepared = prepare(database, objects, data, now=now)
    try:
        with database.transaction() as connection:
            return attach(connection, prepared, report_id=report_id, by=by, role=role, text_id=text_id, now=now)
    except Conflict:
        discard(objects, [prepared])
        raise


def add(
    database: Database,
    objects: ObjectStore,
    actor: Actor,
    report_key: str,
    data: bytes | IO[bytes],
    *,
    role: str = "answer",
    now: datetime | None = None,
) -> PhotoReceipt:
    """An official, or a handler it is assigned to, adds a photograph to a case."""
    prepared = prepare(database, objects, data, now=now)
    try:
        with desk(database, actor, now=now) as at:
            case = at.open(report_key)
            at.check(case, "photo")
            made = attach(at.connection, prepared, report_id=case.id, by=at.name, role=role, now=at.now)
            if not made.again:
                photo = store.photo(at.connection, made.key)
                tasks.tell(at, case, photo, "added", audited={"state": [None, photo.state]})
            return made
    except (Conflict, NotAllowed, NotFound):
        discard(objects, [prepared])
        raise


# -- what officials decide -----------------------------------------------------------------------------------------


def release(database: Database, actor: Actor, key: str, *, now: datetime | None = None) -> Photo:
    """审核公开: anybody may see it from now on."""
    with desk(database, actor, now=now) as at:
        return release_at(at, key)


def release_at(at: Desk, key: str) -> Photo:
    """The same inside a transaction at hand."""
    case, photo = _open(at, key)
    if photo.state == State.RELEASED:
        return photo
    if photo.state == State.FAILED or photo.name is None:
        raise NotReady(photo.reason or "照片还在处理，或已被收回；请稍后刷新再看。")
    return _decide(at, case, photo, State.RELEASED)


def hide(database: Database, actor: Actor, key: str, *, now: datetime | None = None) -> Photo:
    """Take a photograph back from the public, or keep it from it; it can be released again."""
    with desk(database, actor, now=now) as at:
        return hide_at(at, key)


def hide_at(at: Desk, key: str) -> Photo:
    """The same inside a transaction at hand."""
    case, photo = _open(at, key)
    return photo if photo.state == State.HIDDEN else _decide(at, case, photo, State.HIDDEN)


def _decide(at: Desk, case: Case, photo: Photo, state: State) -> Photo:
    changed = _change(at, photo, state=state, decided_by=at.name, decided_at=at.now)
    tasks.tell(at, case, photo, str(state), audited={"state": [photo.state, str(state)]})
    return changed


def paint(
    database: Database,
    actor: Actor,
    key: str,
    shapes: Any,
    *,
    afresh: bool = False,
    seen: int | None = None,
    now: datetime | None = None,
) -> Photo:
    """打码: these shapes are painted over in all sizes, besides those that were painted over before.

    The sizes that are there are given up at once, with their address; new ones come under a new one.

    Parameters
    ----------
    shapes : as `painting.parse_shapes` reads them
    afresh : what was painted before is taken away, as far as there is still an original to make it from
    seen : the revision that the painter looked at; Conflict when it is no longer that
    """
    added = shapes_json(parse_shapes(shapes))
    with desk(database, actor, now=now) as at:
        case, photo = _open(at, key)
        if seen is not None and photo.revision != seen:
            raise Conflict("照片刚被别人改动过；请刷新后再打码。")
        wanted = added if afresh else shapes_json(parse_shapes([*photo.shapes, *added]))
        if photo.state == State.FAILED or (photo.original is None and photo.name is None):
            raise NotReady(photo.reason or "照片已被收回，不能再打码。")
        values: dict[str, Any] = {"shapes": wanted, "painted_by": at.name, "painted_at": at.now, "name": None}
        given_up = object_names(photo.name) if photo.name else []
        if photo.original is None and photo.name is not None:
            values["original"] = given_up.pop(0)
            assert values["original"] == object_name(photo.name, 2048)
        changed = _change(at, photo, **values)
        tasks.queue_erasing(at.connection, given_up)
        tasks.queue_development(at.connection, photo.id)
        tasks.tell(at, case, photo, "painted", audited={"shapes": [len(photo.shapes), len(wanted)]})
        return changed


def original(
    database: Database, objects: ObjectStore, actor: Actor, key: str, *, now: datetime | None = None
) -> tuple[str, Iterator[bytes]]:
    """A file name and the bytes as they were sent; each reading stands in the audit."""
    with desk(database, actor, now=now) as at:
        case, photo = _open(at, key, permission="photos.original")
        if photo.original is None or photo.original_gone_at is not None:
            raise NotFound("原件已过保存期限或已收回；请看处理后的照片。")
        pieces = objects.stream(photo.original)
        tasks.tell(at, case, photo, "original read", audited={})
    return f"{case.number}-{photo.key[:8]}.{_ENDINGS[photo.kind]}", pieces


def _open(at: Desk, key: str, *, permission: str = "photos.moderate") -> tuple[Case, Photo]:
    """A photograph with its case; for whoever may not see the case there is none."""
    photo = store.photo(at.connection, key)
    case = reports.case_by_id(at.connection, photo.report_id)
    if not at.may_see(case):
        raise store.no_such_photo()
    if not at.may(permission, case.duty_path):
        raise NotAllowed("您没有处理这张照片的权限；请联系案件所在地的负责人。")
    return case, photo


def _change(at: Desk, photo: Photo, **values: Any) -> Photo:
    if not store.change(at.connection, photo, **values):
        raise Conflict("照片刚被别人改动过；请刷新后再试。")
    return store.by_id(at.connection, photo.id)


# -- what senders take back ----------------------------------------------------------------------------------------


def forget(connection: Connection, report_id: int, by: str, *, shown: bool, now: datetime) -> int:
    """Somebody takes her data back: the originals of what she sent go, and with ``shown`` the pictures too.

    What is not developed yet keeps its original until then, unless the picture goes.
    """
    gone = 0
    for photo in store.photos_of(connection, report_id):
        if photo.by != by or (photo.original is None and not (shown and photo.name)):
            continue
        if not shown and photo.name is None:
            continue
        values: dict[str, Any] = {"original": None, "lon": None, "lat": None, "taken_at": None, "original_gone_at": now}
        names = [photo.original] if photo.original else []
        if shown:
            values |= {"state": State.HIDDEN, "name": None, "reason": TAKEN_BACK}
            names += object_names(photo.name) if photo.name else []
        gone += store.change(connection, photo, **values)
        tasks.queue_erasing(connection, names)
    return gone
