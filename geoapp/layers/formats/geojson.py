"""GeoJSON as it is found: open rings, a GBK file, several documents in one file, numbers no float can hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geoapp.layers import faults
from geoapp.layers.cleaning import Rows
from geoapp.layers.faults import Fault
from geoapp.layers.formats import charset
from geoapp.layers.formats.json_stream import DUPLICATE, JsonStream, TooLong, items
from geoapp.layers.formats.source import ROWS_AT_ONCE, Source, Unreadable, storable
from geoapp.layers.shapes import Shape, shape_of

_MEMBER = re.compile(r'"crs"\s*:\s*')
_EPSG = re.compile(r"epsg:(?:[\d.]*:)?(\d+)$", re.IGNORECASE)
_SHAPES = {"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"}


def open_geojson(path: Path, *, encoding: str = "") -> Source:
    """A GeoJSON document, a sequence of them, or a bare list of features."""
    found = charset.named(encoding) if encoding else charset.detect_file(path)
    if found.encoding == "utf-8":
        found = charset.Charset("utf-8-sig", found.basis)
    stated, crs = _stated_crs(path, found.encoding)
    return Source(
        format="GeoJSON",
        read=lambda: _chunks(path, found.encoding),
        crs=crs if stated else "EPSG:4326",
        crs_basis="文件的 crs 项" if stated else "GeoJSON 标准（RFC 7946）",
        crs_by_rule_only=not stated,
        encoding={"utf-8-sig": "UTF-8"}.get(found.encoding, found.encoding.upper()),
        encoding_basis=found.basis,
    )


def _chunks(path: Path, encoding: str) -> Iterator[Rows]:
    numbers: list[int] = []
    shapes: list[Shape] = []
    props: list[dict[str, Any]] = []
    mended: list[int] = []
    size = 0
    for number, item in enumerate(_features(path, encoding), start=1):
        shape, fields = _row(item)
        clean, changed = storable(fields)
        if changed:
            mended.append(len(numbers))
        numbers.append(number)
        shapes.append(shape)
        props.append(clean)
        size += int(shapely.get_num_coordinates(shape.geometry))
        if len(numbers) >= ROWS_AT_ONCE or size > 400_000:
            yield _rows(numbers, shapes, props, mended)
            numbers, shapes, props, mended, size = [], [], [], [], 0
    if numbers:
        yield _rows(numbers, shapes, props, mended)


def _rows(numbers: list[int], shapes: list[Shape], props: list[dict[str, Any]], mended: list[int]) -> Rows:
    array = np.empty(len(shapes), dtype=object)
    array[:] = [shape.geometry for shape in shapes]
    return Rows(
        numbers=np.array(numbers, dtype=np.int64),
        shapes=array,
        props=props,
        faults={i: shape.fault for i, shape in enumerate(shapes) if shape.fault is not None},
        closed=[i for i, shape in enumerate(shapes) if shape.closed],
        mended=mended,
    )


def _features(path: Path, encoding: str) -> Iterator[Any]:
    stream = JsonStream(path, encoding)
    try:
        if not stream.peek():
            raise Unreadable(f"文件 {path.name} 是空的；请重新导出。")
        found = False
        while stream.peek():
            if stream.take("["):
                yield from items(stream)
            elif stream.peek() == "{":
                yield from _document(stream)
            else:
                raise Unreadable(f"文件 {path.name} 不是 JSON；请核对扩展名，或重新导出。")
            found = True
        if not found:
            raise Unreadable(f"文件 {path.name} 里没有要素；请重新导出。")
    finally:
        stream.close()


def _document(stream: JsonStream) -> Iterator[Any]:
    """The features of one JSON object: a collection's, or itself."""
    stream.take("{")
    members: dict[str, Any] = {}
    collections = 0
    while not stream.take("}"):
        key = stream.value()
        if not isinstance(key, str) or not stream.take(":"):
            raise Unreadable("JSON 写法有误（键后缺少冒号）；请改正或重新导出。")
        if key == "features" and stream.peek() == "[":
            collections += 1
            if collections > 1:
                raise Unreadable("文件里有两个 features 列表，不知以哪个为准；请删去一个。")
            stream.take("[")
            yield from items(stream)
        else:
            try:
                value = stream.value()
            except TooLong as long:
                value = long
                if stream.peek() != "{":
                    raise Unreadable("单独一个图形过大；请先简化，再以要素集合（FeatureCollection）导出。") from None
                stream.skip_object()
            if key in members:
                members[DUPLICATE] = True
            members[key] = value
        stream.take(",")
    if collections:
        return
    if members.get("type") == "Feature" or members.get("type") in _SHAPES:
        yield members
    elif members.get("type") != "FeatureCollection":
        raise Unreadable("这个 JSON 不是 GeoJSON（没有 features）；请导出为 GeoJSON 后再导入。")


def _row(item: Any) -> tuple[Shape, dict[str, Any]]:
    if isinstance(item, TooLong):
        fault = faults.TOO_MANY if item.vertices else faults.ROW_TOO_LONG
        return Shape(fault=fault), {"": item.beginning}
    if not isinstance(item, dict):
        return Shape(fault=faults.UNKNOWN_TYPE), {"": json.dumps(item)[:300]}
    if item.get("type") in _SHAPES and "geometry" not in item:
        return shape_of(item), {}
    fields = item.get("properties")
    fields = dict(fields) if isinstance(fields, dict) else {}
    geometry = item.get("geometry")
    if _has_duplicate(item, fields, geometry):
        fields.pop(DUPLICATE, None)
        return Shape(fault=faults.DUPLICATE_KEY), fields
    if "id" in item and "id" not in fields and isinstance(item["id"], str | int):
        fields["id"] = item["id"]
    if isinstance(geometry, TooLong):
        return Shape(fault=_too_long(geometry)), fields
    return shape_of(geometry), fields


def _too_long(long: TooLong) -> Fault:
    return faults.TOO_MANY if long.vertices else faults.ROW_TOO_LONG


def _has_duplicate(*things: Any) -> bool:
    return any(isinstance(thing, dict) and DUPLICATE in thing for thing in things)


def _stated_crs(path: Path, encoding: str) -> tuple[bool, str]:
    """Whether the document states a CRS, and which (empty: stated as unknown)."""
    with path.open("rb") as stream:
        head = stream.read(65_536)
        stream.seek(max(len(head), path.stat().st_size - 65_536))
        tail = stream.read()
    for piece in (head, tail):
        text = piece.decode(encoding.replace("-sig", ""), "ignore")
        for found in _MEMBER.finditer(text):
            try:
                value, _ = json.JSONDecoder().raw_decode(text, found.end())
            except (ValueError, RecursionError):
                continue
            if value is None:
                return True, ""
            if isinstance(value, dict) and isinstance(value.get("properties"), dict):
                return True, _crs_name(str(value["properties"].get("name", "")))
    return False, ""


def _crs_name(name: str) -> str:
    if name.upper().endswith("CRS84"):
        return "EPSG:4326"
    code = _EPSG.search(name)
    return f"EPSG:{code[1]}" if code else name
