"""What may come in at all: numbers in addresses that a column can be asked for, form fields that have a name.

Both were found by sending arbitrary requests: a number beyond 64 bits reached SQLite, a part without a name the forms.
"""

from __future__ import annotations

from typing import Any

from apiflask import APIFlask
from flask import Request
from werkzeug.exceptions import BadRequest
from werkzeug.routing import IntegerConverter, Map

#: Largest value of PostgreSQL's integer; SQLite's is larger, but ends too.
LARGEST = 2**31 - 1


class Number(IntegerConverter):
    """A whole number that every column can be asked for; a larger one is not there (404)."""

    def __init__(self, map: Map, *args: Any, **options: Any) -> None:
        options.setdefault("max", LARGEST)
        super().__init__(map, *args, **options)


class NamedForm(Request):
    """A request whose form fields and files all have names; a part without one is refused (400)."""

    def _load_form_data(self) -> None:
        super()._load_form_data()
        # The parser's types promise texts, and multipart parts without a name break the promise.
        if None in self.form or None in self.files:
            raise BadRequest("a part of the form has no name")


def install(app: APIFlask) -> None:
    """Use both in ``app``."""
    app.url_map.converters["int"] = Number
    app.request_class = NamedForm
