"""What the columns of a read layer say: ids, households, flags, names and figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.errors import Invalid
from geoapp.geo.measure import GeometryArray, only_polygons

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Columns that `units` writes and that are no figures of a unit.
OWN_COLUMNS = {"unit", "households", "estimated", "apportioned", "water", "area_m2"}
#: Numbers that are names: never summed per part.
IDENTIFIERS = {"id", "objectid", "OBJECTID", "fid", "osm_id", "code", "FID", "gid"}
ID_FIELDS = ("unit", "id", "unit_id", "编号", "code", "path", "geoid", "geoid20", "name")


class UnitsFileError(Invalid):
    """A file that cannot be read as units; the message names file, field and row."""


def polygons_of(frame: Any, source: str) -> GeometryArray:
    """Repaired polygons of every row; UnitsFileError names the first row without one."""
    given = np.asarray(frame.geometry.array, dtype=object)
    usable = only_polygons(given)
    empty = np.flatnonzero(shapely.is_empty(usable))
    if len(frame) == 0:
        raise UnitsFileError(f"{source} 里一个单元也没有：请检查图层。")
    if len(empty):
        raise UnitsFileError(f"{source} 第 {empty[0] + 1} 行没有面状图形：请补上或删去这一行。")
    return usable


def ids_of(frame: Any) -> tuple[str, ...]:
    """The first id field without gaps and repeats, else row numbers from 1."""
    lower = {str(name).lower(): name for name in frame.columns}
    for wanted in ID_FIELDS:
        if wanted in lower:
            column = frame[lower[wanted]]
            if column.notna().all() and column.is_unique:
                return tuple(str(value) for value in column)
    return tuple(str(row) for row in range(1, len(frame) + 1))


def households_of(frame: Any, field: str, source: str) -> IntArray:
    """Whole numbers >= 0 of a field; UnitsFileError names the first row without one."""
    import pandas as pd

    if field not in frame.columns or field == "geometry":
        there = "、".join(str(name) for name in frame.columns if name != "geometry")
        raise UnitsFileError(f"{source} 没有字段 {field}：现有字段是 {there}。")
    numbers = pd.to_numeric(frame[field], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0) & (numbers == np.floor(numbers))))
    if len(bad):
        row = int(bad[0])
        raise UnitsFileError(
            f"{source} 第 {row + 1} 行的 {field} 是 {frame[field].iloc[row]}：户数要是不小于 0 的整数，请改正。"
        )
    if numbers.sum() > 2**53:
        raise UnitsFileError(f"{source} 的 {field} 总数超过 9 千万亿：请检查字段是否选对。")
    return numbers.astype(np.int64)


def flags_of(frame: Any, name: str) -> BoolArray:
    """A column of yes and no; no where it is missing."""
    if name not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    return frame[name].fillna(False).astype(bool).to_numpy()


def names_of(column: Any) -> tuple[str | None, ...]:
    """A column as text, None for nothing."""
    import pandas as pd

    return tuple(None if pd.isna(value) or value == "" else str(value) for value in column)


def numeric_columns(frame: Any, *, without: set[str]) -> dict[str, FloatArray]:
    """The columns of numbers that can be added up, less those named."""
    import pandas as pd

    return {
        str(name): frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
        for name in frame.columns
        if name not in without and name != "geometry" and pd.api.types.is_numeric_dtype(frame[name])
        and not pd.api.types.is_bool_dtype(frame[name])
    }  # fmt: skip
