"""The columns of a scan's result: key, words, and how each is read off a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from geoapp.splitting.scanning import hardship, sizes
from geoapp.splitting.scanning.division import STATUSES
from geoapp.splitting.scanning.ranking import VERDICTS, Row

Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key in CSV and GeoPackage, its words in the workbook and on the page, and its value."""

    key: str
    title: str
    value: Callable[[Row], Value]
    #: ``share`` is shown in percent, ``text`` needs room.
    kind: str = ""


def _part(row: Row, number: int) -> int | None:
    sizes_of = row.outcome.part_households if row.outcome else []
    return sizes_of[number] if len(sizes_of) > number else None


def _ranges(row: Row) -> str:
    halves = row.prepared.halves if row.prepared else None
    return "" if halves is None else ",".join(f"{low}:{high}" for low, high in halves.ranges)


def _after(row: Row, name: str) -> int | None:
    return sum(getattr(part, name) for part in row.staffing_after) if row.staffing_after else None


def _short_after(row: Row) -> int | None:
    needed, today = _after(row, "least"), row.community.staff
    return None if needed is None or today is None else max(needed - today, 0)


def _load_after(row: Row) -> float | None:
    needed = _after(row, "least")
    return round(sum(row.outcome.part_households) / needed, 1) if needed and row.outcome else None


def _mark(name: str) -> Callable[[Row], Value]:
    said: dict[bool | None, str] = {True: "yes", False: "no", None: ""}
    return lambda row: said[row.hardship.marks[name]]


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def marks_in_words(row: Row) -> str:
    """The marks that are set, and those that are not known."""
    there = [hardship.TITLES[name] for name in hardship.MARKS if row.hardship.marks[name]]
    unknown = [hardship.TITLES[name] for name in row.hardship.unknown]
    return "、".join(there) + (f"（资料缺：{'、'.join(unknown)}）" if unknown else "")


def status_in_words(row: Row) -> str:
    """What became of the division; a plan without proof says how far from the best it may be."""
    words = STATUSES[row.status]
    gap = row.outcome.gap if row.outcome else None
    return f"{words}；与最好值相差不超过 {gap:.1%}" if row.status == "feasible" and gap is not None else words


COLUMNS = (
    Column("rank", "次序", lambda r: r.rank),
    Column("code", "编码", lambda r: r.community.code, "text"),
    Column("name", "社区", lambda r: r.community.name, "text"),
    Column("verdict", "测算结果", lambda r: r.verdict),
    Column("households", "户数", lambda r: r.households),
    Column("households_estimated", "其中估算、均摊（户）", lambda r: r.households_estimated),
    Column("estimated", "含估算或均摊", lambda r: "yes" if r.estimated else "no"),
    Column("households_basis", "口径", lambda r: r.community.basis, "text"),
    Column("households_date", "截至日期", lambda r: r.community.date, "text"),
    Column("people", "人口", lambda r: r.community.people),
    Column("size", "规模", lambda r: r.size or ""),
    Column("staff", "现有社区工作者", lambda r: r.community.staff),
    Column("staff_min", "应配人数下限（测算）", lambda r: r.staffing.least if r.staffing else None),
    Column("staff_max", "应配人数上限（测算）", lambda r: r.staffing.most if r.staffing else None),
    Column("staff_shortfall", "人员缺口（测算）", lambda r: r.staffing.short if r.staffing else None),
    Column("households_per_worker", "人均服务户数", lambda r: _rounded(r.staffing.load if r.staffing else None, 1)),
    Column("hardship_marks", "难管标志数", lambda r: r.hardship.count),
    Column("no_manager", "无物业", _mark("manager")),
    Column("many_old", "老年人多", _mark("over60")),
    Column("many_complaints", "诉求多", _mark("complaints")),
    Column("in_pieces", "分散", _mark("pieces")),
    Column("unmanaged_share", "无物业住户占比", lambda r: _rounded(r.hardship.unmanaged_share, 4), "share"),
    Column("over60_share", "60岁以上占比", lambda r: _rounded(r.hardship.over60_share, 4), "share"),
    Column("complaints_per_1000", "每千户诉求", lambda r: _rounded(r.hardship.complaints_per_1000, 2)),
    Column("pieces", "片数", lambda r: r.hardship.pieces),
    Column("units", "划分单元", lambda r: r.prepared.units if r.prepared else None),
    Column("unit_households", "划分单元合计户数", lambda r: r.prepared.households if r.prepared else None),
    Column("parts_needed", "至少分成", lambda r: r.prepared.halves.parts_needed if r.prepared and r.prepared.halves
           else None),
    Column("ranges", "两部分的户数范围", _ranges, "text"),
    Column("status", "划分", lambda r: r.status),
    Column("part1_households", "第一部分户数", lambda r: _part(r, 0)),
    Column("part2_households", "第二部分户数", lambda r: _part(r, 1)),
    Column("objective", "界线代价", lambda r: r.outcome.objective if r.outcome else None),
    Column("bound", "代价下界", lambda r: r.outcome.bound if r.outcome else None),
    Column("gap", "与下界相差", lambda r: r.outcome.gap if r.outcome else None, "share"),
    Column("border_m", "新界线（米）", lambda r: r.outcome.border_m if r.outcome else None),
    Column("staff_min_after", "划分后应配下限（测算）", lambda r: _after(r, "least")),
    Column("staff_shortfall_after", "划分后人员缺口（测算）", _short_after),
    Column("households_per_worker_after", "划分并配足后人均服务户数", _load_after),
    Column("method", "方法", lambda r: r.outcome.method if r.outcome else ""),
    Column("seconds", "用时（秒）", lambda r: r.outcome.seconds if r.outcome else None),
    Column("reason", "原因", lambda r: r.reason, "text"),
    Column("remarks", "说明", lambda r: "".join(r.remarks), "text"),
)  # fmt: skip

METHODS = {"dual cycle": "平面对偶最短回路", "": ""}
_WORDS: dict[str, Callable[[Row], str]] = {
    "verdict": lambda row: VERDICTS[row.verdict],
    "size": lambda row: sizes.TITLES[row.size] if row.size else "户数不详",
    "status": status_in_words,
    "method": lambda row: METHODS.get(row.outcome.method, "组合搜索") if row.outcome else "",
}
_YES_NO = {"yes": "是", "no": "否", "": "资料缺"}


def as_record(row: Row) -> dict[str, Value]:
    """The values of a row by key."""
    return {column.key: column.value(row) for column in COLUMNS}


def in_words(row: Row, column: Column) -> Value:
    """A value as the workbook shows it: codes of the CSV as words, numbers as numbers."""
    if column.key in _WORDS:
        return _WORDS[column.key](row)
    value = column.value(row)
    if column.key in ("estimated", "no_manager", "many_old", "many_complaints", "in_pieces"):
        return _YES_NO[str(value)]
    return value
