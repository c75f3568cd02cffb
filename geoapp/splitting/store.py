"""Reading and writing units, and the data files that price borders and state the rules."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geoapp.errors import NotFound
from geoapp.geo import crs as systems
from geoapp.geo.measure import GeometryArray
from geoapp.splitting.borderlines import GroundLines
from geoapp.splitting.columns import (
    IDENTIFIERS,
    OWN_COLUMNS,
    UnitsFileError,
    flags_of,
    households_of,
    ids_of,
    names_of,
    numeric_columns,
    polygons_of,
)
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.inventory import Features, Inventory
from geoapp.splitting.rules import Profiles, Rules, parse_profiles, parse_rules
from geoapp.splitting.sources import (
    CLASS,
    HOUSEHOLDS,
    NAME,
    STOREYS,
    USE,
    FieldNames,
    are_dwellings,
    field_of,
    is_tunnel,
)
from geoapp.splitting.units import UnitBorders, Units, no_borders, plain_borders

RULES = Path(__file__).parents[2] / "layers" / "rules"
GROUPS = ("building", "compound", "courtyard", "grid")


@lru_cache(maxsize=4)
def read_profiles(path: Path = RULES / "profiles.toml") -> Profiles:
    """The kinds of border line and the profiles that price them."""
    return parse_profiles(_text(path))


@lru_cache(maxsize=8)
def read_rules(key: str = "beijing-2020", *, folder: Path = RULES) -> Rules:
    """The size and staff rules of that key; NotFound names the files there are."""
    path = folder / f"{key}.toml"
    if not path.exists():
        there = "、".join(sorted(p.stem for p in folder.glob("*.toml") if p.stem not in ("profiles", "hardship")))
        raise NotFound(f"没有名为 {key} 的规则：可用的有 {there}。")
    return parse_rules(_text(path))


def read_units(path: Path, households: str, *, profile: str | None = None) -> Units:
    """Units of a file that ``geoapp units`` wrote, or of any polygon layer.

    Parameters
    ----------
    path : GeoPackage, GeoJSON, Shapefile or whatever GDAL reads
    households : field with the households, whole numbers >= 0
    profile : checked here, so that a wrong name is told before any work

    Returns
    -------
    Units; of a plain layer the borders are computed from the polygons, of kind ``none``

    Raises
    ------
    UnitsFileError : no such file, layer, field or CRS, or a row without a whole number or a polygon
    """
    profiles = read_profiles()
    profiles.profile(profile)
    path, layer = file_and_layer(path)
    ours = layer is None and "borders" in layers_of(path)
    frame = read_frame(path, layer="units" if ours else layer)
    polygons = polygons_of(frame, path.name)
    ids = ids_of(frame)
    counts = households_of(frame, households, path.name)
    notes: tuple[str, ...] = ()
    if ours:
        borders = read_borders(path, ids)
        meta = _read_meta(path)
        notes = tuple(meta.get("notes", ()))
    else:
        borders, notes = _borders_of(polygons)
        meta = {}
    own = households == "households" and ours
    return Units(
        ids=ids,
        polygons=polygons,
        households=counts,
        borders=borders,
        profiles=profiles,
        rim=read_borders(path, ids, layer="rim") if ours and "rim" in layers_of(path) else no_borders(),
        estimated=flags_of(frame, "estimated") if own else np.zeros(len(ids), dtype=bool),
        apportioned=flags_of(frame, "apportioned") if own else np.zeros(len(ids), dtype=bool),
        water=flags_of(frame, "water"),
        columns=numeric_columns(frame, without={households, *OWN_COLUMNS, *IDENTIFIERS}),
        groups={name: names_of(frame[name]) for name in GROUPS if name in frame.columns},
        basis=str(meta.get("basis", "")),
        date=str(meta.get("date", "")),
        notes=notes,
    )


def read_frame(path: Path, *, layer: str | None = None) -> Any:
    """A layer as a GeoDataFrame in WGS84, geometries as they stand; UnitsFileError in one sentence.

    ``path`` may name a layer after a colon: ``moabit.gpkg:roads``.
    """
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    path, layer = file_and_layer(path, layer)
    if not path.exists():
        raise UnitsFileError(f"找不到文件 {path}：请核对路径。")
    there = layers_of(path)
    if layer is None and len(there) > 1:
        raise UnitsFileError(f"{path.name} 有 {len(there)} 个图层（{'、'.join(there)}）：请写成 {path.name}:图层名。")
    try:
        # A ring that is no ring becomes a missing geometry: then its row is named, not the whole file refused.
        frame = pyogrio.read_dataframe(path, layer=layer, on_invalid="ignore")
    except (DataSourceError, DataLayerError, ValueError) as fault:
        raise UnitsFileError(f"{path.name} 读不出来：{str(fault).splitlines()[0]}。请检查文件是否完整。") from None
    if "geometry" not in frame.columns:
        raise UnitsFileError(f"{path.name} 里没有图形，只有表格：请给带图形的图层。")
    if frame.crs is None:
        raise UnitsFileError(f"{path.name} 没有写明坐标系：请先用 geoapp import 导入，或写入坐标系后再试。")
    moved = shapely.transform(
        shapely.force_2d(np.asarray(frame.geometry.array, dtype=object)),
        lambda points: systems.to_wgs84(points, frame.crs),
    )
    return frame.set_geometry(moved).set_crs(4326, allow_override=True)


def file_and_layer(path: Path, layer: str | None = None) -> tuple[Path, str | None]:
    """``file.gpkg:layer`` -> the two; a path that is there as it stands is never taken apart."""
    head, colon, tail = str(path).rpartition(":")
    if layer is None and colon and not path.exists() and Path(head).exists():
        return Path(head), tail
    return path, layer


def layers_of(path: Path, *, tables: bool = False) -> list[str]:
    """Names of the layers of a file; with ``tables`` also of those without geometry."""
    import pyogrio
    from pyogrio.errors import DataSourceError

    path, _ = file_and_layer(path)
    if not path.exists():
        raise UnitsFileError(f"找不到文件 {path}：请核对路径。")
    try:
        return [str(name) for name, kind in pyogrio.list_layers(path) if tables or kind is not None]
    except DataSourceError:
        raise UnitsFileError(f"{path.name} 不是能读的地图文件：请给 GeoPackage、GeoJSON 或 Shapefile。") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        raise UnitsFileError(f"读不到数据文件 {path.name}：它应当在 layers/rules 里。") from None


def _borders_of(polygons: GeometryArray) -> tuple[UnitBorders, tuple[str, ...]]:
    """Borders of a plain layer; where its polygons do not meet vertex by vertex, half a metre apart is near enough."""
    from geoapp.splitting.graph import piece_labels

    exact = plain_borders(polygons)
    if len(np.unique(piece_labels(len(polygons), exact.pairs))) == 1:
        return exact, ()
    near = plain_borders(polygons, tolerance_m=0.5)
    if len(near) == len(exact):
        return exact, ()
    return near, ("相邻关系按 0.5 米以内算：这份图的面之间有细缝或交叠。",)


def read_borders(path: Path, ids: Sequence[str], *, layer: str = "borders") -> UnitBorders:
    """The layer of borders that ``geoapp units`` wrote, for units of those ids."""
    frame = read_frame(path, layer=layer)
    at = {unit: position for position, unit in enumerate(ids)}
    try:
        pairs = np.array(
            [(at[str(a)], at[str(b)]) for a, b in zip(frame["unit_a"], frame["unit_b"], strict=True)], dtype=np.int32
        ).reshape(-1, 2)
    except KeyError as unit:
        raise UnitsFileError(f"{path.name} 的 {layer} 层提到单元 {unit}，units 层里没有它：请重新生成。") from None
    return UnitBorders(
        np.sort(pairs, axis=1),
        frame["length_m"].to_numpy(dtype=np.float64),
        tuple(frame["class"].fillna("none")),
        tuple(frame["name"].fillna("")),
        np.asarray(frame.geometry.array, dtype=object),
    )


def _read_meta(path: Path) -> Mapping[str, Any]:
    import pyogrio

    if "meta" not in layers_of(path, tables=True):
        return {}
    table = pyogrio.read_dataframe(path, layer="meta", read_geometry=False)
    return {row.key: json.loads(row.value) for row in table.itertuples()}


def read_outline(path: Path) -> Any:
    """All polygons of a layer as one, WGS84."""
    return shapely.union_all(polygons_of(read_frame(path), path.name))


def read_features(path: Path, fields: FieldNames, *, plain: bool = False) -> Features:
    """Buildings, compounds or grids of a layer.

    Parameters
    ----------
    path : ``file`` or ``file:layer``
    fields : names of the fields, by default the first common one that the layer has
    plain : of a compound or grid: people live there whatever its use field says

    Raises
    ------
    UnitsFileError : no such file or layer, no CRS, a row with half or negative households
    FieldError : a field that was named is missing
    """
    import pandas as pd

    frame = read_frame(path)
    columns = [str(name) for name in frame.columns if name != "geometry"]
    count = field_of(columns, HOUSEHOLDS, named=fields.households)
    storeys = field_of(columns, STOREYS, named=fields.storeys)
    use = None if plain else field_of(columns, USE, named=fields.use)
    households = np.full(len(frame), np.nan)
    if count is not None:
        given = frame[count].notna().to_numpy()
        households[given] = households_of(frame[given], count, path.name)
    dwelling = np.ones(len(frame), dtype=bool)
    if use is not None:
        lived = np.array(are_dwellings(list(names_of(frame[use])), given=fields.dwelling, field=use), dtype=bool)
        # A use field in words of its own tells nothing: then every building counts, as without the field.
        dwelling = lived if lived.any() else dwelling
    floors = pd.to_numeric(frame[storeys], errors="coerce") if storeys else pd.Series(np.nan, index=frame.index)
    return Features(
        np.asarray(frame.geometry.array, dtype=object),
        ids_of(frame),
        households,
        floors.to_numpy(dtype=np.float64, na_value=np.nan),
        dwelling,
        numeric_columns(frame, without={str(count), str(storeys), *OWN_COLUMNS, *IDENTIFIERS}),
    )


def read_ground(paths: Sequence[Path], profiles: Profiles, *, class_field: str = "") -> tuple[GroundLines, list[str]]:
    """Barrier lines and water of some layers, tunnels left out, with notes on classes that no kind lists.

    Without a class field lines count as minor roads and polygons as water.
    """
    lines: list[Any] = []
    kinds: list[str] = []
    names: list[str] = []
    notes: list[str] = []
    for path in paths:
        frame = read_frame(path)
        columns = [str(name) for name in frame.columns if name != "geometry"]
        field = field_of(columns, CLASS, named=class_field)
        label = field_of(columns, NAME)
        strange: set[str] = set()
        for row in frame.to_dict("records"):
            value = row.get(field) if field else None
            if row["geometry"] is None or row["geometry"].is_empty or is_tunnel(row, value=value):
                continue
            areal = shapely.get_dimensions(row["geometry"]) == 2
            kind = profiles.kind_of(None if value is None or value != value else str(value))
            if kind is None:
                kind = "water" if areal else "minor"
                strange |= {str(value)} if field else set()
            lines.append(row["geometry"])
            kinds.append(kind)
            names.append(str(row[label]) if label and isinstance(row[label], str) else "")
        if field is None:
            notes.append(f"{path.name} 没有类别字段：线按支路、面按水系计；有的话请用 --barrier-class 指明。")
        if strange:
            listed = "、".join(sorted(strange)[:10])
            notes.append(f"{path.name} 里不认识的类别 {listed}：线按支路、面按水系计。")
    return GroundLines(np.array(lines, dtype=object), tuple(kinds), tuple(names)), notes


def write_units(
    path: Path, inventory: Inventory, *, notes: Sequence[str] = (), about: Mapping[str, Any] | None = None
) -> None:
    """A GeoPackage with the layers ``units``, ``borders``, ``set_aside`` and ``meta``; whole or not at all."""
    import geopandas as gpd
    import pandas as pd
    import pyogrio

    units = inventory.units
    frame = gpd.GeoDataFrame(
        {
            "unit": units.ids, "households": units.households, "estimated": units.estimated,
            "apportioned": units.apportioned, "water": units.water, "area_m2": units.area_m2.round(2),
            **{name: np.array(group, dtype=object) for name, group in units.groups.items()},
            **{name: column for name, column in units.columns.items() if name not in OWN_COLUMNS},
        },
        geometry=units.polygons, crs=4326,
    )  # fmt: skip
    borders = _border_frame(units, units.borders).assign(cost=units.border_costs())
    aside = pd.DataFrame(list(inventory.set_aside), columns=["what", "id", "households", "reason"])
    meta = {"notes": [*units.notes, *notes], "basis": units.basis, "date": units.date, **(about or {})}
    table = pd.DataFrame({"key": list(meta), "value": [json.dumps(v, ensure_ascii=False) for v in meta.values()]})
    draft = path.with_name(f".{path.stem}.part.gpkg")
    draft.unlink(missing_ok=True)
    try:
        pyogrio.write_dataframe(frame, draft, layer="units")
        pyogrio.write_dataframe(borders, draft, layer="borders")
        if len(units.rim):
            pyogrio.write_dataframe(_border_frame(units, units.rim), draft, layer="rim")
        pyogrio.write_dataframe(aside, draft, layer="set_aside")
        pyogrio.write_dataframe(table, draft, layer="meta")
        draft.replace(path)
    except (OSError, ValueError) as fault:
        draft.unlink(missing_ok=True)
        raise UnitsFileError(f"写不了 {path}：{fault}。请核对文件夹和磁盘空间。") from None


def read_column(path: Path, field: str) -> list[Any]:
    """Values of any field of a units file, None where a row has none; UnitsFileError names the fields there are."""
    path, layer = file_and_layer(path)
    frame = read_frame(path, layer="units" if layer is None and "borders" in layers_of(path) else layer)
    if field not in frame.columns:
        there = "、".join(str(name) for name in frame.columns if name != "geometry")
        raise UnitsFileError(f"{path.name} 没有字段 {field}：可用的字段有 {there}。")
    return [None if value is None or value != value else value for value in frame[field].tolist()]


def write_divided(out: Path, graph: UnitGraph, polygons: GeometryArray, document: Mapping[str, Any]) -> None:
    """Units with their part, the parts, and the plan document itself, as a GeoPackage or GeoJSON."""
    import geopandas
    import pandas
    import pyogrio

    named = document["part_of"] or {}
    part = [named.get(str(name)) for name in graph.ids]
    units = geopandas.GeoDataFrame(
        {"id": list(graph.ids), "households": graph.households, "part": pandas.array(part, dtype="Int64")},
        geometry=list(polygons), crs=4326,
    )  # fmt: skip
    text = json.dumps(document, ensure_ascii=False)
    if out.suffix == ".geojson":
        collection = json.loads(units.to_json())
        out.write_text(json.dumps({**collection, "plan": document}, ensure_ascii=False), encoding="utf-8")
        return
    out.unlink(missing_ok=True)
    pyogrio.write_dataframe(units, out, layer="units", driver="GPKG")
    if named:
        parts = units.dissolve("part", aggfunc={"households": "sum"}).reset_index()
        pyogrio.write_dataframe(parts, out, layer="parts", driver="GPKG", append=True)
    pyogrio.write_dataframe(pandas.DataFrame({"document": [text]}), out, layer="plan", driver="GPKG", append=True)


def read_plan_text(path: Path) -> str:
    """The plan document inside a GeoPackage or GeoJSON that :func:`write_divided` wrote."""
    import pyogrio

    if not path.exists():
        raise UnitsFileError(f"找不到文件 {path}：请核对路径。")
    if path.suffix == ".geojson":
        try:
            return json.dumps(json.loads(_text(path))["plan"], ensure_ascii=False)
        except (json.JSONDecodeError, KeyError, TypeError):
            raise UnitsFileError(f"{path.name} 里没有方案：请给 geoapp split 写出的文件。") from None
    if "plan" not in layers_of(path, tables=True):
        raise UnitsFileError(f"{path.name} 里没有方案（plan 表）：请给 geoapp split 写出的文件。")
    return str(pyogrio.read_dataframe(path, layer="plan", read_geometry=False)["document"].iloc[0])


def _border_frame(units: Units, borders: UnitBorders) -> Any:
    import geopandas as gpd

    ids = np.array(units.ids, dtype=object)
    return gpd.GeoDataFrame(
        {
            "unit_a": ids[borders.pairs[:, 0]], "unit_b": ids[borders.pairs[:, 1]], "length_m": borders.length_m,
            "class": borders.kind, "name": borders.name,
        },
        geometry=borders.lines, crs=4326,
    )  # fmt: skip
