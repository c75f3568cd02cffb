"""Data files of the reports: one sentence that names file, entry and remedy when something is wrong with one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from geoapp.errors import Invalid


class BadData(Invalid):
    """A data file of the reports cannot be used; the message names the entry."""


def parse(text: str, name: str) -> dict[str, Any]:
    """The file's content; BadData when it is not TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadData(f"数据文件 {name} 读不懂（{error}）；请改正后重试。") from None


def known_only(entry: Mapping[str, Any], allowed: set[str], where: str) -> None:
    """BadData for a field that nothing reads: a misspelt one would be lost without a word."""
    strange = sorted(set(entry) - allowed)
    if strange:
        raise BadData(f"{where} 里有不认识的字段 {'、'.join(strange)}；可用：{'、'.join(sorted(allowed))}。")


def need(entry: Mapping[str, Any], field: str, where: str) -> Any:
    """The value of a field that must be there."""
    if field not in entry:
        raise BadData(f"{where} 缺少 {field}；请补上。")
    return entry[field]


def one_of(value: Any, allowed: tuple[str, ...], where: str) -> str:
    """The value, when it is one of those allowed."""
    if value not in allowed:
        raise BadData(f"{where} 是“{value}”；可用：{'、'.join(allowed)}。")
    return str(value)
