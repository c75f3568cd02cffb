"""What may come in at all; the rest is answered 400 (or 404) here, once, instead of 500 somewhere.

- Numbers in addresses that a column can be asked for: one beyond 64 bits reached SQLite.
- Form fields that have a name: multipart parts without one broke the promise of the parser's types.
- Text that can be stored and sent on: NUL is refused by PostgreSQL and ends a string elsewhere, half of a surrogate
  pair cannot be written as UTF-8.
- JSON as the standard has it: a list in a list a hundred thousand deep ends the parser; NaN is no number.
"""

from __future__ import annotations

import io
import re
from typing import IO, Any

from apiflask import APIFlask
from flask import Request, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import BadRequest
from werkzeug.routing import IntegerConverter, Map

#: Largest value of PostgreSQL's integer; SQLite's is larger, but ends too.
LARGEST = 2**31 - 1
#: Files of a form of up to so many bytes stay in memory; each thread that answers has one form at a time.
IN_MEMORY = 16 << 20

_NO_TEXT = re.compile("[\0\ud800-\udfff]")


class Number(IntegerConverter):
    """A whole number that every column can be asked for; a larger one is not there (404)."""

    def __init__(self, map: Map, *args: Any, **options: Any) -> None:
        options.setdefault("max", LARGEST)
        super().__init__(map, *args, **options)


class _Joined(io.BytesIO):
    """Takes pieces as they come and joins them, once, when the parser goes back to the start for others to read."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def seek(self, offset: int, whence: int = 0) -> int:
        if self._pieces:
            whole, self._pieces = b"".join([super().getvalue(), *self._pieces]), []
            super().__init__(whole)
        return super().seek(offset, whence)


class StrictRequest(Request):
    """A request whose form fields and files all have names, and whose fields hold text."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        # A photograph is read whole in any case; through a file it would be copied twice more.
        if total_content_length is not None and total_content_length <= IN_MEMORY:
            return _Joined()
        return super()._get_file_stream(total_content_length, content_type, filename, content_length)

    def _load_form_data(self) -> None:
        super()._load_form_data()
        if None in self.form or None in self.files:
            raise BadRequest("a part of the form has no name")
        if not all(is_text(name) and is_text(value) for name, value in self.form.items(multi=True)):
            raise BadRequest("a part of the form is no text")


class StrictJson(DefaultJSONProvider):
    """JSON without nesting that has no end, NaN, Infinity, NUL and halves of characters."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The content; ValueError, which Flask answers with 400."""
        try:
            found = super().loads(s, parse_constant=_refuse_constant, **kwargs)
        except RecursionError:
            raise ValueError("nested too deeply") from None
        if (("\\u" in s or "\0" in s) if isinstance(s, str) else (b"\\u" in s or b"\0" in s)) and not _all_text(found):
            raise ValueError("not text")
        return found


def install(app: APIFlask) -> None:
    """Use all of it in ``app``."""
    app.url_map.converters["int"] = Number
    app.request_class = StrictRequest
    app.json = StrictJson(app)

    @app.before_request
    def look() -> None:
        # Werkzeug decodes an address with replacement signs: of what is no text, NUL alone gets through.
        if "\0" in request.path or b"%00" in request.query_string or b"\0" in request.query_string:
            raise BadRequest("the address holds NUL")


def is_text(value: str) -> bool:
    """Can it be stored and sent on?"""
    return _NO_TEXT.search(value) is None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _all_text(content: Any) -> bool:
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str) and not is_text(one):
            return False
        if isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
    return True
