"""Bodies 承办单位 as pages, for those who manage the people of their places."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from geoapp.accounts import forms, guards
from geoapp.accounts import store as people
from geoapp.accounts.appointments.views import RANK, manageable, ranks, wanted_tops
from geoapp.accounts.bodies import actions, store
from geoapp.accounts.bodies.kinds import KINDS
from geoapp.accounts.people import Body
from geoapp.accounts.roles import RANK_NAMES, may_appoint
from geoapp.errors import GeoappError, NotFound, http_status
from geoapp.web import current
from geoapp.web.describing import DAY, TEXT, describe, either
from geoapp.web.errors import said
from geoapp.web.rights import needs

blueprint = APIBlueprint("bodies", __name__, template_folder="templates", enable_openapi=False)

KIND = either(*KINDS)


@blueprint.get("/bodies")
@needs("people.read")
@describe(query={"place": TEXT}, errors=(404,))
def listing() -> Any:
    """Bodies at the places of who asks and below."""
    tops = wanted_tops("people.read")
    with current.database().reading() as connection:
        found = store.bodies_below(connection, tops)
        sizes = {b.id: len(store.members_of(connection, b.id, on=guards.today())) for b in found}
    names = current.place_names({b.place for b in found} | set(tops))
    return render_template(
        "bodies/list.html",
        bodies=[{**_row(b, names), "members": sizes[b.id]} for b in found],
        choices=current.places_below(guards.actor().places("people.read", on=guards.today())),
        chosen=request.args.get("place", ""),
        where="、".join(names.get(top) or _("全部地方") for top in tops),
    )


@blueprint.get("/bodies/new")
@needs("people.manage")
def new() -> Any:
    """The form for a body."""
    return _new_page()


@blueprint.post("/bodies/new")
@needs("people.manage")
@describe(form={"name": TEXT, "kind": KIND, "place": TEXT}, needed=("name", "kind"), answers={303: ()})
def new_post() -> Any:
    """Set it up."""
    try:
        body = actions.create(
            current.database(),
            guards.actor(),
            name=forms.text(request.form, "name"),
            kind=forms.text(request.form, "kind"),
            place=forms.place(request.form, manageable()),
            on=guards.today(),
        )
    except GeoappError as error:
        return _new_page(error)
    flash(_("单位已建好；现在可以加入人员。"))
    return redirect(url_for("bodies.body", key=body.key), 303)


@blueprint.get("/bodies/<key>")
@needs("people.read")
def body(key: str) -> Any:
    """One body: who belongs to it, and what it holds."""
    return _body_page(key)


@blueprint.post("/bodies/<key>/members")
@needs("people.manage")
@describe(form={"person": TEXT}, needed=("person",), answers={303: ()}, errors=(409,))
def join(key: str) -> Any:
    """Let somebody belong to it."""
    _visible(key)
    try:
        person = forms.text(request.form, "person", longest=32)
        actions.join(current.database(), guards.actor(), key, person, on=guards.today())
    except GeoappError as error:
        return _body_page(key, error)
    flash(_("已加入。"))
    return redirect(url_for("bodies.body", key=key), 303)


@blueprint.post("/bodies/<key>/members/<person>/end")
@needs("people.manage")
@describe(answers={303: ()})
def leave(key: str, person: str) -> Any:
    """Let somebody belong to it no longer."""
    _visible(key)
    actions.leave(current.database(), guards.actor(), key, person, on=guards.today())
    flash(_("已退出。"))
    return redirect(url_for("bodies.body", key=key), 303)


@blueprint.post("/bodies/<key>/grants")
@needs("people.manage")
@describe(form={"rank": RANK, "place": TEXT, "until": DAY}, needed=("rank",), answers={303: ()})
def appoint(key: str) -> Any:
    """Give it a rank at a further place."""
    _visible(key)
    try:
        actions.appoint(
            current.database(),
            guards.actor(),
            key,
            rank=forms.rank(request.form),
            place=forms.place(request.form, manageable()),
            on=guards.today(),
            until=forms.day(request.form, "until"),
        )
    except GeoappError as error:
        return _body_page(key, error)
    flash(_("已授权。"))
    return redirect(url_for("bodies.body", key=key), 303)


@blueprint.post("/bodies/<key>/grants/<int:number>/end")
@needs("people.manage")
@describe(answers={303: ()})
def revoke(key: str, number: int) -> Any:
    """End what it holds."""
    _visible(key)
    actions.revoke(current.database(), guards.actor(), key, number, on=guards.today())
    flash(_("授权已收回。"))
    return redirect(url_for("bodies.body", key=key), 303)


@blueprint.post("/bodies/<key>/end")
@needs("people.manage")
@describe(answers={303: ()})
def end(key: str) -> Any:
    """Close it."""
    _visible(key)
    actions.end(current.database(), guards.actor(), key, on=guards.today())
    flash(_("单位已停用。"))
    return redirect(url_for("bodies.listing"), 303)


def _visible(key: str) -> Body:
    """A body at a place where who asks may look; for all others it is not there."""
    with current.database().reading() as connection:
        found = store.body_by_key(connection, key)
    if not guards.actor().may("people.read", found.place, on=guards.today()):
        raise NotFound("没有这个单位；它可能已停用。")
    return found


def _row(found: Body, names: dict[Any, str]) -> dict[str, Any]:
    where = names.get(found.place) or _("全部地方")
    return {"key": found.key, "name": found.name, "kind": _(KINDS.get(found.kind, found.kind)), "where": where}


def _body_page(key: str, error: GeoappError | None = None) -> Response:
    found, actor, on = _visible(key), guards.actor(), guards.today()
    with current.database().reading() as connection:
        members = store.members_of(connection, found.id, on=on)
        held = store.held_by(connection, found.id)
        manages = actions.manages(connection, actor, found, on=on)
        below = people.people_below(connection, actor.places("people.read", on=on)) if manages else []
    names = current.place_names({grant.place for _number, grant in held} | {found.place})
    known = {member.key for member in members}
    page = render_template(
        "bodies/body.html",
        body=_row(found, names),
        members=members,
        manages=manages,
        candidates=[
            (person.key, person.name)
            for person, _held in below
            if person.ended_at is None and person.key not in known and person != actor.person
        ],
        grants=[
            {
                "id": number,
                "rank": _(RANK_NAMES[grant.rank]),
                "where": names.get(grant.place) or _("全部地方"),
                "from": grant.valid_from,
                "to": grant.valid_to,
                "mine": may_appoint(actor.grants, grant.rank, grant.place, on=on),
            }
            for number, grant in held
            if grant.holds(on)
        ],
        ranks=ranks(),
        choices=manageable(),
        typed=request.form,
        fault_words=said(error) if error else "",
    )
    return make_response(page, http_status(error) if error else 200)


def _new_page(error: GeoappError | None = None) -> Response:
    page = render_template(
        "bodies/new.html",
        kinds=[(key, _(title)) for key, title in KINDS.items()],
        choices=manageable(),
        typed=request.form,
        fault_words=said(error) if error else "",
    )
    return make_response(page, http_status(error) if error else 200)
