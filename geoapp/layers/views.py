"""Layers as JSON: upload, undo, rows not stored 未入库, rosters and taps."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from apiflask import APIBlueprint
from flask import Response, jsonify, request, send_file, url_for
from flask_babel import gettext as _

from geoapp.accounts.guards import actor
from geoapp.errors import NotFound
from geoapp.layers import actions, forms, store, tasks
from geoapp.layers.entry import INTERNAL
from geoapp.layers.handing_out import REFUSED_HEADINGS, refused_csv
from geoapp.layers.rosters import matching
from geoapp.layers.rosters.actions import place_roster_row
from geoapp.web import current
from geoapp.web.bodies import takes_uploads
from geoapp.web.describing import ANY_FILE, CSV, FILE, JSON, LAT, LON, TEXT, array_of, describe, record
from geoapp.web.errors import said_again
from geoapp.web.limits import limited
from geoapp.web.rights import holds, needs

blueprint = APIBlueprint("layers", __name__, enable_openapi=False)

#: A file up to this size is imported while the page waits; a longer one in the background.
AT_ONCE_BYTES = 4 << 20
_OPTIONS = forms.described()


@blueprint.get("/api/layers")
@needs("layers.read")
def layers() -> Any:
    """All layers with source and licence; those that not everybody may see only for those who may."""
    with current.database().reading() as connection:
        found = store.layers(connection, public_only=not holds("layers.internal"))
    return jsonify(layers=[_layer_json(layer) for layer in found])


@blueprint.get("/api/layers/<key>")
@needs("layers.read")
def layer(key: str) -> Any:
    """One layer with its imports, the latest first."""
    with current.database().reading() as connection:
        found = _visible(connection, key)
        imports = store.imports(connection, found.id)
    return jsonify(**_layer_json(found), imports=[_import_json(one) for one in imports])


@blueprint.post("/api/layers/import")
@needs("layers.import")
@limited("upload", "20/minute")
@takes_uploads
@describe(
    form=_OPTIONS, files={"file": array_of(FILE)}, needed=("file",), answers={200: JSON, 202: JSON}, errors=(409, 422)
)
def upload() -> Any:
    """Import the files sent as ``file``, with the options as form fields; the report, or a job that will give it."""
    options = forms.parse_options(request.form)
    sent = [file for file in request.files.getlist("file") if file.filename]
    names, main = forms.names_on_disk([file.filename or "" for file in sent])
    limit = current.settings().max_upload_mib << 20
    stored = [current.files().put(file.stream, limit_bytes=limit) for file in sent]
    work: dict[str, Any] = {
        "uploads": [{"sha256": one.sha256, "name": name} for one, name in zip(stored, names, strict=True)],
        "main": main,
        "filename": forms.shown_name(sent[main].filename),
        "options": {name: value for name, value in asdict(options).items() if value not in ("", None, False)},
        "by": actor().name,
    }
    if sum(one.size for one in stored) > AT_ONCE_BYTES:
        job = current.jobs().add(tasks.IMPORT.name, work, title=f"导入 {work['filename']}")
        return jsonify(job=job, job_url=f"/api/jobs/{job}"), 202
    report = tasks.import_upload(current.database(), lambda share, words: None, **work)
    return jsonify(**report, **_addresses(report))


@blueprint.post("/api/layers/imports/<int:import_id>/undo")
@needs("layers.undo")
@describe(errors=(409,))
def undo(import_id: int) -> Any:
    """Undo an import that is the latest of its layer."""
    with current.database().reading() as connection:
        found = store.import_by_id(connection, import_id)
        if found.undone_at is not None:
            raise NotFound("这次导入已经撤销过了。")
        key = store.layer_by_id(connection, found.layer_id).key
    actions.undo_import(current.database(), key, by=actor(), import_id=import_id)
    return jsonify(layer=key, undone=import_id)


@blueprint.get("/api/layers/imports/<int:import_id>/set-aside.csv")
@needs("layers.import")
@limited("export", "30/minute")
@describe(answers={200: CSV})
def set_aside(import_id: int) -> Any:
    """Rows that were not stored, as CSV with number, reason and remedy."""
    with current.database().reading() as connection:
        found = store.import_by_id(connection, import_id)
        rows = [
            (row, reason, said_again(message), said_again(remedy), held)
            for row, reason, message, remedy, held in store.refused(connection, import_id)
        ]
    text = refused_csv(rows, [_(heading) for heading in REFUSED_HEADINGS])
    # The mark at the beginning is what makes Excel read Chinese right.
    response = Response("\ufeff" + text, content_type="text/csv; charset=utf-8")
    name = quote(f"{_('未入库')}-{found.filename}.csv")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


@blueprint.get("/api/layers/imports/<int:import_id>/original")
@needs("layers.original")
@limited("export", "30/minute")
@describe(answers={200: ANY_FILE, 206: ANY_FILE, 304: ()}, errors=(416,))
def original(import_id: int) -> Any:
    """The file as it was brought, always as a download."""
    path, filename = actions.hand_original_out(current.database(), current.files(), import_id, by=actor())
    return send_file(path.resolve(), as_attachment=True, download_name=filename, mimetype="application/octet-stream")


@blueprint.get("/api/layers/rosters/<key>/unmatched")
@needs("layers.import")
def unmatched(key: str) -> Any:
    """Rows of a roster that have no place yet, those with most households first."""
    with current.database().reading() as connection:
        found = store.layer_by_key(connection, key)
        rows = store.roster_rows(connection, found.id)
    waiting = [row for row in rows if row.props.get("match") == "none"]
    waiting.sort(key=lambda row: -int(row.props.get("households") or 0))
    listed = [
        {
            "name": row.name,
            "households": row.props.get("households"),
            "reason": said_again(row.props.get("match_reason") or "", matching.SHARED, matching.SEVERAL),
            "sheet_rows": row.props.get("sheet_rows"),
        }
        for row in waiting
    ]
    return jsonify(layer=found.key, title=found.title, rows=listed, placed=len(rows) - len(waiting))


@blueprint.post("/api/layers/rosters/<key>/tap")
@needs("layers.import")
@describe(json=record(("name", "lon", "lat"), name=TEXT, lon=LON, lat=LAT), errors=(409, 422))
def tap(key: str) -> Any:
    """Place a row of a roster: JSON with name, lon, lat (WGS84)."""
    name, lon, lat = forms.parse_tap(request.get_json(silent=True))
    return jsonify(**asdict(place_roster_row(current.database(), key, name, lon=lon, lat=lat, by=actor())))


def _visible(connection: Any, key: str) -> store.Layer:
    """The layer, if the asker may know of it."""
    found = store.layer_by_key(connection, key)
    if found.visibility == INTERNAL and not holds("layers.internal"):
        raise NotFound(f"没有图层“{key}”。")
    return found


def _layer_json(found: store.Layer) -> dict[str, Any]:
    values = asdict(found)
    for name in ("created_at", "updated_at"):
        values[name] = values[name].isoformat()
    return values


def _import_json(one: store.LayerImport) -> dict[str, Any]:
    state = "active" if one.active else ("undone" if one.undone_at else "replaced")
    return {
        "id": one.id,
        "state": state,
        "filename": one.filename,
        "imported_at": one.imported_at.isoformat(),
        # The key of a person's account: for those who work with her.
        "imported_by": one.imported_by if holds("layers.internal") else None,
        "report": one.report,
        **_addresses({"import_id": one.id}),
    }


def _addresses(report: dict[str, Any]) -> dict[str, str | None]:
    """Where the rows set aside are, and where to undo; nothing for a trial."""
    number = report.get("import_id")
    if number is None:
        return {"set_aside_url": None, "undo_url": None, "layer_url": None}
    return {
        "set_aside_url": url_for("layers.set_aside", import_id=number),
        "undo_url": url_for("layers.undo", import_id=number),
        "layer_url": url_for("layers.layer", key=report["layer"]) if "layer" in report else None,
    }
