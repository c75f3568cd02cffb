"""The kinds of reports as services, and what the district's open311.toml adds to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from geoapp.api.open311.attributes import DATATYPES, Attribute
from geoapp.reports.datafile import BadData, known_only, need, one_of, parse
from geoapp.reports.kinds import Kind, Kinds

FILE = "open311.toml"
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
REALTIME, BATCH = "realtime", "batch"
_FIELDS = {"version", "contact_zh", "contact_en", "key_service_zh", "key_service_en", "batch", "attribute"}
_ATTRIBUTE_FIELDS = {"code", "datatype", "required", "variable", "zh", "en", "hint_zh", "hint_en", "values"}
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
#: The notice that kinds with a number to ring first get.
RING_FIRST = "RING"


@dataclass(frozen=True)
class Catalogue:
    """What one district tells its clients."""

    version: str
    contact: tuple[str, str]
    key_service: tuple[str, str]
    batch: frozenset[str]
    attributes: Mapping[str, tuple[Attribute, ...]]

    def attributes_of(self, kind: Kind) -> tuple[Attribute, ...]:
        """Questions of one service; the notice to ring first comes before them."""
        asked = self.attributes.get(kind.code, ())
        if not kind.call:
            return asked
        words = _("紧急情况请先拨打 %(number)s。", number=kind.call)
        return (Attribute(RING_FIRST, "string", words, words, variable=False), *asked)

    def type_of(self, code: str) -> str:
        """Is a number answered at once, or a token?"""
        return BATCH if code in self.batch else REALTIME


def parse_catalogue(text: str, kinds: Kinds) -> Catalogue:
    """The catalogue of a file; BadData names the entry that cannot be used."""
    data = parse(text, FILE)
    known_only(data, _FIELDS, FILE)
    batch = frozenset(data.get("batch", ()))
    rows = data.get("attribute", {})
    if strange := sorted((batch | set(rows)) - set(kinds.kinds)):
        raise BadData(f"{FILE} 里的类别 {'、'.join(strange)} 不在类别表中；请改正或删去。")
    return Catalogue(
        version=str(data.get("version", "")),
        contact=_both(data, "contact"),
        key_service=_both(data, "key_service"),
        batch=batch,
        attributes={code: _attributes(code, asked) for code, asked in rows.items()},
    )


def services(kinds: Kinds, catalogue: Catalogue, *, english: bool) -> list[dict[str, Any]]:
    """All services, in the order of the district's tree."""
    return [
        {
            "service_code": kind.code,
            "service_name": kind.title_en if english else kind.title_zh,
            "description": kind.plain_en if english else kind.plain_zh,
            "metadata": bool(catalogue.attributes_of(kind)),
            "type": catalogue.type_of(kind.code),
            "keywords": ", ".join(kind.words),
            "group": group.title_en if english else group.title_zh,
        }
        for group, below in kinds.tree()
        for kind in below
    ]


def definition(kind: Kind, catalogue: Catalogue, *, english: bool) -> dict[str, Any]:
    """The questions of one service; none for a service without any."""
    language = "en" if english else "zh"
    asked = enumerate(catalogue.attributes_of(kind), start=1)
    return {"service_code": kind.code, "attributes": [one.tree(order, language) for order, one in asked]}


def discovery(
    catalogue: Catalogue, *, url: str, changeset: str, production: bool, formats: tuple[str, ...], english: bool
) -> dict[str, Any]:
    """Where the service is, whom to ask, and in which formats it speaks."""
    return {
        "changeset": changeset,
        "contact": catalogue.contact[english],
        "key_service": catalogue.key_service[english],
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": url,
                "changeset": changeset,
                "type": "production" if production else "test",
                "formats": list(formats),
            }
        ],
    }


def _both(data: Mapping[str, Any], name: str) -> tuple[str, str]:
    return str(need(data, f"{name}_zh", FILE)), str(need(data, f"{name}_en", FILE))


def _attributes(kind: str, rows: Any) -> tuple[Attribute, ...]:
    where = f"{FILE} 的 attribute.{kind}"
    if not isinstance(rows, list):
        raise BadData(f"{where} 应写成 [[attribute.{kind}]]。")
    asked = tuple(_attribute(row, where) for row in rows)
    codes = [one.code for one in asked]
    if len(set(codes)) != len(codes) or RING_FIRST in codes:
        raise BadData(f"{where} 的 code 重复，或用了保留的 {RING_FIRST}；请改名。")
    return asked


def _attribute(row: Any, where: str) -> Attribute:
    known_only(row, _ATTRIBUTE_FIELDS, where)
    code = str(need(row, "code", where))
    where = f"{where}.{code[:40]}"
    if not _CODE.fullmatch(code):
        raise BadData(f"{where} 的代码不对：字母开头，只用字母、数字、下划线和短横，不超过 40 个。")
    datatype = one_of(need(row, "datatype", where), DATATYPES, f"{where} 的 datatype")
    values = tuple(tuple(str(cell) for cell in value) for value in row.get("values", ()))
    if datatype.endswith("list") != bool(values) or any(len(value) != 3 for value in values):
        raise BadData(f"{where} 的 values 应为 [键, 中文, 英文] 的列表，且只用于 …list 类型。")
    return Attribute(
        code=code,
        datatype=datatype,
        description=str(need(row, "zh", where)),
        description_en=str(need(row, "en", where)),
        required=bool(row.get("required", False)),
        variable=bool(row.get("variable", True)),
        datatype_description=str(row.get("hint_zh", "")),
        datatype_description_en=str(row.get("hint_en", "")),
        values=tuple((key, zh, en) for key, zh, en in values),
    )
