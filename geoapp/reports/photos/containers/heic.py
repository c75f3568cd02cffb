"""Header of a HEIC: the boxes of its ``meta``, as ISO/IEC 14496-12 and 23008-12 write them.

Only what is asked for is read: the size of the primary item and of whatever belongs to it, its turn, its EXIF block.
Nothing is recursive and every count has a limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from geoapp.reports.photos.header import Header, broken, moving, not_a_photo

#: Brands of still pictures in HEVC, and of sequences.
_STILL, _SEQUENCE = {b"heic", b"heix", b"heim", b"heis"}, {b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"}
_MOST_META = 1 << 20
_MOST_BOXES = 4000
_MOST_EXIF = 1 << 17


def begins(data: bytes) -> bool:
    """Do the bytes begin as any file of boxes (also films and AVIF)?"""
    return data[4:8] == b"ftyp"


def header(data: bytes) -> Header:
    """Size, quarter turn and EXIF block of the primary picture; a sequence without one is a MovingPicture."""
    brands = _brands(data)
    if b"avif" in brands or not brands & (_STILL | _SEQUENCE):
        raise not_a_photo()
    meta = next((body for name, body in _boxes(memoryview(data)) if name == b"meta"), None)
    if meta is None or len(meta) > _MOST_META:
        raise broken() if brands & _STILL else moving()
    found = _Meta()
    for name, body in _boxes(meta[4:]):
        found.note(name, body)
    width, height = found.size()
    return Header("heic", width, height, tiff=found.exif(data), quarter_turn=found.is_quarter_turn())


def _brands(data: bytes) -> set[bytes]:
    length = int.from_bytes(data[:4], "big")
    if not 16 <= length <= 1024 or length > len(data):
        raise broken()
    return {data[8:12], *(data[at : at + 4] for at in range(16, length - 3, 4))}


def _boxes(view: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Name and content of the boxes that stand one after the other in ``view``."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(view):
            return
        length, name, head = int.from_bytes(view[at : at + 4], "big"), bytes(view[at + 4 : at + 8]), 8
        if length == 1:
            length, head = int.from_bytes(view[at + 8 : at + 16], "big"), 16
        elif length == 0:
            length = len(view) - at
        # What is cut off after the pictures begin does not matter here: the decoder will say.
        if length < head or (at + length > len(view) and name != b"mdat"):
            raise broken()
        yield name, view[at + head : at + length]
        at += length
    raise broken()


@dataclass
class _Meta:
    """What the boxes of ``meta`` say, by item."""

    primary: int = 0
    properties: list[tuple[bytes, memoryview]] = field(default_factory=list)
    #: Item -> positions in ``properties``, from 1.
    owned: dict[int, list[int]] = field(default_factory=dict)
    exif_item: int = 0
    #: Item -> offset and length in the file; items stored otherwise are left out.
    where: dict[int, tuple[int, int]] = field(default_factory=dict)

    def note(self, name: bytes, body: memoryview) -> None:
        if name == b"pitm":
            self.primary = _number(body, 4, 4 if _number(body, 0, 1) else 2)
        elif name == b"iinf":
            count = 4 if _number(body, 0, 1) else 2
            for kind, entry in _boxes(body[4 + count :]):
                self._note_item(kind, entry)
        elif name == b"iloc":
            self._note_places(body)
        elif name == b"iprp":
            for kind, inner in _boxes(body):
                if kind == b"ipco":
                    self.properties = list(_boxes(inner))
                elif kind == b"ipma":
                    self._note_owners(inner)

    def _note_item(self, kind: bytes, entry: memoryview) -> None:
        version = _number(entry, 0, 1)
        if kind == b"infe" and version in {2, 3}:
            wide = 2 * (version - 1)
            if bytes(entry[4 + wide + 2 : 4 + wide + 6]) == b"Exif":
                self.exif_item = self.exif_item or _number(entry, 4, wide)

    def _note_owners(self, body: memoryview) -> None:
        reader = _Reader(body)
        version, flags = reader.take(1), reader.take(3)
        for _ in range(min(reader.take(4), _MOST_BOXES)):
            item = reader.take(2 if version == 0 else 4)
            found = [reader.take(2) & 0x7FFF if flags & 1 else reader.take(1) & 0x7F for _ in range(reader.take(1))]
            self.owned.setdefault(item, []).extend(found)

    def _note_places(self, body: memoryview) -> None:
        reader = _Reader(body)
        version = reader.take(1)
        reader.take(3)
        sizes = reader.take(2)
        offset, length, base, index = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15
        for _ in range(min(reader.take(4 if version == 2 else 2), _MOST_BOXES)):
            item = reader.take(4 if version == 2 else 2)
            method = reader.take(2) & 15 if version else 0
            reader.take(2)
            start = reader.take(base)
            pieces = []
            for _ in range(min(reader.take(2), _MOST_BOXES)):
                reader.take(index if version else 0)
                pieces.append((start + reader.take(offset), reader.take(length)))
            if method == 0 and len(pieces) == 1:
                self.where[item] = pieces[0]

    def size(self) -> tuple[int, int]:
        """Width and height of the primary item; of the largest one, where another is larger: it may be decoded too."""
        mine = [self._size_of(at) for at in self.owned.get(self.primary, [])]
        own = next((size for size in mine if size is not None), None)
        if own is None:
            raise broken()
        everything = [size for size in map(self._size_of, range(1, len(self.properties) + 1)) if size is not None]
        largest = max(everything, key=lambda size: size[0] * size[1])
        return largest if largest[0] * largest[1] > own[0] * own[1] else own

    def _size_of(self, at: int) -> tuple[int, int] | None:
        if not 1 <= at <= len(self.properties) or self.properties[at - 1][0] != b"ispe":
            return None
        body = self.properties[at - 1][1]
        return _number(body, 4, 4), _number(body, 8, 4)

    def is_quarter_turn(self) -> bool:
        mine = [self.properties[at - 1] for at in self.owned.get(self.primary, []) if 1 <= at <= len(self.properties)]
        return any(name == b"irot" and _number(body, 0, 1) & 1 for name, body in mine)

    def exif(self, data: bytes) -> bytes:
        """The TIFF block of the EXIF item: it begins with how far into the item it lies."""
        start, length = self.where.get(self.exif_item, (0, 0))
        if not self.exif_item or not 8 < length <= _MOST_EXIF or start + length > len(data):
            return b""
        item = data[start : start + length]
        return item[4 + int.from_bytes(item[:4], "big") :]


class _Reader:
    """Numbers one after the other; past the end the picture is broken."""

    def __init__(self, view: memoryview) -> None:
        self._view, self._at = view, 0

    def take(self, n_bytes: int) -> int:
        number = _number(self._view, self._at, n_bytes)
        self._at += n_bytes
        return number


def _number(view: memoryview, at: int, n_bytes: int) -> int:
    if at + n_bytes > len(view):
        raise broken()
    return int.from_bytes(view[at : at + n_bytes], "big")
