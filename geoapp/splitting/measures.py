"""The measures of a plan in the registry: key, formula, unit, source and version of each."""

from __future__ import annotations

from geoapp.indicators import Indicator, register

_RULE = "京社领办发〔2020〕7号（layers/rules/beijing-2020.toml）"
_OWN = "geoapp/splitting/metrics.py"

#: Key, version, Chinese and English title, unit, formula, source, reckoned.
_ROWS: tuple[tuple[str, int, str, str, str, str, str, bool], ...] = (
    ("split.households", 1, "户数", "households", "户", "Σ 单元户数（口径与截至日期见单元）", _OWN, False),
    ("split.households_marked", 1, "其中估算或均摊户数", "estimated or apportioned households", "户",
     "Σ 户数为估算或均摊的单元", _OWN, True),
    ("split.column", 1, "各项合计", "column sums", "", "Σ 单元该列数值（人口、60岁以上、党员、低保等）", _OWN, False),
    ("split.per_1000", 1, "每千户数量", "per 1000 households", "个/千户", "1000 × 合计 / 户数", _OWN, False),
    ("split.staff_min", 1, "应配人数下限（测算）", "least staff", "人", "max(9, ⌈户数/150⌉)", _RULE, True),
    ("split.staff_max", 1, "应配人数上限（测算）", "most staff", "人", "max(9, ⌈户数/110⌉)", _RULE, True),
    ("split.shortfall", 1, "人员缺口（测算）", "staff shortfall", "人", "max(0, Σ 应配下限 − 现有人数)", _RULE, True),
    ("split.staff_moving", 1, "随迁人数（测算）", "staff moving along", "人",
     "现有人数按户数分摊，最大余数法", _OWN, True),
    ("split.load", 1, "人均服务户数（测算）", "households per worker", "户/人",
     "户数 / 应配人数下限；现状：户数 / 现有人数", _RULE, True),
    ("split.size", 1, "规模", "size", "", "户数 > 3000 超过；< 500 可合并；目标 2000", _RULE, True),
    ("split.border_m", 1, "界线长度", "border length", "m", "Σ 两侧属不同社区的界段长度，按沿线类别", _OWN, False),
    ("split.border_cost", 1, "界线代价", "border cost", "", "Σ round(长度 dm) × 类别系数（十分之一）",
     "layers/rules/profiles.toml", False),
    ("split.roundness", 1, "紧凑度", "Polsby-Popper", "", "4π × 面积 / 周长²",
     "Polsby & Popper (1991), Yale Law & Policy Review 9(2)", False),
    ("split.cut_edges", 1, "被分开的相邻单元对", "cut edges", "对", "两侧属不同社区的相邻单元对数",
     "DeFord, Duchin & Solomon (2021), Harvard Data Science Review 3(1)", False),
    ("split.pieces", 1, "片数", "pieces", "片", "按单元相邻关系的连通片数；1 为连片，多出的为飞地", _OWN, False),
    ("split.pieces_on_land", 1, "陆上片数", "pieces on land", "片", "不经水面单元的连通片数", _OWN, False),
    ("split.groups_cut", 1, "被切分的小区、网格、高发点位", "groups cut", "个",
     "单元分属两个以上社区的组数；旁列至少不得不切的组数（户数超过上限的组）", _OWN, False),
    ("split.barrier_inside_m", 1, "社区内穿过的自然分界", "barriers inside", "m",
     "同一社区内两单元之间沿主次干路、铁路、河流的界段长度", _OWN, False),
    ("split.moved_households", 1, "变动户数", "households moved", "户", "Σ 所属与现状不同的单元户数", _OWN, False),
    ("split.moved_again", 1, "再次变动户次", "households moved again", "户次",
     "Σ 变动户数 × 此前变动次数", _OWN, False),
    ("split.walk_median_s", 1, "到服务站步行时间中位数", "median walk", "s",
     "按户数加权；沿路网 1.2 m/s，无路网处为直线并注明", "Dijkstra (1959); geoapp/geo/streets.py", True),
    ("split.walk_p90_s", 1, "到服务站步行时间九成位", "90th percentile walk", "s", "同上，第 90 百分位",
     "Dijkstra (1959); geoapp/geo/streets.py", True),
    ("split.extent", 1, "四至", "extent by four sides", "", "按界段外法线方向归入东南西北，取各向最长的命名线",
     "geoapp/splitting/sides.py", False),
)  # fmt: skip

MEASURES = {row[0]: register(Indicator(*row)) for row in _ROWS}
