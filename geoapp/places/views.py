"""The places as JSON: what holds on a day, a point's places, a place's history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from apiflask import APIBlueprint
from flask import jsonify, request
from flask_babel import gettext as _

from geoapp.errors import Invalid
from geoapp.places import forms, store
from geoapp.places.account import check_json, page_json, place_json
from geoapp.places.boundaries import check_children
from geoapp.places.hierarchy import LEVELS
from geoapp.places.versions import KIND_TITLES, heirs
from geoapp.web import current
from geoapp.web.describing import BBOX, DAY, GEOJSON, LAT, LON, TEXT, WHOLE, describe, either
from geoapp.web.rights import needs

blueprint = APIBlueprint("places", __name__, enable_openapi=False)

MOST_LISTED, MOST_FOUND = 10_000, 50
_LEVEL = either(*(level.key for level in LEVELS))


@blueprint.get("/api/places")
@needs("places.read")
@describe(query={"on": DAY, "level": _LEVEL, "parent": TEXT, "after": TEXT, "limit": WHOLE})
def places() -> Any:
    """Places of a day, by code, without borders; ``next`` is the code to go on after when there are more."""
    given = _given("on", "level", "parent", "after", "limit")
    on = _on(given)
    with current.database().reading() as connection:
        found = store.versions(connection, on=on, geometry=False, **_filters(given))
        titles = store.level_titles(connection)
    limit = forms.parse_count(given.get("limit", "1000"), what="limit", least=1, most=MOST_LISTED)
    after = forms.parse_code(given["after"]) if "after" in given else ""
    rest = [version for version in found if version.code > after]
    return jsonify(
        on=on.isoformat(),
        total=len(found),
        places=[place_json(version, titles) for version in rest[:limit]],
        next=rest[limit - 1].code if len(rest) > limit else None,
    )


@blueprint.get("/api/places.geojson")
@needs("places.read")
@describe(query={"on": DAY, "level": _LEVEL, "parent": TEXT, "bbox": BBOX}, answers={200: GEOJSON})
def places_geojson() -> Any:
    """Places of a day with their borders, as a GeoJSON collection; those without a border have a null geometry."""
    given = _given("on", "level", "parent", "bbox")
    on = _on(given)
    if not {"level", "parent", "bbox"} & set(given):
        raise Invalid(_("请用 level、parent 或 bbox 限定范围。"))
    with current.database().reading() as connection:
        found = store.versions(connection, on=on, bbox=_bbox(given), **_filters(given))
        titles = store.level_titles(connection)
    features = []
    for version in found:
        facts = place_json(version, titles, geometry=True)
        features.append({"type": "Feature", "id": version.code, "geometry": facts.pop("geometry"), "properties": facts})
    response = jsonify(type="FeatureCollection", features=features)
    response.content_type = "application/geo+json"
    return response


@blueprint.get("/api/places/levels")
@needs("places.read")
def levels() -> Any:
    """The five levels and what this district calls them."""
    _given()
    with current.database().reading() as connection:
        titles = store.level_titles(connection)
    return jsonify(levels=[{"level": key, "title_zh": zh, "title_en": en} for key, (zh, en) in titles.items()])


@blueprint.get("/api/places/at")
@needs("places.read")
@describe(query={"on": DAY, "lon": LON, "lat": LAT}, needed=("lon", "lat"))
def at() -> Any:
    """The places of a point on a day, from the district down."""
    given = _given("on", "lon", "lat")
    on = _on(given)
    lon = forms.parse_number(_needed(given, "lon"), what=_("经度"), least=-180, most=180)
    lat = forms.parse_number(_needed(given, "lat"), what=_("纬度"), least=-90, most=90)
    with current.database().reading() as connection:
        found = store.at_point(connection, lon, lat, on=on)
        titles = store.level_titles(connection)
    return jsonify(on=on.isoformat(), lon=lon, lat=lat, places=[place_json(v, titles) for v in found])


@blueprint.get("/api/places/search")
@needs("places.read")
@describe(query={"on": DAY, "q": TEXT, "limit": WHOLE}, needed=("q",))
def search() -> Any:
    """Places of a day by part of the name or beginning of the code."""
    given = _given("on", "q", "limit")
    on, words = _on(given), _needed(given, "q").strip()
    if not 0 < len(words) <= 100:
        raise Invalid(_("请输入 1 到 100 个字的名称或编码。"))
    limit = forms.parse_count(given.get("limit", "20"), what="limit", least=1, most=MOST_FOUND)
    with current.database().reading() as connection:
        found = store.search(connection, words, on=on, limit=limit)
        titles = store.level_titles(connection)
        boxes = store.boxes(connection, [version.id for version in found])
    return jsonify(on=on.isoformat(), places=[{**place_json(v, titles), "bbox": boxes.get(v.id)} for v in found])


@blueprint.get("/api/places/<code>")
@needs("places.read")
@describe(query={"on": DAY})
def place(code: str) -> Any:
    """One place on a day: what is known, its border, the places above and directly below."""
    given = _given("on")
    on = _on(given)
    forms.parse_code(code)
    with current.database().reading() as connection:
        version = store.version(connection, code, on=on)
        above = store.path(connection, code, on=on)[:-1]
        under = store.versions(connection, on=on, parent=code, geometry=False)
        titles = store.level_titles(connection)
    return jsonify(page_json(version, above, under, titles, on=on))


@blueprint.get("/api/places/<code>/check")
@needs("places.read")
@describe(query={"on": DAY}, errors=(422,))
def check(code: str) -> Any:
    """Where the places directly below one do not tile it: kind, area, codes, geometry."""
    given = _given("on")
    on = _on(given)
    forms.parse_code(code)
    with current.database().reading() as connection:
        parent = store.version(connection, code, on=on)
        children = store.versions(connection, on=on, parent=code)
    return jsonify(on=on.isoformat(), **check_json(check_children(parent, children)))


@blueprint.get("/api/places/<code>/history")
@needs("places.read")
def history(code: str) -> Any:
    """Every version of a place, the operations that link it to others, and where its first ground is today."""
    _given()
    forms.parse_code(code)
    today = _today()
    with current.database().reading() as connection:
        versions = store.history(connection, code)
        linked = store.links(connection, code)
        everything = store.links(connection)
        titles = store.level_titles(connection)
        living = {v.code for v in store.versions(connection, on=today, level=versions[0].level, geometry=False)}
    dated = [(operation.on_date, link) for operation, link in everything]
    first = versions[0].valid_from
    return jsonify(
        code=code,
        versions=[place_json(version, titles) for version in versions],
        successions=[
            {
                "operation": operation.id,
                "kind": operation.kind,
                "kind_title": KIND_TITLES[operation.kind],
                "on": operation.on_date.isoformat(),
                "note": operation.note,
                "predecessor": link.predecessor,
                "successor": link.successor,
                "share_of_predecessor_inside_successor": link.share_of_predecessor_inside_successor,
            }
            for operation, link in linked
        ],
        heirs_today=[
            {"code": heir.code, "share": heir.share}
            for heir in heirs(dated, code, after=first, until=today, living=living)
        ],
    )


def _given(*allowed: str) -> dict[str, str]:
    forms.only(request.args, {*allowed, "lang"})
    return {name: request.args[name] for name in request.args}


def _needed(given: dict[str, str], name: str) -> str:
    if name not in given:
        raise Invalid(_("缺少参数 %(name)s。", name=name))
    return given[name]


def _on(given: dict[str, str]) -> date:
    return forms.parse_day(given["on"]) if "on" in given else _today()


def _today() -> date:
    return datetime.now(current.settings().zone).date()


def _filters(given: dict[str, str]) -> dict[str, Any]:
    filters: dict[str, Any] = {}
    if "level" in given:
        filters["level"] = forms.parse_level(given["level"])
    if "parent" in given:
        filters["parent"] = forms.parse_code(given["parent"])
    return filters


def _bbox(given: dict[str, str]) -> tuple[float, float, float, float] | None:
    if "bbox" not in given:
        return None
    edges = given["bbox"].split(",")
    if len(edges) != 4:
        raise Invalid(_("bbox 应为四个数：西,南,东,北。"))
    west, east = (forms.parse_number(edges[i], what="bbox", least=-180, most=180) for i in (0, 2))
    south, north = (forms.parse_number(edges[i], what="bbox", least=-90, most=90) for i in (1, 3))
    if west > east or south > north:
        raise Invalid(_("bbox 应为四个数：西,南,东,北。"))
    return west, south, east, north
