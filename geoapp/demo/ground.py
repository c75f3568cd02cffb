"""Roads, water and green of the demo."""

from __future__ import annotations

import math
from collections.abc import Iterator

import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from geoapp.demo.blocks import HOMES, Parcel
from geoapp.demo.census import Census
from geoapp.demo.features import Feature
from geoapp.demo.plane import smooth
from geoapp.demo.streets import OUTLINE, RIVER, RIVER_HALF_WIDTH_M, RIVER_NAME
from geoapp.demo.town import drawn_streets

# Lakes of the park and of the exhibition hall, as rough rings that are then rounded.
_LAKES: list[tuple[str, list[tuple[float, float]]]] = [
    ("公园北湖", [(1800, 1180), (1990, 1290), (2240, 1240), (2330, 1080), (2130, 1010), (2040, 1110), (1860, 1060)]),
    ("公园南湖", [(2060, 480), (2260, 520), (2420, 700), (2370, 870), (2230, 800), (2190, 640), (2030, 590)]),
    ("展馆水池", [(230, 690), (350, 690), (350, 740), (230, 740)]),
]
_PARK_LOOP = [(1590, 470), (1640, 1380), (2080, 1370), (2540, 1330), (2570, 460), (2150, 420), (1590, 470)]
_PARK_WALKS = [
    [(1520, 930), (1760, 960), (1980, 880), (2150, 930), (2480, 980), (2640, 1010)],
    [(1980, 345), (1960, 620), (1980, 880), (2060, 1330), (2090, 1480)],
]


def _rounded(ring: list[tuple[float, float]]) -> Polygon:
    """A ring with its corners cut off twice, all the way round."""
    turned = smooth([*ring[-2:], *ring, *ring[:2]])
    start = len(turned) // (len(ring) + 4) * 2
    closed = Polygon(turned[start:-start]).buffer(0)
    return closed if isinstance(closed, Polygon) else max(closed.geoms, key=lambda part: float(part.area))


def lakes() -> list[tuple[str, Polygon]]:
    """Names and shapes of the still waters."""
    return [(name, _rounded(ring)) for name, ring in _LAKES]


def river_surface() -> BaseGeometry:
    """The river from bank to bank, inside the outline."""
    return RIVER.buffer(RIVER_HALF_WIDTH_M, cap_style="flat").intersection(OUTLINE)


def water() -> Iterator[Feature]:
    """River and lakes as surfaces."""
    yield {"id": "W01", "name": RIVER_NAME, "kind": "river", "name_invented": False}, river_surface()
    for number, (name, shape) in enumerate(lakes(), start=2):
        yield {"id": f"W{number:02d}", "name": name, "kind": "lake", "name_invented": True}, shape


def roads(census: Census) -> Iterator[Feature]:
    """Middle lines: streets by class, then walks in the park and lanes in the compounds (class path)."""
    number = 0
    for number, (street, line) in enumerate(drawn_streets(census.pieces), start=1):
        yield (
            {
                "id": f"R{number:03d}",
                "name": street.name,
                "class": street.road_class,
                "width_m": 2 * (street.half_width_m - 3.0),
                "name_invented": street.invented,
            },
            line,
        )
    for name, line in [*_park_paths(), *_lanes(census)]:
        number += 1
        yield {"id": f"R{number:03d}", "name": name, "class": "path", "width_m": 4.0, "name_invented": True}, line


def _park_paths() -> Iterator[tuple[str, LineString]]:
    yield "公园环路", LineString(smooth([(float(x), float(y)) for x, y in _PARK_LOOP]))
    for points in _PARK_WALKS:
        yield "公园步道", LineString(smooth([(float(x), float(y)) for x, y in points]))


def _lanes(census: Census) -> Iterator[tuple[str, LineString]]:
    """A lane through each compound from its south wall, where no building stands in the way."""
    for compound in census.compounds:
        west, south, east, north = compound.polygon.bounds
        built = shapely.union_all([building.polygon.buffer(2.5) for building in census.of(compound)])
        best: LineString | None = None
        for step in range(1, 24):
            x = west + (east - west) * step / 24.0
            for line in shapely.get_parts(
                LineString([(x, south - 1), (x, north + 1)]).intersection(compound.polygon).difference(built)
            ):
                if isinstance(line, LineString) and (best is None or line.length > best.length + 1.0):
                    best = line
        if best is not None and best.length > 40.0:
            yield f"{compound.name}内部路", best


def green(census: Census) -> Iterator[Feature]:
    """Park, river banks, playing fields and the greens between the houses, clear of water and buildings."""
    wet = shapely.union_all([river_surface(), *(lake for _, lake in lakes())])
    built = shapely.STRtree([building.polygon for building in census.buildings])
    number = 0
    for parcel in census.parcels:
        kind, name, land = _green_of(parcel)
        if land is None:
            continue
        near = built.geometries[built.query(land)]
        land = land.difference(shapely.union_all([wet, *(plan.buffer(5.0, join_style="mitre") for plan in near)]))
        # Opened: necks under two metres go, which rounding to centimetres could tie into knots.
        land = land.buffer(-1.0, join_style="mitre").buffer(1.0, join_style="mitre")
        for part in shapely.get_parts(land):
            if isinstance(part, Polygon) and part.area > 250.0:
                number += 1
                yield {"id": f"G{number:03d}", "name": name, "kind": kind, "area_m2": round(part.area)}, part


def _green_of(parcel: Parcel) -> tuple[str, str, Polygon | None]:
    if parcel.use == "park":
        return "park", "朝阳公园", parcel.polygon
    if parcel.use == "green":
        is_bank = parcel.polygon.distance(RIVER) < 30.0
        if is_bank:
            return "riverside", f"{RIVER_NAME}滨水绿地", parcel.polygon
        return "park", "街心绿地", parcel.polygon
    if parcel.use in {"hall", "villas"}:
        return "grounds", "院内绿地", parcel.polygon.buffer(-12.0, join_style="mitre")
    if parcel.use == "school":
        return "field", "学校操场", _field(parcel.polygon)
    if parcel.use in HOMES:
        return "compound", f"{parcel.name}绿地", _strip_of_green(parcel.polygon)
    return "", "", None


def _field(polygon: Polygon) -> Polygon | None:
    """The playing field: the southern half of a school's land, at most 130 m by 75 m."""
    inner = polygon.buffer(-12.0, join_style="mitre")
    west, south, east, north = inner.bounds if not inner.is_empty else (0.0, 0.0, 0.0, 0.0)
    middle = (west + east) / 2.0
    top = min(south + 75.0, (south + north) / 2.0)
    field = inner.intersection(shapely.box(max(west, middle - 65.0), south, min(east, middle + 65.0), top))
    return field if isinstance(field, Polygon) and not field.is_empty else None


def _strip_of_green(polygon: Polygon) -> Polygon | None:
    """The part of a compound that is left green: a band across its middle."""
    inner = polygon.buffer(-10.0, join_style="mitre")
    if not isinstance(inner, Polygon) or inner.is_empty:
        return None
    west, south, east, north = inner.bounds
    middle = (south + north) / 2.0
    band = inner.intersection(shapely.box(west, middle - 20.0, east, middle + 20.0))
    return band if isinstance(band, Polygon) and math.isfinite(band.area) else None
