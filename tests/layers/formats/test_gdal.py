"""Every format that GDAL wrote is read with its Chinese names, fields and place."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from geoapp.layers.formats.gdal import read_layer
from geoapp.layers.formats.source import MustChoose, Unreadable

NAMES = ["霞光里一号院", "枣营南里", "农展馆", "亮马河北岸"]


@pytest.mark.parametrize(
    ("name", "driver", "format"),
    [
        ("a.gpkg", "GPKG", "GeoPackage"),
        ("a.geojson", "GeoJSON", "GeoJSON"),
        ("a.geojsonl", "GeoJSONSeq", "GeoJSON"),
        ("a.fgb", "FlatGeobuf", "FlatGeobuf"),
        ("a.gdb", "OpenFileGDB", "FileGDB"),
        ("a.shp", "ESRI Shapefile", "Shapefile"),
        ("a.gml", "GML", "GML"),
    ],
)
def test_a_format_comes_back_as_it_was_written(written: Any, opened: Any, name: str, driver: str, format: str) -> None:
    source, rows = opened(written(name, driver))
    assert source.format == format
    assert source.crs == "EPSG:4326"
    assert sorted(props["名称"] for props in rows.props) == sorted(NAMES)
    assert {props["名称"]: props["户数"] for props in rows.props}["农展馆"] == 30
    west = {props["名称"]: shapely.bounds(shape)[0] for props, shape in zip(rows.props, rows.shapes, strict=True)}
    assert west["枣营南里"] == pytest.approx(116.46)


def test_a_file_with_several_layers_asks_which(tmp_path: Path, written: Callable[..., Path], opened: Any) -> None:
    path = written("a.gpkg", "GPKG", layer="小区")
    written("a.gpkg", "GPKG", layer="楼栋", append=True)
    with pytest.raises(MustChoose, match="小区、楼栋"):
        opened(path)
    source, rows = opened(path, sublayer="楼栋")
    assert (source.sublayer, len(rows.numbers)) == ("楼栋", 4)
    with pytest.raises(MustChoose, match="没有名为"):
        opened(path, sublayer="道路")


def test_rows_are_read_in_lots_and_keep_their_numbers(written: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoapp.layers.formats.gdal.ROWS_AT_ONCE", 3)
    lots = list(read_layer(written("a.gpkg", "GPKG"), "a"))
    assert [rows.numbers.tolist() for rows in lots] == [[1, 2, 3], [4]]


def test_a_row_too_long_to_be_read_is_stepped_over(written: Any) -> None:
    lots = list(read_layer(written("a.gpkg", "GPKG"), "a", oversized=[1]))
    assert np.concatenate([rows.numbers for rows in lots]).tolist() == [1, 2, 3, 4]
    assert [rows.faults[0].reason for rows in lots if rows.faults] == ["too_many_vertices"]
    assert [props.get("名称") for rows in lots for props in rows.props] == [NAMES[0], None, *NAMES[2:]]


@pytest.mark.parametrize("name", ["a.gpkg", "a.fgb", "a.shp", "a.gdb.zip", "a.kml", "a.tab"])
def test_a_file_of_rubbish_gets_one_sentence(tmp_path: Path, opened: Any, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"this is no map " * 50)
    with pytest.raises(Unreadable) as caught:
        opened(path)
    assert str(caught.value).endswith("。")


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_a_geopackage_that_was_cut_off_is_refused(written: Any, opened: Any, share: float) -> None:
    path = written("a.gpkg", "GPKG")
    body = path.read_bytes()
    path.write_bytes(body[: int(len(body) * share)])
    with pytest.raises(Unreadable, match="不完整"):
        opened(path)


def test_curves_are_straightened_and_those_that_cannot_be_are_set_aside(written: Any, opened: Any) -> None:
    """A half circle over three points becomes a line of many; an arc over two points is none."""
    path = written("a.gpkg", "GPKG", geometry_type="Unknown")

    def arc(*points: tuple[float, float]) -> bytes:
        body = b"\x01" + struct.pack("<II", 8, len(points)) + b"".join(struct.pack("<dd", *point) for point in points)
        return b"GP\x00\x01" + struct.pack("<i", 4326) + body

    with closing(sqlite3.connect(path)) as connection:
        for table in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{table[0]}"')
        connection.execute("UPDATE a SET geom = ? WHERE fid = 1", (arc((116, 40), (117, 41), (118, 40)),))
        connection.execute("UPDATE a SET geom = ? WHERE fid = 2", (arc((116, 40), (117, 41)),))
        connection.execute("UPDATE a SET geom = ? WHERE fid = 3", (b"GP\x00\x01rubbish",))
        connection.commit()
    _, rows = opened(path)
    assert rows.numbers.tolist() == [1, 2, 3, 4]
    assert rows.shapes[0].geom_type == "LineString"
    assert shapely.get_num_coordinates(rows.shapes[0]) > 10
    assert set(rows.faults) == {1, 2}
    assert rows.shapes[3].geom_type == "Polygon"
