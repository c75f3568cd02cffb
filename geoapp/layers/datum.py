"""Tells which datum undeclared coordinates are in, by comparison with a layer whose place is known.

Under the right shift compounds lie between the streets and not across them, points fall into the polygons that they
describe, and borders drawn twice run along one another. Each candidate gets a score; a clear maximum decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.geo.crs import TO_WGS84, to_metres, to_wgs84
from geoapp.geo.crs import measuring_crs as measuring_crs_of

FloatArray = NDArray[np.float64]
ObjectArray = NDArray[np.object_]

#: Candidates for coordinates in degrees, and for those in metres.
DEGREES = ("EPSG:4326", "gcj02", "bd09")
METRES = ("bd09mc", "EPSG:3857", "EPSG:4548", "EPSG:4527", "EPSG:32650")
_MOST_SHAPES, _MOST_PROBES, _CELLS = 4000, 40_000, 8
#: The best must beat the second by this factor over all, and be the best in this share of the map's squares.
_FACTOR, _AGREE = 1.15, 0.6
#: Fewer probes than this tell nothing; and in a square fewer than that.
_FEWEST_PROBES, _FEWEST_IN_SQUARE = 30, 20
_ASIDE, _ASIDE_DEG = "，错开", 0.006


@dataclass(frozen=True, slots=True)
class Score:
    """How well a candidate fits; ``value`` grows with the fit. ``measure`` says of what it is a share."""

    crs: str
    value: float
    measure: str
    probes: int
    #: Share of the map's squares in which this candidate is the best.
    squares_won: float = 0.0


def compare(new: ObjectArray, known: ObjectArray, *, degrees: bool) -> list[Score]:
    """Score of each candidate datum, the best first; empty where the two layers tell nothing of one another.

    Parameters
    ----------
    new : shapes in the coordinates of the file
    known : shapes of the known layer, WGS84 degrees
    degrees : the file's coordinates look like longitude and latitude

    Returns
    -------
    Scores. Lines against polygons: share of the lines (probed at even steps, within the polygons' extent) that runs
    outside of the polygons. Points against polygons: share of points inside. Polygons against polygons: share of
    border probes within 10 m of the known border.
    """
    new, known = _drawn(new), _drawn(known)
    if not len(new) or not len(known):
        return []
    sides = (_dimension(new), _dimension(known))
    method = _METHODS.get(sides)
    if method is None:
        return []
    new = new[:: -(-len(new) // _MOST_SHAPES)]
    usable: dict[str, tuple[FloatArray, NDArray[np.bool_]]] = {}
    for crs in DEGREES if degrees else METRES:
        moved = _moved(new, crs)
        if moved is not None and _meet(moved, known):
            result = method[1](moved, known)
            if len(result[1]) >= _FEWEST_PROBES:
                usable[crs] = result
    if len(usable) == 1:
        # Only one lands here at all: then it must fit better than when pushed aside.
        (crs,) = usable
        moved = _moved(new, crs)
        for step in (-_ASIDE_DEG, _ASIDE_DEG):
            aside = shapely.transform(moved, lambda xy, step=step: xy + step)
            usable[f"{crs}{_ASIDE} {step:+g}°"] = method[1](aside, known)
    return _scores(usable, method[0]) if len(usable) > 1 else []


def usefulness(new: ObjectArray, kind: str) -> int:
    """Rank of a kind of layer to compare with, 0 the best: streets tell compounds, compounds tell all else."""
    order = ("road", "transit", "rail", "compound", "building")
    if _dimension(_drawn(new)) != 2:
        order = ("compound", "building", "green", "road", "transit")
    return order.index(kind) if kind in order else len(order)


def decide(scores: Sequence[Score]) -> str | None:
    """The candidate that is clearly the best; None where the scores lie too close to tell.

    The comparison is of the shares that fit badly where the fit is good, and of those that fit well where it is poor:
    86 % against 78 % outside is 14 % against 22 % inside, a clear difference.
    """
    if len(scores) < 2 or scores[0].squares_won < _AGREE or _ASIDE in scores[0].crs:
        return None
    best, second = scores[0].value, scores[1].value
    fewest = max(min(scores[0].probes, scores[1].probes), 1)
    noise = ((best * (1.0 - best) + second * (1.0 - second)) / fewest) ** 0.5
    misfit = (1.0 - second) / max(1.0 - best, 1e-9)
    fit = best / max(second, 1e-9)
    return scores[0].crs if best - second > max(0.03, 4.0 * noise) and max(misfit, fit) >= _FACTOR else None


def _drawn(shapes: ObjectArray) -> ObjectArray:
    shapes = np.asarray(shapes, dtype=object)
    kept: ObjectArray = shapes[~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)]
    return kept


def _meet(moved: ObjectArray, known: ObjectArray) -> bool:
    """Does a tenth of the shapes lie within the known layer's extent? One that lands elsewhere is no candidate."""
    west, south, east, north = shapely.total_bounds(known)
    boxes = shapely.bounds(moved)
    meets = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    return bool(meets.mean() >= 0.1)


def _dimension(shapes: ObjectArray) -> int:
    return int(np.bincount(shapely.get_dimensions(shapes)).argmax())


def _moved(shapes: ObjectArray, crs: str) -> ObjectArray | None:
    """The shapes in WGS84 if they were in ``crs``; None when they would lie off the earth."""
    move: Callable[[FloatArray], FloatArray] = TO_WGS84.get(crs) or (lambda xy: to_wgs84(xy, crs))
    xy = shapely.get_coordinates(shapes)
    if crs != "EPSG:4326":
        xy = move(xy)
    if not (np.isfinite(xy).all() and np.abs(xy[:, 0]).max() <= 180.0 and np.abs(xy[:, 1]).max() <= 90.0):
        return None
    moved: ObjectArray = shapely.set_coordinates(shapes.copy(), xy)
    broken = ~shapely.is_valid(moved)
    moved[broken] = shapely.make_valid(moved[broken])
    return moved


def _scores(results: dict[str, tuple[FloatArray, NDArray[np.bool_]]], measure: str) -> list[Score]:
    """Over-all share of hits, and who wins in how many squares of a grid over all probes."""
    probes = np.concatenate([places for places, _ in results.values()])
    low, high = probes.min(axis=0), probes.max(axis=0)
    # As many squares as leave each with enough probes: only one, the whole map, for a hundred points.
    fewest = min(len(hits) for _, hits in results.values())
    cells = int(min(max((fewest / (2 * _FEWEST_IN_SQUARE)) ** 0.5, 1), _CELLS))
    shares = []
    for places, hits in results.values():
        square = np.minimum(((places - low) / np.maximum(high - low, 1e-12) * cells).astype(int), cells - 1)
        number = square[:, 0] * cells + square[:, 1]
        count = np.bincount(number, minlength=cells**2)
        hit = np.bincount(number, weights=hits, minlength=cells**2)
        shares.append(np.where(count >= _FEWEST_IN_SQUARE, hit / np.maximum(count, 1), np.nan))
    table = np.array(shares)
    table = table[:, np.isfinite(table).all(axis=0)]
    table = table[:, np.ptp(table, axis=0) > 0.0] if table.size else table
    won = np.bincount(table.argmax(axis=0), minlength=len(results)) / table.shape[1] if table.size else None
    scores = [
        Score(crs, float(hits.mean()) if len(hits) else 0.0, measure, len(hits), 0.0 if won is None else float(won[i]))
        for i, (crs, (_, hits)) in enumerate(results.items())
    ]
    return sorted(scores, key=lambda score: -score.value)


def _probes(lines: ObjectArray, extent: FloatArray) -> FloatArray:
    """Points at even steps along lines, within an extent."""
    clipped = shapely.clip_by_rect(lines, *extent)
    parts = shapely.get_parts(clipped[~shapely.is_empty(clipped)])
    lengths = shapely.length(parts)
    total = float(lengths.sum())
    if total <= 0.0:
        return np.empty((0, 2))
    marks = (np.arange(_MOST_PROBES) + 0.5) * (total / _MOST_PROBES)
    ends = np.cumsum(lengths)
    which = np.minimum(np.searchsorted(ends, marks), len(parts) - 1)
    xy: FloatArray = shapely.get_coordinates(
        shapely.line_interpolate_point(parts[which], marks - (ends - lengths)[which])
    )
    return xy


def _inside(xy: FloatArray, polygons: ObjectArray) -> NDArray[np.bool_]:
    hits = np.zeros(len(xy), dtype=bool)
    hits[np.unique(shapely.STRtree(polygons).query(shapely.points(xy), predicate="intersects")[0])] = True
    return hits


def _lines_clear_of(lines: ObjectArray, polygons: ObjectArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    xy = _probes(lines, shapely.total_bounds(polygons))
    return xy, ~_inside(xy, polygons) if len(xy) else np.empty(0, dtype=bool)


def _points_inside(points: ObjectArray, polygons: ObjectArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    xy = shapely.get_coordinates(shapely.centroid(points))
    return xy, _inside(xy, polygons)


def _borders_close(new: ObjectArray, known: ObjectArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Probes of new borders within 10 m of a known one, measured in metres."""
    extent = shapely.total_bounds(known)
    xy = _probes(shapely.boundary(new) if _dimension(new) == 2 else new, extent)[::4]
    if not len(xy):
        return xy, np.empty(0, dtype=bool)
    crs = measuring_crs_of(extent)
    borders = shapely.boundary(known) if _dimension(known) == 2 else known
    flat = shapely.set_coordinates(borders.copy(), to_metres(shapely.get_coordinates(borders), crs))
    points = shapely.points(to_metres(xy, crs))
    hits = np.zeros(len(xy), dtype=bool)
    hits[np.unique(shapely.STRtree(flat).query(points, predicate="dwithin", distance=10.0)[0])] = True
    return xy, hits


_METHODS: dict[tuple[int, int], tuple[str, Callable[[Any, Any], tuple[FloatArray, NDArray[np.bool_]]]]] = {
    (2, 1): ("已知线路不穿过面的比例", lambda new, known: _lines_clear_of(known, new)),
    (1, 2): ("线路不穿过已知面的比例", _lines_clear_of),
    (0, 2): ("点落在已知面内的比例", _points_inside),
    (2, 0): ("已知点落在面内的比例", lambda new, known: _points_inside(known, new)),
    (2, 2): ("边界与已知边界重合的比例", _borders_close),
    (1, 1): ("线与已知线重合的比例", _borders_close),
}
