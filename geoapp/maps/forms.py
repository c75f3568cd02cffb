"""What the map's addresses ask for: dates, boxes, positions, lists of layers; one sentence for what cannot be read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from geoapp.errors import Invalid
from geoapp.maps.sources import Bbox

MAX_ROWS = 200


class BadQuestion(Invalid):
    """A part of the address cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class PointQuestion:
    """What stands at a point: position in degrees, map zoom, layers that are on, what was chosen."""

    lon: float
    lat: float
    on: date
    zoom: float
    layers: tuple[str, ...]
    place: str | None
    feature: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class ListQuestion:
    """A page of a list."""

    layer: str
    on: date
    words: str
    bbox: Bbox | None
    start: int
    limit: int


def read_day(values: Mapping[str, str], today: date) -> date:
    """``on``, else today."""
    text = values.get("on", "")
    try:
        return date.fromisoformat(text) if text else today
    except ValueError:
        raise BadQuestion(f"日期“{text[:20]}”读不懂；请写成 2026-11-21 这样。") from None


def read_bbox(values: Mapping[str, str]) -> Bbox | None:
    """``bbox`` as west,south,east,north in degrees, None when it is not given."""
    text = values.get("bbox", "")
    if not text:
        return None
    parts = text.split(",")
    numbers = [_number(part, "bbox", -540, 540) for part in parts]
    if len(numbers) != 4 or numbers[0] > numbers[2] or numbers[1] > numbers[3]:
        raise BadQuestion("bbox 应为“西,南,东,北”四个经纬度数，且西不大于东、南不大于北。")
    return numbers[0], numbers[1], numbers[2], numbers[3]


def read_point(values: Mapping[str, str], today: date) -> PointQuestion:
    """Question of what stands at a point."""
    chosen = values.get("feature", "")
    layer, _, number = chosen.rpartition(":")
    if chosen and not (layer and number.isascii() and number.isdigit()):
        raise BadQuestion("feature 应写成“图层:编号”。")
    return PointQuestion(
        lon=_number(values.get("lon", ""), "lon", -180, 180),
        lat=_number(values.get("lat", ""), "lat", -90, 90),
        on=read_day(values, today),
        zoom=_number(values.get("zoom", "15"), "zoom", 0, 24),
        layers=tuple(filter(None, values.get("layers", "").split(","))),
        place=values.get("place") or None,
        feature=(layer, int(number)) if chosen else None,
    )


def read_list(values: Mapping[str, str], today: date) -> ListQuestion:
    """Question of a page of a list."""
    return ListQuestion(
        layer=values.get("layer", ""),
        on=read_day(values, today),
        words=values.get("q", "").strip()[:100],
        bbox=read_bbox(values),
        start=int(_number(values.get("from", "0"), "from", 0, 1e9)),
        limit=int(_number(values.get("limit", "50"), "limit", 1, MAX_ROWS)),
    )


def read_width(values: Mapping[str, str]) -> int:
    """``width`` of a picture in pixels."""
    return int(_number(values.get("width", "1200"), "width", 100, 4000))


def _number(text: str, name: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise BadQuestion(f"{name} 应为 {least:g} 到 {most:g} 之间的数，得到“{text[:20]}”。")
    return value


def only_where(
    condition: str, shapes: Sequence[Any], columns: Mapping[str, Sequence[Any]]
) -> tuple[list[Any], dict[str, list[Any]]]:
    """The rows whose field has the value of ``field=value``; BadQuestion for an unknown field or when none has it."""
    field, mark, value = condition.partition("=")
    if not mark or field not in columns:
        raise BadQuestion(f"条件“{condition}”不对；应写成 字段=值，可用的字段有 {'、'.join(columns)}。")
    kept = [at for at, found in enumerate(columns[field]) if found is not None and str(found) == value]
    if not kept:
        raise BadQuestion(f"没有一行的 {field} 是“{value}”；请核对写法，或先不加条件导出看看。")
    return [shapes[at] for at in kept], {name: [column[at] for at in kept] for name, column in columns.items()}
