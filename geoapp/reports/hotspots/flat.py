"""Degrees to metres for one town, and cells of equal size that stay where they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
METRES_PER_DEGREE = 111_319.5


def metres(lonlat: FloatArray) -> FloatArray:
    """Points of one town in metres east and north of its middle.

    Parameters
    ----------
    lonlat : (n, 2) float, degrees, WGS84

    Returns
    -------
    (n, 2) float; within 30 km of the middle distances are right to 0.3 %
    """
    if not len(lonlat):
        return np.zeros((0, 2))
    middle = (lonlat.min(axis=0) + lonlat.max(axis=0)) / 2
    scale = METRES_PER_DEGREE * np.array([np.cos(np.radians(middle[1])), 1.0])
    return np.asarray((lonlat - middle) * scale, dtype=np.float64)


def cells(lonlat: FloatArray, size_m: float) -> IntArray:
    """Row and column of each point's cell: squares of ``size_m``, the same ones on every day and for every selection.

    Rows run along parallels from the equator; in each row the columns begin at Greenwich, so that a cell is as wide as
    it is high at its own latitude.
    """
    row = np.floor(lonlat[:, 1] * METRES_PER_DEGREE / size_m)
    column = np.floor(lonlat[:, 0] / _width(row, size_m))
    return np.column_stack([row, column]).astype(np.int64)


def cell_bounds(cell: IntArray, size_m: float) -> FloatArray:
    """(n, 4) west, south, east, north of cells, degrees."""
    row, column = cell[:, 0].astype(np.float64), cell[:, 1].astype(np.float64)
    width, height = _width(row, size_m), size_m / METRES_PER_DEGREE
    return np.column_stack([column * width, row * height, (column + 1) * width, (row + 1) * height])


def _width(row: FloatArray, size_m: float) -> FloatArray:
    """Degrees of longitude of a cell in a row."""
    lat = (row + 0.5) * size_m / METRES_PER_DEGREE
    return np.asarray(size_m / (METRES_PER_DEGREE * np.cos(np.radians(lat))), dtype=np.float64)
