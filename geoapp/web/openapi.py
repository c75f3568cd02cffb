"""The OpenAPI document of every route, pages included: from the url map, what views need, and what they say."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from typing import Any

from apiflask import APIFlask
from werkzeug.routing import Rule

from geoapp.web.describing import HTML, JSON, PROBLEM, Description, Schema, description_of, either
from geoapp.web.incoming import LARGEST
from geoapp.web.language import LANGUAGES
from geoapp.web.rights import ANYBODY, permission_of

VERSION = "3.0.3"
_VARIABLE = re.compile(r"<(?:(\w+)(?:\(([^)]*)\))?:)?(\w+)>")
_PROBLEM: Schema = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
    },
}
_WORDS = {
    400: "What was sent cannot be used; the answer names it and the remedy",
    401: "Nobody is signed in, and somebody has to be",
    403: "Not allowed to this person here",
    404: "Not there, or not for this person to know of",
    409: "Changed meanwhile, or its state forbids it",
    413: "Larger than this route takes",
    415: "Not in a form that this route takes",
    416: "No such range of bytes",
    422: "Understood, but there is no answer",
    429: "Too often; Retry-After says when again",
    503: "A part that is needed does not answer just now",
}


def document(app: APIFlask) -> dict[str, Any]:
    """The OpenAPI document of ``app``."""
    paths: dict[str, dict[str, Any]] = {}
    tags: set[str] = set()
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            found = _operation(app, rule, method)
            tags.update(found["tags"])
            paths.setdefault(_VARIABLE.sub(r"{\3}", rule.rule), {})[method.lower()] = found
    return {
        "openapi": VERSION,
        "info": {"title": "geoapp", "version": app.version or "1", "license": {"name": "Apache-2.0"}},
        "tags": [{"name": name} for name in sorted(tags)],
        "paths": paths,
        "components": {
            "schemas": {"Problem": _PROBLEM},
            "parameters": {"lang": {"name": "lang", "in": "query", "schema": either(*LANGUAGES)}},
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]},
            },
        },
    }


def _operation(app: APIFlask, rule: Rule, method: str) -> dict[str, Any]:
    view = app.view_functions[rule.endpoint]
    said, permission = description_of(view), permission_of(view) or ""
    words = inspect.getdoc(view) or rule.endpoint
    operation: dict[str, Any] = {
        "operationId": f"{rule.endpoint}.{method.lower()}",
        "tags": [rule.endpoint.partition(".")[0]],
        "summary": words.split("\n", 1)[0],
        "parameters": [*_variables(rule), *_query(said), {"$ref": "#/components/parameters/lang"}],
        "responses": _answers(rule, method, said, permission),
        "x-permission": permission,
        "x-page": not _is_for_programs(rule),
    }
    if permission != ANYBODY:
        operation["security"] = [{"session": []}, {}]
    if said.body:
        content = {kind: {"schema": schema} for kind, schema in said.body.items()}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _is_for_programs(rule: Rule) -> bool:
    return rule.rule.startswith("/api/")


def _variables(rule: Rule) -> Iterable[dict[str, Any]]:
    for converter, options, name in _VARIABLE.findall(rule.rule):
        schema: Schema = {"type": "string", "minLength": 1}
        if converter == "int":
            schema = {"type": "integer", "minimum": 0, "maximum": LARGEST}
        elif converter == "any":
            schema = {"type": "string", "enum": [option.strip().strip("\"'") for option in options.split(",")]}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query(said: Description) -> Iterable[dict[str, Any]]:
    for name, schema in said.query.items():
        yield {"name": name, "in": "query", "required": name in said.needed, "schema": schema}


def _answers(rule: Rule, method: str, said: Description, permission: str) -> dict[str, Any]:
    usual = {200: (JSON,) if _is_for_programs(rule) else (HTML,)}
    answers: dict[str, Any] = {}
    for status, kinds in sorted((said.answers or usual).items()):
        content: dict[str, Any] = {kind: {"schema": {}} for kind in kinds}
        answers[str(status)] = {"description": "As asked" if status < 300 else "Elsewhere or unchanged"}
        if content and 300 > status != 204:
            answers[str(status)]["content"] = content
    if permission != ANYBODY and method == "GET" and not _is_for_programs(rule):
        answers.setdefault("303", {"description": "To the page on which one signs in"})
    reference = {"$ref": "#/components/schemas/Problem"}
    problem = {kind: {"schema": reference if kind == PROBLEM else {}} for kind in said.problems}
    for status in sorted(_errors(rule, method, said, permission)):
        answers[str(status)] = {"description": _WORDS[status], "content": problem}
    return answers


def _errors(rule: Rule, method: str, said: Description, permission: str) -> set[int]:
    """Statuses that any such route may answer with."""
    found = {429, 503, *said.errors}
    if permission != ANYBODY:
        found |= {401, 403}
    if rule.arguments:
        found.add(404)
    if said.query or rule.arguments:
        found.add(400)
    if method not in {"GET", "HEAD"}:
        found |= {400, 413, 415}
    return found
