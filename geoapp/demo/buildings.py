"""Buildings of a parcel: rows of slabs that face south, point towers, offices, schools."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import shapely
from shapely import LineString, Polygon

from geoapp.demo.blocks import Parcel, Use

STOREY_M = 2.9
# A stairwell 单元 of a slab is this wide and has two homes on each storey.
_STAIR_M, _HOMES_PER_STAIR = 15.0, 2
_SLAB_DEPTH_M = 12.5
_WALL_M = 7.0


@dataclass(frozen=True)
class Shape:
    """A building as drawn: ground plan, storeys, stairwells, homes on each storey (none in an office), its parcel."""

    polygon: Polygon
    kind: str
    storeys: int
    stairs: int
    homes_per_storey: int
    parcel: int = -1


def raise_buildings(parcel: Parcel, rng: random.Random) -> list[Shape]:
    """Buildings of one parcel, all inside its walls, none touching another, north-west first."""
    inner = parcel.polygon.buffer(-_WALL_M, join_style="mitre")
    if inner.is_empty:
        return []
    if parcel.use == "slabs":
        shapes = _slabs(inner, rng, sun=1.6 if parcel.managed else 1.35)
    else:
        shapes = _RAISE[parcel.use](inner, rng)
    return sorted(shapes, key=lambda shape: (-round(shape.polygon.centroid.y / 25.0), shape.polygon.centroid.x))


def _box(west: float, south: float, width: float, depth: float) -> Polygon:
    return Polygon([(west, south), (west + width, south), (west + width, south + depth), (west, south + depth)])


def _free_run(inner: Polygon, south: float, depth: float) -> tuple[float, float] | None:
    """West and east end of the longest stretch that a row of this depth may fill."""
    west, _, east, _ = inner.bounds
    runs = None
    for y in (south, south + depth / 2.0, south + depth):
        met = shapely.get_parts(inner.intersection(LineString([(west - 1.0, y), (east + 1.0, y)])))
        lines = [part for part in met if isinstance(part, LineString) and part.length > 0.0]
        if not lines:
            return None
        longest = max(lines, key=lambda part: float(part.length)).bounds
        runs = (longest[0], longest[2]) if runs is None else (max(runs[0], longest[0]), min(runs[1], longest[2]))
    return runs if runs and runs[1] - runs[0] > 1.0 else None


def _slabs(inner: Polygon, rng: random.Random, *, gaps: float = 0.08, sun: float = 1.5) -> list[Shape]:
    """Rows of slabs, `sun` times their height apart; old compounds stand closer than new ones."""
    storeys = rng.choice([5, 6, 6, 6])
    pitch = _SLAB_DEPTH_M + storeys * STOREY_M * sun
    shapes: list[Shape] = []
    _, south, _, north = inner.bounds
    rows = max(1, int((north - south - _SLAB_DEPTH_M) // pitch) + 1)
    spare = (north - south - _SLAB_DEPTH_M - (rows - 1) * pitch) / 2.0
    for row in range(rows):
        y = south + min(spare, 6.0) + row * (pitch + max(0.0, spare - 6.0) / rows)
        run = _free_run(inner, y, _SLAB_DEPTH_M)
        if run is None or run[1] - run[0] < 2 * _STAIR_M + 1:
            continue
        shapes += _row_of_slabs(run, y, storeys, rng, gaps)
    return shapes


def _row_of_slabs(run: tuple[float, float], y: float, storeys: int, rng: random.Random, gaps: float) -> list[Shape]:
    """Slabs of two to five stairwells along one row, lanes of 12 m and more between them."""
    length = run[1] - run[0]
    count = max(1, round((length + 12.0) / 76.0))
    room = (length - 12.0 * (count - 1)) / count
    stairs = max(2, min(5, int((room - 1.0) / _STAIR_M)))
    width = stairs * _STAIR_M + 1.0
    lane = (length - count * width) / max(1, count - 1) if count > 1 else 0.0
    west = run[0] if count > 1 else run[0] + rng.uniform(0.0, length - width)
    row = []
    for number in range(count):
        if rng.random() >= gaps:
            x, dy = west + number * (width + lane), rng.choice([0.0, 0.0, 0.0, 2.5])
            row.append(Shape(_slab_plan(x, y + dy, width, stairs), "住宅", storeys, stairs, stairs * _HOMES_PER_STAIR))
    return row


def _slab_plan(x: float, y: float, width: float, stairs: int) -> Polygon:
    """Ground plan of a slab: its north side steps out at every stairwell."""
    depth, step = _SLAB_DEPTH_M - 4.0, 1.5
    points = [(x, y), (x + width, y), (x + width, y + depth)]
    for stair in reversed(range(stairs)):
        middle = x + 0.5 + (stair + 0.5) * _STAIR_M
        points += [(middle + 2.5, y + depth), (middle + 2.5, y + depth + step)]
        points += [(middle - 2.5, y + depth + step), (middle - 2.5, y + depth)]
    return Polygon([*points, (x, y + depth)])


def _tower_plan(x: float, y: float) -> Polygon:
    """Ground plan of a point tower, 26 m by 22 m with cut corners."""
    return Polygon(
        [
            *[(x + 6, y), (x + 20, y), (x + 20, y + 4), (x + 26, y + 4), (x + 26, y + 16), (x + 19, y + 16)],
            *[(x + 19, y + 22), (x + 7, y + 22), (x + 7, y + 16), (x, y + 16), (x, y + 4), (x + 6, y + 4)],
        ]
    )


def _towers(inner: Polygon, rng: random.Random, *, most: int = 6) -> list[Shape]:
    shapes: list[Shape] = []
    _, south, _, north = inner.bounds
    storeys, row = rng.choice([16, 18, 20]), 0
    y = north - 24.0
    while y > south and len(shapes) < most:
        run = _free_run(inner, y, 22.0)
        if run is None or run[1] - run[0] < 27.0:
            y -= 8.0
            continue
        x = run[0] + (26.0 if row % 2 and run[1] - run[0] > 60.0 else 0.0)
        while x + 26.0 <= run[1] and len(shapes) < most:
            shapes.append(Shape(_tower_plan(x, y), "住宅", storeys, 1, 6))
            x += 58.0
        y, row = y - 64.0, row + 1
    return shapes


def _mixed(inner: Polygon, rng: random.Random) -> list[Shape]:
    """A row of towers along the north, slabs to the south of it."""
    west, south, east, north = inner.bounds
    line = north - max(46.0, 0.38 * (north - south))
    upper, lower = (shapely.box(west, line, east, north), shapely.box(west, south, east, line - 22.0))
    shapes = _towers(_largest(inner.intersection(upper)), rng, most=2)
    rest = _largest(inner.intersection(lower))
    return shapes + (_slabs(rest, rng) if not rest.is_empty else [])


def _largest(land: shapely.Geometry) -> Polygon:
    parts = [part for part in shapely.get_parts(land) if isinstance(part, Polygon)]
    return max(parts, key=lambda part: float(part.area), default=Polygon())


def _pair(inner: Polygon, rng: random.Random) -> list[Shape]:
    """The two longest slabs of those that would fit, with room between them."""
    rows = _slabs(inner, rng, gaps=0.0)
    return sorted(rows, key=lambda shape: -shape.stairs)[:2]


def _offices(inner: Polygon, rng: random.Random) -> list[Shape]:
    shapes: list[Shape] = []
    _, south, _, north = inner.bounds
    y = south + 4.0
    while y < north - 30.0:
        depth = rng.uniform(34.0, 52.0)
        run = _free_run(inner, y, depth)
        if run and run[1] - run[0] > 36.0:
            x = run[0] + 3.0
            while x + 34.0 <= run[1]:
                width = min(rng.uniform(36.0, 66.0), run[1] - x)
                shapes.append(Shape(_box(x, y, width, depth), "办公", rng.randint(5, 26), 0, 0))
                x += width + rng.uniform(26.0, 60.0)
        y += depth + rng.uniform(34.0, 60.0)
    return shapes


def _school(inner: Polygon, rng: random.Random) -> list[Shape]:
    """Teaching wings along the north side; the rest is the playing field."""
    _, south, _, north = inner.bounds
    shapes: list[Shape] = []
    for y in (north - 18.0, north - 50.0):
        run = _free_run(inner, y, 14.0)
        if y > south and run and run[1] - run[0] > 30.0:
            width = min(run[1] - run[0], rng.uniform(50.0, 74.0))
            shapes.append(Shape(_box(run[0], y, width, 14.0), "学校", 4, 0, 0))
    return shapes


def _villas(inner: Polygon, rng: random.Random) -> list[Shape]:
    shapes: list[Shape] = []
    west, south, east, north = inner.bounds
    y = south + 12.0
    while y < north - 24.0:
        x = west + 12.0
        while x < east - 30.0:
            plan = _box(
                x + rng.uniform(0.0, 12.0), y + rng.uniform(0.0, 10.0), rng.uniform(20, 32), rng.uniform(15, 22)
            )
            if inner.contains(plan):
                shapes.append(Shape(plan, "公共", rng.randint(2, 3), 0, 0))
            x += 78.0
        y += 74.0
    return shapes


def _hall(inner: Polygon, rng: random.Random) -> list[Shape]:
    """Exhibition halls about a middle axis."""
    west, south, east, north = inner.bounds
    middle = (west + east) / 2.0
    plans = [_box(middle - 45, north - 130, 90, 60), _box(middle - 22, north - 200, 44, 50)]
    for side in (-1, 1):
        for row in range(3):
            plans.append(_box(middle + side * 115 - 40, south + 60 + row * 110 + rng.uniform(0, 8), 80, 62))
    return [Shape(plan, "展览", 2, 0, 0) for plan in plans if inner.contains(plan)]


def _nothing(inner: Polygon, rng: random.Random) -> list[Shape]:
    return []


def _park(inner: Polygon, rng: random.Random) -> list[Shape]:
    """A few pavilions and a gate house."""
    west, south, east, north = inner.bounds
    spots = [(0.16, 0.22), (0.3, 0.86), (0.62, 0.12), (0.86, 0.55), (0.74, 0.9)]
    plans = [_box(west + u * (east - west), south + v * (north - south), 34.0, 20.0) for u, v in spots]
    return [Shape(plan, "公共", rng.randint(1, 2), 0, 0) for plan in plans if inner.contains(plan)]


_RAISE: dict[Use, Callable[[Polygon, random.Random], list[Shape]]] = {
    "slabs": _slabs,
    "towers": _towers,
    "mixed": _mixed,
    "pair": _pair,
    "office": _offices,
    "school": _school,
    "villas": _villas,
    "hall": _hall,
    "park": _park,
    "green": _nothing,
}
