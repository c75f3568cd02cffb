"""Repairs what can be repaired, sets aside what cannot, and keeps a list of what was done to which row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.layers import faults
from geoapp.layers.faults import Fault

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
ObjectArray = NDArray[np.object_]

#: What cleaning may have done to a row, in the words that a person sees.
CHANGES = {
    "closed": "补闭合",
    "repaired": "修复自相交",
    "parts_dropped": "修复时去掉零碎线点",
    "flattened": "去掉高程",
    "reprojected": "换算坐标",
    "text_mended": "去掉非法字符",
}


@dataclass(slots=True)
class Rows:
    """Some rows as a reader gives them: all lists run beside ``numbers`` (1-based in the file)."""

    numbers: IntArray
    shapes: ObjectArray
    props: list[dict[str, Any]]
    #: Position -> why the reader could make no shape.
    faults: dict[int, Fault] = field(default_factory=dict)
    #: Positions of rows whose ring the reader closed.
    closed: list[int] = field(default_factory=list)
    #: Positions of rows in whose text something had to be replaced.
    mended: list[int] = field(default_factory=list)
    #: Rows without shapes that are meant to have none (a table).
    shapeless: bool = False
    #: Rows of the file that these stand for, when one row became several or several one.
    rows_in: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is not stored."""

    row_no: int
    fault: Fault
    raw: str


@dataclass(slots=True)
class Cleaned:
    """Rows ready to be stored, in WGS84, and what became of the others."""

    numbers: IntArray
    shapes: ObjectArray
    props: list[dict[str, Any]]
    refused: list[Refused]
    #: Change of `CHANGES` -> numbers of the rows.
    changes: dict[str, list[int]]


def clean(
    rows: Rows,
    to_wgs84: Callable[[FloatArray], FloatArray] | None,
    *,
    dimension: int | None,
    seen: set[bytes],
    swap_xy: bool = False,
) -> Cleaned:
    """Rows of a file -> rows to store.

    Parameters
    ----------
    rows : shapes in the coordinates of the file
    to_wgs84 : function on (n, 2) coordinates; None when they are WGS84 already
    dimension : 0, 1 or 2 when the layer takes only points, lines or polygons
    seen : digests of the rows met so far, grown here: an exact repeat (shape and every field) is set aside
    swap_xy : the file has latitude first

    Returns
    -------
    Cleaned: every row of the input is either among its rows or among its refused ones.
    """
    bad = dict(rows.faults)
    changes: dict[str, list[int]] = {"closed": [int(rows.numbers[i]) for i in rows.closed if i not in bad]}
    changes["text_mended"] = [int(rows.numbers[i]) for i in rows.mended]
    shapes = rows.shapes.copy()
    if not rows.shapeless:
        _refuse_unusable(shapes, bad)
        good = _good(len(shapes), bad)
        changes["flattened"] = _numbers(rows, good[np.asarray(shapely.has_z(shapes[good]))])
        shapes[good] = shapely.force_2d(shapes[good])
        _move(shapes, good, to_wgs84, swap_xy=swap_xy, bad=bad)
        good = _good(len(shapes), bad)
        if to_wgs84 is not None:
            changes["reprojected"] = _numbers(rows, good)
        if dimension is not None:
            wrong = np.asarray(shapely.get_dimensions(shapes[good])) != dimension
            mixed = shapely.get_type_id(shapes[good]) == shapely.GeometryType.GEOMETRYCOLLECTION
            bad.update(dict.fromkeys(good[wrong | mixed].tolist(), faults.WRONG_SHAPE))
        _repair(rows, shapes, bad, changes)
    _refuse_repeats(rows, shapes, bad, seen)
    kept = _good(len(shapes), bad)
    gone = {int(rows.numbers[i]) for i in bad}
    return Cleaned(
        numbers=rows.numbers[kept],
        shapes=shapes[kept],
        props=[rows.props[i] for i in kept],
        refused=[Refused(int(rows.numbers[i]), bad[i], _raw(rows, i)) for i in sorted(bad)],
        changes={name: [n for n in numbers if n not in gone] for name, numbers in changes.items() if numbers},
    )


def strays(centres: FloatArray, known: tuple[float, float, float, float] | None) -> dict[int, Fault]:
    """Rows that lie far from all others, by position.

    Parameters
    ----------
    centres : (n, 2) longitude, latitude of each stored row, WGS84; not-a-number for a row without a shape
    known : west, south, east, north of the boundaries already in the installation

    Returns
    -------
    position -> SWAPPED when exchanging the two numbers brings the row home, else OUT_OF_AREA. The limits are wide
    (20 times the median distance from the median and at least 1.5 degrees; or, where nine rows in ten lie within half a
    degree of the known boundaries, that half degree): they are to catch slips of the pen, not outlying villages.
    """
    there = np.flatnonzero(np.isfinite(centres).all(axis=1))
    if not len(there):
        return {}
    points = centres[there]
    low, high = _expected(points, known)
    out = np.asarray(((points < low) | (points > high)).any(axis=1), dtype=bool)
    # 0, 0: a missing position written as a number.
    nowhere = np.asarray((np.abs(points) < 0.001).all(axis=1), dtype=bool)
    turned = points[:, ::-1]
    home = np.asarray(((turned >= low) & (turned <= high)).all(axis=1), dtype=bool)
    return {
        int(there[i]): faults.SWAPPED if home[i] and not nowhere[i] else faults.OUT_OF_AREA
        for i in np.flatnonzero(out | nowhere)
    }


def row_ranges(numbers: Iterable[int]) -> str:
    """Row numbers in short.

    Examples
    --------
    >>> row_ranges([3, 1, 2, 7, 9, 8])
    '1-3,7-9'
    """
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(f"{a}-{b}" if b > a else str(a) for a, b in parts)


def _expected(points: FloatArray, known: tuple[float, float, float, float] | None) -> tuple[FloatArray, FloatArray]:
    if known is not None:
        low, high = np.array(known[:2]) - 0.5, np.array(known[2:]) + 0.5
        if np.mean(((points >= low) & (points <= high)).all(axis=1)) >= 0.9:
            return low, high
    if len(points) < 4:
        return np.full(2, -np.inf), np.full(2, np.inf)
    middle: FloatArray = np.median(points, axis=0)
    reach = np.maximum(20.0 * np.median(np.abs(points - middle), axis=0), 1.5)
    return middle - reach, middle + reach


def _good(count: int, bad: dict[int, Fault]) -> IntArray:
    kept = np.ones(count, dtype=bool)
    kept[list(bad)] = False
    return np.flatnonzero(kept)


def _numbers(rows: Rows, positions: IntArray) -> list[int]:
    return [int(n) for n in rows.numbers[positions]]


def _refuse_unusable(shapes: ObjectArray, bad: dict[int, Fault]) -> None:
    for i in np.flatnonzero(shapely.is_missing(shapes)).tolist():
        bad.setdefault(i, faults.NO_SHAPE)
    for i in np.flatnonzero(shapely.is_empty(shapes)).tolist():
        bad.setdefault(i, faults.EMPTY)
    for i in np.flatnonzero(shapely.get_num_coordinates(shapes) > faults.MOST_VERTICES).tolist():
        bad.setdefault(i, faults.TOO_MANY)
    good = _good(len(shapes), bad)
    xy, owner = shapely.get_coordinates(shapes[good], return_index=True)
    for i in np.unique(owner[~np.isfinite(xy).all(axis=1)]).tolist():
        bad[int(good[i])] = faults.NOT_FINITE


def _move(
    shapes: ObjectArray,
    good: IntArray,
    to_wgs84: Callable[[FloatArray], FloatArray] | None,
    *,
    swap_xy: bool,
    bad: dict[int, Fault],
) -> None:
    """Bring the shapes to WGS84 in place; refuse those that land outside the earth's degrees."""
    xy, owner = shapely.get_coordinates(shapes[good], return_index=True)
    if not len(xy):
        return
    if swap_xy:
        xy = np.ascontiguousarray(xy[:, ::-1])
    moved = xy if to_wgs84 is None else to_wgs84(xy)
    outside = ~_on_earth(moved)
    turned = np.zeros(len(good), dtype=bool)
    lost = np.unique(owner[outside])
    if len(lost):
        ours = np.isin(owner, lost)
        other = xy[ours][:, ::-1]
        other = other if to_wgs84 is None else to_wgs84(np.ascontiguousarray(other))
        turned[lost] = True
        turned[np.unique(owner[ours][~_on_earth(other)])] = False
        moved = np.where(_on_earth(moved)[:, None], moved, 0.0)
    shapes[good] = shapely.set_coordinates(shapes[good], moved)
    for i in lost.tolist():
        bad[int(good[i])] = faults.SWAPPED if turned[i] else faults.OUT_OF_RANGE


def _on_earth(lonlat: FloatArray) -> NDArray[np.bool_]:
    within: NDArray[np.bool_] = (np.abs(lonlat[:, 0]) <= 180.0) & (np.abs(lonlat[:, 1]) <= 90.0)
    return within


def _repair(rows: Rows, shapes: ObjectArray, bad: dict[int, Fault], changes: dict[str, list[int]]) -> None:
    good = _good(len(shapes), bad)
    broken = good[~np.asarray(shapely.is_valid(shapes[good]))]
    repaired, dropped = [], []
    for i in broken.tolist():
        whole = shapely.make_valid(shapes[i])
        kept = _of_dimension(whole, int(shapely.get_dimensions(shapes[i])))
        if kept is None:
            bad[i] = faults.TOO_FEW if _distinct_points(shapes[i]) < 3 else faults.NOT_REPAIRABLE
            continue
        if not shapely.equals(kept, whole):
            dropped.append(int(rows.numbers[i]))
        shapes[i] = kept
        repaired.append(int(rows.numbers[i]))
    changes["repaired"], changes["parts_dropped"] = repaired, dropped


def _distinct_points(shape: Any) -> int:
    return len(np.unique(shapely.get_coordinates(shape), axis=0))


def _of_dimension(shape: Any, dimension: int) -> Any:
    """The parts of that dimension as one shape; None when there are none."""
    if shapely.get_type_id(shape) != shapely.GeometryType.GEOMETRYCOLLECTION:
        return shape if shapely.get_dimensions(shape) == dimension and not shapely.is_empty(shape) else None
    parts = shapely.get_parts(shapely.get_parts(shape))
    parts = parts[shapely.get_dimensions(parts) == dimension]
    return shapely.union_all(parts) if len(parts) else None


def _refuse_repeats(rows: Rows, shapes: ObjectArray, bad: dict[int, Fault], seen: set[bytes]) -> None:
    good = _good(len(shapes), bad)
    for i, wkb in zip(good.tolist(), shapely.to_wkb(shapes[good]), strict=True):
        fields = json.dumps(rows.props[i], sort_keys=True, ensure_ascii=True, default=str)
        digest = hashlib.blake2b((wkb or b"") + fields.encode(), digest_size=16).digest()
        if digest in seen:
            bad[i] = faults.REPEATED
        seen.add(digest)


def _raw(rows: Rows, position: int) -> str:
    """What the row held, short enough to be read: its fields, and the beginning of its shape."""
    words = json.dumps(rows.props[position], ensure_ascii=False, default=str)
    shape = rows.shapes[position]
    if shape is None or shapely.get_num_coordinates(shape) > 1000:
        return words[:4000]
    return f"{words[:3000]} {shapely.to_wkt(shape, rounding_precision=7)[:1000]}"
