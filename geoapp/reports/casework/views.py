"""One case: what it is, what is to be done now, what happened; and every event that an official can bring about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.engine import Connection

from geoapp.accounts.guards import actor, me, today
from geoapp.db import utcnow
from geoapp.errors import Conflict, GeoappError, Invalid, NotAllowed, NotFound, http_status
from geoapp.places import store as places
from geoapp.reports import numbers, store
from geoapp.reports.actions import looking
from geoapp.reports.cases import Assignment, Case, Request, Text
from geoapp.reports.casework import actions, forms, pages, showing
from geoapp.reports.casework import store as casework_store
from geoapp.reports.contacts.actions import read_contact
from geoapp.reports.duplicates import Nearby
from geoapp.reports.inbox import actions as inbox
from geoapp.reports.links import store as links
from geoapp.reports.people import Contact
from geoapp.reports.photos import actions as photos
from geoapp.reports.photos import store as photo_store
from geoapp.reports.photos.photo import MOST
from geoapp.reports.photos.views import ticketed_url
from geoapp.reports.rulebook.store import ground, rulebook
from geoapp.reports.stages import Stage
from geoapp.reports.waiting import actions as waiting
from geoapp.reports.wording import STAGE_WORDS
from geoapp.web import assets, current
from geoapp.web.bodies import takes
from geoapp.web.describing import DAY, FILE, LAT, LON, TEXT, WHOLE, array_of, describe, either
from geoapp.web.errors import said
from geoapp.web.language import chosen
from geoapp.web.limits import limited
from geoapp.web.negotiation import wants_json
from geoapp.web.rights import needs

blueprint = APIBlueprint("casework", __name__, template_folder="templates", enable_openapi=False)
#: Whatever a move of the table needs; which of them, the table says.
_MOVE = {
    "seen": WHOLE, "lead": TEXT, "bodies": array_of(TEXT), "reason": TEXT, "text": TEXT, "outcome": TEXT, "kind": TEXT,
    "place": TEXT, "term": TEXT, "until": DAY, "number": TEXT, "assignment": WHOLE, "lon": LON, "lat": LAT,
}  # fmt: skip


@blueprint.get("/cases/<key>")
@needs("reports.desk")
def case(key: str) -> Any:
    """One case: what it is, what is to be done now, what happened."""
    return _case_page(key)


def _case_page(key: str, *, contact: Contact | None = None, refused: Refused | None = None) -> Any:
    file, page = inbox.open_case(current.database(), actor(), key), page_of(utcnow())
    case, texts = file.case, {text.id: text.text or "" for text in file.texts}
    moderates = "release" in file.allowed
    with current.database().reading() as connection:
        pictures = photo_store.photos_of(connection, case.id)
        bodies = casework_store.bodies_serving(connection, case.duty_path)
        sent = links.links_of(connection, case.id)
        heard = store.texts(connection, [near.report_id for near in file.nearby[:5]])
        middle = _middle(connection, case) if "relocate" in file.allowed else None
    people = {**file.people, **{f"body:{body}": name for body, name in bodies}}
    words = next((text.text for text in file.texts if text.role == "report" and text.text), "")
    decides = bool({"extend", "hang", "decline"} & set(file.allowed))
    offered = showing.forms_of(case, file.allowed, is_handler=file.is_handler)
    wishes = [asked for asked in file.requests if asked.decided_at is None]
    filled, back = _back(page, file, people, refused, {*(form.event for form in offered), *map(_decision, wishes)})
    return render_template(
        "casework/case.html",
        back=back,
        case=pages.head(page, case, words, events=file.events),
        middle=middle,
        forms=[pages.form(page, form, filled) for form in offered],
        photos=[_photo(photo, moderates=moderates) for photo in pictures],
        texts=pages.said(page, case, file.texts, people, moderates=moderates),
        events=pages.log(page, case, file.events, file.texts, people),
        requests=[
            pages.wish(
                page,
                asked,
                texts.get(asked.text_id, ""),
                may_decide=decides,
                given=filled.words if filled and filled.event == _decision(asked) else "",
            )
            for asked in wishes
        ],
        assignments=[_assignment(page, file, each) for each in file.assignments],
        near=[_near(page, near, heard) for near in file.nearby[:5]],
        merged_into=file.merged_into
        and {"key": file.merged_into.key, "number": numbers.spoken(file.merged_into.number)},
        joined=[{"key": other.key, "number": numbers.spoken(other.number)} for other in file.joined],
        may_read_contact=file.has_contact and "contact_read" in file.allowed,
        wants_call=file.wants_call,
        contacts=[t for t in (contact.name, contact.phone, contact.email, contact.home) if t] if contact else [],
        bodies=bodies,
        kinds=kind_groups(),
        places=_duty_places(page) if "redispatch" in file.allowed else [],
        links=[_sent(page, each) for each in sent],
        nothing=_nothing(file),
        boot=boot(),
    )


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that was sent and not taken: what was filled in, and why."""

    filled: pages.Filled
    error: GeoappError
    seen: int
    photos: bool = False


def _decision(asked: Request) -> str:
    """Id of the form that decides on a wish, as an event's form is named by the event."""
    return f"decide-{asked.id}"


def _back(
    page: pages.Page, file: inbox.CaseFile, people: Mapping[str, str], refused: Refused | None, offered: Collection[str]
) -> tuple[pages.Filled | None, dict[str, Any] | None]:
    """What comes back of a form that was not taken, and the notice above the case that says why."""
    if refused is None:
        return None, None
    overtaken = isinstance(refused.error, store.StaleCase)
    what = pages.meanwhile(page, file.case, file.events, people, seen=refused.seen) if overtaken else ""
    sentence = _("您填写的时候，这件有了变化：%(what)s。", what=what) if what else said(refused.error)
    filled, form, hint = pages.back(page, refused.filled, offered, stage=file.case.stage, photos=refused.photos)
    return filled, {"sentence": sentence, "form": form, "hint": hint, "words": filled.words}


def _again(key: str, event: str, error: GeoappError, *, photos: bool = False) -> Any:
    """The case again with the form as it was sent; for programs, and where there is nothing to keep, the error."""
    if wants_json() or not isinstance(error, Conflict | Invalid | NotAllowed | NotFound):
        raise error
    given = {name: value for name, value in request.form.items() if name in _MOVE and name not in {"seen", "bodies"}}
    filled = pages.Filled(event, given, frozenset(request.form.getlist("bodies")))
    seen = request.form.get("seen", "")
    number = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0
    try:
        page = _case_page(key, refused=Refused(filled, error, number, photos))
    except NotFound:
        if not filled.words:
            raise error from None
        return render_template("casework/gone.html", sentence=said(error), words=filled.words), http_status(error)
    return page, http_status(error)


def _nothing(file: inbox.CaseFile) -> str:
    """What is said where nothing is to be done first."""
    if file.case.stage == Stage.FEEDBACK:
        return str(_("您办的，要请另一位同事核查。"))
    if showing.waits_for_others(file.case, is_handler=file.is_handler):
        return str(_("已派出，等承办单位签收；您自己签收就收回自己办。"))
    return str(_("现在没有要您做的。"))


def _middle(connection: Connection, case: Case) -> tuple[float, float] | None:
    """Where the map for another place opens: at the case, or in the middle of the place that is all one knows."""
    if case.lon is not None and case.lat is not None:
        return case.lon, case.lat
    return ground(connection, on=today()).middle([case.place_code or case.duty_code])


def _near(page: pages.Page, near: Nearby, heard: Sequence[Text]) -> dict[str, Any]:
    said = (text.text or "" for text in heard if text.report_id == near.report_id and text.role == "report")
    return {
        "key": near.key,
        "title": page.kind(near.kind),
        "words": pages.shortened(next(said, "")),
        "distance": _("%(n)s 米", n=round(near.distance_m)),
        "when": page.when(near.reported_at),
        "number": numbers.spoken(near.number),
    }


def _sent(page: pages.Page, link: links.Link) -> dict[str, Any]:
    open_ = link.is_open(page.now)
    if open_:
        words = _("到 %(when)s 有效", when=page.when(link.expires_at))
    elif link.answered_at:
        words = _("%(when)s 已回复", when=page.when(link.answered_at))
    else:
        words = _("已作废") if link.revoked_at else _("已过期")
    return {"key": link.key, "words": words, "open": open_}


def _photo(photo: Any, *, moderates: bool) -> dict[str, Any]:
    if photo.name is None:
        failed = photo.state == "failed"
        return {"large": "", "medium": "", "alt": "", "moderate": [],
                "words": _("没有收下：%(reason)s", reason=_(photo.reason)) if failed else _("照片处理中")}  # fmt: skip
    offers = [("hide", _("收回公开"))] if photo.state == "released" else [("release", _("审核公开"))]
    words = {"released": _("已公开"), "hidden": _("不公开")}.get(photo.state, _("等待审核"))
    return {
        "key": photo.key, "large": ticketed_url(photo, 2048), "medium": ticketed_url(photo, 640), "words": words,
        "alt": _("办理后的照片") if photo.role == "answer" else _("反映的照片"),
        "moderate": offers if moderates else [],
    }  # fmt: skip


def _assignment(page: pages.Page, file: inbox.CaseFile, each: Assignment) -> dict[str, Any]:
    role = {"lead": _("主办"), "joint": _("协办"), "called": _("吹哨")}[each.role]
    name = file.bodies.get(each.body_id or 0) or next(iter(_handler_names(file, each)), _("同事"))
    times = [
        words for words, at in (
            (_("派出 %(when)s", when=page.when(each.assigned_at)), each.assigned_at),
            (_("响应 %(when)s", when=page.when(each.accepted_at)) if each.accepted_at else "", each.accepted_at),
            (_("到场 %(when)s", when=page.when(each.arrived_at)) if each.arrived_at else "", each.arrived_at),
            (_("已结束"), each.ended_at),
        ) if at is not None
    ]  # fmt: skip
    open_call = each.role == "called" and each.ended_at is None and each.id in file.answerable
    offers = []
    if open_call and each.accepted_at is None and "respond" in file.allowed:
        offers.append(("respond", _("记下：已响应")))
    if open_call and each.arrived_at is None and "arrive" in file.allowed:
        offers.append(("arrive", _("记下：已到场")))
    return {"id": each.id, "name": name, "role": role, "times": " · ".join(times), "actions": offers,
            "may_link": file.is_office and each.body_id is not None and each.ended_at is None}  # fmt: skip


def _handler_names(file: inbox.CaseFile, each: Assignment) -> list[str]:
    """Name of the person that something was given to."""
    with current.database().reading() as connection:
        keys = store.person_keys(connection, [each.person_id] if each.person_id is not None else [])
    return [file.people[key] for key in keys.values() if key in file.people]


def _duty_places(page: pages.Page) -> list[tuple[str, str]]:
    """Places that a case can be sent to: subdistricts, communities and grids, each under the name of its parent."""
    return [(code, page.place(code)) for code in sorted(page.places) if len(code) in {9, 12, 15}]


def page_of(now: datetime) -> pages.Page:
    """In what an official's page is made: language, kinds, time, names of today's places."""
    settings = current.settings()
    with current.database().reading() as connection:
        names = {
            v.code: v.name
            for level in ("subdistrict", "community", "grid")
            for v in places.versions(connection, on=today(), level=level, geometry=False)
        }
    rules = rulebook(settings)
    return pages.Page(_, chosen() == "en", rules.kinds, rules.routing, now, settings.zone, names)


def kind_groups() -> list[dict[str, Any]]:
    """The tree of kinds in the page's language."""
    return pages.kind_groups(rulebook(current.settings()).kinds, english=chosen() == "en")


def boot() -> dict[str, Any]:
    """What the client of officials' pages begins with; the catalogue is asked for when a map opens."""
    day = today().isoformat()
    return {
        "language": chosen(), "today": day, "opening": day, "messages": assets.messages(chosen()),
        "catalogue": {"entries": [], "bbox": None, "changes": [], "levels": []},
        "worker": assets.address("map-worker.js") if assets.is_built() else "", "maxUploadBytes": 0, "me": me(),
    }  # fmt: skip


@blueprint.post("/cases/<key>/do/<event>")
@needs("reports.desk")
@describe(form=_MOVE, files={"photos": array_of(FILE)}, needed=("seen",), answers={303: ()}, errors=(409,))
@takes(mib=152)
def do(key: str, event: str) -> Any:
    """Bring an event of the one table of moves about; what may be done is decided there."""
    files = [file for file in request.files.getlist("photos") if file.filename]
    prepared = [photos.prepare(current.database(), current.objects(), file.stream) for file in files[: MOST["answer"]]]
    try:
        after = actions.bring_about(current.database(), actor(), key, event, request.form)
    except GeoappError as error:
        photos.discard(current.objects(), prepared)
        return _again(key, event, error, photos=bool(prepared))
    if prepared:
        with current.database().transaction() as connection:
            for each in prepared:
                photos.attach(connection, each, report_id=after.id, by=actor().name, role="answer", now=utcnow())
    return _done(after)


def _done(after: Case) -> Any:
    with looking(current.database(), actor()) as at:
        hers = at.may_see(after)
    if not hers:
        # Moved to where somebody else looks after it: its page would tell her that there is none.
        flash(_("已办；现在归%(place)s办，您这里看不到后面的办理。", place=page_of(utcnow()).place(after.duty_code)))
        return redirect("/cases", 303)
    flash(_("已办：%(state)s", state=STAGE_WORDS[after.stage][chosen() == "en"]))
    return redirect(f"/cases/{after.key}", 303)


@blueprint.post("/cases/<key>/decide")
@needs("reports.approve")
@describe(
    form={"request": WHOLE, "approved": either("yes", "no"), "reason": TEXT, "seen": WHOLE},
    needed=("request", "approved", "seen"),
    answers={303: ()},
    errors=(409,),
)
def decide(key: str) -> Any:
    """Approve or decline a wish for more time."""
    form = request.form
    asked = forms.whole(form, "request")
    try:
        after = waiting.decide(
            current.database(), actor(), key, asked, approved=form.get("approved") == "yes",
            reason=form.get("reason", ""), seen=forms.seen_of(form),
        )  # fmt: skip
    except GeoappError as error:
        return _again(key, f"decide-{asked}", error)
    return _done(after)


@blueprint.post("/cases/<key>/contact")
@needs("reports.desk")
@describe(form={"purpose": TEXT}, needed=("purpose",), errors=(409,))
@limited("contact", "60/hour")
def contact(key: str) -> Any:
    """The caller's number, shown once; the reading is in the timeline and in the audit."""
    found = read_contact(current.database(), actor(), key, purpose=request.form.get("purpose", ""))
    return _case_page(key, contact=found)
