"""Position, time and orientation from an EXIF block; nothing else of it is ever read, so nothing else can be kept.

A phone's position is evidence of place, a stranger's bytes are not to be trusted: each directory is visited once, by
the three names that are known, and a value counts only when it can be true.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo

#: A block ends at 64 KiB in a JPEG; elsewhere what lies beyond is not read.
MOST_BYTES = 1 << 16
#: Phones write some 60 entries a directory.
MOST_ENTRIES = 1000
_ORIENTATION, _CHANGED, _EXIF, _GPS = 0x0112, 0x0132, 0x8769, 0x8825
_TAKEN, _TAKEN_OFFSET = 0x9003, 0x9011
_LAT_REF, _LAT, _LON_REF, _LON, _DATUM, _ACCURACY = 1, 2, 3, 4, 0x12, 0x1F
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}
_ASCII, _SHORT, _LONG, _RATIONAL, _SIGNED = 2, 3, 4, 5, 10
#: Broken receivers say 0, 0.
_NOWHERE_DEGREES = 0.01


@dataclass(frozen=True, slots=True)
class Exif:
    """What may be believed; ``lonlat`` in ``datum``, ``taken`` as the camera's clock showed it."""

    orientation: int = 1
    lonlat: tuple[float, float] | None = None
    datum: str = "wgs84"
    accuracy_m: float | None = None
    taken: datetime | None = None

    def taken_at(self, *, zone: tzinfo, now: datetime) -> datetime | None:
        """When it was taken, in ``zone`` where the camera did not say which; None when that cannot be true."""
        if self.taken is None:
            return None
        at = self.taken if self.taken.tzinfo else self.taken.replace(tzinfo=zone)
        return at if at.year >= 2000 and at <= now + timedelta(days=1) else None


def read(tiff: bytes) -> Exif:
    """Read a TIFF block; what is malformed is as if it were not there."""
    try:
        return _read(tiff[:MOST_BYTES])
    except (struct.error, IndexError, ValueError, OverflowError):
        return Exif()


def _read(tiff: bytes) -> Exif:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or struct.unpack_from(order + "H", tiff, 2)[0] != 42:
        return Exif()
    top = _Directory(tiff, order, struct.unpack_from(order + "I", tiff, 4)[0])
    inner = _Directory(tiff, order, top.whole(_EXIF) or 0)
    gps = _Directory(tiff, order, top.whole(_GPS) or 0)
    orientation = top.whole(_ORIENTATION) or 1
    lonlat = _position(gps)
    accuracy = gps.fractions(_ACCURACY)[:1]
    return Exif(
        orientation=orientation if 1 <= orientation <= 8 else 1,
        lonlat=lonlat,
        datum="gcj02" if "GCJ" in gps.text(_DATUM).upper() else "wgs84",
        accuracy_m=accuracy[0] if lonlat and accuracy and 0 < accuracy[0] < 100_000 else None,
        taken=_moment(inner.text(_TAKEN) or top.text(_CHANGED), inner.text(_TAKEN_OFFSET)),
    )


class _Directory:
    """Entries of one directory by tag; the chain to the next one (the thumbnail's) is not followed."""

    def __init__(self, tiff: bytes, order: str, at: int) -> None:
        self._tiff, self._order = tiff, order
        self._entries: dict[int, tuple[int, int, int]] = {}
        if not 8 <= at <= len(tiff) - 2:
            return
        count = struct.unpack_from(order + "H", tiff, at)[0]
        if count > MOST_ENTRIES:
            return
        for position in range(at + 2, min(at + 2 + 12 * count, len(tiff) - 11), 12):
            tag, kind, n = struct.unpack_from(order + "HHI", tiff, position)
            self._entries.setdefault(tag, (kind, n, position + 8))

    def _bytes(self, tag: int, kinds: set[int], most: int) -> bytes:
        kind, n, at = self._entries.get(tag, (0, 0, 0))
        if kind not in kinds or not 1 <= n <= most:
            return b""
        size = _SIZES[kind] * n
        if size > 4:
            at = struct.unpack_from(self._order + "I", self._tiff, at)[0]
        found = self._tiff[at : at + size]
        return found if len(found) == size else b""

    def whole(self, tag: int) -> int | None:
        """A number without a sign."""
        found = self._bytes(tag, {_SHORT, _LONG}, 1)
        return int(struct.unpack(self._order + ("H" if len(found) == 2 else "I"), found)[0]) if found else None

    def text(self, tag: int) -> str:
        """A short text, up to its end mark."""
        return self._bytes(tag, {_ASCII}, 64).split(b"\0")[0].decode("ascii", errors="replace").strip()

    def fractions(self, tag: int) -> list[float]:
        """Up to three fractions; none when one is no number; cameras write 0/0 for seconds that they do not know."""
        found = self._bytes(tag, {_RATIONAL, _SIGNED}, 3)
        pairs = [struct.unpack_from(self._order + "II", found, at) for at in range(0, len(found), 8)]
        pairs = pairs[:1] + [(0, 1) if pair == (0, 0) else pair for pair in pairs[1:]]
        return [] if any(below == 0 for _, below in pairs) else [above / below for above, below in pairs]


def _position(gps: _Directory) -> tuple[float, float] | None:
    lat = _degrees(gps.fractions(_LAT), gps.text(_LAT_REF), "NS", 90)
    lon = _degrees(gps.fractions(_LON), gps.text(_LON_REF), "EW", 180)
    if lat is None or lon is None or (abs(lat) < _NOWHERE_DEGREES and abs(lon) < _NOWHERE_DEGREES):
        return None
    return lon, lat


def _degrees(parts: list[float], side: str, sides: str, most: float) -> float | None:
    """Degrees with minutes and seconds, the second of ``sides`` being negative."""
    if not parts or side.upper() not in tuple(sides) or any(part > 60 for part in parts[1:]):
        return None
    degrees = float(sum(part / 60.0**power for power, part in enumerate(parts)))
    if not math.isfinite(degrees) or degrees > most:
        return None
    return -degrees if side.upper() == sides[1] else degrees


def _moment(text: str, offset: str) -> datetime | None:
    try:
        at = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 (a camera's clock has no zone)
    except ValueError:
        return None
    try:
        hours, minutes = int(offset[1:3]), int(offset[4:6])
        if len(offset) != 6 or offset[0] not in "+-" or offset[3] != ":" or hours > 14 or minutes > 59:
            return at
    except ValueError:
        return at
    shift = timedelta(hours=hours, minutes=minutes)
    return at.replace(tzinfo=timezone(-shift if offset[0] == "-" else shift))
