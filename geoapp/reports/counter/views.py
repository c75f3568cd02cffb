"""来电代报: one form for a call or a visitor, and the number to say."""

from __future__ import annotations

from typing import Any

import segno
from apiflask import APIBlueprint
from flask import render_template, request
from flask_babel import gettext as _

from geoapp.accounts.guards import actor
from geoapp.errors import Conflict, Invalid, NotAllowed, TooOften, http_status
from geoapp.reports import numbers
from geoapp.reports.casework.views import boot, kind_groups
from geoapp.reports.counter import actions
from geoapp.reports.counter.actions import Question, Taken
from geoapp.reports.counter.forms import FIELDS, PIN, read_call
from geoapp.reports.orders.actions import look_around
from geoapp.reports.orders.views import spot_words
from geoapp.reports.orders.whereabouts import Whereabouts
from geoapp.reports.rulebook.store import rulebook
from geoapp.reports.sending import actions as sending
from geoapp.reports.sending.matter import UsedKey
from geoapp.web import current
from geoapp.web.describing import TEXT, describe, either
from geoapp.web.errors import said
from geoapp.web.language import chosen
from geoapp.web.limits import limited
from geoapp.web.requests import public_url
from geoapp.web.rights import needs

blueprint = APIBlueprint("counter", __name__, template_folder="templates", enable_openapi=False)


@blueprint.get("/cases/new")
@needs("reports.handle")
def new() -> Any:
    """来电代报: a call or a visitor at the counter."""
    return _new_page()


@blueprint.post("/cases/new")
@needs("reports.handle")
@describe(
    form={
        "words": TEXT,
        "address": TEXT,
        "asked": TEXT,
        "choice": TEXT,
        "lon": TEXT,
        "lat": TEXT,
        "phone": TEXT,
        "name": TEXT,
        "wants_call": TEXT,
        "kind": TEXT,
        "key": TEXT,
        "matter": either("problem", "proposal"),
        "channel": either("phone", "counter"),
    },
    needed=("words",),
    errors=(409,),
)
@limited("call", "120/hour")
def take_call() -> Any:
    """Take a call or a visit down; where its place may be several, the form comes again with them to choose from."""
    given = read_call(request.form, kinds=frozenset(rulebook(current.settings()).kinds.kinds))
    if given.wrong:
        return _new_page(wrong={name: _(sentence) for name, sentence in given.wrong.items()}, status=400)
    try:
        done = actions.take_call(current.database(), actor(), given, language=chosen())
    except UsedKey as error:
        words = _("刚才已经记下一件，内容不一样；要另记一件，再按一次“记下”。")
        return _new_page(wrong={"words": words}, key=sending.new_key(), status=http_status(error))
    except (Invalid, Conflict, NotAllowed, TooOften) as error:
        # The caller is still on the line: what was taken down stays in the form.
        return _new_page(wrong={"words": said(error)}, status=http_status(error))
    if isinstance(done, Question):
        return _new_page(found=done.found)
    return render_template(
        "counter/taken.html", number=numbers.spoken(done.receipt.number), placed=_placed(done),
        key="" if done.outside else done.receipt.report_key, near="、".join(done.near),
        qr=segno.make_qr(public_url(f"/r/{done.receipt.code}"), error="m").svg_data_uri(scale=4),
    )  # fmt: skip


def _placed(done: Taken) -> Any:
    """Where it lies now, in a sentence."""
    where = done.where or _("不在任何区划里")
    if done.outside:
        return _("地点在%(where)s，不在您的辖区；已交给那里，您这里看不到后面的办理。", where=where)
    if done.point:
        return _("已放到%(where)s。", where=where)
    return _("没有定位，先放在%(where)s；可以在案件页改位置。", where=where)


def _new_page(
    *, wrong: dict[str, str] | None = None, found: Whereabouts | None = None, key: str = "", status: int = 200
) -> Any:
    given = {name: request.form.get(name, "") for name in (*FIELDS, "wants_call")}
    around = look_around(current.database(), actor())
    if found is None and given["address"]:
        found = around.find(given["address"])
    middle = around.middle
    page = render_template(
        "counter/new.html", wrong=wrong or {}, given=given, kinds=kind_groups(), asking=bool(found) and not wrong,
        key=key or given["key"] or sending.new_key(), boot=boot(), own=around.where(around.own_place),
        lon=middle[0] if middle else None, lat=middle[1] if middle else None,
        form={"spots": [spot_words(s) for s in found.candidates] if found else [],
              "note": said(found.note) if found else "", "chosen": _chosen(given, found)},
        pin=given["choice"] == PIN,
    )  # fmt: skip
    return page, status


def _chosen(given: dict[str, str], found: Whereabouts | None) -> str:
    """The radio button that is on: hers, or the only one that there is."""
    keys = {spot.key for spot in found.candidates} if found else set()
    if given["choice"] in {*keys, "own"} and given["asked"] == given["address"]:
        return given["choice"]
    return found.only.key if found and found.only and not found.only.outside else ""
