"""Header of a PNG: IHDR, and the names of the chunks that follow (ISO/IEC 15948)."""

from __future__ import annotations

import struct

from geoapp.reports.photos.header import Header, broken, moving

START = b"\x89PNG\r\n\x1a\n"
#: Depths that each colour type may have.
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
#: Encoders write chunks of 8 KiB and more: enough for the largest file.
_MOST_CHUNKS = 20_000
_MOST_EXIF = 1 << 17


def header(data: bytes) -> Header:
    """Size and EXIF block; an animated PNG is a MovingPicture."""
    if len(data) < 33 or data[8:16] != b"\0\0\0\rIHDR":
        raise broken()
    width, height, depth, colour, method, filtering, interlace = struct.unpack(">IIBBBBB", data[16:29])
    if depth not in _DEPTHS.get(colour, ()) or method or filtering or interlace > 1:
        raise broken()
    tiff, has_pixels, at = b"", False, 33
    for _ in range(_MOST_CHUNKS):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if len(name) < 4 or name == b"IEND" or length > 0x7FFFFFFF:
            break
        if name == b"acTL":
            raise moving()
        has_pixels = has_pixels or name == b"IDAT"
        if name == b"eXIf" and length <= _MOST_EXIF:
            tiff = tiff or data[at + 8 : at + 8 + length]
        at += 12 + length
    else:
        raise broken()
    if not has_pixels:
        raise broken()
    return Header("png", width, height, tiff=tiff)
