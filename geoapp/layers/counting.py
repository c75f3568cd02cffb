"""How many shapes of one layer lie in, or cross, chosen shapes of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.errors import Invalid

ObjectArray = NDArray[np.object_]
POINT, CROSSING, INSIDE = "point", "crossing", "inside"


class BadCondition(Invalid):
    """A condition that cannot be understood, or that no row meets."""


def meets(condition: str, rows: Sequence[Mapping[str, Any]]) -> NDArray[np.bool_]:
    """Which rows have the stated value: ``field=value``; an empty condition is met by all.

    Examples
    --------
    >>> meets("district=朝阳区", [{"district": "朝阳区"}, {"district": "海淀区"}]).tolist()
    [True, False]
    """
    if not condition:
        return np.ones(len(rows), dtype=bool)
    name, sign, value = (part.strip() for part in condition.partition("="))
    if not sign or not name:
        raise BadCondition(f"条件“{condition}”应写成 字段=值，例如 district=朝阳区。")
    if rows and not any(name in row for row in rows):
        fields = "、".join(dict.fromkeys(key for row in rows[:50] for key in row))
        raise BadCondition(f"图层里没有字段“{name}”；有 {fields}。")
    return np.array([str(row.get(name, "")) == value for row in rows], dtype=bool)


def those_within(shapes: ObjectArray, areas: ObjectArray, *, by: str) -> NDArray[np.int64]:
    """Positions of the shapes that belong to any of the areas.

    Parameters
    ----------
    shapes, areas : shapely shapes in the same coordinates; missing ones never count
    by : ``point`` a point on the shape's surface lies inside (each shape belongs to one of several that tile);
        ``crossing`` any bit of it does, a mere touch included; ``inside`` all of it does

    Returns
    -------
    (n_found,) ascending positions in ``shapes``
    """
    there = np.flatnonzero(~shapely.is_missing(shapes))
    asked = shapely.point_on_surface(shapes[there]) if by == POINT else shapes[there]
    tree = shapely.STRtree(asked)
    predicate = "covers" if by == INSIDE else "intersects"
    found = tree.query(areas[~shapely.is_missing(areas)], predicate=predicate)[1]
    positions: NDArray[np.int64] = there[np.unique(found)]
    return positions
