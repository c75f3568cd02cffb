"""One answer in the format asked for: XML as GeoReport v2 names it, JSON by the Spark convention.

The same tree of dicts and lists makes both. In XML a list is an element whose children carry the list's singular; in
JSON it is a plain list without that wrapper.
"""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

from flask import Response

FORMATS = ("xml", "json")
CONTENT_TYPES = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}

#: list -> what one entry of it is called in XML.
SINGULAR = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
    "extended_attributes": "extended_attribute",
    "photos": "photo",
}
_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'
#: What XML 1.0 cannot carry, even escaped; lone surrogates no encoding can.
_UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def answer(root: str, tree: Any, form: str, *, status: int = 200) -> Response:
    """``tree`` as a response whose root element is ``root``; ``form`` is xml or json."""
    body = _as_xml(root, tree) if form == "xml" else _as_json(tree)
    return Response(body, status=status, content_type=CONTENT_TYPES[form])


def errors(sentences: list[str], form: str, *, status: int, code: int | None = None) -> Response:
    """An error answer: one entry for each sentence, all with the code of the HTTP status."""
    entries = [{"code": status if code is None else code, "description": sentence} for sentence in sentences]
    return answer("errors", entries, form, status=status)


def _as_json(tree: Any) -> bytes:
    return json.dumps(_speakable(tree), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _as_xml(root: str, tree: Any) -> bytes:
    return _DECLARATION + bytes(ElementTree.tostring(_element(root, tree), encoding="utf-8", xml_declaration=False))


def _element(name: str, value: Any) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(value, dict):
        element.extend(_element(child, below) for child, below in value.items())
    elif isinstance(value, list):
        element.extend(_element(SINGULAR[name], entry) for entry in value)
    elif value is not None:
        element.text = _text(value)
    return element


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _UNSPEAKABLE.sub("", str(value))


def _speakable(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {name: _speakable(below) for name, below in tree.items()}
    if isinstance(tree, list):
        return [_speakable(entry) for entry in tree]
    return _UNSPEAKABLE.sub("", tree) if isinstance(tree, str) else tree
