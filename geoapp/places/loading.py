"""What records from outside change: begin, revise, complete, or leave as it is; and which are refused, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import shapely

from geoapp.errors import Invalid
from geoapp.places.fitting import require_area
from geoapp.places.hierarchy import level_of, parent_code
from geoapp.places.operations import revise
from geoapp.places.records import PlaceRecord, Refused
from geoapp.places.versions import Change, Link, PlaceVersion

#: Two drawings whose vertices agree to 0.1 mm are one.
SAME_DEG = 1e-9
_COMPARED = ("name", "geometry", "households", "households_basis", "households_date", "people", "staff")


@dataclass(slots=True)
class Loading:
    """The sum of a load: every record is in exactly one of the five counts."""

    change: Change = field(default_factory=Change)
    begun: list[str] = field(default_factory=list)
    revised: list[str] = field(default_factory=list)
    #: Version id -> facts that were unknown on the same first day.
    completed: dict[int, dict[str, Any]] = field(default_factory=dict)
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)


def weigh(
    records: Sequence[PlaceRecord], *, on: date, known: Mapping[str, PlaceVersion], taken: Collection[str]
) -> Loading:
    """Compare records with what holds on their day.

    Parameters
    ----------
    records : in file order, numbered from 1
    on : the day from which they hold
    known : what holds on that day, by code
    taken : every code that ever held or is going to

    Returns
    -------
    Loading. A record of an unknown code begins a place; one that says more or something else of a place that began
    earlier begins a version; one of the same first day may fill in what was unknown, and is refused where it
    contradicts.
    """
    out, seen = Loading(), set[str]()
    closes: list[str] = []
    opens: list[PlaceVersion] = []
    links: list[Link] = []
    numbered = sorted(enumerate(records, 1), key=lambda item: (len(item[1].code), item[0]))
    for row_no, record in numbered:
        try:
            if record.code in seen:
                raise Invalid(f"编码 {record.code} 在同一文件里出现两次；请保留一行。")
            old = known.get(record.code)
            if old is None:
                opens.append(_begun(record, on=on, known=known, begun=seen, taken=taken))
                out.begun.append(record.code)
            else:
                given = _given(record, old)
                if not given:
                    out.unchanged += 1
                elif old.valid_from < on:
                    revision = revise(old, _revised(old, record, given, on=on))
                    closes += revision.closes
                    opens += revision.opens
                    links += revision.links
                    out.revised.append(record.code)
                else:
                    out.completed[old.id] = _missing(old, given)
            seen.add(record.code)
        except Invalid as error:
            out.refused.append(Refused(row_no, record.code, str(error)))
    out.change = Change(tuple(closes), tuple(opens), tuple(links))
    out.refused.sort(key=lambda refused: refused.row_no)
    return out


def _begun(
    record: PlaceRecord,
    *,
    on: date,
    known: Mapping[str, PlaceVersion],
    begun: Collection[str],
    taken: Collection[str],
) -> PlaceVersion:
    level, parent = level_of(record.code), parent_code(record.code)
    if record.code in taken:
        raise Invalid(f"编码 {record.code} 在 {on} 无效（已撤销或尚未启用）；撤销的编码不再使用，请核对日期。")
    if not record.name:
        raise Invalid(f"编码 {record.code} 没有名称；请补上。")
    if parent is not None and parent not in known and parent not in begun:
        raise Invalid(f"{record.name}（{record.code}）的上级 {parent} 在 {on} 不存在；请先导入上级。")
    geometry = record.geometry
    if geometry is not None:
        geometry = require_area(geometry, what=f"{record.name}（{record.code}）")
    return PlaceVersion(
        code=record.code,
        name=record.name,
        level=level.key,
        parent=parent,
        valid_from=on,
        geometry=geometry,
        households=record.households,
        households_basis=record.households_basis or "",
        households_date=record.households_date,
        people=record.people,
        staff=record.staff,
        illustrative=record.illustrative,
        source=record.source,
    )


def _given(record: PlaceRecord, old: PlaceVersion) -> dict[str, Any]:
    """What the record says otherwise than, or beyond, what is known."""
    given: dict[str, Any] = {}
    for name in _COMPARED:
        value, before = getattr(record, name), getattr(old, name)
        if value is None or value == "" or (name != "geometry" and value == before):
            continue
        if name == "geometry":
            value = require_area(value, what=f"{old.name}（{old.code}）")
            if before is not None and _same(value, before):
                continue
        given[name] = value
    return given


def _revised(old: PlaceVersion, record: PlaceRecord, given: Mapping[str, Any], *, on: date) -> PlaceVersion:
    if old.valid_to is not None:
        raise Invalid(f"{old.name}（{old.code}）已登记 {old.valid_to} 起的变更；请先撤回它再导入。")
    version = replace(old, valid_from=on, id=0, operation_id=0, **given)
    return replace(version, source=record.source or old.source, illustrative=record.illustrative or old.illustrative)


def _missing(old: PlaceVersion, given: Mapping[str, Any]) -> dict[str, Any]:
    against = [name for name in given if getattr(old, name) not in (None, "")]
    if against:
        raise Invalid(
            f"{old.name}（{old.code}）自 {old.valid_from} 起已有不同的{'、'.join(_TITLES[n] for n in against)}；"
            "请换一个日期导入，或先撤回那次导入。"
        )
    return dict(given)


def _same(a: Any, b: Any) -> bool:
    return bool(shapely.equals_exact(shapely.normalize(a), shapely.normalize(b), tolerance=SAME_DEG))


_TITLES = {
    "name": "名称",
    "geometry": "边界",
    "households": "户数",
    "households_basis": "户数口径",
    "households_date": "户数日期",
    "people": "人口",
    "staff": "工作人员",
}
