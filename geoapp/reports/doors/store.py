"""Door codes 楼门码."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.reports.tables import doors


@dataclass(frozen=True, slots=True)
class Door:
    """A door with a code on it: what it says of the place, and whether there is a property manager."""

    id: int
    key: str
    place_code: str
    compound: str
    building: str
    unit: str
    address: str
    lon: float | None
    lat: float | None
    managed: bool | None
    made_by: str
    made_at: datetime
    revoked_at: datetime | None


def door(connection: Connection, key: str) -> Door | None:
    """The door of that key, revoked or not."""
    row = connection.execute(sa.select(doors).where(doors.c.key == key)).one_or_none()
    return Door(*row) if row is not None else None


def doors_by_key(connection: Connection, keys: Collection[str]) -> dict[str, Door]:
    """Doors by key, revoked or not."""
    rows = connection.execute(sa.select(doors).where(doors.c.key.in_(list(keys))))
    return {row.key: Door(*row) for row in rows}


def door_by_id(connection: Connection, door_id: int) -> Door | None:
    """The door of that id."""
    row = connection.execute(sa.select(doors).where(doors.c.id == door_id)).one_or_none()
    return Door(*row) if row is not None else None


def doors_at(connection: Connection, code: str) -> list[Door]:
    """The doors of a place and of all below it that are in force, by address."""
    query = sa.select(doors).where(
        doors.c.place_code >= code, doors.c.place_code < code + "z", doors.c.revoked_at.is_(None)
    )
    return [Door(*row) for row in connection.execute(query.order_by(doors.c.address, doors.c.unit, doors.c.id))]


def add(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Store doors (columns of the table)."""
    if rows:
        connection.execute(doors.insert(), rows)


def revoke(connection: Connection, keys: Collection[str], *, at: datetime) -> int:
    """Let codes open nothing any more; gives how many did until now."""
    mine = doors.c.key.in_(list(keys)) & doors.c.revoked_at.is_(None)
    return connection.execute(doors.update().where(mine).values(revoked_at=at)).rowcount
