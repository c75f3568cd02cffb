"""Style and legend of a source: from its own entry, else from its kind."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest

from geoapp.maps import style
from geoapp.maps.pins import pin
from geoapp.maps.sources import NoSuchSource, Source, drawable, find, shown_at_first, titled, whole_box


def source(key: str = "a", kind: str = "road", **more: Any) -> Source:
    values: dict[str, Any] = {"title": key, "dimension": 1, "count": 1, **more}
    return Source(key=key, kind=kind, **values)


def test_a_layer_without_a_style_is_drawn_by_its_kind() -> None:
    ids = [layer["id"] for layer in style.layers(source())]
    assert ids == ["a/casing", "a/line", "a/name"]


def test_an_entry_overrules_its_kind_piece_by_piece() -> None:
    lines = {layer["id"]: layer for layer in style.layers(source(style={"line": "#ff0000"}))}
    assert lines["a/line"]["paint"]["line-color"] == "#ff0000"
    assert lines["a/casing"]["paint"]["line-color"] == style.KINDS["road"]["casing"]


def test_a_table_chooses_by_the_value_of_a_field() -> None:
    chosen = source(style={"by": "class", "line_width": {"arterial": 8, "minor": 4}})
    line = next(layer for layer in style.layers(chosen) if layer["id"] == "a/line")
    # Zoom 16 is where widths are stated: the pair after it is the width itself.
    width = line["paint"]["line-width"]
    at_16 = width[width.index(16) + 1]
    assert at_16 == ["*", 1, ["match", ["to-string", ["get", "class"]], "arterial", 8, "minor", 4, 2]]
    assert style.fields(chosen) == ["class"]
    assert [item.label for item in style.legend(chosen)] == ["主干路", "支路"]


def test_a_symbol_is_the_same_on_the_map_and_in_the_legend() -> None:
    piles = source(kind="charging", dimension=0, style={"by": "kind", "symbol": {"car": "square"}, "colour": "#009e73"})
    point = style.layers(piles)[0]
    assert point["layout"]["text-field"][3] == "■"
    assert [(item.label, item.glyph) for item in style.legend(piles)] == [("汽车充电桩", "■")]


def test_what_is_new_is_a_ring_that_stands_out_and_all_else_a_sign() -> None:
    live = pin.source(pin.LIVE, count=3, officials=True, illustrative=False)
    ring, sign = style.layers(live)[:2]
    new = ["in", ["to-string", ["get", "state"]], ["literal", ["new"]]]
    assert (ring["type"], ring["filter"][-1]) == ("circle", new)
    assert (sign["type"], sign["filter"][-1]) == ("symbol", ["!", new])
    assert ring["paint"]["circle-stroke-width"][-3] == 3.0, "at zoom 16, where ○ was a line of one pixel"


def test_a_translucent_fill_has_in_the_legend_the_colour_that_is_seen() -> None:
    """#000000 at half on #fafaf7: 125, 125, 123.5 rounded to even 124 -> 7d 7d 7c."""
    area = source(kind="other", dimension=2, style={"fill": "#000000", "fill_opacity": 0.5})
    assert style.legend(area)[0].color == "#7d7d7c"


def test_names_of_an_upper_level_give_way_to_those_below() -> None:
    name = style.layers(source(kind="boundary", level="subdistrict", dimension=2))[-1]
    assert name["maxzoom"] == style.LAST_NAME_ZOOM["subdistrict"]


def test_the_pile_runs_from_areas_to_points_to_borders_from_small_to_large() -> None:
    given = [
        source("place:community", "boundary", level="community", dimension=2),
        source("s", "station", dimension=0),
        source("place:grid", "boundary", level="grid", dimension=2),
        source("g", "green", dimension=2),
        source("u", "unheard-of", dimension=2),
    ]
    assert [s.key for s in drawable(given, internal=True)] == ["g", "u", "s", "place:grid", "place:community"]


def test_empty_layers_and_those_of_others_are_not_offered() -> None:
    given = [source("empty", count=0), source("secret", internal=True), source("open")]
    assert [s.key for s in drawable(given, internal=False)] == ["open"]
    assert [s.key for s in drawable(given, internal=True)] == ["open", "secret"]
    with pytest.raises(NoSuchSource, match="secret"):
        find(drawable(given, internal=False), "secret")


def test_a_file_of_borders_is_off_where_the_places_are_drawn() -> None:
    file = source("file", "boundary", level="community", dimension=2)
    places = source("place:community", "boundary", level="community", dimension=2)
    assert shown_at_first(file, [file])
    assert not shown_at_first(file, [file, places])
    assert shown_at_first(places, [file, places])


def test_the_whole_is_that_of_the_places_where_there_are_any() -> None:
    layer = source("far", bbox=(0, 0, 50, 50))
    places = source("place:grid", "boundary", bbox=(1, 2, 3, 4))
    assert whole_box([layer, places]) == (1, 2, 3, 4)
    assert whole_box([layer]) == (0, 0, 50, 50)
    assert whole_box([]) is None


def test_every_kind_gives_layers_that_maplibre_accepts(built_client: None) -> None:
    """The map library's own style check, where Node and the client's packages are."""
    import json
    from pathlib import Path

    client = Path(style.__file__).parents[1] / "web" / "client"
    checker = client / "node_modules" / "@maplibre" / "maplibre-gl-style-spec" / "dist" / "gl-style-validate.mjs"
    if not shutil.which("node"):
        pytest.skip("no Node on the path here: set-up has its own")
    layers = []
    for kind in style.KINDS:
        for dimension in (0, 1, 2):
            layers += style.layers(source(f"{kind}{dimension}", kind, dimension=dimension))
    for level in style.LEVELS:
        layers += style.layers(source(f"place:{level}", "boundary", level=level, dimension=2))
    layers += style.layers(pin.source(pin.LIVE, count=3, officials=True, illustrative=False))
    sheet = {
        "version": 8,
        "glyphs": "local/{fontstack}/{range}",
        "sources": {"s": {"type": "vector", "url": "local"}},
        "layers": [{**layer, "source": "s", "source-layer": "features"} for layer in layers],
    }
    done = subprocess.run(
        ["node", str(checker)], input=json.dumps(sheet), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "")


def test_layers_have_the_title_of_the_language_where_the_catalogue_gives_one() -> None:
    both = source("green", title="绿地", style={"title_en": "Green"})
    one = source("mine", title="我的图层")
    assert [each.title for each in titled([both, one], "en")] == ["Green", "我的图层"]
    assert [each.title for each in titled([both, one], "zh")] == ["绿地", "我的图层"]
