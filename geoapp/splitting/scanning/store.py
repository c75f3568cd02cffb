"""Reading what a scan is made of: communities, units, compounds, complaints, thresholds."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.geo.measure import in_metres, measuring_crs_of, only_polygons
from geoapp.splitting.columns import UnitsFileError
from geoapp.splitting.scanning.communities import Community, community_of
from geoapp.splitting.scanning.facts import Details, homes_by_code, homes_by_place
from geoapp.splitting.scanning.fields import ScanFieldError, ScanFields, code_text, has_manager, is_blank, is_yes
from geoapp.splitting.scanning.grounds import UnitTable
from geoapp.splitting.scanning.hardship import Thresholds, parse_thresholds
from geoapp.splitting.store import (
    GROUPS,
    RULES,
    file_and_layer,
    layers_of,
    read_borders,
    read_frame,
    read_profiles,
)

ID_FIELDS = ("unit", "unit_id", "id", "编号")
#: A piece of a community below this is a slip of the pen, not a stray piece 飞地.
PIECE_M2 = 100.0


@lru_cache(maxsize=2)
def read_thresholds(path: Path = RULES / "hardship.toml") -> Thresholds:
    """When a community counts as hard to manage."""
    return parse_thresholds(path.read_text(encoding="utf-8"))


def read_communities(
    path: Path, fields: ScanFields, *, on: datetime.date | None = None
) -> tuple[list[Community], dict[str, str], list[str]]:
    """The communities, the field found for each meaning, and notes; with ``on`` those that are valid on that day.

    Raises
    ------
    UnitsFileError : no such file or layer, no CRS, or not one row
    FieldError : a field that was named is in none of the columns
    """
    frame = read_frame(path)
    if len(frame) == 0:
        raise UnitsFileError(f"{path.name} 里一个社区也没有：请检查图层。")
    here = fields.found(_columns(frame))
    if on is not None:
        frame = _valid_on(frame, here, on, path)
    given = np.asarray(frame.geometry.array, dtype=object)
    broken = ~(shapely.is_missing(given) | shapely.is_valid(given))
    polygons = only_polygons(given)
    polygons[shapely.is_empty(polygons)] = None
    pieces = _pieces(polygons)
    taken: set[str] = set()
    found = []
    for at, row in enumerate(frame.drop(columns="geometry").to_dict("records")):
        community = community_of(
            row, here, number=at + 1, taken=taken, geometry=polygons[at], pieces=pieces[at],
        )  # fmt: skip
        taken.add(community.key)
        found.append(community)
    notes = []
    if "code" not in here:
        notes.append("社区文件里没有认出编码字段：用 --field code=字段名 指明。")
    if broken.any():
        notes.append(f"{int(broken.sum())} 个社区的图形有自交等毛病，按修复后的图形计算。")
    return found, here, notes


def _valid_on(frame: Any, here: dict[str, str], on: datetime.date, path: Path) -> Any:
    """The rows of which ``on`` lies in [valid_from, valid_to); a blank end is open."""
    if "valid_from" not in here and "valid_to" not in here:
        raise UnitsFileError(f"{path.name} 没有有效期字段：请去掉 --on，或用 --field valid_from=字段名 指明。")
    day = on.isoformat()
    kept = np.ones(len(frame), dtype=bool)
    # ISO dates compare as texts, whatever type GDAL has made of the field.
    if "valid_from" in here:
        kept &= np.array([is_blank(v) or str(v)[:10].replace("/", "-") <= day for v in frame[here["valid_from"]]])
    if "valid_to" in here:
        kept &= np.array([is_blank(v) or day < str(v)[:10].replace("/", "-") for v in frame[here["valid_to"]]])
    if not kept.any():
        raise UnitsFileError(f"{path.name} 里没有 {day} 有效的社区：请核对 --on。")
    return frame[kept].reset_index(drop=True)


def _pieces(polygons: NDArray[Any]) -> list[int | None]:
    there = np.array([polygon is not None for polygon in polygons])
    pieces: list[int | None] = [None] * len(polygons)
    if there.any():
        crs = measuring_crs_of(polygons[there])
        for at, polygon_m in zip(np.flatnonzero(there), in_metres(polygons[there], crs), strict=True):
            parts = shapely.get_parts(shapely.union_all(shapely.get_parts(polygon_m)))
            pieces[int(at)] = max(int((shapely.area(parts) >= PIECE_M2).sum()), 1)
    return pieces


def read_unit_table(
    path: Path, communities: Sequence[Community], fields: ScanFields
) -> tuple[UnitTable, Details, list[str]]:
    """Units with the community of each, what they tell of the communities, and notes.

    A unit belongs to the community of its code where the file has such a field, else to the one it lies in.

    Raises
    ------
    UnitsFileError : no such file, layer or CRS, not one row, or no field with households
    """
    path, layer = file_and_layer(path)
    ours = layer is None and "borders" in layers_of(path)
    frame = read_frame(path, layer="units" if ours else layer)
    if len(frame) == 0:
        raise UnitsFileError(f"{path.name} 里一个单元也没有：请检查图层。")
    here = fields.found(_columns(frame))
    if "households" not in here:
        raise UnitsFileError(f"{path.name} 没有户数字段：用 --field households=字段名 指明。")
    polygons = np.asarray(frame.geometry.array, dtype=object)
    home, notes = _homes(frame, here, polygons, communities, what=f"{path.name} 里的单元")
    ids = _ids(frame)
    table = UnitTable(
        ids=ids,
        polygons=polygons,
        households=tuple(frame[here["households"]].astype(object)),
        home=home,
        profiles=read_profiles(),
        estimated=_flags(frame, "estimated"),
        apportioned=_flags(frame, "apportioned"),
        groups={name: _names(frame[name]) for name in GROUPS if name in frame.columns},
        borders=read_borders(path, ids) if ours else None,
    )
    return table, _details(frame, here, home, what="划分单元"), notes


def read_compounds(path: Path, communities: Sequence[Community], fields: ScanFields) -> tuple[Details, list[str]]:
    """What compounds tell of the communities; a blank manager means none where the layer names any."""
    frame = read_frame(path)
    here = fields.found(_columns(frame))
    polygons = np.asarray(frame.geometry.array, dtype=object)
    home, notes = _homes(frame, here, polygons, communities, what=f"{path.name} 里的小区")
    return _details(frame, here, home, what="小区", blank_is_none=True), notes


def read_complaints(path: Path, communities: Sequence[Community], fields: ScanFields) -> tuple[Details, list[str]]:
    """One complaint per row, counted per community; a community without any has 0."""
    frame = read_frame(path)
    here = fields.found(_columns(frame))
    points = np.asarray(frame.geometry.array, dtype=object)
    home, notes = _homes(frame, here, points, communities, what=f"{path.name} 里的诉求")
    every = np.concatenate([home, np.arange(len(communities))])
    ones = np.concatenate([np.ones(len(home)), np.zeros(len(communities))])
    return Details("诉求图层", every, complaints=ones), notes


def _homes(
    frame: Any, here: dict[str, str], geometries: NDArray[Any], communities: Sequence[Community], *, what: str
) -> tuple[NDArray[np.int64], list[str]]:
    """Community of each row by code, else by place, with a note on those of none."""
    by_code = "community" in here
    if by_code:
        codes = [code_text(value) for value in frame[here["community"]].astype(object)]
        home = homes_by_code(codes, communities)
        by_name = homes_by_name(codes, communities)
        if (home < 0).sum() > (by_name < 0).sum():
            home = by_name
    else:
        home = homes_by_place(geometries, communities)
    lost = np.flatnonzero(home < 0)
    if not len(lost):
        return home, []
    ids = _ids(frame)
    reason = "社区编码不在社区文件里" if by_code else "不在任何社区之内"
    named = "、".join(ids[row] for row in lost[:5]) + ("等" if len(lost) > 5 else "")
    return home, [f"{what}有 {len(lost)} 个{reason}（{named}），没有计入。"]


def homes_by_name(names: Sequence[str], communities: Sequence[Community]) -> NDArray[np.int64]:
    """(n,) position of the community of that name, where only one has it; else below 0."""
    at: dict[str, int] = {}
    for position, community in enumerate(communities):
        at[community.name] = -1 if community.name in at else position
    return np.array([at.get(name, -1) for name in names], dtype=np.int64)


def _details(
    frame: Any, here: dict[str, str], home: NDArray[np.int64], *, what: str, blank_is_none: bool = False
) -> Details:
    numbers = {
        meaning: _numbers(frame[here[meaning]])
        for meaning in ("households", "people", "over60", "complaints")
        if meaning in here
    }
    managed = None
    if "manager" in here:
        values = list(frame[here["manager"]].astype(object))
        none = 0.0 if blank_is_none and any(has_manager(value) for value in values) else np.nan
        managed = np.array([none if is_blank(value) else float(bool(has_manager(value))) for value in values])
    return Details(what, home, managed=managed, **numbers)


def _numbers(column: Any) -> NDArray[np.float64]:
    import pandas as pd

    values: NDArray[np.float64] = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(values >= 0, values, np.nan)


def _columns(frame: Any) -> list[str]:
    return [str(name) for name in frame.columns if name != "geometry"]


def _ids(frame: Any) -> tuple[str, ...]:
    lower = {str(name).lower(): name for name in frame.columns}
    for wanted in ID_FIELDS:
        if wanted in lower and frame[lower[wanted]].notna().all() and frame[lower[wanted]].is_unique:
            return tuple(code_text(value) for value in frame[lower[wanted]].astype(object))
    return tuple(str(row) for row in range(1, len(frame) + 1))


def _flags(frame: Any, name: str) -> NDArray[np.bool_]:
    if name not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    return np.array([is_yes(value) for value in frame[name].astype(object)], dtype=bool)


def _names(column: Any) -> tuple[str | None, ...]:
    return tuple(None if is_blank(value) else str(value) for value in column.astype(object))


def check_named(fields: ScanFields, paths: Sequence[Path]) -> None:
    """ScanFieldError when a field that was named is in none of the files."""
    there: list[str] = []
    for given in paths:
        path, layer = file_and_layer(given)
        layers = layers_of(path)
        layer = layer or ("units" if "borders" in layers else layers[0] if layers else None)
        there += [str(name) for name in _fields_of(path, layer)]
    for meaning, name in fields.named.items():
        if name not in there:
            listed = "、".join(dict.fromkeys(there))
            raise ScanFieldError(f"--field {meaning}={name}：文件里没有字段 {name}，现有字段是 {listed}。")


def _fields_of(path: Path, layer: str | None) -> Sequence[str]:
    """Names of the fields of a layer."""
    import pyogrio

    return list(pyogrio.read_info(path, layer=layer)["fields"])
