"""The A3 comparison sheet 方案比选表: map and table of the chosen plan, all plans side by side, who moves."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from geoapp.maps.sheets import map_drawing, paper, words
from geoapp.maps.sheets.paper import BOLD, GREY, INK, LINE, REGULAR
from geoapp.splitting.drafts.comparison import Comparison, Proposal
from geoapp.splitting.drafts.scorecard import COUNTS

WIDTH, HEIGHT = 1190.55, 841.89  # A3 landscape, points
MARGIN, TOP, FOOT = 36.0, 770.0, 52.0
MOVES_PER_COLUMN, MOVE_COLUMNS = 34, 3
MOVES_BESIDE_MAP = 10
Row = Sequence[str]
MOVES_HEAD, MOVES_WIDTHS = ("小区、楼栋", "户数", "原社区 → 承接社区"), (24, 10, 24)


def write(sheet: Comparison) -> bytes:
    """The sheet as a PDF file."""
    from reportlab.pdfgen.canvas import Canvas

    paper.register_fonts()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), pageCompression=1, invariant=1)
    canvas.setTitle(f"{sheet.place.name}方案比选表 第{sheet.plan.number}稿")
    canvas.setSubject("社区规模调整 方案比选")
    per_page = MOVES_PER_COLUMN * MOVE_COLUMNS
    listed = 0 if _moves_fit(sheet) else len(sheet.moves)
    pages: list[Callable[[], None]] = [lambda: _first(canvas, sheet), lambda: _beside(canvas, sheet)]
    for start in range(0, listed, per_page):
        pages.append(lambda start=start: _moves(canvas, sheet, start, start + per_page))  # type: ignore[misc]
    for number, page in enumerate(pages, 1):
        _frame(canvas, sheet, number, len(pages))
        page()
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _frame(canvas: Any, sheet: Comparison, page: int, pages: int) -> None:
    place = sheet.place
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, 20)
    canvas.drawString(MARGIN, 798, f"{place.name}　社区规模调整方案比选表")
    canvas.setFont(REGULAR, 10)
    canvas.setFillColor(GREY)
    canvas.drawString(
        MARGIN, 780,
        f"社区代码 {place.code}　现状日期 {words.day(place.on)}　第{sheet.plan.number}稿：{sheet.plan.name}"
        f"　界线偏好：{sheet.plan.profile}",
    )  # fmt: skip
    right = WIDTH - MARGIN
    for mark in ["内部资料", *(["示意"] if sheet.illustrative else [])]:
        width = paper.text_width(mark, 12, font=BOLD) + 16
        canvas.setStrokeColor(INK)
        canvas.setFillColor(INK)
        canvas.setLineWidth(1)
        canvas.rect(right - width, 794, width, 22, stroke=1, fill=0)
        canvas.setFont(BOLD, 12)
        canvas.drawCentredString(right - width / 2, 800, mark)
        right -= width + 8
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, 42, WIDTH - MARGIN, 42)
    canvas.setFont(REGULAR, 8)
    canvas.setFillColor(GREY)
    shown = "；".join(sheet.sources) or "未登记"
    [source, *more] = paper.wrapped(f"资料来源：{shown}", 8, WIDTH - 2 * MARGIN - 220)
    canvas.drawString(MARGIN, 30, source + ("…" if more else ""))
    canvas.drawRightString(WIDTH - MARGIN, 30, f"制表 {words.day(sheet.made_on)}　第 {page} 页，共 {pages} 页")
    note = "数据为示意，不代表实际；" if sheet.illustrative else ""
    canvas.drawString(
        MARGIN,
        19,
        f"{note}应配人数、缺口为按设立标准测算，不作为对任何单位的结论；图内界线供内部研究，未经审图，不得公开。",
    )


@dataclass
class Column:
    """A column of text blocks that grows downwards from ``y``."""

    canvas: Any
    x: float
    y: float
    width: float

    def heading(self, text: str) -> None:
        """A bold line with a rule under it."""
        self.y -= 18
        self.canvas.setFillColor(INK)
        self.canvas.setFont(BOLD, 12)
        self.canvas.drawString(self.x, self.y, text)
        self.y -= 5
        self.canvas.setStrokeColor(INK)
        self.canvas.setLineWidth(0.8)
        self.canvas.line(self.x, self.y, self.x + self.width, self.y)

    def text(self, text: str, *, size: float = 9, bold: bool = False, colour: str = INK) -> None:
        """A paragraph."""
        self.canvas.setFillColor(colour)
        for line in paper.wrapped(text, size, self.width):
            self.y -= size * 1.5
            self.canvas.setFont(BOLD if bold else REGULAR, size)
            self.canvas.drawString(self.x, self.y, line)
        self.y -= 2

    def table(self, head: Row, rows: Sequence[Row], widths: Sequence[float], *, bold: Sequence[int] = ()) -> None:
        """Rows of cells; the first column left, the others right; ``bold`` names rows by position."""
        size, high = 9.0, 17.0
        total = sum(widths)
        lefts = [self.x + self.width * sum(widths[:i]) / total for i in range(len(widths) + 1)]
        for at, row in enumerate([head, *rows]):
            self.y -= high
            face = BOLD if at == 0 or at - 1 in bold else REGULAR
            self.canvas.setFillColor(GREY if at == 0 else INK)
            for i, cell in enumerate(row):
                room = lefts[i + 1] - lefts[i] - 4
                fitted = min(size, size * room / max(paper.text_width(cell, size, font=face), 1))
                self.canvas.setFont(face, max(fitted, 8))
                if i == 0:
                    self.canvas.drawString(lefts[i], self.y + 5, cell)
                else:
                    self.canvas.drawRightString(lefts[i + 1] - 2, self.y + 5, cell)
            self.canvas.setStrokeColor(INK if at == 0 else LINE)
            self.canvas.setLineWidth(0.5 if at == 0 else 0.3)
            self.canvas.line(self.x, self.y, self.x + self.width, self.y)


def _first(canvas: Any, sheet: Comparison) -> None:
    map_drawing.draw(canvas, sheet, sheet.plan, (MARGIN, FOOT, 650, TOP - FOOT), large=True)
    column = Column(canvas, MARGIN + 666, TOP + 8, WIDTH - 2 * MARGIN - 666)
    _parts_table(column, sheet)
    _facts(column, sheet.plan)
    _proof(column, sheet.plan)
    if _moves_fit(sheet) and sheet.moves:
        column.heading("变更所属社区的小区与楼栋")
        column.table(MOVES_HEAD, _move_rows(sheet), MOVES_WIDTHS)


def _moves_fit(sheet: Comparison) -> bool:
    """Few enough to stand beside the map."""
    return len(sheet.moves) <= MOVES_BESIDE_MAP and len(sheet.plan.score.parts) <= 3


def _move_rows(sheet: Comparison) -> list[Row]:
    return [(m.name, words.count(m.households, estimated=m.estimated), f"{m.before} → {m.after}") for m in sheet.moves]


def _parts_table(column: Column, sheet: Comparison) -> None:
    place, plan = sheet.place, sheet.plan.score
    column.heading("现状与方案")
    basis = f"{place.basis or '未注明'}口径" + (f"，截至 {words.day(place.basis_date)}" if place.basis_date else "")
    rows = [
        (f"现状 {place.name}", words.count(plan.households, estimated=words.is_estimated(plan)), "—",
         words.count(plan.staff_now), "—", words.load(plan.load_now)),
    ]  # fmt: skip
    for part in plan.parts:
        name = f"拟设 {part.name}" + (f"（{part.mark}）" if part.mark else "")
        rows.append(
            (name, words.count(part.households, estimated=words.is_estimated(part)),
             words.staff(part.staff_min, part.staff_max), words.count(part.staff_now), words.count(part.shortfall),
             words.load(part.load))
        )  # fmt: skip
    rows.append(
        ("方案合计", words.count(plan.households, estimated=words.is_estimated(plan)),
         words.staff(plan.staff_min, plan.staff_max), words.count(plan.staff_now), words.count(plan.shortfall),
         words.load(plan.load))
    )  # fmt: skip
    head = ("", "户数", "应配人数（测算）", "现有（均摊）", "人员缺口", "人均服务户数")
    column.table(head, rows, (34, 15, 22, 18, 14, 18), bold=(len(rows) - 1,))
    rests = f"其中 {plan.households_estimated} 户为估算或均摊。" if plan.households_estimated else ""
    column.text(
        f"户数为{basis}。{rests}人均服务户数按应配下限计，较现状{words.change(plan.load_change_share)}；"
        "现有人数按户数均摊到各拟设社区，缺口为应配下限减现有。",
        size=8, colour=GREY,
    )  # fmt: skip
    for warning in plan.warnings:
        column.text(f"注意：{warning}", bold=True)


def _facts(column: Column, proposal: Proposal) -> None:
    plan = proposal.score
    column.heading("界线与四至")
    column.text(f"新界线共 {plan.border.length_m:.0f} 米：{words.border(plan)}。")
    named = [f"{name} {metres:.0f} 米" for name, metres in plan.border.by_name[:6] if metres >= 0.5]
    if named:
        column.text(f"其中：{'，'.join(named)}。")
    for part in plan.parts:
        if part.extent:
            column.text(f"{part.name}四至：{part.extent}")
    column.heading("变动与保留")
    column.text(f"变更所属社区 {plan.moved_households} 户，名单另列。")
    compounds, grids = ("、".join(cut) or "无" for cut in (plan.compounds_cut, plan.grids_cut))
    column.text(f"切开的小区：{compounds}；切开的网格：{grids}。")
    column.heading("服务与设施")
    for part in plan.parts:
        counted = "，".join(
            f"{title} {part.counts[key]} {unit}" for key, (title, unit) in COUNTS.items() if key in part.counts
        )
        column.text(f"{part.name}：{part.area_m2 / 1e4:.1f} 公顷" + (f"，{counted}" if counted else "") + "。")
        if part.walk is not None:
            column.text(f"　到服务站步行 {words.walk(part.walk)}。")


def _proof(column: Column, proposal: Proposal) -> None:
    column.heading("核验")
    column.text(proposal.proof.sentence, bold=True)
    for condition in proposal.proof.conditions:
        column.text(f"· {condition}", size=8.5)


def _beside(canvas: Any, sheet: Comparison) -> None:
    """All plans in columns, the best figure of each row bold."""
    shown = sheet.proposals
    label, gap = 130.0, 12.0
    width = (WIDTH - 2 * MARGIN - label - gap * (len(shown) - 1)) / len(shown)
    high = min(width * 0.8, 300.0)
    for i, proposal in enumerate(shown):
        x = MARGIN + label + i * (width + gap)
        canvas.setFillColor(INK)
        canvas.setFont(BOLD, 12)
        canvas.drawString(x, TOP - 12, f"{proposal.name}（{proposal.profile}）")
        map_drawing.draw(canvas, sheet, proposal, (x, TOP - 20 - high, width, high), large=False)
    y = TOP - 20 - high - 10
    for title, cells, best in _measures(sheet):
        rows = [paper.wrapped(cell, 9, width - 4) for cell in cells]
        high_row = 8 + 13 * max(len(lines) for lines in rows)
        if y - high_row < FOOT:
            break
        canvas.setFillColor(GREY)
        canvas.setFont(REGULAR, 9)
        canvas.drawString(MARGIN, y - 13, title)
        for i, lines in enumerate(rows):
            canvas.setFillColor(INK)
            canvas.setFont(BOLD if i in best else REGULAR, 9)
            for k, line in enumerate(lines):
                canvas.drawString(MARGIN + label + i * (width + gap), y - 13 - 13 * k, line)
        y -= high_row
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.3)
        canvas.line(MARGIN, y, WIDTH - MARGIN, y)


def _measures(sheet: Comparison) -> list[tuple[str, list[str], set[int]]]:
    """Rows of the table of plans: title, one cell per plan, positions of the best."""
    plans = [p.score for p in sheet.proposals]
    rows: list[tuple[str, list[str], set[int]]] = []

    def row(title: str, cells: list[str], values: list[float] | None = None) -> None:
        best = {i for i, v in enumerate(values or []) if values and v == min(values) and min(values) < max(values)}
        rows.append((title, cells, best))

    for i in range(max(len(p.parts) for p in plans)):
        cells = []
        for plan in plans:
            if i >= len(plan.parts):
                cells.append("—")
                continue
            part = plan.parts[i]
            mark = f"（{part.mark}）" if part.mark else ""
            cells.append(
                f"{part.name} {words.count(part.households, estimated=words.is_estimated(part))} 户{mark}，"
                f"应配 {words.staff(part.staff_min, part.staff_max)}，缺口 {words.count(part.shortfall)}，"
                f"人均 {words.load(part.load)} 户"
            )
        row(f"拟设社区 {i + 1}", cells)
    row("应配人数（测算）", [words.staff(p.staff_min, p.staff_max) for p in plans], [p.staff_min for p in plans])
    row("人员缺口", [words.count(p.shortfall) for p in plans], [p.shortfall or 0 for p in plans])
    row(
        "人均服务户数",
        [f"{words.load(p.load)}，{words.change(p.load_change_share)}" for p in plans],
        [p.load for p in plans],
    )
    row("变更社区的户数", [words.count(p.moved_households) for p in plans], [p.moved_households for p in plans])
    row("新界线长度（米）", [f"{p.border.length_m:.0f}" for p in plans], [p.border.length_m for p in plans])
    row("界线沿线", [words.border(p) for p in plans])
    row("切开的小区", ["、".join(p.compounds_cut) or "无" for p in plans], [len(p.compounds_cut) for p in plans])
    row("切开的网格", ["、".join(p.grids_cut) or "无" for p in plans], [len(p.grids_cut) for p in plans])
    row("核验", [p.proof.sentence for p in sheet.proposals])
    row("注意", ["".join(p.warnings) or "无" for p in plans], [len(p.warnings) for p in plans])
    return rows


def _moves(canvas: Any, sheet: Comparison, start: int, stop: int) -> None:
    width = (WIDTH - 2 * MARGIN - 24 * (MOVE_COLUMNS - 1)) / MOVE_COLUMNS
    head = Column(canvas, MARGIN, TOP + 8, WIDTH - 2 * MARGIN)
    total = sheet.plan.score.moved_households
    head.heading(f"变更所属社区的小区与楼栋（{sheet.plan.name}）：共 {len(sheet.moves)} 处，{total} 户")
    rows = _move_rows(sheet)[start:stop]
    for i in range(MOVE_COLUMNS):
        here = rows[i * MOVES_PER_COLUMN : (i + 1) * MOVES_PER_COLUMN]
        if here:
            column = Column(canvas, MARGIN + i * (width + 24), head.y - 6, width)
            column.table(MOVES_HEAD, here, MOVES_WIDTHS)
