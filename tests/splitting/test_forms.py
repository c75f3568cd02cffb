"""What is written on the command line -> a request, with one sentence for what cannot be read."""

from __future__ import annotations

import numpy as np
import pytest

from geoapp.splitting.forms import Sizes, anchors_of, baseline_from, division_request, groups_from
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.request import RequestError
from tests.splitting.enumeration import make_graph

GRAPH = make_graph([(0, 1), (1, 2)], households=[10, 20, 30])


@pytest.mark.parametrize(
    ("sizes", "ranges", "equal"),
    [
        (Sizes(between=(10, 50)), ((10, 50), (10, 50)), True),
        (Sizes(ranges="10:20,40:50"), ((10, 20), (40, 50)), False),
        (Sizes(ranges="10：20，40：50"), ((10, 20), (40, 50)), False),
        (Sizes(targets="20,40", tolerance=0.05), ((19, 21), (38, 42)), False),
        (Sizes(tolerance=0.1), ((27, 33), (27, 33)), True),
        (Sizes(targets="30,30", tolerance=0), ((30, 30), (30, 30)), False),
    ],
)
def test_sizes_become_ranges(sizes: Sizes, ranges: tuple[tuple[int, int], ...], equal: bool) -> None:
    """20 and 40 give or take 5 %: 19..21 and 38..42; 60 in two with 10 %: 27..33. Full-width marks are read too."""
    request = division_request(GRAPH, 2, sizes=sizes)
    assert (request.ranges, request.interchangeable) == (ranges, equal)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        (Sizes(between=(1, 2), ranges="1:2,3:4"), "不能同时用"),
        (Sizes(ranges="1:2"), "请每个部分给一个"),
        (Sizes(ranges="1-2,3-4"), "2800:3000"),
        (Sizes(targets="20,x"), "2900,1600"),
        (Sizes(targets="20"), "请每个部分给一个"),
        (Sizes(tolerance=5), "0.05"),
        (Sizes(between=(9, 3)), "大于上限"),
        (Sizes(ranges="²:3,4:5"), "2800:3000"),
        (Sizes(targets="9" * 5000 + ",1"), "2900,1600"),
        (Sizes(targets="٣,4"), "2900,1600"),
    ],
)
def test_sizes_that_cannot_be_read_are_told(sizes: Sizes, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        division_request(GRAPH, 2, sizes=sizes)


def test_anchors_name_units_by_id_even_with_colons() -> None:
    graph = UnitGraph(("a:b", 7), GRAPH.households[:2], GRAPH.edges[:1], GRAPH.cost[:1])
    assert anchors_of(graph, ["a:b:1", "7:2"]) == {0: 1, 1: 2}


@pytest.mark.parametrize(
    ("text", "words"), [("0", "读不懂"), ("9:1", "不在数据里"), ("0:x", "读不懂"), ("0:²", "读不懂")]
)
def test_anchors_that_cannot_be_read_are_told(text: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        anchors_of(GRAPH, [text])


def test_an_anchor_in_two_parts_is_told() -> None:
    with pytest.raises(RequestError, match="两个部分"):
        anchors_of(GRAPH, ["0:1", "0:2"])


def test_an_anchor_in_a_part_that_is_not_there_is_told() -> None:
    with pytest.raises(RequestError, match="第 3 部分"):
        division_request(GRAPH, 2, sizes=Sizes(), anchors={0: 3})


def test_units_with_the_same_value_are_a_group() -> None:
    assert groups_from(["x", None, "x", "", float("nan"), 3, 3, "y"]) == ((0, 2), (5, 6))


def test_a_baseline_keeps_part_numbers_and_numbers_names() -> None:
    assert baseline_from([1, 2, 2], parts=2).tolist() == [1, 2, 2]
    assert baseline_from(["东", "西", "东"], parts=2).tolist() == [1, 2, 1]
    assert baseline_from([2, 5, 2], parts=2).tolist() == [1, 2, 1]


def test_interchangeable_parts_take_the_numbers_of_the_baseline() -> None:
    from geoapp.splitting.plan import numbered_for

    request = division_request(GRAPH, 2, sizes=Sizes(between=(10, 50)), baseline=np.array([2, 2, 1]))
    assert numbered_for(GRAPH, request, np.array([1, 1, 2])).tolist() == [2, 2, 1]


def test_shares_without_a_whole_number_are_told_as_such() -> None:
    """60 in 7 parts is 8.57 each; give or take 1 % is 8.49 to 8.66, where no whole number lies."""
    with pytest.raises(RequestError, match="之间没有整数"):
        division_request(GRAPH, 7, sizes=Sizes(tolerance=0.01))


def test_more_parts_than_any_city_has_are_refused_at_once() -> None:
    with pytest.raises(RequestError, match="最多 10000"):
        division_request(GRAPH, 10**11, sizes=Sizes(between=(0, 9)))


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_a_search_has_an_end(seconds: float) -> None:
    with pytest.raises(RequestError, match="--seconds"):
        division_request(GRAPH, 2, sizes=Sizes(), seconds=seconds)
