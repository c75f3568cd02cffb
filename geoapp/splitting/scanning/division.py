"""The best division in two of one community, from plain arrays to plain values: what workers get and give."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoapp.errors import GeoappError
from geoapp.splitting.graph import IndexArray, IntArray, UnitGraph
from geoapp.splitting.plan import part_households
from geoapp.splitting.request import Clock, DivisionRequest, DivisionResult

#: Part of every task's fingerprint: results of another version are not taken up again.
VERSION = 1
#: Share of the time for the exact method alone; it seldom needs a hundredth.
EXACT_SHARE = 0.6
#: With less time than this left no other method is begun.
SHORTEST_S = 0.5
STATUSES = {
    "optimal": "已证明最优",
    "feasible": "目前最好，尚未证明",
    "infeasible": "无可行方案",
    "bound": "未找到方案，也未证明没有",
    "failed": "计算未完成",
    "none": "未测算",
}


@dataclass(frozen=True)
class Task:
    """One community's division, as arrays; nothing in it refers to a file or a database.

    Parameters
    ----------
    key : of the community
    ids : n names of the units, for reasons
    households : (n,) int64
    edges : (m, 2) int32
    cost, length_m : (m,) int64 and float, what a border between the two units costs, and its metres
    ranges, interchangeable, together, seed, seconds : as in DivisionRequest
    """

    key: str
    ids: tuple[str, ...]
    households: IntArray
    edges: IndexArray
    cost: IntArray
    length_m: NDArray[np.float64]
    ranges: tuple[tuple[int, int], ...]
    interchangeable: bool
    together: tuple[tuple[int, ...], ...] = ()
    seed: int = 0
    seconds: float = 30.0

    @property
    def fingerprint(self) -> str:
        """Digest of everything that the result rests on; equal fingerprints have equal results."""
        digest = hashlib.sha256(repr((
            VERSION, self.key, self.ids, self.ranges, self.interchangeable, self.together, self.seed,
            float(self.seconds),
        )).encode())  # fmt: skip
        for numbers, kind in (
            (self.households, "<i8"), (self.edges, "<i8"), (self.cost, "<i8"), (self.length_m, "<f8"),
        ):  # fmt: skip
            digest.update(np.ascontiguousarray(numbers, dtype=kind).tobytes() + b"|")
        return digest.hexdigest()


@dataclass(frozen=True)
class Outcome:
    """What became of a task, in values that JSON has.

    ``status`` as in DivisionResult, or ``failed`` with the reason; ``part_of`` the part of each unit, from 1;
    ``gap`` how far the border may be from the cheapest, a share of its cost, None where nothing is known.
    """

    key: str
    fingerprint: str
    status: str
    objective: int | None = None
    bound: int | None = None
    gap: float | None = None
    part_of: list[int] | None = None
    part_households: list[int] = field(default_factory=list)
    border_m: float | None = None
    method: str = ""
    seconds: float = 0.0
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """The values by field name."""
        return asdict(self)


def divide_community(task: Task, *, clock: Clock) -> Outcome:
    """Divide one community; whatever goes wrong becomes the outcome's reason, so that a scan goes on."""
    begun = clock()
    try:
        graph = UnitGraph(task.ids, task.households, task.edges, task.cost)
        request = DivisionRequest(
            2, task.ranges, interchangeable=task.interchangeable, together=task.together, seed=task.seed,
            seconds=task.seconds,
        )  # fmt: skip
        result = _solved(graph, request, clock=clock)
    except GeoappError as error:
        return failed(task, str(error), seconds=clock() - begun)
    except Exception as error:
        return failed(task, f"计算出错（{type(error).__name__}：{error}）。", seconds=clock() - begun)
    return _outcome(task, graph, result, seconds=clock() - begun)


def failed(task: Task, reason: str, *, seconds: float = 0.0) -> Outcome:
    """The outcome of a task that could not be worked off."""
    return Outcome(task.key, task.fingerprint, "failed", seconds=round(seconds, 3), reason=reason)


def _solved(graph: UnitGraph, request: DivisionRequest, *, clock: Clock) -> DivisionResult:
    """The exact method first; annealing and the integer programme only where it does not prove."""
    from geoapp.splitting.solvers.dual_cycle import solve_two
    from geoapp.splitting.solvers.obstacles import certain_obstacle

    begun = clock()
    obstacle = certain_obstacle(graph, request)
    if obstacle is not None:
        return DivisionResult("infeasible", None, None, None, "", None, 0.0, obstacle)
    first = solve_two(graph, request, deadline_s=EXACT_SHARE * request.seconds, clock=clock)
    left = request.seconds - (clock() - begun)
    if first.status in ("optimal", "infeasible") or left < SHORTEST_S:
        return first
    # Only now: this brings in the integer programme, which few communities need.
    from geoapp.splitting.solvers.search import divide

    other = divide(graph, replace(request, seconds=left), solve_two=solve_two, clock=clock)
    return better(first, other)


def better(first: DivisionResult, second: DivisionResult) -> DivisionResult:
    """Of two answers to one question the proved one, else the cheaper plan with the higher bound."""
    for result in (second, first):
        if result.status in ("optimal", "infeasible"):
            return result
    plans = [result for result in (first, second) if result.objective is not None]
    best = min(plans, key=lambda result: result.objective or 0) if plans else second
    bound = max((result.bound or 0) for result in (first, second))
    if best.objective is not None and bound >= best.objective:
        return replace(best, status="optimal", bound=best.objective)
    return replace(best, bound=bound)


def _outcome(task: Task, graph: UnitGraph, result: DivisionResult, *, seconds: float) -> Outcome:
    plan = result.part_of
    border_m, sizes = None, []
    if plan is not None:
        cut = plan[graph.edges[:, 0]] != plan[graph.edges[:, 1]]
        border_m = round(float(task.length_m[cut].sum()), 1)
        sizes = [int(size) for size in part_households(graph, plan, parts=2)]
    return Outcome(
        key=task.key,
        fingerprint=task.fingerprint,
        status=result.status,
        objective=None if result.objective is None else int(result.objective),
        bound=None if result.bound is None else int(result.bound),
        gap=None if result.gap is None else round(float(result.gap), 6),
        part_of=None if plan is None else [int(part) for part in plan],
        part_households=sizes,
        border_m=border_m,
        method=result.method,
        seconds=round(seconds, 3),
        reason=result.reason or "",
    )
