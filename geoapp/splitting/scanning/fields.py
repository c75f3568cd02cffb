"""Which fields of a layer of communities, units or compounds mean what, and how their values read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from geoapp.errors import Invalid
from geoapp.splitting.sources import HOUSEHOLDS, field_of

#: Meaning -> names that a field commonly has, in small letters; the first that a layer has counts.
COMMON: dict[str, tuple[str, ...]] = {
    "code": ("code", "community_code", "编码", "代码", "社区编码", "社区代码", "place_code", "id"),
    "name": ("name", "名称", "社区名称", "社区", "community", "place_name"),
    "households": HOUSEHOLDS,
    "people": ("people", "population", "人口", "人口数", "总人口", "常住人口", "人数"),
    "staff": ("staff", "workers", "社区工作者", "社区工作者数", "社区工作者人数", "工作人员", "社工"),
    "manager": ("manager", "property_manager", "物业", "物业公司", "物业单位", "物业服务", "有无物业"),
    "over60": ("over60", "over_60", "elderly", "60岁以上", "60岁及以上", "老年人", "老年人口", "老年人数"),
    "over60_share": ("over60_share", "share_over60", "老年人比例", "老龄化率", "60岁以上占比"),
    "complaints": ("complaints", "reports", "诉求量", "诉求", "投诉", "投诉量", "工单", "工单数", "12345"),
    "basis": ("households_basis", "basis", "口径", "户数口径"),
    "date": ("households_date", "date", "截至日期", "户数日期"),
    "estimated": ("households_estimated", "estimated", "估算"),
    "valid_from": ("valid_from", "生效日期", "起始日期"),
    "valid_to": ("valid_to", "失效日期", "终止日期"),
    # Where a unit, a compound or a complaint belongs.
    "community": ("community_code", "社区编码", "社区代码", "所属社区编码", "community", "所属社区", "社区"),
}
#: Values of a manager field that say there is none; any other text names one. A blank says nothing.
NOBODY = frozenset({"无", "没有", "否", "无物业", "失管", "无人管理", "no", "none", "n", "false", "f", "0", "0.0"})
YES = frozenset({"1", "1.0", "true", "t", "yes", "y", "是", "估算", "均摊"})


class ScanFieldError(Invalid):
    """A field or meaning that was named is not there."""


class BadValue(Invalid):
    """A value that is not what its field is for; the message is the reason shown in the community's row."""


@dataclass(frozen=True, slots=True)
class ScanFields:
    """Fields as the caller names them, meaning -> name; the rest is found by common names."""

    named: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for meaning in self.named:
            if meaning not in COMMON:
                raise ScanFieldError(f"没有名为 {meaning} 的含义：--field 可用的有 {'、'.join(COMMON)}。")

    def found(self, columns: Sequence[str], *, must: bool = False) -> dict[str, str]:
        """Meaning -> field of a layer; with ``must``, a named field that the layer lacks is an error (FieldError)."""
        here = {}
        for meaning, common in COMMON.items():
            name = self.named.get(meaning, "")
            column = field_of(columns, common, named=name if must or name in columns else "")
            if column is not None:
                here[meaning] = column
        return here


def is_blank(value: Any) -> bool:
    """Nothing was written: None, not a number, or only spaces."""
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def count_of(value: Any, what: str) -> int | None:
    """A whole number >= 0, None for a blank; BadValue names what it should have been."""
    if is_blank(value):
        return None
    try:
        number = float(str(value).strip().replace(",", "").replace("，", ""))
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0 and number == math.floor(number) and number < 2**53):
        raise BadValue(f"{what}是 {value!r}：要是不小于 0 的整数，请改正。")
    return int(number)


def share_of(value: Any, what: str) -> float | None:
    """A share 0..1 of a number that may be written as a share or in percent (above 1), None for a blank.

    >>> share_of("27%", "老年人比例"), share_of(0.27, "老年人比例"), share_of(27, "老年人比例")
    (0.27, 0.27, 0.27)
    """
    if is_blank(value):
        return None
    text = str(value).strip()
    try:
        number = float(text.rstrip("%％"))
    except ValueError:
        number = math.nan
    share = number / 100 if number > 1 or text[-1] in "%％" else number
    if not 0 <= share <= 1:
        raise BadValue(f"{what}是 {value!r}：要是 0 到 1 的比例或百分数，请改正。")
    return share


def has_manager(value: Any) -> bool | None:
    """Is there a property manager? None for a blank, which says nothing.

    >>> has_manager("枣营物业服务中心"), has_manager("无"), has_manager(0), has_manager(None)
    (True, False, False, None)
    """
    return None if is_blank(value) else str(value).strip().lower() not in NOBODY


def is_yes(value: Any) -> bool:
    """Does a flag field say yes (1, true, 是), or a count field a number above 0?"""
    if is_blank(value):
        return False
    text = str(value).strip().lower()
    try:
        return text in YES or float(text) > 0
    except ValueError:
        return False


def code_text(value: Any) -> str:
    """A code as text: 110105012023 whether the file keeps it as text, as an integer or as a float; '' for a blank."""
    if is_blank(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
