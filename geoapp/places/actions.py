"""One function per thing that a person can do to places; each is one transaction and gives an account of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from geoapp.accounts.people import Actor
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database, utcnow
from geoapp.errors import Conflict, NotFound
from geoapp.events import places_changed
from geoapp.layers import store as layer_store
from geoapp.places import forms, operations, store, telling
from geoapp.places.children import Numbers
from geoapp.places.fitting import require_area
from geoapp.places.hierarchy import level_of, level_of_key, parent_code, path_of
from geoapp.places.loading import days_of, weigh, weigh_day
from geoapp.places.operations import BadOperation
from geoapp.places.records import PlaceRecord, Refused
from geoapp.places.store import Operation
from geoapp.places.versions import KIND_TITLES, Change, Link, PlaceVersion


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation did; ``already`` when it had been done before and nothing changed now."""

    operation_id: int
    kind: str
    on: date
    already: bool
    closes: tuple[str, ...] = ()
    opens: tuple[PlaceVersion, ...] = ()
    links: tuple[Link, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of each record: ``rows_in`` is the sum of the five counts. ``operation_id`` None: nothing changed."""

    operation_id: int | None
    on: date
    rows_in: int
    begun: int
    revised: int
    completed: int
    unchanged: int
    refused: tuple[Refused, ...]


def load_places(
    database: Database,
    records: Sequence[PlaceRecord],
    *,
    on: date,
    by: Actor,
    source: str = "",
    illustrative: bool = False,
    note: str = "",
) -> LoadReport:
    """Bring in places as they are from a day on; the same again changes nothing, a bad row is refused by name."""
    records = [
        replace(record, source=record.source or source, illustrative=record.illustrative or illustrative)
        for record in records
    ]
    with database.transaction() as connection:
        store.lock(connection)
        known = {v.code: v for v in store.versions(connection, on=on)}
        weighed = weigh(records, on=on, known=known, taken=store.taken_codes(connection))
        refused = {row.code for row in weighed.refused}
        _require(database, by, [record.code for record in records if record.code not in refused])
        counts = (len(weighed.begun), len(weighed.revised), len(weighed.completed), weighed.unchanged)
        if not (weighed.begun or weighed.revised or weighed.completed):
            return LoadReport(None, on, len(records), *counts, tuple(weighed.refused))
        subject = source[:200] or f"{len(records)} 条记录"
        outcome = write(database, connection, "load", weighed.change, on=on, subject=subject, note=note, by=by)
        for version_id, facts in weighed.completed.items():
            store.complete(connection, version_id, facts)
    return LoadReport(outcome.operation_id, on, len(records), *counts, tuple(weighed.refused))


def load_codes(
    database: Database, paths: Sequence[Path], *, on: date, by: Actor, source: str = "", illustrative: bool = False,
    note: str = "",
) -> LoadReport:  # fmt: skip
    """Bring in places by code and name alone, from CSV files of one or several levels."""
    records = [record for path in paths for record in forms.read_codes(path)]
    source = source or "、".join(path.name for path in paths)
    return load_places(database, records, on=on, by=by, source=source, illustrative=illustrative, note=note)


def load_layer(
    database: Database,
    key: str,
    *,
    on: date,
    by: Actor,
    code: str | None = None,
    only: str | None = None,
    source: str = "",
    illustrative: bool = False,
    note: str = "",
) -> LoadReport:
    """Bring in the features of an imported layer as places; ``code`` is for a single feature that has none itself.

    ``only`` is ``field=value``. Where features carry valid_from, the layer tells a history, and ``on`` is for the rest.
    """
    with database.reading() as connection:
        layer = layer_store.layer_by_key(connection, key)
        features = layer_store.features(connection, layer.id)
    records, bad = forms.feature_records(features, only=only, code=code)
    source = source or layer.source or layer.title
    illustrative = illustrative or layer.illustrative
    load = load_history if any(record.valid_from for record in records) else load_places
    report = load(database, records, on=on, by=by, source=source, illustrative=illustrative, note=note)
    return replace(report, rows_in=report.rows_in + len(bad), refused=(*report.refused, *bad))


def load_history(
    database: Database,
    records: Sequence[PlaceRecord],
    *,
    on: date,
    by: Actor,
    source: str = "",
    illustrative: bool = False,
    note: str = "",
) -> LoadReport:
    """Bring in records that carry their own valid_from and valid_to, day by day, who follows whom told by area.

    Records without a day begin on ``on``. Each day on which something begins or ends is one entry of the history.
    """
    told = [
        replace(
            r, valid_from=r.valid_from or on, source=r.source or source, illustrative=r.illustrative or illustrative
        )
        for r in records
    ]
    sums, refused, operation_id = [0, 0, 0, 0], list[Refused](), None
    with database.transaction() as connection:
        store.lock(connection)
        for day in days_of(told):
            known = {v.code: v for v in store.versions(connection, on=day)}
            weighed = weigh_day(told, day=day, known=known, taken=store.taken_codes(connection))
            for i, count in enumerate((len(weighed.begun), len(weighed.revised), 0, weighed.unchanged)):
                sums[i] += count
            refused += weighed.refused
            if weighed.change.closes or weighed.change.opens:
                subject = source[:200] or f"{len(records)} 条记录"
                operation_id = write(
                    database, connection, weighed.kind, weighed.change, on=day, subject=subject, note=note, by=by
                ).operation_id
    return LoadReport(operation_id, on, len(records), sums[0], sums[1], sums[2], sums[3], tuple(refused))


def split_by_plan(
    database: Database,
    plan: Mapping[str, Any],
    *,
    on: date,
    by: Actor,
    place: str | None = None,
    names: Sequence[str | None] = (),
    codes: Sequence[str | None] = (),
    staff: Sequence[int | None] = (),
    keeper: int | None = None,
    note: str = "",
) -> Outcome:
    """Adopt a plan: the place is divided from that day on. The same plan on the same day twice changes nothing.

    ``names``, ``codes`` and ``staff`` go part by part and override the plan's; ``keeper`` (from 0) keeps the code.
    """
    named, parts = forms.parse_plan(plan)
    code = place or named
    if code is None:
        raise forms.BadPlan("方案没有写明划分的是哪个区划；请用 --place 给出编码。")
    _require(database, by, [code])
    parts = forms.overridden(parts, names=names, codes=codes, staff=staff)
    sha256 = forms.plan_sha256(code, parts)
    with database.transaction() as connection:
        store.lock(connection)
        done = store.adoption(connection, sha256, on=on)
        if done is not None:
            return Outcome(done.id, done.kind, on, True, remarks=(_already(done),))
        change = operations.split(
            store.version(connection, code, on=on),
            parts,
            on=on,
            below=store.below(connection, [code], on=on),
            numbers=Numbers(store.taken_codes(connection)),
            keeper=keeper,
        )
        return write(database, connection, "split", change, on=on, subject=code, note=note, by=by, plan_sha256=sha256)


def merge(
    database: Database,
    codes: Sequence[str],
    *,
    on: date,
    by: Actor,
    keeper: str | None = None,
    name: str | None = None,
    note: str = "",
) -> Outcome:
    """Join places of one parent under one of their codes."""

    def change(connection: Connection) -> Change:
        members = [store.version(connection, code, on=on) for code in dict.fromkeys(codes)]
        return operations.merge(
            members,
            on=on,
            below=store.below(connection, codes, on=on),
            numbers=Numbers(store.taken_codes(connection)),
            keeper=keeper,
            name=name,
        )

    _require(database, by, codes)
    return _operate(database, "merge", change, on=on, subject=" ".join(codes), note=note, by=by)


def new(
    database: Database,
    parent: str | None,
    name: str,
    *,
    on: date,
    by: Actor,
    code: str | None = None,
    geometry: Any = None,
    households: int | None = None,
    households_basis: str = "",
    households_date: date | None = None,
    people: int | None = None,
    staff: int | None = None,
    illustrative: bool = False,
    source: str = "",
    note: str = "",
) -> Outcome:
    """Set up a place under a parent (None: a district, whose code must be given)."""
    if geometry is not None:
        geometry = require_area(geometry, what=f"新设的{name}")

    def change(connection: Connection) -> Change:
        numbers = Numbers(store.taken_codes(connection))
        own = code or _next_code(parent, numbers)
        _require(database, by, [own])
        if parent_code(own) != parent:
            raise BadOperation(f"编码 {own} 不在上级 {parent or '（无）'} 之下；请核对。")
        version = PlaceVersion(
            code=own,
            name=name,
            level=level_of(own).key,
            parent=parent,
            valid_from=on,
            geometry=geometry,
            households=households,
            households_basis=households_basis,
            households_date=households_date,
            people=people,
            staff=staff,
            illustrative=illustrative,
            source=source,
        )
        box = geometry.bounds if geometry is not None else None
        siblings = store.versions(connection, on=on, level=version.level, bbox=box) if box else []
        taken = Numbers(store.taken_codes(connection))
        return operations.new(version, siblings=siblings, numbers=taken)

    return _operate(database, "new", change, on=on, subject=f"{parent or ''} {name}".strip(), note=note, by=by)


def abolish(
    database: Database, code: str, *, on: date, by: Actor, with_children: bool = False, note: str = ""
) -> Outcome:
    """End a place without a successor."""
    _require(database, by, [code])

    def change(connection: Connection) -> Change:
        place = store.version(connection, code, on=on)
        below = store.below(connection, [code], on=on)
        return operations.abolish(place, on=on, below=below, with_children=with_children)

    return _operate(database, "abolish", change, on=on, subject=code, note=note, by=by)


def shift(
    database: Database,
    giver: str,
    taker: str,
    area: Any,
    *,
    on: date,
    by: Actor,
    households: int | None = None,
    note: str = "",
) -> Outcome:
    """Move the ground of ``area`` (a polygon in degrees) that lies in one place to its neighbour."""
    _require(database, by, [giver, taker])
    area = require_area(area, what="移交范围")

    def change(connection: Connection) -> Change:
        return operations.shift(
            store.version(connection, giver, on=on),
            store.version(connection, taker, on=on),
            area,
            on=on,
            below=store.below(connection, [giver], on=on),
            numbers=Numbers(store.taken_codes(connection)),
            households=households,
        )

    return _operate(database, "shift", change, on=on, subject=f"{giver} {taker}", note=note, by=by)


def rename(database: Database, code: str, name: str, *, on: date, by: Actor, note: str = "") -> Outcome:
    """Give a place another name."""
    _require(database, by, [code])
    name = name.strip()
    if not name or len(name) > 200:
        raise BadOperation("名称应为 1 到 200 个字。")

    def change(connection: Connection) -> Change:
        return operations.rename(store.version(connection, code, on=on), name, on=on)

    return _operate(database, "rename", change, on=on, subject=code, note=note, by=by)


def undo(database: Database, operation_id: int, *, by: Actor) -> Operation:
    """Withdraw an operation on which nothing builds: what held before holds again, its own versions stay on record."""
    with database.transaction() as connection:
        store.lock(connection)
        entry = store.operation(connection, operation_id)
        if entry is None:
            raise NotFound(f"没有第 {operation_id} 次变更；geoapp places log 可列出。")
        if entry.withdrawn_at is not None:
            raise Conflict(
                f"第 {operation_id} 次变更（{KIND_TITLES[entry.kind]}）已在 {entry.withdrawn_at:%Y-%m-%d} 撤回。"
            )
        codes = store.codes_of(connection, entry.id)
        _require(database, by, codes)
        at = utcnow()
        store.withdraw(connection, entry, by=by.name, at=at)
        trail.record(
            database, connection, by, "places.undo", subject=str(entry.id), place=telling.common_path(codes),
            values={"operation": [f"{KIND_TITLES[entry.kind]} {entry.subject} {entry.on_date}", None]},
        )  # fmt: skip
        places_changed.send("places", operation_id=entry.id, on=entry.on_date, connection=connection)
        return replace(entry, withdrawn_by=by.name, withdrawn_at=at)


def retitle_level(database: Database, level: str, *, zh: str, by: Actor, en: str | None = None) -> None:
    """Change how a district calls one of the five levels."""
    by.require("places.adopt", on=database.today())
    key = level_of_key(level).key
    if not 0 < len(zh.strip()) <= 40 or (en is not None and not 0 < len(en.strip()) <= 40):
        raise BadOperation("层级名称应为 1 到 40 个字。")
    with database.transaction() as connection:
        before = store.level_titles(connection)[key]
        store.set_level_title(connection, key, zh=zh.strip(), en=(en or before[1]).strip())
        values = {"title": [before[0], zh.strip()]}
        trail.record(database, connection, by, "places.retitle", subject=key, values=values)


def _operate(
    database: Database,
    kind: str,
    change: Callable[[Connection], Change],
    *,
    on: date,
    subject: str,
    note: str,
    by: Actor,
) -> Outcome:
    with database.transaction() as connection:
        store.lock(connection)
        return write(database, connection, kind, change(connection), on=on, subject=subject, note=note, by=by)


def write(
    database: Database,
    connection: Connection,
    kind: str,
    change: Change,
    *,
    on: date,
    subject: str,
    note: str,
    by: Actor,
    plan_sha256: str = "",
) -> Outcome:
    """Write a change inside a transaction that is open already, tell of it in the audit, and announce it.

    Whoever may not adopt at every place that ends or begins is refused here, whatever was asked before.
    """
    _require(database, by, _codes_of(change))
    shown = telling.shown_codes(change)
    before = {v.code: v for code in shown if (v := store.find_version(connection, code, on=on)) is not None}
    entry = store.add_operation(
        connection, kind, on=on, subject=subject, note=note, by=by.name, at=utcnow(), plan_sha256=plan_sha256
    )
    store.apply(connection, change, on=on, operation_id=entry)
    values, place = telling.values(change, before, on=on, note=note), telling.place_of(kind, subject, change)
    trail.record(database, connection, by, f"places.{kind}", subject=subject[:120], place=place, values=values)
    places_changed.send("places", operation_id=entry, on=on, connection=connection)
    return Outcome(entry, kind, on, False, change.closes, change.opens, change.links, change.remarks)


def _require(database: Database, by: Actor, codes: Iterable[str]) -> None:
    """NotAllowed unless the actor may adopt at each of the places; BadCode for what is no code."""
    on = database.today()
    for path in {path_of(code) for code in codes}:
        by.require("places.adopt", path, on=on)


def _codes_of(change: Change) -> set[str]:
    return {*change.closes, *(version.code for version in change.opens)}


def _already(done: Operation) -> str:
    return (
        f"这个方案已于 {done.at:%Y-%m-%d} 登记，自 {done.on_date} 起生效（第 {done.id} 次变更）；本次没有改动任何数据。"
    )


def _next_code(parent: str | None, numbers: Numbers) -> str:
    if parent is None:
        raise BadOperation("区的代码由国家公布，不能自动编排；请用 --code 给出。")
    return numbers.next(parent, count=1)[0]
