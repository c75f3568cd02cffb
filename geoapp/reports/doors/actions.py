"""Making and revoking door codes 楼门码."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from geoapp.accounts.people import Actor
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database, utcnow
from geoapp.errors import Conflict, Invalid, NotFound
from geoapp.places.hierarchy import path_of
from geoapp.reports.doors import store
from geoapp.reports.doors.store import Door
from geoapp.reports.doors.tokens import key_of
from geoapp.reports.placing import Position, placed
from geoapp.reports.rulebook.store import ground, rulebook

_MOST_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class NewDoor:
    """A door that is to get a code; it lies where its point is, or at the place that is named."""

    building: str
    unit: str = ""
    compound: str = ""
    address: str = ""
    lonlat: tuple[float, float] | None = None
    place_code: str = ""
    managed: bool | None = None


def make_doors(
    database: Database, actor: Actor, wanted: Sequence[NewDoor], *, now: datetime | None = None
) -> list[Door]:
    """Give doors their codes; the actor needs the right at every one of them."""
    now = now or utcnow()
    if not 0 < len(wanted) <= _MOST_AT_ONCE:
        raise Invalid(f"一次最多做 {_MOST_AT_ONCE} 个楼门码；请分批。")
    on = rulebook(database.settings).day(now)
    with database.transaction() as connection:
        known = ground(connection, on=on)
        rows: list[dict[str, Any]] = []
        for each in wanted:
            position = Position(*each.lonlat, "building") if each.lonlat is not None else None
            code = placed(position, known, place_code=each.place_code).place_code
            if not code:
                raise Invalid(f"{each.compound}{each.building}{each.unit} 不在任何区划里；请核对位置。")
            actor.require("reports.doors", path_of(code), on=on)
            address = each.address or f"{each.compound}{each.building}{each.unit}"
            rows.append({
                # 64 random bits; the signature is what keeps doors from being made up.
                "key": secrets.token_urlsafe(8), "place_code": code, "compound": each.compound[:120],
                "building": each.building[:120], "unit": each.unit[:40], "address": address[:200],
                "lon": each.lonlat[0] if each.lonlat else None, "lat": each.lonlat[1] if each.lonlat else None,
                "managed": each.managed, "made_by": actor.name, "made_at": now,
            })  # fmt: skip
        store.add(connection, rows)
        made = [store.door(connection, row["key"]) for row in rows]
        for top in sorted({row["place_code"][:12] for row in rows}):
            count = sum(row["place_code"].startswith(top) for row in rows)
            trail.record(database, connection, actor, "reports.doors-made", subject=top, place=path_of(top),
                         values={"doors": [0, count]})  # fmt: skip
    return [door for door in made if door is not None]


def revoke_doors(database: Database, actor: Actor, keys: Sequence[str], *, now: datetime | None = None) -> int:
    """Let codes open nothing any more (torn off, copied, the house is gone); gives how many did until now."""
    now = now or utcnow()
    on = rulebook(database.settings).day(now)
    with database.transaction() as connection:
        for key in keys:
            found = store.door(connection, key)
            if found is None:
                raise NotFound("没有这个楼门码；请核对。")
            actor.require("reports.doors", path_of(found.place_code), on=on)
            trail.record(database, connection, actor, "reports.door-revoked", subject=key,
                         place=path_of(found.place_code))  # fmt: skip
        return store.revoke(connection, keys, at=now)


def door_meant(connection: Connection, said: str, secret: bytes, *, place_code: str = "") -> Door:
    """The door in force that somebody means: by what its code says, or by the words under it on the poster.

    Raises
    ------
    NotFound : there is none
    Conflict : several are called so
    """
    key = key_of(said.rsplit("/", 1)[-1].partition("?")[0], secret)
    named = [d for d in store.doors_at(connection, place_code) if f"{d.compound}{d.building}{d.unit}" == said.strip()]
    one = store.door(connection, key) if key is not None else None
    found = [one] if one is not None and one.revoked_at is None else named
    if not found:
        raise NotFound("没有在用的楼门码“%(door)s”；请照楼门码上的字写，或写扫码得到的地址。", door=said[:60])
    if len(found) > 1:
        raise Conflict("有 %(n)s 个楼门码叫“%(door)s”；请写扫码得到的地址。", n=len(found), door=said[:60])
    return found[0]


def door_of_token(connection: Connection, token: str, secret: bytes) -> Door:
    """The door behind a QR code; NotFound for one that we did not sign, or revoked."""
    key = key_of(token, secret)
    found = store.door(connection, key) if key is not None else None
    if found is None or found.revoked_at is not None:
        raise NotFound("这个楼门码已经停用；请在地图上反映，或直接联系社区。")
    return found
