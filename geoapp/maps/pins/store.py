"""Queries of reports for the map: counts, tiles, what is near a press, a page of the list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles

from geoapp.db import bbox_intersects
from geoapp.maps.live import Mark
from geoapp.maps.pins import pin
from geoapp.maps.pins.pin import LIVE, PAST, RECENT_DAYS, Eyes
from geoapp.maps.sources import Bbox, Drawn, Source
from geoapp.reports.cases import Case
from geoapp.reports.stages import OPEN, Stage
from geoapp.reports.store import CASE_COLUMNS, case_of, is_public
from geoapp.reports.tables import reports

_r = reports.c
#: Most points that one tile draws for themselves.
MOST_ALONE = 5000
_SEEN = (_r.id, _r.number, _r.min_lon, _r.min_lat, _r.stage, _r.outcome, _r.due_at, _r.place_code, _r.duty_code)


class floor(sa.ColumnElement[int]):
    """The whole number below one that is not negative: PostgreSQL's cast rounds, SQLite's cuts."""

    inherit_cache = False
    type = sa.Integer()

    def __init__(self, inner: sa.ColumnElement[Any]) -> None:
        self.inner = inner


@compiles(floor)
def _floor(element: floor, compiler: Any, **kw: Any) -> str:
    return f"CAST(floor({compiler.process(element.inner, **kw)}) AS INTEGER)"


@compiles(floor, "sqlite")
def _floor_sqlite(element: floor, compiler: Any, **kw: Any) -> str:
    return f"CAST({compiler.process(element.inner, **kw)} AS INTEGER)"


def _history() -> sa.ColumnElement[bool]:
    """Imported from another system and nobody's to work on."""
    return (_r.channel == "import") & (_r.duty_code == "")


def _shown(key: str, eyes: Eyes) -> list[sa.ColumnElement[bool]]:
    """Public, somewhere, not merged into another; lately or earlier."""
    recent = _r.stage.in_(sorted(OPEN)) | (_r.closed_at >= eyes.now - timedelta(days=RECENT_DAYS))
    live = recent & ~_history()
    return [is_public(), _r.stage != Stage.MERGED, _r.min_lon.is_not(None), live if key == LIVE else ~live]


def sources(connection: Connection, eyes: Eyes) -> list[Source]:
    """Those of the two sources in which anything lies."""
    found = []
    for key in (PAST, LIVE):
        query = sa.select(sa.func.count(), sa.func.count().filter(_r.illustrative)).where(*_shown(key, eyes))
        count, invented = connection.execute(query).one()
        if count:
            found.append(pin.source(key, count=count, officials=bool(eyes.inside), illustrative=2 * invented > count))
    return found


def marks(
    connection: Connection, key: str, z: int, x: int, y: int, eyes: Eyes, *, cells: int, alone: bool
) -> list[Mark]:
    """Reports of a tile, each for itself or as clusters of the tile's cells, of which it has ``cells`` a side."""
    west, south, east, north = box = pin.tile_box(z, x, y)
    # A point on the line between two tiles lies in one of them.
    inside = [
        bbox_intersects(reports, box), _r.min_lon >= west, _r.min_lon < east, _r.min_lat > south, _r.min_lat <= north,
        *_shown(key, eyes),
    ]  # fmt: skip
    if alone:
        rows = connection.execute(sa.select(*_SEEN).where(*inside).order_by(_r.id.desc()).limit(MOST_ALONE))
        return [_mark(row, eyes) for row in rows]
    column = floor((_r.min_lon - west) * (cells / (east - west)))
    line = floor((north - _r.min_lat) * (cells / (north - south)))
    grouped = sa.select(
        sa.func.count().label("n"), sa.func.avg(_r.min_lon), sa.func.avg(_r.min_lat), sa.func.min(_r.id)
    ).where(*inside)
    counted = connection.execute(grouped.group_by(column, line)).all()
    lone = [number for n, _, _, number in counted if n == 1]
    single = {row.id: row for row in connection.execute(sa.select(*_SEEN).where(_r.id.in_(lone)))} if lone else {}
    return [
        _mark(single[number], eyes) if n == 1 else Mark(float(lon), float(lat), n, 0, {})
        for n, lon, lat, number in counted
    ]


def _mark(row: Any, eyes: Eyes) -> Mark:
    lon, lat = round(row.min_lon, pin.DECIMALS), round(row.min_lat, pin.DECIMALS)
    return Mark(lon, lat, 1, int(row.number), {"state": _state(row, eyes)})


def _state(row: Any, eyes: Eyes) -> str:
    codes = (row.place_code, row.duty_code)
    return pin.state(row.stage, row.outcome, row.due_at, codes, eyes, ticking=row.duty_code != "")


def near(connection: Connection, key: str, bbox: Bbox, eyes: Eyes, *, limit: int) -> list[Case]:
    """Reports whose position lies in a box, the nearest to its middle first."""
    west, south, east, north = bbox
    lon, lat = (west + east) / 2, (south + north) / 2
    away = (_r.min_lon - lon) * (_r.min_lon - lon) + (_r.min_lat - lat) * (_r.min_lat - lat)
    inside = _r.min_lon.between(west, east) & _r.min_lat.between(south, north)
    query = sa.select(*CASE_COLUMNS).where(bbox_intersects(reports, bbox), inside, *_shown(key, eyes))
    return [case_of(row) for row in connection.execute(query.order_by(away, _r.id.desc()).limit(limit))]


def one(connection: Connection, key: str, number: int, eyes: Eyes) -> Case | None:
    """The report of that 受理编号, when it is among those of the source."""
    query = sa.select(*CASE_COLUMNS).where(_r.number == f"{number:09d}", *_shown(key, eyes))
    row = connection.execute(query).one_or_none()
    return None if row is None else case_of(row)


def listed(
    connection: Connection, key: str, eyes: Eyes, *, words: str, kinds: Sequence[str], bbox: Bbox | None, start: int,
    limit: int,
) -> tuple[list[Case], int]:  # fmt: skip
    """A page of the reports of a source, newest first, and how many there are; words are digits of a number or name
    one of ``kinds``.
    """
    wanted = _shown(key, eyes)
    if bbox is not None:
        wanted.append(bbox_intersects(reports, bbox))
    digits = "".join(c for c in words if c.isdigit())
    if words:
        starts = _r.number.startswith(digits) if digits else sa.false()
        wanted.append(starts | _r.kind.in_(list(kinds)))
    total = connection.execute(sa.select(sa.func.count()).select_from(reports).where(*wanted)).scalar_one()
    page = sa.select(*CASE_COLUMNS).where(*wanted).order_by(_r.reported_at.desc(), _r.id.desc())
    return [case_of(row) for row in connection.execute(page.offset(start).limit(limit))], int(total)


def drawn(connection: Connection, key: str, eyes: Eyes, *, bbox: Bbox | None, limit: int | None) -> Drawn:
    """The reports of a source as shapes, with nothing but their state."""
    query = sa.select(*_SEEN, _r.geom).where(*_shown(key, eyes)).order_by(_r.id.desc()).limit(limit)
    if bbox is not None:
        query = query.where(bbox_intersects(reports, bbox))
    rows = connection.execute(query).all()
    wkb = np.empty(len(rows), dtype=object)
    wkb[:] = [bytes(row.geom) for row in rows]
    columns = {"name": ["" for _ in rows], "state": [_state(row, eyes) for row in rows]}
    return Drawn(np.array([int(row.number) for row in rows], dtype=np.int64), wkb, columns)
