"""plan.json: a division as other programs read it, written and read back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoapp.errors import Invalid
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.plan import part_households
from geoapp.splitting.request import DivisionRequest, DivisionResult

VERSION = 1
FIELDS = (
    "status", "objective", "bound", "gap", "part_of", "parts", "method", "certificate", "seconds", "seed",
    "inputs_sha256", "version",
)  # fmt: skip


class PlanFileError(Invalid):
    """A plan file that cannot be read as one."""


def id_key(name: Any) -> str:
    """A unit's id as a key of a JSON object: a text as it is, any other value as JSON."""
    return name if isinstance(name, str) else json.dumps(name, ensure_ascii=False, sort_keys=True)


def inputs_sha256(graph: UnitGraph) -> str:
    """Digest of what was divided: ids, households, edges, costs, scale and virtual edges."""
    digest = hashlib.sha256()
    digest.update(json.dumps([id_key(name) for name in graph.ids], ensure_ascii=False).encode())
    for numbers in (graph.households, graph.edges, graph.cost, graph.edges[graph.virtual]):
        digest.update(np.ascontiguousarray(numbers, dtype="<i8").tobytes())
        digest.update(b"|")
    digest.update(repr(float(graph.cost_scale)).encode())
    return digest.hexdigest()


def document_of(
    graph: UnitGraph,
    request: DivisionRequest,
    result: DivisionResult,
    *,
    staff: Sequence[Mapping[str, int]] | None = None,
) -> dict[str, Any]:
    """The plan as JSON values: the fixed fields, the conditions it was made under, and the reason when there is none.

    ``staff`` adds entries such as ``staff_min`` and ``staff_max`` to each part.
    """
    plan = result.part_of
    return {
        "status": result.status,
        "objective": result.objective,
        "bound": result.bound,
        "gap": result.gap,
        "part_of": None if plan is None else {id_key(u): int(p) for u, p in zip(graph.ids, plan, strict=True)},
        "parts": [] if plan is None else _parts(graph, plan, parts=request.parts, staff=staff),
        "method": result.method,
        "certificate": result.certificate,
        "seconds": round(result.seconds, 3),
        "seed": request.seed,
        "inputs_sha256": inputs_sha256(graph),
        "version": VERSION,
        "reason": result.reason,
        "conditions": conditions_of(request),
        "virtual": [[graph.ids[u], graph.ids[v]] for u, v in graph.edges[graph.virtual].tolist()],
    }


def conditions_of(request: DivisionRequest) -> dict[str, Any]:
    """What the plan was asked to fulfil; units are positions in the graph."""
    return {
        "ranges": [list(pair) for pair in request.ranges],
        "interchangeable": request.interchangeable,
        "together": [list(group) for group in request.together],
        "anchors": [[int(unit), int(part)] for unit, part in sorted(request.anchors.items())],
    }


def _parts(
    graph: UnitGraph, plan: NDArray[np.int64], *, parts: int, staff: Sequence[Mapping[str, int]] | None
) -> list[dict[str, Any]]:
    sizes = part_households(graph, plan, parts=parts)
    units = np.bincount(plan, minlength=parts + 1)[1:]
    return [
        {"part": i + 1, "households": int(sizes[i]), "units": int(units[i]), **(staff[i] if staff else {})}
        for i in range(parts)
    ]


def plan_from(text: str) -> dict[str, Any]:
    """A plan document from JSON text; PlanFileError names the field that is missing."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise PlanFileError(f"方案文件第 {error.lineno} 行不是 JSON：请给 geoapp split 写出的 plan.json。") from error
    except (ValueError, RecursionError) as error:
        raise PlanFileError("方案文件嵌套太深或有长达数千位的数：请给 geoapp split 写出的 plan.json。") from error
    if not isinstance(document, dict):
        raise PlanFileError("方案文件应当是一个 JSON 对象：请给 geoapp split 写出的 plan.json。")
    for field in (*FIELDS, "conditions"):
        if field not in document:
            raise PlanFileError(f"方案文件缺少字段 {field}：请给 geoapp split 写出的 plan.json。")
    return document


def part_array(graph: UnitGraph, document: Mapping[str, Any]) -> NDArray[np.int64]:
    """(n,) part of each unit of ``graph`` in a plan document; PlanFileError when units are missing."""
    named = document["part_of"] or {}
    missing = [name for name in graph.ids if id_key(name) not in named]
    if missing:
        raise PlanFileError(f"方案里没有单元 {missing[0]}：请用生成方案时的同一份数据。")
    return np.array([int(named[id_key(name)]) for name in graph.ids], dtype=np.int64)
