"""What can be drawn, and for whom: one `Source` per layer and per level of places, in the order of the pile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoapp.errors import NotFound

Bbox = tuple[float, float, float, float]

#: Subjects are ``layer key`` or ``place:level``.
PLACES = "place:"
#: Kinds from the bottom of the pile to its top; what is not named lies between parking and points.
PILE = (
    "green", "water", "compound", "parking", "building", "road", "rail", "transit", "other", "charging", "station",
    "service", "roster", "hotspot", "report", "boundary",
)  # fmt: skip
LEVELS = ("courtyard", "grid", "community", "subdistrict", "district")
#: Switched on before a visitor chooses; piles, kerbs and small units would bury the map.
SHOWN = frozenset({"green", "water", "road", "rail", "compound", "building", "station", "other", "transit"})
SHOWN_LEVELS = frozenset({"community", "subdistrict"})


class NoSuchSource(NotFound):
    """Nothing of that key can be drawn for this person."""


@dataclass(frozen=True, slots=True)
class Source:
    """Something to draw. ``stamp`` changes with its content; ``dimension`` is 0 points, 1 lines, 2 areas."""

    key: str
    title: str
    kind: str
    level: str = ""
    dimension: int = 2
    source: str = ""
    licence: str = ""
    date: str = ""
    illustrative: bool = False
    internal: bool = False
    timed: bool = False
    count: int = 0
    bbox: Bbox | None = None
    stamp: str = ""
    style: dict[str, Any] = field(default_factory=dict)
    #: Drawn from the rows themselves whenever it is asked for: nothing is prepared, so nothing can be stale.
    at_once: bool = False

    @property
    def is_places(self) -> bool:
        return self.key.startswith(PLACES)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Features as they go onto a map: ids, WKB in WGS84, and columns of the same length."""

    ids: NDArray[np.int64]
    wkb: NDArray[np.object_]
    columns: Mapping[str, Sequence[Any]]

    def __len__(self) -> int:
        return len(self.ids)


def drawable(sources: Iterable[Source], *, internal: bool) -> list[Source]:
    """The sources that a person may see, bottom of the pile first; ``internal``: those too that are not public."""
    seen = [source for source in sources if source.count and (internal or not source.internal)]
    return sorted(seen, key=_height)


def titled(sources: Iterable[Source], language: str) -> list[Source]:
    """The sources under the titles of a language, as far as their catalogue gives one (``title_en``)."""
    return [replace(source, title=source.style.get(f"title_{language}") or source.title) for source in sources]


def find(sources: Sequence[Source], key: str) -> Source:
    """The source of that key; NoSuchSource alike for what is not there and what this person may not see."""
    for source in sources:
        if source.key == key:
            return source
    raise NoSuchSource(f"没有可以显示的图层“{key[:80]}”；它可能已被删除或不对您开放。请刷新页面重新选择。")


def shown_at_first(source: Source, sources: Sequence[Source]) -> bool:
    """Is it switched on before a visitor chooses? A layer of borders is not, where the places themselves are drawn."""
    if source.is_places:
        return source.level in SHOWN_LEVELS
    if source.kind == "boundary":
        return not any(other.is_places for other in sources)
    if "shown" in source.style:
        return bool(source.style["shown"])
    return source.kind in SHOWN


def whole_box(sources: Iterable[Source]) -> Bbox | None:
    """The box of the places, else of everything; None when nothing has a box."""
    listed = [source for source in sources if source.bbox]
    boxes = [source.bbox for source in listed if source.is_places] or [source.bbox for source in listed]
    if not boxes:
        return None
    west, south, east, north = zip(*(box for box in boxes if box), strict=True)
    return min(west), min(south), max(east), max(north)


def _height(source: Source) -> tuple[int, int, int, str]:
    # A file of borders lies below the places that were made of it.
    name = source.kind if source.kind in PILE and (source.is_places or source.kind != "boundary") else "other"
    kind = PILE.index(name)
    level = LEVELS.index(source.level) if source.kind == "boundary" and source.level in LEVELS else -1
    # Areas of an unknown kind must not bury lines and points of the same.
    return kind, level, -source.dimension, source.key
