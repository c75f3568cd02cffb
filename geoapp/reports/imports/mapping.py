"""How the rows of another system become reports: which column is what, and what its words mean here. A TOML file.

A mapping says everything that is decided about a file, in somebody's own words and with its source, so that the import
can be done again by others and its figures traced.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from geoapp.geo.crs import TO_WGS84, CrsError, crs_of
from geoapp.places.hierarchy import BadCode, level_of
from geoapp.reports.datafile import BadData, known_only, need, one_of, parse
from geoapp.reports.placing import EVIDENCE
from geoapp.reports.stages import OUTCOMES

OPEN = "open"
#: What a state of another system can mean here: still open, or closed with one of the outcomes.
STATES = (OPEN, *OUTCOMES)
_TOP = {
    "origin",
    "title",
    "source",
    "licence",
    "language",
    "columns",
    "dates",
    "place",
    "values",
    "keep",
    "words_public",
    "illustrative",
}
#: Columns that may be named; ``words`` is a list of columns.
COLUMNS = (
    "number", "opened", "due", "closed", "status", "kind", "words", "x", "y", "place", "address",
)  # fmt: skip
_TIMES = ("opened", "due", "closed")
_MOST_KEPT = 12


@dataclass(frozen=True)
class ImportMapping:
    """A mapping as it was read; ``text`` is the file itself, ``name`` what it is called."""

    name: str
    text: str
    origin: str
    title: str
    source: str
    licence: str
    language: str
    columns: Mapping[str, str]
    words: tuple[str, ...]
    keep: tuple[str, ...]
    zone: ZoneInfo
    formats: tuple[str, ...]
    crs: str
    #: How good its coordinates are, in our words.
    evidence: str
    #: Words of the other system -> ours; "*" stands for all others, without it an unknown word sets the row aside.
    states: Mapping[str, str]
    kinds: Mapping[str, str]
    places: Mapping[str, str]
    words_public: bool
    #: Nothing of it happened: its cases carry the mark 示意.
    illustrative: bool

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns that the file must have."""
        return tuple(dict.fromkeys([*self.columns.values(), *self.words, *self.keep]))


def parse_mapping(text: str, kinds: Collection[str], *, name: str = "mapping.toml") -> ImportMapping:
    """A mapping from its file; BadData names the entry that cannot be used."""
    data = parse(text, name)
    where = f"映射文件 {name}"
    known_only(data, _TOP, where)
    origin = str(need(data, "origin", where))
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,39}", origin) or origin == "12345":
        raise BadData(f"{where} 的 origin“{origin[:40]}”不对：用 2 到 40 个小写字母、数字和短横，不能是 12345。")
    for key in ("columns", "dates", "place", "values"):
        _require_table(data.get(key, {}), f"{where} 的 {key}")
    columns = dict(need(data, "columns", where))
    words = columns.pop("words", [])
    known_only(columns, set(COLUMNS), f"{where} 的 columns")
    for column in ("number", "opened", "status"):
        need(columns, column, f"{where} 的 columns")
    if ("x" in columns) != ("y" in columns):
        raise BadData(f"{where} 的 columns 里 x 和 y 要写就都写。")
    dates, place, values = (dict(data.get(key, {})) for key in ("dates", "place", "values"))
    known_only(dates, {"zone", "formats"}, f"{where} 的 dates")
    known_only(place, {"crs", "evidence"}, f"{where} 的 place")
    known_only(values, {"status", "kind", "place"}, f"{where} 的 values")
    keep = _several(data.get("keep", ()))
    if len(keep) > _MOST_KEPT:
        raise BadData(f"{where} 的 keep 有 {len(keep)} 列，最多 {_MOST_KEPT} 列；请只留统计要用的，不留个人信息。")
    return ImportMapping(
        name=name,
        text=text,
        origin=origin,
        title=str(need(data, "title", where)),
        source=str(need(data, "source", where)),
        licence=str(need(data, "licence", where)),
        language=one_of(data.get("language", "zh"), ("zh", "en"), f"{where} 的 language"),
        columns={ours: str(theirs) for ours, theirs in columns.items()},
        words=_several(words),
        keep=keep,
        zone=_zone(str(need(dates, "zone", f"{where} 的 dates")), where),
        formats=_several(dates.get("formats", "iso")),
        crs=_crs(str(place.get("crs", "")), columns, where),
        evidence=one_of(place.get("evidence", "street"), EVIDENCE, f"{where} 的 evidence"),
        states=_states(values, where),
        kinds=_meanings(values.get("kind", {}), kinds, f"{where} 的 values.kind"),
        places=_places(values.get("place", {}), f"{where} 的 values.place"),
        words_public=bool(data.get("words_public", False)),
        illustrative=bool(data.get("illustrative", False)),
    )


def _require_table(value: Any, where: str) -> None:
    if not isinstance(value, Mapping):
        raise BadData(f"{where} 应为一节，写成 [名称] 和下面的各行。")


def _several(value: Any) -> tuple[str, ...]:
    """Entries of a list; one alone may stand without its brackets."""
    return (value,) if isinstance(value, str) else tuple(map(str, value))


def _zone(name: str, where: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadData(f"{where} 的 zone“{name[:40]}”不是时区；例如 Asia/Shanghai。") from None


def _crs(name: str, columns: Mapping[str, Any], where: str) -> str:
    if "x" not in columns:
        return ""
    if not name:
        raise BadData(f"{where} 有坐标列，请在 [place] 里写 crs：EPSG 代码、gcj02 或 bd09。")
    if name.lower() not in TO_WGS84:
        try:
            crs_of(name)
        except CrsError as error:
            raise BadData(f"{where} 的 crs：{error}") from None
    return name


def _states(values: Mapping[str, Any], where: str) -> dict[str, str]:
    rows = need(values, "status", f"{where} 的 values")
    return _meanings(rows, STATES, f"{where} 的 values.status")


def _meanings(rows: Mapping[str, Any], allowed: Collection[str], where: str) -> dict[str, str]:
    _require_table(rows, where)
    return {str(theirs): one_of(ours, tuple(allowed), f"{where} 的“{theirs}”") for theirs, ours in rows.items()}


def _places(rows: Mapping[str, Any], where: str) -> dict[str, str]:
    _require_table(rows, where)
    for theirs, code in rows.items():
        if not isinstance(code, str):
            raise BadData(f"{where} 的“{theirs}”应为编码，写在引号里。")
        try:
            level_of(code)
        except BadCode as error:
            raise BadData(f"{where} 的“{theirs}”：{error}") from None
    return {str(theirs): str(code) for theirs, code in rows.items()}
