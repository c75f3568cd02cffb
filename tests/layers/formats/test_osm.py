"""OpenStreetMap XML and pbf."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from geoapp.layers.formats.source import Unreadable

OSM = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
<node id="1" lat="39.94" lon="116.45"/><node id="2" lat="39.94" lon="116.46"/><node id="3" lat="39.95" lon="116.46"/>
<node id="4" lat="39.945" lon="116.455"><tag k="name" v="霞光里站"/><tag k="railway" v="station"/></node>
<way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/>
<tag k="building" v="yes"/><tag k="name" v="甲5号楼"/></way>
<way id="11"><nd ref="1"/><nd ref="3"/><tag k="highway" v="primary"/><tag k="name" v="霄云路"/></way></osm>
"""


def read(path: Path, **said: Any) -> dict[str, str]:
    from geoapp.layers.formats.opening import open_source
    from geoapp.layers.importing import ImportOptions

    found: dict[str, str] = {}
    numbers: list[int] = []
    for rows in open_source(path, ImportOptions(**said), workspace=path.parent).read():
        numbers += rows.numbers.tolist()
        found.update({p["name"]: s.geom_type for p, s in zip(rows.props, rows.shapes, strict=True)})
    assert numbers == list(range(1, len(numbers) + 1))
    return found


def varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def block(kind: bytes, body: bytes) -> bytes:
    blob = field(2, len(body)) + field(3, zlib.compress(body))
    head = field(1, kind) + field(3, len(blob))
    return struct.pack(">I", len(head)) + head + blob


def pbf() -> bytes:
    """One named node, by the PBF description: nodes in units of 100 nanodegrees, zigzag."""
    words = [b"", b"name", "霞光里站".encode()]
    table = b"".join(field(1, word) for word in words)

    def signed(n: int) -> int:
        return n << 1 if n >= 0 else (-n << 1) - 1

    node = (
        field(1, signed(4)) + field(2, bytes([1])) + field(3, bytes([2]))
        + field(8, signed(399_450_000)) + field(9, signed(1_164_550_000))
    )  # fmt: skip
    data = field(1, table) + field(2, field(1, node))
    return block(b"OSMHeader", field(4, b"OsmSchema-V0.6")) + block(b"OSMData", data)


def test_points_ways_and_areas(tmp_path: Path) -> None:
    path = tmp_path / "a.osm"
    path.write_text(OSM, encoding="utf-8")
    assert read(path) == {"霞光里站": "Point", "霄云路": "LineString", "甲5号楼": "MultiPolygon"}


@pytest.mark.parametrize(("kind", "name"), [("building", "甲5号楼"), ("road", "霄云路")])
def test_only_the_wanted_kind(tmp_path: Path, kind: str, name: str) -> None:
    path = tmp_path / "a.osm"
    path.write_text(OSM, encoding="utf-8")
    assert list(read(path, kind=kind)) == [name]


def test_a_pbf(tmp_path: Path) -> None:
    path = tmp_path / "a.osm.pbf"
    path.write_bytes(pbf())
    assert read(path) == {"霞光里站": "Point"}


@pytest.mark.parametrize("body", [OSM[:400].encode(), b"<html></html>", pbf()[:30], b"\x00" * 100])
def test_what_is_cut_off_or_something_else_gets_one_sentence(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / ("a.osm" if body.startswith(b"<") else "a.pbf")
    path.write_bytes(body)
    with pytest.raises(Unreadable):
        read(path)
