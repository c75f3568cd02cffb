"""Posters with door codes 楼门码: what to do, the code, the address under it; several to a page, to be cut."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import segno

from geoapp.maps.sheets import paper
from geoapp.maps.sheets.paper import BOLD, GREY, INK, LINE, REGULAR

#: Page in points (A4 upright) and how many posters stand on it, columns by rows.
A4 = (595.28, 841.89)
LAYOUTS = {"a4": (1, 1), "a5": (1, 2), "a6": (2, 2)}
_MARGIN = 14.0


@dataclass(frozen=True, slots=True)
class Poster:
    """One door: where it hangs, and the address that its code opens."""

    place: str
    door: str
    address: str
    illustrative: bool = False


def posters_pdf(posters: Sequence[Poster], *, layout: str = "a6") -> bytes:
    """All posters as one PDF, in the order given; layout a4, a5 or a6 is the size of one poster."""
    from reportlab.pdfgen.canvas import Canvas

    paper.register_fonts()
    columns, rows = LAYOUTS[layout]
    width, height = A4[0] / columns, A4[1] / rows
    out = io.BytesIO()
    # Invariant: the same doors give the same bytes, so that a reprint can be compared.
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle("楼门码")
    for number, poster in enumerate(posters):
        slot = number % (columns * rows)
        if number and not slot:
            canvas.showPage()
        left = (slot % columns) * width
        bottom = A4[1] - (slot // columns + 1) * height
        _draw(canvas, poster, left, bottom, width, height)
    canvas.save()
    return out.getvalue()


def _draw(canvas: Any, poster: Poster, left: float, bottom: float, width: float, height: float) -> None:
    unit = min(width / 298.0, height / 421.0)
    middle, top = left + width / 2, bottom + height
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.5)
    canvas.setDash(3, 3)
    canvas.rect(left, bottom, width, height, stroke=1, fill=0)
    canvas.setDash()
    _centred(canvas, "随手拍", middle, top - 44 * unit, 30 * unit, BOLD, INK, width)
    _centred(canvas, "这里有什么要修、要管的，扫一扫告诉我们", middle, top - 70 * unit, 13 * unit, REGULAR, INK, width)
    side = 218 * unit
    _code(canvas, poster.address, middle - side / 2, top - 84 * unit - side, side)
    base = top - 84 * unit - side
    _centred(canvas, poster.door, middle, base - 26 * unit, 20 * unit, BOLD, INK, width)
    _centred(canvas, poster.place, middle, base - 44 * unit, 12 * unit, REGULAR, GREY, width)
    _centred(
        canvas,
        "不用装软件，不用登录；照片里的人脸和车牌会打码",
        middle,
        base - 63 * unit,
        10.5 * unit,
        REGULAR,
        INK,
        width,
    )
    _centred(
        canvas,
        "着火 119 · 急病 120 · 危险 110：先打电话",
        middle,
        base - 80 * unit,
        10.5 * unit,
        BOLD,
        "#b3261e",
        width,
    )
    if poster.illustrative:
        _centred(canvas, "示意", left + 30 * unit, top - 24 * unit, 11 * unit, REGULAR, "#8a5a00", 60 * unit)


def _centred(
    canvas: Any, words: str, middle: float, base: float, size: float, font: str, colour: str, width: float
) -> None:
    """One line, made smaller where it would not fit."""
    wide = paper.text_width(words, size, font=font)
    fitting = size * min(1.0, (width - 2 * _MARGIN) / wide) if wide else size
    canvas.setFont(font, fitting)
    canvas.setFillColor(colour)
    canvas.drawCentredString(middle, base, words)


def _code(canvas: Any, address: str, left: float, bottom: float, side: float) -> None:
    """The code as squares: sharp at any size. Level M mends what sun and scratches take from it."""
    matrix = [list(row) for row in segno.make_qr(address, error="m").matrix_iter(border=4)]
    step = side / len(matrix)
    canvas.setFillColor("#000000")
    path = canvas.beginPath()
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            if dark:
                path.rect(left + x * step, bottom + side - (y + 1) * step, step, step)
    canvas.drawPath(path, stroke=0, fill=1)
