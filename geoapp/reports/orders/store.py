"""Names of a district for addresses: buildings and compounds of the layers, streets, and the places themselves."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import shapely
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.layers import store as layers
from geoapp.layers.tables import layer
from geoapp.places import store as places
from geoapp.places.tables import operations
from geoapp.reports.orders.address import BUILDING, COMPOUND, PLACE, STREET, Gazetteer, Spot

#: Kinds of layers -> kinds of spots.
_KINDS = {"building": BUILDING, "compound": COMPOUND, "road": STREET}
#: Fields in which layers keep the compound that a building stands in, and its property manager 物业.
_ESTATES = ("compound", "小区", "小区名称", "院落", "所属小区", "estate")
_MANAGERS = ("manager", "物业", "物业公司", "物业服务企业")

_lock = threading.Lock()
_known: dict[str, tuple[tuple[object, ...], Gazetteer]] = {}


def gazetteer(connection: Connection, *, on: date) -> Gazetteer:
    """The names of a day; made once, and anew when a layer changed or a boundary was adopted."""
    query = sa.select(layer.c.id, layer.c.kind, layer.c.version).where(layer.c.kind.in_(_KINDS)).order_by(layer.c.id)
    there = [tuple(row) for row in connection.execute(query)]
    newest = connection.execute(sa.select(sa.func.max(operations.c.id), sa.func.count(operations.c.withdrawn_at))).one()
    stamp, key = (on, *newest, *there), str(connection.engine.url)
    with _lock:
        known = _known.get(key)
    if known is not None and known[0] == stamp:
        return known[1]
    found = Gazetteer([*_spots(connection, there), *_places(connection, on)])
    with _lock:
        _known[key] = (stamp, found)
    return found


def _spots(connection: Connection, there: list[tuple[Any, ...]]) -> Iterator[Spot]:
    managed: dict[str, bool] = {}
    buildings: list[Spot] = []
    for layer_id, kind, _ in there:
        features = layers.features(connection, layer_id)
        for name, shape, props in zip(features.names, features.shapes(), features.props, strict=True):
            if not name or shape is None or shapely.is_empty(shape):
                continue
            estate, manager = _first(props, _ESTATES), _managed(props)
            if kind == "compound":
                if manager is not None:
                    managed[name] = manager
                yield Spot(COMPOUND, name, shape, managed=manager)
            elif kind == "building":
                buildings.append(Spot(BUILDING, name, shape, estate, managed=manager))
            else:
                yield Spot(STREET, name, shape)
    for spot in buildings:
        known = spot.managed if spot.managed is not None else managed.get(spot.estate)
        yield Spot(BUILDING, spot.name, spot.shape, spot.estate, managed=known)


def _places(connection: Connection, on: date) -> Iterator[Spot]:
    for version in places.versions(connection, on=on, geometry=False):
        yield Spot(PLACE, version.name, None, code=version.code)


def _first(props: Mapping[str, Any], fields: tuple[str, ...]) -> str:
    return next((str(props[name]) for name in fields if props.get(name)), "")


def _managed(props: Mapping[str, Any]) -> bool | None:
    """Has it a property manager? Unknown where no field speaks of one."""
    return bool(_first(props, _MANAGERS)) if any(name in props for name in _MANAGERS) else None
