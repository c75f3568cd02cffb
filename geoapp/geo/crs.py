"""Longitude and latitude in WGS84, GCJ-02 and BD-09, and the one projected CRS that metres are measured in.

Inside the app everything is WGS84. Chinese web maps publish GCJ-02 (shifted by 50 to 700 m) or BD-09 (shifted once
more); nothing in a file says so. The shift is a published sum of sines, its inverse is found by iteration.
Every function takes and gives (n, 2) arrays in the order longitude, latitude; not-a-number stays not-a-number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geoapp.errors import Invalid
from geoapp.geo.bd09mc import bd09_to_bd09mc, bd09mc_to_bd09

FloatArray = NDArray[np.float64]

#: Krasovsky 1940, the ellipsoid of the published GCJ-02 formula.
_AXIS_M, _ECCENTRICITY_2 = 6378245.0, 0.00669342162296594323
#: West, south, east, north of the rectangle outside of which the published formula leaves a point where it is.
CHINA = (72.004, 0.8293, 137.8347, 55.8271)
_BD_STEP = np.pi * 3000.0 / 180.0
#: 1e-10 degrees are 0.01 mm on the ground.
_CLOSE_DEG, _MOST_ROUNDS = 1e-10, 12
_ROWS_AT_ONCE = 200_000


class CrsError(Invalid):
    """Coordinates or a coordinate system that cannot be used."""


def in_china(lonlat: FloatArray) -> NDArray[np.bool_]:
    """(n,) which points lie in the rectangle in which GCJ-02 and BD-09 are shifted; false for not-a-number."""
    west, south, east, north = CHINA
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def wgs84_to_gcj02(lonlat: FloatArray) -> FloatArray:
    """WGS84 -> GCJ-02, degrees, (n, 2); outside China nothing moves.

    References
    ----------
    The formula found in 2010 and repeated since by every open implementation (eviltransform and others).

    Examples
    --------
    >>> wgs84_to_gcj02(np.array([[116.404, 39.915], [13.4, 52.5]])).round(5)
    array([[116.41024,  39.9164 ], [ 13.4    ,  52.5    ]])
    """
    lonlat = _points(lonlat)
    inside = in_china(lonlat)
    out = lonlat.copy()
    out[inside] += _gcj_offset(lonlat[inside])
    return out


def gcj02_to_wgs84(lonlat_gcj02: FloatArray) -> FloatArray:
    """GCJ-02 -> WGS84, degrees, (n, 2), to less than 0.1 mm; outside China nothing moves."""
    return _inverse(_points(lonlat_gcj02), wgs84_to_gcj02)


def gcj02_to_bd09(lonlat_gcj02: FloatArray) -> FloatArray:
    """GCJ-02 -> BD-09, degrees, (n, 2); outside China nothing moves."""
    lonlat = _points(lonlat_gcj02)
    inside = in_china(lonlat)
    lon, lat = lonlat[inside].T
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_STEP)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_STEP)
    out = lonlat.copy()
    out[inside] = np.stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006], axis=1)
    return out


def bd09_to_gcj02(lonlat_bd09: FloatArray) -> FloatArray:
    """BD-09 -> GCJ-02, degrees, (n, 2), to less than 0.1 mm; outside China nothing moves."""
    return _inverse(_points(lonlat_bd09), gcj02_to_bd09)


def wgs84_to_bd09(lonlat: FloatArray) -> FloatArray:
    """WGS84 -> BD-09, degrees, (n, 2)."""
    return gcj02_to_bd09(wgs84_to_gcj02(lonlat))


def bd09_to_wgs84(lonlat_bd09: FloatArray) -> FloatArray:
    """BD-09 -> WGS84, degrees, (n, 2), to less than 0.2 mm."""
    return gcj02_to_wgs84(bd09_to_gcj02(lonlat_bd09))


def bd09mc_to_wgs84(xy_m: FloatArray) -> FloatArray:
    """Baidu Mercator metres -> WGS84 degrees, (n, 2)."""
    return bd09_to_wgs84(bd09mc_to_bd09(_points(xy_m)))


def wgs84_to_bd09mc(lonlat: FloatArray) -> FloatArray:
    """WGS84 degrees -> Baidu Mercator metres, (n, 2)."""
    return bd09_to_bd09mc(wgs84_to_bd09(lonlat))


#: Name of a datum as people give it (``--crs``) -> the function that takes it to WGS84.
TO_WGS84: dict[str, Callable[[FloatArray], FloatArray]] = {
    "gcj02": gcj02_to_wgs84,
    "bd09": bd09_to_wgs84,
    "bd09mc": bd09mc_to_wgs84,
}
FROM_WGS84: dict[str, Callable[[FloatArray], FloatArray]] = {
    "gcj02": wgs84_to_gcj02,
    "bd09": wgs84_to_bd09,
    "bd09mc": wgs84_to_bd09mc,
}


def to_wgs84(xy: FloatArray, crs: Any) -> FloatArray:
    """Points of any CRS -> WGS84 longitude, latitude.

    Parameters
    ----------
    xy : (n, 2) float, easting, northing or longitude, latitude: x first whatever axis order the CRS states
    crs : ``gcj02``, ``bd09``, ``bd09mc``, or anything that pyproj takes as a CRS

    Returns
    -------
    (n, 2) float, degrees. CGCS2000 (EPSG:4490 and the zones over it) counts as WGS84: the two differ by centimetres.

    Raises
    ------
    CrsError : the CRS is unknown
    """
    if isinstance(crs, str) and crs.lower() in TO_WGS84:
        return TO_WGS84[crs.lower()](_points(xy))
    known = crs_of(crs)
    if is_cgcs2000(known):
        return _between(known, known.geodetic_crs or known)(_points(xy))
    return _between(known, CRS.from_epsg(4326))(_points(xy))


def crs_of(given: Any) -> CRS:
    """A pyproj CRS of what was given; CrsError when there is none of that name."""
    try:
        return CRS.from_user_input(given)
    except CRSError:
        raise CrsError(f"不认识坐标系 {given!r}：请给 EPSG 代码（如 EPSG:4490），或 gcj02、bd09、bd09mc。") from None


def is_cgcs2000(crs: CRS) -> bool:
    """Does the CRS rest on China's CGCS2000, which the app takes for WGS84 without any shift?"""
    base = crs.geodetic_crs
    return base is not None and (base.to_epsg() == 4490 or "CGCS2000" in base.name or "2000" in _datum_name(base))


def measuring_crs(extent: Sequence[float]) -> CRS:
    """The projected CRS in which areas and lengths of an extent are measured in metres.

    Parameters
    ----------
    extent : west, south, east, north in degrees, WGS84

    Returns
    -------
    The 3-degree Gauss-Krueger zone of CGCS2000 around the middle (EPSG:4534 for 75 E to EPSG:4554 for 135 E,
    so EPSG:4548 near Beijing) inside China, else the UTM zone. Within 1.5 degrees of the central meridian lengths
    are true to 1 in 4,000 (Gauss-Krueger at 40 N: 1 in 5,000) or 1 in 2,500 (UTM).

    Raises
    ------
    CrsError : the extent is empty, not finite, or not in degrees

    Examples
    --------
    >>> measuring_crs((116.44, 39.93, 116.49, 39.97)).to_epsg(), measuring_crs((13.3, 52.5, 13.4, 52.6)).to_epsg()
    (4548, 32633)
    """
    west, south, east, north = (float(edge) for edge in extent)
    good = -180.0 <= west <= east <= 180.0 and -84.0 <= south <= north <= 84.0
    if not good:
        raise CrsError(f"范围 {west:g}、{south:g}、{east:g}、{north:g} 不是经纬度：请写明图层的坐标系。")
    lon, lat = (west + east) / 2.0, (south + north) / 2.0
    if in_china(np.array([[lon, lat]]))[0] and 73.5 <= lon <= 136.5:
        return _epsg(4534 + (round(lon / 3.0) - 25))
    zone = min(int((lon + 180.0) // 6.0) + 1, 60)
    return _epsg((32600 if lat >= 0.0 else 32700) + zone)


def to_metres(lonlat: FloatArray, crs: CRS) -> FloatArray:
    """WGS84 degrees -> metres of a measuring CRS, (n, 2), x first, with no shift of datum."""
    return _between(crs.geodetic_crs or crs, crs)(_points(lonlat))


def to_degrees(xy_m: FloatArray, crs: CRS) -> FloatArray:
    """Metres of a measuring CRS -> WGS84 degrees, (n, 2), longitude first, with no shift of datum."""
    return _between(crs, crs.geodetic_crs or crs)(_points(xy_m))


def _gcj_offset(lonlat: FloatArray) -> FloatArray:
    x, y = lonlat[:, 0] - 105.0, lonlat[:, 1] - 35.0
    root, product = np.sqrt(np.abs(x)), x * y
    ripple = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    east = (
        300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * product + 0.1 * root
        + (ripple + 20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi * x / 3.0)
           + 150.0 * np.sin(np.pi * x / 12.0) + 300.0 * np.sin(np.pi * x / 30.0)) * 2.0 / 3.0
    )  # fmt: skip
    north = (
        -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * product + 0.2 * root
        + (ripple + 20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi * y / 3.0)
           + 160.0 * np.sin(np.pi * y / 12.0) + 320.0 * np.sin(np.pi * y / 30.0)) * 2.0 / 3.0
    )  # fmt: skip
    lat = np.radians(lonlat[:, 1])
    flat = 1.0 - _ECCENTRICITY_2 * np.sin(lat) ** 2
    across_m = _AXIS_M / np.sqrt(flat) * np.cos(lat)
    along_m = _AXIS_M * (1.0 - _ECCENTRICITY_2) / (flat * np.sqrt(flat))
    return np.stack([np.degrees(east / across_m), np.degrees(north / along_m)], axis=1)


def _inverse(shifted: FloatArray, forward: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """Fixed point of ``w = shifted - (forward(w) - w)``; each round leaves some 2 % of the error at most."""
    out = shifted.copy()
    inside = np.flatnonzero(np.isfinite(shifted).all(axis=1))
    for start in range(0, len(inside), _ROWS_AT_ONCE):
        rows = inside[start : start + _ROWS_AT_ONCE]
        goal = shifted[rows]
        guess = goal.copy()
        for _ in range(_MOST_ROUNDS):
            missing = goal - forward(guess)
            guess += missing
            if not np.any(np.abs(missing) > _CLOSE_DEG):
                break
        out[rows] = guess
    return out


def _points(lonlat: FloatArray) -> FloatArray:
    points = np.asarray(lonlat, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise CrsError(f"坐标应当每行两个数（经度、纬度），现在的形状是 {points.shape}。")
    return points


def _datum_name(crs: CRS) -> str:
    name = crs.datum.name if crs.datum is not None else ""
    return name if "China" in name or name.startswith("D_China") else ""


def _epsg(code: int) -> CRS:
    return CRS.from_epsg(code)


def _between(source: CRS, target: CRS) -> Callable[[FloatArray], FloatArray]:
    transformer = _transformer(source.to_wkt(), target.to_wkt())

    def moved(points: FloatArray) -> FloatArray:
        x, y = transformer.transform(points[:, 0], points[:, 1])
        return np.stack([np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)], axis=1)

    return moved


@lru_cache(maxsize=64)
def _transformer(source_wkt: str, target_wkt: str) -> Transformer:
    return Transformer.from_crs(CRS.from_wkt(source_wkt), CRS.from_wkt(target_wkt), always_xy=True)
