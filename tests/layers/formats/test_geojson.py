"""GeoJSON as it is found in the wild, and as an enemy would write it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from geoapp.layers.formats.source import Unreadable

POINT = '{"type":"Feature","properties":{"name":"甲"},"geometry":{"type":"Point","coordinates":[116.45,39.94]}}'


def collection(*features: str, members: str = "") -> str:
    return f'{{"type":"FeatureCollection",{members}"features":[{",".join(features)}]}}'


def test_a_document_in_gbk_and_one_with_a_mark(tmp_path: Path, opened: Any) -> None:
    for encoding in ("gbk", "utf-8-sig", "utf-16"):
        path = tmp_path / f"{encoding}.geojson"
        path.write_bytes(collection(POINT.replace("甲", "霞光里小区")).encode(encoding))
        _, rows = opened(path)
        assert rows.props == [{"name": "霞光里小区"}]


@pytest.mark.parametrize(
    "text",
    [
        POINT,
        f"[{POINT}]",
        f"{POINT}\n{POINT}\n",
        f"\x1e{POINT}\n\x1e{POINT}\n",
        '{"type":"Point","coordinates":[116.45,39.94]}',
        collection(POINT, members='"crs":null,"name":"x",'),
    ],
)
def test_other_ways_to_write_it(tmp_path: Path, opened: Any, text: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text, encoding="utf-8")
    _, rows = opened(path)
    assert len(rows.numbers) == max(text.count('"Point"'), 1)
    assert [shape.wkt for shape in rows.shapes] == ["POINT (116.45 39.94)"] * len(rows.numbers)


@pytest.mark.parametrize(
    ("crs", "expected"),
    [
        ('{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}', "EPSG:4326"),
        ('{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4490"}}', "EPSG:4490"),
        ('{"type":"name","properties":{"name":"EPSG:4548"}}', "EPSG:4548"),
        ("null", ""),
    ],
)
@pytest.mark.parametrize("after", [False, True])
def test_a_stated_crs_is_found_before_and_after_the_features(
    tmp_path: Path, opened: Any, crs: str, expected: str, after: bool
) -> None:
    path = tmp_path / "a.geojson"
    text = collection(POINT) if after else collection(POINT, members=f'"crs":{crs},')
    path.write_text(text[:-1] + f',"crs":{crs}}}' if after else text, encoding="utf-8")
    source, _ = opened(path)
    assert (source.crs, source.crs_by_rule_only) == (expected, False)


def test_a_silent_document_is_wgs84_only_by_its_rule(tmp_path: Path, opened: Any) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(collection(POINT), encoding="utf-8")
    source, _ = opened(path)
    assert (source.crs, source.crs_by_rule_only) == ("EPSG:4326", True)


def test_bad_features_are_told_apart_and_numbered(tmp_path: Path, opened: Any) -> None:
    features = [
        POINT,
        "null",
        "7",
        '{"type":"Feature","properties":null,"geometry":null}',
        '{"type":"Feature","properties":{"a":1,"a":2},"geometry":{"type":"Point","coordinates":[1,2]}}',
        '{"type":"Feature","geometry":{"type":"Point","coordinates":[1e400,2]}}',
        '{"type":"Feature","geometry":{"type":"Point","coordinates":[' + "9" * 5000 + ",2]}}",
        '{"type":"Feature","geometry":{"type":"Point","coordinates":[NaN,2]}}',
        '{"type":"Feature","properties":{"t":"\\ud800\\u0000x"},"geometry":{"type":"Point","coordinates":[1,2]}}',
    ]
    path = tmp_path / "a.geojson"
    path.write_text(collection(*features), encoding="utf-8")
    _, rows = opened(path)
    assert rows.numbers.tolist() == list(range(1, 10))
    assert {i: fault.reason for i, fault in rows.faults.items()} == {
        1: "unknown_type",
        2: "unknown_type",
        3: "no_shape",
        4: "duplicate_key",
        5: "not_finite",
        6: "not_finite",
        7: "not_finite",
    }
    assert rows.props[8] == {"t": "\ufffdx"}
    assert rows.mended == [8]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "hello",
        "{",
        '{"a":1}',
        '{"type":"FeatureCollection"',
        collection(POINT)[:-2],
        collection(POINT)[:-40],
        collection(POINT + POINT),
        collection("{,}"),
        '{"type":"FeatureCollection","features":[],"features":[]}',
        '{"type":"Topology","objects":{}}',
        "[" * 100_000,
        '{"features":' + "[" * 100_000,
        collection('{"type":"Feature","properties":' + '{"a":' * 50_000),
    ],
)
def test_a_document_that_cannot_be_read_gets_one_sentence(tmp_path: Path, opened: Any, text: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Unreadable) as caught:
        opened(path)
    assert str(caught.value).endswith("。")
    assert len(str(caught.value)) < 200


def test_a_document_is_read_in_lots_whatever_the_place_of_the_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunks of 1 to 97 characters cut names, numbers and escapes in two; the rows are the same each time."""
    from geoapp.layers.formats import json_stream
    from geoapp.layers.formats.geojson import open_geojson

    features = [
        json.dumps(
            {
                "type": "Feature",
                "properties": {"name": f'第"{i}\\号', "n": -i * 1.5e-3, "t": True},
                "geometry": {"type": "LineString", "coordinates": [[116.0 + i, -39.5], [1e2, 12]]},
            },
            ensure_ascii=i % 2 == 0,
        )
        for i in range(5)
    ]
    path = tmp_path / "a.geojson"
    path.write_text(collection(*features, members='"n":17,"crs":null,'), encoding="utf-8")

    def told() -> list[Any]:
        rows = next(iter(open_geojson(path).read()))
        return [(p, s.wkt) for p, s in zip(rows.props, rows.shapes, strict=True)]

    whole = told()
    assert whole[3][0]["name"] == '第"3\\号'
    for size in (1, 2, 3, 7, 31, 97):
        monkeypatch.setattr(json_stream, "_CHUNK", size)
        assert told() == whole, size


def test_a_feature_too_long_to_be_sensible_is_stepped_over(
    tmp_path: Path, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With limits of 100 characters: the braces and quotes inside of the long row do not lead astray."""
    from geoapp.layers.formats import json_stream

    monkeypatch.setattr(json_stream, "LONGEST", 300)
    monkeypatch.setattr(json_stream, "_CHUNK", 64)
    long = json.dumps({"type": "Feature", "properties": {"t": 'a}"{\\' * 200}, "geometry": None})
    path = tmp_path / "a.geojson"
    path.write_text(collection(POINT, long, POINT), encoding="utf-8")
    _, rows = opened(path)
    assert [rows.faults[i].reason for i in rows.faults] == ["row_too_long"]
    assert [shape is not None for shape in rows.shapes] == [True, False, True]
