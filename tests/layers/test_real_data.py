"""麦子店 as found: outline, bus lines told to be GCJ-02, compounds told nothing, codes; by command line alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from geoapp.cli import geoapp
from geoapp.layers.settling import UnknownCrs

pytestmark = pytest.mark.shared_data


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("GEOAPP_DATA", str(tmp_path / "var"))

    def call(*words: object) -> Any:
        done = CliRunner().invoke(geoapp, [str(word) for word in words])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return json.loads(done.stdout)

    return call


def bring(run: Any, path: Path, *words: str) -> dict[str, Any]:
    report: dict[str, Any] = run("import", path, *words, "--json")
    assert report["rows_in"] == report["rows_stored"] + report["rows_set_aside"]
    return report


def test_the_story_of_maizidian(run: Any, shared_data: Path) -> None:
    outline = shared_data / "beijing-township" / "beijing_township.gpkg"
    lines = shared_data / "beijing-bus-lines" / "bus_lines_gcj02.gpkg"
    compounds = shared_data / "beijing-xiaoqu-polygons" / "xiaoqu_east_bd09_raw.json"
    codes = shared_data / "beijing-community-codes"
    report = bring(run, outline, "--layer", "township", "--kind", "boundary", "--level", "subdistrict")
    assert (report["rows_stored"], report["crs"]) == (299, "EPSG:4326")
    report = bring(run, lines, "--layer", "bus_lines", "--kind", "transit", "--crs", "gcj02")
    assert (report["rows_stored"], report["crs"]) == (1543, "gcj02")

    report = bring(run, compounds, "--layer", "compounds", "--kind", "compound")
    assert report["crs"] == "bd09"
    assert "bus_lines" in report["crs_basis"]
    scores = {score["crs"]: score["value"] for score in report["scores"]}
    assert set(scores) == {"EPSG:4326", "gcj02", "bd09"}
    # Some 3 % of the lines' length crosses compounds under the right datum, some 10 % under the others.
    assert 1 - scores["bd09"] < 0.5 * min(1 - scores["gcj02"], 1 - scores["EPSG:4326"])
    assert (report["rows_in"], report["rows_stored"], report["reasons"]) == (1496, 1495, {"too_few_points": 1})
    assert report["changes"]["closed"]["rows"] == 1495
    assert report["changes"]["repaired"]["rows"] == 4

    def count(layer: str, where: str, by: str = "point") -> int:
        found = run("layers", "count", layer, "--within", "township", "--where", where, "--by", by, "--json")
        assert found["areas"] > 0
        return int(found["count"])

    assert count("compounds", "district=朝阳区") == 725
    assert count("compounds", "town=麦子店街道") == 16
    assert count("bus_lines", "town=麦子店街道", "crossing") == 48

    assert bring(run, codes / "villages_beijing.csv", "--layer", "codes")["rows_stored"] == 7535
    streets = bring(run, codes / "streets_beijing.csv", "--layer", "streets", "--join", "township")
    assert streets["reasons"] == {"no_match": streets["rows_set_aside"]}
    assert streets["rows_in"] == 349


def test_compounds_alone_are_not_guessed(run: Any, shared_data: Path) -> None:
    with pytest.raises(UnknownCrs, match="--crs"):
        bring(run, shared_data / "beijing-xiaoqu-polygons" / "xiaoqu_east_bd09_raw.json")
    assert run("layers", "list", "--json") == []


def test_baidus_points_are_told_by_baidus_compounds(run: Any, shared_data: Path) -> None:
    """Ten geocoder failures lie outside Beijing, and 30 rows are the exact repeat of another."""
    compounds = shared_data / "beijing-xiaoqu-polygons" / "xiaoqu_east_bd09_raw.json"
    bring(run, compounds, "--layer", "compounds", "--crs", "bd09")
    report = bring(run, shared_data / "beijing-xiaoqu-points" / "complete_community_dataset.csv", "--layer", "points")
    assert report["crs"] == "bd09"
    assert report["reasons"]["repeated"] == 30


@pytest.mark.parametrize(
    ("file", "sublayer", "rows", "crs"),
    [
        ("berlin-moabit/moabit.gpkg", "build", 3834, "EPSG:4326"),
        ("berlin-moabit/moabit.gpkg", "roads", 2857, "EPSG:4326"),
        ("ellis-county-blocks/blocks.gpkg", "", 2296, "EPSG:26914"),
        ("shenzhen-charging/sz_taz.gpkg", "", 491, "EPSG:3857"),
        ("beijing-chaoyang-block/chaoyang_block.gpkg", "aoi", 199, "Transverse Mercator"),
    ],
)
def test_other_real_layers_go_in_whole(
    run: Any, shared_data: Path, file: str, sublayer: str, rows: int, crs: str
) -> None:
    report = bring(run, shared_data / file, "--layer", "x", "--sublayer", sublayer)
    assert (report["rows_in"], report["rows_set_aside"]) == (rows, 0)
    assert crs in report["crs"]
