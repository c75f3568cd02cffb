"""What a page sends about a file -> options and a safe place on disk."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from geoapp.errors import Invalid
from geoapp.layers.importing import ImportOptions, options_of

#: Main files that come with companions of the same name.
_MAIN = (".shp", ".tab", ".mif")
_FLAGS = {"illustrative", "swap_xy", "anywhere", "dry_run"}
#: What a page may not say: style is the catalogue's.
_NOT_FOR_PAGES = {"style"}


class BadForm(Invalid):
    """A form that cannot be used as it was sent."""


def described() -> dict[str, dict[str, Any]]:
    """The options as a schema of form fields."""
    known = {item.name for item in fields(ImportOptions)} - _NOT_FOR_PAGES
    return {name: {"type": "boolean" if name in _FLAGS else "string"} for name in sorted(known)}


def parse_options(form: Mapping[str, str]) -> ImportOptions:
    """Import options of a form; BadForm for a field that there is not."""
    known = {item.name for item in fields(ImportOptions)} - _NOT_FOR_PAGES
    values: dict[str, Any] = {}
    for name, text in form.items():
        if name not in known:
            raise BadForm(f"没有“{name[:40]}”这个导入选项。")
        if len(text) > 2000:
            raise BadForm(f"“{name}”过长；请缩短后重试。")
        values[name] = text in {"1", "true", "on"} if name in _FLAGS else text.strip()
    return options_of({name: value for name, value in values.items() if value != ""})


def shown_name(filename: str | None) -> str:
    """The name of an upload as people see it: no folders, no control signs, never empty."""
    plain = PureWindowsPath(PurePosixPath(filename or "").name).name
    plain = re.sub(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", plain).strip()
    return plain[-150:] or "upload"


def names_on_disk(names: Sequence[str]) -> tuple[list[str], int]:
    """Names of our own for files sent together, and which is the main one.

    The name that a person gave never decides where a file lies; only its ending is kept, for that tells the format.

    Examples
    --------
    >>> names_on_disk(["../../小区.shp", "小区.dbf"])
    (['data.shp', 'data.dbf'], 0)
    """
    if not names:
        raise BadForm("没有收到文件；请重新选择。")
    stem = Path(shown_name(names[0])).stem
    endings = [_ending(shown_name(name), stem) for name in names]
    if len(names) == 1:
        return [f"data{endings[0]}"], 0
    main = [i for i, ending in enumerate(endings) if ending in _MAIN]
    if len(main) != 1 or len(set(endings)) != len(endings):
        raise BadForm("一次导入一个图层：多个文件应为同名的一套 Shapefile、TAB 或 MIF；其余请逐个导入或打成 zip。")
    return [f"data{ending}" for ending in endings], main[0]


def parse_tap(body: Any) -> tuple[str, float, float]:
    """Name, longitude and latitude of a tap."""
    if not isinstance(body, dict) or not isinstance(body.get("name"), str):
        raise BadForm("点选应写明名称和经纬度。")
    lon, lat = body.get("lon"), body.get("lat")
    if any(isinstance(x, bool) or not isinstance(x, int | float) for x in (lon, lat)):
        raise BadForm("点选的经纬度应为数字。")
    try:
        return body["name"], float(lon), float(lat)  # type: ignore[arg-type]
    except OverflowError:
        raise BadForm("点选的经纬度应为数字。") from None


def _ending(name: str, stem: str) -> str:
    ending = name[len(stem) :] if name.startswith(stem) and name[len(stem) :].startswith(".") else Path(name).suffix
    ending = ending.lower()
    if ending not in {".shp.xml"}:
        ending = Path(f"x{ending}").suffix
    return ending if re.fullmatch(r"\.[a-z0-9]{1,10}(\.xml)?", ending) else ""
