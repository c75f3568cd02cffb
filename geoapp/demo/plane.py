"""The drawing board of the demo: a plane in metres, turned a little from the compass, and its place on earth."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

FloatArray = NDArray[np.float64]

# The board's anchor: this point of the board lies at this longitude and latitude (WGS84).
ANCHOR_XY = (1340.0, 1330.0)
ANCHOR_LONLAT = (116.4668, 39.9468)
# Streets run a few degrees off the compass: the board is turned clockwise by this much.
TURN_DEG = 3.0
# Length of a degree at the anchor on the WGS84 ellipsoid: pi/180 * M(lat) and pi/180 * N(lat) * cos(lat).
M_PER_DEG_LAT = 111_035.0
M_PER_DEG_LON = 85_473.0
DECIMALS = 7


def to_lonlat(geometry: BaseGeometry) -> BaseGeometry:
    """Geometry of the board in WGS84, rounded to seven decimals (about a centimetre), ring starts made regular.

    Vertices are mapped one by one, so what shares a vertex on the board shares it on earth.

    Examples
    --------
    >>> to_lonlat(shapely.Point(*ANCHOR_XY)).wkt
    'POINT (116.4668 39.9468)'
    """
    return shapely.transform(geometry, _lonlat_of)


def _lonlat_of(xy: FloatArray) -> FloatArray:
    turn = math.radians(TURN_DEG)
    dx, dy = xy[:, 0] - ANCHOR_XY[0], xy[:, 1] - ANCHOR_XY[1]
    east = dx * math.cos(turn) + dy * math.sin(turn)
    north = dy * math.cos(turn) - dx * math.sin(turn)
    lonlat = np.column_stack([ANCHOR_LONLAT[0] + east / M_PER_DEG_LON, ANCHOR_LONLAT[1] + north / M_PER_DEG_LAT])
    return np.round(lonlat, DECIMALS)


def smooth(points: list[tuple[float, float]], rounds: int = 2) -> list[tuple[float, float]]:
    """Corners of an open line cut off `rounds` times (Chaikin 1974); its two ends stay where they are.

    Examples
    --------
    >>> smooth([(0.0, 0.0), (4.0, 0.0), (4.0, 4.0)], rounds=1)
    [(0.0, 0.0), (3.0, 0.0), (4.0, 1.0), (4.0, 4.0)]
    """
    for _ in range(rounds):
        cut = [points[0]]
        for i, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
            if i > 0:
                cut.append((0.75 * x0 + 0.25 * x1, 0.75 * y0 + 0.25 * y1))
            if i < len(points) - 2:
                cut.append((0.25 * x0 + 0.75 * x1, 0.25 * y0 + 0.75 * y1))
        points = [*cut, points[-1]]
    return points
