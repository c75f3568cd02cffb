"""Every route says which permission it needs; an app with a route that does not say so does not start.

This is the declaration only, so that pages of every part can make it. Who holds which permission is
`geoapp.accounts.roles`; the check before each request is `geoapp.accounts.guards`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from apiflask import APIFlask

View = TypeVar("View", bound=Callable[..., object])

#: For what anybody may ask for: health, built files, sign-in.
ANYBODY = "anybody"


class UndeclaredRoute(RuntimeError):
    """A fault of ours, found at start: the message names the routes."""


def needs(permission: str) -> Callable[[View], View]:
    """Declare what a route needs, directly above the view function and below ``@blueprint.get(...)``."""

    def declare(view: View) -> View:
        view.__geoapp_permission__ = permission  # type: ignore[attr-defined]
        return view

    return declare


def no_cookie(view: View) -> View:
    """Declare that no cookie authorises a changing route, but a secret in the request itself: a receipt, a signed
    link, a key of the interface. What another site makes a browser send carries no such secret, so no token is asked.
    """
    view.__geoapp_no_cookie__ = True  # type: ignore[attr-defined]
    return view


def needs_token(view: Callable[..., object]) -> bool:
    """Is a changing request to this view refused without a token against forgery? Unless it declared otherwise."""
    return not getattr(view, "__geoapp_no_cookie__", False)


def permission_of(view: Callable[..., object]) -> str | None:
    """What a view declared, None when it declared nothing."""
    return getattr(view, "__geoapp_permission__", None)


def require_declarations(app: APIFlask) -> None:
    """UndeclaredRoute when a route of ``app`` declares no permission."""
    silent = sorted(
        rule.rule for rule in app.url_map.iter_rules() if permission_of(app.view_functions[rule.endpoint]) is None
    )
    if silent:
        raise UndeclaredRoute(
            "these routes declare no permission; put @needs('part.what') of geoapp.web.rights under each: "
            + ", ".join(silent)
        )


def holds(permission: str) -> bool:
    """Does the asker hold a permission, at whatever place? The accounts part answers; without it nobody does."""
    from flask import current_app

    answer = current_app.extensions["geoapp"].get("holds")
    return answer is not None and bool(answer(permission))
