"""Divisions as JSON: ask, look, hand over, undo, name; every change is saved as it is made."""

from __future__ import annotations

import dataclasses
import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from apiflask import APIBlueprint
from flask import jsonify, request

from geoapp.accounts.guards import actor
from geoapp.db import utcnow
from geoapp.errors import Invalid
from geoapp.places.hierarchy import path_of
from geoapp.splitting.drafts import actions, answers, forms, store
from geoapp.splitting.drafts.actions import Drawing
from geoapp.splitting.drafts.store import Division
from geoapp.splitting.drafts.wish import BETWEEN, BY_STANDARD, RANGES, TOLERANCE
from geoapp.splitting.store import read_profiles, read_rules
from geoapp.web import current
from geoapp.web.describing import DAY, FLAG, JSON, LAT, LON, NUMBER, TEXT, WHOLE, array_of, describe, either, record
from geoapp.web.limits import limited
from geoapp.web.rights import needs

blueprint = APIBlueprint("drafts", __name__, enable_openapi=False)

_WISH = record(
    on=DAY, parts=WHOLE, sizes=either(BY_STANDARD, TOLERANCE, BETWEEN, RANGES), tolerance=NUMBER,
    ranges=array_of(array_of(WHOLE)), keep_compounds=FLAG, may_be_cut=array_of(TEXT), keep=array_of(array_of(TEXT)),
    profiles=array_of(TEXT), part_names=array_of(TEXT),
    stations=array_of(record(("name", "lon", "lat"), name=TEXT, lon=LON, lat=LAT)), seed=WHOLE, seconds=NUMBER,
)  # fmt: skip


def _today() -> datetime.date:
    return utcnow().astimezone(current.settings().zone).date()


def _require_of(permission: str, division_id: str) -> None:
    """NotFound unless the asker holds the permission at the community that the division is of."""
    actions.require(current.database(), actor(), permission, division_id, on=_today())


def _version() -> str:
    """Version of the program, as far as it was installed."""
    try:
        return version("geoapp")
    except PackageNotFoundError:
        return "未安装"


def _body() -> Any:
    """The request's JSON; only JSON, which no form of another site can send."""
    data = request.get_json(silent=True)
    if data is None:
        raise Invalid("请求内容应是 JSON，并注明 Content-Type: application/json；请改正后重发。")
    return data


@blueprint.get("/api/divisions/options")
@needs("divisions.read")
def options() -> Any:
    """What a wish may name: profiles with their prices, limits of the standard."""
    rules, profiles = read_rules(), read_profiles()
    return jsonify(
        profiles=[
            {"key": p.key, "title": p.title_zh, "title_en": p.title_en, "purpose": p.purpose_zh, "default": p.default}
            for p in profiles.profiles.values()
        ],
        households_most=rules.value("households_most"),
        households_merge=rules.value("households_merge"),
        parts_most=forms.MOST_PARTS,
        document=rules.document,
    )


@blueprint.get("/api/places/<code>/divisions")
@needs("divisions.read")
def listed(code: str) -> Any:
    """Divisions of a community, the latest first."""
    actor().require("divisions.read", path_of(code), on=_today())
    with current.database().reading() as connection:
        found = store.divisions_of(connection, code)
    return jsonify(divisions=[_division_json(one) for one in found])


@blueprint.post("/api/places/<code>/divisions")
@needs("divisions.ask")
@limited("divide", "10/minute")
@describe(json=_WISH, answers={202: JSON}, errors=(409, 422))
def ask(code: str) -> Any:
    """Ask for a division; the answer names the job that computes it."""
    data = _body()
    division = actions.ask(
        current.database(), current.jobs(), code, forms.wish(data), on=forms.day(data, today=_today()),
        version=_version(), by=actor(),
    )  # fmt: skip
    return jsonify(_division_json(division)), 202


@blueprint.get("/api/divisions/<division_id>")
@needs("divisions.read")
@describe(errors=(409,))
def look(division_id: str) -> Any:
    """A division with all its plans, scored."""
    _require_of("divisions.read", division_id)
    division = actions.look(current.database(), division_id)
    drawn = actions.drawings(current.database(), division_id)
    return jsonify({**_division_json(division), "plans": [_drawing_json(one) for one in drawn]})


@blueprint.get("/api/divisions/<division_id>/units")
@needs("divisions.read")
@describe(errors=(409,))
def units(division_id: str) -> Any:
    """The units that plans are made of, with all that the page needs to reckon by itself."""
    _require_of("divisions.read", division_id)
    ground, around = actions.ground_of(current.database(), division_id)
    response = jsonify(
        {**answers.ground_json(ground, read_rules()), "illustrative": around.illustrative, "sources": around.sources}
    )
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@blueprint.get("/api/divisions/<division_id>/plans/<int:number>")
@needs("divisions.read")
@describe(errors=(409,))
def plan(division_id: str, number: int) -> Any:
    """One plan, scored."""
    _require_of("divisions.read", division_id)
    return jsonify(_drawing_json(actions.drawing(current.database(), division_id, number)))


@blueprint.post("/api/divisions/<division_id>/plans/<int:number>/evaluate")
@needs("divisions.read")
@describe(json=record(("part_of",), part_of=array_of(WHOLE)), errors=(409, 422))
def evaluate(division_id: str, number: int) -> Any:
    """Figures of any assignment in place of the plan's; nothing is saved."""
    _require_of("divisions.read", division_id)
    database = current.database()
    with database.reading() as connection:
        division, found = store.division(connection, division_id), store.plan(connection, division_id, number)
    ground, _ = actions.ground_of(database, division_id)
    part_of = forms.part_of(_body(), units=ground.units.n, parts=len(found.part_names))
    score = actions.evaluate(division, ground, found.profile, part_of, names=tuple(found.part_names))
    return jsonify(answers.score_json(score))


@blueprint.post("/api/divisions/<division_id>/plans/<int:number>/copy")
@needs("divisions.draft")
@describe(json=record(name=TEXT), answers={201: JSON}, errors=(409,))
def copy(division_id: str, number: int) -> Any:
    """A new draft of a plan."""
    fields = forms.only(_body(), {"name"})
    name = forms.text(fields["name"], "方案名称") if "name" in fields else None
    new = actions.copy_plan(current.database(), division_id, number, name=name, by=actor())
    return jsonify(_drawing_json(actions.drawing(current.database(), division_id, new))), 201


@blueprint.post("/api/divisions/<division_id>/plans/<int:number>/steps")
@needs("divisions.draft")
@describe(json=record(("units", "to"), units=array_of(WHOLE), to=WHOLE, revision=WHOLE), errors=(409, 422))
def hand_over(division_id: str, number: int) -> Any:
    """Give units to a part; of a computed plan a draft is made first, and the answer is that draft."""
    _require_of("divisions.draft", division_id)
    database = current.database()
    with database.reading() as connection:
        found = store.plan(connection, division_id, number)
    given, to, seen = forms.hand_over(_body(), units=len(found.part_of), parts=len(found.part_names))
    new = actions.hand_over(database, division_id, number, given, to, seen=seen, by=actor())
    return jsonify(_drawing_json(actions.drawing(database, division_id, new)))


@blueprint.post("/api/divisions/<division_id>/plans/<int:number>/undo")
@needs("divisions.draft")
@describe(json=record(revision=WHOLE), errors=(409,))
def undo(division_id: str, number: int) -> Any:
    """Take the latest hand-over back."""
    seen = forms.revision(forms.only(_body(), {"revision"}))
    actions.undo(current.database(), division_id, number, seen=seen, by=actor())
    return jsonify(_drawing_json(actions.drawing(current.database(), division_id, number)))


@blueprint.post("/api/divisions/<division_id>/plans/<int:number>/redo")
@needs("divisions.draft")
@describe(json=record(revision=WHOLE), errors=(409,))
def redo(division_id: str, number: int) -> Any:
    """Do again what was taken back."""
    seen = forms.revision(forms.only(_body(), {"revision"}))
    actions.redo(current.database(), division_id, number, seen=seen, by=actor())
    return jsonify(_drawing_json(actions.drawing(current.database(), division_id, number)))


@blueprint.post("/api/divisions/<division_id>/plans/<int:number>/names")
@needs("divisions.draft")
@describe(json=record(name=TEXT, part_names=array_of(TEXT), revision=WHOLE), errors=(409,))
def rename(division_id: str, number: int) -> Any:
    """Name a plan, or the communities that it proposes."""
    fields = forms.only(_body(), {"name", "part_names", "revision"})
    name = forms.text(fields["name"], "方案名称") if "name" in fields else None
    parts = forms.texts(fields["part_names"], "社区名称") if "part_names" in fields else None
    actions.rename(
        current.database(), division_id, number, name=name, part_names=parts, seen=forms.revision(fields), by=actor()
    )
    return jsonify(_drawing_json(actions.drawing(current.database(), division_id, number)))


def _division_json(division: Division) -> dict[str, Any]:
    place = {key: value for key, value in division.place.items() if key != "outline"}
    return {
        "id": division.id,
        "place": {"code": division.place_code, **place},
        "on": division.on_date.isoformat(),
        "wish": division.wish,
        "state": division.state,
        "reason": division.reason,
        "job": division.job_id,
        "inputs": division.inputs,
        "inputs_sha256": division.inputs_sha256,
        "indicators": division.indicators,
        "version": division.code_version,
        "created_at": division.created_at.isoformat(),
    }


def _drawing_json(drawing: Drawing) -> dict[str, Any]:
    plan = drawing.plan
    return {
        "number": plan.number,
        "name": plan.name,
        "profile": plan.profile,
        "profile_title": plan.proof["title"],
        "based_on": plan.based_on,
        "part_of": plan.part_of,
        "part_names": plan.part_names,
        "revision": plan.revision,
        "can_undo": drawing.can_undo,
        "can_redo": drawing.can_redo,
        "has_certificate": drawing.has_certificate,
        "proof": dataclasses.asdict(drawing.proof),
        "score": answers.score_json(drawing.score),
        "changed_at": plan.changed_at.isoformat(),
    }
