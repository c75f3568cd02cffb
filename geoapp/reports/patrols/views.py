"""巡访: today's points on a phone, one point with what to do there, points and figures for whoever sets them up."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import timedelta
from functools import reduce
from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, send_file
from flask_babel import gettext as _

from geoapp.accounts.guards import actor, holds, today
from geoapp.accounts.roles import PlacePath
from geoapp.db import utcnow
from geoapp.errors import GeoappError, NotAllowed, NotFound, http_status
from geoapp.places.hierarchy import path_of
from geoapp.reports import numbers
from geoapp.reports.casework import pages
from geoapp.reports.casework.views import boot, kind_groups, page_of
from geoapp.reports.figures.actions import as_csv
from geoapp.reports.patrols import actions, forms, store
from geoapp.reports.patrols.rounds import ACTS, RHYTHMS, Share
from geoapp.reports.patrols.store import Found, Point, Visit
from geoapp.reports.photos import actions as photos
from geoapp.reports.receipts.views import chosen_files, prepared_photos
from geoapp.reports.rulebook.store import rulebook
from geoapp.reports.sending import actions as sending
from geoapp.web import current
from geoapp.web.bodies import takes
from geoapp.web.describing import CSV, DAY, FILE, LAT, LON, TEXT, array_of, describe, either
from geoapp.web.errors import said
from geoapp.web.language import chosen
from geoapp.web.limits import limited
from geoapp.web.rights import needs

blueprint = APIBlueprint("patrols", __name__, template_folder="templates", enable_openapi=False)
#: How far back a point's own page tells of visits.
TOLD = timedelta(days=60)
_POINT = {
    "name": TEXT, "look": TEXT, "rhythm": either(*RHYTHMS), "address": TEXT, "place": TEXT, "lon": LON, "lat": LAT,
}  # fmt: skip


@blueprint.get("/patrols")
@needs("patrols.walk")
def patrols() -> Any:
    """Today's points, those that are due first."""
    page = page_of(utcnow())
    stops = [_stop(page, stop) for stop in actions.today(current.database(), actor())]
    return render_template(
        "patrols/today.html", stops=stops, due=[s for s in stops if s["due"]], seen=[s for s in stops if s["seen"]],
        rest=[s for s in stops if not s["due"] and not s["seen"]], manages=holds("patrols.manage"),
    )  # fmt: skip


@blueprint.get("/patrols/points/<key>")
@needs("patrols.walk")
def point(key: str) -> Any:
    """One point: what to look at, tick it off, report what was found, who was there before."""
    return _point_page(key)


@blueprint.post("/patrols/points/<key>/tick")
@needs("patrols.walk")
@describe(form={"acts": array_of(either(*ACTS)), "words": TEXT}, answers={303: ()})
def tick(key: str) -> Any:
    """Tick a point off. Whatever position a browser may send along is not looked at."""
    visit = actions.tick(
        current.database(), actor(), key, acts=request.form.getlist("acts"), words=request.form.get("words", "")
    )
    with current.database().reading() as connection:
        name = actions.open_point(connection, actor(), key, "patrols.walk", on=today()).name
    flash(_("已打卡：%(name)s，%(when)s。", name=name, when=_hour(visit)))
    return redirect("/patrols", 303)


@blueprint.post("/patrols/points/<key>/finding")
@needs("patrols.walk")
@describe(
    form={"words": TEXT, "kind": TEXT, "key": TEXT}, files={"photos": array_of(FILE)}, answers={303: ()}, errors=(409,)
)
@takes(mib=152)
@limited("finding", "120/hour")
def finding(key: str) -> Any:
    """One press: what was found becomes a case at the point's place."""
    _known(key)
    prepared, told = prepared_photos(chosen_files())
    kinds, words = rulebook(current.settings()).kinds, request.form.get("words", "")
    kind = request.form.get("kind", "")
    kind = kind if kind in kinds.kinds else next((k.code for k in kinds.guess(words)), "unsorted")
    found = actions.Finding(words, kind, len(prepared), chosen())
    try:
        receipt = actions.report_finding(
            current.database(), actor(), key, found, sending_key=forms.read_key(request.form),
            along=photos.attaching(prepared, by=actor().name),
        )  # fmt: skip
    except GeoappError as error:
        photos.discard(current.objects(), prepared)
        return _point_page(key, error, told)
    for sentence in told:
        flash(sentence)
    flash(_("已上报，受理编号 %(number)s；这个点也打了卡。", number=numbers.spoken(receipt.number)))
    return redirect(f"/patrols/points/{key}", 303)


# -- setting up ----------------------------------------------------------------------------------------------------


@blueprint.get("/patrols/overview")
@needs("patrols.manage")
@describe(query={"since": DAY, "until": DAY})
def overview() -> Any:
    """Which points were seen when, so many of so many visits that were due, and what was found."""
    page = page_of(utcnow())
    first, last = forms.read_period(request.args, on=today())
    lines = actions.overview(current.database(), actor(), first=first, last=last)
    total = reduce(Share.__add__, (line.share for line in lines), Share(0, 0))
    return render_template(
        "patrols/overview.html", rows=[_line(page, line) for line in lines], total=_share(total), since=first,
        until=last, found=[_found(page, each) for line in lines for each in line.found],
    )  # fmt: skip


@blueprint.get("/patrols/overview.csv")
@needs("patrols.manage")
@describe(query={"since": DAY, "until": DAY}, answers={200: CSV})
@limited("export", "30/minute")
def overview_csv() -> Any:
    """The same table for a spreadsheet: a line per point, and nobody's name."""
    page = page_of(utcnow())
    first, last = forms.read_period(request.args, on=today())
    lines = actions.overview(current.database(), actor(), first=first, last=last)
    head = [
        _("打卡点"), _("看什么"), _("多久看一次"), _("地点"), _("地址"), _("看了"), _("应看"), _("缺"), _("最近一次"),
        _("上报"), _("受理编号"),
    ]  # fmt: skip
    table: list[list[str | int | float | None]] = [head, *(_row(page, line) for line in lines)]
    name = f"patrols-{first:%Y%m%d}-{last:%Y%m%d}.csv"
    return send_file(io.BytesIO(as_csv(table)), mimetype=CSV, as_attachment=True, download_name=name)


@blueprint.get("/patrols/points/new")
@needs("patrols.manage")
def new() -> Any:
    """The form for a new point."""
    return _form_page()


@blueprint.post("/patrols/points/new")
@needs("patrols.manage")
@describe(form=_POINT, needed=("name", "rhythm"), answers={303: ()})
def define() -> Any:
    """Set a point up."""
    try:
        made = actions.define(current.database(), actor(), forms.read_point(request.form, _choices()))
    except GeoappError as error:
        return _form_page(error=error)
    flash(_("已设打卡点：%(name)s。", name=made.name))
    return redirect("/patrols/overview", 303)


@blueprint.get("/patrols/points/<key>/change")
@needs("patrols.manage")
def changing(key: str) -> Any:
    """The form for a point that is there."""
    return _form_page(key)


@blueprint.post("/patrols/points/<key>/change")
@needs("patrols.manage")
@describe(form=_POINT, needed=("name", "rhythm"), answers={303: ()})
def change(key: str) -> Any:
    """Say other things of a point."""
    try:
        actions.change(current.database(), actor(), key, forms.read_point(request.form, _choices()))
    except NotFound:
        raise
    except GeoappError as error:
        return _form_page(key, error=error)
    flash(_("已保存。"))
    return redirect("/patrols/overview", 303)


@blueprint.post("/patrols/points/<key>/end")
@needs("patrols.manage")
@describe(answers={303: ()})
def end(key: str) -> Any:
    """Nobody has to come there any more."""
    actions.end(current.database(), actor(), key)
    flash(_("打卡点已停用；以前的记录还在。"))
    return redirect("/patrols/overview", 303)


# -- pages ---------------------------------------------------------------------------------------------------------


def _known(key: str, permission: str = "patrols.walk") -> Point:
    with current.database().reading() as connection:
        return actions.open_point(connection, actor(), key, permission, on=today())


def _point_page(key: str, error: GeoappError | None = None, told: list[str] | None = None) -> Any:
    found, page, on = _known(key), page_of(utcnow()), today()
    with current.database().reading() as connection:
        visits = store.visits_to(connection, [found.id], first=on - TOLD, last=on)
        cases = store.found_at(connection, [found.id], first=on - TOLD, last=on)
    person = actor().person
    mine = next((v for v in visits if person is not None and v.person_id == person.id and v.day == on), None)
    sees = actor().may("reports.inside", path_of(found.place_code), on=on)
    html = render_template(
        "patrols/point.html", point=_facts(page, found), mine=_visit(page, mine, found) if mine else None,
        visits=[
            {**_visit(page, v, found), "found": [_found(page, each) for each in cases if each.visit_id == v.id]}
            for v in visits[:20]
        ],
        acts=[(act, _(words)) for act, words in ACTS.items()], kinds=kind_groups(), sees_cases=sees,
        manages=actor().may("patrols.manage", path_of(found.place_code), on=on),
        key=forms.read_key(request.form) or sending.new_key(), typed=request.form,
        fault=" ".join([*(told or []), said(error)]) if error else "",
    )  # fmt: skip
    return html, http_status(error) if error else 200


def _form_page(key: str = "", *, error: GeoappError | None = None) -> Any:
    before = _known(key, "patrols.manage") if key else None
    typed: Mapping[str, Any] = request.form
    if before is not None and not typed:
        fields = {n: getattr(before, n) for n in ("name", "look", "rhythm", "address", "lon", "lat")}
        typed = {n: "" if v is None else v for n, v in fields.items()} | {"place": before.place_code}
    html = render_template(
        "patrols/form.html", key=key, typed=typed, choices=_choices(), fault=said(error) if error else "",
        rhythms=[(code, _(words)) for code, words in RHYTHMS.items()], boot=boot(),
    )  # fmt: skip
    return html, (400 if isinstance(error, NotAllowed) else http_status(error)) if error else 200


def _choices() -> dict[PlacePath, str]:
    """Places where who asks may set points up, down to the grids, with their names."""
    return current.places_below(actor().places("patrols.manage", on=today()))


def _facts(page: pages.Page, found: Point) -> dict[str, Any]:
    return {
        "key": found.key, "name": found.name, "look": found.look, "rhythm": _(RHYTHMS[found.rhythm]),
        "place": page.place(found.place_code), "address": found.address, "ended": found.ended_on is not None,
        "map": f"/#s={found.lon:.6f},{found.lat:.6f}" if found.lon is not None and found.lat is not None else "",
    }  # fmt: skip


def _stop(page: pages.Page, stop: actions.Stop) -> dict[str, Any]:
    seen = [_visit(page, each, stop.point) for each in stop.visits[:1]]
    return {**_facts(page, stop.point), "due": stop.is_due, "seen": seen[0] if seen else None}


def _visit(page: pages.Page, visit: Visit, point: Point) -> dict[str, Any]:
    """A visit; colleagues' names are for whoever sets points up there."""
    person = actor().person
    own = person is not None and person.id == visit.person_id
    named = actor().may("patrols.manage", path_of(point.place_code), on=today())
    who = _("您") if own else visit.person_name if named else _("同事")
    acts = [_(words) for act, words in ACTS.items() if act in visit.acts]
    return {"when": page.when(visit.at), "at": visit.at, "who": who, "acts": acts, "words": visit.words or ""}


def _hour(visit: Visit) -> str:
    return f"{visit.at.astimezone(current.settings().zone):%H:%M}"


def _found(page: pages.Page, found: Found) -> dict[str, Any]:
    return {
        "key": found.key, "number": numbers.spoken(found.number), "kind": page.kind(found.kind),
        "state": page.stage(found.stage), "when": page.when(found.at),
    }  # fmt: skip


def _share(found: Share) -> dict[str, Any]:
    return {"made": found.made, "due": found.due, "missing": found.due - found.made, "percent": found.percent}


def _row(page: pages.Page, line: actions.Line) -> list[str | int | float | None]:
    point, last = line.point, line.last
    at = f"{last.at.astimezone(current.settings().zone):%Y-%m-%d %H:%M}" if last is not None else ""
    said_numbers = " ".join(numbers.spoken(each.number) for each in line.found)
    return [
        point.name, point.look, _(RHYTHMS[point.rhythm]), page.place(point.place_code), point.address, line.share.made,
        line.share.due, line.share.due - line.share.made, at, len(line.found), said_numbers,
    ]  # fmt: skip


def _line(page: pages.Page, line: actions.Line) -> dict[str, Any]:
    last = _visit(page, line.last, line.point) if line.last is not None else None
    return {**_facts(page, line.point), "share": _share(line.share), "last": last, "found": len(line.found)}
