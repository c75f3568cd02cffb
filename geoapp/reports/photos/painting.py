"""What staff paint over faces and number plates 打码: shapes in fractions of the upright picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geoapp.errors import Invalid

#: More than anybody paints on one picture.
MOST_SHAPES, MOST_POINTS = 200, 4000
_KINDS = ("rect", "polygon", "brush")


class BadShape(Invalid):
    """A shape that cannot be painted."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A polygon's rim, or a brush's way with its ``width`` (a fraction of the picture's longer side).

    A rectangle is a polygon of four points.
    """

    points: tuple[tuple[float, float], ...]
    width: float = 0.0

    @property
    def is_brush(self) -> bool:
        """Is it a stroke of a brush?"""
        return self.width > 0


def parse_shapes(found: Any) -> tuple[Shape, ...]:
    """Shapes from JSON: a list of rect ``at`` [x, y, width, height], polygon ``points``, brush ``points`` ``width``."""
    if not isinstance(found, list) or len(found) > MOST_SHAPES:
        raise BadShape("打码图形应为列表，最多 %(most)s 个；请减少后重试。", most=MOST_SHAPES)
    shapes = tuple(_shape(one) for one in found)
    if sum(len(shape.points) for shape in shapes) > MOST_POINTS:
        raise BadShape("打码笔画的点超过 %(most)s 个；请分成较短的笔画。", most=MOST_POINTS)
    return shapes


def shapes_json(shapes: Sequence[Shape]) -> list[dict[str, Any]]:
    """The shapes as `parse_shapes` reads them."""
    return [
        {"kind": "brush", "points": [list(point) for point in shape.points], "width": shape.width}
        if shape.is_brush
        else {"kind": "polygon", "points": [list(point) for point in shape.points]}
        for shape in shapes
    ]


def _shape(found: Any) -> Shape:
    kind = found.get("kind") if isinstance(found, dict) else None
    if kind not in _KINDS:
        raise BadShape("打码图形的种类应为 %(kinds)s 之一。", kinds=", ".join(_KINDS))
    if kind == "rect":
        x, y, width, height = _numbers(found.get("at"), 4)
        if width <= 0 or height <= 0:
            raise BadShape("打码方框的宽和高应大于零。")
        right, bottom = min(1.0, x + width), min(1.0, y + height)
        return Shape(((x, y), (right, y), (right, bottom), (x, bottom)))
    points = found.get("points")
    if not isinstance(points, list) or len(points) < (3 if kind == "polygon" else 1):
        raise BadShape("打码图形的点太少；多边形至少三个，笔画至少一个。")
    pairs = tuple((x, y) for x, y in (_numbers(point, 2) for point in points[: MOST_POINTS + 1]))
    if kind == "polygon":
        return Shape(pairs)
    (width,) = _numbers([found.get("width")], 1)
    if width <= 0:
        raise BadShape("画笔的粗细应大于零。")
    return Shape(pairs, width)


def _numbers(found: Any, count: int) -> list[float]:
    """Fractions of the picture; what lies outside of it by a stroke's width is drawn to its rim."""
    if not isinstance(found, list) or len(found) != count:
        raise BadShape("打码图形的每个位置应有 %(count)s 个数。", count=count)
    for value in found:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadShape("打码图形的位置应为数。")
        if not -1 <= value <= 2:  # not a number neither is
            raise BadShape("打码图形的位置按图片宽高的比例给出，应在 0 到 1 之间。")
    return [min(1.0, max(0.0, float(value))) for value in found]
