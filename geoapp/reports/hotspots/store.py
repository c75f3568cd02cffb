"""Queries of hot-spots: the reports to look at, and what looks found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.reports.hotspots.looking import Look, Points, Spot
from geoapp.reports.hotspots.tables import hotspots, looks
from geoapp.reports.stages import Stage
from geoapp.reports.store import below, below_any, is_public
from geoapp.reports.tables import reports

_r = reports.c


@dataclass(frozen=True, slots=True)
class Kept:
    """A look with what it found."""

    day: date
    place_code: str
    parameters: dict[str, Any]
    reports: int
    made_at: datetime
    spots: tuple[Spot, ...]


def areas(connection: Connection, since: datetime, until: datetime) -> list[str]:
    """Districts with reports in a period; the empty code stands for what lies in none."""
    code = sa.func.substr(_r.place_code, 1, 6)
    query = sa.select(code).where(is_public(), _r.reported_at >= since, _r.reported_at < until).distinct()
    return sorted(connection.execute(query).scalars())


def points(connection: Connection, area: str, since: datetime, until: datetime, zone: ZoneInfo) -> Points:
    """Reports of a district in a period; those merged into another are the same matter and count once."""
    where = below(_r.place_code, area) if area else _r.place_code == ""
    query = (
        sa.select(_r.id, _r.min_lon, _r.min_lat, _r.reported_at, _r.kind, _r.place_code)
        .where(is_public(), _r.stage != Stage.MERGED, where, _r.reported_at >= since, _r.reported_at < until)
        .order_by(_r.reported_at, _r.id)
    )
    rows = connection.execute(query).all()
    nowhere = float("nan")
    lonlat = [(nowhere if r.min_lon is None else r.min_lon, nowhere if r.min_lat is None else r.min_lat) for r in rows]
    return Points(
        np.array([r.id for r in rows], dtype=np.int64),
        np.array(lonlat, dtype=np.float64).reshape(-1, 2),
        np.array([r.reported_at.timestamp() for r in rows], dtype=np.float64),
        np.array([r.reported_at.astimezone(zone).date().toordinal() for r in rows], dtype=np.int64),
        np.array([r.kind for r in rows], dtype=object),
        np.array([r.place_code for r in rows], dtype=object),
    )


def keep(connection: Connection, area: str, day: date, look: Look, *, at: datetime) -> None:
    """Store a look in the place of one of the same day, method and district."""
    same = (looks.c.place_code == area) & (looks.c.method == look.method) & (looks.c.day == day)
    old = sa.select(looks.c.id).where(same)
    connection.execute(hotspots.delete().where(hotspots.c.look_id.in_(old)))
    connection.execute(looks.delete().where(same))
    values = {
        "day": day, "place_code": area, "method": look.method, "parameters": look.parameters,
        "reports": look.reports, "made_at": at,
    }  # fmt: skip
    look_id = connection.execute(looks.insert().values(values).returning(looks.c.id)).scalar_one()
    rows = [
        {
            "look_id": look_id, **{name: getattr(spot, name) for name in Spot.__dataclass_fields__},
            "members": list(spot.members),
        }
        for spot in look.spots
    ]  # fmt: skip
    if rows:
        connection.execute(hotspots.insert(), rows)


def looked_at(connection: Connection, day: date) -> set[str]:
    """Districts that were looked at as of a day."""
    return set(connection.execute(sa.select(looks.c.place_code).where(looks.c.day == day)).scalars())


def newest(connection: Connection, method: str, *, day: date | None = None) -> list[Kept]:
    """The newest look of each district by a method, up to a day."""
    query = sa.select(looks).where(looks.c.method == method).order_by(looks.c.day, looks.c.id)
    if day is not None:
        query = query.where(looks.c.day <= day)
    latest = {row.place_code: row for row in connection.execute(query)}
    found = []
    for row in latest.values():
        columns = [hotspots.c[name] for name in Spot.__dataclass_fields__]
        spots = connection.execute(sa.select(*columns).where(hotspots.c.look_id == row.id).order_by(hotspots.c.id))
        kept = tuple(Spot(**{**spot._mapping, "members": tuple(spot.members)}) for spot in spots)
        found.append(Kept(row.day, row.place_code, row.parameters, row.reports, row.made_at, kept))
    return found


def still_public(connection: Connection, ids: Collection[int], tops: Sequence[str]) -> dict[int, str]:
    """Keys of those of the reports that are still there and lie below places of an office, by id."""
    query = sa.select(_r.id, _r.key).where(_r.id.in_(list(ids)), is_public(), below_any(_r.place_code, tops))
    return {row.id: row.key for row in connection.execute(query)}


def forget_before(connection: Connection, day: date) -> int:
    """Let old looks go."""
    old = sa.select(looks.c.id).where(looks.c.day < day)
    connection.execute(hotspots.delete().where(hotspots.c.look_id.in_(old)))
    return connection.execute(looks.delete().where(looks.c.day < day)).rowcount


def lonlat_below(connection: Connection, tops: Sequence[str], since: datetime) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Positions of reports below some places since a moment."""
    where = (is_public(), _r.stage != Stage.MERGED, _r.min_lon.is_not(None), below_any(_r.place_code, tops))
    rows = connection.execute(sa.select(_r.min_lon, _r.min_lat).where(*where, _r.reported_at >= since)).all()
    return np.array([tuple(row) for row in rows], dtype=np.float64).reshape(-1, 2)


def window(day: date, days: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """So many civil days up to the end of a day, as moments."""
    end = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(days=1)
    return end - timedelta(days=days), end
