"""Features of layers and places as files that other programs open: GeoPackage, GeoJSON, Shapefile (UTF-8, GBK), CSV."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geoapp.errors import Invalid
from geoapp.layers.handing_out import harmless

#: Bytes that a Shapefile keeps of a field's name and of a text.
NAME_BYTES, TEXT_BYTES = 10, 254
SUFFIXES = {
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".shp": "Shapefile",
    ".zip": "Shapefile",
    ".csv": "CSV",
}
ENCODINGS = ("UTF-8", "GBK")


class CannotWrite(Invalid):
    """What is asked for does not go into such a file; the message names another that takes it."""


@dataclass(frozen=True, slots=True)
class Table:
    """Features of one layer: shapes (shapely, WGS84, None where there is none) and columns of the same length."""

    name: str
    shapes: Sequence[Any]
    columns: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Written:
    """A file, the rows in it, and what a reader should know: names that were shortened, texts that were cut."""

    path: Path
    rows: int
    remarks: tuple[str, ...] = ()


def write(tables: Sequence[Table], path: Path, *, encoding: str = "UTF-8") -> Written:
    """Write one file by its suffix; it appears under its name when it is complete.

    Raises
    ------
    CannotWrite : unknown suffix, several layers into a file of one, mixed shapes or foreign letters in a Shapefile
    """
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise CannotWrite(f"不认识文件后缀“{path.suffix}”；请写成 .gpkg、.geojson、.shp、.zip 或 .csv。")
    if len(tables) > 1 and kind != "GPKG":
        raise CannotWrite(f"{path.name} 只能放一个图层，这次有 {len(tables)} 个；请改用 .gpkg，或逐个导出。")
    writer = {"GPKG": _geopackage, "GeoJSON": _geojson, "Shapefile": _shapefile, "CSV": _csv}[kind]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(path.stem + ".part" + path.suffix).exists()  # a name too long is told here
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".part-") as folder:
            remarks = writer(tables, Path(folder), path, encoding)
            for made in Path(folder).iterdir():
                shutil.move(made, path.parent / made.name)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CannotWrite(f"文件 {path.name[:80]} 写不了（{reason}）；请换一个能写的文件夹和文件名。") from None
    return Written(path, sum(len(table.shapes) for table in tables), tuple(remarks))


def _geopackage(tables: Sequence[Table], folder: Path, path: Path, encoding: str) -> list[str]:
    for number, table in enumerate(tables):
        _gdal(table, folder / path.name, driver="GPKG", layer=table.name, append=number > 0)
    return []


def _geojson(tables: Sequence[Table], folder: Path, path: Path, encoding: str) -> list[str]:
    _gdal(tables[0], folder / path.name, driver="GeoJSON", RFC7946="YES")
    return []


def _shapefile(tables: Sequence[Table], folder: Path, path: Path, encoding: str) -> list[str]:
    table = tables[0]
    _require_one_dimension(table)
    remarks: list[str] = []
    columns: dict[str, list[Any]] = {}
    for name, values in table.columns.items():
        short = _short_name(name, set(columns), encoding)
        if short != name:
            remarks.append(f"字段“{name}”改名为“{short}”（Shapefile 只容 {NAME_BYTES} 字节）")
        columns[short], cut = _fit(values, name, encoding)
        if cut:
            remarks.append(f"字段“{name}”有 {cut} 处文字超过 {TEXT_BYTES} 字节，已截短")
    zipped = path.suffix.lower() == ".zip"
    shape_file = folder / path.with_suffix(".shp").name
    _gdal(Table(table.name, table.shapes, columns), shape_file, driver="ESRI Shapefile", encoding=encoding)
    if zipped:
        parts = sorted(folder.iterdir())
        with zipfile.ZipFile(folder / path.name, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in parts:
                archive.write(part, part.name)
                part.unlink()
    return remarks


def _csv(tables: Sequence[Table], folder: Path, path: Path, encoding: str) -> list[str]:
    table = tables[0]
    inside: list[Any] = [None if shape is None else shapely.point_on_surface(shape) for shape in table.shapes]
    # The byte order mark lets office programs read UTF-8.
    with (folder / path.name).open("w", encoding="utf-8-sig" if encoding == "UTF-8" else encoding, newline="") as out:
        rows = csv.writer(out)
        rows.writerow([*table.columns, "lon", "lat", "wkt"])
        for number, (shape, point) in enumerate(zip(table.shapes, inside, strict=True)):
            place = ["", "", ""] if shape is None else [f"{point.x:.7f}", f"{point.y:.7f}", shape.wkt]
            values = [_plain(column[number]) for column in table.columns.values()]
            try:
                rows.writerow([*(harmless("" if value is None else value) for value in values), *place])
            except UnicodeEncodeError as error:
                raise _foreign(error, table.name, encoding) from None
    return []


def _gdal(table: Table, path: Path, **options: Any) -> None:
    import pyogrio

    kind = _geometry_type(table.shapes)
    pyogrio.raw.write(
        str(path),
        geometry=shapely.to_wkb(np.array(list(table.shapes), dtype=object)),
        field_data=[_column(values) for values in table.columns.values()],
        fields=list(table.columns),
        geometry_type=kind,
        promote_to_multi=kind.startswith("Multi"),
        crs="EPSG:4326",
        **options,
    )


def _geometry_type(shapes: Sequence[Any]) -> str:
    kinds = {shape.geom_type for shape in shapes if shape is not None}
    if len(kinds) == 1:
        return str(kinds.pop())
    for plain in ("Point", "LineString", "Polygon"):
        if kinds and kinds <= {plain, f"Multi{plain}"}:
            return f"Multi{plain}"
    return "Unknown"


def _require_one_dimension(table: Table) -> None:
    found = {int(shapely.get_dimensions(shape)) for shape in table.shapes if shape is not None}
    if len(found) > 1:
        raise CannotWrite(f"“{table.name}”里点、线、面混在一起，Shapefile 放不下；请改用 .gpkg 或 .geojson。")


def _short_name(name: str, taken: set[str], encoding: str) -> str:
    """The name cut to ten bytes between letters; a number at the end where that name is taken."""
    for number in range(1000):
        tail = str(number) if number else ""
        short = name
        while len((short + tail).encode(encoding, "replace")) > NAME_BYTES:
            short = short[:-1]
        if short + tail not in taken:
            return short + tail
    raise CannotWrite(f"字段“{name}”在 Shapefile 里取不出不重复的短名；请改用 .gpkg。")


def _fit(values: Sequence[Any], name: str, encoding: str) -> tuple[list[Any], int]:
    fitted, cut = [], 0
    for value in map(_plain, values):
        if isinstance(value, str):
            try:
                size = len(value.encode(encoding))
            except UnicodeEncodeError as error:
                raise _foreign(error, name, encoding) from None
            if size > TEXT_BYTES:
                cut += 1
                value = value.encode(encoding)[: TEXT_BYTES - 2].decode(encoding, "ignore")
        fitted.append(value)
    return fitted, cut


def _foreign(error: UnicodeEncodeError, name: str, encoding: str) -> CannotWrite:
    letter = error.object[error.start]
    return CannotWrite(f"“{name}”里的“{letter}”（U+{ord(letter):04X}）写不进 {encoding}；请改用 --encoding UTF-8。")


def _column(values: Sequence[Any]) -> Any:
    plain = [_plain(value) for value in values]
    known = [value for value in plain if value is not None]
    if known and len(known) == len(plain):
        if all(isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 for value in known):
            return np.array(plain, dtype=np.int64)
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
            return np.array(plain, dtype=np.float64)
    if known and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        # Unknown stays unknown: GDAL writes not-a-number as null.
        return np.array([np.nan if value is None else value for value in plain], dtype=np.float64)
    return np.array([None if value is None else str(value) for value in plain], dtype=object)


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
