"""Of EXIF only position, time and orientation are read, and only what can be true."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import piexif
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from geoapp.reports.photos import exif
from tests.reports.photos import corpus

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
BEIJING = ZoneInfo("Asia/Shanghai")


def test_position_time_and_orientation_are_read() -> None:
    """39°56'24" N is 39 + 56/60 + 24/3600 = 39.94; 08:30:05 at +08:00 is 00:30:05 UTC."""
    block = corpus.tiff({0x0112: (corpus.SHORT, [6])}, inner=corpus.INNER, gps=corpus.GPS)
    found = exif.read(block)
    assert found.orientation == 6
    assert found.lonlat is not None
    assert [round(value, 9) for value in found.lonlat] == [116.46, 39.94]
    assert found.taken_at(zone=BEIJING, now=NOW) == datetime(2026, 11, 18, 0, 30, 5, tzinfo=UTC)


def test_both_byte_orders_say_the_same() -> None:
    parts: dict[str, Any] = {"inner": corpus.INNER, "gps": corpus.GPS}
    assert exif.read(corpus.tiff({}, **parts)) == exif.read(corpus.tiff({}, order=">", **parts))


def test_another_programs_block_is_read_alike() -> None:
    """South and west are negative; piexif writes the block."""
    gps = {
        piexif.GPSIFD.GPSLatitudeRef: b"S",
        piexif.GPSIFD.GPSLatitude: ((33, 1), (51, 1), (3000, 100)),
        piexif.GPSIFD.GPSLongitudeRef: b"W",
        piexif.GPSIFD.GPSLongitude: ((70, 1), (30, 1), (0, 1)),
        piexif.GPSIFD.GPSHPositioningError: (47, 10),
    }
    written = piexif.dump({"0th": {piexif.ImageIFD.Orientation: 3}, "GPS": gps})
    found = exif.read(written.removeprefix(b"Exif\0\0"))
    assert found.lonlat is not None
    assert [round(value, 6) for value in found.lonlat] == [-70.5, -33.858333]
    assert (found.orientation, found.accuracy_m) == (3, 4.7)


def test_pillow_reads_the_same_orientation() -> None:
    for orientation in range(1, 9):
        block = corpus.tiff({0x0112: (corpus.SHORT, [orientation])})
        picture = Image.open(io.BytesIO(corpus.with_exif(block)))
        assert picture.getexif()[0x0112] == exif.read(block).orientation == orientation


def test_a_camera_without_a_zone_has_the_districts() -> None:
    block = corpus.tiff({}, inner={0x9003: (corpus.ASCII, b"2026:11:18 08:30:05\0")})
    assert exif.read(block).taken_at(zone=BEIJING, now=NOW) == datetime(2026, 11, 18, 0, 30, 5, tzinfo=UTC)


def test_a_time_that_cannot_be_is_none() -> None:
    def taken(text: bytes) -> datetime | None:
        block = corpus.tiff({}, inner={0x9003: (corpus.ASCII, text + b"\0")})
        return exif.read(block).taken_at(zone=BEIJING, now=NOW)

    for text in (b"0000:00:00 00:00:00", b"2026:13:01 00:00:00", b"1980:01:01 00:00:00", b"2027:01:01 00:00:00",
                 b"<script>alert(1)</script>", b"", b"2026-11-18T08:30:05"):  # fmt: skip
        assert taken(text) is None, text
    assert taken(b"2026:11:24 12:00:00") == NOW
    assert exif.read(b"").taken_at(zone=BEIJING, now=NOW) is None


def test_the_datum_of_chinese_maps_is_kept() -> None:
    gps = {**corpus.GPS, 0x12: (corpus.ASCII, b"GCJ-02\0")}
    assert exif.read(corpus.tiff({}, gps=gps)).datum == "gcj02"
    assert exif.read(corpus.tiff({}, gps=corpus.GPS)).datum == "wgs84"


@given(st.binary(max_size=300))
def test_arbitrary_blocks_are_read_or_left(block: bytes) -> None:
    for start in (b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"):
        found = exif.read(start + block)
        assert 1 <= found.orientation <= 8


@given(data=st.data())
def test_a_changed_block_gives_a_place_on_earth_or_none(data: st.DataObject) -> None:
    block = bytearray(corpus.tiff(corpus.CAMERA, inner=corpus.INNER, gps=corpus.GPS))
    for at in data.draw(st.lists(st.integers(0, len(block) - 1), max_size=6)):
        block[at] = data.draw(st.integers(0, 255))
    found = exif.read(bytes(block))
    if found.lonlat is not None:
        lon, lat = found.lonlat
        assert -180 <= lon <= 180 and -90 <= lat <= 90
    at = found.taken_at(zone=BEIJING, now=NOW)
    assert at is None or at <= NOW + timedelta(days=1)


def test_seconds_that_a_camera_does_not_know_cost_no_position() -> None:
    """0/0 is none; anything over nothing is no number."""
    unknown = {
        2: (corpus.RATIONAL, [(39, 1), (5640, 100), (0, 0)]),
        4: (corpus.RATIONAL, [(116, 1), (2760, 100), (0, 0)]),
    }
    found = exif.read(corpus.tiff({}, gps={**corpus.GPS, **unknown})).lonlat
    assert found is not None and [round(v, 9) for v in found] == [116.46, 39.94]
    wrong = {2: (corpus.RATIONAL, [(39, 1), (56, 1), (1, 0)])}
    assert exif.read(corpus.tiff({}, gps={**corpus.GPS, **wrong})).lonlat is None
