"""Streets, river and outline, drawn by hand on the board (metres): the lines are invented, some names real."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import shapely
from shapely import LineString, Polygon
from shapely.ops import substring

from geoapp.demo.plane import smooth

RoadClass = Literal["arterial", "minor", "path"]
Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Street:
    """One street: its middle line and how far its land reaches to either side.

    Parameters
    ----------
    name : what the sign says
    road_class : arterial, minor or path
    half_width_m : from the middle line to the walls of what stands beside it
    points : the middle line on the board, metres
    invented : the name is ours, not one of Beijing's
    """

    name: str
    road_class: RoadClass
    half_width_m: float
    points: Points
    invented: bool = False

    @property
    def line(self) -> LineString:
        """The middle line."""
        return LineString(self.points)


# The four sides of the subdistrict meet at these corners.
_NORTH_WEST, _NORTH_EAST = (480.0, 2790.0), (2610.0, 2010.0)
_SOUTH_EAST, _SOUTH_WEST = (2740.0, -100.0), (110.0, 0.0)

SIDES = [
    Street("东三环北路", "arterial", 38, [_SOUTH_WEST, (60, 700), (50, 1300), (100, 1850), (255, 2340), _NORTH_WEST]),
    Street("霄云路", "arterial", 24, [_NORTH_WEST, (1160, 2620), (1930, 2350), _NORTH_EAST]),
    Street("东四环北路", "arterial", 38, [_NORTH_EAST, (2650, 1200), _SOUTH_EAST]),
    Street("朝阳公园南路", "arterial", 24, [_SOUTH_EAST, (1480, -45), _SOUTH_WEST]),
]
OUTLINE = Polygon([point for side in SIDES for point in side.points[:-1]])

RIVER_NAME = "亮马河"
RIVER_HALF_WIDTH_M = 17.0
# Streets follow the river on both banks; between them and the water lies a strip of green.
_RIVERSIDE_M = 48.0
RIVER = LineString(
    smooth(
        [
            *[(40, 1940), (300, 2010), (560, 2065), (850, 2005), (1100, 1950), (1370, 1985), (1620, 1925)],
            *[(1870, 1810), (2120, 1790), (2370, 1850), (2700, 1880)],
        ]
    )
)

RIVERSIDES = [
    Street("亮马河北路", "minor", 9, list(RIVER.offset_curve(_RIVERSIDE_M).coords), invented=True),
    Street("亮马河南路", "minor", 9, list(RIVER.offset_curve(-_RIVERSIDE_M).coords)),
]

# Streets that communities meet at; where the river is the border, it is part of this skeleton too.
ARTERIALS = [
    Street("天泽路", "arterial", 20, [(850, 1960), (864, 2190), (915, 2420), (950, 2700)]),
    Street("东方东路", "arterial", 20, [(1366, 1890), (1375, 2250), (1400, 2560)]),
    Street("麦子店街", "arterial", 20, [(800, -40), (790, 480), (800, 1040), (825, 1580), (850, 1960)]),
    Street("朝阳公园西路", "arterial", 20, [(1500, -60), (1490, 600), (1512, 1100), (1505, 1560), (1530, 2050)]),
    Street("亮马桥路", "arterial", 24, [(40, 1560), (700, 1592), (1505, 1560), (2130, 1470), (2660, 1500)]),
    Street("农展馆北路", "arterial", 20, [(40, 1065), (800, 1040), (1530, 1010)]),
    Street("农展馆南路", "arterial", 20, [(40, 490), (790, 460), (1510, 440)]),
    Street("朝阳公园路", "arterial", 20, [(1470, 330), (2100, 345), (2740, 320)]),
]

MINORS = [
    # north of the river, west of 天泽路
    Street("霞光里西街", "minor", 9, [(282, 2015), (405, 2330), (630, 2770)], invented=True),
    Street("霞光里中街", "minor", 9, [(582, 2070), (600, 2260), (668, 2490), (745, 2750)], invented=True),
    Street("霞光里南路", "minor", 9, [(215, 2262), (600, 2268), (895, 2246)], invented=True),
    Street("霞光里北路", "minor", 9, [(465, 2500), (668, 2490), (940, 2462)], invented=True),
    # between 天泽路 and 东方东路
    Street("亮马中街", "minor", 9, [(1122, 1960), (1128, 2200), (1165, 2640)], invented=True),
    Street("亮马南路", "minor", 9, [(845, 2168), (1128, 2176), (1390, 2162)], invented=True),
    Street("亮马北路", "minor", 9, [(900, 2392), (1142, 2376), (1400, 2352)], invented=True),
    # 枣营北里
    Street("枣营西街", "minor", 9, [(200, 1040), (206, 1575), (258, 1990)], invented=True),
    Street("枣营中街", "minor", 9, [(480, 1040), (500, 1590), (526, 2055)], invented=True),
    Street("枣营北路", "minor", 9, [(190, 1322), (490, 1318), (812, 1296), (1165, 1300), (1520, 1282)]),
    Street("燕亮街", "minor", 9, [(225, 1806), (510, 1822), (850, 1800)], invented=True),
    # 枣营
    Street("枣营路", "minor", 9, [(1150, 1000), (1165, 1560), (1184, 1950)]),
    Street("枣营后街", "minor", 9, [(825, 1772), (1176, 1764), (1530, 1748)], invented=True),
    # 农展南里
    Street("农展西街", "minor", 9, [(236, -20), (228, 490)], invented=True),
    Street("农展中街", "minor", 9, [(492, -20), (480, 470), (496, 1070)], invented=True),
    Street("农展东巷", "minor", 9, [(470, 752), (810, 744)], invented=True),
    Street("农展南巷", "minor", 9, [(220, 236), (486, 240), (810, 222)], invented=True),
    # 枣营南里
    Street("枣营南街", "minor", 9, [(1150, -60), (1140, 450), (1152, 1030)], invented=True),
    Street("枣营南巷", "minor", 9, [(790, 742), (1146, 748), (1510, 728)], invented=True),
    Street("枣营前巷", "minor", 9, [(780, 206), (1146, 214), (1510, 196)], invented=True),
    # 朝阳公园
    Street("公园南一街", "minor", 9, [(1884, -80), (1890, 350)], invented=True),
    Street("公园南二街", "minor", 9, [(2290, -100), (2300, 350)], invented=True),
    Street("使馆一街", "minor", 9, [(1735, 1875), (1740, 2440)], invented=True),
    Street("使馆二街", "minor", 9, [(2130, 1450), (2140, 2280)], invented=True),
    Street("公园北街", "minor", 9, [(1800, 1500), (1808, 1830)], invented=True),
]

# Walls inside a block: they part two compounds, and no street runs along them.
WALLS: list[Points] = [
    [(440, 2000), (440, 2262)],
    [(735, 2000), (735, 2262)],
    [(400, 2385), (660, 2385)],
    [(600, 2352), (910, 2352)],
    [(690, 2585), (800, 2585), (806, 2470)],
    [(998, 2172), (998, 2400)],
    [(1260, 2165), (1260, 2370)],
    [(1040, 2370), (1052, 2680)],
]


# A street reaches this far over the middle line of the one that it ends at, so that the two are sure to cut.
_OVERRUN_M = 0.5


@cache
def street_lines() -> tuple[tuple[Street, LineString], ...]:
    """Every street with its middle line, cut off where it first and last meets another street or the outline."""
    streets = [*ARTERIALS, *RIVERSIDES, *MINORS]
    lines = [(street, street.line) for street in SIDES]
    for street in streets:
        others = shapely.union_all([OUTLINE.exterior, *(other.line for other in streets if other is not street)])
        met = shapely.get_coordinates(street.line.intersection(others))
        along = sorted(float(street.line.project(shapely.Point(xy))) for xy in met)
        first, last = max(along[0] - _OVERRUN_M, 0.0), min(along[-1] + _OVERRUN_M, street.line.length)
        lines.append((street, substring(street.line, first, last)))
    return tuple(lines)
