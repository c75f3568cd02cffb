"""What a person writes on the command line or in a form -> a division request."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.plan_json import id_key
from geoapp.splitting.request import DivisionRequest, RequestError

#: More parts than any city has communities: a slip of the keyboard, and a document that no memory holds.
MOST_PARTS = 10_000
#: So many digits a number of households may have; what is longer is a slip too.
MOST_DIGITS = 15


def is_whole(text: str) -> bool:
    """Whether a text is a number 0, 1, 2, .. of a length that can be meant; superscripts and the like are none."""
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS


@dataclass(frozen=True)
class Sizes:
    """How large the parts may be, as written: exactly one of the three, each in its own spelling."""

    between: tuple[int, int] | None = None
    ranges: str | None = None
    targets: str | None = None
    tolerance: float = 0.05

    def resolve(self, parts: int, total: int) -> tuple[tuple[tuple[int, int], ...], bool]:
        """(least, most) of each part, and whether the parts are interchangeable.

        Without any of the three every part is to have its share of ``total``, give or take the tolerance.
        """
        given = [name for name in ("between", "ranges", "targets") if getattr(self, name) is not None]
        if len(given) > 1:
            raise RequestError(f"--{given[0]} 与 --{given[1]} 不能同时用：请只留一个。")
        if self.between is not None:
            return (self.between,) * parts, True
        if self.ranges is not None:
            return _ranges(self.ranges, parts), False
        if not 0 <= self.tolerance < 1:
            raise RequestError(f"--tolerance 是 {self.tolerance}：请用 0 到 1 之间的比例，例如 0.05。")
        if self.targets is not None:
            return tuple(_around(target, self.tolerance) for target in _targets(self.targets, parts)), False
        return (_around(total / parts, self.tolerance),) * parts, True


def _around(target: float, tolerance: float) -> tuple[int, int]:
    """Whole numbers within the tolerance of a target."""
    low, high = target * (1 - tolerance), target * (1 + tolerance)
    if math.ceil(low - 1e-9) > math.floor(high + 1e-9):
        raise RequestError(
            f"每个部分 {target:g} 户上下 {tolerance:.0%} 之间没有整数：请放宽 --tolerance，或用 --between 给出范围。"
        )
    return math.ceil(low - 1e-9), math.floor(high + 1e-9)


def _ranges(text: str, parts: int) -> tuple[tuple[int, int], ...]:
    found = []
    for piece in text.replace("，", ",").replace("：", ":").split(","):
        low, colon, high = piece.partition(":")
        if not colon or not is_whole(low.strip()) or not is_whole(high.strip()):
            raise RequestError(f"--ranges 里的 {piece.strip()!r} 读不懂：请写成 2800:3000,1500:1700。")
        found.append((int(low), int(high)))
    if len(found) != parts:
        raise RequestError(f"--ranges 有 {len(found)} 个范围，--parts 却是 {parts}：请每个部分给一个。")
    return tuple(found)


def _targets(text: str, parts: int) -> list[int]:
    pieces = [piece.strip() for piece in text.replace("，", ",").split(",")]
    for piece in pieces:
        if not is_whole(piece):
            raise RequestError(f"--targets 里的 {piece!r} 读不懂：请写成 2900,1600。")
    if len(pieces) != parts:
        raise RequestError(f"--targets 有 {len(pieces)} 个户数，--parts 却是 {parts}：请每个部分给一个。")
    return [int(piece) for piece in pieces]


def anchors_of(graph: UnitGraph, written: Sequence[str]) -> dict[int, int]:
    """``ID:PART`` -> position and part; the id may contain colons itself."""
    place = {id_key(name): i for i, name in enumerate(graph.ids)}
    anchors: dict[int, int] = {}
    for text in written:
        name, colon, part = text.replace("：", ":").rpartition(":")
        if not colon or not is_whole(part.strip()):
            raise RequestError(f"--anchor {text!r} 读不懂：请写成 单元编号:部分，例如 B12:1。")
        if name not in place:
            raise RequestError(f"--anchor 里的单元 {name} 不在数据里：请核对编号。")
        unit = place[name]
        if anchors.setdefault(unit, int(part)) != int(part):
            raise RequestError(f"--anchor 把单元 {name} 固定到了两个部分：请只留一个。")
    return anchors


def groups_from(values: Sequence[Any]) -> tuple[tuple[int, ...], ...]:
    """Positions that share a value, for each value met more than once; None, NaN and empty text mean no group."""
    members: dict[str, list[int]] = {}
    for unit, value in enumerate(values):
        if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
            continue
        members.setdefault(id_key(value), []).append(unit)
    return tuple(tuple(units) for units in members.values() if len(units) > 1)


def baseline_from(values: Sequence[Any], *, parts: int) -> NDArray[np.int64]:
    """Today's part of each unit: whole numbers 1..parts as they are, other values numbered as they come."""
    if all(not isinstance(v, bool) and isinstance(v, int | float) and v in range(1, parts + 1) for v in values):
        return np.array([int(value) for value in values], dtype=np.int64)
    number: dict[str, int] = {}
    return np.array([number.setdefault(id_key(value), len(number) + 1) for value in values], dtype=np.int64)


def division_request(
    graph: UnitGraph,
    parts: int,
    *,
    sizes: Sizes,
    together: Sequence[tuple[int, ...]] = (),
    anchors: Mapping[int, int] | None = None,
    baseline: NDArray[np.int64] | None = None,
    seed: int = 0,
    seconds: float = 30.0,
) -> DivisionRequest:
    """The request, checked against the graph."""
    if parts < 1:
        raise RequestError(f"--parts 是 {parts}：请用 1 或更大的整数。")
    if parts > MOST_PARTS:
        raise RequestError(f"--parts 是 {parts}：最多 {MOST_PARTS} 个部分。")
    if not 0 < seconds < math.inf:
        raise RequestError(f"--seconds 是 {seconds}：请用大于 0 的秒数。")
    ranges, interchangeable = sizes.resolve(parts, graph.total)
    request = DivisionRequest(
        parts=parts, ranges=ranges, interchangeable=interchangeable, together=tuple(together),
        anchors=dict(anchors or {}), baseline=baseline, seed=seed, seconds=seconds,
    )  # fmt: skip
    request.check(graph)
    return request
