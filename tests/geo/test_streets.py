"""Walking times against streets reckoned by hand and against networkx."""

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoapp.geo.streets import StreetError, nearest_station, street_network, walking_seconds

CROSS = [shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(50, -50), (50, 50)])]


def times(lines: list[shapely.Geometry], points: list[tuple], stations: list[tuple]) -> tuple[list, list]:
    seconds, by_network = walking_seconds(
        street_network(lines), np.array(points, dtype=float), np.array(stations, dtype=float), speed_m_per_s=1.0
    )
    return seconds.round(6).tolist(), by_network.tolist()


def test_crossing_lines_become_four_stretches_and_five_nodes() -> None:
    network = street_network(CROSS)
    assert (len(network.nodes_m), len(network.edges)) == (5, 4)
    assert sorted(network.length_m.tolist()) == [50.0] * 4


def test_the_way_goes_round_the_corner() -> None:
    """From (10, 3): 3 m off, 40 m to the crossing, 30 m north, 2 m to the door at (52, 30): 75 m."""
    assert times(CROSS, [(10, 3)], [(52, 30)]) == ([[75.0]], [[True]])


def test_two_doors_on_one_stretch_need_no_crossing() -> None:
    """3 m off, 20 m along, 1 m off; and the same place is as near as its own detour to the street."""
    assert times(CROSS, [(10, 3)], [(30, -1)]) == ([[24.0]], [[True]])


def test_a_detour_is_taken_where_there_is_no_crossing() -> None:
    """Two parallel streets 10 m apart, joined only at x = 100: from (0, 0) to (0, 10) it is 210 m."""
    lines = [shapely.LineString([(0, 0), (100, 0), (100, 10), (0, 10)])]
    assert times(lines, [(0, 0)], [(0, 10)]) == ([[210.0]], [[True]])


def test_where_no_street_leads_it_is_a_straight_line_and_flagged() -> None:
    """The second street is no neighbour of the first; the third point is 500 m from any street."""
    lines = [shapely.LineString([(0, 0), (10, 0)]), shapely.LineString([(0, 30), (10, 30)])]
    seconds, flags = times(lines, [(0, 0), (0, 30), (0, 530)], [(10, 0)])
    assert flags == [[True], [False], [False]]
    assert seconds == [
        [10.0],
        [pytest.approx(np.hypot(10, 30), abs=1e-6)],
        [pytest.approx(np.hypot(10, 530), abs=1e-6)],
    ]


def test_without_any_street_all_is_straight() -> None:
    assert times([], [(0, 0)], [(3, 4)]) == ([[5.0]], [[False]])
    assert times([None, shapely.LineString()], [(0, 0)], [(3, 4)]) == ([[5.0]], [[False]])


def test_the_nearest_station_is_found_with_its_flag() -> None:
    seconds, by_network = np.array([[9.0, 4.0], [2.0, 8.0]]), np.array([[True, False], [True, True]])
    best, least, flag = nearest_station(seconds, by_network)
    assert (best.tolist(), least.tolist(), flag.tolist()) == ([1, 0], [4.0, 2.0], [False, True])
    with pytest.raises(StreetError, match="服务站"):
        nearest_station(np.empty((2, 0)), np.empty((2, 0), dtype=bool))


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_speed_that_is_none_is_refused(speed: float) -> None:
    with pytest.raises(StreetError, match="步行速度"):
        walking_seconds(street_network(CROSS), np.zeros((1, 2)), np.zeros((1, 2)), speed_m_per_s=speed)


CROSSINGS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), min_size=3, max_size=24)


@given(streets=CROSSINGS, ends=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=4))
@settings(max_examples=60, deadline=None)
def test_ways_between_crossings_are_networkx_ways(streets: list[tuple], ends: list[tuple]) -> None:
    """Streets are sides of a 5 x 5 raster of 100 m; points stand on crossings that a street touches."""
    graph = nx.Graph()
    lines = []
    for x, y, upwards in streets:
        a, b = (x * 100, y * 100), ((x + (not upwards)) * 100, (y + upwards) * 100)
        graph.add_edge(a, b, weight=100.0)
        lines.append(shapely.LineString([a, b]))
    on_street = [p for p in ((x * 100, y * 100) for x, y in ends) if p in graph]
    if not on_street:
        return
    seconds, by_network = times(lines, on_street, on_street[:1])
    for row, flag, point in zip(seconds, by_network, on_street, strict=True):
        reached = nx.has_path(graph, point, on_street[0])
        assert flag == [reached]
        if reached:
            assert row == [nx.shortest_path_length(graph, point, on_street[0], weight="weight")]
