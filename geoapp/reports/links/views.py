"""Links for outside handlers: made and revoked by the office; behind each picture, building, words and one answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from apiflask import APIBlueprint
from flask import current_app, flash, redirect, render_template, request
from flask_babel import gettext as _

from geoapp.accounts.guards import actor
from geoapp.db import utcnow
from geoapp.errors import Conflict, GeoappError, Invalid, http_status
from geoapp.reports import stages
from geoapp.reports.casework.forms import whole
from geoapp.reports.casework.pages import Page, title_outside
from geoapp.reports.casework.views import boot, page_of
from geoapp.reports.kinds import UNSORTED
from geoapp.reports.links import actions
from geoapp.reports.photos import actions as photos
from geoapp.reports.photos import store as photo_store
from geoapp.reports.photos.photo import MOST
from geoapp.reports.photos.views import ticketed_url
from geoapp.reports.rulebook.store import rulebook
from geoapp.web import current
from geoapp.web.bodies import takes
from geoapp.web.describing import FILE, HTML, JSON, TEXT, WHOLE, array_of, describe
from geoapp.web.errors import said
from geoapp.web.language import chosen
from geoapp.web.limits import limited
from geoapp.web.negotiation import wants_json
from geoapp.web.requests import public_url
from geoapp.web.rights import needs, no_cookie

blueprint = APIBlueprint("links", __name__, template_folder="templates", enable_openapi=False)


@blueprint.post("/cases/<key>/link")
@needs("reports.handle")
@describe(form={"assignment": WHOLE}, needed=("assignment",), answers={200: (HTML, JSON)}, errors=(409,))
@limited("link-made", "60/hour")
def make_link(key: str) -> Any:
    """Words for the property manager's chat group, with a link that takes one answer."""
    secret = cast(bytes, current_app.secret_key)
    token = actions.make_link(current.database(), actor(), key, whole(request.form, "assignment"), secret=secret)
    page = page_of(utcnow())
    found = actions.open_link(current.database(), token, secret=secret)
    share = _share(page, found, public_url(f"/h/{token}"))
    return {"share": share} if wants_json() else render_template("links/made.html", key=key, share=share, boot=boot())


def _share(page: Page, found: actions.LinkedCase, link: str) -> str:
    """What is pasted into the group: where, what, until when, and the link; never who reported it."""
    case = found.case
    where = case.address or page.place(case.place_code)
    until = _("请在 %(when)s 前办好", when=page.when(case.due_at)) if case.due_at else ""
    if case.due_at is not None and case.due_at < page.now:
        until = _("已经超期，请尽快办好")
    # Not sorted yet says nothing to those who are to do it.
    what = _("请办理") if case.kind == UNSORTED else page.kind(case.kind)
    lines = [f"【{what}】{where}", *found.words[:1], until, _("看照片、回复办理情况：") + link]
    return "\n".join(line for line in lines if line)


@blueprint.post("/cases/<key>/link/<link>/revoke")
@needs("reports.handle")
@describe(answers={303: ()}, errors=(409,))
def revoke_link(key: str, link: str) -> Any:
    """Let a link open nothing any more."""
    actions.revoke(current.database(), actor(), key, link)
    flash(_("链接已作废。"))
    return redirect(f"/cases/{key}", 303)


@blueprint.get("/h/<token>")
@needs("reports.link")
@limited("link", "120/hour")
def linked(token: str) -> Any:
    """What the handler is asked to do."""
    return _page(token)


@blueprint.post("/h/<token>")
@needs("reports.link")
@describe(
    form={"text": TEXT, "outcome": TEXT}, files={"photos": array_of(FILE)}, needed=("text", "outcome"), errors=(409,)
)
@no_cookie
@takes(mib=152)
@limited("link", "30/hour")
def answer(token: str) -> Any:
    """Its answer, with pictures."""
    secret = cast(bytes, current_app.secret_key)
    given, files = request.form, [file for file in request.files.getlist("photos") if file.filename][: MOST["answer"]]
    ready: list[photos.Prepared] = []
    try:
        actions.open_link(current.database(), token, secret=secret)
        for file in files:
            ready.append(photos.prepare(current.database(), current.objects(), file.stream))
        case = actions.answer(
            current.database(), token, given.get("text", ""), outcome=given.get("outcome", ""), secret=secret
        )
    except (Invalid, Conflict, actions.LinkEnded) as error:
        photos.discard(current.objects(), ready)
        return _not_taken(token, error, with_photos=bool(files))
    with current.database().transaction() as connection:
        for each in ready:
            by = case.answered_by or "handler"
            photos.attach(connection, each, report_id=case.id, by=by, role="answer", now=utcnow())
    return render_template("links/thanks.html")


def _not_taken(token: str, error: GeoappError, *, with_photos: bool) -> Any:
    """The page again with what was written and why it was not taken; a link that ended gives the words back alone."""
    if wants_json():
        raise error
    words = request.form.get("text", "").strip()
    if isinstance(error, actions.LinkEnded):
        if not words:
            raise error
        return render_template("links/ended.html", sentence=said(error), words=words), http_status(error)
    if isinstance(error, stages.IllegalMove):
        sentence = _("这件事刚才有人办过一步，现在不能回复了；您写的还在下面，请和派给您的人联系。")
    else:
        sentence = said(error)
    wrong = [sentence, *([_("照片要重新选。")] if with_photos else [])]
    return _page(token, wrong=wrong, status=http_status(error))


def _page(token: str, *, wrong: Sequence[str] = (), status: int = 200) -> Any:
    found = actions.open_link(current.database(), token, secret=cast(bytes, current_app.secret_key))
    with current.database().reading() as connection:
        pictures = photo_store.photos_of(connection, found.case.id)
    kind = rulebook(current.settings()).kinds.get(found.case.kind)
    title = title_outside(kind.title_en if chosen() == "en" else kind.title_zh, found.case, found.words)
    page = render_template(
        "links/link.html", found=found, case=found.case, wrong=wrong, given=request.form,
        title=title,
        photos=[ticketed_url(p, 640) for p in pictures if p.name and p.role in {"report", "addition"}],
        until=found.case.due_at.astimezone(current.settings().zone) if found.case.due_at else None,
    )  # fmt: skip
    return page, status
