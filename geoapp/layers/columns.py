"""Finds coordinates in a table: which columns hold them, and what a cell says."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from geoapp.errors import Invalid
from geoapp.layers import faults
from geoapp.layers.shapes import Shape, shape_of

_LON = ("经度", "lng", "lon", "longitude", "long", "x", "东经", "x坐标", "point_x", "lng_wgs84", "经度坐标")
_LAT = ("纬度", "lat", "latitude", "y", "北纬", "y坐标", "point_y", "lat_wgs84", "纬度坐标")
_BOTH = ("坐标", "经纬度", "lnglat", "lonlat", "location", "位置坐标", "coordinates", "经度,纬度", "point")
_WKT = ("wkt", "geom", "geometry", "图形", "the_geom", "shape")
#: What a header may add to a column's name -> the datum that it declares.
_DATUMS = {
    "wgs84": "EPSG:4326", "wgs": "EPSG:4326", "84": "EPSG:4326", "gps": "EPSG:4326", "cgcs2000": "EPSG:4490",
    "2000": "EPSG:4490", "gcj02": "gcj02", "gcj": "gcj02", "高德": "gcj02", "火星": "gcj02", "腾讯": "gcj02",
    "bd09": "bd09", "bd": "bd09", "百度": "bd09", "bd09ll": "bd09", "bd09mc": "bd09mc",
}  # fmt: skip
_ADDITION = re.compile(r"[(（\[_\s-]*(" + "|".join(sorted(_DATUMS, key=len, reverse=True)) + r")(坐标)?[)）\]]*$")
_PREFIX = re.compile(r"^(" + "|".join(sorted(_DATUMS, key=len, reverse=True)) + r")[_\s-]*")
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_PAIR = re.compile(rf"^\s*[(\[（]?\s*({_NUMBER})\s*[,，;；\s]\s*({_NUMBER})\s*[)\]）]?\s*$")
_SIDE = "([东西南北EWSN]?)"
_DEGREES = re.compile(
    rf"""^\s*{_SIDE}\s*(\d+)\s*[°度]\s*(?:(\d+(?:\.\d+)?)\s*['′分]\s*)?(?:(\d+(?:\.\d+)?)\s*["″秒]?\s*)?{_SIDE}\s*$"""
)


class NoSuchColumn(Invalid):
    """A column that was named is not in the table."""


@dataclass(frozen=True, slots=True)
class Placing:
    """Positions of the columns that place a row: ``lon`` and ``lat``, or ``both``, or ``wkt``; all None: none does."""

    lon: int | None = None
    lat: int | None = None
    both: int | None = None
    wkt: int | None = None
    #: Datum that the headers declare; empty when they say nothing.
    crs: str = ""

    @property
    def places(self) -> bool:
        """Does any column hold coordinates?"""
        return self.wkt is not None or self.both is not None or (self.lon is not None and self.lat is not None)


def find_placing(header: Sequence[str], *, lon: str = "", lat: str = "", wkt: str = "") -> Placing:
    """The columns that place a row, as named or as their headers tell.

    Examples
    --------
    >>> find_placing(["名称", "经度(BD09)", "纬度(BD09)"])
    Placing(lon=1, lat=2, both=None, wkt=None, crs='bd09')
    >>> find_placing(["name", "lnglat"]).both
    1
    """
    if wkt:
        return Placing(wkt=column_of(header, wkt))
    if lon and not lat:
        return Placing(both=column_of(header, lon))
    if lon and lat:
        return Placing(lon=column_of(header, lon), lat=column_of(header, lat))
    plain = [_plain(name) for name in header]
    found = [_first(plain, names) for names in (_LON, _LAT, _BOTH, _WKT)]
    if found[0] is not None and found[1] is not None:
        return Placing(lon=found[0], lat=found[1], crs=plain[found[0]][1])
    if found[3] is not None:
        return Placing(wkt=found[3], crs=plain[found[3]][1])
    if found[2] is not None:
        return Placing(both=found[2], crs=plain[found[2]][1])
    return Placing()


def column_of(header: Sequence[str], name: str) -> int:
    """Position of a named column; NoSuchColumn lists those that there are."""
    for i, there in enumerate(header):
        if there.strip() == name.strip():
            return i
    raise NoSuchColumn(f"表里没有“{name}”这一列；有 {'、'.join(header[:30])}。")


def place(cells: Sequence[Any], placing: Placing) -> Shape:
    """The shape of one row."""
    if placing.wkt is not None:
        return _from_wkt(_cell(cells, placing.wkt))
    if placing.both is not None:
        text = _cell(cells, placing.both)
        if text in (None, ""):
            return Shape(fault=faults.NO_SHAPE)
        pair = _PAIR.match(str(text))
        return shape_of({"type": "Point", "coordinates": [float(pair[1]), float(pair[2])]}) if pair else _not_numbers()
    assert placing.lon is not None and placing.lat is not None
    texts = _cell(cells, placing.lon), _cell(cells, placing.lat)
    if all(text is None or str(text).strip() == "" for text in texts):
        return Shape(fault=faults.NO_SHAPE)
    numbers = [degrees_of(text) for text in texts]
    if any(number is None for number in numbers):
        return _not_numbers()
    return shape_of({"type": "Point", "coordinates": numbers})


def degrees_of(value: Any) -> float | None:
    """A coordinate as a number, also when it is written in degrees, minutes and seconds; None for anything else.

    Examples
    --------
    >>> degrees_of("116°27'36\\""), degrees_of(" 39.9 "), degrees_of("三")
    (116.46, 39.9, None)
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    text = str(value).strip()
    try:
        return float(text)
    except ValueError:
        pass
    parts = _DEGREES.match(text)
    if parts is None:
        return None
    size = int(parts[2]) + float(parts[3] or 0) / 60.0 + float(parts[4] or 0) / 3600.0
    negative = (parts[1] or parts[5]) in {"西", "南", "W", "S"}
    return round(-size if negative else size, 9)


def value_of(text: str, *, header: str) -> Any:
    """A cell of a text table: a number where it is surely one; codes, telephone numbers and the like stay text.

    Examples
    --------
    >>> value_of("4560", header="户数"), value_of("0012", header="户数"), value_of("110105012", header="街道代码")
    (4560, '0012', '110105012')
    """
    if text == "":
        return None
    if re.search(r"码|编号|号$|电话|手机|code|id$|no$", header, re.IGNORECASE):
        return text
    if re.fullmatch(r"-?(0|[1-9]\d{0,9})", text):
        return int(text)
    if re.fullmatch(r"-?(0|[1-9]\d{0,9})\.\d+([eE][+-]?\d+)?", text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text


def _plain(name: str) -> tuple[str, str]:
    """A header without what it says of the datum, and that datum."""
    text = name.strip().lower()
    if found := _ADDITION.search(text):
        return text[: found.start()].strip(), _DATUMS[found[1]]
    if found := _PREFIX.match(text):
        return text[found.end() :].strip(), _DATUMS[found[1]]
    return text, ""


def _first(plain: Sequence[tuple[str, str]], names: Sequence[str]) -> int | None:
    stems = [stem for stem, _ in plain]
    return next((stems.index(name) for name in names if name in stems), None)


def _cell(cells: Sequence[Any], at: int) -> Any:
    return cells[at] if at < len(cells) else None


def _from_wkt(text: Any) -> Shape:
    if text is None or not str(text).strip():
        return Shape(fault=faults.NO_SHAPE)
    words = str(text).strip()
    if words.count(",") > faults.MOST_VERTICES:
        return Shape(fault=faults.TOO_MANY)
    if re.match(r"(?i)(SRID=\d+;)?\s*(CIRCULARSTRING|COMPOUNDCURVE|CURVEPOLYGON|MULTICURVE|MULTISURFACE)", words):
        return Shape(fault=faults.CURVE)
    shape = shapely.from_wkt(re.sub(r"(?i)^SRID=\d+;", "", words), on_invalid="ignore")
    if shape is None:
        # GEOS refuses a ring that stands open; shapely can close it.
        shape = shapely.from_wkt(words, on_invalid="fix")
        return _not_numbers() if shape is None else Shape(geometry=shape, closed=True)
    return Shape(geometry=shape)


def _not_numbers() -> Shape:
    return Shape(fault=faults.NOT_NUMBERS)
