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
    """Does the asker hold a permission? The accounts part answers once it is installed.

    Without accounts an installation serves the one person at its machine, who may see what lies on it.
    """
    from flask import current_app

    answer = current_app.extensions["geoapp"].get("holds")
    return True if answer is None else bool(answer(permission))
