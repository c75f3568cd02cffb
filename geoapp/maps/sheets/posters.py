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


_TITLE, _CALL = "随手拍", ("这里有什么要修、要管的，", "扫一扫告诉我们")
_HOW = ("不用装软件，不用登录；", "照片里的人脸和车牌会打码")
_FIRST = ("着火 119 · 急病 120 · 危险 110", "先打电话")
_RED, _OCHRE = "#b3261e", "#8a5a00"
#: A line: words, size of the type, face, colour, and how far below the line before it.
_Line = tuple[str, float, str, str, float]


def _draw(canvas: Any, poster: Poster, left: float, bottom: float, width: float, height: float) -> None:
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.5)
    canvas.setDash(3, 3)
    canvas.rect(left, bottom, width, height, stroke=1, fill=0)
    canvas.setDash()
    unit = min(width / 298.0, height / 421.0)
    top = bottom + height
    (_beside if width > height else _below)(canvas, poster, left, top, width, height, unit)
    if poster.illustrative:
        _centred(canvas, "示意", left + 30 * unit, top - 24 * unit, 11 * unit, REGULAR, _OCHRE, 60 * unit)


def _below(canvas: Any, poster: Poster, left: float, top: float, width: float, height: float, unit: float) -> None:
    """Upright: what to do, the code, its address under it."""
    side = 218.0
    lines: list[_Line] = [
        (_TITLE, 30, BOLD, INK, 44), ("".join(_CALL), 13, REGULAR, INK, 26), (poster.door, 20, BOLD, INK, side + 40),
        (poster.place, 12, REGULAR, GREY, 18), ("".join(_HOW), 10.5, REGULAR, INK, 19),
        ("：".join(_FIRST), 10.5, BOLD, _RED, 17),
    ]  # fmt: skip
    _code(canvas, poster.address, left + (width - side * unit) / 2, top - (84 + side) * unit, side * unit)
    _written(canvas, lines, left + width / 2, top, width, unit)


def _beside(canvas: Any, poster: Poster, left: float, top: float, width: float, height: float, unit: float) -> None:
    """Across: a code as large as the sheet allows, the words to its right."""
    side, edge = height - 76 * unit, 14 * unit
    lines: list[_Line] = [
        (_TITLE, 40, BOLD, INK, 92), (_CALL[0], 16, REGULAR, INK, 38), (_CALL[1], 16, REGULAR, INK, 24),
        (poster.door, 26, BOLD, INK, 62), (poster.place, 14, REGULAR, GREY, 24), (_HOW[0], 12, REGULAR, INK, 52),
        (_HOW[1], 12, REGULAR, INK, 18), (_FIRST[0], 13, BOLD, _RED, 32), (_FIRST[1], 13, BOLD, _RED, 20),
    ]  # fmt: skip
    _code(canvas, poster.address, left + edge, top - (height + side) / 2, side)
    room = width - side - edge
    _written(canvas, lines, left + edge + side + room / 2, top, room, unit)


def _written(canvas: Any, lines: Sequence[_Line], middle: float, top: float, width: float, unit: float) -> None:
    base = top
    for words, size, font, colour, below in lines:
        base -= below * unit
        _centred(canvas, words, middle, base, size * unit, font, colour, width)


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
