"""Pages on which the office decides what the public sees: words released, shortened, held; pictures painted over."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request
from flask_babel import gettext as _

from geoapp.accounts.guards import actor
from geoapp.errors import NotFound
from geoapp.reports.casework.views import boot
from geoapp.reports.inbox import actions as inbox
from geoapp.reports.moderating import actions as moderating
from geoapp.reports.moderating import forms
from geoapp.reports.photos import actions as photos
from geoapp.reports.photos import store as photo_store
from geoapp.reports.photos.views import ticketed_url
from geoapp.web import current
from geoapp.web.describing import TEXT, describe, either
from geoapp.web.rights import needs

blueprint = APIBlueprint("moderating", __name__, template_folder="templates", enable_openapi=False)


@blueprint.post("/cases/<key>/text/<int:text_id>")
@needs("reports.moderate")
@describe(
    form={"action": either("release", "hold", "redact"), "shown": TEXT},
    needed=("action",),
    answers={303: ()},
    errors=(409,),
)
def moderate_text(key: str, text_id: int) -> Any:
    """Release, hold or shorten words."""
    database, action = current.database(), request.form.get("action", "")
    if action == "release":
        moderating.release(database, actor(), key, [text_id])
    elif action == "hold":
        moderating.hold(database, actor(), key, [text_id])
    elif action == "redact":
        moderating.redact(database, actor(), key, text_id, request.form.get("shown", ""))
    else:
        raise forms.BadForm(_("没有这一步；请刷新页面。"))
    return redirect(f"/cases/{key}", 303)


@blueprint.post("/cases/<key>/photo/<photo>")
@needs("photos.moderate")
@describe(form={"action": either("release", "hide")}, needed=("action",), answers={303: ()}, errors=(409,))
def moderate_photo(key: str, photo: str) -> Any:
    """Release a picture, or take it back from the public."""
    action = {"release": photos.release, "hide": photos.hide}.get(request.form.get("action", ""))
    if action is None:
        raise forms.BadForm(_("没有这一步；请刷新页面。"))
    action(current.database(), actor(), photo)
    return redirect(f"/cases/{key}", 303)


@blueprint.get("/cases/<key>/photo/<photo>/paint")
@needs("photos.moderate")
def paint(key: str, photo: str) -> Any:
    """打码: a picture to paint over faces and plates on."""
    file = inbox.open_case(current.database(), actor(), key)
    with current.database().reading() as connection:
        pictures = photo_store.photos_of(connection, file.case.id)
    found = next((each for each in pictures if each.key == photo and each.name is not None), None)
    if found is None:
        raise NotFound(_("这张照片还在处理，或已被删除；请稍候刷新。"))
    return render_template(
        "moderating/paint.html", key=key, photo=photo, address=ticketed_url(found, 2048), boot=boot()
    )


@blueprint.post("/cases/<key>/photo/<photo>/paint")
@needs("photos.moderate")
@describe(form={"shapes": TEXT}, needed=("shapes",), answers={303: ()}, errors=(409,))
def painted(key: str, photo: str) -> Any:
    """Put what was painted in the place of all sizes."""
    photos.paint(current.database(), actor(), photo, forms.shapes_of(request.form))
    flash(_("已打码；照片正在重新生成。"))
    return redirect(f"/cases/{key}", 303)
