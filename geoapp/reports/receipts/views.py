"""The receipt's pages: how far it has come, and what its holder can still do. The code in the address authorises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import segno
from apiflask import APIBlueprint
from flask import current_app, redirect, render_template, request
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import FileStorage

from geoapp.accounts.guards import today
from geoapp.db import utcnow
from geoapp.errors import Invalid
from geoapp.places import store as places
from geoapp.reports import numbers
from geoapp.reports.people import Contact
from geoapp.reports.photos import actions as photos
from geoapp.reports.photos import store as photo_store
from geoapp.reports.photos.header import MOST_BYTES
from geoapp.reports.photos.photo import MOST
from geoapp.reports.photos.views import ticketed_url
from geoapp.reports.receipts import actions as receipts
from geoapp.reports.receipts import forms, showing
from geoapp.reports.receipts.hearing import actions as hearing
from geoapp.reports.wording import state_words
from geoapp.web import assets, current
from geoapp.web.bodies import takes
from geoapp.web.describing import FILE, TEXT, array_of, describe, either
from geoapp.web.errors import said
from geoapp.web.language import chosen
from geoapp.web.limits import limited
from geoapp.web.requests import client_address, public_url
from geoapp.web.rights import needs, no_cookie

blueprint = APIBlueprint("receipts", __name__, template_folder="templates", enable_openapi=False)
_TOLD_S = 600
MOST_PHOTOS = MOST["report"]
_PHOTOS = {"photos": array_of(FILE)}


@blueprint.get("/r")
@needs("reports.send")
def find() -> Any:
    """Where to find what one reported before."""
    return render_template("receipts/find.html", wrong="", boot=boot())


@blueprint.post("/r")
@needs("reports.send")
@describe(form={"code": TEXT}, needed=("code",), answers={303: ()})
@no_cookie
@limited("receipt", "30/hour")
def find_by_code() -> Any:
    """From a written code to its page."""
    code = numbers.read_code(request.form.get("code", ""))
    if code is None:
        sentence = _("这不是查询凭证：它有 26 个字母和数字，写在回执的码下面。")
        return render_template("receipts/find.html", wrong=sentence, boot=boot()), 400
    return redirect(f"/r/{code}", 303)


@blueprint.get("/r/<code>")
@needs("reports.send")
@describe(query={"new": TEXT, "told": TEXT})
@limited("receipt-page", "120/hour")
def state(code: str) -> Any:
    """The receipt: how far it has come, and what its holder can still do."""
    seen = receipts.view(current.database(), code, address=client_address())
    report_id, _follower = receipts.report_of(current.database(), code, address=client_address())
    with current.database().reading() as connection:
        pictures = photo_store.photos_of(connection, report_id) if seen.is_sender else []
        names = {v.code: v.name for v in places.versions(connection, on=today(), level="community", geometry=False)}
    english, now, zone = chosen() == "en", utcnow(), current.settings().zone
    address = public_url(f"/r/{code}")
    return render_template(
        "receipts/state.html", case=seen.report, seen=seen, shown_number=numbers.spoken(seen.number),
        state_words=state_words(seen.report.state, english=english),
        place_words=names.get(seen.report.community_code, ""),
        events=[
            {"at": e.at, "when": showing.when(e.at, now, zone, english=english), "words": e.words[english],
             "answer": e.answer} for e in reversed(seen.events)
        ],
        photos=[_shown_photo(photo) for photo in pictures], told=_told(), fresh="new" in request.args,
        here=f"/r/{code}", qr=segno.make_qr(address, error="m").svg_data_uri(scale=5), shown_code=showing.grouped(code),
        merged_into=numbers.spoken(seen.merged_into) if seen.merged_into else "",
        ways=_ways(),
    )  # fmt: skip


@blueprint.post("/r/<code>/not-mended")
@needs("reports.send")
@describe(form={"words": TEXT}, files=_PHOTOS, answers={303: ()}, errors=(409,))
@no_cookie
@takes(mib=152)
@limited("report", "120/hour")
def not_mended(code: str) -> Any:
    """没修好: it goes on, a level higher."""
    files = chosen_files()
    receipts.say_not_mended(current.database(), code, forms.words_of(request.form), address=client_address())
    return _back(code, _attach(code, files, role="judgement"))


@blueprint.post("/r/<code>/judge")
@needs("reports.send")
@describe(form={"solved": either("yes", "no"), "satisfied": either("yes", "no")}, answers={303: ()}, errors=(409,))
@no_cookie
@limited("receipt", "30/hour")
def judge(code: str) -> Any:
    """满意吗: whether it is solved, and whether she is satisfied."""
    solved, satisfied = (request.form.get(name) == "yes" for name in ("solved", "satisfied"))
    receipts.say_satisfied(current.database(), code, solved=solved, satisfied=satisfied, address=client_address())
    return _back(code)


@blueprint.post("/r/<code>/add")
@needs("reports.send")
@describe(form={"words": TEXT}, files=_PHOTOS, answers={303: ()}, errors=(409,))
@no_cookie
@takes(mib=152)
@limited("report", "120/hour")
def add(code: str) -> Any:
    """More words, more pictures."""
    words, files = forms.words_of(request.form), chosen_files()
    if words or not files:
        receipts.add_words(current.database(), code, words, address=client_address())
    return _back(code, _attach(code, files))


@blueprint.post("/r/<code>/news")
@needs("reports.send")
@describe(form={"email": TEXT, "phone": TEXT, "digits": TEXT}, answers={303: ()}, errors=(409,))
@no_cookie
@limited("receipt", "30/hour")
def news(code: str) -> Any:
    """Leave an address or a number to hear by how far it has come, or the digits that came to it."""
    # An address that nothing is ever sent to is not kept.
    ways, form = _ways(), request.form
    if "digits" in form:
        if not hearing.prove(current.database(), code, form["digits"], address=client_address()):
            raise Invalid(_("这六位数字不对；请照最新一封信再填一次。"))
        return _back(code)
    email, phone = form.get("email", "") if ways["email"] else "", form.get("phone", "") if ways["message"] else ""
    contact = Contact(phone=phone, email=email, by_message=bool(phone))
    hearing.hear(current.database(), code, contact, language=chosen(), address=client_address())
    return _back(code)


@blueprint.post("/r/<code>/take-back")
@needs("reports.send")
@describe(form={"sure": either("yes")}, answers={303: ()}, errors=(409,))
@no_cookie
@limited("receipt", "30/hour")
def take_back(code: str) -> Any:
    """The sender's personal data, words and pictures go; the matter is dealt with all the same."""
    if request.form.get("sure") == "yes":
        receipts.take_back(current.database(), code, words=True, address=client_address())
    return _back(code)


@blueprint.post("/r/<code>/withdraw")
@needs("reports.send")
@describe(form={"sure": either("yes")}, answers={303: ()}, errors=(409,))
@no_cookie
@limited("receipt", "30/hour")
def withdraw(code: str) -> Any:
    """撤回: the matter is settled or was a mistake, and nobody has taken it up."""
    if request.form.get("sure") == "yes":
        receipts.withdraw(current.database(), code, address=client_address())
    return _back(code)


def _ways() -> dict[str, bool]:
    """By which letters this installation can tell anybody anything."""
    return {"email": bool(current.settings().smtp_host), "message": bool(current.settings().message_command)}


# -- what both kinds of residents' pages need ----------------------------------------------------------------------


def chosen_files() -> list[FileStorage]:
    """What was really chosen: an empty field sends a file without name."""
    return [file for file in request.files.getlist("photos") if file.filename]


def prepared_photos(files: Sequence[FileStorage]) -> tuple[list[Any], list[str]]:
    """Pictures that can be kept, and a sentence for each that cannot: its sender's words are kept all the same."""
    ready, told = [], []
    for number, file in enumerate(files[:MOST_PHOTOS], 1):
        try:
            ready.append(photos.prepare(current.database(), current.objects(), file.stream))
        except Invalid as error:
            told.append(_("第 %(n)s 张照片没有收下：%(reason)s", n=number, reason=said(error)))
    return ready, told


def _attach(code: str, files: Sequence[FileStorage], *, role: str = "addition") -> list[str]:
    """Pictures that are added to what a receipt belongs to; gives what could not be kept."""
    if not files:
        return []
    ready, told = prepared_photos(files)
    report_id, follower = receipts.report_of(current.database(), code, address=client_address())
    by = "sender" if follower is None else f"follower:{follower}"
    with current.database().transaction() as connection:
        for each in ready:
            photos.attach(connection, each, report_id=report_id, by=by, role=role, now=utcnow())
    return told


def _shown_photo(photo: Any) -> dict[str, str]:
    """A picture on its sender's own page: small, or why it is not there."""
    if photo.state == "failed":
        return {"address": "", "words": _("没有收下：%(reason)s", reason=_(photo.reason))}
    if photo.name is None:
        return {"address": "", "words": _("照片处理中")}
    words = {"released": _("已公开"), "hidden": _("不公开")}.get(photo.state, _("等待审核"))
    return {"address": ticketed_url(photo, 160), "words": words}


def _back(code: str, told: Sequence[str] = ()) -> Any:
    return redirect(f"/r/{code}" + (f"?told={told_once().dumps(list(told))}" if told else ""), 303)


def told_once() -> URLSafeTimedSerializer:
    """Signs what is told once after a redirect, so that nobody's link puts words into our mouth."""
    return URLSafeTimedSerializer(cast(bytes, current_app.secret_key), salt="told-once")


def _told() -> list[str]:
    try:
        return [str(sentence) for sentence in told_once().loads(request.args.get("told", ""), max_age=_TOLD_S)]
    except BadData:
        return []


def boot() -> dict[str, Any]:
    """What the client begins with; the catalogue is asked for when the map opens."""
    day = today().isoformat()
    return {
        "language": chosen(), "today": day, "opening": day, "messages": assets.messages(chosen()),
        "catalogue": {"entries": [], "bbox": None, "changes": [], "levels": []},
        "worker": assets.address("map-worker.js") if assets.is_built() else "",
        "maxUploadBytes": MOST_PHOTOS * MOST_BYTES,
        "me": {"signed_in": False, "name": None, "rights": {}, "csrf_token": ""},
    }  # fmt: skip
