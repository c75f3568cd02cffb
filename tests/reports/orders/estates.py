"""Compounds, buildings and a street on the tiny street's board, as layers."""

from __future__ import annotations

import json
from typing import Any

from shapely import LineString
from shapely.geometry import mapping

from geoapp.files import FileStore
from geoapp.layers.actions import import_file
from geoapp.layers.importing import ImportOptions
from tests.places.street import SOUTH, STEP, WEST, squares
from tests.reports.world import SYSTEM, Town

#: 绿景苑 fills grid 001; 7号楼 stands in 002 and, in another compound, in 004; 9号楼 is in the east, and 霞光里30号院
#: 2号楼 in 003, 17 m from 004: 0.2 of a square of 85 m.
COMPOUNDS = [("绿景苑小区", squares(0.05, 2.05, 1.95, 3.95), "物业"), ("甘露园", squares(2.05, 2.05, 3.95, 3.95), ""),
             ("农展南里小区", squares(4.1, 2, 7, 3), "物业")]  # fmt: skip
BUILDINGS = [
    ("绿景苑3号楼", "绿景苑小区", squares(0.5, 2.5, 0.7, 2.7)),
    ("7号楼", "甘露园", squares(2.4, 2.4, 2.6, 2.6)),
    ("7号楼", "霞光里", squares(3.2, 0.5, 3.4, 0.7)),
    ("霞光里30号院2号楼", "霞光里30号院", squares(1.6, 1.0, 1.8, 1.1)),
    ("农展南里9号楼", "农展南里小区", squares(6.0, 2.2, 6.2, 2.4)),
]
#: 南界路 runs 11 m south of the board: in no place, and near several.
ROADS = [
    (name, LineString([(WEST, SOUTH + y * STEP), (WEST + 8 * STEP, SOUTH + y * STEP)]))
    for name, y in (("麦子店街", 0.3), ("南界路", -0.1))
]


def draw(town: Town) -> None:
    """Bring them in as an administrator would."""
    put(town, "compound", [(name, shape, {"manager": manager}) for name, shape, manager in COMPOUNDS])
    put(town, "building", [(name, shape, {"compound": estate}) for name, estate, shape in BUILDINGS])
    put(town, "road", [(name, shape, {}) for name, shape in ROADS])


def put(town: Town, kind: str, rows: list[tuple[str, Any, dict[str, Any]]]) -> None:
    """One layer of a kind."""
    folder = town.database.settings.data
    features = [
        {"type": "Feature", "properties": {"name": name, **props}, "geometry": mapping(shape)}
        for name, shape, props in rows
    ]
    path = folder / f"{kind}.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    options = ImportOptions(layer=kind, kind=kind, crs="EPSG:4326")
    import_file(town.database, FileStore(folder / "files"), path, options, by=SYSTEM)
