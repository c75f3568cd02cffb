"""The first look at a photograph, before the answer: what it is, where and when it was taken; nothing is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from geoapp.reports.photos import exif
from geoapp.reports.photos.header import Header
from geoapp.reports.photos.sniffing import sniff
from geoapp.reports.placing import Position


@dataclass(frozen=True, slots=True)
class Look:
    """``width`` and ``height`` as one will see it, upright."""

    kind: str
    width: int
    height: int
    position: Position | None
    taken_at: datetime | None


def look(data: bytes, *, zone: tzinfo, now: datetime) -> Look:
    """Look at a photograph's bytes; the errors of `sniffing.sniff` for one that is not taken.

    ``zone`` is the civil time for cameras that do not say theirs; a time after ``now`` is not believed.
    """
    header = sniff(data)
    found = exif.read(header.tiff)
    width, height = upright_size(header, found.orientation)
    position = None
    if found.lonlat is not None:
        lon, lat = found.lonlat
        position = Position(lon, lat, "exif", datum=found.datum, accuracy_m=found.accuracy_m)
    return Look(header.kind, width, height, position, found.taken_at(zone=zone, now=now))


def upright_size(header: Header, orientation: int) -> tuple[int, int]:
    """Width and height once it is turned upright: a HEIC turns itself, the others by EXIF."""
    turned = header.quarter_turn if header.kind == "heic" else orientation >= 5
    return (header.height, header.width) if turned else (header.width, header.height)
