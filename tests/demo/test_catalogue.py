"""The catalogue names every layer of the demo, whence it is, and that it is illustrative."""

from __future__ import annotations

from pathlib import Path

import pytest

from geoapp.layers.entry import Entry, parse_catalogue

LAYERS = Path(__file__).parents[2] / "layers"
KINDS = {"boundary", "compound", "building", "road", "water", "charging", "parking", "station", "green", "report"}
# A place without a shape is no layer.
NO_LAYER = "boundary_district"


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    """As the importer reads them."""
    catalogue = parse_catalogue((LAYERS / "catalogue.toml").read_text(encoding="utf-8"))
    return [entry for entry in catalogue.values() if entry.file.startswith("demo/")]


def test_every_demo_layer_is_in_the_catalogue_under_its_own_name(entries: list[Entry]) -> None:
    layers = {entry.key: entry.file for entry in entries if entry.kind != "roster"}
    assert layers == {path.stem: f"demo/{path.name}" for path in LAYERS.glob("demo/*.geojson") if path.stem != NO_LAYER}
    assert {entry.kind for entry in entries} == KINDS | {"roster"}
    assert all((LAYERS / entry.file).is_file() for entry in entries)


def test_every_entry_says_whose_it_is_and_that_it_is_illustrative(entries: list[Entry]) -> None:
    for entry in entries:
        assert entry.illustrative is True
        assert "示意" in entry.source
        assert entry.licence == "Apache-2.0"
        assert entry.date
        assert entry.style["title_en"]
        assert entry.visibility == ("internal" if entry.kind in {"report", "roster"} else "public")


def test_layers_are_drawn_in_an_order_without_ties(entries: list[Entry]) -> None:
    order = [entry.style["order"] for entry in entries]
    assert len(set(order)) == len(order)


def test_fields_that_the_style_names_are_in_the_data_with_all_their_values(entries: list[Entry], read) -> None:
    checked = 0
    for entry in entries:
        if entry.kind == "roster":
            continue
        rows = read(entry.key)
        for table in (value for value in entry.style.values() if isinstance(value, dict)):
            assert set(table) == {row[entry.style["by"]] for row in rows}
            checked += 1
        for name in ("label", "picture"):
            assert name not in entry.style or all(row[entry.style[name]] for row in rows)
    assert checked > 4


def test_every_shape_is_valid_and_of_the_one_type_of_its_layer(entries: list[Entry], read) -> None:
    """So an import has nothing to repair."""
    for entry in entries:
        if entry.kind != "roster":
            shapes = [row["shape"] for row in read(entry.key)]
            assert all(shape.is_valid for shape in shapes)
            assert len({shape.geom_type.removeprefix("Multi") for shape in shapes}) == 1
