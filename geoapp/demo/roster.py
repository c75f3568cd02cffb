"""The roster 楼栋台账 of old 霞光里 as communities keep them: titles, two header rows, merged cells, sums."""

from __future__ import annotations

from dataclasses import dataclass

from geoapp.demo.census import Building, Census, belongs_to_old_xiaguangli
from geoapp.demo.workbook import BODY, HEAD, PLAIN, SUM, TITLE, Cell, Sheet, column_letter, workbook

FILE_NAME = "霞光里楼栋台账.xlsx"
# The last building of these compounds has another name in the roster than on the map: nothing matches it by name.
OTHER_NAMES = {"霞光里2号院": "2号院锅炉房宿舍", "霞光里东北区": "东平房改建楼", "亮马河北路3号院": "筒子楼"}
# Rows for several buildings with one sum for all of them.
TOGETHER = [
    ("1-4号楼", ["霞光里1号楼", "霞光里2号楼", "霞光里3号楼", "霞光里4号楼"]),
    ("6、7号楼", ["霞光里6号楼", "霞光里7号楼"]),
    ("10-12号楼", ["霞光里10号楼", "霞光里11号楼", "霞光里12号楼"]),
    ("66号院1-3号楼", ["霞光里66号院1号楼", "霞光里66号院2号楼", "霞光里66号院3号楼"]),
    ("1、2号楼", ["天泽路16号院1号楼", "天泽路16号院2号楼"]),
]
_ESTATE = "霞光里"
_GONE = "平房（已拆）"
_MADE = "填报单位：霞光里社区居委会　　口径：套数　　截至日期：2020年12月31日　　单位：户、人"
_HEAD_1: list[Cell] = ["序号", "小区（院）", "楼栋", "房屋情况", None, None, "人口情况", None, "物业", "备注"]
_HEAD_2: list[Cell] = [None, None, None, "层数", "单元数", "套数", "常住人口", "60岁以上", None, None]
_WIDTHS = [6.0, 18.0, 18.0, 8.0, 8.0, 8.0, 10.0, 10.0, 26.0, 14.0]


@dataclass(frozen=True)
class Line:
    """One row of the roster: what stands in the building column, the buildings it is about, a remark."""

    label: str
    buildings: list[Building]
    remark: str = ""

    @property
    def households(self) -> int:
        """Homes 套数 of all its buildings."""
        return sum(building.households for building in self.buildings)


def roster_file(census: Census) -> bytes:
    """The roster as an .xlsx file; its grand total is old 霞光里's 4560."""
    return workbook(roster_sheet(census))


def roster_groups(census: Census) -> list[tuple[str, list[Line]]]:
    """Compound as the roster names it -> its rows; houses of 霞光里 all stand under 霞光里, courts as 30号院2号楼."""
    mine = [b for b in census.buildings if b.compound_id and belongs_to_old_xiaguangli(b.community_code)]
    by_name = {building.name: building for building in mine}
    together = {names[0]: (label, names) for label, names in TOGETHER if all(name in by_name for name in names)}
    covered = {name for _, names in together.values() for name in names}
    last_of = {building.compound: building.id for building in mine}
    other = {last_of[compound]: label for compound, label in OTHER_NAMES.items()}
    groups: dict[str, list[Line]] = {}
    for building in mine:
        group = _ESTATE if building.name.startswith(_ESTATE) else building.compound
        lines = groups.setdefault(group, [])
        if building.name in together:
            label, names = together[building.name]
            lines.append(Line(label, [by_name[name] for name in names], "合并填报"))
        elif building.name not in covered:
            lines.append(Line(other.get(building.id, building.name.removeprefix(group)), [building]))
    groups[_ESTATE].append(Line(_GONE, [], "2016年拆除"))
    return list(groups.items())


def roster_sheet(census: Census) -> Sheet:
    """Rows, looks and merged ranges of the roster."""
    title: list[Cell] = ["霞光里社区楼栋台账（示意）", *[None] * 9]
    made: list[Cell] = [_MADE, *[None] * 9]
    rows = [title, made, _HEAD_1, _HEAD_2]
    looks = [TITLE, PLAIN, HEAD, HEAD]
    merged = ["A1:J1", "A2:J2", "D3:F3", "G3:H3", *(f"{letter}3:{letter}4" for letter in "ABCIJ")]
    groups = roster_groups(census)
    serial = 0
    for name, lines in groups:
        first = len(rows) + 1
        for line in lines:
            serial += 1
            rows.append(_row(serial, name if len(rows) + 1 == first else None, line, census))
            looks.append(BODY)
        if len(lines) > 1:
            merged += [f"{column_letter(1)}{first}:{column_letter(1)}{len(rows)}"]
            rows.append(_sum_row("小计", lines))
            looks.append(SUM)
    rows.append(_sum_row("合计", [line for _, lines in groups for line in lines]))
    looks.append(SUM)
    rows.append(["说明：本表为示意数据，合并填报的楼栋只填总数。", *[None] * 9])
    looks.append(PLAIN)
    merged.append(f"A{len(rows)}:J{len(rows)}")
    return Sheet("楼栋台账", rows, looks, merged, _WIDTHS)


def _row(serial: int, group: str | None, line: Line, census: Census) -> list[Cell]:
    storeys = sorted({building.storeys for building in line.buildings})
    managers = {compound.id: compound.manager for compound in census.compounds}
    manager = managers[line.buildings[0].compound_id] if line.buildings else ""
    return [
        serial,
        group,
        line.label,
        storeys[0] if len(storeys) == 1 else "、".join(map(str, storeys)) or None,
        sum(building.stairs for building in line.buildings) or None,
        line.households,
        sum(building.people for building in line.buildings),
        sum(building.over60 for building in line.buildings),
        manager or "无",
        line.remark or None,
    ]


def _sum_row(label: str, lines: list[Line]) -> list[Cell]:
    buildings = [building for line in lines for building in line.buildings]
    return [
        label,
        None,
        None,
        None,
        sum(building.stairs for building in buildings),
        sum(building.households for building in buildings),
        sum(building.people for building in buildings),
        sum(building.over60 for building in buildings),
        None,
        None,
    ]
