"""Header of a JPEG: the segments up to the first scan, as ITU-T T.81 annex B writes them."""

from __future__ import annotations

import struct

from geoapp.reports.photos.header import Header, broken

START = b"\xff\xd8\xff"
#: Baseline, extended and progressive with Huffman coding: what cameras write and decoders read.
_FRAMES = {0xC0, 0xC1, 0xC2}
_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xDA)}
_EXIF = b"Exif\0\0"
#: A colour profile takes up to 255 segments, everything else a handful.
_MOST_SEGMENTS = 2000


def header(data: bytes) -> Header:
    """Size and EXIF block; BrokenPhoto when it is no JPEG that a camera would write."""
    frame, tiff, at = b"", b"", 2
    progressive = False
    for _ in range(_MOST_SEGMENTS):
        marker, body, at = _segment(data, at)
        if marker in _OTHER_FRAMES or (marker in _FRAMES and frame):
            raise broken()
        if marker in _FRAMES:
            frame, progressive = body, marker == 0xC2
        elif marker == 0xE1 and body.startswith(_EXIF) and not tiff:
            tiff = body[len(_EXIF) :]
        elif marker == 0xDA:
            return _described(frame, tiff, progressive=progressive)
    raise broken()


def _segment(data: bytes, at: int) -> tuple[int, bytes, int]:
    """Marker and body of the segment at ``at``, and where the next one begins."""
    if data[at : at + 1] != b"\xff":
        raise broken()
    while data[at : at + 1] == b"\xff":  # fill bytes may stand before a marker
        at += 1
    if at + 3 > len(data) or data[at] in _WITHOUT_LENGTH or data[at] == 0:
        raise broken()
    length = int.from_bytes(data[at + 1 : at + 3], "big")
    if length < 2 or at + 1 + length > len(data):
        raise broken()
    return data[at], data[at + 3 : at + 1 + length], at + 1 + length


def _described(frame: bytes, tiff: bytes, *, progressive: bool) -> Header:
    if len(frame) < 6:
        raise broken()
    precision, height, width, components = struct.unpack(">BHHB", frame[:6])
    parts = [frame[6 + 3 * i + 1] for i in range(components) if len(frame) >= 9 + 3 * i]
    factors = [(part >> 4, part & 15) for part in parts]
    possible = components in {1, 3, 4} and len(parts) == components
    if precision != 8 or not possible or any(not (1 <= x <= 4 and 1 <= y <= 4) for x, y in factors):
        raise broken()
    extra = 0
    if progressive:
        # Two bytes a coefficient; a component has as many samples as its factors give it.
        wide, high = max(x for x, _ in factors), max(y for _, y in factors)
        extra = sum(2 * width * height * x * y // (wide * high) for x, y in factors)
    return Header("jpeg", width, height, tiff=tiff, extra_bytes=extra)
