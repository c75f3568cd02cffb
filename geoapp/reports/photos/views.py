"""Photographs over HTTP: the sizes by their random name, and what officials do with them.

A size is served to anybody once it is released. Before, only to officials of the place by their session, and to those
for whom a page that has checked their right made an address with a ticket: the holder of a receipt, a handler.
"""

from __future__ import annotations

import re
from typing import Any, cast

from apiflask import APIBlueprint
from flask import Response, current_app, jsonify, request, url_for
from itsdangerous import BadData, URLSafeTimedSerializer

from geoapp.accounts.guards import actor, today
from geoapp.db import utcnow
from geoapp.errors import Invalid
from geoapp.reports import actions as cases
from geoapp.reports.photos import actions, store
from geoapp.reports.photos.header import MOST_BYTES
from geoapp.reports.photos.photo import SIZES, Photo, State, object_name
from geoapp.reports.photos.store import Served
from geoapp.web import current
from geoapp.web.bodies import takes
from geoapp.web.describing import ANY_FILE, FILE, FLAG, OBJECT, TEXT, WHOLE, array_of, describe, record
from geoapp.web.limits import limited
from geoapp.web.rights import needs

blueprint = APIBlueprint("photos", __name__, enable_openapi=False, template_folder="templates")

WEBP = "image/webp"
#: So long an address with a ticket works; a page that stays open longer is loaded anew.
TICKET_S = 3600
#: A browser may show a released picture again so long before it asks: what is hidden vanishes within a minute.
FRESH_S = 60
_NAME = re.compile(r"[0-9a-f]{32}", re.ASCII)
_PHOTO_MIB = (MOST_BYTES >> 20) + 1


def photo_url(photo: Photo, size: int) -> str:
    """Address of a size, for whoever may see it by herself; empty while there is none."""
    return url_for("photos.picture", name=photo.name, size=size) if photo.name else ""


def ticketed_url(photo: Photo, size: int) -> str:
    """The same for whom the page at hand was made, which has checked that she may see it."""
    if photo.name is None or photo.is_public:
        return photo_url(photo, size)
    return url_for("photos.picture", name=photo.name, size=size, see=_signer().dumps(photo.name))


@blueprint.get("/photos/<name>/<int:size>.webp")
@needs("photos.read")
@describe(query={"see": TEXT}, answers={200: WEBP, 304: ()})
def picture(name: str, size: int) -> Any:
    """One size of a photograph, by its random name."""
    if not _NAME.fullmatch(name) or size not in SIZES:
        raise store.no_such_photo()
    with current.database().reading() as connection:
        found = store.served(connection, name)
    public = found.photo.state == State.RELEASED and not found.hidden
    if not public and not _may_see(found):
        raise store.no_such_photo()
    response = Response(mimetype=WEBP)
    response.set_etag(f"{name}-{size}")
    response.headers["Cache-Control"] = f"private, max-age={FRESH_S}" if public else "private, no-store"
    if not public:
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.make_conditional(request)
    if response.status_code != 304:
        response.set_data(current.objects().get(object_name(name, size)))
    return response


def _may_see(found: Served) -> bool:
    """By ticket, or as an official of the place where the report lies or is worked on."""
    ticket = request.args.get("see", "")
    if ticket:
        try:
            if _signer().loads(ticket, max_age=TICKET_S) == found.photo.name:
                return True
        except BadData:
            pass
    return any(actor().may("photos.moderate", place, on=today()) for place in found.places)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(cast(bytes, current_app.secret_key), salt="photo-ticket")


@blueprint.get("/api/reports/<key>/photos")
@needs("reports.desk")
def photos_of_case(key: str) -> Any:
    """All photographs of a case, for those who may see its inside."""
    with cases.looking(current.database(), actor(), now=utcnow()) as at:
        found = store.photos_of(at.connection, at.open(key).id)
    return jsonify(photos=[_photo_json(photo) for photo in found])


@blueprint.post("/api/reports/<key>/photos")
@needs("reports.desk")
@takes(mib=_PHOTO_MIB)
@limited("photos", "60/minute")
@describe(files={"photo": FILE}, needed=("photo",), errors=(409, 503))
def add_to_case(key: str) -> Any:
    """Add a photograph to a case: how it looks now that it is mended."""
    sent = request.files.get("photo")
    if sent is None:
        raise Invalid("没有收到照片；请选择一张照片。")
    made = actions.add(current.database(), current.objects(), actor(), key, sent.stream)
    return jsonify(photo=made.key, state=made.state, again=made.again)


@blueprint.post("/api/photos/<key>/release")
@needs("photos.moderate")
@describe(errors=(409,))
def release(key: str) -> Any:
    """审核公开: anybody may see it from now on."""
    return jsonify(photo=_photo_json(actions.release(current.database(), actor(), key)))


@blueprint.post("/api/photos/<key>/hide")
@needs("photos.moderate")
@describe(errors=(409,))
def hide(key: str) -> Any:
    """Take it back from the public."""
    return jsonify(photo=_photo_json(actions.hide(current.database(), actor(), key)))


@blueprint.post("/api/photos/<key>/paint")
@needs("photos.moderate")
@describe(json=record(("shapes",), shapes=array_of(OBJECT), afresh=FLAG, seen=WHOLE), errors=(409,))
def paint(key: str) -> Any:
    """打码: paint over these shapes in all sizes; the sizes that were there are gone at once."""
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict) or set(sent) - {"shapes", "afresh", "seen"}:
        raise Invalid("请以 JSON 发送 shapes（打码图形）、afresh（是否重新打码）和 seen（所看到的版本）。")
    seen, afresh = sent.get("seen"), sent.get("afresh", False)
    if not isinstance(afresh, bool) or (seen is not None and (not isinstance(seen, int) or isinstance(seen, bool))):
        raise Invalid("afresh 应为 true 或 false，seen 应为所看到的版本号。")
    made = actions.paint(current.database(), actor(), key, sent.get("shapes"), afresh=afresh, seen=seen)
    return jsonify(photo=_photo_json(made))


@blueprint.post("/photos/<key>/original")
@needs("photos.original")
@limited("originals", "60/hour")
@describe(answers={200: ANY_FILE})
def original(key: str) -> Any:
    """The bytes as they were sent, as a download; each reading stands in the audit."""
    filename, pieces = actions.original(current.database(), current.objects(), actor(), key)
    response = Response(pieces, mimetype=ANY_FILE)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _photo_json(photo: Photo) -> dict[str, Any]:
    """What officials see of it; neither ids nor names of objects."""
    return {
        "key": photo.key,
        "role": photo.role,
        "by": photo.by,
        "state": photo.state,
        "width": photo.width,
        "height": photo.height,
        "reason": photo.reason,
        "revision": photo.revision,
        "shapes": photo.shapes,
        "painted": photo.painted_at is not None,
        "has_original": photo.original is not None and photo.original_gone_at is None,
        "lonlat": [photo.lon, photo.lat] if photo.lon is not None else None,
        "taken_at": photo.taken_at.isoformat() if photo.taken_at else None,
        "received_at": photo.received_at.isoformat(),
        "sizes": {str(size): ticketed_url(photo, size) for size in SIZES} if photo.name else {},
    }
