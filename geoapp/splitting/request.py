"""What is asked of a division, and what a solver answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from geoapp.errors import Invalid
from geoapp.splitting.graph import UnitGraph

Status = Literal["optimal", "feasible", "infeasible", "bound"]
Clock = Callable[[], float]


class RequestError(Invalid):
    """A division is asked for that cannot be read as one."""


@dataclass(frozen=True)
class DivisionRequest:
    """Into how many parts, how large, and what must stay together.

    Parameters
    ----------
    parts : how many, >= 1
    ranges : one (least, most) households per part, ends included; part i + 1 has ``ranges[i]``
    interchangeable : every part has the same range, so the numbers of the parts mean nothing
    together : sets of unit positions that end in one part
    anchors : unit position -> part (from 1) that it must lie in
    baseline : (n,) part of each unit today, or None
    seed : of everything that draws
    seconds : how long the search may take
    """

    parts: int
    ranges: tuple[tuple[int, int], ...]
    interchangeable: bool = False
    together: tuple[tuple[int, ...], ...] = ()
    anchors: dict[int, int] = field(default_factory=dict)
    baseline: NDArray[np.int64] | None = None
    seed: int = 0
    seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.parts < 1:
            raise RequestError("至少要分成一个部分：请把 parts 改为 1 或更大的整数。")
        if len(self.ranges) != self.parts:
            raise RequestError(f"parts 为 {self.parts}，却给了 {len(self.ranges)} 个户数范围：请每个部分给一个范围。")
        for number, (low, high) in enumerate(self.ranges, 1):
            if low > high:
                raise RequestError(f"第 {number} 部分的户数下限 {low} 大于上限 {high}：请对调或修改。")
            if high < 0:
                raise RequestError(f"第 {number} 部分的户数上限 {high} 是负数：请改为不小于 0 的整数。")
        if self.interchangeable and len(set(self.ranges)) > 1:
            raise RequestError("各部分的户数范围不同，不能当作可以互换：请改用 ranges。")
        for unit, part in self.anchors.items():
            if not 1 <= part <= self.parts:
                raise RequestError(
                    f"固定单元（位置 {unit}）指到第 {part} 部分，但只有 {self.parts} 个部分：请改 anchor。"
                )

    def check(self, graph: UnitGraph, /) -> None:
        """Raise RequestError when a position that the request names is not in ``graph``."""
        named = [unit for group in self.together for unit in group] + list(self.anchors)
        for unit in named:
            if not 0 <= unit < graph.n:
                raise RequestError(f"要求里提到位置 {unit} 的单元，图里只有 {graph.n} 个：请核对 together 与 anchor。")
        if self.baseline is not None and self.baseline.shape != (graph.n,):
            raise RequestError("现状划分（baseline）的长度与单元数不同：请给每个单元一个值。")


@dataclass(frozen=True)
class DivisionResult:
    """A solver's answer.

    Parameters
    ----------
    status : ``optimal`` proved; ``feasible`` a plan without proof; ``infeasible`` proved that there is none;
        ``bound`` no plan found and no proof that there is none
    part_of : (n,) part of each unit, from 1, or None
    objective : border cost of the plan, in the graph's integer costs
    bound : no plan costs less than this
    method : which solver, e.g. ``dual cycle``
    certificate : what ``verify`` needs to check the proof
    seconds : how long it took
    reason : why there is no plan, one sentence
    """

    status: Status
    part_of: NDArray[np.int64] | None
    objective: int | None
    bound: int | None
    method: str
    certificate: dict[str, Any] | None = None
    seconds: float = 0.0
    reason: str | None = None

    @property
    def gap(self) -> float | None:
        """(objective - bound) / objective, 0 for a proved plan; None where one of the two is missing."""
        if self.objective is None or self.bound is None:
            return None
        return (self.objective - self.bound) / self.objective if self.objective else 0.0
