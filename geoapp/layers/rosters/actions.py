"""What a person can do with a roster: bring it in, matched to a layer, and place by a tap what was not found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy.engine import Connection

from geoapp import events
from geoapp.accounts.people import Actor
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database
from geoapp.errors import GeoappError, Invalid, NotFound
from geoapp.layers import store
from geoapp.layers.cleaning import Rows
from geoapp.layers.columns import find_placing
from geoapp.layers.faults import Fault
from geoapp.layers.formats import table, workbook
from geoapp.layers.formats.source import Source, Unreadable, storable
from geoapp.layers.importing import ImportOptions
from geoapp.layers.rosters.matching import BUILDING, NONE, TAP, Candidate, Match, match
from geoapp.layers.rosters.sheet import BadRow, Merged, Roster, RosterRow, read_roster

_TABLES = {".xlsx", ".xlsm", ".csv", ".tsv", ".txt"}
#: What to do about a row that was set aside.
REMEDY = "在台账里补上这一行的楼栋（或小区）和户数，再导入一次"


class BadTap(Invalid):
    """A tap that places nothing."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What a tap did: the row's name and households, and how many rows of the roster still have no place."""

    name: str
    households: int
    left: int


def looks_like_roster(path: Path, options: ImportOptions) -> bool:
    """Is the file a table without coordinates in which buildings or compounds have households?"""
    if path.suffix.lower() not in _TABLES or options.kind or options.join:
        return False
    if options.lon_field or options.wkt_field:
        return False
    try:
        roster, _ = _read(path, options)
        head = table.find_header(_lines(path, options)[0])
    except GeoappError:
        return False
    return bool(roster.rows) and not find_placing(head.names).places


def open_roster(database: Database, path: Path, options: ImportOptions) -> Source:
    """A roster as rows with the shapes of the buildings that they were matched to.

    Without a layer to match to, that layer of buildings or compounds is taken in which most households are found.
    """
    roster, source = _read(path, options)
    options = replace(options, community=options.community or roster.community)
    with database.reading() as connection:
        taps = store.taps(connection, options.layer)
        keys = [options.match] if options.match else _matchable(connection)
        tried = [_matched(connection, key, roster, options, taps) for key in keys]
    if not tried:
        alone = match(roster.rows, [], community=options.community, taps=taps)
        tried = [_Matched("", alone, _shapes(alone, None))]
        source.notes.append("还没有楼栋或小区图层可以对应，各行都要在图上点选")
    best = max(tried, key=lambda one: _households_placed(roster, one.matches))
    options = replace(options, match=best.layer)
    rows = _rows(roster, best.matches, best.shapes, options)
    source.read = lambda: iter([rows])
    source.extra = {"roster": _summary(roster, best.matches, options)}
    for check in roster.totals:
        if check.stated != check.counted:
            words = f"第 {check.row} 行“{check.words}”写的是 {check.stated} 户，逐行相加是 {check.counted} 户"
            source.notes.append(words)
    return source


def place_roster_row(database: Database, layer_key: str, name: str, *, lon: float, lat: float, by: Actor) -> Placed:
    """Say where a row of a roster is; remembered by its name, so that the next import finds it too."""
    by.require("layers.import", on=database.today())
    if not (np.isfinite([lon, lat]).all() and abs(lon) <= 180 and abs(lat) <= 90):
        raise BadTap("点选的位置不在地图上；请重新点选。")
    with database.transaction(line="layers") as connection:
        layer = store.layer_by_key(connection, layer_key)
        rows = [
            row for row in store.roster_rows(connection, layer.id) if row.props.get("key") == name or row.name == name
        ]
        if not rows:
            raise NotFound(f"台账“{layer.title}”里没有“{name}”；请刷新列表后再点选。")
        point = shapely.to_wkb(shapely.Point(lon, lat))
        households = 0
        for row in rows:
            store.put_tap(connection, layer_key, str(row.props["key"]), lon=lon, lat=lat, by=by.name)
            props = {**row.props, "match": TAP, "match_reason": ""}
            store.move_feature(connection, row.id, point, (lon, lat, lon, lat), props)
            households += int(row.props.get("households") or 0)
        store.count_up(connection, layer.id)
        left = sum(row.props.get("match") == NONE for row in store.roster_rows(connection, layer.id))
        values = {"row": [None, f"{rows[0].name} {lon:.6f},{lat:.6f}"]}
        trail.record(database, connection, by, "layers.tap", subject=layer_key, values=values)
        events.layer_changed.send(None, layer_id=layer.id, connection=connection)
    return Placed(rows[0].name, households, left)


@dataclass(frozen=True, slots=True)
class _Matched:
    layer: str
    matches: list[Match]
    shapes: Any


def _read(path: Path, options: ImportOptions) -> tuple[Roster, Source]:
    lines, merged, source = _lines(path, options)
    return read_roster(lines, merged), source


def _lines(path: Path, options: ImportOptions) -> tuple[Iterator[list[Any]], list[Merged], Source]:
    suffix = path.suffix.lower()
    if suffix in {".xlsx", ".xlsm"}:
        sheet = workbook.choose_sheet(path, options.sheet)
        source = Source(format="XLSX", read=lambda: iter(()), encoding_basis="文件格式规定", sublayer=sheet)
        return workbook.rows(path, sheet), workbook.merged(path, sheet), source
    if suffix in _TABLES:
        lines, found = table.plain_lines(path, options.encoding)
        source = Source(format="CSV", read=lambda: iter(()), encoding_basis=found.basis)
        source.encoding = found.encoding.upper()
        return lines, [], source
    raise Unreadable(f"台账应为 XLSX 或 CSV，{path.name} 不是；请用表格软件另存。")


def _matchable(connection: Connection) -> list[str]:
    """Layers in which a roster's names may stand, buildings before compounds."""
    there = store.layers(connection)
    return [one.key for kind in ("building", "compound") for one in there if one.kind == kind]


def _matched(
    connection: Connection,
    key: str,
    roster: Roster,
    options: ImportOptions,
    taps: dict[str, tuple[float, float]],
) -> _Matched:
    features = store.features(connection, store.layer_by_key(connection, key).id)
    matches = match(roster.rows, _as_candidates(features), community=options.community, taps=taps)
    return _Matched(key, matches, _shapes(matches, features))


def _households_placed(roster: Roster, matches: list[Match]) -> int:
    return sum(row.households for row, found in zip(roster.rows, matches, strict=True) if found.how != NONE)


def _as_candidates(features: store.Features) -> list[Candidate]:
    columns = zip(features.ids.tolist(), features.names, features.props, strict=True)
    return [Candidate(number, name, props) for number, name, props in columns]


def _shapes(matches: list[Match], features: store.Features | None) -> Any:
    shapes = np.full(len(matches), None, dtype=object)
    by_id = {} if features is None else dict(zip(features.ids.tolist(), features.wkb, strict=True))
    for i, found in enumerate(matches):
        if found.lonlat is not None:
            shapes[i] = shapely.Point(found.lonlat)
        elif found.feature_id is not None and by_id[found.feature_id] is not None:
            shapes[i] = shapely.from_wkb(by_id[found.feature_id])
    return shapes


def _rows(roster: Roster, matches: list[Match], shapes: Any, options: ImportOptions) -> Rows:
    props = [_props(row, found, roster, options) for row, found in zip(roster.rows, matches, strict=True)]
    bad = [{"": one.text} for one in roster.bad]
    return Rows(
        numbers=np.array([row.rows[0] for row in roster.rows] + [one.row for one in roster.bad], dtype=np.int64),
        shapes=np.concatenate([shapes, np.full(len(bad), None, dtype=object)]),
        props=[storable(one)[0] for one in [*props, *bad]],
        faults={len(props) + i: _fault(one) for i, one in enumerate(roster.bad)},
        shapeless=True,
        rows_in=roster.rows_in,
    )


def _fault(bad: BadRow) -> Fault:
    return Fault("roster_row", bad.problem, REMEDY)


def _props(row: RosterRow, found: Match, roster: Roster, options: ImportOptions) -> dict[str, Any]:
    return {
        "name": row.name,
        "key": row.key,
        "households": row.households,
        "households_basis": roster.basis,
        "households_date": options.date or roster.date,
        "apportioned": row.apportioned,
        "compound": row.compound or row.building.estate,
        "community": options.community,
        "match": found.how,
        "match_layer": options.match if found.how == BUILDING else "",
        "match_id": found.feature_id,
        "match_reason": found.reason,
        "sheet_rows": list(row.rows),
        **{f"原列 {name}": value for name, value in row.fields.items()},
    }


def _summary(roster: Roster, matches: list[Match], options: ImportOptions) -> dict[str, Any]:
    pairs = list(zip(roster.rows, matches, strict=True))
    placed = _households_placed(roster, matches)
    return {
        "columns": roster.columns,
        "basis": roster.basis,
        "date": options.date or roster.date,
        "community": options.community,
        "matched_to": options.match,
        "buildings": len(roster.rows),
        "households": roster.households,
        "households_placed": placed,
        "households_listed": roster.households - placed,
        "households_set_aside": sum(one.households for one in roster.bad),
        "apportioned_buildings": sum(row.apportioned for row in roster.rows),
        "matched": sum(found.how == BUILDING for _, found in pairs),
        "tapped": sum(found.how == TAP for _, found in pairs),
        "unmatched": list(_unmatched(pairs)),
        "totals": [{**asdict(check), "agrees": check.stated == check.counted} for check in roster.totals],
        "notes": roster.notes,
    }


def _unmatched(pairs: list[tuple[RosterRow, Match]]) -> Iterator[dict[str, Any]]:
    for row, found in pairs:
        if found.how == NONE:
            reason = found.reason
            yield {
                "name": row.name,
                "key": row.key,
                "households": row.households,
                "rows": list(row.rows),
                "reason": reason,
            }
