"""Charging piles, parking, stations and service points."""

from __future__ import annotations

import random
from collections.abc import Iterator

import shapely
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from geoapp.demo.blocks import HOMES, Parcel
from geoapp.demo.census import Building, Census
from geoapp.demo.features import Feature
from geoapp.demo.history import BEGIN, SPLIT
from geoapp.demo.streets import street_lines
from geoapp.demo.town import COMMUNITIES, LIANGMA_CODE

_SPACE_M2 = 28.0
_KERB_SPACE_M = 6.0


def _free_spot(parcel: Parcel, census: Census, *, width: float, depth: float, rng: random.Random) -> Polygon | None:
    """A rectangle of that size inside the walls that touches no building; None where thirty tries find none."""
    west, south, east, north = parcel.polygon.bounds
    built = [building.polygon.buffer(2.0) for building in census.buildings if building.polygon.within(parcel.polygon)]
    for _ in range(30):
        x, y = rng.uniform(west, east - width), rng.uniform(south, north - depth)
        spot = shapely.box(x, y, x + width, y + depth)
        if parcel.polygon.contains(spot) and not any(spot.intersects(plan) for plan in built):
            return spot
    return None


def parking_lots(census: Census, rng: random.Random) -> Iterator[Feature]:
    """Lots beside offices and schools and in managed compounds; spaces by area."""
    number = 0
    for parcel in census.parcels:
        if parcel.use not in {"office", "hall", "park", "towers", "mixed"}:
            continue
        big = parcel.use in {"office", "hall", "park"}
        width, depth = (rng.uniform(44, 64), rng.uniform(30, 40)) if big else (rng.uniform(26, 40), rng.uniform(14, 18))
        spot = _free_spot(parcel, census, width=width, depth=depth, rng=rng)
        if spot is not None:
            number += 1
            yield (
                {
                    "id": f"P{number:03d}",
                    "name": f"{parcel.name or '公共'}停车场",
                    "kind": "lot",
                    "spaces": int(spot.area / _SPACE_M2),
                    "public": big,
                    "community_code": parcel.community_code,
                },
                spot,
            )


def parking_kerbside(census: Census, rng: random.Random) -> Iterator[Feature]:
    """Marked spaces along minor streets, as a line by the kerb; six metres a space."""
    number = 0
    for street, line in street_lines():
        if street.road_class != "minor":
            continue
        start = rng.uniform(30.0, 60.0)
        while start + 60.0 < line.length - 25.0:
            length = _KERB_SPACE_M * rng.randint(8, 18)
            kerb = substring(line, start, min(start + length, line.length - 25.0)).offset_curve(rng.choice([-5.5, 5.5]))
            if isinstance(kerb, LineString) and kerb.length > 40.0 and rng.random() < 0.6:
                number += 1
                yield (
                    {
                        "id": f"K{number:03d}",
                        "name": f"{street.name}路侧停车位",
                        "kind": "kerbside",
                        "spaces": int(kerb.length / _KERB_SPACE_M),
                        "public": True,
                        "community_code": _community_at(kerb, census),
                    },
                    kerb,
                )
            start += length + rng.uniform(60.0, 160.0)


def _community_at(shape: BaseGeometry, census: Census) -> str:
    middle = shape.interpolate(0.5, normalized=True) if isinstance(shape, LineString) else shape.centroid
    return next((piece.community_code for piece in census.pieces if piece.polygon.intersects(middle)), "")


def charging(census: Census, rng: random.Random) -> Iterator[Feature]:
    """Charging points: for bicycles in most compounds, for cars where there is room for them."""
    number = 0
    for parcel in census.parcels:
        home = parcel.use in HOMES
        wanted = []
        if home:
            wanted += ["bicycle"] * (rng.random() < 0.75) + ["car"] * (rng.random() < (0.7 if parcel.managed else 0.15))
        elif parcel.use in {"office", "hall", "park"}:
            wanted += ["car"] * rng.choice([1, 1, 2])
        for kind in wanted:
            size = (10.0, 6.0) if kind == "car" else (6.0, 4.0)
            spot = _free_spot(parcel, census, width=size[0], depth=size[1], rng=rng)
            if spot is None:
                continue
            number += 1
            yield (
                {
                    "id": f"E{number:03d}",
                    "name": f"{parcel.name or '公共'}{'汽车充电桩' if kind == 'car' else '电动自行车充电处'}",
                    "kind": kind,
                    "sockets": rng.choice([2, 4, 6, 8]) if kind == "car" else rng.choice([10, 12, 16, 20]),
                    "public": not home,
                    "community_code": parcel.community_code,
                },
                spot.centroid,
            )


def stations(census: Census) -> Iterator[Feature]:
    """Each community's service station and party service centre, and a grid post for every three grids with homes.

    亮马's open on the day of the split; until then 霞光里's serve both.
    """
    number = 0
    for community in COMMUNITIES:
        opened = SPLIT if community.code == LIANGMA_CODE else BEGIN
        homes = [b for b in census.buildings if b.community_code == community.code and b.households]
        middle = shapely.MultiPoint([b.polygon.centroid for b in homes]).centroid
        near = sorted(homes, key=lambda b, middle=middle: float(b.polygon.distance(middle)))  # type: ignore[misc]
        posts = _posts(homes)
        named = [
            ("社区服务站", f"{community.name}社区服务站", near[0]),
            ("党群服务中心", f"{community.name}社区党群服务中心", near[1]),
            *(("网格工作站", f"{community.name}第{i}网格工作站", home) for i, home in enumerate(posts, start=1)),
        ]
        for kind, name, home in named:
            number += 1
            properties = {
                "id": f"S{number:03d}",
                "name": name,
                "kind": kind,
                "address": home.name,
                "community_code": community.code,
                "valid_from": opened,
                "valid_to": None,
            }
            yield properties, _door(home)


def _posts(homes: list[Building]) -> list[Building]:
    lived_in = sorted({home.grid_code for home in homes})
    return [next(home for home in homes if home.grid_code == code) for code in lived_in[1::3]]


def _door(home: Building) -> Point:
    """Just off the south wall of a building."""
    west, south, east, _ = home.polygon.bounds
    return Point((west + east) / 2.0, south - 2.0)
