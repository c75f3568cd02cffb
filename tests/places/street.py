"""A tiny street for the tests of places.

One street 012 of two communities, 023 in the west and 024 in the east, on a board of 8 x 4 squares (a square is about
85 m x 111 m). 023 has four grids of 2 x 2 squares, the north-western one has two courtyards.

  +---+---+-------+
  |001|002|       |
  +---+---+  024  |
  |003|004|       |
  +---+---+-------+
"""

from __future__ import annotations

from datetime import date
from typing import Any

from shapely import box
from shapely.geometry import mapping

from geoapp.places.records import PlaceRecord

FIRST = date(2020, 1, 1)
WEST, SOUTH, STEP = 116.46, 39.94, 0.001
DISTRICT, STREET, HOME, EAST = "110105", "110105012", "110105012023", "110105012024"


def squares(west: float, south: float, east: float, north: float) -> Any:
    """A rectangle of the board, in degrees."""
    return box(WEST + west * STEP, SOUTH + south * STEP, WEST + east * STEP, SOUTH + north * STEP)


def street_records() -> list[PlaceRecord]:
    """The street of the drawing."""
    grids = [(0, 2, 2, 4), (2, 2, 4, 4), (0, 0, 2, 2), (2, 0, 4, 2)]
    return [
        PlaceRecord(DISTRICT, "朝阳区", squares(0, 0, 8, 4)),
        PlaceRecord(STREET, "麦子店街道", squares(0, 0, 8, 4)),
        PlaceRecord(HOME, "霞光里社区", squares(0, 0, 4, 4), 4560, "套数", date(2019, 12, 31), 11400, 16),
        PlaceRecord(EAST, "农展南里社区", squares(4, 0, 8, 4), 1800, "套数", date(2019, 12, 31), 4500, 12),
        *(
            PlaceRecord(f"{HOME}{n:03d}", f"第{n}网格", squares(*edges), 1000 + n, "套数", None, 2500)
            for n, edges in enumerate(grids, 1)
        ),
        PlaceRecord(f"{HOME}00101", "甲院", squares(0, 2, 1, 4), 500),
        PlaceRecord(f"{HOME}00102", "乙院", squares(1, 2, 2, 4), 501),
    ]


def plan_of(*parts: tuple[Any, int], place: str | None = HOME, **more: Any) -> dict[str, Any]:
    """plan.json with these parts: geometry and households."""
    listed = [{"geometry": mapping(geometry), "households": households} for geometry, households in parts]
    return {"status": "optimal", "parts": listed, "place": place, **more}
