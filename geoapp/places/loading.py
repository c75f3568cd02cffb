"""What records from outside change: begin, revise, complete, or leave as it is; and which are refused, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import shapely

from geoapp.errors import Invalid
from geoapp.places.children import CUT_SHARE
from geoapp.places.fitting import require_area, shares_inside
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

    @property
    def kind(self) -> str:
        """What administrative practice calls it: split, merge, abolish, or a plain load."""
        after, before = (
            Counter(x.predecessor for x in self.change.links),
            Counter(x.successor for x in self.change.links),
        )
        if self.change.closes and not self.change.opens:
            return "abolish"
        if max(after.values(), default=0) > 1 and max(before.values(), default=0) == 1:
            return "split"
        return "merge" if max(before.values(), default=0) > 1 and max(after.values()) == 1 else "load"


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


def days_of(records: Sequence[PlaceRecord]) -> list[date]:
    """Every day on which a record of a history begins or ends, ascending."""
    return sorted({day for record in records for day in (record.valid_from, record.valid_to) if day is not None})


def weigh_day(
    records: Sequence[PlaceRecord], *, day: date, known: Mapping[str, PlaceVersion], taken: Collection[str]
) -> Loading:
    """What one day of a history changes: what ends and begins on it, and who follows whom, told by area.

    Parameters are those of `weigh`; records of other days are passed over. A record that is in force already, as it
    stands, is unchanged; one whose code is in force otherwise and does not end on this day is refused.
    """
    out = Loading()
    ending = {
        record.code
        for record in records
        if record.valid_to == day and record.code in known and known[record.code].valid_from < day
        if known[record.code].valid_to is None
    }
    opens: dict[str, PlaceVersion] = {}
    numbered = sorted(enumerate(records, 1), key=lambda item: (len(item[1].code), item[0]))
    for row_no, record in numbered:
        if record.valid_from != day:
            continue
        try:
            old = known.get(record.code)
            if record.valid_to is not None and record.valid_to <= day:
                raise Invalid(f"{record.code} 的有效期 {day} 至 {record.valid_to} 不含任何一天；请更正。")
            if old is not None and old.valid_from == day and not _given(record, old):
                out.unchanged += 1
            elif record.code in opens or (old is not None and record.code not in ending):
                raise Invalid(f"{record.code} 在 {day} 已有别的内容有效；请核对有效期，或先撤回那次导入。")
            elif old is not None:
                opens[record.code] = _revised(old, record, _given(record, old), on=day)
                out.revised.append(record.code)
            else:
                opens[record.code] = _begun(record, on=day, known=known, begun=opens, taken=taken)
                out.begun.append(record.code)
        except Invalid as error:
            out.refused.append(Refused(row_no, record.code, str(error)))
    closes = tuple(sorted(ending))
    links = _links_by_area([known[code] for code in closes], list(opens.values()))
    out.change = Change(closes, tuple(opens.values()), tuple(links))
    return out


def _links_by_area(old: Sequence[PlaceVersion], new: Sequence[PlaceVersion]) -> list[Link]:
    links = []
    for before in old:
        heirs = [v for v in new if v.level == before.level]
        if before.geometry is None or any(v.geometry is None for v in heirs):
            links += [Link(before.code, v.code, 1.0) for v in heirs if v.code == before.code]
            continue
        near = [v for v in heirs if v.geometry.intersects(before.geometry)]
        shares = shares_inside(before.geometry, [v.geometry for v in near])
        # Two drawings of one border differ by threads that nobody inherited.
        links += [Link(before.code, v.code, min(1.0, s)) for v, s in zip(near, shares, strict=True) if s > CUT_SHARE]
    return links


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
