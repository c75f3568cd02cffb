"""Kinds of bodies 承办单位: what routing (layers/reports/routing.toml) proposes as a handler is one of these."""

from __future__ import annotations

from geoapp.errors import Invalid

#: Key in the rules -> shown name.
KINDS: dict[str, str] = {
    "property": "物业",
    "enforcement": "综合行政执法队",
    "parks": "园林绿化",
    "sanitation": "环卫",
    "municipal": "市政设施",
    "water": "供水排水",
    "power": "供电",
    "heating": "供热",
    "gas": "燃气",
    "telecom": "通信",
    "traffic": "交通管理",
    "police": "派出所",
    "fire": "消防救援",
    "market": "市场监管",
    "health": "卫生健康",
    "civil": "民政",
    "disabled": "残联",
    "other": "其他单位",
}


def check_kind(key: str) -> str:
    """The kind itself; Invalid for one that there is none of."""
    if key not in KINDS:
        raise Invalid("请选择单位类别。")
    return key
