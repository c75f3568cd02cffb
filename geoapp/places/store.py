"""Every query of the places: what holds on a day, who followed whom, and how a change is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from geoapp.db import bbox_intersects
from geoapp.errors import Conflict
from geoapp.places import tables
from geoapp.places.hierarchy import level_of, path_of
from geoapp.places.locate import Locator
from geoapp.places.tables import operations, place_levels, places, successions
from geoapp.places.versions import Change, LaterChange, Link, NoSuchPlace, PlaceVersion, require_open

_rows = tables.versions
_parents = places.alias("parent")
_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Operation:
    """One entry of the history: what was done, to which codes, from which day on, by whom and when."""

    id: int
    kind: str
    on_date: date
    subject: str
    note: str
    plan_sha256: str
    by: str
    at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None


def versions(
    connection: Connection,
    *,
    on: date,
    level: str | None = None,
    parent: str | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    geometry: bool = True,
) -> list[PlaceVersion]:
    """What holds on a day, by code; ``geometry=False`` leaves the borders out and is ten times as fast."""
    query = _select(geometry=geometry).where(_holds(on))
    if level is not None:
        query = query.where(places.c.level == level)
    if parent is not None:
        query = query.where(_parents.c.code == parent)
    if bbox is not None:
        query = query.where(bbox_intersects(_rows, bbox))
    return _versions(connection, query.order_by(places.c.code))


def version(connection: Connection, code: str, *, on: date) -> PlaceVersion:
    """What holds of one place on a day; NoSuchPlace names code and day."""
    found = find_version(connection, code, on=on)
    if found is None:
        raise NoSuchPlace(f"{on} 这一天没有编码为 {code} 的区划；请核对编码和日期。")
    return found


def find_version(connection: Connection, code: str, *, on: date) -> PlaceVersion | None:
    """What holds of one place on a day, or None."""
    level_of(code)
    found = _versions(connection, _select().where(places.c.code == code, _holds(on)))
    return found[0] if found else None


def path(connection: Connection, code: str, *, on: date) -> list[PlaceVersion]:
    """The place and all above it on a day, from the district down, without borders."""
    query = _select(geometry=False).where(places.c.code.in_(path_of(code)), _holds(on))
    return _versions(connection, query.order_by(places.c.code))


def below(connection: Connection, codes: Collection[str], *, on: date) -> list[PlaceVersion]:
    """Everything of lower levels under the given places on a day, by code."""
    under = sa.or_(*[places.c.code.startswith(code) & (places.c.code != code) for code in codes])
    return _versions(connection, _select().where(under, _holds(on)).order_by(places.c.code))


def history(connection: Connection, code: str) -> list[PlaceVersion]:
    """Every version of a place, oldest first; NoSuchPlace when there never was one."""
    level_of(code)
    query = _select().where(places.c.code == code, ~_rows.c.withdrawn).order_by(_rows.c.valid_from)
    found = _versions(connection, query)
    if not found:
        raise NoSuchPlace(f"从来没有编码为 {code} 的区划；请核对编码。")
    return found


def links(connection: Connection, code: str | None = None) -> list[tuple[Operation, Link]]:
    """Successions in force, oldest first: all, or those that a place is an end of."""
    predecessor, successor = places.alias("predecessor"), places.alias("successor")
    query = (
        sa.select(*operations.c, predecessor.c.code.label("a"), successor.c.code.label("b"), _share())
        .join_from(successions, operations, successions.c.operation_id == operations.c.id)
        .join(predecessor, successions.c.predecessor_id == predecessor.c.id)
        .join(successor, successions.c.successor_id == successor.c.id)
        .where(operations.c.withdrawn_at.is_(None))
        .order_by(operations.c.on_date, operations.c.id, predecessor.c.code, successor.c.code)
    )
    if code is not None:
        query = query.where(sa.or_(predecessor.c.code == code, successor.c.code == code))
    return [(Operation(*row[:-3]), Link(*row[-3:])) for row in connection.execute(query)]


def operation(connection: Connection, operation_id: int) -> Operation | None:
    """One entry of the history."""
    row = connection.execute(sa.select(operations).where(operations.c.id == operation_id)).one_or_none()
    return Operation(*row) if row else None


def codes_of(connection: Connection, operation_id: int) -> list[str]:
    """Codes of the places that an operation ended or began."""
    touched = sa.or_(_rows.c.operation_id == operation_id, _rows.c.closed_by == operation_id)
    query = sa.select(places.c.code).distinct().join(_rows, _rows.c.place_id == places.c.id).where(touched)
    return list(connection.execute(query.order_by(places.c.code)).scalars())


def recent_operations(connection: Connection, *, limit: int) -> list[Operation]:
    """Newest entries of the history first, withdrawn ones among them."""
    query = sa.select(operations).order_by(operations.c.id.desc()).limit(limit)
    return [Operation(*row) for row in connection.execute(query)]


def adoption(connection: Connection, plan_sha256: str, *, on: date) -> Operation | None:
    """The operation that adopted this plan on this day, unless it was withdrawn."""
    query = sa.select(operations).where(
        operations.c.plan_sha256 == plan_sha256, operations.c.on_date == on, operations.c.withdrawn_at.is_(None)
    )
    row = connection.execute(query).first()
    return Operation(*row) if row else None


def search(connection: Connection, words: str, *, on: date, limit: int) -> list[PlaceVersion]:
    """Places of a day whose name contains the words, or whose code begins with them; higher levels first."""
    named = _rows.c.name.contains(words, autoescape=True)
    coded = places.c.code.startswith(words, autoescape=True)
    exact = sa.case((sa.or_(_rows.c.name == words, places.c.code == words), 0), else_=1)
    query = _select(geometry=False).where(sa.or_(named, coded), _holds(on))
    return _versions(connection, query.order_by(exact, sa.func.length(places.c.code), places.c.code).limit(limit))


def boxes(connection: Connection, version_ids: Collection[int]) -> dict[int, list[float]]:
    """West, south, east, north of those versions that have a border, by id."""
    box = (_rows.c.min_lon, _rows.c.min_lat, _rows.c.max_lon, _rows.c.max_lat)
    query = sa.select(_rows.c.id, *box).where(_rows.c.id.in_(list(version_ids)), _rows.c.min_lon.is_not(None))
    return {row[0]: list(row[1:]) for row in connection.execute(query)}


def at_point(connection: Connection, lon: float, lat: float, *, on: date) -> list[PlaceVersion]:
    """The places of a point on a day, from the district down; levels without a place there are left out."""
    near = versions(connection, on=on, bbox=(lon, lat, lon, lat))
    codes = set(Locator(near).codes(np.array([[lon, lat]]))[0])
    return [found for found in near if found.code in codes]


def locate(connection: Connection, lonlat: NDArray[np.float64], *, on: date) -> NDArray[np.str_]:
    """(n, 5) codes of the places of (n, 2) points on a day, a column per level, empty where there is none."""
    return Locator(versions(connection, on=on)).codes(lonlat)


def level_titles(connection: Connection) -> dict[str, tuple[str, str]]:
    """Shown names of the five levels, Chinese and English, from the top down."""
    query = sa.select(place_levels).order_by(place_levels.c.rank)
    return {row.level: (row.title_zh, row.title_en) for row in connection.execute(query)}


def set_level_title(connection: Connection, level: str, *, zh: str, en: str) -> None:
    """Change the shown names of a level."""
    where = place_levels.c.level == level
    connection.execute(place_levels.update().where(where).values(title_zh=zh, title_en=en))


def taken_codes(connection: Connection) -> set[str]:
    """Every code that was ever in force or is going to be."""
    query = sa.select(places.c.code).where(sa.exists().where(_rows.c.place_id == places.c.id, ~_rows.c.withdrawn))
    return set(connection.execute(query).scalars())


def any_place(connection: Connection) -> bool:
    """Has any place been loaded yet?"""
    return connection.execute(sa.select(_rows.c.id).where(~_rows.c.withdrawn).limit(1)).first() is not None


def any_invented(connection: Connection) -> bool:
    """Is there a place that was made up to show something?"""
    invented = sa.select(_rows.c.id).where(~_rows.c.withdrawn, _rows.c.illustrative)
    return connection.execute(invented.limit(1)).first() is not None


def lock(connection: Connection) -> None:
    """Let one change of places happen at a time; SQLite's transactions are alone anyway."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE place_operation IN SHARE ROW EXCLUSIVE MODE")


def add_operation(
    connection: Connection,
    kind: str,
    *,
    on: date,
    subject: str,
    note: str,
    by: str,
    at: datetime,
    plan_sha256: str,
) -> int:
    """A new entry of the history; gives its id."""
    values = {"kind": kind, "on_date": on, "subject": subject, "note": note, "by": by, "at": at}
    insert = operations.insert().values(plan_sha256=plan_sha256, **values).returning(operations.c.id)
    return int(connection.execute(insert).scalar_one())


def apply(connection: Connection, change: Change, *, on: date, operation_id: int) -> None:
    """Write a change: versions end, then others begin, then the links.

    Raises
    ------
    LaterChange : something known of a later day builds on what would end
    NoSuchPlace : a parent of what begins does not hold from that day on
    """
    ids = _place_ids(connection, [*change.closes, *(v.code for v in change.opens)])
    _close(connection, change.closes, on=on, operation_id=operation_id)
    _insert_places(connection, [v.code for v in change.opens if v.code not in ids])
    ids = _place_ids(connection, [*change.closes, *_codes_with_parents(change.opens)])
    orphan = next((v for v in change.opens if v.parent and v.parent not in ids), None)
    if orphan is not None:
        raise NoSuchPlace(f"{orphan.name}（{orphan.code}）的上级 {orphan.parent} 不存在；请先导入上级。")
    insert_versions(connection, change.opens, ids=ids, operation_id=operation_id)
    rows = [
        {
            "predecessor_id": ids[link.predecessor],
            "successor_id": ids[link.successor],
            "operation_id": operation_id,
            "share_of_predecessor_inside_successor": min(1.0, link.share_of_predecessor_inside_successor),
        }
        for link in change.links
        if link.share_of_predecessor_inside_successor > 0
    ]
    if rows:
        connection.execute(successions.insert(), rows)
    require_parents(connection, [ids[v.code] for v in change.opens])
    require_no_orphans(connection, [ids[code] for code in change.closes])


def insert_versions(
    connection: Connection, opens: Sequence[PlaceVersion], *, ids: dict[str, int], operation_id: int
) -> None:
    """Write new versions."""
    rows = [
        {
            "place_id": ids[v.code],
            "parent_id": ids[v.parent] if v.parent else None,
            "operation_id": operation_id,
            **{name: getattr(v, name) for name in _FACTS if name != "geometry"},
            **_drawn(v.geometry),
        }
        for v in opens
    ]
    for begin in range(0, len(rows), _CHUNK):
        connection.execute(_rows.insert(), rows[begin : begin + _CHUNK])


def complete(connection: Connection, version_id: int, facts: dict[str, Any]) -> None:
    """Fill in facts that were unknown; the database refuses to overwrite known ones."""
    values = {name: value for name, value in facts.items() if name != "geometry"}
    if "geometry" in facts:
        values |= _drawn(facts["geometry"])
    connection.execute(_rows.update().where(_rows.c.id == version_id).values(**values))


def withdraw(connection: Connection, entry: Operation, *, by: str, at: datetime) -> None:
    """Put back what held before an operation, when nothing builds on it; its versions stay as withdrawn records.

    Raises
    ------
    Conflict : a later operation changed or used what this one opened
    """
    opened = _rows.c.operation_id == entry.id
    changed = connection.execute(
        sa.select(places.c.code)
        .join(_rows, _rows.c.place_id == places.c.id)
        .where(opened, _rows.c.closed_by.is_not(None), ~_rows.c.withdrawn)
    ).scalar()
    if changed is not None:
        raise Conflict(f"{changed} 在第 {entry.id} 次变更之后又有变更；请先撤回后面的变更。")
    place_ids = connection.execute(sa.select(_rows.c.place_id).where(opened)).scalars().all()
    closed = connection.execute(sa.select(_rows.c.place_id).where(_rows.c.closed_by == entry.id)).scalars().all()
    connection.execute(_rows.update().where(opened).values(withdrawn=True))
    connection.execute(_rows.update().where(_rows.c.closed_by == entry.id).values(valid_to=None, closed_by=None))
    connection.execute(operations.update().where(operations.c.id == entry.id).values(withdrawn_by=by, withdrawn_at=at))
    require_parents(connection, closed)
    require_no_orphans(connection, place_ids)


def require_parents(connection: Connection, place_ids: Collection[int]) -> None:
    """NoSuchPlace when an open version of these places hangs on a parent that does not hold over all its days."""
    above = _rows.alias("above")
    # A place's versions follow one another without a break, so two looks are enough: the first day, and no known end.
    starts = sa.exists().where(
        above.c.place_id == _rows.c.parent_id, ~above.c.withdrawn, above.c.valid_from <= _rows.c.valid_from,
        sa.or_(above.c.valid_to.is_(None), above.c.valid_to > _rows.c.valid_from),
    )  # fmt: skip
    lasts = sa.exists().where(above.c.place_id == _rows.c.parent_id, ~above.c.withdrawn, above.c.valid_to.is_(None))
    query = (
        sa.select(places.c.code, _rows.c.valid_from, _parents.c.code.label("parent"))
        .join_from(_rows, places, _rows.c.place_id == places.c.id)
        .join(_parents, _rows.c.parent_id == _parents.c.id)
        .where(~_rows.c.withdrawn, _rows.c.valid_to.is_(None), sa.not_(sa.and_(starts, lasts)))
    )
    for chunk in _chunks(place_ids):
        row = connection.execute(query.where(_rows.c.place_id.in_(chunk)).limit(1)).first()
        if row is not None:
            raise NoSuchPlace(
                f"{row.code} 的上级 {row.parent} 自 {row.valid_from} 起不存在或已登记撤销；请先办理上级。"
            )


def require_no_orphans(connection: Connection, place_ids: Collection[int]) -> None:
    """LaterChange when a place that ends for good still has something below it on its last day or after."""
    going = _rows.alias("going")
    ended = ~sa.exists().where(going.c.place_id == _rows.c.parent_id, ~going.c.withdrawn, going.c.valid_to.is_(None))
    query = (
        sa.select(places.c.code, _rows.c.valid_from, _parents.c.code.label("parent"))
        .join_from(_rows, places, _rows.c.place_id == places.c.id)
        .join(_parents, _rows.c.parent_id == _parents.c.id)
        .where(~_rows.c.withdrawn, _rows.c.valid_to.is_(None), ended)
    )
    for chunk in _chunks(place_ids):
        row = connection.execute(query.where(_rows.c.parent_id.in_(chunk)).limit(1)).first()
        if row is not None:
            raise LaterChange(
                f"{row.parent} 之下还有 {row.code}（{row.valid_from} 起）；请先把它并入别处、撤销，或撤回那次变更。"
            )


_FACTS = (
    "name", "valid_from", "valid_to", "geometry", "households", "households_basis", "households_date", "people",
    "staff", "illustrative", "source",
)  # fmt: skip


def _select(*, geometry: bool = True) -> sa.Select[Any]:
    facts = [_rows.c[name] for name in _FACTS if name != "geometry"]
    geom = _rows.c.geom if geometry else sa.null().label("geom")
    return (
        sa.select(
            places.c.code, places.c.level, _parents.c.code.label("parent"), geom, *facts, _rows.c.id,
            _rows.c.operation_id,
        )
        .join_from(_rows, places, _rows.c.place_id == places.c.id)
        .outerjoin(_parents, _rows.c.parent_id == _parents.c.id)
    )  # fmt: skip


def _holds(on: date) -> sa.ColumnElement[bool]:
    return sa.and_(
        ~_rows.c.withdrawn, _rows.c.valid_from <= on, sa.or_(_rows.c.valid_to.is_(None), _rows.c.valid_to > on)
    )


def _versions(connection: Connection, query: sa.Select[Any]) -> list[PlaceVersion]:
    found = connection.execute(query).all()
    shapes = shapely.from_wkb(np.array([row.geom for row in found], dtype=object))
    out = []
    for row, shape in zip(found, shapes, strict=True):
        facts = {name: value for name, value in row._mapping.items() if name != "geom"}
        out.append(PlaceVersion(**facts, geometry=shape))
    return out


def _share() -> sa.ColumnElement[float]:
    return successions.c.share_of_predecessor_inside_successor


def _drawn(geometry: Any) -> dict[str, Any]:
    if geometry is None:
        return dict.fromkeys(("geom", "min_lon", "min_lat", "max_lon", "max_lat"))
    box = dict(zip(("min_lon", "min_lat", "max_lon", "max_lat"), map(float, geometry.bounds), strict=True))
    return {"geom": shapely.to_wkb(geometry), **box}


def _place_ids(connection: Connection, codes: Iterable[str]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for chunk in _chunks(set(codes)):
        query = sa.select(places.c.code, places.c.id).where(places.c.code.in_(chunk))
        ids |= {row.code: row.id for row in connection.execute(query)}
    return ids


def _insert_places(connection: Connection, codes: Iterable[str]) -> None:
    rows = [{"code": code, "level": level_of(code).key} for code in sorted(set(codes))]
    for begin in range(0, len(rows), _CHUNK):
        connection.execute(places.insert(), rows[begin : begin + _CHUNK])


def _codes_with_parents(opens: Iterable[PlaceVersion]) -> set[str]:
    return {code for v in opens for code in (v.code, v.parent) if code}


def _close(connection: Connection, codes: Sequence[str], *, on: date, operation_id: int) -> None:
    ended = []
    for chunk in _chunks(codes):
        query = _select(geometry=False).where(places.c.code.in_(chunk), _holds(on))
        found = {v.code: v for v in _versions(connection, query)}
        ended += [require_open(found.get(code), code=code, on=on).id for code in chunk]
    for chunk in _chunks(ended):
        connection.execute(_rows.update().where(_rows.c.id.in_(chunk)).values(valid_to=on, closed_by=operation_id))


def _chunks(values: Collection[Any]) -> Iterable[list[Any]]:
    listed = list(values)
    # SQLite takes 32,766 bound values in one statement; older builds 999.
    return (listed[i : i + 900] for i in range(0, len(listed), 900))
