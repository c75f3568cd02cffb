"""One line of the log per request: what was asked for and how it went, never what was sent.

No address of a page with its values, no query, no header, no body: of the request the rule of its route, of the asker
an opaque key, and as much of the network address as the setting lets be kept.
"""

from __future__ import annotations

import hmac
import logging
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any

from apiflask import APIFlask

from geoapp.config import Settings

#: Where the request's number, and (rule, actor) of an answered one, lie in the environment of a request.
ID_KEY, NOTED_KEY = "geoapp.request_id", "geoapp.noted"

_log = logging.getLogger("geoapp.requests")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Journal:
    """Writes the lines of an application."""

    def __init__(self, app: APIFlask, settings: Settings) -> None:
        self._app, self._keep, self._zone = app, settings.log_addresses, settings.zone

    def __call__(self, environ: dict[str, Any], status: int, took_s: float) -> None:
        level = logging.ERROR if status >= 500 else logging.INFO
        if not _log.isEnabledFor(level):
            return
        rule, actor = environ.get(NOTED_KEY, (None, None))
        method = environ["REQUEST_METHOD"]
        fields = {
            "request": environ[ID_KEY],
            "method": method if method in _METHODS else "other",
            "route": rule,
            "status": status,
            "ms": round(took_s * 1000, 1),
            "actor": actor,
            "address": kept_of(environ.get("REMOTE_ADDR", ""), self._keep, secret=self._daily_secret()),
        }
        _log.log(level, "request", extra={"fields": fields})

    def _daily_secret(self) -> bytes:
        """New each day: one asker's requests can be told together within a day, and nobody can be followed longer."""
        day = datetime.now(self._zone).date().isoformat()
        key = self._app.secret_key or b""
        return day.encode() + (key.encode() if isinstance(key, str) else key)


def kept_of(address: str, keep: str, *, secret: bytes) -> str | None:
    """What the log keeps of an address: ``short`` its /24 or /48, ``hash``, ``full``, ``none``.

    Examples
    --------
    >>> kept_of("198.51.100.7", "short", secret=b""), kept_of("2001:db8:1:2::3", "short", secret=b"")
    ('198.51.100.0/24', '2001:db8:1::/48')
    """
    try:
        known = ip_address(address)
    except ValueError:
        return None
    if keep == "short":
        return str(ip_network((known, 24 if known.version == 4 else 48), strict=False))
    if keep == "hash":
        return hmac.new(secret, str(known).encode(), "sha256").hexdigest()[:12]
    return str(known) if keep == "full" else None
