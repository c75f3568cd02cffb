"""From a map to units: cells with ids, households (known, shared out or estimated), groups and borders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoapp.geo.measure import GeometryArray, in_degrees, in_metres, measuring_crs_of, only_polygons
from geoapp.splitting.borderlines import NO_LINES, BorderPieces, GroundLines, attributed_borders, attributed_rim
from geoapp.splitting.rules import Profiles, Rules
from geoapp.splitting.tessellation import Progress, Tessellation, tessellate
from geoapp.splitting.units import UnitBorders, Units, UnitsError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: Two buildings that overlap by this share of the smaller are one unit; drawings of compounds and grids are rougher.
BUILDING_SHARE, AREA_SHARE = 0.02, 0.5


@dataclass(frozen=True)
class Features:
    """A layer that units are made of: buildings, compounds or grids.

    Parameters
    ----------
    polygons : (s,) WGS84
    ids : s names, unique
    households : (s,) float, not-a-number where unknown
    storeys : (s,) float, not-a-number where unknown
    dwelling : (s,) bool, may have households at all
    columns : further numeric columns
    """

    polygons: GeometryArray
    ids: tuple[str, ...]
    households: FloatArray
    storeys: FloatArray
    dwelling: BoolArray
    columns: Mapping[str, FloatArray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Inventory:
    """Units, and what could not be placed or was joined: (what, id, households, reason) each."""

    units: Units
    set_aside: tuple[tuple[str, str, float, str], ...]


def no_features() -> Features:
    """A layer without a feature."""
    nothing = np.empty(0)
    return Features(np.empty(0, dtype=object), (), nothing, nothing, np.empty(0, dtype=bool))


def take_inventory(
    outline: Any,
    buildings: Features,
    *,
    compounds: Features | None = None,
    grids: Features | None = None,
    ground: GroundLines = NO_LINES,
    profiles: Profiles,
    rules: Rules,
    basis: str = "",
    date: str = "",
    progress: Progress | None = None,
) -> Inventory:
    """Tile an outline with units and say what is known of each.

    Parameters
    ----------
    outline : polygon, WGS84
    buildings : may be empty: then compounds are the units, and without these the grids
    compounds : groups of buildings; one without a building is a unit of its own, its total is shared out 均摊
    grids : groups of units
    ground : barrier lines and water, WGS84 (kind and name each)
    profiles, rules : prices of border lines; factors of the estimate
    basis, date : 口径 and date of the known households
    progress : told the name of each step

    Returns
    -------
    Inventory: units that tile the outline, and the list of what was not placed or joined another

    Raises
    ------
    UnitsError : nothing to make units of, or no unit lies in the outline
    """
    compounds, grids = compounds or no_features(), grids or no_features()
    crs = measuring_crs_of([outline])
    sites, known, compound_of_site = _sites(buildings, compounds, grids)
    outline_m = in_metres([outline], crs)[0]
    sites_m = only_polygons(in_metres(sites.polygons, crs))
    lines_m = GroundLines(in_metres(ground.lines, crs), ground.kind, ground.name)
    tiles = tessellate(
        outline_m, sites_m, barriers_m=lines_m.dividing(profiles),
        join_share=BUILDING_SHARE if len(buildings) else AREA_SHARE, progress=progress,
    )  # fmt: skip
    if len(sites) and not (tiles.cell_of >= 0).any():
        raise UnitsError("没有一个单元落在范围内：请核对两个图层的坐标系。")
    counts = _counted(sites, known, sites_m, compounds, compound_of_site, rules=rules, areal=not len(buildings))
    numbers, shared = _per_cell(tiles, sites_m, counts.households)
    pieces = attributed_borders(tiles.cells, lines_m, profiles=profiles)
    rim = attributed_rim(tiles.cells, lines_m, profiles=profiles)
    cells = in_degrees(tiles.cells, crs)
    inner = shapely.point_on_surface(np.where(tiles.site_of >= 0, sites.polygons[tiles.site_of], cells) if len(sites)
                                     else cells)  # fmt: skip
    n = len(cells)
    groups = {
        "compound": _of_cells(tiles, compound_of_site, compounds.ids),
        "grid": _inside(inner, grids),
        "building": _building_of(tiles, sites.ids),
    }
    rough = _flag_cells(tiles, counts.estimated, n)
    units = Units(
        ids=_cell_ids(tiles, sites.ids),
        polygons=cells,
        households=numbers,
        borders=_borders(pieces, crs),
        rim=_borders(rim, crs),
        profiles=profiles,
        estimated=rough,
        apportioned=(_flag_cells(tiles, counts.apportioned, n) | shared) & (numbers > 0),
        water=_water(tiles, ground, inner),
        columns={name: _sum_cells(tiles, column) for name, column in sites.columns.items()},
        groups={name: group for name, group in groups.items() if any(value is not None for value in group)},
        basis=basis, date=date, notes=_notes(counts, known, rules),
    )  # fmt: skip
    listed = [
        (known[at], sites.ids[at], _plain(sites.households[at]), why) for at, why in sorted(tiles.reasons.items())
    ]
    return Inventory(units, tuple(listed + counts.set_aside))


def _borders(pieces: BorderPieces, crs: CRS) -> UnitBorders:
    return UnitBorders(pieces.pairs, pieces.length_m, pieces.kind, pieces.name, in_degrees(pieces.lines, crs))


@dataclass
class _Counts:
    households: FloatArray
    estimated: BoolArray
    apportioned: BoolArray
    set_aside: list[tuple[str, str, float, str]]


def _sites(buildings: Features, compounds: Features, grids: Features) -> tuple[Features, tuple[str, ...], IntArray]:
    """What is indivisible: buildings and compounds without any, else compounds, else grids; the compound of each."""
    if len(buildings):
        inner = shapely.point_on_surface(only_polygons(buildings.polygons))
        inside = _which(inner, compounds)
        empty = np.setdiff1d(np.arange(len(compounds)), inside)
        both = _stacked(buildings, _taken(compounds, empty))
        kinds = ("building",) * len(buildings) + ("compound",) * len(empty)
        return both, kinds, np.concatenate([inside, empty])
    if len(compounds):
        return compounds, ("compound",) * len(compounds), np.arange(len(compounds), dtype=np.int64)
    if len(grids):
        return grids, ("grid",) * len(grids), np.full(len(grids), -1, dtype=np.int64)
    raise UnitsError("没有可以作单元的图形：请至少给建筑、小区、网格中的一个图层。")


def _taken(features: Features, rows: IntArray) -> Features:
    return Features(
        features.polygons[rows], tuple(features.ids[at] for at in rows), features.households[rows],
        features.storeys[rows], features.dwelling[rows], {k: v[rows] for k, v in features.columns.items()},
    )  # fmt: skip


def _stacked(first: Features, second: Features) -> Features:
    """Both layers under one another; an id that both have is told apart by its layer."""
    clash = set(first.ids) & set(second.ids)
    columns = {
        name: np.concatenate([layer.columns.get(name, np.zeros(len(layer))) for layer in (first, second)])
        for name in {**first.columns, **second.columns}
    }
    return Features(
        np.concatenate([first.polygons, second.polygons]),
        first.ids + tuple(f"小区-{name}" if name in clash else name for name in second.ids),
        np.concatenate([first.households, second.households]),
        np.concatenate([first.storeys, second.storeys]),
        np.concatenate([first.dwelling, second.dwelling]),
        columns,
    )


def _which(points: GeometryArray, layer: Features) -> IntArray:
    """Position of the polygon that each point lies in, the smallest where several do; -1 for none."""
    found = np.full(len(points), -1, dtype=np.int64)
    if not len(layer):
        return found
    polygons = only_polygons(layer.polygons)
    point, polygon = shapely.STRtree(polygons).query(points, predicate="intersects")
    order = np.lexsort((polygon, shapely.area(polygons[polygon]), point))
    first, start = np.unique(point[order], return_index=True)
    found[first] = polygon[order[start]]
    return found


def _inside(points: GeometryArray, layer: Features) -> tuple[str | None, ...]:
    return tuple(None if at < 0 else layer.ids[at] for at in _which(points, layer).tolist())


def _counted(
    sites: Features, known: Sequence[str], sites_m: GeometryArray, compounds: Features, compound_of: IntArray, *,
    rules: Rules, areal: bool,
) -> _Counts:  # fmt: skip
    """Households of each site: as given, else a share of its compound's total, else estimated."""
    footprint = np.nan_to_num(shapely.area(sites_m))
    storeys = np.where(np.isfinite(sites.storeys), sites.storeys, rules.storeys_unknown)
    is_area = np.array([kind != "building" for kind in known])
    floors_m2 = footprint * np.maximum(storeys, 0.0) * np.where(is_area, rules.area_coverage, 1.0) * sites.dwelling
    unknown = ~np.isfinite(sites.households)
    households = np.where(unknown, 0.0, sites.households)
    counts = _Counts(households, np.zeros(len(sites), bool), np.zeros(len(sites), bool), [])
    is_building = np.array([kind == "building" for kind in known])
    for at in range(len(compounds)) if not areal else ():
        rows = np.flatnonzero((compound_of == at) & is_building)
        total = compounds.households[at]
        if not len(rows) or not np.isfinite(total):
            continue
        open_rows = rows[unknown[rows] & (floors_m2[rows] > 0)]
        rest = total - households[rows].sum()
        if rest < 0 or (not len(open_rows) and rest > 0):
            why = "各楼户数之和与小区总数不符：按各楼数字计，差额未入"
            counts.set_aside.append(("compound", compounds.ids[at], float(rest), why))
        elif len(open_rows):
            households[open_rows] = shares(int(rest), floors_m2[open_rows])
            counts.apportioned[open_rows] = True
            unknown[rows] = False
    households[unknown] = 10.0 * np.rint(floors_m2[unknown] * rules.households_per_m2_floor / 10.0)
    counts.estimated[unknown & sites.dwelling] = True
    return counts


def shares(total: int, weights: FloatArray) -> FloatArray:
    """Whole numbers that add up to ``total``, in proportion to positive weights, by largest remainder.

    Examples
    --------
    >>> shares(10, np.array([1.0, 1.0, 1.0]))
    array([4., 3., 3.])
    """
    exact = total * weights / weights.sum()
    whole = np.floor(exact)
    most = np.lexsort((np.arange(len(weights)), -(exact - whole)))[: round(total - whole.sum())]
    whole[most] += 1.0
    return whole


def _per_cell(tiles: Tessellation, sites_m: GeometryArray, households: FloatArray) -> tuple[IntArray, BoolArray]:
    """Households of each cell; a site in several cells is shared out by area, which the second array tells."""
    numbers = np.zeros(len(tiles.cells), dtype=np.int64)
    shared = np.zeros(len(tiles.cells), dtype=bool)
    placed = tiles.cell_of >= 0
    np.add.at(numbers, tiles.cell_of[placed], np.rint(households[placed]).astype(np.int64))
    sites, count = np.unique(tiles.site_of[tiles.site_of >= 0], return_counts=True)
    for site in sites[count > 1].tolist():
        cells = np.flatnonzero(tiles.site_of == site)
        held = np.maximum(shapely.area(shapely.intersection(tiles.cells[cells], sites_m[site])), 1e-9)
        numbers[cells] = shares(int(numbers[cells].sum()), held).astype(np.int64)
        shared[cells] = True
    return numbers, shared


def _flag_cells(tiles: Tessellation, flags: BoolArray, n: int) -> BoolArray:
    """A cell is flagged when any site in it is."""
    out = np.zeros(n, dtype=bool)
    rows = np.flatnonzero((tiles.cell_of >= 0) & flags)
    out[tiles.cell_of[rows]] = True
    own = tiles.site_of >= 0
    out[own] |= flags[tiles.site_of[own]]
    return out


def _sum_cells(tiles: Tessellation, column: FloatArray) -> FloatArray:
    """A further column per cell; a site in several cells counts in its largest."""
    out = np.zeros(len(tiles.cells))
    placed = tiles.cell_of >= 0
    np.add.at(out, tiles.cell_of[placed], np.nan_to_num(column[placed]))
    return out


def _of_cells(tiles: Tessellation, group_of_site: IntArray, names: Sequence[str]) -> tuple[str | None, ...]:
    group = np.where(tiles.site_of >= 0, group_of_site[tiles.site_of] if len(group_of_site) else -1, -1)
    return tuple(None if at < 0 else names[at] for at in group.tolist())


def _building_of(tiles: Tessellation, ids: Sequence[str]) -> tuple[str | None, ...]:
    """Name of the site of each cell whose site has several: those must stay together."""
    sites, count = np.unique(tiles.site_of[tiles.site_of >= 0], return_counts=True)
    several = set(sites[count > 1].tolist())
    return tuple(ids[at] if at in several else None for at in tiles.site_of.tolist())


def _cell_ids(tiles: Tessellation, ids: Sequence[str]) -> tuple[str, ...]:
    """The site's id; ``id/2`` for its second cell; 空地1, 空地2 ... for ground without a site."""
    taken = set(ids)
    seen: dict[int, int] = {}
    names, bare = [], 0
    for site in tiles.site_of.tolist():
        if site < 0:
            bare += 1
            while f"空地{bare}" in taken:
                bare += 1
            names.append(f"空地{bare}")
            continue
        seen[site] = seen.get(site, 0) + 1
        names.append(ids[site] if seen[site] == 1 else f"{ids[site]}/{seen[site]}")
    return tuple(names)


def _water(tiles: Tessellation, ground: GroundLines, inner: GeometryArray) -> BoolArray:
    """Cells without a site whose middle lies in a water polygon."""
    areal = (shapely.get_dimensions(ground.lines) == 2) & np.array(
        [kind == "water" for kind in ground.kind], dtype=bool
    )
    wet = np.zeros(len(inner), dtype=bool)
    if areal.any():
        wet[shapely.STRtree(ground.lines[areal]).query(inner, predicate="intersects")[0]] = True
    return wet & (tiles.site_of < 0)


def _notes(counts: _Counts, known: Sequence[str], rules: Rules) -> tuple[str, ...]:
    """What the estimates rest on, one sentence per kind."""
    notes = []
    is_building = np.array([kind == "building" for kind in known], dtype=bool)
    factor = f"{rules.households_per_m2_floor:g}"
    built, areal = int((counts.estimated & is_building).sum()), int((counts.estimated & ~is_building).sum())
    if built:
        notes.append(f"{built} 个单元的户数为估算：住宅占地×层数×{factor}，取整到十。")
    if areal:
        share = f"{rules.area_coverage:g}×{rules.storeys_unknown:g} 层×{factor}"
        notes.append(f"{areal} 个单元的户数为估算：没有楼栋，按用地×{share}，取整到十。")
    if counts.apportioned.any():
        notes.append(f"{int(counts.apportioned.sum())} 个单元的户数为均摊：小区总数按建筑面积分到各楼。")
    return tuple(notes)


def _plain(value: float) -> float:
    return float(value) if np.isfinite(value) else 0.0
