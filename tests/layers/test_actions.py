"""An import stores every row or sets it aside, changes nothing when repeated, and can be undone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import shapely

from geoapp.accounts.people import system
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.files import FileStore
from geoapp.layers import store
from geoapp.layers.actions import NothingStored, import_file, remove_layer, undo_import
from geoapp.layers.importing import ImportOptions, ImportReport
from geoapp.layers.settling import UnknownCrs

pytestmark = pytest.mark.engines

SQUARE = [[116.45, 39.94], [116.46, 39.94], [116.46, 39.95], [116.45, 39.95], [116.45, 39.94]]


@pytest.fixture
def files(settings: Settings) -> FileStore:
    return FileStore(settings.data / "files")


def write(path: Path, features: list[Any], **members: Any) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": features}), encoding="utf-8")
    return path


def polygon(ring: list[list[float]], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def shifted(east: float) -> list[list[float]]:
    return [[lon + east, lat] for lon, lat in SQUARE]


def bring(database: Database, files: FileStore, path: Path, **said: Any) -> ImportReport:
    return import_file(database, files, path, ImportOptions(**{"crs": "EPSG:4326", **said}), by=system("test"))


def rows_of(database: Database, key: str) -> list[str]:
    with database.reading() as connection:
        layer = store.find_layer(connection, key)
        return [] if layer is None else store.features(connection, layer.id).names


def test_rows_in_are_rows_stored_and_rows_set_aside(tmp_path: Path, database: Database, files: FileStore) -> None:
    """Two good squares, one open ring (stored, closed), one without shape, one repeat: 5 = 3 + 2."""
    good = polygon(SQUARE, name="甲")
    path = write(
        tmp_path / "院.geojson",
        [
            good,
            polygon(shifted(0.02), name="乙"),
            polygon(shifted(0.04)[:-1], name="丙"),
            {"type": "Feature", "properties": {"name": "丁"}, "geometry": None},
            good,
        ],
    )
    report = bring(database, files, path, kind="compound")
    assert (report.rows_in, report.rows_stored, report.rows_set_aside) == (5, 3, 2)
    assert report.reasons == {"no_shape": 1, "repeated": 1}
    assert report.changes["closed"]["row_numbers"] == "3"
    assert report.names == ["甲", "乙", "丙"]
    with database.reading() as connection:
        layer = store.layer_by_key(connection, report.layer)
        kept = store.features(connection, layer.id)
        aside = list(store.refused(connection, report.import_id or 0))
    assert layer.key == "院"
    assert kept.names == ["甲", "乙", "丙"]
    assert shapely.from_wkb(kept.wkb[2]).is_valid
    assert [(row[0], row[1]) for row in aside] == [(4, "no_shape"), (5, "repeated")]
    assert all(row[2] and row[3] for row in aside)


def test_the_original_is_kept_by_its_hash(tmp_path: Path, database: Database, files: FileStore) -> None:
    path = write(tmp_path / "a.geojson", [polygon(SQUARE)])
    report = bring(database, files, path)
    assert files.path(report.sha256).read_bytes() == path.read_bytes()


def test_the_same_file_twice_changes_nothing(tmp_path: Path, database: Database, files: FileStore) -> None:
    path = write(tmp_path / "a.geojson", [polygon(SQUARE, name="甲")])
    first = bring(database, files, path)
    with database.reading() as connection:
        before = store.layer_by_key(connection, "a")
    again = bring(database, files, path)
    appended = bring(database, files, path, mode="append")
    with database.reading() as connection:
        assert store.layer_by_key(connection, "a") == before
        assert len(store.imports(connection, before.id)) == 1
    assert again.unchanged
    assert appended.unchanged
    assert again.rows_stored == first.rows_stored == 1


def test_other_options_are_another_import(tmp_path: Path, database: Database, files: FileStore) -> None:
    path = write(tmp_path / "a.geojson", [polygon(SQUARE, name="甲")])
    bring(database, files, path)
    report = bring(database, files, path, crs="gcj02")
    assert not report.unchanged
    assert report.replaced_rows == 1


def test_an_undo_brings_back_what_was_replaced(tmp_path: Path, database: Database, files: FileStore) -> None:
    bring(database, files, write(tmp_path / "old.geojson", [polygon(SQUARE, name="旧")]), layer="x", title="旧名")
    bring(database, files, write(tmp_path / "new.geojson", [polygon(SQUARE, name="新")]), layer="x", title="新名")
    assert rows_of(database, "x") == ["新"]
    undo_import(database, "x", by=system("test"))
    assert rows_of(database, "x") == ["旧"]
    with database.reading() as connection:
        assert store.layer_by_key(connection, "x").title == "旧名"
    undo_import(database, "x", by=system("test"))
    with database.reading() as connection:
        assert store.find_layer(connection, "x") is None


def test_an_undone_import_may_be_done_again(tmp_path: Path, database: Database, files: FileStore) -> None:
    path = write(tmp_path / "a.geojson", [polygon(SQUARE, name="甲")])
    bring(database, files, path)
    undo_import(database, "a", by=system("test"))
    assert not bring(database, files, path).unchanged
    assert rows_of(database, "a") == ["甲"]


def test_appending_adds_and_replacing_replaces(tmp_path: Path, database: Database, files: FileStore) -> None:
    bring(database, files, write(tmp_path / "1.geojson", [polygon(SQUARE, name="一")]), layer="x")
    bring(database, files, write(tmp_path / "2.geojson", [polygon(SQUARE, name="二")]), layer="x", mode="append")
    assert rows_of(database, "x") == ["一", "二"]
    bring(database, files, write(tmp_path / "3.geojson", [polygon(SQUARE, name="三")]), layer="x")
    assert rows_of(database, "x") == ["三"]
    undo_import(database, "x", by=system("test"))
    assert rows_of(database, "x") == ["一", "二"]


def test_a_trial_reports_the_same_and_stores_nothing(tmp_path: Path, database: Database, files: FileStore) -> None:
    path = write(tmp_path / "a.geojson", [polygon(SQUARE, name="甲"), polygon(SQUARE[:2])])
    trial = bring(database, files, path, dry_run=True)
    with database.reading() as connection:
        assert store.layers(connection) == []
    assert not files.root.exists()
    done = bring(database, files, path)
    same = {"dry_run": False, "import_id": done.import_id}
    assert {**trial.as_json(), **same} == done.as_json()


def test_a_file_of_which_nothing_can_be_stored_leaves_the_layer(
    tmp_path: Path, database: Database, files: FileStore
) -> None:
    bring(database, files, write(tmp_path / "good.geojson", [polygon(SQUARE, name="甲")]), layer="x")
    bad = write(tmp_path / "bad.geojson", [polygon(SQUARE[:2])])
    with pytest.raises(NothingStored, match="保持不变"):
        bring(database, files, bad, layer="x")
    assert rows_of(database, "x") == ["甲"]


def test_a_layer_can_be_removed_with_all_it_holds(tmp_path: Path, database: Database, files: FileStore) -> None:
    bring(database, files, write(tmp_path / "a.geojson", [polygon(SQUARE), polygon(SQUARE[:2])]))
    remove_layer(database, "a", by=system("test"))
    with database.reading() as connection:
        index = ["feature_rtree"] if database.is_sqlite else []
        for table in ("layer", "layer_import", "feature", "set_aside", *index):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0, table


def test_open_rings_without_a_crs_in_china_are_not_taken_for_wgs84(
    tmp_path: Path, database: Database, files: FileStore
) -> None:
    path = write(tmp_path / "a.geojson", [polygon(SQUARE[:-1])])
    with pytest.raises(UnknownCrs, match="--crs"):
        bring(database, files, path, crs="")
    with database.reading() as connection:
        assert store.layers(connection) == []


def test_a_proper_geojson_in_china_is_wgs84_by_its_standard_with_a_warning(
    tmp_path: Path, database: Database, files: FileStore
) -> None:
    report = bring(database, files, write(tmp_path / "a.geojson", [polygon(SQUARE)]), crs="")
    assert report.crs == "EPSG:4326"
    assert "GCJ" in report.notes[0] or "gcj02" in report.notes[0]


def test_cgcs2000_counts_as_wgs84_without_a_shift_and_says_so(
    tmp_path: Path, database: Database, files: FileStore
) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    report = bring(database, files, write(tmp_path / "a.geojson", [polygon(SQUARE)], crs=crs), crs="")
    assert report.crs == "EPSG:4490"
    assert "零平移" in report.notes[0]
    assert "reprojected" not in report.changes
    with database.reading() as connection:
        layer = store.layer_by_key(connection, "a")
        assert layer.extent == (116.45, 39.94, 116.46, 39.95)


def test_a_public_list_leaves_out_internal_layers(tmp_path: Path, database: Database, files: FileStore) -> None:
    bring(database, files, write(tmp_path / "a.geojson", [polygon(SQUARE)]))
    bring(database, files, write(tmp_path / "b.geojson", [polygon(SQUARE)]), visibility="internal")
    with database.reading() as connection:
        assert [layer.key for layer in store.layers(connection)] == ["a", "b"]
        assert [layer.key for layer in store.layers(connection, public_only=True)] == ["a"]


def test_the_box_index_finds_rows_of_active_imports_only(tmp_path: Path, database: Database, files: FileStore) -> None:
    bring(database, files, write(tmp_path / "a.geojson", [polygon(SQUARE, name="旧")]), layer="x")
    bring(
        database,
        files,
        write(tmp_path / "b.geojson", [polygon(SQUARE, name="近"), polygon(shifted(0.05), name="远")]),
        layer="x",
    )
    with database.reading() as connection:
        layer = store.layer_by_key(connection, "x")
        found = store.features(connection, layer.id, bbox=(116.44, 39.93, 116.455, 39.945))
    assert found.names == ["近"]


def streets_and_blocks(tmp_path: Path) -> tuple[Path, Path]:
    """A grid of 9 x 9 streets, and the blocks between them as a file in BD-09 says them, no CRS stated."""
    import numpy as np

    from geoapp.geo.crs import wgs84_to_bd09

    west, south, step = 116.40, 39.90, 0.008
    lines, blocks = [], []
    for i in range(9):
        for ends in (((0, i), (8, i)), ((i, 0), (i, 8))):
            line = [[west + x * step, south + y * step] for x, y in ends]
            lines.append({"type": "Feature", "properties": {}, "geometry": {"type": "LineString", "coordinates": line}})
    for i in range(8):
        for j in range(8):
            corners = np.array([[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9], [0.1, 0.1]]) + np.array([i, j])
            blocks.append(polygon(wgs84_to_bd09(corners * step + np.array([west, south])).tolist()))
    return write(tmp_path / "streets.geojson", lines), write(tmp_path / "blocks.geojson", blocks)


def test_an_undeclared_datum_is_found_by_comparison_and_the_scores_are_shown(
    tmp_path: Path, database: Database, files: FileStore
) -> None:
    streets, blocks = streets_and_blocks(tmp_path)
    bring(database, files, streets, kind="road")
    report = bring(database, files, blocks, crs="", kind="compound")
    assert report.crs == "bd09"
    assert "streets" in report.crs_basis
    assert report.scores[0]["crs"] == "bd09"
    assert len(report.scores) == 3
    with database.reading() as connection:
        extent = store.layer_by_key(connection, "blocks").extent
    assert extent == pytest.approx((116.4008, 39.9008, 116.4632, 39.9632), abs=1e-7)


def test_a_comparison_that_was_asked_for_and_does_not_tell_stops(
    tmp_path: Path, database: Database, files: FileStore
) -> None:
    _, blocks = streets_and_blocks(tmp_path)
    ring = [[115.0, 39.0], [118.0, 39.0], [118.0, 41.0], [115.0, 39.0]]
    bring(database, files, write(tmp_path / "area.geojson", [polygon(ring)]), kind="boundary")
    with pytest.raises(UnknownCrs, match="--crs"):
        bring(database, files, blocks, crs="auto", compare="area")


def test_a_table_takes_over_shapes_by_code_and_lists_the_rest(
    tmp_path: Path, database: Database, files: FileStore
) -> None:
    bring(database, files, write(tmp_path / "a.geojson", [polygon(SQUARE, name="甲", code="0110")]), layer="areas")
    table = tmp_path / "t.csv"
    table.write_text("代码,户数\n0110,12\n0111,13\n", encoding="utf-8")
    report = bring(database, files, table, crs="", layer="t", join="areas")
    assert (report.rows_stored, report.reasons) == (1, {"no_match": 1})
    with database.reading() as connection:
        kept = store.features(connection, store.layer_by_key(connection, "t").id)
    assert kept.codes == ["0110"]
    assert kept.shapes()[0].equals(shapely.Polygon(SQUARE))
    assert kept.props[0]["户数"] == 12


def test_a_row_far_from_all_others_is_set_aside_unless_it_is_wanted(
    tmp_path: Path, database: Database, files: FileStore
) -> None:
    far = [polygon(shifted(0.001 * i), n=i) for i in range(9)] + [polygon(shifted(-60.0), n=9)]
    path = write(tmp_path / "a.geojson", far)
    report = bring(database, files, path)
    assert report.reasons == {"out_of_area": 1}
    with database.reading() as connection:
        assert [row[0] for row in store.refused(connection, report.import_id or 0)] == [10]
    assert bring(database, files, path, anywhere=True).rows_set_aside == 0
