"""What the layers hold of a community on a day: rows of features by kind, and where they are from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

#: Kinds of layers that a division looks at.
KINDS = ("building", "compound", "road", "rail", "water", "green", "station", "charging", "parking", "report")
#: Fields that rosters and maps use for one thing, the surest first.
HOUSEHOLD_FIELDS = ("households", "户数", "hushu")
COMPOUND_FIELDS = ("compound", "小区", "小区名称")
STOREY_FIELDS = ("storeys", "层数", "floors")
CLASS_FIELDS = ("class", "fclass", "highway", "waterway", "railway", "类别", "等级", "kind")
SPACE_FIELDS = ("spaces", "泊位", "泊位数")
USE_FIELDS = ("kind", "use", "用途", "building")


@dataclass(frozen=True)
class Rows:
    """Features of one kind, all layers together: n ids, names, properties and shapes in WGS84."""

    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    props: tuple[dict[str, Any], ...] = ()
    shapes: NDArray[Any] = field(default_factory=lambda: np.empty(0, dtype=object))

    def __len__(self) -> int:
        return len(self.ids)

    def column(self, fields: Iterable[str]) -> list[Any]:
        """The first of ``fields`` that is filled, per row; None where none is."""
        wanted = tuple(fields)
        return [next((row[f] for f in wanted if row.get(f) not in (None, "")), None) for row in self.props]

    def inside(self, outline: BaseGeometry) -> Rows:
        """Rows of which a point on the surface lies within ``outline``."""
        points = shapely.point_on_surface(self.shapes)
        return self.where(shapely.contains(outline, points))

    def where(self, keep: NDArray[np.bool_]) -> Rows:
        """Some of the rows."""
        at = np.flatnonzero(keep).tolist()
        return Rows(
            tuple(self.ids[i] for i in at),
            tuple(self.names[i] for i in at),
            tuple(self.props[i] for i in at),
            self.shapes[at],
        )


@dataclass(frozen=True)
class Source:
    """A layer that was read, and which state of it."""

    key: str
    title: str
    source: str
    licence: str
    date: str
    version: int
    rows: int
    illustrative: bool


@dataclass(frozen=True)
class Inputs:
    """Everything that a division is computed from; ``grids`` are places of the level grid."""

    outline: BaseGeometry
    rows: dict[str, Rows]
    grids: Rows
    sources: tuple[Source, ...]

    def of(self, kind: str) -> Rows:
        """Rows of a kind, none where no layer has it."""
        return self.rows.get(kind, Rows())

    @property
    def sha256(self) -> str:
        """Changes when any shape or figure that was read does."""
        digest = hashlib.sha256(self.outline.wkb)
        for kind in sorted(self.rows):
            rows = self.rows[kind]
            digest.update(
                json.dumps([kind, rows.ids, rows.names, rows.props], ensure_ascii=False, default=str).encode()
            )
            digest.update(b"".join(shapely.to_wkb(rows.shapes)))
        digest.update(json.dumps([self.grids.ids, self.grids.names], ensure_ascii=False).encode())
        digest.update(b"".join(shapely.to_wkb(self.grids.shapes)))
        return digest.hexdigest()


def source_words(sources: Sequence[Source]) -> tuple[str, ...]:
    """One line per source: which layers, from where, under which licence, of when."""
    titles: dict[str, list[str]] = {}
    for one in sources:
        said = "，".join(part for part in (one.source, one.licence, one.date) if part)
        titles.setdefault(said, []).append(one.title)
    return tuple(f"{'、'.join(names)}（{said or '来源未登记'}）" for said, names in titles.items())


def valid_on(props: dict[str, Any], on: str) -> bool:
    """Does a feature with ``valid_from`` (included) and ``valid_to`` (excluded) hold on a day, as ISO text?

    >>> valid_on({"valid_from": "2015-01-01", "valid_to": "2021-07-01"}, "2021-07-01")
    False
    >>> valid_on({}, "2021-07-01")
    True
    """
    begins, ends = props.get("valid_from"), props.get("valid_to")
    return (not begins or str(begins) <= on) and (not ends or on < str(ends))
