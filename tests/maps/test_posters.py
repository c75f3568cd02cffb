"""Posters with door codes: one larger sheet has a larger code, and each says whom to call first."""

from __future__ import annotations

from typing import Any

import pytest

from geoapp.maps.sheets import posters
from geoapp.maps.sheets.posters import A4, LAYOUTS, Poster, posters_pdf


@pytest.mark.parametrize(("layout", "least_mm"), [("a6", 70), ("a5", 110), ("a4", 140)])
def test_a_larger_sheet_has_a_larger_code_that_lies_on_it(
    layout: str, least_mm: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An A5 is as high as an A6 is wide twice over: turned across it has room for 115 mm beside its words."""
    codes: list[tuple[float, float, float]] = []
    lines: list[str] = []
    drawn, written = posters._code, posters._centred

    def code(canvas: Any, address: str, left: float, bottom: float, side: float) -> None:
        codes.append((left, bottom, side))
        drawn(canvas, address, left, bottom, side)

    def line(canvas: Any, words: str, *rest: Any) -> None:
        lines.append(words)
        written(canvas, words, *rest)

    monkeypatch.setattr(posters, "_code", code)
    monkeypatch.setattr(posters, "_centred", line)
    pdf = posters_pdf([Poster("霞光里", "绿景苑3号楼2单元", "http://192.168.1.20:8000/d/x.y")], layout=layout)
    assert pdf.startswith(b"%PDF")
    (left, bottom, side), (columns, rows) = codes[0], LAYOUTS[layout]
    assert side / 72 * 25.4 > least_mm
    assert left >= 0 and left + side <= A4[0] / columns
    assert bottom >= A4[1] * (1 - 1 / rows) and bottom + side <= A4[1]
    said = "".join(lines)
    assert all(words in said for words in ("绿景苑3号楼2单元", "119", "120", "110", "先打电话", "人脸和车牌会打码"))
