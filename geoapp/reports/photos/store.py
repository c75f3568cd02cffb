"""Every query of photographs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.accounts.roles import PlacePath
from geoapp.errors import NotFound
from geoapp.places.hierarchy import path_of
from geoapp.reports.photos.photo import Photo, State
from geoapp.reports.photos.tables import photos
from geoapp.reports.tables import reports

_COLUMNS = [photos.c[name] for name in Photo.__dataclass_fields__]


class NoSuchPhoto(NotFound):
    """There is none, or not for this person."""


@dataclass(frozen=True, slots=True)
class Served:
    """A photograph that was asked for by its name, and where its report lies."""

    photo: Photo
    #: The report is out of what the public sees.
    hidden: bool
    places: tuple[PlacePath, ...]


def no_such_photo() -> NoSuchPhoto:
    """The same words whether there is none or one that the asker may not see."""
    return NoSuchPhoto("没有这张照片，或尚未公开；请刷新页面后再看。")


def add_all(connection: Connection, rows: list[dict[str, Any]]) -> list[int]:
    """Store photographs (columns of the table, all alike); gives their ids in that order."""
    if not rows:
        return []
    connection.execute(_INSERT, rows)
    found = dict(connection.execute(_IDS, {"keys": [row["key"] for row in rows]}).all())
    return [found[row["key"]] for row in rows]


#: Composed once: composing takes longer than what they do.
_INSERT = photos.insert()
_KEYS: sa.BindParameter[Any] = sa.bindparam("keys", expanding=True)
_IDS = sa.select(photos.c.key, photos.c.id).where(photos.c.key.in_(_KEYS))


def photo(connection: Connection, key: str) -> Photo:
    """The photograph of that key; NoSuchPhoto."""
    return _one(connection, photos.c.key == key)


def by_id(connection: Connection, photo_id: int) -> Photo:
    """The photograph of that id; NoSuchPhoto."""
    return _one(connection, photos.c.id == photo_id)


def _one(connection: Connection, where: sa.ColumnElement[bool]) -> Photo:
    row = connection.execute(sa.select(*_COLUMNS).where(where)).one_or_none()
    if row is None:
        raise no_such_photo()
    return Photo(*row)


def served(connection: Connection, name: str) -> Served:
    """The photograph whose sizes are served under that name; NoSuchPhoto."""
    query = sa.select(*_COLUMNS, reports.c.hidden, reports.c.duty_code, reports.c.place_code).join_from(photos, reports)
    row = connection.execute(query.where(photos.c.name == name)).one_or_none()
    if row is None:
        raise no_such_photo()
    *values, hidden, duty_code, place_code = row
    return Served(Photo(*values), hidden, tuple(path_of(code) for code in (duty_code, place_code) if code))


def last_one(connection: Connection) -> Photo | None:
    """The photograph that came last."""
    row = connection.execute(sa.select(*_COLUMNS).order_by(photos.c.id.desc()).limit(1)).one_or_none()
    return Photo(*row) if row is not None else None


def same(connection: Connection, report_id: int, sha256: str) -> Photo | None:
    """A report's photograph with just these bytes."""
    query = sa.select(*_COLUMNS).where(photos.c.report_id == report_id, photos.c.sha256 == sha256)
    row = connection.execute(query).one_or_none()
    return Photo(*row) if row is not None else None


def count(connection: Connection, report_id: int, role: str) -> int:
    """How many of a role a report has."""
    query = sa.select(sa.func.count()).where(photos.c.report_id == report_id, photos.c.role == role)
    return int(connection.execute(query).scalar_one())


def photos_of(connection: Connection, report_id: int) -> list[Photo]:
    """All photographs of a report, the oldest first; for those who may see its inside."""
    query = sa.select(*_COLUMNS).where(photos.c.report_id == report_id).order_by(photos.c.id)
    return [Photo(*row) for row in connection.execute(query)]


def released(connection: Connection, report_ids: Collection[int]) -> dict[int, list[Photo]]:
    """What anybody may see of these reports, by report; those that are hidden have none."""
    public = (photos.c.state == State.RELEASED) & photos.c.name.is_not(None) & ~reports.c.hidden
    query = sa.select(*_COLUMNS).join_from(photos, reports).where(public, photos.c.report_id.in_(report_ids))
    found: dict[int, list[Photo]] = {}
    for row in connection.execute(query.order_by(photos.c.id)):
        found.setdefault(row.report_id, []).append(Photo(*row))
    return found


def change(connection: Connection, seen: Photo, **values: Any) -> bool:
    """Change a photograph unless somebody was quicker; what is to be shown counts up with it."""
    mine = (photos.c.id == seen.id) & (photos.c.revision == seen.revision)
    values = {**values, "revision": seen.revision + 1}
    return connection.execute(photos.update().where(mine).values(**values)).rowcount == 1


def older_originals(connection: Connection, before: datetime, *, limit: int) -> list[tuple[Photo, str]]:
    """Photographs that came before a moment and still have an original, with the code of who is on duty."""
    query = sa.select(*_COLUMNS, reports.c.duty_code).join_from(photos, reports)
    query = query.where(photos.c.received_at < before, photos.c.original.is_not(None)).order_by(photos.c.received_at)
    return [(Photo(*row[:-1]), row.duty_code) for row in connection.execute(query.limit(limit))]


def unmade(connection: Connection, before: datetime, *, limit: int) -> list[int]:
    """Ids of photographs whose sizes should have been made by then."""
    waits = photos.c.state.in_([State.RECEIVED, State.READY, State.RELEASED, State.HIDDEN])
    query = sa.select(photos.c.id).where(waits, photos.c.name.is_(None), photos.c.original.is_not(None))
    since = sa.func.coalesce(photos.c.painted_at, photos.c.received_at, type_=photos.c.received_at.type)
    return list(connection.execute(query.where(since < before).order_by(photos.c.id).limit(limit)).scalars())


def unknown_names(connection: Connection, names: Collection[str]) -> set[str]:
    """Those of these object names of originals, or names of sizes, that no row knows."""
    known = sa.select(photos.c.original).where(photos.c.original.in_(names))
    known = known.union(sa.select(photos.c.name).where(photos.c.name.in_(names)))  # type: ignore[assignment]
    return set(names) - set(connection.execute(known).scalars())
