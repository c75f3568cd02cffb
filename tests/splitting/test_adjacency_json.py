"""Adjacency JSON -> units: round trips with NetworkX, and one sentence for each kind of bad file."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import pytest

from geoapp.splitting.adjacency_json import GraphFileError, read_adjacency

File = dict[str, Any]


def written(graph: nx.Graph) -> str:
    return json.dumps(nx.readwrite.json_graph.adjacency_data(graph))


def triangle() -> nx.Graph:
    graph = nx.Graph()
    for name, homes in (("甲", 3), ("乙", 0), ("丙", 5)):
        graph.add_node(name, homes=homes, group="x" if homes else None)
    graph.add_edge("甲", "乙", cost=4)
    graph.add_edge("乙", "丙", cost=6)
    graph.add_edge("甲", "丙", cost=1)
    return graph


def test_a_file_of_networkx_comes_back_as_it_was() -> None:
    found = read_adjacency(written(triangle()), households="homes", cost="cost")
    assert found.graph.ids == ("甲", "乙", "丙")
    assert found.graph.households.tolist() == [3, 0, 5]
    assert found.graph.edges.tolist() == [[0, 1], [0, 2], [1, 2]]
    assert found.graph.cost.tolist() == [4, 1, 6] and found.graph.cost_scale == 1
    assert found.column("group") == ["x", None, "x"]


def test_without_a_cost_field_each_edge_costs_1() -> None:
    assert read_adjacency(written(triangle()), households="homes").graph.cost.tolist() == [1, 1, 1]


def test_several_borders_of_a_pair_are_added_once_each() -> None:
    graph = nx.MultiGraph()
    graph.add_node(0, homes=1)
    graph.add_node(1, homes=1)
    graph.add_edge(0, 1, cost=4)
    graph.add_edge(0, 1, cost=3)
    found = read_adjacency(written(graph), households="homes", cost="cost").graph
    assert found.edges.tolist() == [[0, 1]] and found.cost.tolist() == [7]


def test_ids_may_be_any_json_value() -> None:
    names: list[Any] = ["a", 7, None, [1, 2], 1.5, True]
    nodes = [{"id": name, "homes": 1} for name in names]
    found = read_adjacency(json.dumps({"nodes": nodes, "adjacency": [[{"id": [1, 2]}], *[[]] * 5]}), households="homes")
    assert list(found.graph.ids) == names and found.graph.edges.tolist() == [[0, 3]]


@pytest.mark.parametrize(
    ("costs", "whole", "scale"),
    [([1.5, 2.25], [150, 225], 100.0), ([2.0, 3.0], [2, 3], 1.0), ([0.0123456789, 0.1], [123457, 1000000], 1e7)],
)
def test_costs_with_fractions_become_whole_and_the_scale_is_kept(
    costs: list[float], whole: list[int], scale: float
) -> None:
    """1.5 and 2.25 need two digits; 0.0123456789 needs too many, so that the dearest gets a million steps."""
    graph = nx.path_graph(3)
    nx.set_node_attributes(graph, 1, "homes")
    for (u, v), cost in zip(graph.edges, costs, strict=True):
        graph.edges[u, v]["cost"] = cost
    found = read_adjacency(written(graph), households="homes", cost="cost").graph
    assert found.cost.tolist() == whole and found.cost_scale == pytest.approx(scale)


def changed(change: Callable[[File], Any]) -> str:
    data: File = json.loads(written(triangle()))
    change(data)
    return json.dumps(data)


BAD: dict[str, tuple[str, str]] = {
    "no json": ("{", "第 1 行不是 JSON"),
    "a list": ("[]", "没有 nodes"),
    "no adjacency": ('{"nodes": []}', "adjacency"),
    "no units": ('{"nodes": [], "adjacency": []}', "没有单元"),
    "directed": (changed(lambda d: d.update(directed=True)), "有向图"),
    "no id": (changed(lambda d: d["nodes"][1].pop("id")), "nodes 第 2 行没有 id"),
    "an id twice": (changed(lambda d: d["nodes"][1].update(id="甲")), "nodes 第 2 行的 id"),
    "text for households": (
        changed(lambda d: d["nodes"][2].update(homes="许多")),
        "nodes 第 3 行（id 丙）的字段 homes",
    ),
    "no households": (changed(lambda d: d["nodes"][0].pop("homes")), "没有字段 homes"),
    "half a household": (changed(lambda d: d["nodes"][0].update(homes=1.5)), "不小于 0 的整数"),
    "fewer than none": (changed(lambda d: d["nodes"][0].update(homes=-1)), "不小于 0 的整数"),
    "not a number": (changed(lambda d: d["nodes"][0].update(homes=float("nan"))), "不是数"),
    "too many": (changed(lambda d: d["nodes"][0].update(homes=2**60)), "太大"),
    "a stranger": (changed(lambda d: d["adjacency"][0].append({"id": "丁", "cost": 1})), "丁"),
    "beside itself": (changed(lambda d: d["adjacency"][0].append({"id": "甲", "cost": 1})), "与自己相邻"),
    "no cost": (changed(lambda d: d["adjacency"][0][0].pop("cost")), "没有字段 cost"),
    "a negative cost": (changed(lambda d: d["adjacency"][0][0].update(cost=-3)), "不小于 0 的数"),
    "half a letter as id": (changed(lambda d: d["nodes"][0].update(id="\ud800")), "不是完整的文字"),
    "a number of 5000 digits": ('{"nodes": [{"id": 0, "homes": ' + "9" * 5000 + "}]}", "数千位"),
    "two costs for one border": (changed(lambda d: d["adjacency"][0][0].update(cost=5)), "互为邻居"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_told_in_one_sentence(kind: str) -> None:
    text, words = BAD[kind]
    with pytest.raises(GraphFileError) as told:
        read_adjacency(text, households="homes", cost="cost")
    assert words in str(told.value)
    assert str(told.value).count("。") == 1 and "\n" not in str(told.value)


def test_a_field_that_no_node_has_is_told_with_those_there_are() -> None:
    with pytest.raises(GraphFileError, match="group"):
        read_adjacency(written(triangle()), households="homes").column("Group")


def test_households_beyond_int32_stay_exact() -> None:
    graph = triangle()
    graph.nodes["甲"]["homes"] = 10**12 + 1
    found = read_adjacency(written(graph), households="homes").graph
    assert found.households.dtype == np.int64 and found.total == 10**12 + 6
