"""From what the layers hold of a community to the ground of a division: units, counts, stations, what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.geo.measure import in_metres, measuring_crs_of
from geoapp.geo.streets import StreetNetwork, street_network, walking_seconds
from geoapp.splitting.borderlines import GroundLines
from geoapp.splitting.drafts import inputs as read
from geoapp.splitting.drafts.archive import Surroundings
from geoapp.splitting.drafts.comparison import Background
from geoapp.splitting.drafts.ground import Ground, IntArray, Stations
from geoapp.splitting.drafts.inputs import Inputs, Rows, source_words
from geoapp.splitting.drafts.wish import PlannedStation
from geoapp.splitting.graph import piece_labels
from geoapp.splitting.inventory import Features, take_inventory
from geoapp.splitting.rules import Profiles, Rules
from geoapp.splitting.units import Units

#: Words in a building's use that mean dwellings; a building of unknown use may have some.
DWELLING_WORDS = ("住宅", "居住", "宿舍", "公寓", "residential", "apartments", "house", "dormitory", "yes")
#: What a line is when its class says nothing that the profiles know.
KIND_WITHOUT_CLASS = {"road": "minor", "rail": "rail", "water": "water"}
STATION_WORD = "服务站"
#: More buildings than this are left out of the drawing.
MOST_DRAWN = 4000
#: The drawing goes this share of the community's extent beyond it.
AROUND_SHARE = 0.25


def survey(
    found: Inputs,
    *,
    profiles: Profiles,
    rules: Rules,
    planned: Sequence[PlannedStation] = (),
    progress: Callable[[str], None] | None = None,
) -> tuple[Ground, Surroundings, list[tuple[str, str, float, str]]]:
    """Units tiling the community with all that is counted in them, what is drawn around, and what was not placed."""
    buildings = found.of("building").inside(found.outline)
    compounds = found.of("compound").inside(found.outline)
    inventory = take_inventory(
        found.outline,
        _features(buildings, buildings.ids, dwelling=_dwellings(buildings)),
        compounds=_features(compounds, _distinct(compounds), dwelling=None),
        grids=_features(found.grids, _distinct(found.grids), dwelling=None),
        ground=_lines(found, profiles),
        profiles=profiles,
        rules=rules,
        basis=_one_of(buildings, "households_basis"),
        date=_one_of(buildings, "households_date"),
        progress=progress,
    )
    units = inventory.units
    ground = Ground(units, _names(units, buildings), _counts(units, found), _stations(units, found, planned, rules))
    around = Surroundings(
        found.outline,
        _drawn(found),
        source_words(found.sources),
        any(source.illustrative for source in found.sources),
    )
    return ground, around, list(inventory.set_aside)


def _features(rows: Rows, ids: Sequence[str], *, dwelling: NDArray[np.bool_] | None) -> Features:
    return Features(
        rows.shapes,
        tuple(ids),
        _numbers(rows.column(read.HOUSEHOLD_FIELDS)),
        _numbers(rows.column(read.STOREY_FIELDS)),
        np.ones(len(rows), dtype=bool) if dwelling is None else dwelling,
    )


def _dwellings(rows: Rows) -> NDArray[np.bool_]:
    """Buildings that may have households: of a use that says so, of no known use, or with households."""
    households = _numbers(rows.column(read.HOUSEHOLD_FIELDS))
    uses = rows.column(read.USE_FIELDS)
    said = [use is None or any(word in str(use).lower() for word in DWELLING_WORDS) for use in uses]
    return np.array(said, dtype=bool) | (np.nan_to_num(households) > 0)


def _numbers(column: Sequence[Any]) -> NDArray[np.float64]:
    """Numbers of any writing; not-a-number for what is none or is negative."""
    out = np.full(len(column), np.nan)
    for i, value in enumerate(column):
        try:
            out[i] = float(value)
        except (TypeError, ValueError):
            continue
    out[~(np.isfinite(out) & (out >= 0))] = np.nan
    return out


def _distinct(rows: Rows) -> tuple[str, ...]:
    """Names, with the id behind a name that is not the only one of its kind."""
    times: dict[str, int] = {}
    for name in rows.names:
        times[name] = times.get(name, 0) + 1
    return tuple(
        name if name and times[name] == 1 else f"{name}（{row}）" if name else row
        for name, row in zip(rows.names, rows.ids, strict=True)
    )


def _lines(found: Inputs, profiles: Profiles) -> GroundLines:
    lines, kinds, names = [], [], []
    for layer, otherwise in KIND_WITHOUT_CLASS.items():
        rows = found.of(layer)
        classes = rows.column(read.CLASS_FIELDS)
        for at in range(len(rows)):
            if str(rows.props[at].get("tunnel") or "no").lower() not in {"no", "false", "0", "f"}:
                continue  # what runs under the ground divides nothing on it
            lines.append(rows.shapes[at])
            kinds.append(profiles.kind_of(classes[at]) or otherwise)
            names.append(rows.names[at])
    column = np.empty(len(lines), dtype=object)
    column[:] = lines
    return GroundLines(column, tuple(kinds), tuple(names))


def _one_of(rows: Rows, field: str) -> str:
    """What all rows say in a field; empty where they differ or are silent."""
    said = {str(row[field]) for row in rows.props if row.get(field)}
    return said.pop() if len(said) == 1 else ""


def _names(units: Units, buildings: Rows) -> tuple[str, ...]:
    """Shown name of each unit: its building's, else its id."""
    known = {row: name for row, name in zip(buildings.ids, buildings.names, strict=True) if name}
    return tuple(known.get(unit.split("/")[0], unit) for unit in units.ids)


def _counts(units: Units, found: Inputs) -> dict[str, IntArray]:
    """Charging piles, parking spaces and reports per unit; kinds that no layer has are left out."""
    counts = {}
    for key, layer in (("charging", "charging"), ("parking", "parking"), ("reports", "report")):
        rows = found.of(layer)
        if not len(rows):
            continue
        weights = np.ones(len(rows), dtype=np.int64)
        if key == "parking":
            spaces = _numbers(rows.column(read.SPACE_FIELDS))
            weights = np.where(np.isfinite(spaces), spaces, 1).astype(np.int64)
        tree = shapely.STRtree(units.polygons)
        row, unit = tree.query(shapely.point_on_surface(rows.shapes), predicate="intersects")
        # A point on a border between two units belongs to the first of them.
        row, first = np.unique(row, return_index=True)
        column = np.zeros(units.n, dtype=np.int64)
        np.add.at(column, unit[first], weights[row])
        counts[key] = column
    return counts


def _stations(units: Units, found: Inputs, planned: Sequence[PlannedStation], rules: Rules) -> Stations | None:
    """Existing and planned service stations, with the way over the streets from each unit at walking speed."""
    rows = found.of("station").inside(found.outline)
    kinds = rows.column(("kind", "类别"))
    served = [i for i in range(len(rows)) if STATION_WORD in f"{kinds[i] or ''}{rows.names[i]}"]
    points = [shapely.point_on_surface(rows.shapes[i]) for i in served]
    points += [shapely.Point(p.lon, p.lat) for p in planned]
    if not points:
        return None
    crs = measuring_crs_of(units.polygons)
    centre = in_metres(np.array([shapely.point_on_surface(p) for p in units.polygons], dtype=object), crs)
    at = in_metres(np.array(points, dtype=object), crs)
    centre_m, at_m = shapely.get_coordinates(centre), shapely.get_coordinates(at)
    streets = _main_network(street_network(in_metres(found.of("road").shapes, crs)))
    seconds, by_network = walking_seconds(streets, centre_m, at_m, speed_m_per_s=rules.value("walk_speed"))
    return Stations(
        tuple([rows.names[i] for i in served] + [p.name for p in planned]),
        np.array([point.coords[0] for point in points]),
        np.array([False] * len(served) + [True] * len(planned)),
        seconds,
        by_network=bool(by_network[units.households > 0].all()),
    )


def _main_network(streets: StreetNetwork) -> StreetNetwork:
    """The largest connected piece: a path inside a compound that reaches no street leads nowhere."""
    if not len(streets.edges):
        return streets
    label = piece_labels(len(streets.nodes_m), streets.edges)
    metres = np.bincount(label[streets.edges[:, 0]], streets.length_m)
    kept = label[streets.edges[:, 0]] == np.argmax(metres)
    return StreetNetwork(streets.nodes_m, streets.edges[kept], streets.length_m[kept], streets.lines[kept])


def _drawn(found: Inputs) -> tuple[Background, ...]:
    west, south, east, north = found.outline.bounds
    dx, dy = (east - west) * AROUND_SHARE, (north - south) * AROUND_SHARE
    frame = (west - dx, south - dy, east + dx, north + dy)
    drawn: list[Background] = []
    for kind in ("green", "water", "building", "compound", "rail", "road", "station"):
        rows = found.of(kind)
        if kind == "building" and len(rows) > MOST_DRAWN:
            continue
        classes = rows.column(read.CLASS_FIELDS)
        for at, shape in enumerate(shapely.clip_by_rect(rows.shapes, *frame) if len(rows) else ()):
            shown = kind
            if kind == "road" and str(classes[at]) in {"path", "footway", "service", "小路", "内部路"}:
                continue
            if kind == "road" and str(classes[at]) in {"minor", "residential", "tertiary", "支路"}:
                shown = "minor"
            if not shape.is_empty:
                drawn.append(Background(shown, rows.names[at], shape))
    return tuple(drawn)
