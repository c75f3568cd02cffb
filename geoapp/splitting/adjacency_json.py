"""NetworkX adjacency JSON, as GerryChain and Districtr write it, read as a unit graph."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoapp.errors import Invalid
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.plan_json import id_key

#: Sums of households and of costs stay whole numbers that every JSON reader keeps.
LARGEST = 2**53
#: Costs with fractions: digits kept when they are enough, else the dearest edge gets about this many steps.
DIGITS, STEPS = 4, 1_000_000


class GraphFileError(Invalid):
    """An adjacency file that cannot be read as a graph of units; the message names field, row and remedy."""


@dataclass(frozen=True)
class GraphFile:
    """A graph and what else its nodes say, in the order of the file."""

    graph: UnitGraph
    nodes: tuple[dict[str, Any], ...]

    def column(self, field: str) -> list[Any]:
        """Value of a node field for each unit, None where a node lacks it; an error when every node does."""
        if not any(field in node for node in self.nodes):
            raise GraphFileError(f"没有一个单元带有字段 {field}：可用的字段有 {'、'.join(sorted(self.fields))}。")
        return [node.get(field) for node in self.nodes]

    @property
    def fields(self) -> set[str]:
        """Names of all node fields."""
        return {name for node in self.nodes for name in node}


def read_adjacency(text: str, *, households: str, cost: str | None = None) -> GraphFile:
    """The graph of an adjacency file's text.

    Parameters
    ----------
    households : node field with whole numbers >= 0
    cost : edge field with numbers >= 0; without it each edge costs 1. Numbers with fractions are multiplied by a power
        of ten and rounded (``cost_scale``)

    Raises
    ------
    GraphFileError : not such a file, a directed graph, an id that is missing or there twice, a neighbour that is not a
        node, a unit beside itself, numbers that are none, two sides of one border that differ
    """
    data = _loaded(text)
    nodes, rows = data["nodes"], data["adjacency"]
    ids = _ids(nodes)
    counts = _households(nodes, households)
    costs = _edges(ids, rows, cost)
    edges = sorted(costs)
    whole, scale = _scaled([costs[edge] for edge in edges])
    graph = UnitGraph(
        ids=tuple(node["id"] for node in nodes),
        households=np.array(counts, dtype=np.int64),
        edges=np.array(edges, dtype=np.int32).reshape(-1, 2),
        cost=np.array(whole, dtype=np.int64),
        cost_scale=scale,
    )
    return GraphFile(graph, tuple(nodes))


def _loaded(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise GraphFileError(f"图文件第 {error.lineno} 行不是 JSON：请用 NetworkX 的 adjacency_data 导出。") from error
    except ValueError as error:
        raise GraphFileError("图文件里有长达数千位的数：请核对户数、代价与编号。") from error
    except RecursionError as error:
        raise GraphFileError("图文件嵌套太深：请用 NetworkX 的 adjacency_data 导出。") from error
    if not isinstance(data, dict) or not isinstance(data.get("nodes"), list):
        raise GraphFileError("图文件没有 nodes 列表：请用 NetworkX 的 adjacency_data 导出。")
    rows = data.get("adjacency")
    if not isinstance(rows, list) or len(rows) != len(data["nodes"]):
        raise GraphFileError("图文件的 adjacency 应当与 nodes 一样长：请用 NetworkX 的 adjacency_data 导出。")
    if data.get("directed"):
        raise GraphFileError("图文件是有向图（directed 为 true）：请先转成无向图。")
    if not data["nodes"]:
        raise GraphFileError("图文件里没有单元：请给至少一个 nodes。")
    return data


def _ids(nodes: Sequence[Any]) -> dict[str, int]:
    """Position of each id, as JSON."""
    place: dict[str, int] = {}
    keys: dict[str, int] = {}
    for row, node in enumerate(nodes, 1):
        if not isinstance(node, dict) or "id" not in node:
            raise GraphFileError(f"nodes 第 {row} 行没有 id：请给每个单元一个编号。")
        name = json.dumps(node["id"], ensure_ascii=False, sort_keys=True)
        if not _writable(name):
            raise GraphFileError(f"nodes 第 {row} 行的 id {name!a} 不是完整的文字：请改成正常的编号。")
        if name in place:
            raise GraphFileError(f"nodes 第 {row} 行的 id {name} 与第 {place[name] + 1} 行重复：请改成不同的编号。")
        key = id_key(node["id"])
        if key in keys:
            raise GraphFileError(f"nodes 第 {row} 行的 id {name} 与第 {keys[key] + 1} 行只差类型：请改成不同的编号。")
        place[name] = keys[key] = row - 1
    return place


def _writable(name: str) -> bool:
    """Whether a text can be written to a file: half of a surrogate pair cannot."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _households(nodes: Sequence[dict[str, Any]], field: str) -> list[int]:
    counts = []
    for row, node in enumerate(nodes, 1):
        value = node.get(field)
        where = f"nodes 第 {row} 行（id {id_key(node['id'])}）"
        if field not in node:
            raise GraphFileError(f"{where}没有字段 {field}：请补上户数，或用 --households 指定别的字段。")
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            shown = json.dumps(value, ensure_ascii=False)
            raise GraphFileError(f"{where}的字段 {field} 是 {shown}，不是数：请改为不小于 0 的整数。")
        if value < 0 or value != int(value):
            raise GraphFileError(f"{where}的字段 {field} 是 {value!r}：请改为不小于 0 的整数。")
        counts.append(int(value))
    if sum(counts) >= LARGEST:
        raise GraphFileError(f"字段 {field} 的合计 {sum(counts)} 太大（须小于 2 的 53 次方）：请核对户数。")
    return counts


def _edges(place: dict[str, int], rows: Sequence[Any], field: str | None) -> dict[tuple[int, int], float]:
    """Cost of each pair of neighbours; several borders of one pair are added, each pair is written from both sides."""
    sums: dict[tuple[int, int], float] = {}
    for u, row in enumerate(rows):
        if not isinstance(row, list):
            raise GraphFileError(f"adjacency 第 {u + 1} 行不是列表：请用 NetworkX 的 adjacency_data 导出。")
        for entry in row:
            where = f"adjacency 第 {u + 1} 行"
            name = (
                json.dumps(entry["id"], ensure_ascii=False, sort_keys=True)
                if isinstance(entry, dict) and "id" in entry
                else None
            )
            if name is None or name not in place:
                raise GraphFileError(f"{where}的邻居 {name} 不在 nodes 里：请补上这个单元或删去这个邻居。")
            v = place[name]
            if u == v:
                raise GraphFileError(f"{where}的单元 {name} 与自己相邻：请删去这个邻居。")
            sums[u, v] = sums.get((u, v), 0) + _cost(entry, field, f"{where}的邻居 {name}")
    pairs: dict[tuple[int, int], float] = {}
    for (u, v), value in sums.items():
        back = sums.get((v, u), value)
        if not math.isclose(value, back, rel_tol=1e-9, abs_tol=1e-12):
            raise GraphFileError(
                f"adjacency 第 {u + 1} 行与第 {v + 1} 行互为邻居，{field} 却不同（{value} 与 {back}）：请改成一样。"
            )
        pairs[min(u, v), max(u, v)] = sums.get((min(u, v), max(u, v)), value)
    return pairs


def _cost(entry: dict[str, Any], field: str | None, where: str) -> float:
    if field is None:
        return 1
    value = entry.get(field)
    if field not in entry:
        raise GraphFileError(f"{where}没有字段 {field}：请补上界线代价，或去掉 --cost（每条边计 1）。")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise GraphFileError(f"{where}的字段 {field} 是 {value!r}：请改为不小于 0 的数。")
    return value


def _scaled(costs: Sequence[float]) -> tuple[list[int], float]:
    """Whole numbers that stand for the costs, and what they were multiplied with."""
    largest = max(costs, default=0)
    for digits in range(DIGITS + 1):
        scale = 10**digits
        whole = [round(value * scale) for value in costs]
        if all(abs(w - c * scale) <= 1e-9 + 1e-12 * w for w, c in zip(whole, costs, strict=True)):
            break
    else:
        power = math.floor(math.log10(STEPS / largest)) if largest else 0
        scale = 10.0**power
        whole = [round(value * scale) for value in costs]
    if sum(whole) >= LARGEST:
        raise GraphFileError(f"界线代价的合计 {sum(whole)} 太大（须小于 2 的 53 次方）：请换一个较大的单位。")
    return whole, float(scale)
