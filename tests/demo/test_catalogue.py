"""The catalogue names every file, whence it is, and that it is illustrative."""

from __future__ import annotations

import tomllib
from pathlib import Path

LAYERS = Path(__file__).parents[2] / "layers"
KINDS = {"boundary", "compound", "building", "road", "water", "charging", "parking", "station", "green", "report"}


def entries() -> list[dict]:
    catalogue = tomllib.loads((LAYERS / "catalogue.toml").read_text(encoding="utf-8"))
    return [entry for entry in catalogue["layer"] if entry["key"].startswith("demo.")]


def test_every_demo_layer_is_in_the_catalogue_once() -> None:
    files = [entry["file"] for entry in entries()]
    assert sorted(files) == sorted(path.relative_to(LAYERS).as_posix() for path in LAYERS.glob("demo/*.geojson"))
    assert len({entry["key"] for entry in entries()}) == len(files)
    assert {entry["kind"] for entry in entries()} == KINDS


def test_every_entry_says_whose_it_is_and_that_it_is_illustrative() -> None:
    for entry in entries():
        assert entry["illustrative"] is True
        assert "示意" in entry["title"]["zh"]
        assert "illustrative" in entry["title"]["en"] or "no geometry" in entry["title"]["en"]
        assert (entry["licence"], entry["datum"], entry["source"]) == ("Apache-2.0", "WGS84", "demo")
        assert entry["visibility"] == ("internal" if entry["kind"] == "report" else "public")


def test_geometry_and_style_fit_the_data(read) -> None:
    named = {"Polygon": "polygon", "MultiPolygon": "polygon", "LineString": "line", "Point": "point"}
    for entry in entries():
        rows = read(Path(entry["file"]).stem)
        assert {named[row["shape"].geom_type] if row["shape"] else "none" for row in rows} == {entry["geometry"]}
        assert entry.get("valid", False) == ("valid_from" in rows[0])
        style = entry.get("style", {})
        chosen = [table for table in style.values() if isinstance(table, dict)]
        for table in chosen:
            assert set(table) == {row[style["by"]] for row in rows}
        if "label" in style:
            assert all(style["label"] in row for row in rows)
