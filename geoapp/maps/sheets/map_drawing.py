"""The map of a plan on paper: background, parts with hatches, new border, today's border, legend and furniture."""

from __future__ import annotations

from typing import Any

import shapely

from geoapp.maps.sheets import paper
from geoapp.maps.sheets.paper import BOLD, GREY, INK, LINE, Window
from geoapp.splitting.drafts.comparison import Comparison, Proposal

Box = tuple[float, float, float, float]
AREAS = {"green": "#dfe9d5", "water": "#cfe3f1", "building": "#dcd6c8"}
#: kind of line -> colour, width, dash
LINES: dict[str, tuple[str, float, tuple[float, ...]]] = {
    "road": ("#8b929c", 1.6, ()),
    "minor": ("#b9bfc7", 0.8, ()),
    "rail": ("#4d545d", 1.0, (5, 2)),
    "water": ("#6fa3c8", 1.6, ()),
    "compound": ("#a39a86", 0.4, ()),
    "grid": ("#7a828c", 0.5, (2, 2)),
}


def draw(canvas: Any, sheet: Comparison, proposal: Proposal, box: Box, *, large: bool) -> None:
    """The plan in ``box`` (left, bottom, width, height); ``large`` adds names, legend, scale bar and north arrow."""
    left, bottom, width, height = box
    window = Window.around(sheet.place.outline, box, margin=0.07 if large else 0.04)
    canvas.saveState()
    frame = canvas.beginPath()
    frame.rect(left, bottom, width, height)
    canvas.clipPath(frame, stroke=0, fill=0)
    canvas.setFillColor("#fafaf7")
    canvas.rect(left, bottom, width, height, stroke=0, fill=1)
    _background(canvas, sheet, window)
    shapes = [window.on_page(shape) for shape in proposal.shapes]
    for number, shape in enumerate(shapes, 1):
        paper.draw_area(canvas, shape, part=number, spacing=7.0 if large else 4.5)
    for shape in shapes:
        paper.draw_lines(canvas, shape, colour=INK, width=2.2 if large else 1.2)
    outline = window.on_page(sheet.place.outline)
    paper.draw_lines(canvas, outline, colour="#ffffff", width=3.0 if large else 1.6)
    paper.draw_lines(canvas, outline, colour=INK, width=2.0 if large else 1.0, dash=(7, 4) if large else (4, 2))
    if large:
        legend = _legend_box(window, outline, rows=len(shapes) + 2)
        _names(canvas, sheet, proposal, window, shapes, legend=legend)
        _furniture(canvas, sheet, proposal, window, legend=legend)
    canvas.restoreState()
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.6)
    canvas.rect(left, bottom, width, height, stroke=1, fill=0)


def _background(canvas: Any, sheet: Comparison, window: Window) -> None:
    for kind, colour in AREAS.items():
        canvas.setFillColor(colour)
        for item in sheet.background:
            if item.kind == kind and item.geometry.geom_type in {"Polygon", "MultiPolygon"}:
                canvas.drawPath(paper.outline(canvas, window.on_page(item.geometry)), stroke=0, fill=1, fillMode=0)
    for kind, (colour, width, dash) in LINES.items():
        for item in sheet.background:
            if item.kind == kind and item.geometry.geom_type != "Point" and (kind != "water" or item.geometry.length):
                paper.draw_lines(canvas, window.on_page(item.geometry), colour=colour, width=width, dash=dash)


def _legend_box(window: Window, outline: Any, *, rows: int) -> Box:
    """Where the legend hides least of the community: one of the corners, but for the north arrow's."""
    width, height, edge = 150.0, 26.0 + 16 * rows, 8.0
    right, top = window.left + window.width - width - edge, window.bottom + window.height - height - edge
    corners = [(window.left + edge, window.bottom + edge), (right, window.bottom + edge), (window.left + edge, top)]

    def hidden(corner: tuple[float, float]) -> float:
        x, y = corner
        return float(shapely.intersection(outline, shapely.box(x, y, x + width, y + height)).area)

    return (*min(corners, key=hidden), width, height)


def _names(
    canvas: Any, sheet: Comparison, proposal: Proposal, window: Window, shapes: list[Any], *, legend: Box
) -> None:
    labels = paper.Labels(canvas, window)
    labels.reserve(*legend)
    labels.reserve(window.left + window.width - 50, window.bottom + window.height - 60, 50, 60)
    for part, shape in zip(proposal.score.parts, shapes, strict=True):
        if not shape.is_empty:
            middle = shape.representative_point()
            rows = (part.name, f"{part.households} 户")
            labels.put(rows, middle.x, middle.y, size=14, font=BOLD)
    for wanted, size in (({"road", "water", "rail"}, 9.0), ({"station"}, 9.0), ({"compound"}, 8.0), ({"minor"}, 8.0)):
        said = set()
        for item in sheet.background:
            if item.kind not in wanted or not item.name or (item.kind != "compound" and item.name in said):
                continue
            at = _anchor(window, item.geometry)
            if at is None:
                continue
            if item.kind == "station":
                canvas.setFillColor(INK)
                canvas.rect(at.x - 3, at.y - 3, 6, 6, stroke=0, fill=1)
                labels.put((item.name,), at.x, at.y - 10, size=size)
            elif labels.put((item.name,), at.x, at.y, size=size):
                said.add(item.name)


def _anchor(window: Window, shape: Any) -> Any:
    """Where a name stands: in the middle of what the window shows of the shape; None when it shows nothing."""
    frame = shapely.box(window.left, window.bottom, window.left + window.width, window.bottom + window.height)
    seen = shapely.intersection(window.on_page(shape), frame)
    if seen.is_empty:
        return None
    longest = max(shapely.get_parts(seen), key=lambda piece: (piece.area, piece.length))
    if longest.geom_type == "LineString":
        return longest.interpolate(0.5, normalized=True)
    return longest.representative_point()


def _furniture(canvas: Any, sheet: Comparison, proposal: Proposal, window: Window, *, legend: Box) -> None:
    x, y, width, height = legend
    canvas.setFillColor("#ffffff", alpha=0.92)
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.5)
    canvas.rect(x, y, width, height, stroke=1, fill=1)
    paper.draw_scale_bar(canvas, window, x + 10, y + 8)
    top = y + height
    for i, part in enumerate(proposal.score.parts):
        base = top - 16 * (i + 1)
        swatch = shapely.box(x + 8, base, x + 38, base + 11)
        paper.draw_area(canvas, swatch, part=part.number, spacing=4.0)
        paper.draw_lines(canvas, swatch, colour=INK, width=0.6)
        _legend_words(canvas, f"拟设 {part.name}", x + 46, base + 2)
    for k, (title, width, dash) in enumerate((("拟定界线", 2.2, ()), ("现状界线", 2.0, (7, 4)))):
        base = top - 16 * (len(proposal.score.parts) + k + 1)
        line = shapely.LineString([(x + 8, base + 5), (x + 38, base + 5)])
        paper.draw_lines(canvas, line, colour=INK, width=width, dash=dash)
        _legend_words(canvas, title, x + 46, base + 2)
    paper.draw_north(canvas, window.left + window.width - 24, window.bottom + window.height - 46)
    if sheet.illustrative:
        canvas.setFillColor(GREY)
        canvas.setFont(BOLD, 11)
        taken = x > window.left + window.width / 2
        canvas.drawString(window.left + (8 if taken else window.width - 32), window.bottom + 8, "示意")


def _legend_words(canvas: Any, text: str, x: float, y: float) -> None:
    canvas.setFillColor(INK)
    canvas.setFont(paper.REGULAR, 9)
    canvas.drawString(x, y, text)
