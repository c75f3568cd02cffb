"""Drawn pictures of what residents report: simple scenes as SVG, by day and at dusk; nobody's photograph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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


def _car(light: Light) -> str:
    body = "M70 198v-22l22 -4l24 -24h64l28 24l34 6v20z"
    lane = "".join(_rect(8 + step * 44, 222, 26, 5, "#f2f2ee") for step in range(7))
    windows = _path("M104 170l16 -16h26v16zM154 170v-16h24l18 16z", light.window)
    wheels = "".join(_circle(x, 200, 14, "#24282d") + _circle(x, 200, 6, "#b9bec5") for x in (108, 206))
    sign = _circle(276, 124, 16, "#b3261e") + _circle(276, 124, 12, "#1f5fa8")
    cross = _path("M267 115l18 18M285 115l-18 18", stroke="#b3261e", width=4) + _rect(274, 140, 4, 60, light.ink)
    return lane + _path(body, "#9c3d34") + windows + wheels + sign + cross


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
    "cover": _cover,
    "lamp": _lamp,
    "pothole": _pothole,
    "wires": _wires,
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
