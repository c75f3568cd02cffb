"""Does a plan hold, and does its certificate prove it? Checked from the graph alone, with none of the solvers' code.

Why it is a proof. In a connected planar graph the border between two connected parts is a bridge or a simple cycle of
the dual. Each bridge is tried. A cycle meets one of the faces listed as starts, or none. If the first it meets is s,
it is a closed walk from s that avoids the earlier starts; the search from s shows that none below the objective is
admissible. If it meets none, all units around those faces (and around each other's) lie on one side, and the closing
rule shows that nothing is left: either every piece without them is smaller than any part may be, or no cycle among the
faces that are left encloses enough households for its cost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoapp.errors import NoAnswer
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.plan_json import id_key, inputs_sha256
from geoapp.splitting.verify_dual import Drawing, Exhaustion

#: So few faces that a memory for each of them is no burden.
FEW_FACES = 13


class Refuted(NoAnswer):
    """The plan or its certificate does not hold; the message says where."""


@dataclass(frozen=True)
class Verdict:
    """What was found to hold: ``proved`` says that no admissible plan is cheaper (or that there is none)."""

    status: str
    proved: bool
    objective: int | None
    starts: int = 0
    states: int = 0


@dataclass(frozen=True)
class Conditions:
    """What the plan was asked to fulfil, as the document states it."""

    ranges: tuple[tuple[int, int], ...]
    together: tuple[tuple[int, ...], ...]
    anchors: dict[int, int]


def verify(graph: UnitGraph, document: Mapping[str, Any]) -> Verdict:
    """Check a plan document against the graph it was made for.

    Raises
    ------
    Refuted : anything that the document claims does not hold
    """
    try:
        return _verify(graph, document)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError, RecursionError) as error:
        raise Refuted(f"方案文件的内容不完整或格式不对（{type(error).__name__}: {error}）。") from error


def _verify(graph: UnitGraph, document: Mapping[str, Any]) -> Verdict:
    status, certificate = document["status"], document["certificate"]
    if document["inputs_sha256"] != inputs_sha256(graph):
        raise Refuted("方案是为另一份数据做的（inputs_sha256 不同）：请用生成方案时的同一份单元、户数与界线。")
    conditions = _conditions(graph, document["conditions"])
    objective = None
    if status in ("optimal", "feasible"):
        objective = _check_plan(graph, document, conditions)
    elif status not in ("infeasible", "bound"):
        raise Refuted(f"状态 {status} 不认识。")
    elif document["part_of"] is not None or document["objective"] is not None:
        raise Refuted(f"状态是 {status}，却附有方案。")
    if status in ("feasible", "bound"):
        if certificate is not None:
            raise Refuted(f"状态是 {status}，却附有证书。")
        return Verdict(status, False, objective)
    if not isinstance(certificate, Mapping):
        claim = "最优" if status == "optimal" else "没有可行的分法"
        raise Refuted(f"方案声称{claim}，却没有附可以核验的证书（算法：{document['method']}）：无法独立核验。")
    if status == "optimal" and document["bound"] != objective:
        raise Refuted("声称最优，但下界与目标值不相等。")
    kind = certificate["kind"]
    if kind == "reason" and status == "infeasible":
        if not _plainly_infeasible(graph, conditions):
            raise Refuted(f"证书说无解的理由（{certificate['reason']}）不成立。")
        return Verdict(status, True, None)
    if kind == "islands" and status == "optimal":
        if len(set(_pieces(graph.n, graph.edges))) != len(conditions.ranges):
            raise Refuted("证书说地块数与部分数相同，其实不同。")
        return Verdict(status, True, objective)
    if kind == "dual walks":
        _check_inputs(graph, certificate)
        return _check_walks(graph, conditions, certificate, status=status, objective=objective)
    raise Refuted(f"证书类型 {kind} 与状态 {status} 不相配。")


def _conditions(graph: UnitGraph, given: Mapping[str, Any]) -> Conditions:
    ranges = tuple((_whole(low), _whole(high)) for low, high in given["ranges"])
    together = tuple(tuple(_position(graph, u) for u in group) for group in given["together"])
    anchors = {_position(graph, unit): _whole(part) for unit, part in given["anchors"]}
    if not ranges or any(not 1 <= part <= len(ranges) for part in anchors.values()):
        raise Refuted("条件里的部分数或固定单元不成立。")
    return Conditions(ranges, together, anchors)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refuted(f"{value!r} 应当是整数。")
    return value


def _position(graph: UnitGraph, value: Any) -> int:
    if not 0 <= _whole(value) < graph.n:
        raise Refuted(f"位置 {value} 不在图里（共 {graph.n} 个单元）。")
    return int(value)


def _pieces(n: int, edges: NDArray[Any]) -> list[int]:
    """Number of the connected piece of each unit, by walking from unit to unit."""
    beside: list[list[int]] = [[] for _ in range(n)]
    for u, v in edges.tolist():
        beside[u].append(v)
        beside[v].append(u)
    label = [-1] * n
    count = 0
    for first in range(n):
        if label[first] >= 0:
            continue
        label[first], front = count, [first]
        while front:
            for other in beside[front.pop()]:
                if label[other] < 0:
                    label[other] = count
                    front.append(other)
        count += 1
    return label


def _check_plan(graph: UnitGraph, document: Mapping[str, Any], conditions: Conditions) -> int:
    """Every unit in one part, parts connected and within their ranges, conditions kept, cost as stated."""
    named, parts = document["part_of"], len(conditions.ranges)
    keys = [id_key(name) for name in graph.ids]
    if set(named) != set(keys) or len(named) != graph.n:
        raise Refuted("方案里的单元与图里的单元不一致。")
    part_of = np.array([_whole(named[key]) for key in keys])
    if part_of.min() < 1 or part_of.max() > parts:
        raise Refuted(f"方案里有不在 1 到 {parts} 之间的部分编号。")
    cut = part_of[graph.edges[:, 0]] != part_of[graph.edges[:, 1]]
    label = _pieces(graph.n, graph.edges[~cut])
    listed = document["parts"]
    if len(listed) != parts:
        raise Refuted("方案列出的部分数与条件不同。")
    for number, (low, high) in enumerate(conditions.ranges, 1):
        inside = np.flatnonzero(part_of == number)
        pieces = len({label[u] for u in inside})
        size = sum(int(h) for h in graph.households[inside])
        if pieces != 1:
            raise Refuted(f"第 {number} 部分不是连成一片的一块（{pieces} 块）。")
        if not low <= size <= high:
            raise Refuted(f"第 {number} 部分有 {size} 户，不在 {low} 到 {high} 之间。")
        if listed[number - 1]["households"] != size or listed[number - 1]["units"] != len(inside):
            raise Refuted(f"第 {number} 部分列出的户数或单元数与方案不符。")
    if any(len({int(part_of[u]) for u in group}) > 1 for group in conditions.together):
        raise Refuted("必须在一起的单元被分开了。")
    if any(part_of[unit] != part for unit, part in conditions.anchors.items()):
        raise Refuted("固定的单元不在指定的部分。")
    objective = int(graph.cost[cut].sum())
    if _whole(document["objective"]) != objective:
        raise Refuted(f"目标值写的是 {document['objective']}，按图计算是 {objective}。")
    bound = document["bound"]
    if bound is not None and _whole(bound) > objective:
        raise Refuted("下界大于目标值。")
    return objective


def _check_inputs(graph: UnitGraph, certificate: Mapping[str, Any]) -> None:
    """The certificate speaks about this graph: the same households, edges, costs and virtual edges."""
    if certificate["households"] != graph.households.tolist():
        raise Refuted("证书里的户数与图里的户数不同。")
    edges = [[u, v, c] for (u, v), c in zip(graph.edges.tolist(), graph.cost.tolist(), strict=True)]
    if certificate["edges"] != edges or certificate["cost_scale"] != graph.cost_scale:
        raise Refuted("证书里的相邻关系或界线代价与图里的不同。")
    if certificate["virtual"] != graph.edges[graph.virtual].tolist():
        raise Refuted("证书里的虚拟连接与图里的不同。")


def _plainly_infeasible(graph: UnitGraph, conditions: Conditions) -> bool:
    """Whether one of the reasons that need no search applies."""
    parts, total = len(conditions.ranges), sum(int(h) for h in graph.households)
    lows, highs = [max(1, low) for low, _ in conditions.ranges], [high for _, high in conditions.ranges]
    label = _pieces(graph.n, graph.edges)
    islands = len(set(label))
    if graph.n < parts or not sum(lows) <= total <= sum(highs) or islands > parts:
        return True
    if int(graph.households.max()) > max(highs):
        return True
    sets = bound_sets(graph.n, conditions)
    for members in sets.values():
        if len({conditions.anchors[u] for u in members if u in conditions.anchors}) > 1:
            return True
    if islands != parts or parts != 2:
        return False
    for number_of_first in (1, 2):
        part = [number_of_first if piece == 0 else 3 - number_of_first for piece in label]
        sizes = [sum(int(h) for u, h in enumerate(graph.households) if part[u] == number) for number in (1, 2)]
        fits = all(low <= size <= high for size, (low, high) in zip(sizes, conditions.ranges, strict=True))
        whole = all(len({part[u] for u in group}) <= 1 for group in conditions.together)
        if fits and whole and all(part[unit] == wanted for unit, wanted in conditions.anchors.items()):
            return False
    return True


def bound_sets(n: int, conditions: Conditions) -> dict[int, list[int]]:
    """Units that must end in one part, by their first: sets that overlap are one, so are anchors of one part."""
    sets = [set(group) for group in conditions.together]
    for number in set(conditions.anchors.values()):
        sets.append({unit for unit, part in conditions.anchors.items() if part == number})
    merged: list[set[int]] = []
    for group in sets:
        apart = [other for other in merged if not other & group]
        merged = [*apart, group.union(*(other for other in merged if other & group))]
    return {min(group): sorted(group) for group in merged if group}


def _check_walks(
    graph: UnitGraph, conditions: Conditions, certificate: Mapping[str, Any], *, status: str, objective: int | None
) -> Verdict:
    if len(conditions.ranges) != 2:
        raise Refuted("这种证书只证明两个部分的划分。")
    if len(set(_pieces(graph.n, graph.edges))) != 1:
        raise Refuted("图不连通，这种证书不适用。")
    drawing = Drawing.of(graph, certificate["faces"])
    if isinstance(drawing, str):
        raise Refuted(drawing)
    sets = bound_sets(graph.n, conditions)
    _check_contracted(graph, certificate["contracted"], sets)
    limit = objective if objective is not None else int(graph.cost.sum()) + 1
    proof = Exhaustion(graph, drawing, conditions.ranges, sets, conditions.anchors, limit)
    bridge = proof.bridge_below()
    if bridge is not None:
        raise Refuted(f"只断开单元 {graph.ids[bridge[0]]} 与 {graph.ids[bridge[1]]} 之间的界线，代价更低。")
    done: set[int] = set()
    for start in certificate["starts"]:
        face, once = _whole(start["face"]), [_whole(f) for f in start["once"]]
        if face in done or not 0 <= face < len(drawing.faces):
            raise Refuted(f"证书里的起点 {face} 重复或不存在。")
        if len(set(once)) != len(once) or face in once or any(not 0 <= f < len(drawing.faces) for f in once):
            raise Refuted(f"证书里起点 {face} 的分支面不成立。")
        found = proof.walk_below(face, once, done)
        if isinstance(found, int) and len(drawing.faces) - len(done) <= FEW_FACES:
            # The walk may meet a face twice and be no border: where faces are few, let it meet each only once.
            every = [f for f in range(len(drawing.faces)) if f != face and f not in done]
            found = proof.walk_below(face, every, done)
        if found is not None:
            raise Refuted(found if isinstance(found, str) else f"从面 {face} 出发有代价 {found} 的界线，低于证书所说。")
        done.add(face)
    _check_closing(proof, certificate["closing"], done)
    return Verdict(status, True, objective, len(done), proof.states)


def _check_contracted(graph: UnitGraph, contracted: Sequence[Sequence[int]], sets: Mapping[int, list[int]]) -> None:
    """Only connected units that must stay together were contracted."""
    for group in contracted:
        units = [_position(graph, u) for u in group]
        if not any(set(units) <= set(members) for members in sets.values()):
            raise Refuted("证书合并了条件没有要求在一起的单元。")
        inside = np.isin(graph.edges, units).all(axis=1)
        label = _pieces(graph.n, graph.edges[inside])
        if len({label[u] for u in units}) != 1:
            raise Refuted("证书合并的单元并不相连。")


def _check_closing(proof: Exhaustion, closing: Mapping[str, Any], done: set[int]) -> None:
    """Nothing is left after the last start."""
    if closing["rule"] == "contracted":
        rest = proof.largest_rest(_position(proof.graph, closing["unit"]), done)
        if rest >= proof.smallest_part:
            raise Refuted(f"搜索没有结束：剩下的一块还有 {rest} 户，可能另有界线。")
    elif closing["rule"] == "ratio":
        if not proof.ratio_closed(_position(proof.graph, closing["root"]), done):
            raise Refuted("搜索没有结束：剩下的界线里可能还有代价更低的。")
    else:
        raise Refuted(f"结束规则 {closing['rule']} 不认识。")
