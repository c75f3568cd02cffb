"""Reading and writing units, and the data files that price borders and state the rules."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geoapp.errors import Invalid, NotFound
from geoapp.geo import crs as systems
from geoapp.geo.measure import GeometryArray, only_polygons
from geoapp.splitting.rules import Profiles, Rules, parse_profiles, parse_rules
from geoapp.splitting.units import UnitBorders, Units, plain_borders

if TYPE_CHECKING:
    import pandas as pd

RULES = Path(__file__).parents[2] / "layers" / "rules"
#: Columns that `units` writes and that are no figures of a unit.
OWN_COLUMNS = {"unit", "households", "estimated", "apportioned", "water", "area_m2"}
GROUPS = ("compound", "grid", "courtyard")
ID_FIELDS = ("unit", "id", "unit_id", "编号", "code", "path", "geoid", "geoid20", "name")


class UnitsFileError(Invalid):
    """A file that cannot be read as units; the message names file, field and row."""


@lru_cache(maxsize=4)
def read_profiles(path: Path = RULES / "profiles.toml") -> Profiles:
    """The kinds of border line and the profiles that price them."""
    return parse_profiles(_text(path))


@lru_cache(maxsize=8)
def read_rules(key: str = "beijing-2020", *, folder: Path = RULES) -> Rules:
    """The size and staff rules of that key; NotFound names the files there are."""
    path = folder / f"{key}.toml"
    if not path.exists():
        there = "、".join(sorted(p.stem for p in folder.glob("*.toml") if p.stem != "profiles"))
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
    ours = layer is None and "borders" in _layers(path)
    frame = read_frame(path, layer="units" if ours else layer)
    polygons = _polygons(frame, path)
    ids = _ids(frame)
    counts = _households(frame, households, path)
    notes: tuple[str, ...] = ()
    if ours:
        borders = _read_borders(path, ids)
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
        estimated=_flags(frame, "estimated") if own else np.zeros(len(ids), dtype=bool),
        apportioned=_flags(frame, "apportioned") if own else np.zeros(len(ids), dtype=bool),
        water=_flags(frame, "water"),
        columns=_numeric_columns(frame, without={households, *OWN_COLUMNS}),
        groups={name: _names(frame[name]) for name in GROUPS if name in frame.columns},
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
    there = _layers(path)
    if layer is None and len(there) > 1:
        raise UnitsFileError(f"{path.name} 有 {len(there)} 个图层（{'、'.join(there)}）：请写成 {path.name}:图层名。")
    try:
        frame = pyogrio.read_dataframe(path, layer=layer)
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


def _layers(path: Path) -> list[str]:
    import pyogrio
    from pyogrio.errors import DataSourceError

    path, _ = file_and_layer(path)
    if not path.exists():
        raise UnitsFileError(f"找不到文件 {path}：请核对路径。")
    try:
        return [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    except DataSourceError:
        raise UnitsFileError(f"{path.name} 不是能读的地图文件：请给 GeoPackage、GeoJSON 或 Shapefile。") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        raise UnitsFileError(f"读不到数据文件 {path.name}：它应当在 layers/rules 里。") from None


def _polygons(frame: Any, path: Path) -> GeometryArray:
    given = np.asarray(frame.geometry.array, dtype=object)
    usable = only_polygons(given)
    empty = np.flatnonzero(shapely.is_empty(usable))
    if len(frame) == 0:
        raise UnitsFileError(f"{path.name} 里一个单元也没有：请检查图层。")
    if len(empty):
        raise UnitsFileError(f"{path.name} 第 {empty[0] + 1} 行没有面状图形：请补上或删去这一行。")
    return usable


def _ids(frame: Any) -> tuple[str, ...]:
    lower = {str(name).lower(): name for name in frame.columns}
    for wanted in ID_FIELDS:
        if wanted in lower:
            column = frame[lower[wanted]]
            if column.notna().all() and column.is_unique:
                return tuple(str(value) for value in column)
    return tuple(str(row) for row in range(1, len(frame) + 1))


def _households(frame: Any, field: str, path: Path) -> Any:
    import pandas as pd

    if field not in frame.columns or field == "geometry":
        there = "、".join(str(name) for name in frame.columns if name != "geometry")
        raise UnitsFileError(f"{path.name} 没有字段 {field}：现有字段是 {there}。")
    numbers = pd.to_numeric(frame[field], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0) & (numbers == np.floor(numbers))))
    if len(bad):
        row = int(bad[0])
        raise UnitsFileError(
            f"{path.name} 第 {row + 1} 行的 {field} 是 {frame[field].iloc[row]!r}：户数要是不小于 0 的整数，请改正。"
        )
    if numbers.sum() > 2**53:
        raise UnitsFileError(f"{path.name} 的 {field} 总数超过 9 千万亿：请检查字段是否选对。")
    return numbers.astype(np.int64)


def _flags(frame: Any, name: str) -> Any:
    if name not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    return frame[name].fillna(False).astype(bool).to_numpy()


def _names(column: pd.Series[Any]) -> tuple[str | None, ...]:
    import pandas as pd

    return tuple(None if pd.isna(value) or value == "" else str(value) for value in column)


def _numeric_columns(frame: Any, *, without: set[str]) -> dict[str, Any]:
    import pandas as pd

    return {
        str(name): frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
        for name in frame.columns
        if name not in without and name != "geometry" and pd.api.types.is_numeric_dtype(frame[name])
        and not pd.api.types.is_bool_dtype(frame[name])
    }  # fmt: skip


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


def _read_borders(path: Path, ids: Sequence[str]) -> UnitBorders:
    frame = read_frame(path, layer="borders")
    at = {unit: position for position, unit in enumerate(ids)}
    try:
        pairs = np.array(
            [(at[str(a)], at[str(b)]) for a, b in zip(frame["unit_a"], frame["unit_b"], strict=True)], dtype=np.int32
        ).reshape(-1, 2)
    except KeyError as unit:
        raise UnitsFileError(f"{path.name} 的 borders 层提到单元 {unit}，units 层里没有它：请重新生成。") from None
    return UnitBorders(
        np.sort(pairs, axis=1),
        frame["length_m"].to_numpy(dtype=np.float64),
        tuple(frame["class"].fillna("none")),
        tuple(frame["name"].fillna("")),
        np.asarray(frame.geometry.array, dtype=object),
    )


def _read_meta(path: Path) -> Mapping[str, Any]:
    import pyogrio

    if "meta" not in [name for name, _ in pyogrio.list_layers(path)]:
        return {}
    table = pyogrio.read_dataframe(path, layer="meta", read_geometry=False)
    return {row.key: json.loads(row.value) for row in table.itertuples()}
