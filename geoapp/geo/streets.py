"""Walking time over a street network: from lines to nodes and edges, from points to their stations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geoapp.errors import Invalid

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
GeometryArray = NDArray[np.object_]

#: Walking speed in m/s: the usual design value for crossings in China is 1.0 to 1.2; old people walk more slowly.
WALK_M_PER_S = 1.2
#: Nobody is taken to a street farther away than this; farther points go as the crow flies, and it is said.
MOST_OFF_M = 200.0


class StreetError(Invalid):
    """Points or streets that no way can be worked out for."""


@dataclass(frozen=True)
class StreetNetwork:
    """Crossings and the stretches between them, metres.

    Parameters
    ----------
    nodes_m : (k, 2) float
    edges : (m, 2) int64, positions of the nodes
    length_m : (m,) float
    lines : (m,) LineString, from the first node to the second
    """

    nodes_m: FloatArray
    edges: IntArray
    length_m: FloatArray
    lines: GeometryArray

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the stretches."""
        return shapely.STRtree(self.lines)


def street_network(lines_m: Any) -> StreetNetwork:
    """A network of lines, joined wherever they meet or cross (a bridge over a street joins it, too: the map's levels
    are not known here); ends within a centimetre are one node.
    """
    given = np.asarray(lines_m, dtype=object)
    given = shapely.get_parts(given[~(shapely.is_missing(given) | shapely.is_empty(given))])
    given = given[shapely.get_dimensions(given) == 1]
    if not len(given):
        return StreetNetwork(np.empty((0, 2)), np.empty((0, 2), dtype=np.int64), np.empty(0), np.empty(0, dtype=object))
    lines = shapely.get_parts(shapely.union_all(given))
    ends = np.stack(
        [
            shapely.get_coordinates(shapely.get_point(lines, 0)),
            shapely.get_coordinates(shapely.get_point(lines, -1)),
        ],
        axis=1,
    )
    nodes, place = np.unique(np.round(ends.reshape(-1, 2), 2), axis=0, return_inverse=True)
    return StreetNetwork(nodes, place.reshape(-1, 2).astype(np.int64), shapely.length(lines), lines)


def walking_seconds(
    network: StreetNetwork, points_m: FloatArray, stations_m: FloatArray, *, speed_m_per_s: float = WALK_M_PER_S
) -> tuple[FloatArray, BoolArray]:
    """Walking time from every point to every station.

    The way goes straight to the nearest stretch of street, along streets, and straight to the door. A pair that the
    network does not join (too far off, or in two pieces of it) goes as the crow flies and is flagged.

    Parameters
    ----------
    network : may be empty
    points_m : (n, 2) float
    stations_m : (s, 2) float
    speed_m_per_s : > 0

    Returns
    -------
    seconds (n, s) float, and by_network (n, s) bool: False where the time is a straight line's

    Raises
    ------
    StreetError : the speed is not positive, or a coordinate is not finite

    References
    ----------
    Dijkstra (1959), Numerische Mathematik 1, 269-271, as scipy.sparse.csgraph.dijkstra.
    """
    points, stations = np.asarray(points_m, dtype=np.float64), np.asarray(stations_m, dtype=np.float64)
    if not speed_m_per_s > 0.0 or not (np.isfinite(points).all() and np.isfinite(stations).all()):
        raise StreetError("步行速度要大于 0，坐标要是有限的数：请检查点位。")
    straight = np.hypot(*(points[:, None, :] - stations[None, :, :]).transpose(2, 0, 1))
    if not len(network.edges) or not len(points) or not len(stations):
        return straight / speed_m_per_s, np.zeros(straight.shape, dtype=bool)
    leave, arrive = _doors(network, points), _doors(network, stations)
    along = _between(network, leave, arrive)
    by_network = np.isfinite(along)
    metres = np.where(by_network, np.maximum(along, straight), straight)
    return metres / speed_m_per_s, by_network


def nearest_station(seconds: FloatArray, by_network: BoolArray) -> tuple[IntArray, FloatArray, BoolArray]:
    """Of (n, s) times the least per point: which station, its seconds, and whether it is a way over streets."""
    if seconds.shape[1] == 0:
        raise StreetError("一个站点也没有：请先给服务站图层。")
    best = np.argmin(seconds, axis=1).astype(np.int64)
    row = np.arange(len(best))
    return best, seconds[row, best], by_network[row, best]


@dataclass(frozen=True)
class _Doors:
    """Where points join the network: stretch (-1: too far), metres off it, metres along it."""

    edge: IntArray
    off_m: FloatArray
    at_m: FloatArray


def _doors(network: StreetNetwork, xy: FloatArray) -> _Doors:
    places = shapely.points(xy)
    (point, edge), off = network.tree.query_nearest(places, return_distance=True, all_matches=False)
    nearest = np.full(len(xy), -1, dtype=np.int64)
    metres = np.zeros(len(xy))
    nearest[point], metres[point] = edge, off
    at = shapely.line_locate_point(network.lines[nearest], places)
    return _Doors(np.where(metres <= MOST_OFF_M, nearest, -1), metres, at)


def _between(network: StreetNetwork, leave: _Doors, arrive: _Doors) -> FloatArray:
    """(n, s) metres door to door, infinite where there is no way."""
    k = len(network.nodes_m)
    good = arrive.edge >= 0
    station = np.flatnonzero(good)
    edge = arrive.edge[station]
    # Each station is a node of its own, tied to both ends of its stretch.
    here = k + station
    rows = np.concatenate([network.edges[:, 0], here, here])
    columns = np.concatenate([network.edges[:, 1], network.edges[edge, 0], network.edges[edge, 1]])
    off = arrive.off_m[station]
    weight = np.concatenate([
        network.length_m, off + arrive.at_m[station], off + network.length_m[edge] - arrive.at_m[station],
    ])  # fmt: skip
    order = np.lexsort((weight, columns, rows))
    _, first = np.unique(np.stack([rows[order], columns[order]], axis=1), axis=0, return_index=True)
    keep = order[first]  # of parallel stretches the shortest: a sparse matrix would add them up
    size = k + len(arrive.edge)
    # Zero would read as no edge.
    graph = csr_array((np.maximum(weight[keep], 1e-9), (rows[keep], columns[keep])), shape=(size, size))
    from_station = np.full((len(arrive.edge), size), np.inf)
    if len(station):
        from_station[station] = dijkstra(graph, directed=False, indices=here)
    mine = np.where(leave.edge >= 0, leave.edge, 0)
    first_end, second_end = from_station[:, network.edges[mine, 0]], from_station[:, network.edges[mine, 1]]
    metres = leave.off_m + np.minimum(first_end + leave.at_m, second_end + network.length_m[mine] - leave.at_m)
    same = (leave.edge[None, :] == arrive.edge[:, None]) & (leave.edge >= 0)[None, :]
    direct = leave.off_m[None, :] + arrive.off_m[:, None] + np.abs(leave.at_m[None, :] - arrive.at_m[:, None])
    metres = np.where(same, np.minimum(metres, direct), metres)
    metres[:, leave.edge < 0] = np.inf
    return metres.T
