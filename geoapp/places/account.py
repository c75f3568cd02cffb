"""Places and changes as plain values, for JSON and for people: the pages and the command line say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from geoapp.geo.geojson import to_geojson
from geoapp.places.boundaries import BoundaryCheck
from geoapp.places.hierarchy import LEVELS
from geoapp.places.versions import KIND_TITLES, Link, PlaceVersion

_RANKS = {level.key: level.rank for level in LEVELS}


def place_json(
    version: PlaceVersion, titles: Mapping[str, tuple[str, str]], *, geometry: bool = False
) -> dict[str, Any]:
    """One version as JSON values; days are ISO text, an open end is null, unknown figures are null."""
    zh, en = titles[version.level]
    facts: dict[str, Any] = {
        "code": version.code,
        "name": version.name,
        "level": version.level,
        "level_rank": _RANKS[version.level],
        "level_title": zh,
        "level_title_en": en,
        "parent": version.parent,
        "valid_from": version.valid_from.isoformat(),
        "valid_to": version.valid_to.isoformat() if version.valid_to else None,
        "households": version.households,
        "households_basis": version.households_basis,
        "households_date": version.households_date.isoformat() if version.households_date else None,
        "people": version.people,
        "staff": version.staff,
        "illustrative": version.illustrative,
        "source": version.source,
    }
    if geometry:
        facts["geometry"] = to_geojson(version.geometry)
    return facts


def page_json(
    version: PlaceVersion,
    above: Sequence[PlaceVersion],
    under: Sequence[PlaceVersion],
    titles: Mapping[str, tuple[str, str]],
    *,
    on: date,
) -> dict[str, Any]:
    """One place with its border, the places above and those directly below, as JSON values."""
    return {
        "on": on.isoformat(),
        "place": place_json(version, titles, geometry=True),
        "path": [place_json(v, titles) for v in above],
        "children": [place_json(v, titles) for v in under],
    }


def link_json(link: Link) -> dict[str, Any]:
    """A succession as JSON values."""
    return {
        "predecessor": link.predecessor,
        "successor": link.successor,
        "share_of_predecessor_inside_successor": link.share_of_predecessor_inside_successor,
    }


def outcome_json(outcome: Any, titles: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """What an operation did, as JSON values."""
    return {
        "operation": outcome.operation_id,
        "kind": outcome.kind,
        "on": outcome.on.isoformat(),
        "already": outcome.already,
        "closes": list(outcome.closes),
        "opens": [place_json(version, titles) for version in outcome.opens],
        "links": [link_json(link) for link in outcome.links],
        "remarks": list(outcome.remarks),
    }


def place_line(version: PlaceVersion, titles: Mapping[str, tuple[str, str]]) -> str:
    """One version in a line, for people."""
    households = f"{version.households} 户" if version.households is not None else "户数未知"
    basis = f"（{version.households_basis}）" if version.households is not None and version.households_basis else ""
    staff = f"\t工作人员 {version.staff}" if version.staff is not None else ""
    mark = "\t示意" if version.illustrative else ""
    until = version.valid_to or "至今"
    title = titles[version.level][0]
    return f"{version.code}\t{title}\t{version.name}\t{households}{basis}{staff}\t{version.valid_from} – {until}{mark}"


def operation_line(entry: Any) -> str:
    """One entry of the history in a line, for people."""
    mark = "（已撤回）" if entry.withdrawn_at else ""
    title = KIND_TITLES[entry.kind]
    return f"{entry.id}\t{entry.on_date}\t{title}{mark}\t{entry.subject}\t{entry.by}\t{entry.note}"


def history_text(
    versions: Sequence[PlaceVersion], linked: Sequence[tuple[Any, Link]], titles: Mapping[str, tuple[str, str]]
) -> list[str]:
    """A place's history in lines, for people."""
    lines = [place_line(version, titles) for version in versions]
    for entry, link in linked:
        share = f"{link.share_of_predecessor_inside_successor:.1%}"
        title = KIND_TITLES[entry.kind]
        lines.append(f"  {entry.on_date} 第 {entry.id} 次 {title}：{link.predecessor} -> {link.successor} {share}")
    return lines


def outcome_text(outcome: Any, titles: Mapping[str, tuple[str, str]]) -> list[str]:
    """What an operation did in lines, for people."""
    lines = []
    if not outcome.already:
        lines.append(f"第 {outcome.operation_id} 次变更：{KIND_TITLES[outcome.kind]}，自 {outcome.on} 起生效。")
    lines += ["  " + place_line(version, titles) for version in outcome.opens]
    gone = sorted(set(outcome.closes) - {version.code for version in outcome.opens})
    if gone:
        lines.append(f"  不再使用的编码：{'、'.join(gone)}")
    return lines + [f"  {remark}" for remark in outcome.remarks]


def report_text(report: Any) -> list[str]:
    """What a load did in lines, for people; twenty refused rows at most."""
    lines = [
        f"读入 {report.rows_in} 行：新增 {report.begun}，变更 {report.revised}，补充 {report.completed}，"
        f"无变化 {report.unchanged}，未入库 {len(report.refused)}。"
    ]
    lines += [f"  第 {refused.row_no} 行 {refused.code}：{refused.message}" for refused in report.refused[:20]]
    if len(report.refused) > 20:
        lines.append(f"  另有 {len(report.refused) - 20} 行，用 --json 查看全部。")
    return lines


def check_json(found: BoundaryCheck) -> dict[str, Any]:
    """The faults below a place as JSON values, each with its area and a geometry to zoom to."""
    return {
        "code": found.code,
        "holds": found.holds,
        "children": found.children,
        "undrawn": list(found.undrawn),
        "faults": [
            {
                "kind": fault.kind,
                "title": fault.title,
                "area_m2": round(fault.area_m2, 2),
                "codes": list(fault.codes),
                "bbox": list(fault.geometry.bounds),
                "geometry": to_geojson(fault.geometry),
            }
            for fault in found.faults
        ],
    }


def check_text(found: BoundaryCheck) -> list[str]:
    """The faults below a place in lines, for people."""
    lines = [f"{found.code}：{found.children} 个下级，{len(found.faults)} 处不符，{len(found.undrawn)} 个没有边界。"]
    for fault in found.faults:
        lon, lat = fault.geometry.representative_point().coords[0][:2]
        about = "、".join(fault.codes) or "无归属"
        lines.append(f"  {fault.title}\t{fault.area_m2:.1f} m²\t{about}\t{lon:.6f},{lat:.6f}")
    return lines + [f"  没有边界\t{code}" for code in found.undrawn]
