"""Every query of the layers part; gives arrays and frozen dataclasses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from geoapp.db import bbox_intersects, utcnow
from geoapp.errors import NotFound
from geoapp.layers.cleaning import Refused
from geoapp.layers.entry import PUBLIC
from geoapp.layers.tables import feature, layer, layer_import, set_aside, tap

IntArray = NDArray[np.int64]
ObjectArray = NDArray[np.object_]
Bbox = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as it stands; ``rows`` counts the features of its active imports."""

    id: int
    key: str
    title: str
    kind: str
    level: str
    source: str
    licence: str
    date: str
    datum: str
    style: dict[str, Any]
    visibility: str
    illustrative: bool
    version: int
    created_at: datetime
    updated_at: datetime
    rows: int
    extent: Bbox | None


@dataclass(frozen=True, slots=True)
class LayerImport:
    """One import into a layer, with the report that was given then."""

    id: int
    layer_id: int
    sha256: str
    filename: str
    options: dict[str, Any]
    mode: str
    active: bool
    replaced_by: int | None
    undone_at: datetime | None
    entry_before: dict[str, Any] | None
    report: dict[str, Any]
    imported_at: datetime
    imported_by: str


@dataclass(frozen=True, slots=True)
class Features:
    """Features of one layer, column by column; ``wkb`` holds bytes or None (a row without a shape)."""

    ids: IntArray
    wkb: ObjectArray
    names: list[str]
    codes: list[str]
    props: list[dict[str, Any]]

    def __len__(self) -> int:
        return len(self.ids)

    def shapes(self) -> ObjectArray:
        """The shapes as shapely objects, WGS84 degrees; None where a row has none."""
        made: ObjectArray = shapely.from_wkb(self.wkb)
        return made


#: The columns of a layer that an entry states; the others are the program's own.
ENTRY_FIELDS = ("title", "kind", "level", "source", "licence", "date", "datum", "style", "visibility", "illustrative")


def layers(connection: Connection, *, public_only: bool = False) -> list[Layer]:
    """All layers in order of their keys; ``public_only`` leaves out what may not become a public file."""
    query = sa.select(layer).order_by(layer.c.key)
    if public_only:
        query = query.where(layer.c.visibility == PUBLIC)
    rows = connection.execute(query).all()
    counts = _counts(connection)
    return [_layer(row, counts) for row in rows]


def layer_by_key(connection: Connection, key: str) -> Layer:
    """The layer of that key; NotFound names those that there are."""
    found = find_layer(connection, key)
    if found is None:
        keys = connection.execute(sa.select(layer.c.key).order_by(layer.c.key).limit(20)).scalars().all()
        there = f"现有图层：{'、'.join(keys)}" if keys else "还没有任何图层，请先导入"
        raise NotFound(f"没有图层“{key}”；{there}。")
    return found


def find_layer(connection: Connection, key: str) -> Layer | None:
    """The layer of that key, or None."""
    row = connection.execute(sa.select(layer).where(layer.c.key == key)).one_or_none()
    return None if row is None else _layer(row, _counts(connection, row.id))


def layer_by_id(connection: Connection, layer_id: int) -> Layer:
    """The layer of that number."""
    row = connection.execute(sa.select(layer).where(layer.c.id == layer_id)).one_or_none()
    if row is None:
        raise NotFound("没有这个图层，可能已被删除；请刷新图层列表。")
    return _layer(row, _counts(connection, row.id))


def features(
    connection: Connection,
    layer_id: int,
    *,
    bbox: Bbox | None = None,
    limit: int | None = None,
    code: str | None = None,
) -> Features:
    """Features of the active imports, in the order of import and row; those whose box meets ``bbox``."""
    query = _active(layer_id)
    if bbox is not None:
        query = query.where(bbox_intersects(feature, bbox))
    if code is not None:
        query = query.where(feature.c.code == code)
    if limit is not None:
        query = query.limit(limit)
    rows = connection.execute(query).all()
    wkb = np.full(len(rows), None, dtype=object)
    wkb[:] = [None if row.geom is None else bytes(row.geom) for row in rows]
    return Features(
        ids=np.array([row.id for row in rows], dtype=np.int64),
        wkb=wkb,
        names=[row.name for row in rows],
        codes=[row.code for row in rows],
        props=[row.props for row in rows],
    )


def shapes(connection: Connection, layer_id: int, *, bbox: Bbox | None = None) -> list[bytes]:
    """WKB of every feature that has a shape, or of those whose box meets ``bbox``."""
    query = (
        sa.select(feature.c.geom)
        .join(layer_import, layer_import.c.id == feature.c.import_id)
        .where(feature.c.layer_id == layer_id, layer_import.c.active, feature.c.geom.is_not(None))
        .order_by(feature.c.import_id, feature.c.row_no)
    )
    if bbox is not None:
        query = query.where(bbox_intersects(feature, bbox))
    return [bytes(geom) for geom in connection.execute(query).scalars()]


def extent_of_kind(connection: Connection, kind: str) -> Bbox | None:
    """West, south, east, north of all layers of a kind; None when there is none."""
    query = (
        sa.select(*_box())
        .join(layer_import, layer_import.c.id == feature.c.import_id)
        .join(layer, layer.c.id == feature.c.layer_id)
        .where(layer_import.c.active, layer.c.kind == kind)
    )
    west, south, east, north = connection.execute(query).one()
    return None if west is None else (west, south, east, north)


def imports(connection: Connection, layer_id: int) -> list[LayerImport]:
    """Imports into a layer, the latest first."""
    query = sa.select(layer_import).where(layer_import.c.layer_id == layer_id).order_by(layer_import.c.id.desc())
    return [LayerImport(**row._mapping) for row in connection.execute(query)]


def latest_import(connection: Connection, layer_id: int) -> LayerImport:
    """The latest import that was not undone."""
    found = next((one for one in imports(connection, layer_id) if one.undone_at is None), None)
    if found is None:
        raise NotFound("这个图层没有可用的导入记录；请重新导入文件。")
    return found


def import_by_id(connection: Connection, import_id: int) -> LayerImport:
    """One import."""
    row = connection.execute(sa.select(layer_import).where(layer_import.c.id == import_id)).one_or_none()
    if row is None:
        raise NotFound("没有这次导入的记录；请从图层页面重新进入。")
    return LayerImport(**row._mapping)


def refused(connection: Connection, import_id: int) -> Iterator[tuple[int, str, str, str, str]]:
    """Rows set aside by an import: number, reason, message, remedy, what the row held."""
    columns = (set_aside.c.row_no, set_aside.c.reason, set_aside.c.message, set_aside.c.remedy, set_aside.c.raw)
    query = sa.select(*columns).where(set_aside.c.import_id == import_id).order_by(set_aside.c.row_no)
    for row in connection.execute(query):
        yield row.row_no, row.reason, row.message, row.remedy, row.raw


def add_layer(connection: Connection, key: str, entry: dict[str, Any]) -> int:
    """A new layer; gives its number."""
    now = utcnow()
    row = {**entry, "key": key, "version": 0, "created_at": now, "updated_at": now}
    done = connection.execute(layer.insert().values(row).returning(layer.c.id))
    return int(done.scalar_one())


def change_layer(connection: Connection, layer_id: int, entry: dict[str, Any]) -> None:
    """State a layer's entry anew and count its version up."""
    values = {**entry, "updated_at": utcnow(), "version": layer.c.version + 1}
    connection.execute(layer.update().where(layer.c.id == layer_id).values(values))


def remove_layer(connection: Connection, layer_id: int) -> None:
    """Delete a layer with all it holds."""
    connection.execute(layer.delete().where(layer.c.id == layer_id))


def add_import(connection: Connection, values: dict[str, Any]) -> int:
    """A new, active import; gives its number."""
    row = {"replaced_by": None, "undone_at": None, "active": True, "imported_at": utcnow(), **values}
    done = connection.execute(layer_import.insert().values(row).returning(layer_import.c.id))
    return int(done.scalar_one())


def set_report(connection: Connection, import_id: int, report: dict[str, Any]) -> None:
    """Keep what was told of an import."""
    connection.execute(layer_import.update().where(layer_import.c.id == import_id).values(report=report))


def replace_imports(connection: Connection, layer_id: int, by_import: int) -> int:
    """Make ``by_import`` the layer's only active import; gives how many rows went out of use."""
    others = (layer_import.c.layer_id == layer_id) & layer_import.c.active & (layer_import.c.id != by_import)
    ids = connection.execute(sa.select(layer_import.c.id).where(others)).scalars().all()
    count = connection.execute(
        sa.select(sa.func.count()).select_from(feature).where(feature.c.import_id.in_(ids))
    ).scalar_one()
    connection.execute(
        layer_import.update().where(layer_import.c.id.in_(ids)).values(active=False, replaced_by=by_import)
    )
    return int(count)


def undo_import(connection: Connection, import_id: int) -> None:
    """Take an import's rows out and bring back the imports that it replaced."""
    connection.execute(feature.delete().where(feature.c.import_id == import_id))
    connection.execute(set_aside.delete().where(set_aside.c.import_id == import_id))
    connection.execute(
        layer_import.update().where(layer_import.c.id == import_id).values(active=False, undone_at=utcnow())
    )
    connection.execute(
        layer_import.update().where(layer_import.c.replaced_by == import_id).values(active=True, replaced_by=None)
    )


def add_features(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert features as they come."""
    if rows:
        connection.execute(feature.insert(), rows)


def add_refused(connection: Connection, import_id: int, rows: Iterable[Refused]) -> None:
    """Insert rows set aside."""
    values = [
        {
            "import_id": import_id,
            "row_no": row.row_no,
            "reason": row.fault.reason,
            "message": row.fault.message,
            "remedy": row.fault.remedy,
            "raw": row.raw,
        }
        for row in rows
    ]
    if values:
        connection.execute(set_aside.insert(), values)


@dataclass(frozen=True, slots=True)
class RosterFeature:
    """One building of a roster as stored."""

    id: int
    name: str
    props: dict[str, Any]


def roster_rows(connection: Connection, layer_id: int) -> list[RosterFeature]:
    """All buildings of a roster in use; those without a place have ``props["match"] == "none"``."""
    return [RosterFeature(row.id, row.name, row.props) for row in connection.execute(_active(layer_id))]


def taps(connection: Connection, layer_key: str) -> dict[str, tuple[float, float]]:
    """Name -> longitude, latitude of every tap made for a roster."""
    query = sa.select(tap.c.name, tap.c.lon, tap.c.lat).where(tap.c.layer_key == layer_key)
    return {row.name: (row.lon, row.lat) for row in connection.execute(query)}


def put_tap(connection: Connection, layer_key: str, name: str, *, lon: float, lat: float, by: str) -> None:
    """Remember a tap; a later one for the same name takes its place."""
    same = (tap.c.layer_key == layer_key) & (tap.c.name == name)
    connection.execute(tap.delete().where(same))
    values = {"layer_key": layer_key, "name": name, "lon": lon, "lat": lat, "tapped_at": utcnow(), "tapped_by": by}
    connection.execute(tap.insert().values(values))


def move_feature(connection: Connection, feature_id: int, geom: bytes, box: Bbox, props: dict[str, Any]) -> None:
    """Give a feature another shape and other fields."""
    west, south, east, north = box
    connection.execute(
        feature.update()
        .where(feature.c.id == feature_id)
        .values(geom=geom, min_lon=west, min_lat=south, max_lon=east, max_lat=north, props=props)
    )


def count_up(connection: Connection, layer_id: int) -> None:
    """Note that a layer's features changed."""
    change_layer(connection, layer_id, {})


def _active(layer_id: int) -> sa.Select[Any]:
    return (
        sa.select(feature.c.id, feature.c.geom, feature.c.name, feature.c.code, feature.c.props)
        .join(layer_import, layer_import.c.id == feature.c.import_id)
        .where(feature.c.layer_id == layer_id, layer_import.c.active)
        .order_by(feature.c.import_id, feature.c.row_no)
    )


def _box() -> tuple[Any, ...]:
    box = (feature.c.min_lon, feature.c.min_lat, feature.c.max_lon, feature.c.max_lat)
    return sa.func.min(box[0]), sa.func.min(box[1]), sa.func.max(box[2]), sa.func.max(box[3])


def _counts(connection: Connection, layer_id: int | None = None) -> dict[int, tuple[int, Bbox | None]]:
    query = (
        sa.select(feature.c.layer_id, sa.func.count(), *_box())
        .join(layer_import, layer_import.c.id == feature.c.import_id)
        .where(layer_import.c.active)
        .group_by(feature.c.layer_id)
    )
    if layer_id is not None:
        query = query.where(feature.c.layer_id == layer_id)
    return {
        number: (count, None if west is None else (west, south, east, north))
        for number, count, west, south, east, north in connection.execute(query)
    }


def _layer(row: Any, counts: dict[int, tuple[int, Bbox | None]]) -> Layer:
    rows, extent = counts.get(row.id, (0, None))
    return Layer(**row._mapping, rows=rows, extent=extent)
