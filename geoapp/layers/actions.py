"""What a person can do with layers: import a file, undo an import, remove a layer, place a roster's row by a tap."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from geoapp import events
from geoapp.accounts.audit import declare_action
from geoapp.accounts.people import Actor
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database
from geoapp.errors import Conflict, Invalid, NotFound
from geoapp.files import FileStore, sha256_of
from geoapp.layers import datum, faults, store
from geoapp.layers.cleaning import Refused, Rows, strays
from geoapp.layers.entry import KINDS, check_kind
from geoapp.layers.formats.opening import open_source
from geoapp.layers.formats.original import pack_original
from geoapp.layers.formats.source import Source
from geoapp.layers.importing import (
    APPEND,
    REPLACE,
    ImportOptions,
    ImportReport,
    Incoming,
    check_options,
    key_from_filename,
    report_of,
    stored_options,
)
from geoapp.layers.preparing import Prepared, Progress, prepare
from geoapp.layers.rosters.actions import looks_like_roster, open_roster
from geoapp.layers.settling import (
    AUTO,
    Settled,
    UnknownCrs,
    in_degrees,
    mostly_in_china,
    named_crs,
    stop_words,
)

ObjectArray = NDArray[np.object_]
_IN_MEMORY_BYTES = 32 << 20


declare_action("layers.import", "导入图层", file="文件", rows="行数", set_aside="未入库")
declare_action("layers.undo", "撤销导入")
declare_action("layers.remove", "删除图层", title="名称")
declare_action("layers.tap", "台账点选落图", row="台账行")
declare_action("layers.original", "下载原始文件")


class NothingStored(Invalid):
    """Not one row of a file could be stored, so what the layer holds stays."""


class _DryRun(Exception):
    """Ends a trial: the transaction is undone."""


def import_file(
    database: Database,
    files: FileStore,
    path: Path,
    options: ImportOptions,
    *,
    by: Actor,
    filename: str = "",
    progress: Progress | None = None,
) -> ImportReport:
    """Bring a file into a layer in one transaction; the original is kept first.

    The same file with the same options changes nothing and says so. ``filename`` is the name that the person gave the
    file when ``path`` is only where it was put.
    """
    by.require("layers.import", on=database.today())
    check_options(options)
    # A name that the system could not decode must not stop an import.
    filename = (filename or path.name).encode("utf-8", "replace").decode()
    tell = progress or (lambda share, words: None)
    with tempfile.TemporaryDirectory(prefix="geoapp-import-") as folder:
        workspace = Path(folder)
        tell(0.0, "读取文件")
        options = replace(options, layer=options.layer or key_from_filename(Path(filename).stem))
        if looks_like_roster(path, options):
            options = replace(options, kind="roster")
        if options.kind == "roster":
            source = open_roster(database, path, options)
        else:
            source = open_source(path, options, workspace=workspace)
        original = pack_original(path, workspace)
        sha256 = sha256_of(original)
        if (before := _done_before(database, sha256, options)) is not None:
            return before
        if not options.dry_run:
            files.put_path(original)
        settled, scores = _settle(database, source, next(iter(source.read()), None), options)
        lookup = _lookup(database, options.join) if options.join else None
        said = (source.format, source.encoding, source.encoding_basis, source.notes)
        incoming = Incoming(filename, sha256, options, *said, settled, scores, source.extra)
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as spool:
            prepared = prepare(source.read(), settled, options, spool=spool, lookup=lookup, tell=tell)
            if not prepared.rows_in:
                raise NothingStored(f"文件 {filename} 里没有一行数据；请核对文件是否完整、格式与扩展名是否相符。")
            return _store(database, prepared, incoming, by=by, tell=tell)


def undo_import(database: Database, layer_key: str, *, by: Actor, import_id: int | None = None) -> store.LayerImport:
    """Undo the latest import into a layer: what it replaced comes back, and a layer that it made goes.

    With ``import_id`` only when that import is the latest one.
    """
    by.require("layers.undo", on=database.today())
    with database.transaction(line="layers") as connection:
        layer = store.layer_by_key(connection, layer_key)
        latest = store.latest_import(connection, layer.id)
        if import_id not in {None, latest.id}:
            raise Conflict(f"图层“{layer.title}”此后又导入过 {latest.filename}；请先撤销那一次。")
        store.undo_import(connection, latest.id)
        if latest.entry_before is None:
            store.remove_layer(connection, layer.id)
        else:
            store.change_layer(connection, layer.id, latest.entry_before)
        left = store.find_layer(connection, layer_key)
        values = {"file": [latest.filename, None], "rows": [layer.rows, left.rows if left else 0]}
        trail.record(database, connection, by, "layers.undo", subject=layer_key, values=values)
        events.layer_changed.send(None, layer_id=layer.id, connection=connection)
    return latest


def remove_layer(database: Database, layer_key: str, *, by: Actor) -> store.Layer:
    """Delete a layer with its imports; the original files stay in the file store."""
    by.require("layers.import", on=database.today())
    with database.transaction(line="layers") as connection:
        layer = store.layer_by_key(connection, layer_key)
        store.remove_layer(connection, layer.id)
        values = {"title": [layer.title, None], "rows": [layer.rows, None]}
        trail.record(database, connection, by, "layers.remove", subject=layer_key, values=values)
        events.layer_changed.send(None, layer_id=layer.id, connection=connection)
    return layer


def _done_before(database: Database, sha256: str, options: ImportOptions) -> ImportReport | None:
    """The report of the active import of the same file with the same options, if there is one."""
    with database.reading() as connection:
        layer = store.find_layer(connection, options.layer)
        if layer is None:
            return None
        # What is matched or joined to a layer that has changed since would come out differently now.
        keys = [key for key in (options.match, options.join) if key]
        others = [store.layer_by_key(connection, key).updated_at for key in keys]
        if options.kind == "roster" and not options.match:
            others = [one.updated_at for one in store.layers(connection) if one.kind in {"building", "compound"}]
        for one in store.imports(connection, layer.id):
            if any(changed > one.imported_at for changed in others):
                continue
            if one.active and one.sha256 == sha256 and one.options == stored_options(options):
                notes = ["同一个文件、同样的选项此前已导入，没有改动任何数据"]
                return ImportReport(
                    **{**one.report, "unchanged": True, "notes": notes, "dry_run": options.dry_run, "import_id": one.id}
                )
    return None


def _settle(
    database: Database, source: Source, first: Rows | None, options: ImportOptions
) -> tuple[Settled, list[datum.Score]]:
    """Which coordinate system is in force, and the scores of the candidates where they were compared."""
    if first is None or first.shapeless:
        return Settled("", "没有坐标", None), []
    if options.crs and options.crs != AUTO:
        said = named_crs(options.crs, basis="导入时指明")
        if source.crs and not source.crs_by_rule_only:
            declared = named_crs(source.crs, basis="")
            if declared.crs != said.crs:
                said.notes.append(f"文件自称 {declared.crs}，按指明的 {said.crs} 处理")
        return said, []
    if source.crs and not source.crs_by_rule_only and options.crs != AUTO:
        return named_crs(source.crs, basis=source.crs_basis), []
    shapes = first.shapes[~shapely.is_missing(first.shapes)]
    if source.crs_by_rule_only and not mostly_in_china(shapes) and options.crs != AUTO:
        return named_crs(source.crs, basis=source.crs_basis), []
    scores, against = _compare(database, shapes, options)
    if (winner := datum.decide(scores)) is not None:
        return named_crs(winner, basis=f"与图层“{against}”比较得出"), scores
    # RFC 7946 promises WGS84, but only of files that keep to it; one whose rings stand open does not.
    keeps_rule = source.crs_by_rule_only and len(first.closed) * 2 <= max(len(shapes), 1)
    if keeps_rule and options.crs != AUTO:
        settled = named_crs(source.crs, basis=source.crs_basis)
        settled.notes.append(
            "文件没有写坐标系，按 GeoJSON 标准当作 WGS84；"
            "若来自高德、百度等地图，请撤销后用 --crs gcj02 或 --crs bd09 重新导入"
        )
        return settled, scores
    raise UnknownCrs(_unsure(scores, against))


def _unsure(scores: list[datum.Score], against: str) -> str:
    if not scores:
        return stop_words()
    told = "、".join(f"{score.crs} {score.value:.3f}" for score in scores)
    return stop_words(f"，与图层“{against}”比较也分不出高下（{told}）")


def _compare(database: Database, shapes: ObjectArray, options: ImportOptions) -> tuple[list[datum.Score], str]:
    """Scores of the candidates against the named layer, or against the first that decides."""
    if not len(shapes):
        return [], ""
    west, south, east, north = shapely.total_bounds(shapes)
    # Half a kilometre of shift and the room beside it: what lies further off tells nothing.
    near = (west - 0.03, south - 0.03, east + 0.03, north + 0.03) if in_degrees(shapes) else None
    best: tuple[list[datum.Score], str] = ([], "")
    with database.reading() as connection:
        if options.compare:
            known = [store.layer_by_key(connection, options.compare)]
        else:
            known = [one for one in store.layers(connection) if one.key != options.layer and one.extent is not None]
            known.sort(key=lambda one: datum.usefulness(shapes, one.kind))
        for layer in known:
            wkb = store.shapes(connection, layer.id, bbox=near)
            scores = datum.compare(shapes, shapely.from_wkb(np.array(wkb, dtype=object)), degrees=near is not None)
            if scores and (datum.decide(scores) is not None or not best[0]):
                best = (scores, layer.key)
            if datum.decide(scores) is not None:
                break
    return best


def _lookup(database: Database, layer_key: str) -> dict[str, Any]:
    """Shapes of a layer by code and by name; what two different rows share tells nothing and is left out."""
    with database.reading() as connection:
        layer = store.layer_by_key(connection, layer_key)
        found = store.features(connection, layer.id)
    shapes = shapely.from_wkb(found.wkb)
    lookup: dict[str, Any] = {}
    for keys in (found.names, found.codes):
        counts = Counter(keys)
        lookup.update({key: shape for key, shape in zip(keys, shapes, strict=True) if key and counts[key] == 1})
    return lookup


def _store(database: Database, prepared: Prepared, incoming: Incoming, *, by: Actor, tell: Progress) -> ImportReport:
    """Put the prepared rows into the database, all or none."""
    options = incoming.options
    report: ImportReport | None = None
    try:
        with database.transaction(line="layers") as connection:
            found = store.find_layer(connection, options.layer)
            rows_before = found.rows if found else None
            layer_id, entry_before = _layer_for(connection, incoming)
            import_id = store.add_import(
                connection,
                {
                    "layer_id": layer_id,
                    "sha256": incoming.sha256,
                    "filename": incoming.filename[:300],
                    "options": stored_options(options),
                    "mode": options.mode,
                    "entry_before": entry_before,
                    "report": {},
                    "imported_by": by.name,
                },
            )
            reasons = _insert(connection, prepared, layer_id, import_id, options, tell)
            replaced = 0
            if options.mode == REPLACE:
                replaced = store.replace_imports(connection, layer_id, import_id)
                if replaced and reasons.total() == prepared.rows_in:
                    raise NothingStored(_nothing(prepared, reasons))
            layer = store.layer_by_id(connection, layer_id)
            report = report_of(
                incoming,
                rows_in=prepared.rows_in,
                names=prepared.names,
                changes=prepared.changes,
                reasons=reasons,
                title=layer.title,
                kind=layer.kind,
                import_id=None if options.dry_run else import_id,
                replaced_rows=replaced,
            )
            store.set_report(connection, import_id, report.as_json())
            if options.dry_run:
                raise _DryRun
            values = {
                "file": [None, f"{incoming.filename} {incoming.sha256[:12]}"],
                "rows": [rows_before, layer.rows],
                "set_aside": [None, report.rows_set_aside],
            }
            trail.record(database, connection, by, "layers.import", subject=layer.key, values=values)
            events.layer_changed.send(None, layer_id=layer_id, connection=connection)
    except _DryRun:
        pass
    assert report is not None
    return report


def _nothing(prepared: Prepared, reasons: Counter[str]) -> str:
    most = reasons.most_common(1)[0][0] if reasons else ""
    words = next((f.message for f in vars(faults).values() if getattr(f, "reason", None) == most), "文件里没有行")
    return (
        f"{prepared.rows_in} 行都不能入库（多为：{words}），图层里原有的数据保持不变；"
        "请改正文件，或用 --layer 换一个图层键导入以查看每一行的原因。"
    )


def _layer_for(connection: Connection, incoming: Incoming) -> tuple[int, dict[str, Any] | None]:
    """The layer to import into, made or restated; and what its entry was before (None: it is new)."""
    options = incoming.options
    found = store.find_layer(connection, options.layer)
    if found is not None and options.kind and options.kind != found.kind and options.mode == APPEND:
        raise Conflict(
            f"图层“{found.key}”是{KINDS[found.kind].title}，不能追加{check_kind(options.kind).title}；请换一个图层键。"
        )
    before = None if found is None else {name: getattr(found, name) for name in store.ENTRY_FIELDS}
    kind = options.kind or (found.kind if found else "other")
    now = before or {
        "title": Path(incoming.filename).stem[:200],
        "level": "",
        "source": "",
        "licence": "",
        "date": "",
        "style": {},
        "visibility": KINDS[kind].visibility,
        "illustrative": False,
    }
    said = {
        name: getattr(options, name)
        for name in ("title", "level", "source", "licence", "date", "style", "visibility", "illustrative")
        if getattr(options, name) not in ("", None)
    }
    entry = {**now, **said, "kind": kind, "datum": incoming.settled.crs}
    if found is None:
        return store.add_layer(connection, options.layer, entry), None
    store.change_layer(connection, found.id, entry)
    return found.id, before


def _insert(
    connection: Connection,
    prepared: Prepared,
    layer_id: int,
    import_id: int,
    options: ImportOptions,
    tell: Progress,
) -> Counter[str]:
    """Insert the spooled rows; gives how many were set aside for which reason."""
    centres = np.concatenate(prepared.centres) if prepared.centres else np.empty((0, 2))
    known = store.extent_of_kind(connection, "boundary")
    stray = {} if options.anywhere else strays(centres, known)
    position, reasons = 0, Counter[str]()
    for chunk in prepared.chunks():
        refused = list(chunk.refused)
        boxes = shapely.bounds(shapely.from_wkb(chunk.shapes)).reshape(-1, 4).tolist()
        rows = []
        columns = zip(chunk.numbers.tolist(), chunk.shapes, chunk.props, boxes, strict=True)
        for i, (number, wkb, props, box) in enumerate(columns, start=position):
            if i in stray:
                refused.append(Refused(number, stray[i], str(props)[:4000]))
            else:
                owner = {"layer_id": layer_id, "import_id": import_id}
                rows.append({**owner, **prepared.feature(number, wkb, props, box)})
        position += len(chunk.numbers)
        store.add_features(connection, rows)
        store.add_refused(connection, import_id, refused)
        reasons.update(row.fault.reason for row in refused)
        tell(position / max(prepared.rows_in, 1), f"已入库 {position} 行")
    return reasons


def hand_original_out(database: Database, files: FileStore, import_id: int, *, by: Actor) -> tuple[Path, str]:
    """The file as it was brought, which may name people: handing it out is an entry of the audit."""
    by.require("layers.original", on=database.today())
    found = original_of(database, files, import_id)
    with database.transaction() as connection:
        layer = store.layer_by_id(connection, store.import_by_id(connection, import_id).layer_id)
        values = {"file": [None, found[1]]}
        trail.record(database, connection, by, "layers.original", subject=layer.key, values=values)
    return found


def original_of(database: Database, files: FileStore, import_id: int) -> tuple[Path, str]:
    """The original file of an import, and the name that it came with."""
    with database.reading() as connection:
        found = store.import_by_id(connection, import_id)
    path = files.path(found.sha256)
    if not path.exists():
        raise NotFound("原始文件不在文件库中；请从备份恢复。")
    return path, found.filename
