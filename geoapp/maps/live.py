"""Points and clusters of what changes (reports, piles) as vector tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mapbox_vector_tile
import numpy as np

from geoapp.errors import NotFound
from geoapp.maps.morton import world_xy

EXTENT = 4096
#: Cells of 1/8 tile are 64 pixels wide: circles of 52 pixels do not touch.
CELLS_PER_SIDE = 8
#: From here on each point stands for itself.
ALONE_ZOOM = 16
MAX_ZOOM = 17


class NoSuchTile(NotFound):
    """A tile outside of the world or of the zooms that are served."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One point, or a cluster of ``count`` with the mean of its points; ``fields`` are those of a lone point."""

    lon: float
    lat: float
    count: int
    id: int
    fields: dict[str, Any]


def check_tile(z: int, x: int, y: int) -> None:
    """NoSuchTile for numbers that are no tile."""
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 1 << z and 0 <= y < 1 << z):
        raise NoSuchTile(f"没有编号为 {z}/{x}/{y} 的瓦片；请刷新页面。")


def encode(marks: Sequence[Mark], z: int, x: int, y: int) -> bytes:
    """A vector tile with one layer, ``features``; a cluster carries point_count, a lone point its fields.

    Parameters
    ----------
    marks : points whose key lies in the tile
    z, x, y : the tile

    Returns
    -------
    Bytes of a Mapbox Vector Tile 2; empty for no marks
    """
    if not marks:
        return b""
    world = world_xy(np.array([[mark.lon, mark.lat] for mark in marks]))
    pixels = np.round((world * (1 << z) - (x, y)) * EXTENT).astype(int)
    features = []
    for mark, (px, py) in zip(marks, pixels.tolist(), strict=True):
        properties = {"point_count": mark.count} if mark.count > 1 else {"id": mark.id, **_plain(mark.fields)}
        # The library counts from below unless told otherwise.
        features.append({"geometry": f"POINT({px} {py})", "properties": properties})
    layer = {"name": "features", "features": features}
    options = {"extents": EXTENT, "y_coord_down": True}
    tile: bytes = mapbox_vector_tile.encode([layer], default_options=options)
    return tile


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if isinstance(value, str | int | float)}
