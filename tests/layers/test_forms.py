"""What a page sends never decides where a file lies."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.layers.forms import BadForm, names_on_disk, parse_options, shown_name


@given(st.lists(st.text(max_size=40), min_size=1, max_size=1))
def test_any_name_becomes_one_of_ours(names: list[str]) -> None:
    (ours,), main = names_on_disk(names)
    assert main == 0
    assert re.fullmatch(r"data(\.[a-z0-9]{1,10}(\.xml)?)?", ours)


def test_a_shapefile_comes_as_a_set() -> None:
    names, main = names_on_disk(["小区.dbf", "小区.SHP", "小区.shx", "小区.shp.xml"])
    assert (names, main) == (["data.dbf", "data.shp", "data.shx", "data.shp.xml"], 1)


@pytest.mark.parametrize("names", [[], ["a.geojson", "b.geojson"], ["a.shp", "b.shp"], ["a.dbf", "a.shx"]])
def test_files_that_make_no_layer_together_are_refused(names: list[str]) -> None:
    with pytest.raises(BadForm):
        names_on_disk(names)


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\小区.shp", "小区.shp"),
        ("a\x00\u202eb.csv", "ab.csv"),
        ("", "upload"),
        (None, "upload"),
        ("x" * 300 + ".csv", "x" * 146 + ".csv"),
    ],
)
def test_a_name_is_shown_without_folders_and_tricks(given_name: str | None, shown: str) -> None:
    assert shown_name(given_name) == shown


def test_flags_and_empty_fields() -> None:
    options = parse_options({"crs": " gcj02 ", "dry_run": "1", "swap_xy": "0", "title": ""})
    assert (options.crs, options.dry_run, options.swap_xy, options.title) == ("gcj02", True, False, "")
