"""The demo's drawn scenes as pixels, so that they go the way of a photograph that somebody sent.

Only what `geoapp.demo.pictures` writes is read: rectangles, circles, ellipses, paths of straight and quadratic pieces.
The mark 示意 is drawn stroke by stroke, for no font is sure to have it.
"""

from __future__ import annotations

import re
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

from geoapp.demo.pictures import HEIGHT, WIDTH

#: Pixels a unit of the drawing; drawn twice as large, then made smaller, which smooths the edges.
_SCALE, _FINER = 2.5, 2
Line = list[tuple[float, float]]
#: 示 and 意 in a square of 24 units.
_MARK: tuple[tuple[Line, ...], ...] = (
    ([(6, 4), (18, 4)], [(2, 10), (22, 10)], [(12, 10), (12, 22), (9, 21)], [(7, 14), (3, 20)], [(17, 14), (21, 20)]),
    (
        [(12, 1), (12, 4)], [(4, 4), (20, 4)], [(8, 5), (9, 8)], [(16, 5), (15, 8)], [(2, 8), (22, 8)],
        [(6, 10), (18, 10), (18, 16), (6, 16), (6, 10)], [(6, 13), (18, 13)],
        [(4, 19), (2, 22)], [(8, 18), (8, 22), (16, 22), (17, 20)], [(12, 17), (13, 19)], [(19, 18), (22, 21)],
    ),
)  # fmt: skip


def snapshot(svg: bytes) -> bytes:
    """JPEG of a drawn scene, 800 by 600, marked 示意."""
    scale = _SCALE * _FINER
    image = Image.new("RGB", (int(WIDTH * scale), int(HEIGHT * scale)), "#ffffff")
    pen = ImageDraw.Draw(image)
    for name, words in re.findall(r"<(rect|circle|ellipse|path)\b([^>]*)/>", svg.decode()):
        _draw(pen, name, dict(re.findall(r'([\w-]+)="([^"]*)"', words)), scale)
    _stamp(pen, scale)
    out = BytesIO()
    image.resize((int(WIDTH * _SCALE), int(HEIGHT * _SCALE)), Image.Resampling.BOX).save(out, "JPEG", quality=82)
    return out.getvalue()


def _draw(pen: ImageDraw.ImageDraw, name: str, given: dict[str, str], scale: float) -> None:
    fill = given.get("fill", "none")
    stroke, width = given.get("stroke", "none"), float(given.get("stroke-width", 0)) * scale
    lines = _outlines(name, given)
    for line in lines:
        points = [(x * scale, y * scale) for x, y in line]
        if fill != "none" and len(points) > 2:
            pen.polygon(points, fill=fill)
        if stroke != "none" and width:
            # A ring is closed, or a nick shows where it begins.
            pen.line(
                [*points, *points[1:2]] if points[0] == points[-1] else points, stroke, round(width), joint="curve"
            )


def _outlines(name: str, given: dict[str, str]) -> list[Line]:
    if name == "path":
        return path_lines(given["d"])
    if name == "rect":
        west, north, wide, high = (float(given[key]) for key in ("x", "y", "width", "height"))
        east, south = west + wide, north + high
        return [[(west, north), (east, north), (east, south), (west, south), (west, north)]]
    rx = float(given.get("rx", given.get("r", 0)))
    ry = float(given.get("ry", given.get("r", 0)))
    angle = np.linspace(0, 2 * np.pi, 49)
    ring = np.column_stack([float(given["cx"]) + rx * np.cos(angle), float(given["cy"]) + ry * np.sin(angle)])
    turned = re.match(r"rotate\(([-\d.]+) ([-\d.]+) ([-\d.]+)\)", given.get("transform", ""))
    if turned:
        by, *at = (float(part) for part in turned.groups())
        c, s = np.cos(np.radians(by)), np.sin(np.radians(by))
        ring = (ring - at) @ np.array([[c, s], [-s, c]]) + at
    line: Line = [(x, y) for x, y in ring.tolist()]
    return [[*line[:-1], line[0]]]


def path_lines(d: str) -> list[Line]:
    """The lines of a path of M, l, h, v, q and z.

    Examples
    --------
    >>> path_lines("M1 2h3v-1zM0 0l2 2")
    [[(1.0, 2.0), (4.0, 2.0), (4.0, 1.0), (1.0, 2.0)], [(0.0, 0.0), (2.0, 2.0)]]
    """
    lines: list[Line] = []
    for command, words in re.findall(r"([Mlhvqz])([^Mlhvqz]*)", d):
        n = [float(word) for word in re.findall(r"-?\d+\.?\d*", words)]
        if command == "M":
            lines.append([(n[0], n[1])])
            continue
        x, y = lines[-1][-1]
        if command == "z":
            lines[-1].append(lines[-1][0])
        elif command == "q":
            for t in (0.2, 0.4, 0.6, 0.8, 1.0):
                a, b = 2 * t * (1 - t), t * t
                lines[-1].append((x + a * n[0] + b * n[2], y + a * n[1] + b * n[3]))
        else:
            lines[-1].append((x + (0 if command == "v" else n[0]), y + {"l": n[-1], "v": n[0], "h": 0.0}[command]))
    return lines


def _stamp(pen: ImageDraw.ImageDraw, scale: float) -> None:
    """示意 in white on a dark plate, below at the right."""
    size = 0.7
    left, top = WIDTH - 48.0, HEIGHT - 26.0
    pen.rectangle([left * scale, top * scale, (WIDTH - 6) * scale, (HEIGHT - 6) * scale], fill="#1b1f24")
    for number, strokes in enumerate(_MARK):
        for line in strokes:
            points = [((left + 3 + 19 * number + size * x) * scale, (top + 1.5 + size * y) * scale) for x, y in line]
            pen.line(points, "#ffffff", round(1.4 * scale), joint="curve")
