"""Which fields of somebody's layer mean what, and how its values read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from geoapp.errors import Invalid

#: Names that a field commonly has, in small letters; the first that a layer has counts.
HOUSEHOLDS = ("households", "户数", "总户数", "住户数", "套数", "hh")
STOREYS = ("storeys", "stories", "building:levels", "building_levels", "levels", "floors", "层数", "地上层数", "楼层")
USE = ("kind", "use", "用途", "类型", "building", "land_use")
NAME = ("name", "名称", "道路名称", "道路名", "road_name", "code")
CLASS = ("class", "fclass", "highway", "railway", "waterway", "道路等级", "等级", "类别", "kind", "type")
COMPOUND = ("compound", "小区", "小区名称")
#: Values of a use field that mean people live there.
DWELLING = frozenset({
    "residential", "apartments", "apartment", "house", "dormitory", "terrace", "detached", "semidetached_house",
    "住宅", "住宅楼", "居住", "公寓", "宿舍", "平房", "商住", "商住两用", "r",
})  # fmt: skip
TUNNEL_YES = frozenset(
    {"t", "true", "yes", "1", "1.0", "y", "是", "building_passage", "culvert", "avalanche_protector"}
)

#: Classes that run below the ground as a rule, also where the map has no word on tunnels.
BELOW_GROUND = frozenset({"subway", "metro", "地铁"})


class FieldError(Invalid):
    """A field that was named is not in the layer, or says nothing of what it was named for."""


@dataclass(frozen=True, slots=True)
class FieldNames:
    """Fields as the caller names them; empty: the first common name that the layer has."""

    households: str = ""
    storeys: str = ""
    use: str = ""
    dwelling: tuple[str, ...] = ()


def field_of(columns: Sequence[str], common: Sequence[str], *, named: str = "") -> str | None:
    """The field that was named, else the first common one; FieldError when a named one is missing."""
    if named:
        if named not in columns:
            raise FieldError(f"图层里没有字段 {named}：现有字段是 {'、'.join(columns)}。")
        return named
    lower = {name.lower(): name for name in columns}
    return next((lower[name] for name in common if name in lower), None)


def are_dwellings(uses: Sequence[str | None], *, given: Iterable[str] = (), field: str = "") -> list[bool]:
    """Which buildings people live in, by the values of their use field.

    Raises
    ------
    FieldError : values were given, and no row has one of them; some of the values that there are are named
    """
    wanted = {value.strip().lower() for value in given} or DWELLING
    found = [use is not None and str(use).strip().lower() in wanted for use in uses]
    if given and not any(found):
        there = "、".join(sorted({str(use) for use in uses if use is not None})[:10])
        raise FieldError(f"字段 {field} 没有一行是 {'、'.join(given)}：其中有 {there}。")
    return found


def is_tunnel(row: Mapping[str, object], *, value: object = None) -> bool:
    """Does a road or rail of that class run below the ground here (then it divides nothing)?"""
    below = str(value).strip().lower() in BELOW_GROUND
    return below or str(row.get("tunnel", "")).strip().lower() in TUNNEL_YES
