"""Header of a WebP: the chunks of its RIFF container, and the size that stands in the picture itself."""

from __future__ import annotations

from collections.abc import Iterator

from geoapp.reports.photos.header import Header, broken, moving

_MOST_CHUNKS = 1000
_MOST_EXIF = 1 << 17
_ANIMATED = 0x02


def begins(data: bytes) -> bool:
    """Do the bytes begin as a WebP?"""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def header(data: bytes) -> Header:
    """Size and EXIF block; an animation is a MovingPicture."""
    sizes, tiff, has_pixels = [(0, 0)], b"", False
    for name, body in chunks(data):
        if name in {b"ANIM", b"ANMF"} or (name == b"VP8X" and body[:1] and body[0] & _ANIMATED):
            raise moving()
        if name == b"VP8X" and len(body) >= 10:
            sizes.append(_canvas(body))
        elif name in {b"VP8 ", b"VP8L"} and not has_pixels:
            sizes.append(_lossy(body) if name == b"VP8 " else _lossless(body))
            has_pixels = True
        elif name == b"EXIF" and not tiff and len(body) <= _MOST_EXIF:
            tiff = body.tobytes().removeprefix(b"Exif\0\0")
    if not has_pixels:
        raise broken()
    return Header("webp", max(w for w, _ in sizes), max(h for _, h in sizes), tiff=tiff)


def chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Name and content of each chunk within the length that the file gives for itself."""
    end = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    view, at = memoryview(data), 12
    for _ in range(_MOST_CHUNKS):
        if at + 8 > end:
            return
        length = int.from_bytes(view[at + 4 : at + 8], "little")
        if at + 8 + length > len(data):
            raise broken()
        yield bytes(view[at : at + 4]), view[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    raise broken()


def _canvas(body: memoryview) -> tuple[int, int]:
    return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")


def _lossy(body: memoryview) -> tuple[int, int]:
    """RFC 6386, 9.1: a key frame's tag, start code and two sizes of 14 bits."""
    if len(body) < 10 or body[0] & 1 or bytes(body[3:6]) != b"\x9d\x01\x2a":
        raise broken()
    return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF


def _lossless(body: memoryview) -> tuple[int, int]:
    if len(body) < 5 or body[0] != 0x2F:
        raise broken()
    bits = int.from_bytes(body[1:5], "little")
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
