"""Which coordinate system a file is in: said by a person, declared by the file, or found by comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.errors import Invalid
from geoapp.geo.crs import TO_WGS84, CrsError, crs_of, in_china, is_cgcs2000, to_wgs84

FloatArray = NDArray[np.float64]
AUTO = "auto"
_ASK = "请用 --crs 指明（EPSG:4326、EPSG:4490、gcj02、bd09、bd09mc 等）"
_WGS84 = {"EPSG:4326", "OGC:CRS84", "WGS84", "WGS 84", "4326"}


class UnknownCrs(Invalid):
    """The coordinates cannot be placed without being told more."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A coordinate system in force: shown name, why, and the function to WGS84 (None: nothing to do)."""

    crs: str
    basis: str
    move: Callable[[FloatArray], FloatArray] | None
    notes: list[str] = field(default_factory=list)


def named_crs(given: str, *, basis: str) -> Settled:
    """A coordinate system that a person or a file names; UnknownCrs when there is none of that name."""
    text = given.strip()
    if text.lower() in TO_WGS84:
        name = text.lower()
        return Settled(name, basis, TO_WGS84[name])
    if text.upper() in _WGS84:
        return Settled("EPSG:4326", basis, None)
    if text.isdigit():
        text = f"EPSG:{text}"
    try:
        known = crs_of(text)
    except CrsError:
        raise UnknownCrs(f"不认识坐标系“{text[:60]}”；{_ASK}。") from None
    code = known.to_epsg()
    if code == 4326:
        return Settled("EPSG:4326", basis, None)
    shown = f"EPSG:{code}" if code else _words(known)
    notes = []
    if is_cgcs2000(known):
        notes.append("CGCS2000 与 WGS84 相差不到几厘米，按零平移处理")
        if known.is_geographic:
            return Settled(shown, basis, None, notes)
    return Settled(shown, basis, lambda xy: to_wgs84(xy, text), notes)


def stop_words(crs_like: str = "") -> str:
    """The sentence that stops an import whose coordinate system is unknown."""
    return (
        f"文件没有说明坐标系{crs_like}，中国的网络地图坐标（GCJ-02、BD-09）会偏出几百米，所以不猜测；{_ASK}，"
        "或先导入一个坐标系已知、位置重叠的图层再重试（--compare 图层）。"
    )


def mostly_in_china(shapes: Sequence[Any] | NDArray[np.object_]) -> bool:
    """Do most of the shapes lie where Chinese web maps are shifted, when read as degrees?"""
    middles = middles_of(shapes)
    return bool(len(middles)) and bool(np.mean(in_china(middles)) > 0.5)


def middles_of(shapes: Sequence[Any] | NDArray[np.object_]) -> FloatArray:
    """Middle of each shape's box, (n, 2), those without a shape left out."""
    boxes = shapely.bounds(np.asarray(shapes, dtype=object))
    boxes = boxes[np.isfinite(boxes).all(axis=1)] if len(boxes) else boxes.reshape(0, 4)
    middles: FloatArray = (boxes[:, :2] + boxes[:, 2:]) / 2.0
    return middles


def in_degrees(shapes: Sequence[Any] | NDArray[np.object_]) -> bool:
    """Could the coordinates be longitude and latitude?"""
    middles = middles_of(shapes)
    if not len(middles):
        return False
    return bool(np.mean((np.abs(middles[:, 0]) <= 180.0) & (np.abs(middles[:, 1]) <= 90.0)) > 0.5)


def _words(known: Any) -> str:
    """What to call a CRS without a code: its name, or its projection and numbers."""
    if known.name.lower() not in {"unknown", "unnamed", "undefined", ""} or known.coordinate_operation is None:
        return str(known.name)
    numbers = [f"{p.name} {p.value:g}" for p in known.coordinate_operation.params]
    return f"{known.coordinate_operation.method_name}（{'，'.join(numbers)}）"
