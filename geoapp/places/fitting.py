"""Areas in square metres of what is drawn in degrees, and parts fitted to the outline that they divide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.errors import Invalid
from geoapp.geo.measure import areas_m2

#: What two drawings of one border may differ by before they count as different borders: rounding to six decimals
#: moves a line by 0.1 m, and a community of 0.5 km2 with 3 km of border then differs by some 300 m2 at most.
DIFFERENCE_SHARE, DIFFERENCE_M2 = 0.001, 1.0
#: Less than this is arithmetic, not drawing; it is left as it is.
DUST_M2 = 0.01


class NotAnArea(Invalid):
    """A geometry that bounds no ground, or bounds it wrongly."""


class PartsDoNotFit(Invalid):
    """The parts of a plan are not a division of the place."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """``geometries`` tile the outline; ``mended_m2`` is how much ground changed hands to make them do so."""

    geometries: tuple[Any, ...]
    mended_m2: float


def polygonal(geometry: Any) -> Any:
    """The polygons of a geometry as one (multi)polygon; lines and points, left over by an overlay, are dropped."""
    if geometry is None or geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def require_area(geometry: Any, *, what: str) -> Any:
    """The geometry, when it is a valid (multi)polygon in degrees; NotAnArea names ``what`` and the flaw."""
    if geometry is None or geometry.is_empty or geometry.geom_type not in ("Polygon", "MultiPolygon"):
        raise NotAnArea(f"{what}没有面状边界；请给出 Polygon 或 MultiPolygon。")
    west, south, east, north = geometry.bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise NotAnArea(f"{what}的坐标超出经纬度范围；请先转换为 WGS84 经纬度。")
    if not geometry.is_valid:
        raise NotAnArea(f"{what}的边界有误（{shapely.is_valid_reason(geometry)}）；请先修复再使用。")
    return shapely.force_2d(geometry)


def area_m2(geometries: Sequence[Any]) -> NDArray[np.float64]:
    """(n,) square metres of (multi)polygons in degrees, all measured in the one CRS that suits their extent."""
    shapes = np.asarray(geometries, dtype=object)
    drawn = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return areas_m2(shapes) if drawn.any() else np.zeros(len(shapes))


def shares_inside(area: Any, regions: Sequence[Any]) -> NDArray[np.float64]:
    """(n_regions,) share 0..1 of an area's ground that lies in each region; both in degrees.

    A ratio of areas needs no projection: over one place the scale of both axes is the same for numerator and
    denominator to 1e-4.
    """
    inside = np.array([shapely.intersection(area, region).area for region in regions], dtype=np.float64)
    return np.asarray(inside / area.area, dtype=np.float64)


def fit(parts: Sequence[Any], outline: Any, *, what: str) -> Fitted:
    """Parts that tile an outline, from parts that do so but for inexact drawing.

    Parameters
    ----------
    parts : valid (multi)polygons in degrees
    outline : the (multi)polygon that they divide
    what : name of the place, for messages

    Returns
    -------
    Fitted. What lies outside the outline is cut off; ground in two parts stays with the earlier one; ground in none
    goes to the part with which it shares most border.

    Raises
    ------
    PartsDoNotFit : more than 0.1 % of the outline (and more than 1 m2) would change hands, or a part vanishes
    """
    union = shapely.union_all(parts)
    missing, surplus = shapely.difference(outline, union), shapely.difference(union, outline)
    areas = area_m2([*parts, union, missing, surplus, outline])
    whole_m2 = float(areas[-1])
    overlap_m2 = max(0.0, float(areas[: len(parts)].sum() - areas[-4]))
    missing_m2, surplus_m2 = float(areas[-3]), float(areas[-2])
    wrong_m2 = missing_m2 + surplus_m2 + overlap_m2
    if wrong_m2 > max(DIFFERENCE_M2, DIFFERENCE_SHARE * whole_m2):
        raise PartsDoNotFit(
            f"方案的各部分没有正好铺满{what}：缺 {missing_m2:.0f} m²，超出 {surplus_m2:.0f} m²，"
            f"重叠 {overlap_m2:.0f} m²；请核对方案是否针对该地当日的界线，再重新生成。"
        )
    if wrong_m2 <= DUST_M2:
        return Fitted(tuple(parts), 0.0)
    fitted: list[Any] = []
    taken: Any = shapely.Polygon()
    for part in parts:
        own = polygonal(shapely.difference(shapely.intersection(part, outline), taken))
        fitted.append(own)
        taken = shapely.union(taken, own)
    for piece in shapely.get_parts(polygonal(missing)):
        heir = _neighbour(piece, fitted)
        fitted[heir] = polygonal(shapely.union(fitted[heir], piece))
    if any(part.is_empty for part in fitted):
        raise PartsDoNotFit(f"方案里有一部分完全落在{what}之外或与其他部分重合；请重新生成方案。")
    return Fitted(tuple(fitted), wrong_m2)


def _neighbour(piece: Any, parts: Sequence[Any]) -> int:
    shared = [shapely.intersection(piece.boundary, part.boundary).length for part in parts]
    if max(shared) > 0:
        return int(np.argmax(shared))
    return int(np.argmin([shapely.distance(piece, part) for part in parts]))
