"""The measures of a scan in the registry, beside those of a plan (``split.*``)."""

from __future__ import annotations

from geoapp.indicators import Indicator, register
from geoapp.splitting import measures as of_plans

_RULE = "京社领办发〔2020〕7号（layers/rules/beijing-2020.toml）"
_MARKS = "layers/rules/hardship.toml"

#: Key, version, Chinese and English title, unit, formula, source, reckoned.
_ROWS: tuple[tuple[str, int, str, str, str, str, str, bool], ...] = (
    ("scan.size", 1, "规模（测算）", "size class", "",
     "户数 > 3000 或人口 > 9000 超规模；户数 < 500 过小", _RULE, True),
    ("scan.unmanaged_share", 1, "无物业住户占比", "share of homes without a manager", "",
     "无物业小区户数 / 物业情况已知的小区户数；社区只登记有无时为 0 或 1", _MARKS, False),
    ("scan.over60_share", 1, "60岁以上占比", "share over 60", "", "60岁及以上人口 / 人口", _MARKS, False),
    ("scan.complaints_per_1000", 1, "每千户诉求", "complaints per 1000 households", "件/千户", "1000 × 诉求量 / 户数",
     _MARKS, False),
    ("scan.pieces", 1, "社区片数", "pieces of a community", "片",
     "社区图形中互不相连、各不小于 100 平方米的片数", _MARKS, False),
    ("scan.marks", 1, "难管标志数（测算）", "marks of being hard to manage", "个",
     "无物业占比、60岁以上占比、诉求量位次、片数四项中达到阈值的项数；资料缺的不计", _MARKS, True),
    ("scan.rank", 1, "次序（测算）", "rank", "",
     "依次按：超规模且难管、超规模而资料不全、超规模、过小、适宜；标志多、户数多、缺口大者先；编码", _RULE, True),
)  # fmt: skip

MEASURES = {row[0]: register(Indicator(*row)) for row in _ROWS}
#: What a scan shows, in the order of its columns: its own measures and those that it has in common with plans.
SHOWN = (
    *MEASURES.values(),
    *(of_plans.MEASURES[f"split.{key}"] for key in (
        "households_marked", "staff_min", "staff_max", "shortfall", "load", "border_cost", "border_m",
    )),
)  # fmt: skip
