"""Drawn pictures of what residents report: simple scenes as SVG, by day and at dusk; nobody's photograph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 320, 240


@dataclass(frozen=True)
class Light:
    """Colours of a time of day."""

    sky: str
    wall: str
    window: str
    ground: str
    ink: str


LIGHTS = {
    "day": Light("#dcebf5", "#e9e4da", "#b9cad6", "#cfcdc6", "#3a3f45"),
    "dusk": Light("#4a5570", "#6f6a72", "#f0d48a", "#5c5b60", "#1e2126"),
}


def _rect(x: float, y: float, width: float, height: float, fill: str, extra: str = "") -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}"{extra}/>'


def _circle(x: float, y: float, radius: float, fill: str, extra: str = "") -> str:
    return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}"{extra}/>'


def _path(d: str, fill: str = "none", stroke: str = "none", width: float = 0) -> str:
    return f'<path d="{d}" fill="{fill}" stroke="{stroke}" stroke-width="{width}" stroke-linejoin="round"/>'


def _scene(light: Light) -> str:
    """Sky, a slab of flats behind, the ground before it."""
    parts = [_rect(0, 0, WIDTH, HEIGHT, light.sky), _rect(20, 24, 280, 126, light.wall)]
    parts += [
        _rect(34 + column * 33, 36 + row * 28, 18, 14, light.window, ' rx="1"')
        for row in range(4)
        for column in range(8)
        if (row + 2 * column) % 7
    ]
    return "".join([*parts, _rect(0, 150, WIDTH, 90, light.ground), _rect(0, 148, WIDTH, 3, light.ink)])


def _rubbish(light: Light) -> str:
    bins = "".join(
        _rect(x, 140, 34, 46, "#3f7d4e", ' rx="3"') + _rect(x - 3, 134, 40, 8, "#2f5f3b", ' rx="3"') for x in (90, 130)
    )
    bags = [(178, 186, 15), (200, 192, 12), (216, 184, 16), (238, 194, 11), (160, 198, 10)]
    return bins + "".join(
        _circle(x, y, radius, "#7c838c") + _path(f"M{x - 4} {y - radius}h8l-4 5z", "#a9b0b8") for x, y, radius in bags
    )


def _bicycle_at(x: float, y: float, colour: str) -> str:
    wheels = "".join(_circle(x + dx, y, 15, "none", ' stroke="#24282d" stroke-width="2.5"') for dx in (0, 44))
    frame = f"M{x} {y}l14 -24h24l6 24M{x + 14} {y - 24}l8 24l16 -24M{x + 38} {y - 24}v-9h8M{x + 10} {y - 28}h9"
    return wheels + _path(frame, stroke=colour, width=3)


def _bicycles(light: Light) -> str:
    colours = ["#c8a415", "#2a78a8", "#c8a415", "#4b8a3a", "#2a78a8"]
    spots = [(36, 176), (92, 184), (148, 178), (206, 190), (246, 208)]
    return "".join(_bicycle_at(x, y, colour) for (x, y), colour in zip(spots, colours, strict=True))


def _parked(light: Light, colour: str, y: float) -> str:
    """A car whose floor is at ``y``."""
    body = _path(f"M70 {y}v-22l22 -4l24 -24h64l28 24l34 6v20z", colour)
    windows = _path(f"M104 {y - 28}l16 -16h26v16zM154 {y - 28}v-16h24l18 16z", light.window)
    wheels = "".join(_circle(x, y + 2, 14, "#24282d") + _circle(x, y + 2, 6, "#b9bec5") for x in (108, 206))
    return body + windows + wheels


def _car(light: Light) -> str:
    lane = "".join(_rect(8 + step * 44, 222, 26, 5, "#f2f2ee") for step in range(7))
    sign = _circle(276, 124, 16, "#b3261e") + _circle(276, 124, 12, "#1f5fa8")
    cross = _path("M267 115l18 18M285 115l-18 18", stroke="#b3261e", width=4) + _rect(274, 140, 4, 60, light.ink)
    return lane + _parked(light, "#9c3d34", 198) + sign + cross


def _fire_lane(light: Light) -> str:
    """A car on a lane that is hatched and says 消防通道."""
    yellow = "#e0b010"
    rim = _path("M14 236l22 -68h248l22 68z", stroke=yellow, width=4)
    hatch = "".join(_path(f"M{44 + step * 34} 168l-26 38", stroke=yellow, width=3) for step in range(8))
    words = "".join(
        _path(_line([(76 + 44 * n + x * 1.25, 207 + y * 1.1) for x, y in stroke]), stroke=yellow, width=3)
        for n, letter in enumerate("消防通道")
        for stroke in _LETTERS[letter]
    )
    flame = _path("M268 122q-14 -12 2 -30q2 10 8 12q8 10 -2 18z", "#ffffff")
    sign = _rect(252, 84, 40, 44, "#b3261e", ' rx="3"') + flame + _rect(270, 128, 4, 42, light.ink)
    return rim + hatch + words + sign + _parked(light, "#5b6b7d", 182)


_Stroke = list[tuple[float, float]]
#: 消防通道 as strokes in squares of 24 units, for no font is sure to have them.
_ROAD: tuple[_Stroke, ...] = ([(3, 3), (5, 5)], [(2, 9), (5, 9), (5, 17), (2, 20)], [(5, 18), (22, 21)])
_LETTERS: dict[str, tuple[_Stroke, ...]] = {
    "消": (
        [(3, 4), (5, 6)], [(2, 11), (4, 13)], [(3, 21), (6, 15)], [(15, 2), (15, 8)], [(10, 4), (12, 7)],
        [(20, 4), (18, 7)], [(10, 9), (10, 22)], [(10, 9), (20, 9), (20, 21), (18, 20)], [(10, 13), (20, 13)],
        [(10, 17), (20, 17)],
    ),
    "防": (
        [(3, 3), (3, 22)], [(3, 3), (8, 3), (6, 8), (8, 12), (3, 14)], [(15, 2), (16, 5)], [(10, 7), (22, 7)],
        [(14, 7), (13, 14), (9, 22)], [(14, 12), (20, 12), (19, 21), (16, 20)],
    ),
    "通": (
        *_ROAD, [(10, 3), (19, 3), (15, 6)], [(10, 7), (10, 18)], [(10, 7), (20, 7), (20, 17), (18, 17)],
        [(10, 10), (20, 10)], [(10, 14), (20, 14)], [(15, 7), (15, 18)],
    ),
    "道": (
        *_ROAD, [(11, 2), (13, 4)], [(19, 2), (17, 4)], [(9, 6), (22, 6)], [(15, 6), (14, 9)],
        [(11, 9), (19, 9), (19, 18), (11, 18), (11, 9)], [(11, 12), (19, 12)], [(11, 15), (19, 15)],
    ),
}  # fmt: skip


def _line(points: list[tuple[float, float]]) -> str:
    """A line as SVG writes it: its first point, then the way to each next one."""
    ways = [(x - px, y - py) for (px, py), (x, y) in pairwise(points)]
    return "M" + "l".join(f"{x:.4g} {y:.4g}" for x, y in (points[0], *ways))


def _cover(light: Light) -> str:
    rim = '<ellipse cx="160" cy="196" rx="58" ry="26" fill="#55595f"/>'
    hole = '<ellipse cx="160" cy="196" rx="48" ry="20" fill="#121417"/>'
    lid = '<ellipse cx="186" cy="186" rx="46" ry="18" fill="#7b8087" transform="rotate(-14 186 186)"/>'
    bars = "".join(_path(f"M{158 + step * 14} {192 - step * 4}l14 -14", stroke="#5d6269", width=3) for step in range(4))
    return rim + hole + lid + bars


def _lamp(light: Light) -> str:
    pole = _rect(156, 44, 6, 156, "#868d96") + _path("M159 46q4 -18 34 -16", stroke="#868d96", width=5)
    head = _path("M186 24h28l6 10h-40z", "#a0a6ae") + _path("M190 34h20l-3 7h-14z", "#2b2e33")
    return pole + head + _path("M192 50l16 16M208 50l-16 16", stroke="#b3261e", width=4)


def _pothole(light: Light) -> str:
    edge = "M88 200l20 -18l34 4l22 -10l36 8l30 16l-14 20l-40 6l-30 -4l-38 2z"
    core = "M106 200l14 -10l30 3l18 -7l26 6l18 9l-12 11l-30 4l-26 -3l-26 1z"
    cracks = "M88 200l-30 6l-16 -8M230 200l34 -6l14 8M150 186l-8 -22M176 222l10 14"
    return _path(edge, "#8d8a84") + _path(core, "#4d4b48") + _path(cracks, stroke="#4d4b48", width=2.5)


def _wires(light: Light) -> str:
    cable = "M76 62q34 70 60 118M136 180q20 14 52 4"
    scooter = _bicycle_at(176, 196, "#b04a2f") + _rect(186, 168, 30, 14, "#b04a2f", ' rx="4"')
    holes = "".join(_rect(x, 175, 5, 4, "#24282d") for x in (127, 137))
    board = _rect(122, 172, 28, 10, "#f4f4f0", ' rx="2"') + holes
    return _path(cable, stroke="#b3261e", width=3) + scooter + board


def _shed(light: Light) -> str:
    """A charging shed with a scooter at every socket and more before it."""
    roof = _path("M16 100l16 -18h256l16 18z", "#3f7d4e") + _rect(16, 100, 288, 5, "#2f5f3b")
    posts = "".join(_rect(x, 105, 5, 92, "#868d96") for x in (28, 157, 287))
    boxes = "".join(
        _rect(x, 116, 22, 26, "#f4f4f0", ' rx="2"')
        + _path(f"M{x + 12} 119l-6 10h5l-3 9l8 -12h-5l4 -7z", "#c8a415")
        + _circle(x + 18, 138, 2.5, "#b3261e")
        for x in (48, 88, 128, 176, 216, 256)
    )
    colours = ["#b04a2f", "#2a78a8", "#4b8a3a", "#7a5a3c", "#b04a2f", "#2a78a8", "#6f6a72", "#b04a2f"]
    inside = [(36 + 34 * n, 188) for n in range(6)]
    scooters = "".join(
        _bicycle_at(x, y, colour) + _rect(x + 10, y - 30, 26, 12, colour, ' rx="4"')
        for (x, y), colour in zip([*inside, (66, 216), (178, 218)], colours, strict=True)
    )
    return boxes + posts + roof + scooters


def _tree(light: Light) -> str:
    trunk = _path("M60 196l116 -30l10 12l-118 30z", "#7a5a3c")
    crown = "".join(
        _circle(x, y, radius, colour)
        for x, y, radius, colour in [
            *[(200, 158, 30, "#5f8f4e"), (232, 170, 28, "#6fa05c"), (212, 188, 26, "#55843f")],
            *[(250, 190, 20, "#5f8f4e"), (188, 180, 20, "#6fa05c")],
        ]
    )
    return trunk + crown + _path("M56 204l-12 -16M60 196l-18 -4M64 208l-16 10", stroke="#7a5a3c", width=5)


DRAW: dict[str, Callable[[Light], str]] = {
    "rubbish": _rubbish,
    "bicycles": _bicycles,
    "car": _car,
    "fire-lane": _fire_lane,
    "cover": _cover,
    "lamp": _lamp,
    "pothole": _pothole,
    "wires": _wires,
    "shed": _shed,
    "tree": _tree,
}


def picture_name(subject: str, light: str) -> str:
    """File name below `layers/demo` of one picture."""
    return f"pictures/{subject}-{light}.svg"


def pictures() -> dict[str, bytes]:
    """Every subject by day and at dusk: file name -> SVG."""
    return {
        picture_name(subject, light): _svg(_scene(colours) + draw(colours))
        for subject, draw in DRAW.items()
        for light, colours in LIGHTS.items()
    }


def _svg(body: str) -> bytes:
    label = (
        f'<text x="{WIDTH - 8}" y="{HEIGHT - 8}" text-anchor="end" font-size="13" fill="#ffffff" stroke="#1b1f24" '
        'stroke-width="2.5" paint-order="stroke" font-family="sans-serif">示意</text>'
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
    return f"{head}\n{body}\n{label}\n</svg>\n".encode()
