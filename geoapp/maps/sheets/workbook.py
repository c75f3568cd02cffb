"""The comparison sheet as a workbook: the same figures as the PDF, as numbers to reckon on with."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from geoapp.maps.sheets import words
from geoapp.splitting.drafts.comparison import Comparison
from geoapp.splitting.drafts.scorecard import COUNTS, PartScore, PlanScore

Cell = str | int | float | None


def write(sheet: Comparison) -> bytes:
    """XLSX with four sheets: 方案比选, 拟设社区, 变更名单, 说明."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    _add(book, "方案比选", _plans(sheet))
    _add(book, "拟设社区", _parts(sheet))
    _add(book, "变更名单", _moves(sheet))
    _add(book, "说明", _notes(sheet))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _add(book: Any, title: str, rows: Sequence[Sequence[Cell]]) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    page = book.create_sheet(title)
    for r, row in enumerate(rows, 1):
        for c, value in enumerate(row, 1):
            cell = page.cell(r, c)
            cell.value = value
            if isinstance(value, str):
                # A name that begins with = is a name, not a formula.
                cell.data_type = "s"
                cell.alignment = Alignment(wrap_text=True, vertical="top")
            elif isinstance(value, float):
                cell.number_format = "0.0"
            if r == 1:
                cell.font = Font(bold=True)
    page.freeze_panes = "B2"
    for c in range(1, max((len(row) for row in rows), default=1) + 1):
        widest = max((len(str(row[c - 1])) for row in rows if len(row) >= c), default=8)
        page.column_dimensions[get_column_letter(c)].width = min(max(10, widest * 1.8), 48)
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", page.PAPERSIZE_A3
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.oddFooter.center.text = "内部资料　第 &P 页，共 &N 页"


def _plans(sheet: Comparison) -> list[list[Cell]]:
    plans = [p.score for p in sheet.proposals]
    head: list[Cell] = ["指标", "单位", "现状", *[f"{p.name}（{p.profile}）" for p in sheet.proposals]]

    def row(title: str, unit: str, now: Cell, values: list[Cell]) -> list[Cell]:
        return [title, unit, now, *values]

    first = plans[sheet.chosen]
    rows = [
        head,
        row("户数", "户", first.households, [p.households for p in plans]),
        row("其中估算、均摊", "户", first.households_estimated, [p.households_estimated for p in plans]),
        row("应配人数下限（测算）", "人", None, [p.staff_min for p in plans]),
        row("应配人数上限（测算）", "人", None, [p.staff_max for p in plans]),
        row("现有人数", "人", first.staff_now, [p.staff_now for p in plans]),
        row("人员缺口", "人", None, [p.shortfall for p in plans]),
        row("人均服务户数", "户/人", first.load_now, [p.load for p in plans]),
        row("人均服务户数变化", "%", None, [_percent(p) for p in plans]),
        row("变更社区的户数", "户", None, [p.moved_households for p in plans]),
        row("新界线长度", "米", None, [p.border.length_m for p in plans]),
    ]
    kinds = {key: title for p in plans for key, title, _ in p.border.by_kind}
    for key, title in kinds.items():
        metres = [sum(m for k, _, m in p.border.by_kind if k == key) for p in plans]
        rows.append(row(f"其中沿{title}", "米", None, list(metres)))
    rows.append(row("切开的小区", "", None, ["、".join(p.compounds_cut) or "无" for p in plans]))
    rows.append(row("切开的网格", "", None, ["、".join(p.grids_cut) or "无" for p in plans]))
    rows.append(row("核验", "", None, [p.proof.sentence for p in sheet.proposals]))
    rows.append(row("注意", "", None, ["".join(p.warnings) or "无" for p in plans]))
    return rows


def _percent(plan: PlanScore) -> float | None:
    return None if plan.load_change_share is None else plan.load_change_share * 100


def _parts(sheet: Comparison) -> list[list[Cell]]:
    keys = [key for key in COUNTS if any(key in p.counts for plan in sheet.proposals for p in plan.score.parts)]
    rows: list[list[Cell]] = [
        [
            "方案", "拟设社区", "户数", "其中估算、均摊", "应配下限（测算）", "应配上限（测算）", "现有（均摊）",
            "人员缺口", "人均服务户数", "规模", "面积（公顷）", "划分单元数", "片数", "到服务站步行", "四至",
            *[f"{COUNTS[key][0]}（{COUNTS[key][1]}）" for key in keys],
        ]
    ]  # fmt: skip
    for plan in sheet.proposals:
        rows += [[plan.name, *_part(part), *[part.counts.get(key) for key in keys]] for part in plan.score.parts]
    return rows


def _part(part: PartScore) -> list[Cell]:
    return [
        part.name, part.households, part.households_estimated, part.staff_min, part.staff_max, part.staff_now,
        part.shortfall, part.load, part.mark or "符合", part.area_m2 / 1e4, part.units, part.pieces,
        words.walk(part.walk), part.extent,
    ]  # fmt: skip


def _moves(sheet: Comparison) -> list[list[Cell]]:
    rows: list[list[Cell]] = [["小区、楼栋", "户数", "口径", "原社区", "承接社区"]]
    rows += [[m.name, m.households, "估算或均摊" if m.estimated else "登记", m.before, m.after] for m in sheet.moves]
    return rows


def _notes(sheet: Comparison) -> list[list[Cell]]:
    place = sheet.place
    basis_date = words.day(place.basis_date) if place.basis_date else "未注明"
    rows: list[list[Cell]] = [
        ["项目", "内容"],
        ["社区", f"{place.name}（{place.code}）"],
        ["现状日期", words.day(place.on)],
        ["稿次", f"第{sheet.plan.number}稿：{sheet.plan.name}"],
        ["户数口径", f"{place.basis or '未注明'}，截至 {basis_date}"],
        ["密级", "内部资料"],
        ["数据性质", "示意，不代表实际" if sheet.illustrative else "按所列来源"],
        ["测算", "应配人数、缺口按设立标准测算，不作为对任何单位的结论。"],
        ["制表", words.day(sheet.made_on)],
    ]
    rows += [[f"核验：{p.name}", "；".join([p.proof.sentence, *p.proof.conditions])] for p in sheet.proposals]
    rows += [["资料来源", source] for source in sheet.sources]
    return rows
