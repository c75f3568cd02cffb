"""The map page and what it asks for: catalogue, shapes, tiles, what stands at a point, search, list, still picture."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import shapely
from apiflask import APIBlueprint
from flask import Response, current_app, jsonify, render_template, request, send_file
from flask_babel import gettext as _

from geoapp import jobs
from geoapp.maps import actions, answers, forms, live, picture, publish, sources, store, tasks
from geoapp.maps.pins import pin
from geoapp.maps.pins import store as pin_store
from geoapp.maps.pins import views as pins
from geoapp.maps.sources import Source
from geoapp.maps.spots import views as spots
from geoapp.maps.spots.spot import is_spots
from geoapp.places import store as places_store
from geoapp.web import assets, current
from geoapp.web.describing import BBOX, DAY, GEOJSON, LAT, LON, NUMBER, SVG, TEXT, WHOLE, describe
from geoapp.web.language import chosen
from geoapp.web.limits import limited
from geoapp.web.rights import holds, needs

blueprint = APIBlueprint("maps", __name__, template_folder="templates", enable_openapi=False)

#: A whole layer is handed out as GeoJSON up to here; beyond, by the box in view.
MAX_FEATURES = 20_000
#: A finger covers this many pixels around the point it presses.
PRESS_PX = 6
#: Candidates looked at per layer, features shown under one press, results per kind of a search.
MAX_NEAR, MAX_SHOWN, MAX_FOUND = 50, 8, 12
#: States of the catalogue that are kept: one per language, and one that is being replaced.
KEPT_STATES = 4
IMMUTABLE = "public, max-age=31536000, immutable"
PMTILES, VECTOR_TILE = "application/vnd.pmtiles", "application/vnd.mapbox-vector-tile"


@blueprint.get("/")
@needs("maps.read")
def page() -> Any:
    """The map."""
    with current.database().reading() as connection:
        listed = _drawable(connection)
        entries = _catalogue(connection, listed)
        top = places_store.versions(connection, on=_today(), level="subdistrict", geometry=False)
        opening = store.opening_day(connection, today=_today())
    _publish_if_stale(listed)
    boot = {
        "language": chosen(),
        "today": _today().isoformat(),
        "opening": opening.isoformat(),
        "messages": assets.messages(chosen()),
        "catalogue": entries,
        "worker": assets.address("map-worker.js"),
        "maxUploadBytes": current.settings().max_upload_mib << 20,
        "me": current.me(),
    }
    title = top[0].name if len(top) == 1 else ""
    return render_template("maps/map.html", boot=boot, title=title)


@blueprint.get("/api/map/layers")
@needs("maps.read")
def catalogue() -> Any:
    """What can be drawn, with style, legend, source, licence, date and addresses."""
    with current.database().reading() as connection:
        listed = _drawable(connection)
        answer = _catalogue(connection, listed)
    _publish_if_stale(listed)
    return jsonify(answer)


@blueprint.get("/api/map/layers/<path:key>/features")
@needs("maps.read")
@describe(query={"bbox": BBOX}, answers={200: GEOJSON, 304: ()})
def features(key: str) -> Any:
    """Features of one source as GeoJSON, of all days; ``?bbox=`` leaves out what lies elsewhere."""
    bbox = forms.read_bbox(request.args)
    with current.database().reading() as connection:
        source = sources.find(_drawable(connection), key)
        drawn = _drawn(connection, source, bbox)
    response = Response(answers.geojson(drawn), content_type="application/geo+json")
    # Asked for again each time, because a border may have been adopted; the same answer is not sent twice.
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    return response.make_conditional(request)


@blueprint.get("/tiles/<name>.pmtiles")
@needs("maps.read")
@describe(answers={200: PMTILES, 206: PMTILES, 304: ()}, errors=(416,))
def tiles(name: str) -> Any:
    """A published layer; readers ask for ranges of bytes. What has become internal is no longer there for anybody."""
    with current.database().reading() as connection:
        if not store.is_public_file(connection, name):
            raise publish.NotPublished("这个图层文件已被新版本取代，或不再公开；请刷新页面。")
    path = publish.path_of(actions.published_folder(current.settings()), f"{name}.pmtiles")
    response = send_file(path.absolute(), mimetype=PMTILES, conditional=True, etag=name)
    response.headers["Cache-Control"] = IMMUTABLE
    return response


@blueprint.get("/tiles/live/<path:key>/<int:z>/<int:x>/<int:y>.mvt")
@needs("maps.read")
@describe(answers={200: VECTOR_TILE})
def live_tile(key: str, z: int, x: int, y: int) -> Any:
    """Points and clusters of a tile."""
    live.check_tile(z, x, y)
    with current.database().reading() as connection:
        found = _marks(connection, key, z, x, y)
    response = Response(live.encode(found, z, x, y), content_type=VECTOR_TILE)
    response.headers["Cache-Control"] = "private, max-age=30"
    return response


def _marks(connection: Any, key: str, z: int, x: int, y: int) -> list[live.Mark]:
    """What of a source lies in a tile; of reports what lies there at this very moment."""
    cells, alone = live.CELLS_PER_SIDE, z >= live.ALONE_ZOOM
    if pin.is_pins(key):
        return pin_store.marks(connection, key, z, x, y, pins.eyes(), cells=cells, alone=alone)
    source = sources.find(_prepared(connection), key)
    # The number on a cluster could not follow the date, so points that come and go stand alone.
    return store.marks(connection, source, z, x, y, cells_per_side=cells, alone=alone or source.timed)


def _drawn(connection: Any, source: Source, bbox: sources.Bbox | None = None) -> sources.Drawn:
    if pin.is_pins(source.key):
        return pin_store.drawn(connection, source.key, pins.eyes(), bbox=bbox, limit=MAX_FEATURES)
    if is_spots(source.key):
        return spots.drawn(connection, source.key)
    return store.drawn(connection, source, bbox=bbox, limit=MAX_FEATURES)


@blueprint.get("/api/map/at")
@needs("maps.read")
@describe(
    query={"lon": LON, "lat": LAT, "on": DAY, "zoom": NUMBER, "layers": TEXT, "place": TEXT, "feature": TEXT},
    needed=("lon", "lat"),
)
def at() -> Any:
    """The places of a point on a day, and the features there of the layers that are on."""
    question = forms.read_point(request.args, _today())
    with current.database().reading() as connection:
        listed = _drawable(connection)
        titles = _level_titles(connection)
        found = _places_at(connection, question)
        code = answers.meant(found, question.place)
        shape = next((version.geometry for version in found if version.code == code), None)
        # A place that was chosen by name is asked about as a whole, not about what lies in its middle.
        here = (
            []
            if question.place
            else [
                *pins.near(connection, listed, question, most=MAX_SHOWN),
                *_features_at(connection, listed, question),
            ][:MAX_SHOWN]
        )
        if question.feature:
            chosen_feature = _chosen_feature(connection, listed, question.feature)
            if chosen_feature is not None:
                shape, described = chosen_feature
                here = [described, *(other for other in here if other["id"] != described["id"])]
    return jsonify(
        places=[answers.place(version, title=titles.get(version.level, version.level), say=_) for version in found],
        features=here,
        chosen=code,
        # Pressing the map means the point; a place or a feature that was chosen by name shows its outline.
        shape=answers.outline(shape) if question.place or question.feature else None,
    )


def _places_at(connection: Any, question: forms.PointQuestion) -> list[Any]:
    """The places of a point, and above them those without a border of their own (a district may have none)."""
    found = {v.code: v for v in places_store.at_point(connection, question.lon, question.lat, on=question.on)}
    if found:
        finest = max(found, key=len)
        found = {v.code: found.get(v.code, v) for v in places_store.path(connection, finest, on=question.on)} | found
    return sorted(found.values(), key=lambda version: len(version.code))


def _features_at(connection: Any, listed: list[Source], question: forms.PointQuestion) -> list[dict[str, Any]]:
    """Features under the finger: points first, then lines, then areas from small to large."""
    degrees = PRESS_PX * 360 / (512 * 2**question.zoom)
    lon, lat = question.lon, question.lat
    bbox = (lon - degrees, lat - degrees, lon + degrees, lat + degrees)
    day = question.on.isoformat()
    hits = []
    for source in listed:
        if source.is_places or source.at_once or source.key not in question.layers or source.kind == "boundary":
            continue
        for number, shape, name, code, fields in store.near(connection, source, bbox, limit=MAX_NEAR):
            reach = degrees if source.dimension < 2 else 0.0
            if shapely.distance(shape, shapely.Point(lon, lat)) > reach or not _holds_on(fields, day):
                continue
            described = answers.feature(source, number, name, code, fields, say=_)
            hits.append((source.dimension, shape.area, described))
    return [described for _dimension, _area, described in sorted(hits, key=lambda hit: hit[:2])][:MAX_SHOWN]


def _holds_on(fields: dict[str, Any], day: str) -> bool:
    return str(fields.get("valid_from") or "") <= day < str(fields.get("valid_to") or "9999")


def _chosen_feature(connection: Any, listed: list[Source], chosen_id: tuple[str, int]) -> tuple[Any, Any] | None:
    source = sources.find(listed, chosen_id[0])
    if pin.is_pins(source.key):
        report = pins.one(connection, source, chosen_id[1])
        return None if report is None else (shapely.Point(report[:2]), report[2])
    found = None if source.is_places or source.at_once else store.one_feature(connection, source, chosen_id[1])
    if found is None:
        return None
    shape, name, code, fields = found
    return shape, answers.feature(source, chosen_id[1], name, code, fields, say=_)


@blueprint.get("/api/map/search")
@needs("maps.read")
@describe(query={"q": TEXT, "on": DAY})
def search() -> Any:
    """Places and features by name, code or address."""
    words = request.args.get("q", "").strip()[:100]
    on = forms.read_day(request.args, _today())
    if not words:
        return jsonify(results=[])
    with current.database().reading() as connection:
        listed = _drawable(connection)
        titles = {source.key: source.title for source in listed}
        levels = [source for source in listed if source.is_places]
        hits = store.search_places(connection, levels, words, on=on, limit=MAX_FOUND)
        hits += store.search_features(connection, [s for s in listed if not s.at_once], words, limit=MAX_FOUND)
    rows = []
    for hit in hits[: 2 * MAX_FOUND]:
        words_below = " · ".join(filter(None, [titles.get(hit.layer, ""), hit.code, "" if hit.place else hit.note]))
        rows.append(answers.row(hit, subtitle=words_below))
    return jsonify(results=rows)


@blueprint.get("/api/map/list")
@needs("maps.read")
@describe(
    query={"layer": TEXT, "on": DAY, "q": TEXT, "bbox": BBOX, "from": WHOLE, "limit": WHOLE},
    needed=("layer",),
    errors=(404,),
)
def listing() -> Any:
    """A page of the features of one source, with the filters of the list."""
    question = forms.read_list(request.args, _today())
    page_of: dict[str, Any] = {
        "words": question.words,
        "bbox": question.bbox,
        "start": question.start,
        "limit": question.limit,
    }
    with current.database().reading() as connection:
        source = sources.find(_drawable(connection), question.layer)
        if pin.is_pins(source.key):
            found, total = pins.rows(connection, source, question)
            return jsonify(rows=found, total=total)
        if is_spots(source.key):
            found, total = spots.rows(connection, source, question)
            return jsonify(rows=found, total=total)
        if source.is_places:
            hits, total = store.list_places(connection, source, on=question.on, **page_of)
        else:
            hits, total = store.list_features(connection, source, **page_of)
    rows = []
    for hit in hits:
        note = _("%(n)s 户", n=hit.note) if hit.place and hit.note else hit.note
        rows.append({**answers.row(hit, subtitle=""), "note": note})
    return jsonify(rows=rows, total=total)


@blueprint.get("/map/still.svg")
@needs("maps.read")
@limited("picture", "60/minute")
@describe(query={"on": DAY, "layers": TEXT, "bbox": BBOX, "width": WHOLE}, answers={200: SVG, 304: ()})
def still() -> Any:
    """A still picture of the named layers on a day."""
    on = forms.read_day(request.args, _today())
    keys = tuple(filter(None, request.args.get("layers", "").split(",")))
    with current.database().reading() as connection:
        listed = _drawable(connection)
        sheets = [_sheet(connection, source, on) for source in listed if source.key in keys]
        bbox = forms.read_bbox(request.args) or sources.whole_box(listed) or (116.2, 39.8, 116.6, 40.1)
    mark = _("示意") if any(sheet.source.illustrative for sheet in sheets) else ""
    response = Response(
        picture.draw(sheets, bbox, width_px=forms.read_width(request.args), mark=mark), content_type="image/svg+xml"
    )
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    return response.make_conditional(request)


def _sheet(connection: Any, source: Source, on: date) -> picture.Sheet:
    """A source's shapes that hold on a day."""
    drawn = _drawn(connection, source)
    day = int(on.strftime("%Y%m%d"))
    kept = list(range(len(drawn)))
    if source.timed:
        begins, ends = drawn.columns["valid_from"], drawn.columns["valid_to"]
        kept = [i for i in kept if begins[i] <= day < ends[i]]
    columns = {name: [values[i] for i in kept] for name, values in drawn.columns.items()}
    return picture.Sheet(source, shapely.from_wkb(drawn.wkb[kept]), columns)


def _catalogue(connection: Any, listed: list[Source]) -> dict[str, Any]:
    known = actions.standing(actions.published_folder(current.settings()), store.publications(connection))
    hashes = {subject: sha256 for subject, (_stamp, sha256) in known.items()}
    where = {
        source.key: answers.addresses(
            source,
            hashes,
            fresh=(source.at_once and source.dimension == 0)
            or (actions.is_prepared(source) and actions.is_fresh(source, known)),
            labels=actions.LABELS,
        )
        for source in listed
    }
    changes = store.change_days(connection)
    return answers.catalogue(listed, where, changes=changes, titles=_level_titles(connection), say=_)


def _level_titles(connection: Any) -> dict[str, str]:
    titles = places_store.level_titles(connection)
    if chosen() == "en":
        return {level: english[:1].upper() + english[1:] for level, (_zh, english) in titles.items()}
    return {level: zh for level, (zh, _en) in titles.items()}


def _drawable(connection: Any) -> list[Source]:
    """What this person may see: layers and places, and reports as they stand now."""
    now = [*pin_store.sources(connection, pins.eyes()), *spots.sources(connection)]
    reported = sources.titled(now, chosen())
    return sources.drawable([*_prepared(connection), *reported], internal=holds("layers.internal"))


def _prepared(connection: Any) -> list[Source]:
    """Layers and places that this person may see; every tile asks, so it is kept until something changes."""
    titles = _level_titles(connection)
    key = (store.stamp(connection), tuple(titles.items()))
    kept: dict[Any, list[Source]] = current_app.extensions["geoapp"].setdefault("map_sources", {})
    listed = kept.get(key)
    if listed is None:
        listed = sources.titled(store.sources(connection, titles), chosen())
        if len(kept) >= KEPT_STATES:
            kept.clear()
        kept[key] = listed
    return sources.drawable(listed, internal=holds("layers.internal"))


def _today() -> date:
    return datetime.now(current.settings().zone).date()


def _publish_if_stale(listed: list[Source]) -> None:
    """Queue publishing for changes that no running server heard of (the command line's); never twice."""
    database = current.database()
    with database.reading() as connection:
        known = actions.standing(actions.published_folder(current.settings()), store.publications(connection))
    if all(actions.is_fresh(source, known) for source in listed if actions.is_prepared(source)):
        return
    with database.transaction() as connection:
        jobs.add_within(connection, tasks.PUBLISH.name, {}, title="发布图层")
