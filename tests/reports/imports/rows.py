"""Rows of another system, and the mapping that they are read by."""

from __future__ import annotations

import csv
import io
from typing import Any

from tests.places.street import SOUTH, STEP, WEST

MAPPING = """
origin = "old-desk"
title = "旧系统"
source = "示意"
licence = "示意"
keep = ["来源"]
[columns]
number = "编号"
opened = "受理"
due = "期限"
closed = "办结"
status = "状态"
kind = "类别"
words = ["内容", "补充"]
x = "经度"
y = "纬度"
address = "地点"
[dates]
zone = "Asia/Shanghai"
formats = ["%Y/%m/%d %H:%M", "iso"]
[place]
crs = "EPSG:4326"
[values.status]
"在办" = "open"
"办结" = "done"
"不属" = "not_ours"
[values.kind]
"垃圾" = "rubbish"
"""


HEAD = ["编号", "受理", "期限", "办结", "状态", "类别", "内容", "补充", "经度", "纬度", "地点", "来源"]


X, Y = WEST + 0.5 * STEP, SOUTH + 3 * STEP


def row(number: str, **more: Any) -> dict[str, Any]:
    return {
        "编号": number, "受理": "2026/10/01 09:00", "期限": "2026/10/02 09:00", "办结": "2026/10/01 17:00",
        "状态": "办结", "类别": "垃圾", "内容": "垃圾满冒", "补充": "", "经度": X, "纬度": Y,
        "地点": "绿景苑门口", "来源": "电话",
    } | more  # fmt: skip


def table(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, HEAD)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
