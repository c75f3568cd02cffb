"""Untrusted input -> typed values: days, codes and coordinates of an address, and plans."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape

from geoapp.errors import Invalid
from geoapp.places.fitting import require_area
from geoapp.places.hierarchy import BadCode, level_of, level_of_key
from geoapp.places.operations import Part
from geoapp.places.records import BadRecord, PlaceRecord, Refused, count_of, day_of, place_name, record_of

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,3}(\.\d{1,20})?", re.ASCII)
MOST_PARTS, MOST_PLAN_BYTES = 100, 256 << 20


class BadPlan(Invalid):
    """A plan that cannot be adopted as it is."""


def parse_day(text: str) -> date:
    """A civil day written YYYY-MM-DD, of the years 1900 to 2199."""
    try:
        if not _DAY.fullmatch(text):
            raise ValueError
        day = date.fromisoformat(text)
        if not 1900 <= day.year < 2200:
            raise ValueError
    except ValueError:
        raise Invalid(f"日期“{text[:40]}”不对；请写成 2026-01-31 的样子（1900 至 2199 年）。") from None
    return day


def parse_number(text: str, *, what: str, least: float, most: float) -> float:
    """A decimal number between two limits, ends included."""
    if not _NUMBER.fullmatch(text) or not least <= float(text) <= most:
        raise Invalid(f"{what}“{text[:40]}”不对；应为 {least:g} 到 {most:g} 之间的数。")
    return float(text)


def parse_count(text: str, *, what: str, least: int, most: int) -> int:
    """A whole number between two limits, ends included."""
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not least <= int(text) <= most:
        raise Invalid(f"{what}“{text[:40]}”不对；应为 {least} 到 {most} 之间的整数。")
    return int(text)


def parse_level(text: str) -> str:
    """The key of a level."""
    return level_of_key(text).key


def parse_code(text: str) -> str:
    """The code of a place of any level."""
    level_of(text)
    return text


def only(given: Mapping[str, Any], allowed: Collection[str]) -> None:
    """Invalid for a parameter that the address does not know: a mistyped filter must not be ignored in silence."""
    for name in given:
        if name not in allowed:
            raise Invalid(f"不认识的参数“{name[:40]}”；可用：{'、'.join(sorted(allowed))}。")


def read_json(path: Path) -> Any:
    """The content of a JSON file; one sentence when it has none."""
    try:
        if path.stat().st_size > MOST_PLAN_BYTES:
            raise BadPlan(f"{path.name} 超过 {MOST_PLAN_BYTES >> 20} MiB，不像是方案文件；请核对。")
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadPlan(f"读不到 {path}：{error.strerror}；请核对路径。") from None
    except (ValueError, RecursionError):
        raise BadPlan(f"{path.name} 不是 JSON 文件或不完整；请重新导出。") from None


def parse_geometry(content: Any, *, what: str) -> Any:
    """The (multi)polygon of a GeoJSON geometry, feature or collection of features (joined)."""
    if isinstance(content, Mapping) and content.get("type") == "FeatureCollection":
        features = content.get("features")
        listed = features if isinstance(features, list) else []
        return shapely.union_all([parse_geometry(feature, what=what) for feature in listed])
    if isinstance(content, Mapping) and content.get("type") == "Feature":
        content = content.get("geometry")
    try:
        geometry = shape(content)
        finite = math.isfinite(sum(geometry.bounds)) if not geometry.is_empty else True
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, shapely.errors.ShapelyError):
        finite, geometry = False, None
    if not finite:
        raise BadPlan(f"{what}的几何图形不是有效的 GeoJSON；请重新导出。")
    return require_area(geometry, what=what)


def parse_plan(plan: Any) -> tuple[str | None, tuple[Part, ...]]:
    """Place and parts of a plan as `geoapp split` writes it.

    Raises
    ------
    BadPlan : it is no plan, has no plan in it (status infeasible), or its parts carry no geometry
    """
    if not isinstance(plan, Mapping):
        raise BadPlan("方案文件的最外层应是 JSON 对象；请用 geoapp split 导出。")
    if plan.get("status") in ("infeasible", "bound"):
        raise BadPlan(f"方案状态为 {plan['status']}，其中没有可采用的划分；请调整条件后重新求解。")
    listed = plan.get("parts")
    if not isinstance(listed, list) or not 2 <= len(listed) <= MOST_PARTS:
        raise BadPlan(f"方案里应有 2 到 {MOST_PARTS} 个部分（parts）；请用 geoapp split 导出。")
    place = plan.get("place")
    if place is not None and not isinstance(place, str):
        raise BadPlan("方案里的 place 应是区划编码（文本）；请更正，或用 --place 给出。")
    parts = tuple(_part(plan, item, number) for number, item in enumerate(listed, 1))
    return place, parts


def overridden(
    parts: Sequence[Part], *, names: Sequence[str | None], codes: Sequence[str | None], staff: Sequence[int | None]
) -> tuple[Part, ...]:
    """Parts with what was asked for beside the plan; shorter lists leave the rest as it is."""
    out = list(parts)
    for name, values in (("name", names), ("code", codes), ("staff", staff)):
        if len(values) > len(parts):
            raise BadPlan(f"给了 {len(values)} 个 {name}，方案却只有 {len(parts)} 部分。")
        for i, value in enumerate(values):
            if value is not None:
                changed: dict[str, Any] = {name: value}
                out[i] = replace(out[i], **changed)
    return tuple(out)


def plan_sha256(place: str, parts: Sequence[Part]) -> str:
    """Hash of what is adopted: the place, and each part's ground and households, however the file was laid out."""
    digest = hashlib.sha256(place.encode())
    for part in parts:
        digest.update(shapely.to_wkb(shapely.normalize(part.geometry), byte_order=1))
        digest.update(f"|{part.households}|".encode())
    return digest.hexdigest()


def _part(plan: Mapping[str, Any], item: Any, number: int) -> Part:
    if not isinstance(item, Mapping):
        raise BadPlan(f"方案第 {number} 部分不是 JSON 对象；请用 geoapp split 导出。")
    if item.get("geometry") is None:
        raise BadPlan(f"方案第 {number} 部分没有边界（geometry）；请用带面的划分单元（--units）重新求解。")
    geometry = parse_geometry(item["geometry"], what=f"方案第 {number} 部分")
    name, code = item.get("name") or _nth(plan, "names", number), item.get("code") or _nth(plan, "codes", number)
    try:
        return Part(
            geometry=geometry,
            name=None if name is None else str(name)[:200],
            code=None if code is None else parse_code(str(code)),
            households=count_of(item.get("households"), what="户数"),
            households_basis=_text(item.get("households_basis", plan.get("households_basis"))),
            households_date=day_of(item.get("households_date", plan.get("households_date"))),
            people=count_of(item.get("people"), what="人口"),
            staff=count_of(item.get("staff"), what="工作人员"),
        )
    except BadRecord as error:
        raise BadPlan(f"方案第 {number} 部分：{error}") from None


def _nth(plan: Mapping[str, Any], key: str, number: int) -> Any:
    values = plan.get(key)
    return values[number - 1] if isinstance(values, list) and len(values) >= number else None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)[:100]


def by_part(values: Sequence[str], *, option: str) -> list[str | None]:
    """Values given as ``N=value``, or plain in the order of the parts, as a list by part.

    Examples
    --------
    >>> by_part(["2=亮马社区"], option="name"), by_part(["a", "b"], option="name")
    ([None, '亮马社区'], ['a', 'b'])
    """
    out: list[str | None] = []
    for position, text in enumerate(values, 1):
        number, equals, value = text.partition("=")
        if not (equals and number.isascii() and number.isdigit()):
            number, value = str(position), text
        part = parse_count(number, what=option, least=1, most=MOST_PARTS)
        out += [None] * (part - len(out))
        out[part - 1] = value
    return out


def read_codes(path: Path) -> list[PlaceRecord]:
    """Places of a CSV with a code and a name, UTF-8 or GB18030; a committee's name gives the place's.

    Raises
    ------
    Invalid : the file cannot be read, or has no such columns; the message names the first bad row
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Invalid(f"读不到 {path}：{error.strerror}；请核对路径。") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", errors="replace")
    records, row_no = list[PlaceRecord](), 1
    try:
        for row in csv.DictReader(io.StringIO(text)):
            row_no += 1
            record = record_of({key: value for key, value in row.items() if key is not None})
            records.append(replace(record, name=place_name(record.name) if record.name else None))
    except (BadRecord, BadCode) as error:
        raise Invalid(f"{path.name} 第 {row_no} 行：{error}") from None
    except csv.Error:
        raise Invalid(f"{path.name} 不是有效的 CSV 文件；请另存为 CSV（逗号分隔）再导入。") from None
    if not records:
        raise Invalid(f"{path.name} 里没有一行数据；应有 code（编码）和 name（名称）两列。")
    return records


def feature_records(
    features: Any, *, only: str | None = None, code: str | None = None
) -> tuple[list[PlaceRecord], list[Refused]]:
    """Records of a layer's features (columns ids, wkb, names, codes, props), and those rows that cannot be places."""
    field, equals, wanted = (only or "").partition("=")
    if only and not equals:
        raise Invalid(f"--only “{only[:40]}”应写成 字段=值。")
    shapes = shapely.from_wkb(features.wkb, on_invalid="ignore")
    records, bad = list[PlaceRecord](), list[Refused]()
    columns = zip(features.props, features.codes, features.names, shapes, strict=True)
    for row_no, (props, own, name, geometry) in enumerate(columns, 1):
        if only and str(props.get(field)) != wanted:
            continue
        fields = {**props, **({"code": code or own} if code or own else {}), **({"name": name} if name else {})}
        try:
            records.append(record_of(fields, geometry))
        except (BadRecord, BadCode) as error:
            bad.append(Refused(row_no, str(own), str(error)))
    if code is not None and len(records) != 1:
        raise Invalid(f"--code 只用于一个图形，这里有 {len(records)} 个；请用 --only 字段=值 选出一个。")
    return records, bad
