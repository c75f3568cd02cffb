"""A layer -> PMTiles by GDAL, addressed by content hash: any web server can hand the file out, no work per tile."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import struct
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.errors import NotFound
from geoapp.maps.sources import Bbox, Drawn

_NAME = re.compile(r"[0-9a-f]{64}\.pmtiles")
#: A page opened before a new publication goes on reading the old file; after a day nobody does.
KEEP_S = 86400.0
#: 4096 steps of a tile of zoom 15 are 0.2 m in Beijing: finer than any border we know.
MAX_ZOOM = 15
_METRE_DEGREES = 1e-5


class NotPublished(NotFound):
    """No published file of that address."""


@dataclass(frozen=True, slots=True)
class Published:
    """A file in the folder of published layers."""

    sha256: str
    size: int


def publish(folder: Path, drawn: Drawn, *, bbox: Bbox, min_zoom: int, max_zoom: int = MAX_ZOOM) -> Published:
    """Write features as PMTiles into ``folder``; durable and complete when its name appears.

    ``bbox`` is stated in the file; that of a single label would be empty, which readers refuse.
    """
    import pyogrio

    folder.mkdir(parents=True, exist_ok=True)
    names = ["id", *drawn.columns]
    data = [drawn.ids, *(_column(values) for values in drawn.columns.values())]
    with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as scratch:
        path = Path(scratch) / "layer.pmtiles"
        pyogrio.raw.write(
            str(path),
            geometry=drawn.wkb,
            field_data=data,
            fields=names,
            layer="features",
            driver="PMTiles",
            geometry_type="Unknown",
            crs="EPSG:4326",
            MINZOOM=min_zoom,
            MAXZOOM=max_zoom,
            NAME="geoapp",
            # A tile over these bounds would be thinned out: better heavy than with holes.
            MAX_SIZE=5_000_000,
            MAX_FEATURES=400_000,
        )
        _state_bbox(path, bbox)
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            os.fsync(stream.fileno()) if os.name == "posix" else None
        size = path.stat().st_size
        path.replace(folder / f"{digest}.pmtiles")
    return Published(digest, size)


def _state_bbox(path: Path, bbox: Bbox) -> None:
    """Write a box into the header of a PMTiles 3 file: four int32 of 1e-7 degrees from byte 102 on.

    Readers refuse an empty box, as one road running due east has: it is widened by a metre.
    """
    west, south, east, north = bbox
    bbox = west - _METRE_DEGREES, south - _METRE_DEGREES, east + _METRE_DEGREES, north + _METRE_DEGREES
    with path.open("r+b") as stream:
        stream.seek(102)
        stream.write(struct.pack("<4i", *(round(degrees * 1e7) for degrees in bbox)))


def label_points(drawn: Drawn) -> Drawn:
    """One point inside each area, so that a name is not repeated at every edge of a tile."""
    shapes = shapely.from_wkb(drawn.wkb)
    return Drawn(drawn.ids, shapely.to_wkb(shapely.point_on_surface(shapes)), drawn.columns)


def path_of(folder: Path, name: str) -> Path:
    """The published file of that name; NotPublished for any other name."""
    path = folder / name
    if not _NAME.fullmatch(name) or not path.is_file():
        raise NotPublished("这个图层文件已被新版本取代；请刷新页面。")
    return path


def sweep(folder: Path, keep: set[str]) -> int:
    """Remove files that nobody refers to and that are over a day old; gives how many."""
    removed = 0
    for left in folder.glob(".part-*"):
        # What a process that was killed had begun.
        if time.time() - left.stat().st_mtime > KEEP_S:
            shutil.rmtree(left, ignore_errors=True)
    for path in folder.glob("*.pmtiles"):
        if path.stem not in keep and time.time() - path.stat().st_mtime > KEEP_S:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _column(values: Sequence[Any]) -> NDArray[Any]:
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return np.array(values, dtype=np.int64)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return np.array(values, dtype=np.float64)
    return np.array([None if value is None else str(value) for value in values], dtype=object)
