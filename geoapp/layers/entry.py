"""One catalogue entry: what a layer is called, what kind of thing it holds, whose it is and how it may be shown."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from geoapp.errors import Invalid

#: Levels of places, from large to small, with the names that most districts use.
LEVELS = {"district": "区", "subdistrict": "街道", "community": "社区", "grid": "网格", "courtyard": "小院"}
PUBLIC, INTERNAL = "public", "internal"


class BadEntry(Invalid):
    """A catalogue entry or an import option that cannot be used."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a layer holds: shown name, and the dimension its shapes must have (None: any)."""

    key: str
    title: str
    dimension: int | None = None
    visibility: str = PUBLIC


KINDS = {
    kind.key: kind
    for kind in (
        Kind("boundary", "界线", 2),
        Kind("compound", "小区", 2),
        Kind("building", "楼栋"),
        Kind("road", "道路"),
        Kind("water", "水系"),
        Kind("rail", "铁路"),
        Kind("transit", "公交线路"),
        Kind("charging", "充电桩"),
        Kind("parking", "停车"),
        Kind("station", "站点"),
        Kind("service", "服务设施"),
        Kind("green", "绿地"),
        # Reports and rosters speak of people: they stay inside unless somebody says otherwise.
        Kind("report", "反映问题", 0, INTERNAL),
        Kind("roster", "台账", None, INTERNAL),
        Kind("other", "其他"),
    )
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A layer as the catalogue states it. ``date`` is that of the data, as its source words it (2026-08)."""

    key: str
    title: str
    kind: str = "other"
    level: str = ""
    source: str = ""
    licence: str = ""
    date: str = ""
    datum: str = ""
    visibility: str = PUBLIC
    illustrative: bool = False
    file: str = ""
    style: Mapping[str, Any] = field(default_factory=dict)


def check_kind(kind: str) -> Kind:
    """The kind of that key; BadEntry names those there are."""
    if kind not in KINDS:
        raise BadEntry(f"没有“{kind}”这种图层；可用的种类有 {'、'.join(KINDS)}。")
    return KINDS[kind]


def check_level(level: str) -> str:
    """The level as given, when it is one of the five or empty."""
    if level and level not in LEVELS:
        raise BadEntry(f"没有“{level}”这一级；可用的级别有 {'、'.join(LEVELS)}。")
    return level


def parse_catalogue(text: str) -> dict[str, Entry]:
    """Entries of a catalogue.toml, by key: one table ``[key]`` per layer with the fields of `Entry`.

    Examples
    --------
    >>> parse_catalogue('[river]\\ntitle = "河"\\nkind = "water"')["river"].visibility
    'public'
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadEntry(f"catalogue.toml 第 {_line(str(error))} 处不是 TOML；请改正后重试。") from None
    return {key: _entry(key, table) for key, table in tables.items() if isinstance(table, dict)}


def _entry(key: str, table: dict[str, Any]) -> Entry:
    known = {item.name for item in fields(Entry)} - {"key"}
    if unknown := sorted(set(table) - known):
        raise BadEntry(f"catalogue.toml 的 [{key}] 里没有“{unknown[0]}”这一项；可写的有 {'、'.join(sorted(known))}。")
    if not table.get("title"):
        raise BadEntry(f"catalogue.toml 的 [{key}] 缺少 title；请写上图层名称。")
    kind = check_kind(str(table.get("kind", "other")))
    check_level(str(table.get("level", "")))
    visibility = str(table.get("visibility", kind.visibility))
    if visibility not in {PUBLIC, INTERNAL}:
        raise BadEntry(f"catalogue.toml 的 [{key}] visibility 只能写 public 或 internal。")
    values: dict[str, Any] = {
        name: value if name in {"illustrative", "style"} else str(value) for name, value in table.items()
    }
    return Entry(**{**values, "key": key, "visibility": visibility})


def _line(words: str) -> str:
    return words.split("(at ")[-1].rstrip(")") if "(at " in words else words
