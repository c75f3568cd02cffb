"""How much a request may bring: 1 MiB unless its view declares more; refused before it is read.

The server in front (`geoapp.listening`) asks `most_bytes` as soon as it knows the address, so that what is too much
is not even stored; under a server that hands bodies on unread (gunicorn) the application itself refuses.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, TypeVar

from apiflask import APIFlask
from flask import current_app, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from geoapp.config import Settings
from geoapp.errors import TooLarge

View = TypeVar("View", bound=Callable[..., object])

DEFAULT_MIB = 1.0
#: Boundaries and field names around the files of an upload.
AROUND_FILES_MIB = 1.0


def takes(*, mib: float) -> Callable[[View], View]:
    """Declare the largest body of a view, below its ``@blueprint.post(...)``."""

    def declare(view: View) -> View:
        view.__geoapp_body_mib__ = mib  # type: ignore[attr-defined]
        return view

    return declare


def takes_uploads(view: View) -> View:
    """Declare that a view takes bodies as large as the installation's setting for uploads."""
    view.__geoapp_uploads__ = True  # type: ignore[attr-defined]
    return view


def bytes_of(view: Callable[..., object] | None, settings: Settings) -> int:
    """The largest body that a view takes."""
    mib = getattr(view, "__geoapp_body_mib__", DEFAULT_MIB)
    if getattr(view, "__geoapp_uploads__", False):
        mib = settings.max_upload_mib + AROUND_FILES_MIB
    return int(mib * (1 << 20))


def most_bytes(app: APIFlask, method: str, path: str) -> int:
    """The largest body for an address, known before the body is; of an address that is not there, the default."""
    settings = app.extensions["geoapp"]["settings"]
    try:
        endpoint, _values = app.url_map.bind("").match(path, method=method)
    except (HTTPException, RequestRedirect):
        return bytes_of(None, settings)
    return bytes_of(app.view_functions[endpoint], settings)


def install(app: APIFlask) -> None:
    """Refuse bodies that are too large for their view, by what they declare and while they are read."""
    settings = app.extensions["geoapp"]["settings"]

    @app.before_request
    def bound() -> None:
        view = current_app.view_functions[request.endpoint] if request.endpoint else None
        most = bytes_of(view, settings)
        if (request.content_length or 0) > most:
            raise _too_large(most)
        # One more, for werkzeug raises its own error when the end is looked for behind the last byte.
        request.max_content_length = most + 1
        if request.content_length is None and request.environ.get("wsgi.input_terminated"):
            # In chunks, without a length. Werkzeug would cut such a body off at the limit and say nothing.
            request.environ["wsgi.input"] = _Bounded(request.environ["wsgi.input"], most)


class _Bounded(io.RawIOBase):
    """A stream that raises when more comes than may."""

    def __init__(self, stream: Any, most: int) -> None:
        self._stream, self._most, self._left = stream, most, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(min(len(buffer), self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise _too_large(self._most)
        buffer[: len(data)] = data
        return len(data)


def _too_large(most: int) -> TooLarge:
    return TooLarge(_("发送的内容超过 %(mib)s MiB 的上限；请拆成几份再发送。", mib=f"{most / (1 << 20):g}"))
