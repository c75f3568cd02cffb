"""Residents' pages: a door's form, the form with a map, the receipt that shows how far it has come.

No account, no script and no cookie is needed. What authorises is what the sender holds: the form's own key for
sending, the receipt's code for everything after it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from apiflask import APIBlueprint
from flask import current_app, jsonify, redirect, render_template, request
from flask_babel import gettext as _

from geoapp.accounts.guards import actor
from geoapp.db import utcnow
from geoapp.errors import Conflict, GeoappError, Invalid
from geoapp.reports import numbers
from geoapp.reports.doors.actions import door_of_token
from geoapp.reports.doors.store import Door
from geoapp.reports.inbox import actions as inbox
from geoapp.reports.intake import forms
from geoapp.reports.kinds import UNSORTED, Kind, KindClass, Kinds
from geoapp.reports.orders.actions import look_up
from geoapp.reports.people import Contact, Sender
from geoapp.reports.photos import actions as photos
from geoapp.reports.photos import store as photo_store
from geoapp.reports.photos.views import photo_url
from geoapp.reports.placing import Position, best, without_elsewhere
from geoapp.reports.receipts import actions as receipts
from geoapp.reports.receipts import showing
from geoapp.reports.receipts.views import boot, chosen_files, prepared_photos, told_once
from geoapp.reports.rulebook.store import rulebook
from geoapp.reports.sending import actions as sending
from geoapp.reports.sending.actions import TooManyReports
from geoapp.reports.sending.matter import Receipt, Sending
from geoapp.reports.wording import state_words
from geoapp.web import assets, current
from geoapp.web.bodies import takes
from geoapp.web.describing import FILE, JSON, LAT, LON, NUMBER, TEXT, array_of, describe, either
from geoapp.web.errors import plainly, said
from geoapp.web.language import chosen
from geoapp.web.limits import limited
from geoapp.web.negotiation import wants_json
from geoapp.web.requests import client_address
from geoapp.web.rights import ANYBODY, needs, no_cookie

blueprint = APIBlueprint("intake", __name__, template_folder="templates", enable_openapi=False)

#: How many reports nearby are shown before sending.
MOST_NEAR = 5
DEVICE_COOKIE = "report_device"
_FORM = {
    "words": TEXT, "phone": TEXT, "address": TEXT, "kind": TEXT, "matter": either("problem", "proposal"), "key": TEXT,
    "lon": LON, "lat": LAT, "accuracy": NUMBER, "evidence": either("pin", "device"), "website": TEXT,
}  # fmt: skip
_PHOTOS = {"photos": array_of(FILE)}


@blueprint.record
def _show_errors_plainly(state: Any) -> None:
    plainly(state.app, "/d/", "/report", "/r/")


@blueprint.get("/d/<token>")
@needs("reports.send")
@limited("door", "60/minute")
def door(token: str) -> Any:
    """The form behind a door's code: it knows the building already."""
    found = _door(token)
    return _form_page("intake/door.html", door=found)


@blueprint.post("/d/<token>")
@needs("reports.send")
@describe(form=_FORM, files=_PHOTOS, answers={201: JSON, 303: ()}, errors=(409,))
@no_cookie
@takes(mib=152)
@limited("report", "120/hour")
def send_from_door(token: str) -> Any:
    """Send what the form behind a door's code says."""
    found = _door(token)
    return _send("intake/door.html", door=found)


@blueprint.get("/report")
@needs("reports.send")
@describe(query=_FORM)
def report() -> Any:
    """The form with a map; ``?lon=&lat=`` brings a pin along."""
    given = forms.read_sending(request.args, photos=1, kinds=_kind_codes(), placed_by_door=False)
    return _form_page("intake/report.html", given=given)


@blueprint.post("/report")
@needs("reports.send")
@describe(form=_FORM, files=_PHOTOS, answers={201: JSON, 303: ()}, errors=(409,))
@no_cookie
@takes(mib=152)
@limited("report", "120/hour")
def send_report() -> Any:
    """Send what the form with the map says."""
    return _send("intake/report.html")


@blueprint.get("/report/similar")
@needs("reports.send")
@describe(query=_FORM, answers={200: JSON})
@limited("similar", "60/minute")
def similar() -> Any:
    """Open reports near a pin: what of them is released, and nothing else."""
    given = forms.read_sending(request.args, photos=1, kinds=_kind_codes(), placed_by_door=False)
    if not given.positions:
        return jsonify(near=[])
    rules, at = rulebook(current.settings()), given.positions[0]
    alike = [given.kind] if given.kind else [kind.code for kind in rules.kinds.guess(given.words)]
    found = [
        near
        for kind in (*alike, UNSORTED)
        for near in inbox.nearby(current.database(), kind, at.lon, at.lat, alike=alike, limit=MOST_NEAR)
    ]
    with current.database().reading() as connection:
        pictures = photo_store.released(connection, [near.report_id for near, _seen in found])
    english, now, zone = chosen() == "en", utcnow(), current.settings().zone
    near = [
        {
            "number": seen.number, "kind": _kind_title(each.kind, english=english), "words": seen.words or "",
            "distance_m": showing.about_m(each.distance_m), "state": state_words(seen.state, english=english),
            "when": showing.when(seen.reported_at, now, zone, english=english),
            "photos": [photo_url(photo, 160) for photo in pictures.get(each.report_id, ())],
        }
        for each, seen in sorted(found, key=lambda pair: pair[0].distance_m)[:MOST_NEAR]
    ]  # fmt: skip
    return jsonify(near=near)


@blueprint.post("/report/<number>/join")
@needs("reports.send")
@describe(form={"phone": TEXT, "key": TEXT}, answers={201: JSON, 303: ()}, errors=(409,))
@no_cookie
@limited("report", "120/hour")
def join(number: str) -> Any:
    """我也遇到: a receipt of one's own for somebody else's report."""
    given = forms.read_sending(request.form, photos=1, kinds=_kind_codes(), placed_by_door=True)
    receipt = receipts.join(
        current.database(), actor(), number, sender=_sender(), key=given.key or None, contact=_contact(given.phone),
        language=chosen(),
    )  # fmt: skip
    if not receipt.code:
        raise Conflict(_("这件事您已经反映过了；看看手机里存着的回执。"))
    return _received(receipt, [])


@blueprint.get("/report-worker.js")
@needs(ANYBODY)
@describe(answers={200: "text/javascript", 304: ()})
def service_worker() -> Any:
    """The forms' service worker; it lies at the root, because it may only serve what lies below it."""
    response = assets.send(assets.address("report-worker.js").rsplit("/", 1)[-1])
    response.headers["Cache-Control"] = "no-cache"
    return response


# -- steps ---------------------------------------------------------------------------------------------------------


def _door(token: str) -> Door:
    secret = cast(bytes, current_app.secret_key)
    with current.database().reading() as connection:
        return door_of_token(connection, token, secret)


def _door_name(door: Door) -> str:
    """How people call the door: compound, building, unit; its address where it has none of them."""
    return f"{door.compound}{door.building}{door.unit}" or door.address


def _form_page(template: str, *, given: forms.Given | None = None, door: Door | None = None, status: int = 200) -> Any:
    given = given or forms.Given("", "", "", "", "problem", "", "")
    page = render_template(
        template, given=given, wrong={name: said(error) for name, error in given.wrong.items()},
        key=given.key or sending.new_key(), most=forms.MOST_PHOTOS, kinds=_kinds(),
        door_name=_door_name(door) if door is not None else "", boot=boot(),
    )  # fmt: skip
    return page, status


def _send(template: str, *, door: Door | None = None) -> Any:
    files = chosen_files()
    given = forms.read_sending(
        request.form, photos=len(files), kinds=_kind_codes(), placed_by_door=door is not None
    )  # fmt: skip
    if "address" in given.wrong and any(_written(given)):
        # 霞光里30号院门口路灯不亮: who says it in her sentence need not write it again.
        given = replace(given, wrong={field: error for field, error in given.wrong.items() if field != "address"})
    if given.wrong:
        if wants_json():
            raise Invalid(" ".join(said(error) for error in given.wrong.values()))
        return _form_page(template, given=given, door=door, status=400)
    prepared, told = prepared_photos(files)
    if not given.words and not prepared:
        # Nothing of what was sent can be kept; the reasons are the pictures'.
        empty = Invalid("写一句话，或者放一张照片。")
        given = replace(given, wrong={"photos": Invalid(" ".join(told)), "words": empty})
        if wants_json():
            raise Invalid(" ".join(told))
        return _form_page(template, given=given, door=door, status=400)
    try:
        receipt = sending.submit(
            current.database(), actor(), _sending(given, door, prepared), sender=_sender(), key=given.key or None,
            along=photos.attaching(prepared, by="sender"),
        )  # fmt: skip
    except GeoappError as error:
        photos.discard(current.objects(), prepared)
        if not isinstance(error, TooManyReports) or wants_json():
            raise
        # Whoever has to wait keeps what she wrote.
        page, status = _form_page(template, given=replace(given, wrong={"words": error}), door=door, status=429)
        return page, status, {"Retry-After": str(int(error.wait_s) + 1)}
    return _received(receipt, [*_warned(given, receipt), *told])


def _warned(given: forms.Given, receipt: Receipt) -> list[str]:
    """What cannot wait, or may go to the wrong place: words of an emergency, a place outside or not known."""
    kinds, warned = rulebook(current.settings()).kinds, []
    called = kinds.get(receipt.kind).call or next((kind.call for kind in kinds.guess(given.words, limit=1)), "")
    if called:
        warned.append(_("如果正在发生，请马上打 %(number)s。这里收到以后才有人看。", number=called))
    if receipt.outside:
        warned.append(_("您指的地方不在我们管的范围里。我们先收下，看该转给谁；急的话请打 12345。"))
    elif not receipt.place_code:
        warned.append(_("没有认出您说的地方，会先有人核对。想快一点，请在下面再说一句：哪个小区、哪栋楼，旁边有什么。"))
    return warned


def _sending(given: forms.Given, door: Door | None, prepared: Sequence[Any]) -> Sending:
    positions: tuple[Position, ...] = ()
    place_code = ""
    # A door says where: a position out of the pictures would be where the phone was then.
    if door is None:
        positions = (*given.positions, *[each.position for each in prepared if each.position is not None])
        at = best(positions)
        if at is None or (at.evidence == "exif" and given.address):
            written, place_code = _written(given)
            positions = (*(without_elsewhere(positions, written[0]) if written else positions), *written)
            place_code = "" if positions else place_code
    return Sending(
        words=given.words, matter=given.matter, kind=given.kind or "unsorted", positions=positions,
        place_code=place_code, address=given.address, door_key=door.key if door is not None else "",
        contact=_contact(given.phone),
        channel="door" if door is not None else "map", language=chosen(), photos=len(prepared), trap=given.trap,
    )  # fmt: skip


def _written(given: forms.Given) -> tuple[tuple[Position, ...], str]:
    """Where an address lies, or what the words name: its point; of several houses of one name, the place of all."""
    found = look_up(current.database(), given.address, words=given.words)
    position = found.only.position if found.only is not None else None
    return (position,) if position is not None else (), found.shared_place


def _sender() -> Sender:
    return Sender(client_address(), request.cookies.get(DEVICE_COOKIE, "")[:64])


@blueprint.after_request
def _mark_device(response: Any) -> Any:
    """A random mark for the throttles and so that 我也遇到 counts once; it says nothing of anybody."""
    if request.method == "GET" and request.path.startswith(("/d/", "/report")) and DEVICE_COOKIE not in request.cookies:
        response.set_cookie(
            DEVICE_COOKIE, secrets.token_urlsafe(16), max_age=365 * 86400, httponly=True, samesite="Lax",
            secure=request.is_secure,
        )  # fmt: skip
    return response


def _contact(phone: str) -> Contact:
    return Contact(phone=phone, wants_call=bool(phone))


def _received(receipt: Receipt, told: list[str]) -> Any:
    address = f"/r/{receipt.code}"
    onwards = f"{address}?new=1" + (f"&told={told_once().dumps(told)}" if told else "")
    if wants_json():
        return jsonify(number=numbers.spoken(receipt.number), address=address, next=onwards), 201
    return redirect(onwards, 303)


def _choosable(kinds: Kinds) -> list[tuple[KindClass, Kind]]:
    """What a resident may choose: every kind but the one that says nobody chose."""
    return [(group, kind) for group, members in kinds.tree() for kind in members if kind.code != UNSORTED]


def _kind_title(code: str, *, english: bool) -> str:
    kind = rulebook(current.settings()).kinds.get(code)
    return kind.plain_en if english else kind.plain_zh


def _kinds() -> list[dict[str, Any]]:
    english = chosen() == "en"
    groups: dict[str, dict[str, Any]] = {}
    for group, kind in _choosable(rulebook(current.settings()).kinds):
        title = kind.plain_en if english else kind.plain_zh
        words = groups.setdefault(group.code, {"title": group.title_en if english else group.title_zh, "kinds": []})
        words["kinds"].append({"code": kind.code, "title": title})
    return list(groups.values())


def _kind_codes() -> frozenset[str]:
    return frozenset(kind.code for _group, kind in _choosable(rulebook(current.settings()).kinds))
