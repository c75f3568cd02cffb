"""四至: what a part borders on in the east, south, west and north, from the named lines along its sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoapp.geo.measure import in_metres
from geoapp.splitting.units import UnitBorders, Units

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

EAST, SOUTH, WEST, NORTH = range(4)
WORDS_ZH = ("东", "南", "西", "北")
#: A line is named when it makes up this share of the side; the longest is always named.
NAMED_SHARE = 0.2
#: What an unnamed line is called.
UNNAMED_ZH = {
    "arterial": "未命名主次干路", "rail": "未命名铁路", "water": "未命名水系", "minor": "未命名支路",
    "path": "未命名小路", "none": "无名界线（楼间）",
}  # fmt: skip


@dataclass(frozen=True)
class SideTable:
    """All sides of all units, added up by who faces whom, which way and along what.

    Parameters
    ----------
    unit : (k,) int64, the unit whose side it is
    beyond : (k,) int64, the unit on the other side, -1 outside
    way : (k,) int64, the compass side that the outward normal points to: 0 east, 1 south, 2 west, 3 north
    line : (k,) int64, position in ``labels``
    length_m : (k,) float
    labels : (kind, name) of the lines
    """

    unit: IntArray
    beyond: IntArray
    way: IntArray
    line: IntArray
    length_m: FloatArray
    labels: tuple[tuple[str, str], ...]


def side_table(units: Units) -> SideTable:
    """The sides of units, once for all plans.

    Outward normals come from rings turned counter-clockwise; the line of a side is that of the border row (or of the
    rim's row) whose geometry holds the very same side.
    """
    polygons = shapely.orient_polygons(units.polygons_m, exterior_cw=False)
    ends, unit, key = _directed(polygons)
    rows = [units.borders, units.rim]
    labels = {label: at for at, label in enumerate(dict.fromkeys(_labels(rows)))}
    everything, place = np.unique(key, axis=0, return_inverse=True)
    beyond = _beyond(place.ravel(), unit, len(everything))
    line = _lines_along(ends, rows, units, labels)
    dx, dy = (ends[:, 2] - ends[:, 0]), (ends[:, 3] - ends[:, 1])
    # The outside lies to the right of a side that runs counter-clockwise: its normal is (dy, -dx).
    way = np.where(np.abs(dy) >= np.abs(dx), np.where(dy > 0, EAST, WEST), np.where(dx > 0, SOUTH, NORTH))
    columns = np.stack([unit, beyond, way, line], axis=1)
    whole, at = np.unique(columns, axis=0, return_inverse=True)
    length = np.zeros(len(whole))
    np.add.at(length, at.ravel(), np.hypot(dx, dy))
    return SideTable(whole[:, 0], whole[:, 1], whole[:, 2], whole[:, 3], length, tuple(labels))


def extent_of_part(table: SideTable, part_of: NDArray[Any], part: int) -> str:
    """The sentence of one part: ``东至朝阳路，南至亮马河，西至…，北至…``; a line without a name says so.

    Parameters
    ----------
    table : of the units
    part_of : (n,) part of each unit
    part : number of the part
    """
    found = side_lengths(table, part_of, part)
    return "，".join(f"{WORDS_ZH[way]}至{_words(found[way], table)}" for way in (EAST, SOUTH, WEST, NORTH))


def side_lengths(table: SideTable, part_of: NDArray[Any], part: int) -> FloatArray:
    """Metres of a part's rim by compass side and line, (4, labels) float."""
    part_of = np.append(np.asarray(part_of), -1)  # beyond = -1 reads the last: the outside is no part
    on = (part_of[table.unit] == part) & (part_of[table.beyond] != part)
    out = np.zeros((4, len(table.labels)))
    np.add.at(out, (table.way[on], table.line[on]), table.length_m[on])
    return out


def _words(lengths: FloatArray, table: SideTable) -> str:
    total = lengths.sum()
    if total <= 0.0:
        return "（无此方向的界线）"
    by_words: dict[str, float] = {}
    for at in np.flatnonzero(lengths > 0).tolist():
        kind, name = table.labels[at]
        words = name or UNNAMED_ZH.get(kind, UNNAMED_ZH["none"])
        by_words[words] = by_words.get(words, 0.0) + float(lengths[at])
    ranked = sorted(by_words, key=lambda words: (-by_words[words], words))
    return "、".join(ranked[:1] + [words for words in ranked[1:3] if by_words[words] >= NAMED_SHARE * total])


def _labels(rows: list[UnitBorders]) -> list[tuple[str, str]]:
    return [("none", ""), *(label for table in rows for label in zip(table.kind, table.name, strict=True))]


def _directed(polygons: Any) -> tuple[FloatArray, IntArray, FloatArray]:
    """Sides as they run (k, 4), their unit (k,), and the same with ends in a fixed order (k, 4)."""
    parts, of = shapely.get_parts(polygons, return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    xy, at = shapely.get_coordinates(rings, return_index=True)
    inside = at[1:] == at[:-1]
    ends = np.concatenate([xy[:-1], xy[1:]], axis=1)[inside]
    unit = of[ring_of[at[:-1][inside]]].astype(np.int64)
    return ends, unit, _ordered(ends)


def _ordered(ends: FloatArray) -> FloatArray:
    swap = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    return np.where(swap[:, None], ends[:, [2, 3, 0, 1]], ends)


def _lines_along(
    ends: FloatArray, rows: list[UnitBorders], units: Units, labels: dict[tuple[str, str], int]
) -> IntArray:
    """Label of each side: that of the border row which has a side with the same middle, to a millimetre."""
    middles, lines = [np.empty((0, 2))], [np.empty(0, dtype=np.int64)]
    for table in rows:
        if not len(table):
            continue
        parts, of = shapely.get_parts(in_metres(table.lines, units.crs), return_index=True)
        xy, at = shapely.get_coordinates(parts, return_index=True)
        inside = at[1:] == at[:-1]
        middles.append(((xy[:-1] + xy[1:]) / 2.0)[inside])
        label = np.array([labels[key] for key in zip(table.kind, table.name, strict=True)], dtype=np.int64)
        lines.append(label[of[at[:-1][inside]]])
    known = np.append(np.concatenate(lines), labels[("none", "")])  # the last stands for a side that no row has
    found = cKDTree(np.concatenate(middles)).query((ends[:, :2] + ends[:, 2:]) / 2.0, distance_upper_bound=1e-3)[1]
    return known[found]


def _beyond(place: IntArray, unit: IntArray, count: int) -> IntArray:
    """The other unit that has the same side, -1 for none."""
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, -1, dtype=np.int64)
    np.minimum.at(low, place, unit)
    np.maximum.at(high, place, unit)
    other = np.where(low[place] == unit, high[place], low[place])
    return np.where(other == unit, -1, other)
