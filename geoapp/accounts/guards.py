"""The check before each request: who asks, what the view declared, and whether a change was meant by who asks.

Deny by default: what a view did not declare, and what the map of rights does not know, is nobody's.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import date
from typing import Any, cast

from apiflask import APIFlask
from flask import Response, current_app, g, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from itsdangerous import BadData, URLSafeSerializer

from geoapp.accounts import actions
from geoapp.accounts.people import VISITOR, Actor
from geoapp.accounts.roles import PERMISSIONS, UnknownPermission
from geoapp.accounts.trail import actions as trail
from geoapp.errors import NotAllowed, NotSignedIn
from geoapp.web import current
from geoapp.web.errors import answer
from geoapp.web.negotiation import wants_json
from geoapp.web.requests import request_id
from geoapp.web.rights import needs_token, permission_of

#: Where the session's token lies in the cookie that Flask signs.
TOKEN = "token"  # noqa: S105
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: Answers that are the same for everybody: nobody is looked up for them.
_IMPERSONAL = frozenset({"web.static", "web.health", "web.ready"})


class _Csrf(CSRFProtect):  # type: ignore[misc]
    """A header is looked at first: an upload is not read to its end before it is refused."""

    def _get_csrf_token(self) -> str | None:
        return request.headers.get("X-CSRF-Token") or super()._get_csrf_token()


_csrf = _Csrf()


class _SessionCookie(SecureCookieSessionInterface):
    """Secure where the installation is reached by TLS, and wherever the request came in by it."""

    def get_cookie_secure(self, app: Any) -> bool:
        return bool(super().get_cookie_secure(app)) or request.is_secure


def install(app: APIFlask) -> None:
    """Let nothing of ``app`` be asked or changed without the right to it."""
    app.config.update(
        SESSION_COOKIE_SECURE=app.extensions["geoapp"]["settings"].public_url.startswith("https:"),
        # A map stays open for a day; the token lives as long as the session that it belongs to.
        WTF_CSRF_TIME_LIMIT=None,
        # Decided below, after the right has been checked.
        WTF_CSRF_CHECK_DEFAULT=False,
        # The token is enough, and offices' proxies take the Referer away.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.session_interface = _SessionCookie()
    _csrf.init_app(app)
    app.extensions["geoapp"]["holds"] = holds
    app.extensions["geoapp"]["asker"] = asker
    app.extensions["geoapp"]["acting"] = acting
    app.extensions["geoapp"]["me"] = me
    app.before_request(_check)
    app.after_request(_keep_private)
    app.teardown_request(_forget_request)
    app.register_error_handler(CSRFError, lambda error: answer(400, _("页面开得太久或已换人登录；请刷新页面后重试。")))
    app.context_processor(lambda: {"me": me})


def require_known_permissions(app: APIFlask) -> None:
    """UnknownPermission when a route declares one that the map of rights does not hold: the app does not start."""
    declared = {permission_of(view) for view in app.view_functions.values()}
    unknown = sorted(str(permission) for permission in declared - set(PERMISSIONS))
    if unknown:
        raise UnknownPermission(f"权限表中没有 {'、'.join(unknown)}；请在 accounts/roles.py 中登记。")


def actor() -> Actor:
    """Who asks; `VISITOR` for nobody in particular. Found once per request, before its view runs."""
    if "actor" not in g:
        g.actor = VISITOR if request.endpoint in _IMPERSONAL else _who()
    return cast(Actor, g.actor)


def asker() -> str | None:
    """Opaque key of the person who asks, by which rates are counted; None for a visitor."""
    person = actor().person
    return person.key if person is not None else None


def acting() -> str | None:
    """Like `asker`, where the actor was found already: for the log, which must not look anybody up."""
    person = g.actor.person if "actor" in g else None
    return person.key if person is not None else None


def today() -> date:
    """The civil day on which rights are looked at."""
    return current.database().today()


def holds(permission: str) -> bool:
    """Does who asks hold the permission, at whatever place?"""
    return actor().may(permission, on=today())


def me() -> dict[str, Any]:
    """Who asks, for pages and the client: name, ranks, and per permission the codes from which down it is held.

    An empty code stands for everywhere. What every visitor may do is not listed.
    """
    who, on = actor(), today()
    person = who.person
    return {
        "signed_in": person is not None,
        "key": person.key if person else None,
        "name": person.name if person else None,
        "ranks": [_(rank) for rank in who.ranks(on)],
        "rights": {
            permission: [place[-1] if place else "" for place in places]
            for permission in PERMISSIONS
            if (places := who.places(permission, on=on))
        },
        "csrf_token": generate_csrf(),
    }


def enter(opened: actions.SignedIn) -> None:
    """Let this browser act in a session that was just opened; nothing of what it carried before stays."""
    session.clear()
    session[TOKEN] = opened.token


def leave() -> None:
    """Forget the session in this browser; that it ended on the server is `actions.sign_out`."""
    session.clear()


def _check() -> Any:
    """Before each request: find the actor, check her right, and for a change that she meant it."""
    trail.REQUEST.set(request_id())
    who = actor()
    if request.endpoint is None:
        return None
    view = current_app.view_functions[request.endpoint]
    permission = permission_of(view)
    if permission is None:
        raise NotAllowed("您没有办理这件事的权限；请联系本级管理员，或用有权限的账号登录。")
    if not who.may(permission, on=today()):
        if who.person is None:
            return _ask_to_sign_in()
        who.require(permission, on=today())
    if request.method not in SAFE and needs_token(view):
        _csrf.protect()
    return None


def _forget_request(_error: BaseException | None) -> None:
    """The thread serves the next one, or a task."""
    trail.REQUEST.set("")


def _who() -> Actor:
    token = session.get(TOKEN)
    if not token:
        return VISITOR
    found = actions.current_actor(current.database(), str(token), on=today())
    if found is None:
        return VISITOR
    if found.late and request.method not in SAFE:
        return VISITOR
    if found.token is not None:
        session[TOKEN] = found.token
    return found.actor


def _ask_to_sign_in() -> Any:
    if request.method in SAFE and not wants_json():
        wanted = request.full_path if request.query_string else request.path
        return redirect(url_for("accounts.sign_in", next=wanted), 303)
    raise NotSignedIn("请先登录；登录可能已过期。")


def _keep_private(response: Response) -> Response:
    """What was made for one person is not kept: the next one at a shared PC presses "back"."""
    if actor().person is not None:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


# -- browsers in which an account signed in before -----------------------------------------------------------------

KNOWN = "known"
_KNOWN_DAYS, _MOST_KNOWN = 180, 5


def known_mark(login: str) -> str | None:
    """The mark that this browser got when the account last signed in here; None when it never did, or was forged."""
    return _known_marks().get(_login_mark(login))


def remember_browser(response: Response, login: str) -> None:
    """Give this browser a mark for the account: tries from it are counted apart from those of strangers."""
    name, marks = _login_mark(login), _known_marks()
    mark = marks.pop(name, None) or secrets.token_hex(8)
    kept = dict([*marks.items(), (name, mark)][-_MOST_KNOWN:])
    response.set_cookie(
        KNOWN,
        _known_signer().dumps(kept),
        max_age=_KNOWN_DAYS * 86400,
        httponly=True,
        samesite="Lax",
        secure=current_app.session_interface.get_cookie_secure(current_app),
        path="/sign-in",
    )


def _known_marks() -> dict[str, str]:
    try:
        marks = _known_signer().loads(request.cookies.get(KNOWN, ""))
    except BadData:
        return {}
    return {str(name): str(mark) for name, mark in marks.items()} if isinstance(marks, dict) else {}


def _known_signer() -> URLSafeSerializer:
    return URLSafeSerializer(cast(bytes, current_app.secret_key), salt="known-browser")


def _login_mark(login: str) -> str:
    """The account without its name: what lies in a cookie is read by whoever sits there next."""
    key = cast(bytes, current_app.secret_key)
    return hmac.new(key, login.strip().casefold().encode(), hashlib.sha256).hexdigest()[:16]
