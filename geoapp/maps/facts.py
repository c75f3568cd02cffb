"""What is known of a place or a feature, in words for the panel beside the map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

#: Words for the fields that our own layers and common files carry; other fields show their own name.
FIELDS = {
    "households": "户数", "storeys": "层数", "stairs": "单元数", "manager": "物业服务", "people": "人口",
    "over60": "60岁以上", "buildings": "楼栋数", "kind": "类别", "class": "等级", "width_m": "宽度（米）",
    "spaces": "车位", "sockets": "充电口", "public": "对公众开放", "address": "地址", "number": "楼号",
    "compound": "小区", "community_code": "社区编码", "grid_code": "网格编码", "area_m2": "面积（平方米）",
    "households_basis": "户数口径", "households_date": "户数截至", "valid_from": "起始日", "valid_to": "终止日",
    "staff": "工作人员", "level": "层级", "parent_code": "上级编码",
}  # fmt: skip
VALUES = {
    "arterial": "主干路", "minor": "支路", "path": "小路", "car": "汽车", "bicycle": "电动自行车", "lot": "停车场",
    "kerbside": "路侧", "river": "河", "lake": "湖", "true": "是", "false": "否",
}  # fmt: skip
#: Shown elsewhere on the panel, or of no use to a reader.
HIDDEN = frozenset({"name", "code", "note", "id", "name_invented", "predecessors", "successors", "compound_id"})
ESTIMATES = ("估算", "均摊", "测算")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a place with its basis 口径 and its day, where it has one; one that was estimated says so."""

    label: str
    value: str
    estimated: bool = False
    basis: str = ""
    day: str = ""


def place_figures(
    *,
    households: int | None,
    basis: str,
    day: date | None,
    people: int | None,
    staff: int | None,
) -> list[Figure]:
    """Households with basis and day, people, staff, and households per member of staff; what is unknown says so."""
    estimated = any(word in basis for word in ESTIMATES)
    value = "未登记" if households is None else f"{households:,}"
    figures = [Figure("户数", value, estimated, basis, day.isoformat() if day else "")]
    if people is not None:
        figures.append(Figure("人口", f"{people:,}"))
    if staff is not None:
        figures.append(Figure("现有工作人员", f"{staff:,}"))
        if households is not None and staff > 0:
            figures.append(Figure("人均服务户数", f"{households / staff:,.0f}", estimated))
    return figures


def feature_facts(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Label and value of each field that says something, in the order of the file."""
    facts = []
    for name, value in fields.items():
        if name in HIDDEN or value is None or value == "":
            continue
        text = str(value).lower() if isinstance(value, bool) else f"{value:,}" if _is_count(name, value) else str(value)
        facts.append((FIELDS.get(name, name), VALUES.get(text, text)))
    return facts


def _is_count(name: str, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1000 and "code" not in name.lower()
