"""A workbook goes in, every household is placed or listed, and a tap outlives the next import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from geoapp.accounts.people import system
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.files import FileStore
from geoapp.layers import store
from geoapp.layers.actions import import_file
from geoapp.layers.importing import ImportOptions, ImportReport
from geoapp.layers.rosters.actions import BadTap, place_roster_row

pytestmark = pytest.mark.engines

ROWS: list[list[Any]] = [
    ["霞光里社区楼栋台账"],
    ["小区", "楼栋", "户数", None],
    [None, None, "总户数", "出租户"],
    ["霞光里小区", "甲5号楼", 120, 10],
    [None, "6、7号楼", 241, None],
    [None, "综合楼", 33, None],
    [None, "8号楼", "若干", None],
    ["合计", None, 394, None],
]


@pytest.fixture
def files(settings: Settings) -> FileStore:
    return FileStore(settings.data / "files")


@pytest.fixture
def buildings(tmp_path: Path, database: Database, files: FileStore) -> str:
    """Three buildings of one compound, ten metres apart."""
    features = []
    for i, name in enumerate(["甲5号楼", "6号楼", "7号楼"]):
        west = 116.45 + i * 0.001
        ring = [[west, 39.95], [west + 0.0005, 39.95], [west + 0.0005, 39.9505], [west, 39.95]]
        shape = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": {"name": name, "小区": "霞光里小区"}, "geometry": shape})
    path = tmp_path / "楼.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    import_file(database, files, path, ImportOptions(layer="lou", kind="building", crs="EPSG:4326"), by=system("test"))
    return "lou"


def workbook(path: Path, rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.active.merge_cells("A1:D1")
    book.active.merge_cells("C2:D2")
    book.active.merge_cells("A4:A7")
    book.save(path)
    return path


def bring(database: Database, files: FileStore, path: Path) -> ImportReport:
    options = ImportOptions(layer="taizhang", kind="roster", match="lou", community="霞光里社区")
    return import_file(database, files, path, options, by=system("test"))


def test_every_household_is_placed_listed_or_set_aside(
    tmp_path: Path, database: Database, files: FileStore, buildings: str
) -> None:
    """120 + 241 stand on the map, the 33 of 综合楼 wait for a tap, 8号楼 has no number; 394 in all, as 合计 says."""
    report = bring(database, files, workbook(tmp_path / "r.xlsx", ROWS))
    assert report.roster is not None
    told = report.roster
    assert (told["households"], told["households_placed"], told["households_listed"]) == (394, 361, 33)
    assert [(one["name"], one["households"], one["rows"]) for one in told["unmatched"]] == [
        ("霞光里小区综合楼", 33, [6])
    ]
    assert told["totals"][0]["agrees"]
    assert told["apportioned_buildings"] == 2
    assert (report.rows_in, report.rows_stored, report.rows_set_aside) == (4, 3, 1)
    with database.reading() as connection:
        layer = store.layer_by_key(connection, "taizhang")
        kept = store.features(connection, layer.id)
    assert layer.visibility == "internal"
    assert {name: props["households"] for name, props in zip(kept.names, kept.props, strict=True)} == {
        "霞光里小区甲5号楼": 120,
        "霞光里小区6号楼": 121,
        "霞光里小区7号楼": 120,
        "霞光里小区综合楼": 33,
    }
    assert [wkb is None for wkb in kept.wkb] == [False, False, False, True]


def test_the_next_import_keeps_the_taps(tmp_path: Path, database: Database, files: FileStore, buildings: str) -> None:
    bring(database, files, workbook(tmp_path / "r.xlsx", ROWS))
    placed = place_roster_row(database, "taizhang", "霞光里小区综合楼", lon=116.456, lat=39.951, by=system("test"))
    assert (placed.households, placed.left) == (33, 0)
    with database.reading() as connection:
        layer = store.layer_by_key(connection, "taizhang")
        near = store.features(connection, layer.id, bbox=(116.4559, 39.9509, 116.4561, 39.9511))
    assert near.names == ["霞光里小区综合楼"]
    changed = [row if "综合楼" not in row else [None, "综合楼", 40, None] for row in ROWS]
    report = bring(database, files, workbook(tmp_path / "next.xlsx", changed))
    assert report.roster is not None
    assert (report.roster["households_placed"], report.roster["households_listed"]) == (401, 0)
    assert report.roster["tapped"] == 1


def test_a_roster_is_matched_anew_when_its_buildings_changed(
    tmp_path: Path, database: Database, files: FileStore, buildings: str
) -> None:
    path = workbook(tmp_path / "r.xlsx", ROWS)
    bring(database, files, path)
    assert bring(database, files, path).unchanged
    more = tmp_path / "综合.geojson"
    ring = [[116.47, 39.95], [116.4705, 39.95], [116.4705, 39.9505], [116.47, 39.95]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    one = {"type": "Feature", "properties": {"name": "综合楼", "小区": "霞光里小区"}, "geometry": shape}
    more.write_text(json.dumps({"type": "FeatureCollection", "features": [one]}), encoding="utf-8")
    import_file(database, files, more, ImportOptions(layer="lou", crs="EPSG:4326", mode="append"), by=system("test"))
    report = bring(database, files, path)
    assert not report.unchanged
    assert report.roster is not None
    assert report.roster["households_listed"] == 0


def test_the_roster_of_the_demo_is_placed_or_listed_to_the_last_household(database: Database, files: FileStore) -> None:
    """4560 households: 130 of three buildings that no map shows wait for a tap, all others are found by name."""
    demo = Path(__file__).parents[3] / "layers" / "demo"
    options = ImportOptions(layer="buildings", kind="building", crs="EPSG:4326")
    import_file(database, files, demo / "buildings.geojson", options, by=system("test"))
    report = import_file(
        database, files, demo / "霞光里楼栋台账.xlsx", ImportOptions(layer="roster"), by=system("test")
    )
    told = report.roster
    assert told is not None
    assert (told["basis"], told["date"], told["community"]) == ("套数", "2020-12-31", "霞光里社区")
    assert (told["households"], told["households_placed"], told["households_listed"]) == (4560, 4430, 130)
    assert all(check["agrees"] for check in told["totals"])
    assert report.rows_set_aside == 0


def test_a_tap_off_the_earth_places_nothing(
    tmp_path: Path, database: Database, files: FileStore, buildings: str
) -> None:
    bring(database, files, workbook(tmp_path / "r.xlsx", ROWS))
    with pytest.raises(BadTap):
        place_roster_row(database, "taizhang", "霞光里小区综合楼", lon=float("nan"), lat=39.9, by=system("test"))
