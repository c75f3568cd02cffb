"""Further questions of a service: what they are, and whether the answers to them will do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from geoapp.api.open311.asking import BadParameter, moment
from geoapp.errors import Invalid

DATATYPES = ("string", "number", "datetime", "text", "singlevaluelist", "multivaluelist")
LONGEST_STRING, LONGEST_TEXT, MOST_VALUES = 200, 4000, 50


class BadAnswers(Invalid):
    """Answers to a service's questions are missing or do not fit; one sentence for each."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = list(sentences)
        super().__init__(" ".join(sentences))


@dataclass(frozen=True, slots=True)
class Attribute:
    """One question, or (``variable`` false) a notice that only informs."""

    code: str
    datatype: str
    description: str
    description_en: str = ""
    required: bool = False
    variable: bool = True
    datatype_description: str = ""
    datatype_description_en: str = ""
    #: (key, name, name in English) of what can be chosen.
    values: tuple[tuple[str, str, str], ...] = ()

    def tree(self, order: int, language: str) -> dict[str, Any]:
        """The question as a service definition carries it."""
        english = language == "en"
        return {
            "variable": self.variable,
            "code": self.code,
            "datatype": self.datatype,
            "required": self.required,
            "datatype_description": (english and self.datatype_description_en) or self.datatype_description or None,
            "order": order,
            "description": (english and self.description_en) or self.description,
            "values": [{"key": key, "name": (english and name_en) or name} for key, name, name_en in self.values],
        }


def check(attributes: Sequence[Attribute], answers: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The answers, known, complete and of the right type; BadAnswers lists all that is wrong."""
    asked = {attribute.code: attribute for attribute in attributes if attribute.variable}
    wrong = [_("没有 attribute[%(code)s] 这一项。", code=code[:40]) for code in answers if code not in asked]
    kept: dict[str, list[str]] = {}
    for code, attribute in asked.items():
        values = [value.strip() for value in answers.get(code, ()) if value.strip()]
        if not values:
            if attribute.required:
                wrong.append(_("缺少 attribute[%(code)s]：%(what)s", code=code, what=attribute.description))
            continue
        if sentence := _unfit(attribute, values):
            wrong.append(sentence)
        kept[code] = values
    if wrong:
        raise BadAnswers(wrong)
    return kept


def _unfit(attribute: Attribute, values: Sequence[str]) -> str | None:
    """What is wrong with the values given for one question; None for nothing."""
    code, kind = attribute.code, attribute.datatype
    if len(values) > (MOST_VALUES if kind == "multivaluelist" else 1):
        return str(_("attribute[%(code)s] 的值太多。", code=code))
    keys = {key for key, *_names in attribute.values}
    for value in values:
        fits = {
            "string": lambda v: len(v) <= LONGEST_STRING and "\n" not in v and "\r" not in v,
            "text": lambda v: len(v) <= LONGEST_TEXT,
            "number": _is_number,
            "datetime": _is_moment,
            "singlevaluelist": keys.__contains__,
            "multivaluelist": keys.__contains__,
        }[kind](value)
        if not fits:
            return str(
                _("attribute[%(code)s]=%(value)s 不对；它的类型是 %(kind)s。", code=code, value=value[:40], kind=kind)
            )
    return None


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False


def _is_moment(text: str) -> bool:
    try:
        moment(text, "")
    except BadParameter:
        return False
    return True
