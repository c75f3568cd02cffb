"""Signing in and out, one's own account, invitations, and who is asking."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import asdict
from typing import Any

import segno
from apiflask import APIBlueprint
from flask import Response, flash, jsonify, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from geoapp.accounts import actions, forms, guards, store
from geoapp.accounts.actions import Browser, Half, SecondFactorNeeded, SignedIn
from geoapp.accounts.appointments import actions as appointments
from geoapp.accounts.entrance import own_path
from geoapp.accounts.roles import RANK_NAMES
from geoapp.db import utcnow
from geoapp.errors import GeoappError, Invalid, NotSignedIn, TooOften, http_status
from geoapp.web import current
from geoapp.web.describing import HTML, JSON, TEXT, describe
from geoapp.web.errors import said
from geoapp.web.limits import limited
from geoapp.web.requests import client_address
from geoapp.web.rights import ANYBODY, needs

blueprint = APIBlueprint("accounts", __name__, template_folder="templates", enable_openapi=False)

#: In the cookie between the two steps of a sign-in, and while a second factor is being set up.
HALF, SECRET = "half", "totp"
#: Seconds in which the code has to follow the password.
HALF_KEPT_S = 300
#: Printed on the sign-in page of a demo, where anybody may be anybody (`geoapp.demo.cast` gives it to its accounts).
DEMO_PASSWORD = "xiaguangli-demo"  # noqa: S105


@blueprint.get("/sign-in")
@needs(ANYBODY)
@describe(query={"next": TEXT}, answers={200: HTML, 303: ()})
def sign_in() -> Any:
    """The form; who is signed in already goes on."""
    if guards.actor().person is not None:
        return redirect(own_path(request.args.get("next", "/")), 303)
    return sign_in_page(own_path(request.args.get("next", "/")))


@blueprint.post("/sign-in")
@needs(ANYBODY)
@limited("sign-in", "30/minute")
@describe(
    form={"login": TEXT, "password": TEXT, "next": TEXT, "shared": TEXT},
    needed=("login", "password"),
    answers={303: ()},
    errors=(403,),
)
def sign_in_post() -> Any:
    """Account and password; on to where she wanted to go, or to the code of the second factor."""
    wanted = own_path(forms.text(request.form, "next", longest=2000) or "/")
    login, shared = forms.text(request.form, "login"), bool(request.form.get("shared"))
    try:
        opened = actions.sign_in(
            current.database(),
            login,
            forms.text(request.form, "password", longest=1000),
            browser=_browser(login, shared=shared),
        )
    except SecondFactorNeeded as error:
        session[HALF] = {**asdict(error.half), "at": utcnow().timestamp(), "login": login, "shared": shared}
        return redirect(url_for("accounts.second_step", next=wanted), 303)
    except GeoappError as error:
        return sign_in_page(wanted, error=error, login=login)
    return _let_in(opened, wanted, login, shared=shared)


@blueprint.get("/sign-in/code")
@needs(ANYBODY)
@describe(query={"next": TEXT}, answers={200: HTML, 303: ()})
def second_step() -> Any:
    """The form for the code, after the right password."""
    if HALF not in session:
        return redirect(url_for("accounts.sign_in", next=own_path(request.args.get("next", "/"))), 303)
    return render_template("accounts/second_step.html", next=own_path(request.args.get("next", "/")))


@blueprint.post("/sign-in/code")
@needs(ANYBODY)
@limited("sign-in", "30/minute")
@describe(form={"code": TEXT, "next": TEXT}, needed=("code",), answers={303: ()}, errors=(401, 403, 404))
def second_step_post() -> Any:
    """The code of the second factor, or a recovery code."""
    wanted = own_path(forms.text(request.form, "next", longest=2000) or "/")
    half: dict[str, Any] = session.get(HALF) or {}
    if not half or utcnow().timestamp() - float(half["at"]) > HALF_KEPT_S:
        session.pop(HALF, None)
        return sign_in_page(wanted, error=NotSignedIn("登录已过期；请重新输入账号和密码。"))
    login, shared = str(half["login"]), bool(half["shared"])
    passed = Half(str(half["person_key"]), str(half["password_mark"]))
    try:
        code = forms.text(request.form, "code")
        opened = actions.finish_sign_in(current.database(), passed, code=code, browser=_browser(login, shared=shared))
    except GeoappError as error:
        page = render_template("accounts/second_step.html", next=wanted, fault_words=said(error))
        return _answered(page, error)
    return _let_in(opened, wanted, login, shared=shared)


@blueprint.post("/sign-out")
@needs(ANYBODY)
@describe(answers={303: ()})
def sign_out() -> Any:
    """End the session, here and on the server."""
    actions.sign_out(current.database(), guards.actor())
    guards.leave()
    return redirect("/", 303)


@blueprint.get("/account")
@needs("account.own")
def account() -> Any:
    """One's own account: rights, password, second factor, sessions."""
    return _account_page()


@blueprint.post("/account/password")
@needs("account.own")
@describe(form={"old": TEXT, "new": TEXT, "again": TEXT}, needed=("old", "new", "again"), answers={303: ()})
def change_password() -> Any:
    """A new password; all other sessions end."""
    old, new = (forms.text(request.form, name, longest=1000) for name in ("old", "new"))
    try:
        if new != forms.text(request.form, "again", longest=1000):
            raise Invalid("两次输入的新密码不一样；请重新输入。")
        actions.change_password(current.database(), guards.actor(), old=old, new=new)
    except GeoappError as error:
        return _account_page(error, at="password")
    flash(_("密码已修改，其他设备上的登录已经结束。"))
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/account/sessions/<key>/end")
@needs("account.own")
@describe(answers={303: ()})
def end_session(key: str) -> Any:
    """End one of one's own sessions."""
    actions.sign_out(current.database(), guards.actor(), session_key=key)
    flash(_("那台设备上的登录已经结束。"))
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/account/second-factor")
@needs("account.own")
def begin_second_factor() -> Any:
    """A new secret, as a picture for the authenticator and as letters."""
    secret, address = actions.begin_second_factor(guards.actor())
    session[SECRET] = secret
    return _second_factor_page(secret, address)


@blueprint.post("/account/second-factor/confirm")
@needs("account.own")
@describe(form={"code": TEXT}, needed=("code",), errors=(409,))
def confirm_second_factor() -> Any:
    """Turn it on after one right code; the recovery codes are shown this once."""
    secret = str(session.get(SECRET) or "")
    if not secret:
        raise Invalid("请重新开始设置两步验证。")
    try:
        codes = actions.confirm_second_factor(
            current.database(), guards.actor(), secret=secret, code=forms.text(request.form, "code")
        )
    except GeoappError as error:
        return _second_factor_page(secret, actions.second_factor_address(guards.actor(), secret), error)
    session.pop(SECRET, None)
    return render_template("accounts/recovery_codes.html", codes=codes)


@blueprint.post("/account/second-factor/end")
@needs("account.own")
@describe(form={"password": TEXT}, needed=("password",), answers={303: ()})
def end_second_factor() -> Any:
    """Turn it off; the password is asked for again."""
    try:
        actions.end_second_factor(
            current.database(), guards.actor(), password=forms.text(request.form, "password", longest=1000)
        )
    except GeoappError as error:
        return _account_page(error, at="second-factor")
    flash(_("两步验证已关闭。"))
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/account/export")
@needs("account.own")
@describe(answers={200: JSON})
@limited("export", "10/hour")
def export() -> Any:
    """All that is kept of oneself, as a file; the export is itself an entry of the audit."""
    person = guards.actor().person
    assert person is not None
    return exported(person.key)


@blueprint.get("/invitation/<token>")
@needs(ANYBODY)
def invitation(token: str) -> Any:
    """Whose link it is, and the form for a password; looking uses nothing up."""
    return _invitation_page(token)


@blueprint.post("/invitation/<token>")
@needs(ANYBODY)
@limited("sign-in", "30/minute")
@describe(form={"new": TEXT, "again": TEXT}, needed=("new", "again"), answers={303: ()})
def accept_invitation(token: str) -> Any:
    """Choose a password; the link is used up."""
    new = forms.text(request.form, "new", longest=1000)
    appointments.invited_person(current.database(), token)
    try:
        if new != forms.text(request.form, "again", longest=1000):
            raise Invalid("两次输入的新密码不一样；请重新输入。")
        appointments.accept(current.database(), token, new)
    except Invalid as error:
        return _invitation_page(token, error)
    guards.leave()
    flash(_("密码已设好；现在请登录。"))
    return redirect(url_for("accounts.sign_in"), 303)


@blueprint.get("/api/me")
@needs(ANYBODY)
def who() -> Any:
    """Who is asking, with what rights, and the token that a change has to carry."""
    response = jsonify(guards.me())
    response.headers["Cache-Control"] = "no-store"
    return response


def exported(key: str) -> Response:
    """What is kept of a person, as a file of JSON."""
    kept = appointments.export_person(current.database(), guards.actor(), key, on=guards.today())
    text = json.dumps(kept, ensure_ascii=False, indent=1, default=str)
    response = Response(text, content_type="application/json")
    response.headers["Content-Disposition"] = f"attachment; filename=geoapp-{key}.json"
    response.headers["Cache-Control"] = "no-store"
    return response


def _browser(login: str, *, shared: bool) -> Browser:
    agent = request.headers.get("User-Agent", "")
    return Browser(client_address(), agent, guards.known_mark(login), shared)


def _let_in(opened: SignedIn, wanted: str, login: str, *, shared: bool) -> Response:
    guards.enter(opened)
    response = make_response(redirect(wanted, 303))
    if not shared:
        guards.remember_browser(response, login)
    return response


def sign_in_page(wanted: str, *, error: GeoappError | None = None, login: str = "") -> Response:
    """The form, with what went wrong, the demo's accounts, and single sign-on where it is set up."""
    settings = current.settings()
    demo = []
    if settings.env != "production":
        with current.database().reading() as connection:
            demo = store.demo_people(connection, on=guards.today())
    held = [grant for _person, grants in demo for grant in grants]
    names = current.place_names([grant.place for grant in held])
    rows = [
        {
            "login": person.login,
            "name": person.name,
            "where": "、".join(names.get(grant.place, "") for grant in grants if grant.place),
        }
        for person, grants in demo
    ]
    page = render_template(
        "accounts/sign_in.html",
        next=wanted,
        login=login,
        fault_words=said(error) if error else "",
        demo=rows,
        demo_password=DEMO_PASSWORD,
        single=settings.oidc_name if settings.oidc_issuer else "",
        insecure=settings.public_url.startswith("https:") and not request.is_secure,
    )
    return _answered(page, error)


def _account_page(error: GeoappError | None = None, *, at: str = "") -> Response:
    actor, now = guards.actor(), utcnow()
    assert actor.person is not None
    with current.database().reading() as connection:
        opened = store.sessions_of(connection, actor.person.id, now=now, current=actor.session_key)
    names = current.place_names([grant.place for grant in actor.grants])
    held = [
        {"rank": _(RANK_NAMES[grant.rank]), "where": names.get(grant.place, ""), "until": grant.valid_to}
        for grant in actor.grants
    ]
    page = render_template(
        "accounts/account.html",
        person=actor.person,
        held=held,
        sessions=opened,
        faults={at: said(error)} if error else {},
    )
    return _answered(page, error)


def _second_factor_page(secret: str, address: str, error: GeoappError | None = None) -> Response:
    picture = io.BytesIO()
    segno.make(address, error="m").save(picture, kind="png", scale=5, border=3)
    data = "data:image/png;base64," + base64.b64encode(picture.getvalue()).decode()
    letters = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    page = render_template(
        "accounts/second_factor.html", picture=data, letters=letters, fault_words=said(error) if error else ""
    )
    return _answered(page, error)


def _invitation_page(token: str, error: GeoappError | None = None) -> Response:
    person = appointments.invited_person(current.database(), token)
    page = render_template(
        "accounts/invitation.html",
        person=person,
        token=token,
        fault_words=said(error) if error else "",
        single=current.settings().oidc_name if current.settings().oidc_issuer else "",
    )
    response = _answered(page, error)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _answered(page: str, error: GeoappError | None) -> Response:
    """A form that is shown again says in its status that nothing was done."""
    response = make_response(page, http_status(error) if error else 200)
    if isinstance(error, TooOften):
        response.headers["Retry-After"] = str(int(error.wait_s) + 1)
    return response
