"""Why a row was not stored 未入库: each reason with its words and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

#: A single shape with more corners than this is no compound, street or district border but a fault of the file.
MOST_VERTICES = 1_000_000


@dataclass(frozen=True, slots=True)
class Fault:
    """``reason`` is a fixed word for programs; ``message`` and ``remedy`` are for people."""

    reason: str
    message: str
    remedy: str


def _fault(reason: str, message: str, remedy: str) -> Fault:
    return Fault(reason, message, remedy)


NO_SHAPE = _fault(
    "no_shape", "没有图形（几何为空）", "在原文件中补上图形后重新导入；若只有表格数据，请带编码列导入后按编码关联"
)
EMPTY = _fault("empty", "图形里一个点也没有", "在原文件中重画这个图形")
NOT_FINITE = _fault("not_finite", "坐标不是有限的数（如 1e400、NaN）", "在原文件中改正这一行的坐标")
NOT_NUMBERS = _fault("not_numbers", "坐标不是成对的数", "把坐标写成 [经度, 纬度] 的数对")
TOO_FEW = _fault("too_few_points", "点数不够：面的一圈至少要三个不同的点，线至少要两个", "在原文件中补全或删去这个图形")
TOO_MANY = _fault("too_many_vertices", f"一个图形的顶点超过 {MOST_VERTICES:,} 个", "先在制图软件里简化或拆成几个图形")
UNKNOWN_TYPE = _fault("unknown_type", "不认识的图形类型", "改用点、线、面（Point、LineString、Polygon 等）")
CURVE = _fault("curve", "曲线无法化成折线", "在制图软件里把曲线转成折线后再导出")
SWAPPED = _fault("swapped", "经度和纬度像是写反了", "对调这一行的两个坐标；整个文件都是纬度在前时加 --swap-xy 重新导入")
OUT_OF_RANGE = _fault("out_of_range", "坐标超出经纬度的范围", "核对坐标和坐标系（--crs）后重新导入")
OUT_OF_AREA = _fault("out_of_area", "位置远离本文件其余各行", "核对这一行的坐标；确实无误时加 --anywhere 重新导入")
WRONG_SHAPE = _fault("wrong_shape", "图形类型与图层种类不符", "放到另一个图层（--kind other 接受点、线、面混放）")
NOT_REPAIRABLE = _fault("not_repairable", "图形自相交，修复后不剩面积", "在制图软件里重画这个图形")
REPEATED = _fault("repeated", "与前面的一行完全相同", "不需要处理；如应是另一处，请改正它的图形或属性")
NO_MATCH = _fault("no_match", "编码在关联图层里找不到", "核对编码，或先导入含有这个编码的图层")
DUPLICATE_KEY = _fault("duplicate_key", "同一个键写了两次，不知以哪个为准", "在原文件中删去多余的一个")
BROKEN_ROW = _fault("broken_row", "这一行读不出来", "在原软件中打开文件，修复或删去这一行")
ROW_TOO_LONG = _fault("row_too_long", "这一行的文字过长", "拆成几行或删去多余内容")
