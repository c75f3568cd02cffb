"""The text that a dBASE table (.dbf of a Shapefile, .dat of a TAB) holds, as raw bytes, to tell its letters."""

from __future__ import annotations

import struct
from pathlib import Path

_ENOUGH = 64_000
#: Language driver byte of the header -> encoding, where it says anything about Chinese.
LANGUAGES = {0x4D: "gb18030", 0x4F: "big5", 0x7A: "gb18030", 0x78: "big5"}


def text_sample(path: Path) -> bytes:
    """Field names and text values that are not ASCII, up to some tens of kilobytes; empty when the file is no table."""
    try:
        with path.open("rb") as stream:
            head = stream.read(32)
            _, header_length, record_length = struct.unpack("<IHH", head[4:12])
            fields = _fields(stream.read(max(header_length - 32, 0)))
            sample = b"\n".join(name for name, _, _ in fields if not name.isascii()) + b"\n"
            while len(sample) < _ENOUGH and record_length and (record := stream.read(record_length)):
                if record.isascii():
                    continue
                at = 1
                for _, kind, width in fields:
                    value = record[at : at + width].rstrip(b" \x00")
                    if kind == b"C" and not value.isascii():
                        sample += value + b"\n"
                    at += width
            return sample.strip()
    except (OSError, struct.error):
        return b""


def language(path: Path) -> str:
    """Encoding that the header's language byte names; empty when it says nothing of use."""
    try:
        with path.open("rb") as stream:
            head = stream.read(30)
    except OSError:
        return ""
    return LANGUAGES.get(head[29], "") if len(head) == 30 else ""


def _fields(descriptors: bytes) -> list[tuple[bytes, bytes, int]]:
    fields = []
    for start in range(0, len(descriptors) - 31, 32):
        one = descriptors[start : start + 32]
        if one[0] == 0x0D:
            break
        fields.append((one[:11].split(b"\x00")[0], one[11:12], one[16]))
    return fields
