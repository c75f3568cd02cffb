"""Every query of the map: what can be drawn, the shapes to draw, what stands at a point, what a search finds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import shapely
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.db import bbox_intersects, utcnow
from geoapp.layers import store as layers_store
from geoapp.layers.entry import INTERNAL, PUBLIC
from geoapp.layers.tables import feature, layer_import
from geoapp.layers.tables import layer as layer_rows
from geoapp.maps.answers import Hit
from geoapp.maps.live import Mark
from geoapp.maps.morton import cell_shift, keys, tile_range
from geoapp.maps.publish import Published
from geoapp.maps.sources import PLACES, Bbox, Drawn, Source
from geoapp.maps.style import ALWAYS_FROM, ALWAYS_TO, fields
from geoapp.maps.tables import map_point, published
from geoapp.places import store as places_store
from geoapp.places.tables import operations, places, versions

#: Features looked at to learn a layer's dimension and whether its features carry dates.
SAMPLE = 20
#: Fields in which an address may stand, as files name it.
ADDRESS_FIELDS = ("address", "地址", "住址", "addr:full")
SQLITE_VALUES = 900


def stamp(connection: Connection) -> tuple[Any, ...]:
    """A value that changes whenever `sources` would answer something else; a hundred times cheaper to ask for."""
    rows = layer_rows.c
    layers = connection.execute(sa.select(rows.id, rows.key, rows.version, rows.updated_at, rows.visibility)).all()
    active = sa.select(sa.func.count(), sa.func.max(layer_import.c.id)).where(layer_import.c.active)
    imports = connection.execute(active).one()
    known = connection.execute(sa.select(sa.func.count(), sa.func.max(versions.c.id))).one()
    return (*map(tuple, sorted(layers)), tuple(imports), tuple(known), places_stamp(connection))


def sources(connection: Connection, titles: dict[str, str]) -> list[Source]:
    """Everything that could be drawn: the levels of places, then the layers; ``titles`` names the levels."""
    return [*_place_sources(connection, titles), *_layer_sources(connection)]


def _layer_sources(connection: Connection) -> list[Source]:
    found = []
    for layer in layers_store.layers(connection):
        dimension, timed = _sample(connection, layer.id)
        if dimension is None:
            continue
        found.append(
            Source(
                key=layer.key,
                title=layer.title,
                kind=layer.kind,
                level=layer.level,
                dimension=dimension,
                source=layer.source,
                licence=layer.licence,
                date=str(layer.date or ""),
                illustrative=layer.illustrative,
                internal=layer.visibility == INTERNAL,
                timed=timed,
                count=layer.rows,
                bbox=layer.extent,
                stamp=f"{layer.id}:{layer.created_at.isoformat()}:{layer.version}",
                style=dict(layer.style or {}),
            )
        )
    return found


def _sample(connection: Connection, layer_id: int) -> tuple[int | None, bool]:
    few = layers_store.features(connection, layer_id, limit=SAMPLE)
    shapes = shapely.from_wkb([wkb for wkb in few.wkb if wkb is not None])
    dimensions = shapely.get_dimensions(shapes) if len(shapes) else np.array([], dtype=int)
    return (int(dimensions.max()) if len(dimensions) else None), any("valid_from" in props for props in few.props)


def _place_sources(connection: Connection, titles: dict[str, str]) -> list[Source]:
    living = ~versions.c.withdrawn & versions.c.geom.is_not(None)
    least = (sa.func.min(versions.c.min_lon), sa.func.min(versions.c.min_lat))
    box = (*least, sa.func.max(versions.c.max_lon), sa.func.max(versions.c.max_lat))
    query = (
        sa.select(
            places.c.level, sa.func.count(), sa.func.max(versions.c.illustrative), sa.func.max(versions.c.source), *box
        )
        .join_from(versions, places, versions.c.place_id == places.c.id)
        .where(living)
        .group_by(places.c.level)
    )
    if connection.dialect.name == "postgresql":
        query = query.with_only_columns(
            places.c.level,
            sa.func.count(),
            sa.func.bool_or(versions.c.illustrative),
            sa.func.max(versions.c.source),
            *box,
        )
    stamp = places_stamp(connection)
    return [
        Source(
            key=f"{PLACES}{level}",
            title=titles.get(level, level),
            kind="boundary",
            level=level,
            source=source or "",
            illustrative=bool(illustrative),
            timed=True,
            count=count,
            bbox=(west, south, east, north),
            stamp=f"{stamp}:{count}",
        )
        for level, count, illustrative, source, west, south, east, north in connection.execute(query)
    ]


def places_stamp(connection: Connection) -> str:
    """A word that changes with every operation on places, withdrawals among them."""
    columns = sa.func.max(operations.c.id), sa.func.count(operations.c.withdrawn_at)
    last, withdrawn = connection.execute(sa.select(*columns)).one()
    return f"{last}:{withdrawn}"


def opening_day(connection: Connection, *, today: date) -> date:
    """Day as of which the map opens: today; where all places are invented, the eve of the newest division so far.

    The demo tells of a community that is still to be divided; in a real installation nobody shall wonder why the map
    is not of today.
    """
    if connection.execute(sa.select(versions.c.id).where(~versions.c.illustrative).limit(1)).first() is not None:
        return today
    divided = sa.select(sa.func.max(operations.c.on_date)).where(
        operations.c.kind == "split", operations.c.withdrawn_at.is_(None), operations.c.on_date <= today
    )
    newest = connection.execute(divided).scalar()
    return today if newest is None else newest - timedelta(days=1)


def change_days(connection: Connection) -> list[date]:
    """Days on which boundaries change, ascending; the first is the day from which anything is known."""
    query = sa.select(versions.c.valid_from).where(~versions.c.withdrawn).distinct()
    ends = sa.select(versions.c.valid_to).where(~versions.c.withdrawn, versions.c.valid_to.is_not(None)).distinct()
    return sorted({*connection.execute(query).scalars(), *connection.execute(ends).scalars()})


def drawn(connection: Connection, source: Source, *, bbox: Bbox | None = None, limit: int | None = None) -> Drawn:
    """The features of a source with the columns that its drawing reads; of all days where it is timed."""
    if source.is_places:
        return _drawn_places(connection, source, bbox)
    layer = layers_store.layer_by_key(connection, source.key)
    found = layers_store.features(connection, layer.id, bbox=bbox, limit=limit)
    kept = [i for i, wkb in enumerate(found.wkb) if wkb is not None]
    columns: dict[str, list[Any]] = {"name": [found.names[i] for i in kept]}
    for name in fields(source):
        columns[name] = [found.props[i].get(name) for i in kept]
    if source.timed:
        columns["valid_from"] = [_number(found.props[i].get("valid_from"), ALWAYS_FROM) for i in kept]
        columns["valid_to"] = [_number(found.props[i].get("valid_to"), ALWAYS_TO) for i in kept]
    return Drawn(found.ids[kept], found.wkb[kept], columns)


def _drawn_places(connection: Connection, source: Source, bbox: Bbox | None) -> Drawn:
    names = ("id", "geom", "name", "valid_from", "valid_to")
    query = (
        sa.select(*(versions.c[name] for name in names), places.c.code)
        .join_from(versions, places, versions.c.place_id == places.c.id)
        .where(~versions.c.withdrawn, versions.c.geom.is_not(None), places.c.level == source.level)
        .order_by(versions.c.id)
    )
    if bbox is not None:
        query = query.where(bbox_intersects(versions, bbox))
    rows = connection.execute(query).all()
    wkb = np.empty(len(rows), dtype=object)
    wkb[:] = [bytes(row.geom) for row in rows]
    columns = {
        "name": [row.name for row in rows],
        "code": [row.code for row in rows],
        "valid_from": [_number(row.valid_from, ALWAYS_FROM) for row in rows],
        "valid_to": [_number(row.valid_to, ALWAYS_TO) for row in rows],
    }
    return Drawn(np.array([row.id for row in rows], dtype=np.int64), wkb, columns)


def _number(day: date | str | None, otherwise: int) -> int:
    """20261121 for a day or its ISO words; ``otherwise`` for none and for what is no day."""
    digits = str(day or "").replace("-", "")[:8]
    return int(digits) if len(digits) == 8 and digits.isdigit() else otherwise


def one_feature(connection: Connection, source: Source, feature_id: int) -> tuple[Any, str, str, dict[str, Any]] | None:
    """Shape, name, code and fields of a feature of that layer; None when it is not there any more."""
    layer_id = layers_store.layer_by_key(connection, source.key).id
    query = _active().where(feature.c.id == feature_id, feature.c.layer_id == layer_id, feature.c.geom.is_not(None))
    row = connection.execute(query).one_or_none()
    return None if row is None else (shapely.from_wkb(row.geom), row.name, row.code, row.props)


def list_features(
    connection: Connection, source: Source, *, words: str, bbox: Bbox | None, start: int, limit: int
) -> tuple[list[Hit], int]:
    """A page of a layer's features in the order of its file, and how many there are in all."""
    layer = layers_store.layer_by_key(connection, source.key)
    query = _active().where(feature.c.layer_id == layer.id, feature.c.geom.is_not(None))
    if bbox is not None:
        query = query.where(bbox_intersects(feature, bbox))
    if words:
        query = query.where(_matches(words))
    total = connection.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()
    rows = connection.execute(query.order_by(feature.c.id).offset(start).limit(limit)).all()
    return [_hit(row, source) for row in rows], int(total)


def list_places(
    connection: Connection, source: Source, *, on: date, words: str, bbox: Bbox | None, start: int, limit: int
) -> tuple[list[Hit], int]:
    """A page of the places of a level on a day, by code, and how many there are in all."""
    query = _places_on(on).where(places.c.level == source.level)
    if bbox is not None:
        query = query.where(bbox_intersects(versions, bbox))
    if words:
        query = query.where(_place_matches(words))
    total = connection.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()
    rows = connection.execute(query.order_by(places.c.code).offset(start).limit(limit)).all()
    return [_place_hit(row) for row in rows], int(total)


def search_places(connection: Connection, among: Sequence[Source], words: str, *, on: date, limit: int) -> list[Hit]:
    """Places of a day whose name contains the words or whose code begins with them; the very name first."""
    exact = sa.case((sa.or_(versions.c.name == words, places.c.code == words), 0), else_=1)
    query = _places_on(on).where(places.c.level.in_([source.level for source in among]), _place_matches(words))
    order = exact, sa.func.length(places.c.code), places.c.code
    return [_place_hit(row) for row in connection.execute(query.order_by(*order).limit(limit))]


def _places_on(on: date) -> sa.Select[Any]:
    box = (versions.c.min_lon, versions.c.min_lat, versions.c.max_lon, versions.c.max_lat)
    return (
        sa.select(versions.c.id, versions.c.name, versions.c.households, *box, places.c.code, places.c.level)
        .join_from(versions, places, versions.c.place_id == places.c.id)
        .where(~versions.c.withdrawn, versions.c.geom.is_not(None), versions.c.valid_from <= on)
        .where(sa.or_(versions.c.valid_to.is_(None), versions.c.valid_to > on))
    )


def _place_matches(words: str) -> sa.ColumnElement[bool]:
    named = versions.c.name.contains(words, autoescape=True)
    return sa.or_(named, places.c.code.startswith(words, autoescape=True))


def _place_hit(row: Any) -> Hit:
    households = "" if row.households is None else f"{row.households:,}"
    return Hit(row.name, row.code, households, _bbox(row), f"{PLACES}{row.level}", row.id, row.code)


def search_features(connection: Connection, among: Sequence[Source], words: str, *, limit: int) -> list[Hit]:
    """Features whose name contains the words, whose code begins with them or whose address contains them."""
    by_layer = {layers_store.layer_by_key(connection, s.key).id: s for s in among if not s.is_places}
    address = [feature.c.props[name].as_string().contains(words, autoescape=True) for name in ADDRESS_FIELDS]
    query = (
        _active()
        .where(feature.c.layer_id.in_(by_layer), feature.c.geom.is_not(None), sa.or_(_matches(words), *address))
        .order_by(sa.func.length(feature.c.name), feature.c.id)
        .limit(limit)
    )
    return [_hit(row, by_layer[row.layer_id]) for row in connection.execute(query)]


def near(
    connection: Connection, source: Source, bbox: Bbox, *, limit: int
) -> list[tuple[int, Any, str, str, dict[str, Any]]]:
    """Features of a layer whose box meets ``bbox``: id, shape, name, code, fields."""
    layer = layers_store.layer_by_key(connection, source.key)
    found = layers_store.features(connection, layer.id, bbox=bbox, limit=limit)
    kept = [i for i, wkb in enumerate(found.wkb) if wkb is not None]
    shapes = shapely.from_wkb([found.wkb[i] for i in kept])
    return [
        (int(found.ids[i]), shape, found.names[i], found.codes[i], found.props[i])
        for i, shape in zip(kept, shapes, strict=True)
    ]


def publications(connection: Connection) -> dict[str, tuple[str, str]]:
    """Of each published subject the stamp it was made from and the hash of its file."""
    return {row.subject: (row.stamp, row.sha256) for row in connection.execute(sa.select(published))}


def is_public_file(connection: Connection, sha256: str) -> bool:
    """Does a published file stand for something that everybody may see as of now?"""
    subjects = connection.execute(sa.select(published.c.subject).where(published.c.sha256 == sha256)).scalars().all()
    keys = {subject.split("~")[0] for subject in subjects}
    if any(key.startswith(PLACES) for key in keys):
        return True
    public = sa.select(layer_rows.c.id).where(layer_rows.c.key.in_(keys), layer_rows.c.visibility == PUBLIC).limit(1)
    return connection.execute(public).first() is not None


def set_publication(connection: Connection, subject: str, stamp: str, file: Published) -> None:
    """Note which file stands for a subject from now on."""
    connection.execute(published.delete().where(published.c.subject == subject))
    values = {"subject": subject, "stamp": stamp, "sha256": file.sha256, "size": file.size, "published_at": utcnow()}
    connection.execute(published.insert().values(values))


def forget_publications(connection: Connection, subjects: Iterable[str]) -> None:
    """Forget the files of subjects that are no longer there or no longer public."""
    for subject in subjects:
        connection.execute(published.delete().where(published.c.subject == subject))


def replace_points(connection: Connection, key: str) -> int:
    """Write the keys of a layer's points anew; gives how many there are."""
    layer_id = layers_store.layer_by_key(connection, key).id
    connection.execute(map_point.delete().where(map_point.c.layer_id == layer_id))
    query = _active().where(feature.c.layer_id == layer_id, feature.c.geom.is_not(None))
    rows = connection.execute(query.with_only_columns(feature.c.id, feature.c.min_lon, feature.c.min_lat)).all()
    if not rows:
        return 0
    lonlat = np.array([(row.min_lon, row.min_lat) for row in rows], dtype=np.float64)
    values = [
        {"feature_id": row.id, "layer_id": layer_id, "morton": key, "lon": lon, "lat": lat}
        for row, key, (lon, lat) in zip(rows, keys(lonlat).tolist(), lonlat.tolist(), strict=True)
    ]
    connection.execute(map_point.insert(), values)
    return len(values)


def marks(
    connection: Connection, source: Source, z: int, x: int, y: int, *, cells_per_side: int, alone: bool
) -> list[Mark]:
    """Points of a tile, each for itself (``alone``) or as clusters of the tile's cells."""
    layer_id = layers_store.layer_by_key(connection, source.key).id
    first, after = tile_range(z, x, y)
    inside = (map_point.c.layer_id == layer_id) & map_point.c.morton.between(first, after - 1)
    steps = 1 << cell_shift(z, cells_per_side=cells_per_side)
    # "/" of integers cuts in both databases; SQLAlchemy's own would make it a fraction.
    cell: sa.ColumnElement[Any] = map_point.c.feature_id if alone else map_point.c.morton.op("/")(steps)
    columns = (
        sa.func.count(),
        sa.func.avg(map_point.c.lon),
        sa.func.avg(map_point.c.lat),
        sa.func.min(map_point.c.feature_id),
    )
    rows = connection.execute(sa.select(*columns).where(inside).group_by(cell)).all()
    ids = [number for count, _, _, number in rows if count == 1]
    known = _fields_of(connection, source, ids)
    return [Mark(lon, lat, count, number, known.get(number, {})) for count, lon, lat, number in rows]


def _fields_of(connection: Connection, source: Source, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    wanted = fields(source)
    for begin in range(0, len(ids), SQLITE_VALUES):
        chunk = feature.c.id.in_(ids[begin : begin + SQLITE_VALUES])
        for row in connection.execute(sa.select(feature.c.id, feature.c.name, feature.c.props).where(chunk)):
            values = {"name": row.name, **{name: row.props.get(name) for name in wanted}}
            if source.timed:
                values["valid_from"] = _number(row.props.get("valid_from"), ALWAYS_FROM)
                values["valid_to"] = _number(row.props.get("valid_to"), ALWAYS_TO)
            found[row.id] = values
    return found


def _active() -> sa.Select[Any]:
    box = (feature.c.min_lon, feature.c.min_lat, feature.c.max_lon, feature.c.max_lat)
    return (
        sa.select(
            feature.c.id, feature.c.layer_id, feature.c.name, feature.c.code, feature.c.geom, feature.c.props, *box
        )
        .join(layer_import, layer_import.c.id == feature.c.import_id)
        .where(layer_import.c.active)
    )


def _matches(words: str) -> sa.ColumnElement[bool]:
    named = feature.c.name.contains(words, autoescape=True)
    return sa.or_(named, feature.c.code.startswith(words, autoescape=True))


def _hit(row: Any, source: Source) -> Hit:
    address = next((str(row.props[name]) for name in ADDRESS_FIELDS if row.props.get(name)), "")
    return Hit(row.name or source.title, row.code, address, _bbox(row), source.key, row.id)


def _bbox(row: Any) -> Bbox:
    return row.min_lon, row.min_lat, row.max_lon, row.max_lat


def exported(connection: Connection, source: Source, *, on: date) -> tuple[list[Any], dict[str, list[Any]]]:
    """Shapes and all columns of a source: a layer as it stands, the places of a level as of a day."""
    if source.is_places:
        found = places_store.versions(connection, on=on, level=source.level)
        names = (
            "code", "name", "parent", "households", "households_basis", "households_date", "people", "staff",
            "valid_from", "valid_to", "illustrative", "source",
        )  # fmt: skip
        return [v.geometry for v in found], {name: [getattr(v, name) for v in found] for name in names}
    layer = layers_store.layer_by_key(connection, source.key)
    rows = layers_store.features(connection, layer.id)
    columns: dict[str, list[Any]] = {"name": rows.names, "code": rows.codes}
    for name in dict.fromkeys(name for props in rows.props for name in props):
        # The file's own field stands where it has one of that name.
        columns[name] = [props.get(name) for props in rows.props]
    shapes = [None if wkb is None else shapely.from_wkb(wkb) for wkb in rows.wkb]
    return shapes, columns
