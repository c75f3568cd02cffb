"""Open311 GeoReport v2: discovery, services, requests and tokens, each as XML and as JSON.

What a client may know here is what anybody may know: the state at once, words and pictures when they are released.
A key only lets a program make requests; it opens nothing.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import Any

from apiflask import APIBlueprint
from flask import Response, request
from flask_babel import gettext as _

from geoapp.api.open311 import actions, store
from geoapp.api.open311.answers import CONTENT_TYPES, FORMATS, answer, errors
from geoapp.api.open311.asking import given, question
from geoapp.api.open311.attributes import BadAnswers
from geoapp.api.open311.filing import filing
from geoapp.api.open311.rows import Names, Published, codes_of, row
from geoapp.api.open311.services import definition, discovery, services
from geoapp.db import utcnow
from geoapp.errors import GeoappError, Invalid, NotFound
from geoapp.places import store as places_store
from geoapp.reports.photos import actions as photo_actions
from geoapp.reports.photos import store as photo_store
from geoapp.reports.photos.actions import Prepared
from geoapp.reports.photos.views import photo_url
from geoapp.reports.sending.actions import new_key
from geoapp.web import current
from geoapp.web.bodies import takes
from geoapp.web.describing import FILE, MOMENT, NUMBER, TEXT, WHOLE, array_of, describe, either
from geoapp.web.errors import shape
from geoapp.web.language import chosen
from geoapp.web.requests import public_url
from geoapp.web.rights import ANYBODY, needs, no_cookie

PREFIX = "/open311/v2"
blueprint = APIBlueprint("open311", __name__, url_prefix=PREFIX, enable_openapi=False)

_TYPES = tuple(kind.partition(";")[0] for kind in CONTENT_TYPES.values())
_JURISDICTION = {"jurisdiction_id": TEXT}
_QUESTION = {
    **_JURISDICTION,
    "service_request_id": TEXT,
    "service_code": TEXT,
    "start_date": MOMENT,
    "end_date": MOMENT,
    "status": TEXT,
    "page": WHOLE,
    "page_size": WHOLE,
    "extensions": either("true", "false"),
}
_FORM = {
    **_JURISDICTION,
    **dict.fromkeys(
        ("api_key", "service_code", "address_string", "address_id", "email", "device_id", "account_id", "first_name",
         "last_name", "phone", "description", "media_url"),
        TEXT,
    ),
    "lat": NUMBER,
    "long": NUMBER,
}  # fmt: skip
#: Statuses of HTTP that say more than 400, which GeoReport gives to "everything else".
_KEPT = {400, 403, 404, 405, 413, 429, 500, 503}
_USUAL: dict[str, Any] = {"answers": {200: _TYPES}, "problems": _TYPES}


@blueprint.record
def _prescribe_errors(state: Any) -> None:
    shape(state.app, PREFIX, lambda status, sentence: _refusal([sentence], status))


@blueprint.errorhandler(BadAnswers)
def _several(error: BadAnswers) -> Response:
    return _refusal(error.sentences, 400)


def _refusal(sentences: list[str], status: int) -> Response:
    form = "json" if request.path.endswith(".json") else "xml"
    return errors(sentences, form, status=status if status in _KEPT else 400)


@blueprint.get("/discovery.<any(xml, json):form>")
@needs(ANYBODY)
@describe(**_USUAL)
def discover(form: str) -> Response:
    """Where the service is and whom to ask for a key."""
    book = actions.book(current.settings())
    found = discovery(
        book.catalogue,
        url=public_url(PREFIX),
        changeset=book.changeset,
        production=current.settings().env == "production",
        formats=tuple(CONTENT_TYPES[one].partition(";")[0] for one in FORMATS),
        english=_english(),
    )
    return answer("discovery", found, form)


@blueprint.get("/services.<any(xml, json):form>")
@needs(ANYBODY)
@describe(query=_JURISDICTION, errors=(404,), **_USUAL)
def service_list(form: str) -> Response:
    """What can be reported."""
    _check_jurisdiction()
    book = actions.book(current.settings())
    return answer("services", services(book.kinds, book.catalogue, english=_english()), form)


@blueprint.get("/services/<code>.<any(xml, json):form>")
@needs(ANYBODY)
@describe(query=_JURISDICTION, **_USUAL)
def service_definition(code: str, form: str) -> Response:
    """Further questions of one service."""
    _check_jurisdiction()
    book = actions.book(current.settings())
    return answer("service_definition", definition(book.kind(code), book.catalogue, english=_english()), form)


@blueprint.get("/requests.<any(xml, json):form>")
@needs(ANYBODY)
@describe(query=_QUESTION, errors=(404,), **_USUAL)
def request_list(form: str) -> Response:
    """Reports with their state, the latest first; words and pictures where they are released."""
    below = _check_jurisdiction()
    asked = question(request.args, now=utcnow())
    with current.database().reading() as connection:
        found = store.published(connection, asked, below=below)
        names, photos = _names(connection, found), _photos(connection, found)
    rows = [_row(one, names, photos.get(one.id, []), extensions=asked.extensions) for one in found]
    return answer("service_requests", rows, form)


@blueprint.get("/requests/<number>.<any(xml, json):form>")
@needs(ANYBODY)
@describe(query={**_JURISDICTION, "extensions": either("true", "false")}, **_USUAL)
def one_request(number: str, form: str) -> Response:
    """One report with its state."""
    _check_jurisdiction()
    with current.database().reading() as connection:
        found = store.published_by_number(connection, number)
        if found is None:
            raise NotFound(_("没有编号为 %(number)s 的件；请核对编号。", number=number[:40]))
        names, photos = _names(connection, [found]), _photos(connection, [found])
    extensions = given(request.args, "extensions") == "true"
    return answer("service_requests", [_row(found, names, photos.get(found.id, []), extensions=extensions)], form)


@blueprint.get("/tokens/<token>.<any(xml, json):form>")
@needs(ANYBODY)
@describe(query=_JURISDICTION, **_USUAL)
def token(token: str, form: str) -> Response:
    """The number that a token has become; empty until somebody has sorted the report."""
    _check_jurisdiction()
    with current.database().reading() as connection:
        known, number = store.number_of_token(connection, token)
    if not known:
        raise NotFound(_("没有这个 token；请核对。"))
    return answer("service_requests", [{"service_request_id": number, "token": token}], form)


_QUOTED = re.compile("%[89A-F][0-9A-F]")


@blueprint.post("/requests.<any(xml, json):form>")
@needs(ANYBODY)
@no_cookie
@takes(mib=152)
@describe(form=_FORM, files={"media": array_of(FILE)}, needed=("api_key", "service_code"), errors=(403, 404), **_USUAL)
def make_request(form: str) -> Response:
    """Make a report; a key is needed. Answers a number, or a token where somebody sorts the report first."""
    database, book = current.database(), actions.book(current.settings())
    # First, for the key of a body that is no form cannot be seen.
    if request.mimetype not in {"application/x-www-form-urlencoded", "multipart/form-data", ""}:
        raise Invalid(_("请用 application/x-www-form-urlencoded 或 multipart/form-data 发送。"))
    _require_utf8()
    key = actions.require_key(database, given(request.values, "api_key"))
    if not request.mimetype:
        raise Invalid(_("请用 application/x-www-form-urlencoded 或 multipart/form-data 发送。"))
    _check_jurisdiction()
    sent = filing(request.form)
    photos = _prepared()
    try:
        filed = actions.file_request(
            database, book, key, sent, photos=photos, sending_key=_sending_key(key.id), english=_english()
        )
    except GeoappError:
        photo_actions.discard(current.objects(), photos)
        raise
    tree = {filed.name: filed.value, "service_notice": filed.notice or None, "account_id": None}
    return answer("service_requests", [tree], form)


def _require_utf8() -> None:
    """Bytes of another encoding stay quoted in the form, or cost all of it: such words are nobody's."""
    declared = request.mimetype_params.get("charset", "utf-8").lower()
    lost = request.mimetype.endswith("urlencoded") and bool(request.content_length) and not request.form
    broken = lost or any(_QUOTED.search(value) or "\ufffd" in value for value in request.form.values())
    if declared not in {"utf-8", "utf8", "us-ascii"} or broken:
        raise Invalid(_("文字不是 UTF-8 编码；请用 UTF-8 发送。"))


def _prepared() -> list[Prepared]:
    """The photographs that came as ``media``, looked at and stored; none is kept when one of them cannot be taken."""
    sent = [file for name in ("media", "media[]") for file in request.files.getlist(name) if file.filename]
    if len(sent) > photo_actions.MOST_PHOTOS:
        raise Invalid(_("照片最多 %(most)s 张。", most=photo_actions.MOST_PHOTOS))
    ready: list[Prepared] = []
    try:
        for file in sent:
            ready.append(photo_actions.prepare(current.database(), current.objects(), file.stream))
    except GeoappError:
        photo_actions.discard(current.objects(), ready)
        raise
    return ready


def _sending_key(key_id: int) -> str:
    """What makes a repeated request the same one: a header of the client's, mixed with its secret; else new each time.

    Receipts are made from it, so nobody else may be able to reckon it.
    """
    said = request.headers.get("Idempotency-Key", "")
    if not said:
        return new_key()
    secret = f"{key_id} {given(request.values, 'api_key')} {said}"
    return hashlib.sha256(secret.encode("utf-8", "backslashreplace")).hexdigest()


def _english() -> bool:
    return chosen() == "en"


def _check_jurisdiction() -> str:
    """Code of the district asked about, empty for all; one has to be named where there are several."""
    wanted = given(request.values, "jurisdiction_id")
    with current.database().reading() as connection:
        known = store.districts(connection, on=_today())
    if wanted and wanted not in known:
        raise NotFound(
            _("没有 jurisdiction_id=%(value)s；这里有：%(known)s。", value=wanted[:40], known="、".join(known))
        )
    if not wanted and len(known) > 1:
        raise Invalid(_("缺少 jurisdiction_id；这里有：%(known)s。", known="、".join(known)))
    return wanted


def _names(connection: Any, found: list[Published]) -> Names:
    english = _english()
    titles = places_store.level_titles(connection)
    levels = {level: (en if english else zh) for level, (zh, en) in titles.items()}
    return Names(store.place_names(connection, codes_of(found), on=_today()), levels)


def _photos(connection: Any, found: list[Published]) -> dict[int, list[str]]:
    """Addresses of released pictures by report, those of the sender first."""
    released = photo_store.released(connection, [one.id for one in found])
    return {
        number: [public_url(photo_url(one, 2048)) for one in sorted(photos, key=lambda one: one.role != "report")]
        for number, photos in released.items()
    }


def _row(found: Published, names: Names, photos: list[str], *, extensions: bool) -> dict[str, Any]:
    book = actions.book(current.settings())
    return row(found, book.kinds, names, photos=photos, english=_english(), extensions=extensions)


def _today() -> date:
    return utcnow().astimezone(current.settings().zone).date()
