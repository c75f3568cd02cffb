"""What stands in a handler's link: its key, signed, so that guessing does not even reach the database."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

_TOKEN = re.compile(r"([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{22})")


def token(key: str, secret: bytes) -> str:
    """Key and signature.

    Examples
    --------
    >>> key = "A" * 22
    >>> key_of(token(key, b"secret"), b"secret") == key, key_of(token(key, b"secret"), b"other")
    (True, None)
    """
    return f"{key}.{_signature(key, secret)}"


def key_of(text: str, secret: bytes) -> str | None:
    """The key of a token that we signed; None for any other."""
    found = _TOKEN.fullmatch(text)
    if found is None or not hmac.compare_digest(_signature(found[1], secret), found[2]):
        return None
    return found[1]


def _signature(key: str, secret: bytes) -> str:
    digest = hmac.new(secret, b"geoapp handler's link\n" + key.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")
