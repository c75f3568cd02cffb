"""`geoapp import` and `geoapp layers`, as another program and as a person use them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from geoapp.cli import geoapp
from geoapp.errors import GeoappError

POINT = {"type": "Point", "coordinates": [116.45, 39.94]}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command line on a new, empty folder."""
    monkeypatch.setenv("GEOAPP_DATA", str(tmp_path / "var"))

    def call(*words: str) -> Result:
        return CliRunner().invoke(geoapp, list(words), catch_exceptions=True)

    return call


def file(tmp_path: Path, *geometries: Any, name: str = "a.geojson") -> str:
    features = [{"type": "Feature", "properties": {"name": f"点{i}"}, "geometry": g} for i, g in enumerate(geometries)]
    path = tmp_path / name
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return str(path)


def test_the_report_for_programs_has_what_they_look_for(tmp_path: Path, run: Any) -> None:
    done = run("import", file(tmp_path, POINT, None), "--crs", "EPSG:4326", "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert {key: report[key] for key in ("rows_in", "rows_stored", "rows_set_aside", "crs", "encoding", "layer")} == {
        "rows_in": 2,
        "rows_stored": 1,
        "rows_set_aside": 1,
        "crs": "EPSG:4326",
        "encoding": "UTF-8",
        "layer": "a",
    }


def test_a_person_is_told_in_words(tmp_path: Path, run: Any) -> None:
    done = run("import", file(tmp_path, POINT, None), "--crs", "gcj02", "--title", "充电桩")
    assert "读到 2 行，入库 1 行，未入库 1 行" in done.stdout
    assert "换算坐标 1 行：1" in done.stdout
    assert "名称示例：点0" in done.stdout
    assert "充电桩" in run("layers", "list").stdout
    assert "使用中" in run("layers", "show", "a").stdout


def test_rows_set_aside_go_to_a_file_that_excel_reads(tmp_path: Path, run: Any) -> None:
    run("import", file(tmp_path, POINT, None), "--crs", "4326")
    out = tmp_path / "未入库.csv"
    assert run("layers", "set-aside", "a", "--out", str(out)).exit_code == 0
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    lines = out.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("2,no_shape,")


def test_undo_and_remove(tmp_path: Path, run: Any) -> None:
    path = file(tmp_path, POINT)
    run("import", path, "--crs", "4326")
    assert run("layers", "undo", "a").exit_code == 0
    assert json.loads(run("layers", "list", "--json").stdout) == []
    run("import", path, "--crs", "4326")
    assert run("layers", "remove", "a", "--yes").exit_code == 0
    assert json.loads(run("layers", "list", "--json").stdout) == []


def test_a_sample_is_geojson(tmp_path: Path, run: Any) -> None:
    run("import", file(tmp_path, POINT, POINT), "--crs", "4326")
    sample = json.loads(run("layers", "sample", "a", "--limit", "1").stdout)
    assert [feature["geometry"] for feature in sample["features"]] == [POINT]


def test_counting_within_areas(tmp_path: Path, run: Any) -> None:
    ring = [[116.4, 39.9], [116.5, 39.9], [116.5, 40.0], [116.4, 39.9]]
    area = file(tmp_path, {"type": "Polygon", "coordinates": [ring]}, name="area.geojson")
    run("import", area, "--crs", "4326", "--kind", "boundary")
    far = {"type": "Point", "coordinates": [116.2, 39.8]}
    run("import", file(tmp_path, POINT, far), "--crs", "4326")
    assert run("layers", "count", "a", "--within", "area").stdout == "1 行（共 2 行）\n"
    wrong = run("layers", "count", "a", "--within", "area", "--where", "district=朝阳区")
    assert isinstance(wrong.exception, GeoappError)


def test_the_catalogue_beside_a_file_says_what_it_is(tmp_path: Path, run: Any) -> None:
    path = file(tmp_path, POINT)
    (tmp_path / "catalogue.toml").write_text(
        '[piles]\ntitle = "充电桩"\nkind = "charging"\nsource = "自制"\nlicence = "CC0"\ndatum = "EPSG:4326"\n'
        'file = "a.geojson"\nillustrative = true\n[piles.style]\ncolor = "green"\n',
        encoding="utf-8",
    )
    run("import", path)
    (layer,) = json.loads(run("layers", "list", "--json").stdout)
    assert (layer["key"], layer["title"], layer["licence"], layer["illustrative"]) == ("piles", "充电桩", "CC0", True)


@pytest.mark.parametrize(
    "words",
    [
        ("import", "nowhere.geojson"),
        ("layers", "show", "nothing"),
        ("layers", "undo", "nothing"),
        ("layers", "set-aside", "nothing"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(run: Any, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert isinstance(done.exception, GeoappError)
    assert str(done.exception).endswith("。")


@pytest.mark.parametrize(
    "words", [("import",), ("layers",), ("layers", "count"), ("layers", "tap"), ("layers", "undo")]
)
def test_help_has_an_example(run: Any, words: list[str]) -> None:
    assert "Example" in run(*words, "--help").stdout


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("none.geojson", '{"type":"FeatureCollection","features":[]}'),
        ("head.csv", "名称,经度,纬度\n"),
        ("json.csv", '{"type":"FeatureCollection","features":[]}'),
        ("none.kml", '<kml xmlns="http://www.opengis.net/kml/2.2"><Document></Document></kml>'),
    ],
)
def test_a_file_without_a_row_is_refused_and_makes_no_layer(tmp_path: Path, run: Any, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    done = run("import", str(path), "--kind", "compound", "--json")
    assert isinstance(done.exception, GeoappError)
    assert "没有一行数据" in str(done.exception)
    assert json.loads(run("layers", "list", "--json").stdout) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, run: Any) -> None:
    """A pipe that nobody writes to would be waited for without end."""
    path = tmp_path / "pipe.geojson"
    os.mkfifo(path)
    done = run("import", str(path))
    assert isinstance(done.exception, GeoappError)
    assert "不是普通文件" in str(done.exception)


def test_a_name_of_a_million_letters_is_shown_by_its_beginning(tmp_path: Path, run: Any) -> None:
    path = tmp_path / "long.csv"
    path.write_text("名称,经度,纬度\n" + "x" * 1_000_000 + ",116.4,39.9\n", encoding="utf-8")
    done = run("import", str(path), "--kind", "other", "--crs", "EPSG:4326")
    assert done.exit_code == 0, done.output
    assert len(done.output) < 2000
