"""Single sign-on: to the provider and back."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import redirect, request, session, url_for

from geoapp.accounts import guards
from geoapp.accounts.actions import Browser
from geoapp.accounts.appointments.actions import invited_person
from geoapp.accounts.entrance import own_path
from geoapp.accounts.oidc import actions, clients
from geoapp.accounts.oidc.claims import BadToken
from geoapp.accounts.views import sign_in_page
from geoapp.db import utcnow
from geoapp.errors import GeoappError, NotFound
from geoapp.web import current
from geoapp.web.describing import HTML, TEXT, describe
from geoapp.web.limits import limited
from geoapp.web.requests import client_address, public_url
from geoapp.web.rights import ANYBODY, needs

blueprint = APIBlueprint("oidc", __name__, enable_openapi=False)

#: In the cookie while the browser is at the provider: where she wanted to go, and what she came with.
UNDER_WAY = "oidc"
#: Seconds that she has there.
KEPT_S = 600


@blueprint.get("/sign-in/single")
@needs(ANYBODY)
@describe(query={"next": TEXT}, answers={303: ()}, errors=(404,))
@limited("single-sign-on", "30/minute")
def begin() -> Any:
    """To the provider."""
    return _go(own_path(request.args.get("next", "/")), invitation=None)


@blueprint.get("/invitation/<token>/single")
@needs(ANYBODY)
@describe(answers={303: ()})
@limited("single-sign-on", "30/minute")
def begin_invited(token: str) -> Any:
    """To the provider, to come back with an invitation, which is used up only then."""
    invited_person(current.database(), token)
    return _go("/account", invitation=token)


@blueprint.get("/sign-in/single/back")
@needs(ANYBODY)
@describe(
    query={"code": TEXT, "state": TEXT, "error": TEXT, "iss": TEXT},
    answers={303: (), 200: HTML},
    errors=(403, 404, 409),
)
@limited("single-sign-on", "30/minute")
def back() -> Any:
    """From the provider: a session for whom it vouches, on a page that says why not otherwise."""
    _require_configured()
    under_way: dict[str, Any] = session.pop(UNDER_WAY, None) or {}
    wanted = own_path(str(under_way.get("next", "/")))
    try:
        if not under_way or utcnow().timestamp() - float(under_way["at"]) > KEPT_S:
            raise BadToken("单点登录没有成功；请重新登录，仍不行时联系管理员。")
        claims = clients.finish()
        browser = Browser(client_address(), request.headers.get("User-Agent", ""))
        opened = actions.enter(current.database(), claims, invitation=under_way["invitation"], browser=browser)
    except GeoappError as error:
        return sign_in_page(wanted, error=error)
    guards.enter(opened)
    return redirect(wanted, 303)


def _go(wanted: str, *, invitation: str | None) -> Any:
    _require_configured()
    address = clients.begin(public_url(url_for("oidc.back")))
    session[UNDER_WAY] = {"next": wanted, "invitation": invitation, "at": utcnow().timestamp()}
    return redirect(address, 303)


def _require_configured() -> None:
    if not current.settings().oidc_issuer:
        raise NotFound("这里没有设置单点登录；请用账号和密码登录。")
