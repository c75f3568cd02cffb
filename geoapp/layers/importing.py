"""What an import is asked for, and what it reports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from geoapp.layers.cleaning import CHANGES, row_ranges
from geoapp.layers.datum import Score
from geoapp.layers.entry import BadEntry, Entry, check_kind, check_level
from geoapp.layers.settling import Settled

REPLACE, APPEND = "replace", "append"
#: Field names under which files keep a row's name and code, the likeliest first.
NAME_FIELDS = (
    "name", "名称", "NAME", "Name", "小区名称", "社区名称", "楼栋名称", "街道名称", "道路名称", "小区", "社区", "楼号",
    "街道", "town", "title", "标题",
)  # fmt: skip
CODE_FIELDS = ("code", "编码", "CODE", "Code", "代码", "区划代码", "社区编码", "行政区划代码", "osm_id", "id", "ID")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Everything that a person can say about a file; what is left empty is taken from the file or the catalogue."""

    layer: str = ""
    title: str = ""
    kind: str = ""
    level: str = ""
    source: str = ""
    licence: str = ""
    date: str = ""
    visibility: str = ""
    illustrative: bool | None = None
    style: Mapping[str, Any] | None = None
    #: EPSG code, gcj02, bd09, bd09mc, auto (compare even when the file declares one) or empty.
    crs: str = ""
    #: Layer to compare with; empty: every layer that may help.
    compare: str = ""
    encoding: str = ""
    sublayer: str = ""
    #: Columns of a table: longitude, latitude (or both in one), WKT, and the code to join by.
    lon_field: str = ""
    lat_field: str = ""
    wkt_field: str = ""
    name_field: str = ""
    code_field: str = ""
    #: Layer whose shapes a table takes over by code.
    join: str = ""
    #: Layer whose buildings or compounds a roster is matched to, and the community it speaks of.
    match: str = ""
    community: str = ""
    sheet: str = ""
    swap_xy: bool = False
    anywhere: bool = False
    mode: str = REPLACE
    dry_run: bool = False


def check_options(options: ImportOptions) -> None:
    """BadEntry for an option that does not exist."""
    if options.kind:
        check_kind(options.kind)
    check_level(options.level)
    if options.mode not in {REPLACE, APPEND}:
        raise BadEntry("导入方式只能是 replace（替换）或 append（追加）。")
    if options.visibility not in {"", "public", "internal"}:
        raise BadEntry("可见范围只能是 public（公开）或 internal（内部）。")
    if options.layer and not re.fullmatch(r"[\w.-]{1,80}", options.layer):
        raise BadEntry("图层键只能用字母、数字、汉字、点、横线和下划线，最长 80 个字。")


def key_from_filename(stem: str) -> str:
    """A layer's key made of a file's name.

    Examples
    --------
    >>> key_from_filename("麦子店 小区(2026)")
    '麦子店_小区_2026'
    """
    return re.sub(r"[^\w.-]+", "_", stem).strip("_.")[:80] or "layer"


def stored_options(options: ImportOptions) -> dict[str, Any]:
    """The options that change what is stored: with the file's hash they say whether an import was done before."""
    values = asdict(options)
    for passing in ("dry_run", "mode"):
        values.pop(passing)
    return {name: value for name, value in values.items() if value not in ("", None, False)}


def options_of(values: Mapping[str, Any]) -> ImportOptions:
    """Options from plain values, as a form or a job carries them."""
    known = {item.name for item in fields(ImportOptions)}
    if unknown := sorted(set(values) - known):
        raise BadEntry(f"没有“{unknown[0]}”这个导入选项；可用的有 {'、'.join(sorted(known))}。")
    return ImportOptions(**values)


def entry_options(entry: Entry, **others: Any) -> ImportOptions:
    """Options that import a file as its catalogue entry states; ``others`` win."""
    said = {
        "layer": entry.key,
        "title": entry.title,
        "kind": entry.kind,
        "level": entry.level,
        "source": entry.source,
        "licence": entry.licence,
        "date": entry.date,
        "crs": entry.datum,
        "visibility": entry.visibility,
        "illustrative": entry.illustrative,
        "style": dict(entry.style) or None,
    }
    return options_of({**said, **{name: value for name, value in others.items() if value not in ("", None)}})


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. ``changes``: kind of change -> number of rows and their row numbers in short."""

    layer: str
    title: str
    kind: str
    format: str
    filename: str
    sha256: str
    rows_in: int
    rows_stored: int
    rows_set_aside: int
    crs: str
    crs_basis: str
    encoding: str
    encoding_basis: str
    names: list[str]
    changes: dict[str, dict[str, Any]]
    reasons: dict[str, int]
    scores: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    import_id: int | None = None
    unchanged: bool = False
    dry_run: bool = False
    replaced_rows: int = 0
    roster: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values, for another program."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file on its way into a layer: what it is, what was said of it, and where its coordinates were found to be."""

    filename: str
    sha256: str
    options: ImportOptions
    format: str
    encoding: str
    encoding_basis: str
    notes: list[str]
    settled: Settled
    scores: list[Score]
    extra: Mapping[str, Any]


def report_of(
    incoming: Incoming,
    *,
    rows_in: int,
    changes: Mapping[str, list[int]],
    reasons: Mapping[str, int],
    **others: Any,
) -> ImportReport:
    """The report of an import; rows that were not set aside were stored."""
    aside = sum(reasons.values())
    return ImportReport(
        layer=incoming.options.layer,
        format=incoming.format,
        filename=incoming.filename,
        sha256=incoming.sha256,
        rows_in=rows_in,
        rows_stored=rows_in - aside,
        rows_set_aside=aside,
        crs=incoming.settled.crs,
        crs_basis=incoming.settled.basis,
        encoding=incoming.encoding,
        encoding_basis=incoming.encoding_basis,
        changes=changes_json(changes),
        reasons=dict(reasons),
        scores=[asdict(score) for score in incoming.scores],
        notes=[*incoming.notes, *incoming.settled.notes],
        dry_run=incoming.options.dry_run,
        **{**incoming.extra, **others},
    )


def changes_json(changes: Mapping[str, list[int]]) -> dict[str, dict[str, Any]]:
    """Changes as the report keeps them."""
    return {
        name: {"title": CHANGES[name], "rows": len(numbers), "row_numbers": row_ranges(numbers)}
        for name, numbers in changes.items()
        if numbers
    }


def field_of(names: tuple[str, ...], props: Mapping[str, Any]) -> str:
    """The first of ``names`` that the row has; empty when it has none."""
    return next((name for name in names if name in props), "")


def first_words(props: Mapping[str, Any]) -> str:
    """The first field that holds Chinese words, for a row whose fields have no telling names; empty when none does."""
    return next((k for k, v in props.items() if isinstance(v, str) and any("\u4e00" <= c <= "\u9fff" for c in v)), "")
