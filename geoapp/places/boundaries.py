"""Do the children of a place tile it? Gaps 管理空白, overlaps 交叉重叠, slivers, stray pieces 飞地, ground outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geoapp.errors import Invalid
from geoapp.geo.coverage import TITLES_ZH, tiling_faults
from geoapp.places.versions import PlaceVersion


class NothingToCheck(Invalid):
    """Without borders there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class BoundaryFault:
    """One place on the ground where children do not tile their parent.

    ``kind`` is gap, overlap, sliver, stray or outside, ``codes`` are the children concerned (none for a gap),
    ``geometry`` is in WGS84.
    """

    kind: str
    title: str
    area_m2: float
    codes: tuple[str, ...]
    geometry: Any


@dataclass(frozen=True, slots=True)
class BoundaryCheck:
    """The faults below one place, largest first, and the children whose border is not known."""

    code: str
    children: int
    undrawn: tuple[str, ...]
    faults: tuple[BoundaryFault, ...]

    @property
    def holds(self) -> bool:
        """Is the ground of every child known, and do they tile the parent?"""
        return not self.faults and not self.undrawn


def check_children(parent: PlaceVersion, children: Sequence[PlaceVersion]) -> BoundaryCheck:
    """Compare a place with those directly below it on the same day.

    Raises
    ------
    NothingToCheck : the place has no border, or nothing below it has one
    """
    if parent.geometry is None:
        raise NothingToCheck(f"{parent.name}（{parent.code}）没有边界，无法检查；请先导入边界。")
    drawn = [child for child in children if child.geometry is not None]
    if not drawn:
        raise NothingToCheck(f"{parent.name}（{parent.code}）的下级都没有边界，无法检查；请先导入下级边界。")
    faults = tuple(
        BoundaryFault(
            fault.kind,
            TITLES_ZH[fault.kind],
            fault.area_m2,
            tuple(drawn[position].code for position in fault.children),
            fault.geometry,
        )
        for fault in tiling_faults(parent.geometry, [child.geometry for child in drawn])
    )
    undrawn = tuple(child.code for child in children if child.geometry is None)
    return BoundaryCheck(parent.code, len(children), undrawn, faults)
