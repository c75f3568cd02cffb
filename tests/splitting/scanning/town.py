"""A town of communities side by side, 4 x 4 units of 100 m each, with everything known by construction.

甲 4000 households, no manager, 30 % over 60     -> too large and hard to manage
乙 3600 households, managed, 10 % over 60        -> too large, no mark
丙 2400 households, no manager                   -> fits
丁 4200 households, no units                     -> too large, no division
戊 3200 households, no polygon                   -> too large, divided all the same (units name it by code)
己 households 'abc'                              -> unknown
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geoapp.geo.measure import in_degrees

CRS_M = CRS.from_epsg(4548)
WEST_M, SOUTH_M, CELL_M = 500_000.0, 4_420_000.0, 100.0
UNITS = {"甲": 250, "乙": 225, "丙": 150, "戊": 200}


def cells(number: int, side: int = 4) -> Any:
    """(side * side,) squares of 100 m of the community at that place in the row, row by row, WGS84."""
    west = WEST_M + number * 1000.0
    boxes = [
        shapely.box(west + CELL_M * x, SOUTH_M + CELL_M * y, west + CELL_M * (x + 1), SOUTH_M + CELL_M * (y + 1))
        for y in range(side) for x in range(side)
    ]  # fmt: skip
    return in_degrees(np.array(boxes, dtype=object), CRS_M)


def ground(number: int, side: int = 4) -> Any:
    """The whole square of a community, WGS84, its corners those of its units."""
    return shapely.union_all(cells(number, side))


COLUMNS = ("名称", "户数", "人口", "社工", "物业", "over60", "诉求量")
ROWS: list[dict[str, Any]] = [
    {"编码": f"{row[0]}1", **dict(zip(COLUMNS, row, strict=True))}
    for row in (
        ("甲", "4000", 10000, 20, "无", 3000, 40),
        ("乙", "3600", 8000, 30, "乙物业", 800, 18),
        ("丙", "2400", 6000, 16, "无", 600, 12),
        ("丁", "4200", 9000, None, None, None, 21),
        ("戊", "3200", 8000, 22, "戊物业", 800, 16),
        ("己", "abc", 7000, 20, None, None, None),
    )
]


def write_town(folder: Path) -> tuple[Path, Path]:
    """The files of communities and units."""
    places = gpd.GeoDataFrame(
        ROWS, geometry=[None if row["名称"] == "戊" else ground(at) for at, row in enumerate(ROWS)], crs=4326
    )
    units = [
        {"unit": f"{row['名称']}{number:02d}", "社区编码": row["编码"], "户数": UNITS[row["名称"]], "geometry": cell}
        for at, row in enumerate(ROWS) if row["名称"] in UNITS
        for number, cell in enumerate(cells(at), 1)
    ]  # fmt: skip
    files = folder / "社区.gpkg", folder / "单元.gpkg"
    places.to_file(files[0])
    gpd.GeoDataFrame(units, crs=4326).to_file(files[1])
    return files


def write_city(folder: Path, *, communities: int, side: int) -> tuple[Path, Path]:
    """Many communities of one size, each with households of its own."""
    rng = np.random.default_rng(communities)
    places, units = [], []
    for at in range(communities):
        households = rng.multinomial(4000 + 10 * at, np.full(side * side, 1 / side**2))
        places.append({"code": f"C{at:03d}", "households": int(households.sum()), "geometry": ground(at, side)})
        units += [
            {"community_code": f"C{at:03d}", "households": int(h), "geometry": cell}
            for h, cell in zip(households, cells(at, side), strict=True)
        ]
    files = folder / "communities.gpkg", folder / "units.gpkg"
    gpd.GeoDataFrame(places, crs=4326).to_file(files[0])
    gpd.GeoDataFrame(units, crs=4326).to_file(files[1])
    return files


def rows_of(out: Path) -> dict[str, dict[str, str]]:
    """The CSV's rows by code."""
    with out.open(encoding="utf-8", newline="") as stream:
        return {row["code"]: row for row in csv.DictReader(stream)}


def untimed(out: Path) -> list[dict[str, str]]:
    """The CSV's rows in their order, without the seconds."""
    with out.open(encoding="utf-8", newline="") as stream:
        return [{**row, "seconds": ""} for row in csv.DictReader(stream)]
