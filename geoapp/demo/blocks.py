"""What stands between the streets: parcels, each with a use; the ones people live in are compounds 小区."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Literal

import shapely
from shapely import LineString, Point, Polygon

from geoapp.demo.streets import RIVER, RIVER_HALF_WIDTH_M, WALLS, street_lines
from geoapp.demo.town import COMMUNITIES, LIANGMA_CODE, XIAGUANGLI_CODE, Piece

Use = Literal["slabs", "towers", "mixed", "pair", "office", "school", "villas", "hall", "park", "green"]
HOMES: frozenset[str] = frozenset({"slabs", "towers", "mixed", "pair"})
_SMALLEST_M2 = 1500.0


@dataclass(frozen=True)
class Parcel:
    """Land within walls: its use, and for homes the compound's name and whether a property manager looks after it."""

    name: str
    use: Use
    managed: bool
    community_code: str
    polygon: Polygon


# By a point inside: use, name, managed. 霞光里 and 亮马 are named in full, the others where the use matters.
_NAMED: list[tuple[float, float, Use, str, bool]] = [
    (275, 2160, "slabs", "霞光里2号院", False),
    (420, 2520, "office", "", False),
    (360, 2170, "slabs", "霞光里西区", False),
    (510, 2180, "slabs", "霞光里南区", False),
    (660, 2190, "slabs", "霞光里30号院", False),
    (800, 2170, "mixed", "霞光里15号院", True),
    (510, 2325, "slabs", "霞光里中区", False),
    (550, 2440, "slabs", "霞光里北区", False),
    (750, 2310, "slabs", "霞光里66号院", False),
    (780, 2410, "school", "", False),
    (620, 2600, "towers", "霄云路甲2号院", True),
    (730, 2530, "slabs", "霞光里36号院", False),
    (880, 2570, "mixed", "霄云路6号院", True),
    (990, 2100, "slabs", "亮马河北路3号院", False),
    (1250, 2100, "mixed", "亮马河北路5号院", True),
    (930, 2290, "pair", "天泽路8号院", False),
    (1060, 2280, "slabs", "霞光里东区", False),
    (1195, 2270, "slabs", "亮马中街1号院", False),
    (1320, 2260, "school", "", False),
    (985, 2520, "mixed", "天泽路16号院", True),
    (1100, 2500, "slabs", "霞光里东北区", False),
    (1270, 2480, "office", "", False),
    (130, 1300, "office", "", False),
    (150, 1750, "office", "", False),
    (350, 1690, "office", "", False),
    (350, 1900, "office", "", False),
    (1330, 1830, "office", "", False),
    (290, 770, "hall", "", False),
    (170, 250, "office", "", False),
    (2000, 900, "park", "", False),
    (1560, 2180, "office", "", False),
    (1930, 2130, "villas", "", False),
    (2350, 2020, "green", "", False),
    (1650, 1700, "villas", "", False),
    (1960, 1640, "office", "", False),
    (2400, 1680, "office", "", False),
]
_BIG_M2 = 45_000.0
_OTHER_USES: dict[Use, int] = {"slabs": 9, "mixed": 4, "towers": 1, "school": 2, "office": 3, "green": 2}


def lay_parcels(pieces: list[Piece], rng: random.Random) -> list[Parcel]:
    """Parcels of all pieces: land less streets and river bank, cut by walls; uses and names are given."""
    taken = [line.buffer(street.half_width_m, cap_style="flat", join_style="mitre") for street, line in street_lines()]
    taken.append(RIVER.buffer(RIVER_HALF_WIDTH_M + 3.0))
    streets = shapely.union_all(taken)
    parcels: list[Parcel] = []
    for piece in pieces:
        for land in shapely.get_parts(piece.polygon.difference(streets)):
            for polygon in _walled(land, piece.community_code):
                if polygon.area > _SMALLEST_M2:
                    use, name, managed = _use_of(polygon, rng)
                    parcels.append(Parcel(name, use, managed, piece.community_code, polygon))
    return _with_names(parcels)


def _walled(land: Polygon, community_code: str) -> list[Polygon]:
    walls = [LineString(points) for points in WALLS]
    if community_code not in {XIAGUANGLI_CODE, LIANGMA_CODE} and land.area > _BIG_M2 and not _named_at(land):
        west, south, east, north = land.bounds
        middle = (west + east) / 2.0
        walls.append(LineString([(middle, south - 1.0), (middle, north + 1.0)]))
    faces = shapely.polygonize([shapely.union_all([land.exterior, *walls], grid_size=0.01)])
    return [
        shapely.normalize(face)
        for face in shapely.get_parts(faces)
        if isinstance(face, Polygon) and land.contains(face.representative_point())
    ]


def _named_at(polygon: Polygon) -> tuple[Use, str, bool] | None:
    for x, y, use, name, managed in _NAMED:
        if polygon.contains(Point(x, y)):
            return use, name, managed
    return None


def _use_of(polygon: Polygon, rng: random.Random) -> tuple[Use, str, bool]:
    named = _named_at(polygon)
    if named:
        return named
    if polygon.area / polygon.minimum_rotated_rectangle.area < 0.55 or _is_strip(polygon):
        return "green", "", False
    use = rng.choices(list(_OTHER_USES), list(_OTHER_USES.values()))[0]
    return use, "", use in {"towers", "mixed"} or rng.random() < 0.3


def _is_strip(polygon: Polygon) -> bool:
    return bool(polygon.buffer(-28.0).is_empty)


def _with_names(parcels: list[Parcel]) -> list[Parcel]:
    """Compounds without a name get their community's and a number, in the order in which parcels come."""
    short = {community.code: community.name for community in COMMUNITIES}
    count: dict[str, int] = {}
    named = []
    for parcel in parcels:
        if parcel.use in HOMES and not parcel.name:
            number = count[parcel.community_code] = count.get(parcel.community_code, 0) + 1
            parcel = replace(parcel, name=f"{short[parcel.community_code]}{number}号院")
        named.append(parcel)
    return named
