"""What a file or a layer says of one place, before it is checked against what is known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from geoapp.errors import Invalid
from geoapp.places.hierarchy import level_of

MOST = 2**31 - 1

#: Field of a record -> what files call it. Compared without case.
COLUMNS: dict[str, tuple[str, ...]] = {
    "code": ("code", "编码", "代码", "统计用区划代码", "区划代码", "网格编码"),
    "name": ("name", "名称", "社区名称", "社区", "街道", "网格名称"),
    "households": ("households", "户数", "总户数"),
    "households_basis": ("households_basis", "口径", "户数口径"),
    "households_date": ("households_date", "截至日期", "户数日期"),
    "people": ("people", "人口", "人数"),
    "valid_from": ("valid_from", "有效期起", "启用日期"),
    "valid_to": ("valid_to", "有效期止", "停用日期"),
    "staff": ("staff", "社区工作者", "工作者数", "工作人员"),
}
#: 居委会 is the committee; the place that it serves is the 社区, and of a 村委会 the 村.
_COMMITTEES = (("居民委员会", ""), ("居委会", ""), ("村民委员会", "村"), ("村委会", "村"))


class BadRecord(Invalid):
    """A row that cannot be a place."""


@dataclass(frozen=True, slots=True)
class PlaceRecord:
    """One place as it is brought in; None is not given, which leaves what is known as it is."""

    code: str
    name: str | None = None
    geometry: Any = field(default=None, compare=False, repr=False)
    households: int | None = None
    households_basis: str | None = None
    households_date: date | None = None
    people: int | None = None
    staff: int | None = None
    illustrative: bool = False
    source: str = ""
    #: Only where the file tells a history of its own.
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken, and why."""

    row_no: int
    code: str
    message: str


def record_of(fields: Mapping[str, Any], geometry: Any = None) -> PlaceRecord:
    """A record of a row's fields, whichever of the known column names they have.

    Raises
    ------
    BadRecord : no code, or a count or date that is none; the message names the field and its value
    """
    lowered = {str(key).strip().lower(): value for key, value in fields.items()}

    def value(name: str) -> Any:
        found = next((lowered[column] for column in COLUMNS[name] if not _is_void(lowered.get(column))), None)
        return found.strip() if isinstance(found, str) else found

    code = code_text(value("code"))
    level_of(code)
    name, basis = value("name"), value("households_basis")
    return PlaceRecord(
        code=code,
        name=None if name is None else str(name)[:200],
        geometry=geometry,
        households=count_of(value("households"), what="户数"),
        households_basis=None if basis is None else str(basis)[:100],
        households_date=day_of(value("households_date")),
        people=count_of(value("people"), what="人口"),
        staff=count_of(value("staff"), what="工作人员"),
        valid_from=day_of(value("valid_from")),
        valid_to=day_of(value("valid_to")),
    )


def code_text(value: Any) -> str:
    """A code as text; a spreadsheet may have made a number of it (110105012023.0)."""
    if value is None:
        raise BadRecord("没有编码；请给出“编码”（code）一列。")
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value).strip()


def count_of(value: Any, *, what: str) -> int | None:
    """A whole number of things, or None for nothing given.

    Examples
    --------
    >>> count_of("4560", what="户数"), count_of(16.0, what="户数"), count_of("", what="户数")
    (4560, 16, None)
    """
    if _is_void(value):
        return None
    try:
        number = float(str(value).strip())
    except ValueError:
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number) or number != int(number) or not 0 <= number <= MOST:
        raise BadRecord(f"{what}“{str(value)[:40]}”不是非负整数；请更正。")
    return int(number)


def day_of(value: Any) -> date | None:
    """A civil day, or None for nothing given."""
    if _is_void(value):
        return None
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    text = str(value).strip()[:10].replace("/", "-")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRecord(f"日期“{str(value)[:40]}”不对；请写成 2026-01-31 的样子。") from None


def place_name(name: str) -> str:
    """The place's name from its committee's.

    Examples
    --------
    >>> place_name("霞光里社区居委会"), place_name("高碑店村委会"), place_name("麦子店街道")
    ('霞光里社区', '高碑店村', '麦子店街道')
    """
    for ending, instead in _COMMITTEES:
        if name.endswith(ending) and len(name) > len(ending):
            stem = name[: -len(ending)]
            return stem if stem.endswith(instead) else stem + instead
    return name


def _is_void(value: Any) -> bool:
    return (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or (isinstance(value, str) and not value.strip())
    )
