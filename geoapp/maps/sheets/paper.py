"""Drawing on paper: the Chinese font, a map window with scale bar and north arrow, hatches that survive a photocopy."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geoapp.errors import Unavailable

FONTS = Path(__file__).parents[2] / "web" / "static" / "fonts"
REGULAR, BOLD = "geoapp", "geoapp-bold"
#: Okabe-Ito, in the order of the parts.
PART_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442")
INK, GREY, LINE = "#1b1f24", "#5a626c", "#9aa2ad"


class FontMissing(Unavailable):
    """The built client, which carries the fonts, is not here."""


@cache
def register_fonts() -> None:
    """Make the regular and the bold face known to reportlab; FontMissing without the built client."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name, file in ((REGULAR, "NotoSansSC_400Regular.ttf"), (BOLD, "NotoSansSC_700Bold.ttf")):
        path = FONTS / file
        if not path.is_file():
            raise FontMissing("缺少中文字体，无法生成 PDF；请重新运行 python3 run.py setup 生成页面文件。")
        pdfmetrics.registerFont(TTFont(name, str(path)))


def text_width(words: str, size_pt: float, *, font: str = REGULAR) -> float:
    """Width in points."""
    from reportlab.pdfbase import pdfmetrics

    return float(pdfmetrics.stringWidth(words, font, size_pt))


def wrapped(words: str, size_pt: float, width_pt: float) -> list[str]:
    """Lines that fit; Chinese may break anywhere but before a closing mark, Latin words and numbers stay whole."""
    lines, line = [], ""
    for word in _words(words):
        if line and text_width(line + word, size_pt) > width_pt and word not in "，。；、：）%」》":
            lines.append(line.rstrip())
            line = word.lstrip()
        else:
            line += word
    return [*lines, line] if line else lines


def _words(text: str) -> list[str]:
    words: list[str] = []
    for letter in text:
        if words and letter.isascii() and not letter.isspace() and words[-1][-1].isascii() and words[-1] != " ":
            words[-1] += letter
        else:
            words.append(letter)
    return words


@dataclass(frozen=True)
class Window:
    """A rectangle of the page that shows a stretch of ground, north up.

    Parameters
    ----------
    left, bottom, width, height : the rectangle, points
    lon, lat : degrees, what lies in its middle
    scale : points per metre
    """

    left: float
    bottom: float
    width: float
    height: float
    lon: float
    lat: float
    scale: float

    @classmethod
    def around(cls, shape: BaseGeometry, box: tuple[float, float, float, float], *, margin: float = 0.06) -> Window:
        """The window in ``box`` (left, bottom, width, height) that shows all of ``shape``."""
        west, south, east, north = shape.bounds
        left, bottom, width, height = box
        lon, lat = (west + east) / 2, (south + north) / 2
        per_lon, per_lat = metres_per_degree(lat)
        across, up = max((east - west) * per_lon, 1.0), max((north - south) * per_lat, 1.0)
        scale = min(width / across, height / up) * (1 - 2 * margin)
        return cls(left, bottom, width, height, lon, lat, scale)

    def place(self, lonlat: Any) -> Any:
        """(k, 2) degrees to (k, 2) points on the page."""
        per_lon, per_lat = metres_per_degree(self.lat)
        middle = (self.left + self.width / 2, self.bottom + self.height / 2)
        return (np.asarray(lonlat) - (self.lon, self.lat)) * (per_lon * self.scale, per_lat * self.scale) + middle

    def on_page(self, shape: BaseGeometry) -> BaseGeometry:
        """The shape in points of the page."""
        return shapely.transform(shape, self.place)


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Metres of one degree of longitude and of latitude at ``lat``, on the WGS84 ellipsoid.

    >>> [round(x) for x in metres_per_degree(0.0)]
    [111319, 110574]
    """
    a, e2 = 6378137.0, 0.00669437999014
    sin = math.sin(math.radians(lat))
    root = 1 - e2 * sin * sin
    across = a / math.sqrt(root) * math.cos(math.radians(lat))
    up = a * (1 - e2) / root**1.5
    return math.pi / 180 * across, math.pi / 180 * up


def outline(canvas: Any, shape: BaseGeometry) -> Any:
    """A reportlab path of all rings and lines of a shape that is in points already."""
    path = canvas.beginPath()
    for ring in _rings(shape):
        xy = shapely.get_coordinates(ring)
        path.moveTo(*xy[0])
        for x, y in xy[1:]:
            path.lineTo(x, y)
        if ring.is_closed:
            path.close()
    return path


def _rings(shape: BaseGeometry) -> Iterable[BaseGeometry]:
    for single in shapely.get_parts(shape):
        if single.geom_type == "Polygon":
            yield from (single.exterior, *single.interiors)
        elif single.geom_type in {"LineString", "LinearRing"}:
            yield single


def draw_area(canvas: Any, shape: BaseGeometry, *, part: int, spacing: float = 6.0) -> None:
    """Fill a part's ground with its colour, light, and with its hatch, which tells it apart without colour."""
    if shape.is_empty:
        return
    colour = PART_COLOURS[(part - 1) % len(PART_COLOURS)]
    canvas.saveState()
    canvas.clipPath(outline(canvas, shape), stroke=0, fill=0, fillMode=0)
    west, south, east, north = shape.bounds
    canvas.setFillColor(colour, alpha=0.22)
    canvas.rect(west, south, east - west, north - south, stroke=0, fill=1)
    canvas.setStrokeColor(colour, alpha=0.8)
    canvas.setFillColor(colour, alpha=0.8)
    canvas.setLineWidth(0.5)
    _hatch(canvas, (west, south, east, north), part, spacing)
    canvas.restoreState()


def _hatch(canvas: Any, box: tuple[float, float, float, float], part: int, spacing: float) -> None:
    west, south, east, north = box
    kind = (part - 1) % 7
    if kind == 2:  # dots
        for row, y in enumerate(np.arange(south, north, spacing)):
            for x in np.arange(west + (row % 2) * spacing / 2, east, spacing):
                canvas.circle(x, y, 0.6, stroke=0, fill=1)
        return
    angles = {0: (45,), 1: (135,), 3: (0,), 4: (90,), 5: (45, 135), 6: (0, 90)}[kind]
    middle, reach = np.array([(west + east) / 2, (south + north) / 2]), math.hypot(east - west, north - south) / 2
    for angle in angles:
        along = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
        across = np.array([-along[1], along[0]])
        for offset in np.arange(-reach, reach + spacing, spacing):
            (x1, y1), (x2, y2) = (middle + across * offset + along * end for end in (-reach, reach))
            canvas.line(x1, y1, x2, y2)


def draw_lines(canvas: Any, shape: BaseGeometry, *, colour: str, width: float, dash: tuple[float, ...] = ()) -> None:
    """Stroke all lines and rings of a shape in points."""
    if shape.is_empty:
        return
    canvas.saveState()
    canvas.setStrokeColor(colour)
    canvas.setLineWidth(width)
    canvas.setLineJoin(1)
    canvas.setDash(*([list(dash)] if dash else []))
    canvas.drawPath(outline(canvas, shape), stroke=1, fill=0)
    canvas.restoreState()


class Labels:
    """Words on a map, dark on a white halo, none over another: who comes first stays."""

    def __init__(self, canvas: Any, window: Window) -> None:
        self._canvas, self._window = canvas, window
        self._taken: list[tuple[float, float, float, float]] = []

    def put(self, rows: tuple[str, ...], x: float, y: float, *, size: float = 8.0, font: str = REGULAR) -> bool:
        """Write rows centred at (x, y); False where there is no room."""
        wide = max(text_width(row, size, font=font) for row in rows) / 2 + 1.5
        high = size * 1.25 * len(rows) / 2
        west, south, east, north = box = (x - wide, y - high, x + wide, y + high)
        w = self._window
        outside = west < w.left or east > w.left + w.width or south < w.bottom or north > w.bottom + w.height
        if outside or any(west < b[2] and b[0] < east and south < b[3] and b[1] < north for b in self._taken):
            return False
        self._taken.append(box)
        for i, row in enumerate(rows):
            self._halo(row, x - text_width(row, size, font=font) / 2, north - size * (1.25 * i + 1.0), size, font)
        return True

    def reserve(self, left: float, bottom: float, width: float, height: float) -> None:
        """Keep words off a rectangle, such as the legend's."""
        self._taken.append((left, bottom, left + width, bottom + height))

    def _halo(self, words: str, x: float, y: float, size: float, font: str) -> None:
        canvas = self._canvas
        for mode, stroke in ((1, "#ffffff"), (0, INK)):
            # A state of its own each time: reportlab leaves mode 0 out, and the halo's mode would go on.
            canvas.saveState()
            text = canvas.beginText(x, y)
            text.setFont(font, size)
            text.setTextRenderMode(mode)
            canvas.setStrokeColor(stroke)
            canvas.setFillColor(INK)
            canvas.setLineWidth(size / 4)
            canvas.setLineJoin(1)
            text.textOut(words)
            canvas.drawText(text)
            canvas.restoreState()


def draw_scale_bar(canvas: Any, window: Window, x: float, y: float) -> None:
    """A bar of a round length, at most a fifth of the window and 105 points; drawn rightwards from (x, y)."""
    metres = round_below(min(window.width / 5, 105.0) / window.scale)
    length = metres * window.scale
    canvas.saveState()
    canvas.setStrokeColor(INK)
    canvas.setFillColor(INK)
    canvas.setLineWidth(0.6)
    for i in range(4):
        canvas.rect(x + i * length / 4, y, length / 4, 3, stroke=1, fill=int(i % 2 == 0))
    canvas.setFont(REGULAR, 8)
    canvas.drawString(x - 2, y + 5, "0")
    canvas.drawCentredString(x + length, y + 5, f"{metres:g} 米")
    canvas.restoreState()


def round_below(metres: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above ``metres``.

    >>> [round_below(x) for x in (7.0, 199.0, 200.0, 4999.0)]
    [5.0, 100.0, 200.0, 2000.0]
    """
    power = 10.0 ** math.floor(math.log10(metres))
    return max(step * power for step in (1, 2, 5) if step * power <= metres)


def draw_north(canvas: Any, x: float, y: float) -> None:
    """North arrow 24 points high with its foot at (x, y); the map is drawn north up."""
    canvas.saveState()
    canvas.setFillColor(INK)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(0.6)
    for side, fill in ((-6, 1), (6, 0)):
        path = canvas.beginPath()
        path.moveTo(x, y + 24)
        path.lineTo(x + side, y)
        path.lineTo(x, y + 6)
        path.close()
        canvas.drawPath(path, stroke=1, fill=fill)
    canvas.setFont(BOLD, 9)
    canvas.drawCentredString(x, y + 27, "北")
    canvas.restoreState()
