"""Split, merge, new, abolish, shift, rename: what each closes, opens and links, as one change of one day.

Pure: each takes the versions that hold on the day before and gives a `Change`; `actions` writes it in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import shapely

from geoapp.errors import Conflict, Invalid
from geoapp.places.children import Numbers, Successor, rehome
from geoapp.places.fitting import DIFFERENCE_M2, area_m2, fit, polygonal, shares_inside
from geoapp.places.hierarchy import check_children, level_of, parent_code
from geoapp.places.versions import Change, Link, PlaceVersion, require_open


class BadOperation(Invalid):
    """What was asked is no such operation."""


class CodeTaken(Conflict):
    """The code was given out before; retired codes are not used again."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a plan says of one part; None is unknown. ``code`` None: the next free one."""

    geometry: Any
    name: str | None = None
    code: str | None = None
    households: int | None = None
    households_basis: str | None = None
    households_date: date | None = None
    people: int | None = None
    staff: int | None = None


def split(
    place: PlaceVersion,
    parts: Sequence[Part],
    *,
    on: date,
    below: Sequence[PlaceVersion],
    numbers: Numbers,
    keeper: int | None = None,
) -> Change:
    """Divide a place: one part goes on under its code, the others take the next free codes.

    Parameters
    ----------
    place : what is divided
    parts : two or more that tile it
    on : first day of the new versions
    below : all versions under the place, of all lower levels
    numbers : gives out codes
    keeper : position of the part that keeps the code; by default the named one, else the one with most households,
        else the largest

    Raises
    ------
    PartsDoNotFit, BadOperation, CodeTaken, LaterChange
    """
    require_open(place, code=place.code, on=on)
    if len(parts) < 2:
        raise BadOperation("拆分至少要有两部分；请检查方案。")
    remarks: list[str] = []
    geometries = tuple(part.geometry for part in parts)
    if place.geometry is not None:
        fitted = fit(geometries, place.geometry, what=f"{place.name}（{place.code}）")
        geometries = fitted.geometries
        if fitted.mended_m2:
            remarks.append(f"方案与原界线相差 {fitted.mended_m2:.2f} m²，已按原界线取齐。")
    else:
        remarks.append(f"{place.name}（{place.code}）原来没有边界，无法核对方案是否铺满。")
    keeper = _keeper(place, parts, geometries, keeper)
    codes = _part_codes(place, parts, keeper=keeper, numbers=numbers)
    opens = tuple(
        _part_version(place, part, geometry, code, on=on, number=n)
        for n, (part, geometry, code) in enumerate(zip(parts, geometries, codes, strict=True), 1)
    )
    shares = area_m2(geometries) / area_m2(geometries).sum()
    links = tuple(Link(place.code, code, float(share)) for code, share in zip(codes, shares, strict=True))
    change = Change((place.code,), opens, links, tuple(remarks))
    heirs = [Successor(code, geometry) for code, geometry in zip(codes, geometries, strict=True)]
    return change.and_then(rehome(place.code, below, heirs, on=on, numbers=numbers))


def merge(
    members: Sequence[PlaceVersion],
    *,
    on: date,
    below: Sequence[PlaceVersion],
    numbers: Numbers,
    keeper: str | None = None,
    name: str | None = None,
) -> Change:
    """Join neighbours of one level and parent under one of their codes (that with most households, then the lowest)."""
    if len({member.code for member in members}) < 2 or len({(m.level, m.parent) for m in members}) != 1:
        raise BadOperation("合并需要同一上级之下的两个以上同级区划；请核对编码。")
    for member in members:
        require_open(member, code=member.code, on=on)
    members = sorted(members, key=lambda m: (-(m.households or 0), m.code))
    if keeper is not None and keeper not in {member.code for member in members}:
        raise BadOperation(f"保留的编码 {keeper} 不在被合并的区划之中。")
    kept = next((m for m in members if m.code == keeper), members[0])
    bases = sorted({member.households_basis for member in members})
    dates = {member.households_date for member in members}
    drawn = all(member.geometry is not None for member in members)
    joined = replace(
        kept,
        name=name or kept.name,
        valid_from=on,
        geometry=polygonal(shapely.union_all([m.geometry for m in members])) if drawn else None,
        households=_sum(member.households for member in members),
        households_basis=bases[0] if len(bases) == 1 else "合计：" + "、".join(basis or "未注明" for basis in bases),
        households_date=dates.pop() if len(dates) == 1 else None,
        people=_sum(member.people for member in members),
        staff=_sum(member.staff for member in members),
        illustrative=any(member.illustrative for member in members),
        id=0,
        operation_id=0,
    )
    remarks = () if drawn else ("合并的区划中有的没有边界，合并后的边界未知。",)
    links = tuple(Link(member.code, kept.code, 1.0) for member in members)
    change = Change(tuple(member.code for member in members), (joined,), links, remarks)
    for member in members:
        if member.code != kept.code:
            under = [v for v in below if v.code.startswith(member.code)]
            heir = [Successor(kept.code, joined.geometry)]
            change = change.and_then(rehome(member.code, under, heir, on=on, numbers=numbers))
    return change


def new(version: PlaceVersion, *, siblings: Sequence[PlaceVersion], numbers: Numbers) -> Change:
    """Set up a place on ground that no sibling holds, under a code that was never given out."""
    if version.code in numbers:
        raise CodeTaken(f"编码 {version.code} 已经用过；撤销的编码不再使用，请另取一个。")
    if version.geometry is not None:
        drawn = [s for s in siblings if s.geometry is not None and s.geometry.intersects(version.geometry)]
        shared = [polygonal(shapely.intersection(s.geometry, version.geometry)) for s in drawn]
        for sibling, overlap_m2 in zip(drawn, area_m2(shared), strict=True):
            if overlap_m2 > DIFFERENCE_M2:
                raise Conflict(
                    f"新设的{version.name}与{sibling.name}（{sibling.code}）重叠 {overlap_m2:.0f} m²；"
                    "请改用拆分或界线调整，或修改边界。"
                )
    return Change(opens=(version,))


def abolish(place: PlaceVersion, *, on: date, below: Sequence[PlaceVersion], with_children: bool = False) -> Change:
    """End a place without a successor; what lies below must have ended before, or ends with it if so asked."""
    require_open(place, code=place.code, on=on)
    if below and not with_children:
        raise Conflict(
            f"{place.name}（{place.code}）之下还有 {len(below)} 个下级区划；"
            "请先并入别处，或用 --with-children 一并撤销。"
        )
    for version in below:
        require_open(version, code=version.code, on=on)
    return Change((place.code, *(version.code for version in below)))


def shift(
    giver: PlaceVersion,
    taker: PlaceVersion,
    area: Any,
    *,
    on: date,
    below: Sequence[PlaceVersion],
    numbers: Numbers,
    households: int | None = None,
) -> Change:
    """Move ground from one place to its neighbour; ``households`` move with it, and None makes both figures unknown."""
    for version in (giver, taker):
        require_open(version, code=version.code, on=on)
    if giver.code == taker.code or (giver.level, giver.parent) != (taker.level, taker.parent):
        raise BadOperation("界线调整要在同一上级之下的两个同级区划之间进行；请核对编码。")
    if giver.geometry is None or taker.geometry is None:
        raise BadOperation(f"{giver.name}或{taker.name}没有边界，无法调整界线；请先导入边界。")
    if households is not None and giver.households is not None and not 0 <= households <= giver.households:
        raise BadOperation(f"移交户数应在 0 到 {giver.households} 之间。")
    moved = polygonal(shapely.intersection(giver.geometry, area))
    left = polygonal(shapely.difference(giver.geometry, area))
    moved_m2, left_m2 = area_m2([moved, left])
    if moved_m2 <= DIFFERENCE_M2:
        raise BadOperation(f"所给范围不在{giver.name}（{giver.code}）之内，没有可移交的地块；请核对范围。")
    if left_m2 <= DIFFERENCE_M2:
        raise BadOperation(f"所给范围包含整个{giver.name}（{giver.code}）；请改用合并。")
    grown = polygonal(shapely.union(taker.geometry, moved))
    opens = (
        _resized(giver, left, -households if households is not None else None, on=on),
        _resized(taker, grown, households, on=on),
    )
    remarks = () if households is not None else (f"未给出移交户数，{giver.name}与{taker.name}的户数记为未知。",)
    share = float(moved_m2 / (moved_m2 + left_m2))
    links = (
        Link(giver.code, giver.code, 1.0 - share),
        Link(giver.code, taker.code, share),
        Link(taker.code, taker.code, 1.0),
    )
    change = Change((giver.code, taker.code), opens, links, remarks)
    heirs = [Successor(giver.code, left), Successor(taker.code, moved)]
    under = [v for v in below if v.code.startswith(giver.code)]
    return change.and_then(rehome(giver.code, under, heirs, on=on, numbers=numbers))


def rename(place: PlaceVersion, name: str, *, on: date) -> Change:
    """Give a place another name; all else stays."""
    require_open(place, code=place.code, on=on)
    if name == place.name:
        raise BadOperation(f"{place.code} 的名称已经是“{name}”。")
    version = replace(place, name=name, valid_from=on, id=0, operation_id=0)
    return Change((place.code,), (version,), (Link(place.code, place.code, 1.0),))


def revise(old: PlaceVersion, brought: PlaceVersion) -> Change:
    """Let what a file brings follow what is known from the file's day on."""
    share = 1.0
    if old.geometry is not None and brought.geometry is not None:
        share = min(1.0, float(shares_inside(old.geometry, [brought.geometry])[0]))
    links = (Link(old.code, old.code, share),) if share > 0 else ()
    return Change((old.code,), (brought,), links)


def _keeper(place: PlaceVersion, parts: Sequence[Part], geometries: Sequence[Any], keeper: int | None) -> int:
    if keeper is not None:
        if not 0 <= keeper < len(parts):
            raise BadOperation(f"保留原编码的部分应为 1 到 {len(parts)}。")
        return keeper
    named = [i for i, part in enumerate(parts) if part.code == place.code]
    if named:
        return named[0]
    if all(part.households is not None for part in parts):
        return max(range(len(parts)), key=lambda i: (parts[i].households or 0, -i))
    areas = area_m2(geometries)
    return max(range(len(parts)), key=lambda i: (areas[i], -i))


def _part_codes(place: PlaceVersion, parts: Sequence[Part], *, keeper: int, numbers: Numbers) -> list[str]:
    parent = parent_code(place.code)
    asked = [part.code for part in parts if part.code is not None]
    if any(level_of(code) is not level_of(place.code) for code in asked):
        raise BadOperation(f"各部分的编码应与 {place.code} 同级，为 {len(place.code)} 位。")
    if parent is not None:
        check_children(parent, asked)
    for code in dict.fromkeys(asked):
        if code != place.code and code in numbers:
            raise CodeTaken(f"编码 {code} 已经用过；撤销的编码不再使用，请另取一个。")
        numbers.take(code)
    codes: list[str] = []
    for i, part in enumerate(parts):
        if part.code is not None:
            codes.append(part.code)
        elif i == keeper:
            codes.append(place.code)
        elif parent is None:
            raise BadOperation("新区的代码由国家公布，不能自动编排；请用 --code 给出各部分的编码。")
        else:
            codes.append(numbers.next(parent, count=1, like=place.code)[0])
    if len(set(codes)) < len(codes):
        raise BadOperation("各部分的编码有重复；请逐一核对。")
    return codes


def _part_version(place: PlaceVersion, part: Part, geometry: Any, code: str, *, on: date, number: int) -> PlaceVersion:
    kept = code == place.code
    return replace(
        place,
        code=code,
        name=part.name or (place.name if kept else f"{place.name}（拟设 {number}）"),
        valid_from=on,
        valid_to=None,
        geometry=geometry,
        households=part.households,
        households_basis=place.households_basis if part.households_basis is None else part.households_basis,
        households_date=part.households_date or place.households_date,
        people=part.people,
        staff=part.staff,
        id=0,
        operation_id=0,
    )


def _resized(version: PlaceVersion, geometry: Any, difference: int | None, *, on: date) -> PlaceVersion:
    known = version.households is not None and difference is not None
    return replace(
        version,
        geometry=geometry,
        valid_from=on,
        households=(version.households or 0) + (difference or 0) if known else None,
        people=None,
        id=0,
        operation_id=0,
    )


def _sum(values: Any) -> int | None:
    listed = list(values)
    return None if any(value is None for value in listed) else sum(listed)
