"""People and what they hold: the administrator and each level manage those below them."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from geoapp.accounts import forms, guards, store
from geoapp.accounts.actions import INVITATION_KEPT
from geoapp.accounts.appointments import actions
from geoapp.accounts.people import Person
from geoapp.accounts.privacy import leave
from geoapp.accounts.roles import RANK_NAMES, PlacePath, Rank, may_appoint
from geoapp.accounts.store import HeldGrant
from geoapp.accounts.views import exported
from geoapp.errors import GeoappError, NotFound, http_status
from geoapp.web import current
from geoapp.web.describing import DAY, JSON, TEXT, describe, either
from geoapp.web.errors import said
from geoapp.web.limits import limited
from geoapp.web.requests import public_url
from geoapp.web.rights import needs

blueprint = APIBlueprint("people", __name__, template_folder="templates", enable_openapi=False)

RANK = either(*(rank.value for rank in Rank))
#: What of a person leaves, and the declaration of each field (`geoapp.accounts.privacy`).
PERSONAL = {"login": "person.login", "name": "person.name", "email": "person.email", "phone": "person.phone"}


@blueprint.get("/people")
@needs("people.read")
@describe(query={"place": TEXT}, errors=(404,))
def listing() -> Any:
    """People at the places of who asks and below; ``?place=`` narrows it."""
    actor, on = guards.actor(), guards.today()
    tops = wanted_tops("people.read")
    with current.database().reading() as connection:
        found = store.people_below(connection, tops)
    names = current.place_names({h.grant.place for _person, held in found for h in held} | set(tops))
    people = [_row(person, held, names) for person, held in found]
    return render_template(
        "people/list.html",
        people=[row for row in people if not row["ended"]],
        former=[row for row in people if row["ended"]],
        choices=current.places_below(actor.places("people.read", on=on)),
        chosen=request.args.get("place", ""),
        where="、".join(names.get(top) or _("全部地方") for top in tops),
        may_invite=bool(ranks()),
    )


@blueprint.get("/people/invite")
@needs("people.manage")
def invite() -> Any:
    """The form for a new person."""
    return _invite_page()


@blueprint.post("/people/invite")
@needs("people.manage")
@describe(
    form={"name": TEXT, "login": TEXT, "rank": RANK, "place": TEXT, "until": DAY},
    needed=("name", "login", "rank"),
    errors=(409,),
)
def invite_post() -> Any:
    """A new person with a first rank; her link is shown this once."""
    on = guards.today()
    try:
        invited = actions.invite(
            current.database(),
            guards.actor(),
            name=forms.text(request.form, "name"),
            login=forms.text(request.form, "login"),
            rank=forms.rank(request.form),
            place=forms.place(request.form, manageable()),
            on=on,
            until=forms.day(request.form, "until"),
        )
    except GeoappError as error:
        return _invite_page(error)
    return _link_page(invited.person, invited.token, days=INVITATION_KEPT.days)


@blueprint.get("/people/<key>")
@needs("people.read")
def person(key: str) -> Any:
    """One person: what she holds and held."""
    return _person_page(key)


@blueprint.post("/people/<key>/grants")
@needs("people.manage")
@describe(form={"rank": RANK, "place": TEXT, "until": DAY}, needed=("rank",), answers={303: ()}, errors=(409,))
def appoint(key: str) -> Any:
    """Give her a rank at a place."""
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
        return _person_page(key, error)
    flash(_("已授权。"))
    return redirect(url_for("people.person", key=key), 303)


@blueprint.post("/people/<key>/grants/<int:number>/end")
@needs("people.manage")
@describe(answers={303: ()})
def revoke(key: str, number: int) -> Any:
    """End a grant."""
    _visible(key)
    actions.revoke(current.database(), guards.actor(), number, of=key, on=guards.today())
    flash(_("授权已收回。"))
    return redirect(url_for("people.person", key=key), 303)


@blueprint.post("/people/<key>/reset-link")
@needs("people.manage")
def reset_link(key: str) -> Any:
    """A link by which she chooses a new password, shown this once."""
    _visible(key)
    token = actions.reset_link(current.database(), guards.actor(), key, on=guards.today())
    with current.database().reading() as connection:
        found = store.person_by_key(connection, key)
    return _link_page(found, token, days=0)


@blueprint.post("/people/<key>/second-factor/end")
@needs("people.manage")
@describe(answers={303: ()})
def end_second_factor(key: str) -> Any:
    """Turn her second factor off, because her phone and her codes are lost; her sessions end."""
    _visible(key)
    actions.end_second_factor(current.database(), guards.actor(), key, on=guards.today())
    flash(_("她的两步验证已关闭，登录已全部结束。"))
    return redirect(url_for("people.person", key=key), 303)


@blueprint.post("/people/<key>/end")
@needs("people.manage")
@describe(answers={303: ()})
def end(key: str) -> Any:
    """Close her account."""
    _visible(key)
    actions.end_person(current.database(), guards.actor(), key, on=guards.today())
    flash(_("账号已停用，她的登录已全部结束。"))
    return redirect(url_for("people.listing"), 303)


@blueprint.post("/people/<key>/export")
@needs("privacy.export")
@describe(answers={200: JSON})
@limited("export", "10/hour")
def export(key: str) -> Any:
    """All that is kept of her, for her to be given; the export is itself an entry of the audit."""
    return exported(key)


@blueprint.post("/people/<key>/erase")
@needs("people.erase")
@describe(answers={303: ()})
def erase(key: str) -> Any:
    """Remove her personal data for good."""
    actions.erase_person(current.database(), guards.actor(), key, on=guards.today())
    flash(_("个人信息已清除；留痕仍然完整。"))
    return redirect(url_for("people.listing"), 303)


def wanted_tops(permission: str) -> list[PlacePath]:
    """Where who asks holds the permission, narrowed to ``?place=`` where that lies inside it; else NotFound."""
    held = guards.actor().places(permission, on=guards.today())
    wanted = forms.text(request.args, "place", longest=200).split(" ")[0]
    if not wanted:
        return held
    inside = [path for path in current.places_below(held) if path and path[-1] == wanted]
    if not inside:
        raise NotFound("没有这个地方，或不在您的管理范围内；请从列表中选择。")
    return inside


def _visible(key: str) -> tuple[Person, list[HeldGrant]]:
    """A person who holds or held something where who asks may look; for all others she is not there."""
    tops = guards.actor().places("people.read", on=guards.today())
    with current.database().reading() as connection:
        found = store.people_below(connection, tops, key=key)
    if not found:
        raise NotFound("没有这个账号；它可能已被删除。")
    return found[0]


def manageable() -> dict[PlacePath, str]:
    """Places where who asks may appoint somebody, with their names."""
    tops = guards.actor().places("people.manage", on=guards.today())
    return current.places_below(tops)


def ranks() -> list[tuple[str, str]]:
    """Ranks that who asks may give somewhere, with their shown names."""
    actor, on = guards.actor(), guards.today()
    places = {grant.place for grant in actor.grants}
    given = [rank for rank in Rank if any(may_appoint(actor.grants, rank, place, on=on) for place in places)]
    return [(rank.value, _(RANK_NAMES[rank])) for rank in given]


def _row(person: Person, held: list[HeldGrant], names: dict[PlacePath, str]) -> dict[str, Any]:
    actor, on = guards.actor(), guards.today()
    shown = leave(
        {name: getattr(person, name) for name in PERSONAL},
        personal=PERSONAL,
        held=[f.readers for f in _declarations() if actor.may(f.readers, on=on)],
    )
    grants = [
        {
            "id": h.id,
            "rank": _(RANK_NAMES[h.grant.rank]),
            "where": names.get(h.grant.place) or _("全部地方"),
            "from": h.grant.valid_from,
            "to": h.grant.ended_at.astimezone(current.settings().zone).date() if h.grant.ended_at else h.grant.valid_to,
            "holds": h.grant.holds(on),
            "mine": may_appoint(actor.grants, h.grant.rank, h.grant.place, on=on),
        }
        for h in held
    ]
    return {
        **shown,
        "key": person.key,
        "second_factor": person.second_factor,
        "ended": person.ended_at is not None,
        "grants": grants,
    }


def _declarations() -> list[Any]:
    from geoapp.accounts.privacy import personal_field

    return [personal_field(key) for key in PERSONAL.values()]


def _person_page(key: str, error: GeoappError | None = None) -> Response:
    found, held = _visible(key)
    names = current.place_names({h.grant.place for h in held})
    row = _row(found, held, names)
    page = render_template(
        "people/person.html",
        person=row,
        is_self=guards.actor().person == found,
        manages=any(g["holds"] for g in row["grants"]) and all(g["mine"] for g in row["grants"] if g["holds"]),
        ranks=ranks(),
        choices=manageable(),
        typed=request.form,
        fault_words=said(error) if error else "",
    )
    return make_response(page, http_status(error) if error else 200)


def _invite_page(error: GeoappError | None = None) -> Response:
    page = render_template(
        "people/invite.html",
        ranks=ranks(),
        choices=manageable(),
        typed=request.form,
        fault_words=said(error) if error else "",
    )
    return make_response(page, http_status(error) if error else 200)


def _link_page(person: Person, token: str, *, days: int) -> Response:
    link = public_url(url_for("accounts.invitation", token=token))
    response = make_response(render_template("people/link.html", person=person, link=link, days=days))
    response.headers["Cache-Control"] = "no-store"
    return response
