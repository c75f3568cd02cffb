"""What a route takes and answers, said beside it: the OpenAPI document is made from these.

What every route of its kind has need not be said: parts of the address come from the rule, the permission from
`needs`, errors from the method and from what the route takes. A route that says nothing takes no query, and answers a
page, or JSON below /api/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., object])
Schema = dict[str, Any]

JSON, HTML, PROBLEM = "application/json", "text/html", "application/problem+json"
GEOJSON, CSV, PDF, ZIP, SVG = "application/geo+json", "text/csv", "application/pdf", "application/zip", "image/svg+xml"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ANY_FILE = "application/octet-stream"
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
DAY: Schema = {"type": "string", "format": "date", "example": "2026-11-22"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
LON: Schema = {"type": "number", "minimum": -180, "maximum": 180}
LAT: Schema = {"type": "number", "minimum": -90, "maximum": 90}
BBOX: Schema = {"type": "string", "description": "west,south,east,north", "example": "116.45,39.93,116.48,39.96"}
FILE: Schema = {"type": "string", "format": "binary"}
OBJECT: Schema = {"type": "object"}


@dataclass(frozen=True, slots=True)
class Description:
    """What one view said of itself."""

    #: Query parameters, and which of them cannot be left out.
    query: Mapping[str, Schema] = field(default_factory=dict)
    needed: frozenset[str] = frozenset()
    #: Media type of the body -> its schema; empty for a route without a body.
    body: Mapping[str, Schema] = field(default_factory=dict)
    #: Status -> media types; empty: 200 with a page, or with JSON below /api/.
    answers: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    #: Further statuses of errors than those of every such route, and the media types that errors come in.
    errors: tuple[int, ...] = ()
    problems: tuple[str, ...] = (PROBLEM, HTML)


def describe(
    *,
    query: Mapping[str, Schema] | None = None,
    needed: tuple[str, ...] = (),
    form: Mapping[str, Schema] | None = None,
    files: Mapping[str, Schema] | None = None,
    json: Schema | None = None,
    answers: Mapping[int, str | tuple[str, ...]] | None = None,
    errors: tuple[int, ...] = (),
    problems: tuple[str, ...] = (PROBLEM, HTML),
) -> Callable[[View], View]:
    """Describe a view, below its route.

    ``needed`` names what cannot be left out, of the query or, where there is a form, of the form. With ``files`` the
    form comes as multipart; otherwise urlencoded. ``answers`` maps a status to one media type or several.
    """
    made = Description(
        query=dict(query or {}),
        needed=frozenset() if form is not None or files is not None else frozenset(needed),
        body=_body(form, files, json, needed),
        answers={status: (kind,) if isinstance(kind, str) else kind for status, kind in (answers or {}).items()},
        errors=errors,
        problems=problems,
    )

    def note(view: View) -> View:
        view.__geoapp_description__ = made  # type: ignore[attr-defined]
        return view

    return note


def description_of(view: Callable[..., object]) -> Description:
    """What a view said of itself; the empty description when it said nothing."""
    found: Description = getattr(view, "__geoapp_description__", Description())
    return found


def either(*values: str) -> Schema:
    """A text that is one of these."""
    return {"type": "string", "enum": list(values)}


def array_of(schema: Schema) -> Schema:
    """Several of these."""
    return {"type": "array", "items": schema}


def record(needed: tuple[str, ...] = (), /, **fields: Schema) -> Schema:
    """A JSON object with these fields."""
    made: Schema = {"type": "object", "properties": dict(fields), "additionalProperties": False}
    return {**made, "required": list(needed)} if needed else made


def _body(
    form: Mapping[str, Schema] | None, files: Mapping[str, Schema] | None, json: Schema | None, needed: tuple[str, ...]
) -> dict[str, Schema]:
    bodies: dict[str, Schema] = {}
    if form is not None or files is not None:
        fields: Schema = {"type": "object", "properties": {**(form or {}), **(files or {})}}
        if needed:
            fields["required"] = list(needed)
        bodies[MULTIPART if files else FORM] = fields
    if json is not None:
        bodies[JSON] = json
    return bodies
