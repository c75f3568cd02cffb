"""Addresses of the url map's rules, with something in each place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from werkzeug.routing import AnyConverter, IntegerConverter, Rule

_PLACE = re.compile(r"<(?:[^<>:]+:)?(\w+)>")


def address_of(rule: Rule, words: Mapping[str, Any] | None = None, /, **raw: str) -> str:
    """An address of the rule: ``raw`` as it stands, else of ``words``, else whatever the place takes."""
    known = words or {}

    def fill(place: re.Match[str]) -> str:
        name = place[1]
        if name in raw:
            return raw[name]
        converter = rule._converters[name]
        if isinstance(converter, IntegerConverter):
            return str(int(known.get(name, 1)))
        if isinstance(converter, AnyConverter):
            return sorted(converter.items)[0]
        return quote(str(known.get(name, "x")))

    return _PLACE.sub(fill, rule.rule)
