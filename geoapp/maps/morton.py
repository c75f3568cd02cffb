"""The key of live points: one integer per point, so that a map tile is a range of keys on any database.

The world in Web Mercator is cut into 2^26 columns and rows (0.6 m at the equator); the bits of column and row
alternate, row bit first. A tile of zoom z holds the keys that share their 2z leading bits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Bits per axis; 2 * 26 = 52 bits stay exact in every database and in JavaScript.
BITS = 26
#: Latitudes beyond are outside of the square that tiles cover.
MAX_LATITUDE = 85.05112877980659


def world_xy(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Position in the square of Web Mercator, 0..1 from west and from north.

    Parameters
    ----------
    lonlat : (n, 2) float, degrees WGS84; latitudes are held within +-85.0511

    Returns
    -------
    (n, 2) float in [0, 1]

    Examples
    --------
    >>> world_xy(np.array([[0.0, 0.0]])).tolist()
    [[0.5, 0.5]]
    """
    lon = np.asarray(lonlat[:, 0], dtype=np.float64)
    lat = np.radians(np.clip(lonlat[:, 1], -MAX_LATITUDE, MAX_LATITUDE))
    x = lon / 360.0 + 0.5
    y = 0.5 - np.arcsinh(np.tan(lat)) / (2.0 * np.pi)
    return np.clip(np.column_stack([x, y]), 0.0, 1.0)


def keys(lonlat: NDArray[np.float64]) -> NDArray[np.int64]:
    """Morton keys of points.

    Parameters
    ----------
    lonlat : (n, 2) float, degrees WGS84

    Returns
    -------
    (n,) int64 in [0, 2^52)

    References
    ----------
    Morton (1966), A computer oriented geodetic data base; the bits are spread as in Warren, Hacker's Delight, 7-2.

    Examples
    --------
    >>> keys(np.array([[-180.0, 85.06], [180.0, -85.06]])).tolist() == [0, 2**52 - 1]
    True
    """
    cells = np.minimum((world_xy(lonlat) * (1 << BITS)).astype(np.uint64), (1 << BITS) - 1)
    return (_spread(cells[:, 0]) | (_spread(cells[:, 1]) << np.uint64(1))).astype(np.int64)


def tile_range(z: int, x: int, y: int) -> tuple[int, int]:
    """Keys of a tile: from (included) to (excluded).

    Examples
    --------
    >>> tile_range(0, 0, 0) == (0, 2**52)
    True
    >>> tile_range(1, 1, 0) == (2**50, 2 * 2**50)
    True
    """
    shift = 2 * (BITS - z)
    prefix = int(
        _spread(np.array([x], dtype=np.uint64))[0] | (_spread(np.array([y], dtype=np.uint64))[0] << np.uint64(1))
    )
    return prefix << shift, (prefix + 1) << shift


def cell_shift(z: int, *, cells_per_side: int) -> int:
    """Bits to drop from a key to get its cluster cell, of which a tile has ``cells_per_side`` (2^n) a side."""
    steps = cells_per_side.bit_length() - 1
    return max(0, 2 * (BITS - z - steps))


def _spread(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Bits 0..25 to the even places 0..50."""
    v = values.astype(np.uint64)
    for shift, mask in (
        (32, 0x00000000FFFFFFFF),
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        v = (v | (v << np.uint64(shift))) & np.uint64(mask)
    return v
