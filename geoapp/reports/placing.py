"""Where a report lies: evidence of place ranked, brought to WGS84, and held against the places of the day.

A pin that somebody set and confirmed beats the device, the device beats the photograph; an address always does where
no point is known, and where the photograph was taken elsewhere. What each position came in is kept, so that a wrong
datum can be found later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from geoapp.errors import Invalid
from geoapp.geo.crs import bd09_to_wgs84, gcj02_to_wgs84
from geoapp.places.hierarchy import LEVELS
from geoapp.places.locate import Locator
from geoapp.places.versions import PlaceVersion

#: Kinds of evidence, the best first; ``place`` is a place's code without a point.
EVIDENCE = ("pin", "device", "exif", "building", "compound", "street", "place", "none")
DATUMS = ("wgs84", "gcj02", "bd09")
#: Nearer to a border than this, the report says so: a phone's position is not better.
BORDER_M = 20.0
#: A photograph taken farther than this from the address that somebody wrote shows something else, or was taken before.
_ELSEWHERE_M = 300.0
#: A device that knows its place no better than this knows the quarter, not the spot.
_WORST_ACCURACY_M = 500.0
_METRES_PER_DEGREE = 111_319.5


class BadPosition(Invalid):
    """A position that cannot be one."""


@dataclass(frozen=True, slots=True)
class Position:
    """One piece of evidence: a point in the datum it came in."""

    lon: float
    lat: float
    evidence: str
    datum: str = "wgs84"
    accuracy_m: float | None = None

    def is_possible(self) -> bool:
        """Can a report lie there? Not at 0, 0, where broken devices are, and not off the globe."""
        finite = bool(np.isfinite([self.lon, self.lat]).all())
        on_globe = finite and -180 <= self.lon <= 180 and -90 <= self.lat <= 90
        return on_globe and not (abs(self.lon) < 0.01 and abs(self.lat) < 0.01)

    def wgs84(self) -> tuple[float, float]:
        """Longitude and latitude in WGS84."""
        point = np.array([[self.lon, self.lat]])
        if self.datum == "gcj02":
            point = gcj02_to_wgs84(point)
        elif self.datum == "bd09":
            point = bd09_to_wgs84(point)
        elif self.datum != "wgs84":
            raise BadPosition(f"坐标系“{self.datum[:12]}”不认识；可用：{'、'.join(DATUMS)}。")
        return float(point[0, 0]), float(point[0, 1])


@dataclass(frozen=True, slots=True)
class Placed:
    """A report's place: point (None: only an address or a code), its five codes, and what is unsure about it."""

    lonlat: tuple[float, float] | None
    evidence: str
    datum: str
    accuracy_m: float | None
    codes: tuple[str, ...]
    #: Codes of the deepest level within `BORDER_M`, its own left out.
    neighbours: tuple[str, ...] = ()

    @property
    def place_code(self) -> str:
        """The deepest place that holds it; empty outside of all."""
        return next((code for code in reversed(self.codes) if code), "")

    @property
    def near_border(self) -> bool:
        """Is the next place within `BORDER_M`?"""
        return bool(self.neighbours)

    @property
    def outside(self) -> bool:
        """Has it a point that no place holds?"""
        return self.lonlat is not None and not self.place_code


def best(positions: Iterable[Position]) -> Position | None:
    """The best piece of evidence that can be true; a vague device comes after all but nothing."""
    possible = [p for p in positions if p.evidence in EVIDENCE and p.is_possible()]
    return min(possible, key=_order, default=None)


def without_elsewhere(positions: Iterable[Position], address: Position) -> list[Position]:
    """Evidence without photographs that were taken elsewhere than the address says."""
    return [p for p in positions if p.evidence != "exif" or _apart_m(p, address) <= _ELSEWHERE_M]


def _apart_m(one: Position, other: Position) -> float:
    (lon, lat), (east, north) = one.wgs84(), other.wgs84()
    return float(np.hypot((east - lon) * np.cos(np.radians(lat)), north - lat)) * _METRES_PER_DEGREE


def _order(position: Position) -> tuple[bool, int]:
    vague = position.evidence == "device" and (position.accuracy_m or 0) > _WORST_ACCURACY_M
    return vague, EVIDENCE.index(position.evidence)


class Ground:
    """The places of one day, ready for single points: which hold one, and which are near."""

    def __init__(self, versions: Sequence[PlaceVersion]) -> None:
        """``versions`` hold on one day; those without geometry are never found."""
        self._versions = [v for v in versions if v.geometry is not None]
        self._tree = shapely.STRtree([v.geometry for v in self._versions])
        self.codes_known = frozenset(v.code for v in versions)
        self.names = {v.code: v.name for v in versions}
        districts = [v.code for v in versions if v.level == "district"]
        #: Who looks after what lies in no place: the district, where there is one only.
        self.district = districts[0] if len(districts) == 1 else ""

    def at(self, lon: float, lat: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The five codes of a point, and the codes of its deepest level (a grid at most) that lie near."""
        reach_lat = BORDER_M / _METRES_PER_DEGREE
        reach_lon = reach_lat / max(0.01, float(np.cos(np.radians(lat))))
        box = shapely.box(lon - reach_lon, lat - reach_lat, lon + reach_lon, lat + reach_lat)
        close = [self._versions[i] for i in self._tree.query(box, predicate="intersects").tolist()]
        point = shapely.Point(lon, lat)
        holding = [v for v in close if v.geometry.intersects(point)]
        codes = _clear(holding) or tuple(str(c) for c in Locator(holding).codes(np.array([[lon, lat]]))[0])
        return codes, self._neighbours(close, codes, lon, lat) if len(close) > len(holding) else ()

    def shape(self, codes: Iterable[str]) -> object | None:
        """What the places of those codes cover together; None when none of them has a shape."""
        wanted = set(codes)
        found = [v.geometry for v in self._versions if v.code in wanted]
        return shapely.union_all(found) if found else None

    def middle(self, codes: Iterable[str]) -> tuple[float, float] | None:
        """A point in what the places of those codes cover, for a map to open at; None when none has a shape."""
        shape = self.shape(codes)
        if shape is None:
            return None
        point = shapely.point_on_surface(shape)
        return float(point.x), float(point.y)

    def _neighbours(self, close: list[PlaceVersion], codes: tuple[str, ...], lon: float, lat: float) -> tuple[str, ...]:
        grid = next(level for level in LEVELS if level.key == "grid")
        own = next((code for code in reversed(codes[: grid.rank + 1]) if code), "")
        level = next((v.level for v in close if v.code == own), None)
        others = [v for v in close if v.code != own and (v.level == level if own else v.level != "courtyard")]
        return tuple(sorted(v.code for v in others if _distance_m(v.geometry, lon, lat) <= BORDER_M))


def _clear(holding: Sequence[PlaceVersion]) -> tuple[str, ...]:
    """The five codes where one place of a level at most holds a point; () on a border, where a rule has to decide."""
    by_level = {v.level: v.code for v in holding}
    return tuple(by_level.get(level.key, "") for level in LEVELS) if len(by_level) == len(holding) else ()


def placed(position: Position | None, ground: Ground, *, place_code: str = "") -> Placed:
    """A report's place from its best evidence; without a point, from the code of a place that was named.

    Raises
    ------
    BadPosition : the code names no place of that day
    """
    if position is None:
        if place_code and place_code not in ground.codes_known:
            raise BadPosition(f"没有编码为 {place_code[:17]} 的区划；请在地图上点一下，或另选地点。")
        return Placed(None, "place" if place_code else "none", "wgs84", None, codes_of(place_code))
    lon, lat = position.wgs84()
    codes, neighbours = ground.at(lon, lat)
    return Placed((lon, lat), position.evidence, position.datum, position.accuracy_m, codes, neighbours)


def codes_of(place_code: str) -> tuple[str, ...]:
    """The five codes of a place's path, empty below it; a code holds those of all above it."""
    return tuple(place_code[: level.digits] if len(place_code) >= level.digits else "" for level in LEVELS)


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres between two near points; a flat earth is right to a millimetre within a kilometre or so."""
    mean = np.radians((a[1] + b[1]) / 2)
    east = (a[0] - b[0]) * _METRES_PER_DEGREE * float(np.cos(mean))
    north = (a[1] - b[1]) * _METRES_PER_DEGREE
    return float(np.hypot(east, north))


def box_around(lon: float, lat: float, radius_m: float) -> tuple[float, float, float, float]:
    """West, south, east and north of a square that holds all within ``radius_m``."""
    north = radius_m / _METRES_PER_DEGREE * 1.01
    east = north / max(0.01, float(np.cos(np.radians(lat))))
    return lon - east, lat - north, lon + east, lat + north


def _distance_m(geometry: object, lon: float, lat: float) -> float:
    """Metres from a point to a shape that is near it."""
    scale = np.array([_METRES_PER_DEGREE * float(np.cos(np.radians(lat))), _METRES_PER_DEGREE])
    flat = shapely.transform(geometry, lambda xy: (xy - [lon, lat]) * scale)
    return float(shapely.distance(flat, shapely.Point(0, 0)))
