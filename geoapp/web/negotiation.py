"""Page or JSON: what the asker wants to read."""

from __future__ import annotations

from flask import request


def wants_json() -> bool:
    """True for programs (and for our own client's fetches), False for a browser that opens a page."""
    accepted = request.accept_mimetypes
    return request.path.startswith("/api/") or (
        accepted.best_match(["application/json", "text/html"]) == "application/json"
        and accepted["application/json"] > accepted["text/html"]
    )
