"""Areas in square metres and lengths in metres of geometries that are kept in degrees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoapp.errors import Invalid
from geoapp.geo import crs as systems

FloatArray = NDArray[np.float64]
GeometryArray = NDArray[np.object_]


class GeometryError(Invalid):
    """A geometry that cannot be measured or used as it is."""


def measuring_crs_of(geometries: Any) -> CRS:
    """The measuring CRS around geometries in WGS84 degrees; GeometryError when there is nothing to measure."""
    extent = shapely.total_bounds(np.asarray(geometries, dtype=object))
    if not np.isfinite(extent).all():
        raise GeometryError("没有可以量算的图形：请检查图层是否为空。")
    return systems.measuring_crs(extent)


def in_metres(geometries: Any, crs: CRS) -> GeometryArray:
    """WGS84 geometries (n,) -> the same in metres of ``crs``; equal points stay equal, so a coverage stays one."""
    return _moved(geometries, lambda points: systems.to_metres(points, crs))


def in_degrees(geometries_m: Any, crs: CRS) -> GeometryArray:
    """Geometries (n,) in metres of ``crs`` -> WGS84; equal points stay equal."""
    return _moved(geometries_m, lambda points: systems.to_degrees(points, crs))


def areas_m2(geometries: Any, crs: CRS | None = None) -> FloatArray:
    """Area of each WGS84 geometry.

    Parameters
    ----------
    geometries : (n,) shapely geometries in degrees; None counts 0
    crs : measuring CRS; by default the one around all of them

    Returns
    -------
    (n,) float, square metres

    Raises
    ------
    GeometryError : nothing but empty geometries, without a CRS
    """
    area: FloatArray = shapely.area(in_metres(geometries, crs or measuring_crs_of(geometries)))
    return np.nan_to_num(area)


def lengths_m(geometries: Any, crs: CRS | None = None) -> FloatArray:
    """Length of each WGS84 line, or perimeter of each polygon, holes included; (n,) float, metres."""
    length: FloatArray = shapely.length(in_metres(geometries, crs or measuring_crs_of(geometries)))
    return np.nan_to_num(length)


def only_polygons(geometries: Any) -> GeometryArray:
    """Each geometry repaired (``make_valid``) and reduced to its polygons; an empty polygon where none is left."""
    given = np.asarray(geometries, dtype=object)
    given = np.where(shapely.is_missing(given), shapely.Polygon(), given)
    given = shapely.force_2d(given)
    bad = ~shapely.is_valid(given)
    if bad.any():
        given[bad] = shapely.make_valid(given[bad], method="structure", keep_collapsed=False)
    mixed = ~np.isin(shapely.get_type_id(given), (3, 6))
    for position in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapely.get_parts(given[position]))
        given[position] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
        if shapely.get_type_id(given[position]) not in (3, 6):
            given[position] = shapely.Polygon()
    return given


def _moved(geometries: Any, move: Callable[[FloatArray], FloatArray]) -> GeometryArray:
    moved: GeometryArray = shapely.transform(shapely.force_2d(np.asarray(geometries, dtype=object)), move)
    return moved
