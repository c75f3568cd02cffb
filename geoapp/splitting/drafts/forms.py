"""Untrusted JSON -> a Wish and other typed values; one sentence for the first thing that is wrong."""

from __future__ import annotations

import datetime
import math
from typing import Any

from geoapp.errors import Invalid
from geoapp.splitting.drafts.wish import BETWEEN, BY_STANDARD, RANGES, TOLERANCE, PlannedStation, Wish

MOST_PARTS = 7
MOST_HOUSEHOLDS = 1_000_000
MOST_SECONDS = 120.0
MOST_UNITS = 20_000
MOST_LETTERS = 30
FIELDS = {
    "on", "parts", "sizes", "tolerance", "ranges", "keep_compounds", "may_be_cut", "keep", "profiles", "part_names",
    "stations", "seed", "seconds",
}  # fmt: skip


class FormError(Invalid):
    """What was sent cannot be read as a wish."""


def wish(data: Any) -> Wish:
    """The wish in a request's body; FormError says what to mend."""
    fields = only(data, FIELDS)
    parts = whole(fields, "parts", 2, low=2, high=MOST_PARTS, title="社区个数")
    sizes = fields.get("sizes", BY_STANDARD)
    if sizes not in (BY_STANDARD, TOLERANCE, BETWEEN, RANGES):
        raise FormError(f"sizes 只能是 {BY_STANDARD}、{TOLERANCE}、{BETWEEN} 或 {RANGES}；请改正。")
    names = texts(fields.get("part_names", []), "社区名称")
    if names and (len(names) != parts or len(set(names)) != parts):
        raise FormError(f"要给 {parts} 个互不相同的社区名称；请补齐或都不填。")
    return Wish(
        parts=parts,
        sizes=sizes,
        tolerance=number(fields, "tolerance", 0.1, low=0.0, high=0.95, title="允许偏差"),
        ranges=_ranges(fields.get("ranges", []), sizes, parts),
        keep_compounds=flag(fields, "keep_compounds", True),
        may_be_cut=texts(fields.get("may_be_cut", []), "可以切开的小区", most=500),
        keep=tuple(texts(group, "整体保留", most=2000) for group in rows(fields.get("keep", []), "整体保留", most=200)),
        profiles=texts(fields.get("profiles", []), "界线偏好", most=10),
        part_names=names,
        stations=tuple(_station(row) for row in rows(fields.get("stations", []), "规划服务站", most=20)),
        seed=whole(fields, "seed", 1, low=0, high=2**31 - 1, title="随机种子"),
        seconds=number(fields, "seconds", 20.0, low=1.0, high=MOST_SECONDS, title="计算时间（秒）"),
    )


def day(data: Any, *, today: datetime.date) -> datetime.date:
    """The day asked about, ``today`` where none is named."""
    text = data.get("on") if isinstance(data, dict) else data
    if text is None:
        return today
    try:
        return datetime.date.fromisoformat(text)
    except (TypeError, ValueError):
        raise FormError("日期要写成 2026-11-21 这样；请改正。") from None


def hand_over(data: Any, *, units: int, parts: int) -> tuple[tuple[int, ...], int, int | None]:
    """Positions of the units handed over, the part that gets them, and the revision that was seen."""
    fields = only(data, {"units", "to", "revision"})
    given = fields.get("units")
    if not isinstance(given, list) or not given or len(given) > MOST_UNITS:
        raise FormError("units 要列出一个以上的单元序号；请在地图上选择。")
    if any(type(u) is not int or not 0 <= u < units for u in given):
        raise FormError(f"units 里的序号要是 0 到 {units - 1} 的整数；请刷新页面后重试。")
    to = whole(fields, "to", 0, low=1, high=parts, title="接收的社区（to）")
    return tuple(sorted(set(given))), to, revision(fields)


def revision(fields: dict[str, Any]) -> int | None:
    """The revision that the sender saw, None where it did not say."""
    return whole(fields, "revision", 0, low=0, high=2**31 - 1, title="revision") if "revision" in fields else None


def part_of(data: Any, *, units: int, parts: int) -> list[int]:
    """A whole assignment: a part for each unit."""
    given = only(data, {"part_of"}).get("part_of")
    if not isinstance(given, list) or len(given) != units:
        raise FormError(f"part_of 要给 {units} 个单元各一个部分编号；请补齐。")
    if any(type(p) is not int or not 1 <= p <= parts for p in given):
        raise FormError(f"part_of 里的编号要是 1 到 {parts} 的整数；请改正。")
    return given


def only(data: Any, known: set[str]) -> dict[str, Any]:
    """The fields of a JSON object, none of which is unknown."""
    if not isinstance(data, dict):
        raise FormError("请求内容应是一个 JSON 对象；请改正后重发。")
    for name in data:
        if name not in known:
            raise FormError(f"没有名为 {str(name)[:40]} 的字段；可用的是 {'、'.join(sorted(known))}。")
    return data


def text(value: Any, title: str) -> str:
    """A short line of text."""
    if not isinstance(value, str) or not value.strip() or len(value) > MOST_LETTERS or not value.isprintable():
        raise FormError(f"{title}要是 1 到 {MOST_LETTERS} 个字；请改正。")
    return value.strip()


def texts(value: Any, title: str, *, most: int = MOST_PARTS) -> tuple[str, ...]:
    """Short lines of text."""
    return tuple(text(item, title) for item in rows(value, title, most=most))


def rows(value: Any, title: str, *, most: int) -> list[Any]:
    """A list that is not too long."""
    if not isinstance(value, list) or len(value) > most:
        raise FormError(f"{title}要是不超过 {most} 项的列表；请改正。")
    return value


def whole(fields: dict[str, Any], name: str, default: int, *, low: int, high: int, title: str) -> int:
    """A whole number within limits."""
    value = fields.get(name, default)
    if type(value) is not int or not low <= value <= high:
        raise FormError(f"{title}要是 {low} 到 {high} 之间的整数；请改正。")
    return value


def number(fields: dict[str, Any], name: str, default: float, *, low: float, high: float, title: str) -> float:
    """A number within limits."""
    value = fields.get(name, default)
    if type(value) not in (int, float) or not math.isfinite(value) or not low <= value <= high:
        raise FormError(f"{title}要在 {low:g} 到 {high:g} 之间；请改正。")
    return float(value)


def flag(fields: dict[str, Any], name: str, default: bool) -> bool:
    """True or false."""
    value = fields.get(name, default)
    if type(value) is not bool:
        raise FormError(f"{name} 只能是 true 或 false；请改正。")
    return value


def _ranges(value: Any, sizes: str, parts: int) -> tuple[tuple[int, int], ...]:
    if sizes not in (BETWEEN, RANGES):
        return ()
    wanted = 1 if sizes == BETWEEN else parts
    given = rows(value, "户数范围", most=MOST_PARTS)
    if len(given) != wanted:
        raise FormError(f"要给 {wanted} 个户数范围，收到 {len(given)} 个；请补齐。")
    found = []
    for i, row in enumerate(given, 1):
        if not isinstance(row, list) or len(row) != 2 or any(type(x) is not int for x in row):
            raise FormError(f"第 {i} 个户数范围要写成 [下限, 上限] 两个整数；请改正。")
        low, high = row
        if not 0 <= low <= high <= MOST_HOUSEHOLDS:
            raise FormError(f"第 {i} 个户数范围 {low} 至 {high} 不成立：下限不能大于上限，也不能为负；请改正。")
        found.append((low, high))
    return tuple(found)


def _station(row: Any) -> PlannedStation:
    fields = only(row, {"name", "lon", "lat"})
    return PlannedStation(
        text(fields.get("name"), "规划服务站名称"),
        number(fields, "lon", math.nan, low=-180, high=180, title="规划服务站经度"),
        number(fields, "lat", math.nan, low=-90, high=90, title="规划服务站纬度"),
    )
