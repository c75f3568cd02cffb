"""What stands in a door's QR code: its key, signed, so that nobody prints a door that there is not.

The code only hints at a place. It signs nobody in, and a poster that was carried off says no more than where it hung.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

_TOKEN = re.compile(r"([A-Za-z0-9_-]{11})\.([A-Za-z0-9_-]{16})")


def token(key: str, secret: bytes) -> str:
    """Key and signature, 28 letters: short enough for a code that an old phone reads from a metre away."""
    return f"{key}.{_signature(key, secret)}"


def key_of(text: str, secret: bytes) -> str | None:
    """The key of a token that we signed; None for any other."""
    found = _TOKEN.fullmatch(text)
    if found is None or not hmac.compare_digest(_signature(found[1], secret), found[2]):
        return None
    return found[1]


def _signature(key: str, secret: bytes) -> str:
    digest = hmac.new(secret, b"geoapp door\n" + key.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:12]).decode()
