"""Hot-spots on the map, for officials: how many reports lie where, and the outlines of clusters that go on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import shapely

from geoapp.maps.sources import Bbox, Drawn, Source
from geoapp.reports.hotspots.heat import Heat

HEAT, CLUSTERS = "hotspots:heat", "hotspots:clusters"
#: Side of a cell of the heat, metres, and how many days of reports it counts.
CELL_M, DAYS = 100.0, 90
#: From so many reports on a cell has the next colour.
STEPS = ((1, "1–2"), (3, "3–5"), (6, "6–10"), (11, "10+"))
_FILLS = {"1–2": "#fde7c2", "3–5": "#f9bd6a", "6–10": "#e5823a", "10+": "#b3261e"}
_METRES_PER_DEGREE = 111_319.5


def is_spots(key: str) -> bool:
    """Is it one of the two sources?"""
    return key in {HEAT, CLUSTERS}


def source(key: str, count: int) -> Source:
    """One of the two as the map lists it; neither is for everybody, neither is on before somebody chooses it."""
    if key == HEAT:
        style = {"title_en": "Density of reports", "by": "level", "fill": _FILLS, "fill_opacity": 0.55, "line": None,
                 "label": None, "shown": False}  # fmt: skip
        title = "反映热度"
    else:
        style = {"title_en": "Clusters of reports", "fill": "#b3261e", "fill_opacity": 0.06, "line": "#b3261e",
                 "line_width": 2.5, "label": "name", "shown": False}  # fmt: skip
        title = "聚集范围"
    return Source(
        key=key, title=title, kind="hotspot", dimension=2, source="随手拍", internal=True, count=count, style=style,
        at_once=True,
    )  # fmt: skip


def level_of(count: int) -> str:
    """The step of the legend that a count belongs to.

    Examples
    --------
    >>> [level_of(n) for n in (1, 2, 3, 10, 11)]
    ['1–2', '1–2', '3–5', '6–10', '10+']
    """
    return next(words for least, words in reversed(STEPS) if count >= least)


def heat_drawn(found: Heat) -> Drawn:
    """The cells as squares, numbered from the fullest."""
    west, south, east, north = found.bounds.T if len(found.bounds) else np.zeros((4, 0))
    counts = found.counts.tolist()
    columns = {"name": [str(n) for n in counts], "level": [level_of(n) for n in counts]}
    return _drawn(shapely.box(west, south, east, north), columns)


def clusters_drawn(circles: Sequence[tuple[float, float, float, str]]) -> Drawn:
    """Circles as (degrees, degrees, metres, words)."""
    return _drawn(np.array([_circle(lon, lat, radius) for lon, lat, radius, _ in circles], dtype=object),
                  {"name": [words for *_, words in circles]})  # fmt: skip


def _circle(lon: float, lat: float, radius_m: float) -> shapely.Polygon:
    """A circle of 48 corners on the ground."""
    turns = np.linspace(0, 2 * math.pi, 48, endpoint=False)
    wide = radius_m / (_METRES_PER_DEGREE * math.cos(math.radians(lat)))
    return shapely.Polygon(
        np.column_stack([lon + wide * np.cos(turns), lat + radius_m / _METRES_PER_DEGREE * np.sin(turns)])
    )


def _drawn(shapes: np.ndarray, columns: dict[str, list[str]]) -> Drawn:
    wkb = np.empty(len(shapes), dtype=object)
    wkb[:] = list(shapely.to_wkb(shapes))
    return Drawn(np.arange(1, len(shapes) + 1, dtype=np.int64), wkb, columns)


def inside(drawn: Drawn, bbox: Bbox | None, words: str) -> list[tuple[int, str, Bbox]]:
    """Number, name and box of those that meet a box and whose name has the words."""
    boxes = shapely.bounds(shapely.from_wkb(drawn.wkb)).tolist() if len(drawn) else []
    found = []
    for number, name, (west, south, east, north) in zip(drawn.ids.tolist(), drawn.columns["name"], boxes, strict=True):
        meets = bbox is None or not (east < bbox[0] or west > bbox[2] or north < bbox[1] or south > bbox[3])
        if meets and words in str(name):
            found.append((number, str(name), (west, south, east, north)))
    return found
