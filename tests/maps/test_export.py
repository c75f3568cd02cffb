"""Exported files are read back by GDAL with the names, days and shapes that were stored."""

from __future__ import annotations

import csv
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pyogrio
import pytest
import shapely
from click.testing import CliRunner

from geoapp.maps import sources, store
from geoapp.maps.commands import export
from geoapp.maps.forms import BadQuestion, only_where
from geoapp.maps.sheets.featurefiles import CannotWrite, Table, write

POINT = shapely.Point(116.5, 39.9)


def table(**columns: list[Any]) -> Table:
    return Table("t", [POINT] * len(next(iter(columns.values()))), columns)


def exported(town: Any, key: str, on: date = date(2026, 1, 1)) -> Table:
    with town.database.reading() as connection:
        source = sources.find(store.sources(connection, {}), key)
        return Table(key.replace("place:", ""), *store.exported(connection, source, on=on))


def names_in(path: Path, **options: Any) -> list[str]:
    return sorted(pyogrio.read_dataframe(path, **options)["name"])


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".zip"])
def test_a_layer_comes_back_with_its_chinese_names(town: Any, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"楼栋{suffix}"
    written = write([exported(town, "houses")], path)
    assert written.rows == 3
    back = pyogrio.read_dataframe(path)
    assert sorted(back["name"]) == ["东里1号楼", "西里1号楼", "西里2号楼"]
    assert back.crs == "EPSG:4326"
    assert shapely.area(back.geometry.values).round(9).tolist() == [1e-6] * 3


@pytest.mark.parametrize(("encoding", "cpg"), [("UTF-8", "UTF-8"), ("GBK", "GBK")])
def test_a_shapefile_states_its_encoding_and_is_written_in_it(
    town: Any, tmp_path: Path, encoding: str, cpg: str
) -> None:
    path = tmp_path / "h.zip"
    write([exported(town, "houses")], path, encoding=encoding)
    with zipfile.ZipFile(path) as archive:
        assert {Path(name).suffix for name in archive.namelist()} == {".shp", ".shx", ".dbf", ".prj", ".cpg"}
        assert archive.read("h.cpg").decode().strip() in {cpg, "936", "CP936"}
        assert "东里1号楼".encode(encoding) in archive.read("h.dbf")


@pytest.mark.engines
def test_places_are_of_the_day(town: Any, tmp_path: Path) -> None:
    write([exported(town, "place:community", date(2020, 1, 1))], tmp_path / "then.geojson")
    write([exported(town, "place:community")], tmp_path / "now.geojson")
    assert names_in(tmp_path / "then.geojson") == ["东里"]
    assert names_in(tmp_path / "now.geojson") == ["东里", "西里"]


def test_several_layers_go_into_one_geopackage_and_nowhere_else(town: Any, tmp_path: Path) -> None:
    both = [exported(town, "houses"), exported(town, "place:community")]
    write(both, tmp_path / "all.gpkg")
    assert sorted(name for name, _ in pyogrio.list_layers(tmp_path / "all.gpkg")) == ["community", "houses"]
    with pytest.raises(CannotWrite, match="gpkg"):
        write(both, tmp_path / "all.geojson")


def test_19_csv_opens_in_office_programs_and_holds_no_formula(tmp_path: Path) -> None:
    write([table(name=["=1+1", "霞光里"], n=[1, None])], tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[1] == ["'=1+1", "1", "116.5000000", "39.9000000", "POINT (116.5 39.9)"]
    assert rows[2][1] == ""


def test_names_too_long_for_a_shapefile_are_shortened_apart_and_said(tmp_path: Path) -> None:
    """households_basis and households_date share their first ten bytes; 面积平方米 is 15 bytes in UTF-8."""
    columns = {"households_basis": ["套数"], "households_date": ["2020"], "面积平方米": [5]}
    written = write([table(**columns)], tmp_path / "t.shp")
    fields = list(pyogrio.read_dataframe(tmp_path / "t.shp").columns)
    assert fields == ["households", "household1", "面积平", "geometry"]
    assert len(written.remarks) == 3


def test_a_letter_outside_of_gbk_is_named_and_nothing_is_left_behind(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match=r"U\+1F600.*UTF-8"):
        write([table(name=["\U0001f600"])], tmp_path / "t.shp", encoding="GBK")
    assert list(tmp_path.iterdir()) == []


def test_points_and_areas_do_not_go_into_one_shapefile(tmp_path: Path) -> None:
    mixed = Table("m", [POINT, POINT.buffer(1)], {"name": ["a", "b"]})
    with pytest.raises(CannotWrite, match="gpkg"):
        write([mixed], tmp_path / "m.shp")
    assert write([mixed], tmp_path / "m.gpkg").rows == 2


def test_unknown_numbers_stay_unknown(tmp_path: Path) -> None:
    write([table(households=[3, None])], tmp_path / "t.geojson")
    features = json.loads((tmp_path / "t.geojson").read_text(encoding="utf-8"))["features"]
    assert [feature["properties"].get("households") for feature in features] == [3.0, None]


def test_the_command_lists_and_writes(town: Any, tmp_path: Path) -> None:
    environment = {"GEOAPP_DATA": str(town.database.settings.data)}
    listed = CliRunner().invoke(export, ["--list", "--json"], env=environment)
    assert {row["key"] for row in json.loads(listed.output)} >= {"houses", "place:community"}
    out = tmp_path / "社区.geojson"
    done = CliRunner().invoke(
        export, ["place:community", "--on", "2020-01-01", "--out", str(out), "--json"], env=environment
    )
    assert json.loads(done.output)["rows"] == 1
    assert names_in(out) == ["东里"]


def test_only_rows_with_a_value_are_written_and_an_unknown_field_is_told() -> None:
    shapes, columns = [1, 2, 3], {"name": ["东里", "西里", None], "staff": [9, 16, 9]}
    assert only_where("name=西里", shapes, columns) == ([2], {"name": ["西里"], "staff": [16]})
    assert only_where("staff=9", shapes, columns)[0] == [1, 3]
    for condition in ("town=东里", "name", "name=南里"):
        with pytest.raises(BadQuestion):
            only_where(condition, shapes, columns)


def test_an_export_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file in the place of a folder, and a name longer than file systems take."""
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "a.geojson", tmp_path / ("名" * 300 + ".gpkg")):
        with pytest.raises(CannotWrite, match="写不了"):
            write([table(name=["甲"])], path)
