"""Every query of divisions, plans and hand-overs, and of what the layers hold of a community."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.engine import Connection

from geoapp.db import utcnow
from geoapp.errors import Conflict, NotFound
from geoapp.layers import store as layers
from geoapp.places import store as places
from geoapp.splitting.drafts.inputs import KINDS, Inputs, Rows, Source, valid_on
from geoapp.splitting.drafts.tables import divisions, plans, steps

ASKED, READY, NONE = "asked", "ready", "none"


class NoSuchDivision(NotFound):
    """No division, or no plan of it, has that address."""


class Overtaken(Conflict):
    """The plan was changed after the sender had seen it."""


@dataclass(frozen=True, slots=True)
class Division:
    """A division without its ground; ``place`` is a snapshot of the community, ``wish`` what was asked for."""

    id: str
    place_code: str
    place: dict[str, Any]
    on_date: datetime.date
    wish: dict[str, Any]
    state: str
    reason: str
    job_id: str | None
    inputs: list[dict[str, Any]]
    inputs_sha256: str
    indicators: dict[str, int]
    code_version: str
    created_at: datetime.datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it stands; ``based_on`` None for one that was computed and never changes."""

    id: int
    division_id: str
    number: int
    name: str
    profile: str
    based_on: int | None
    part_of: list[int]
    part_names: list[str]
    proof: dict[str, Any]
    position: int
    revision: int
    created_at: datetime.datetime
    changed_at: datetime.datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class Step:
    """One hand-over: units by position, the parts they were in, the part that got them."""

    position: int
    units: list[int]
    before: list[int]
    after: int


def add_division(connection: Connection, row: dict[str, Any]) -> None:
    """Write a division that was asked for."""
    connection.execute(divisions.insert().values(created_at=utcnow(), state=ASKED, reason="", **row))


def set_division(connection: Connection, division_id: str, **values: Any) -> None:
    """Change columns of a division."""
    connection.execute(divisions.update().where(divisions.c.id == division_id).values(**values))


def division(connection: Connection, division_id: str) -> Division:
    """The division of that address."""
    query = sa.select(*[divisions.c[name] for name in Division.__dataclass_fields__])
    row = connection.execute(query.where(divisions.c.id == division_id)).one_or_none()
    if row is None:
        raise NoSuchDivision("没有这次划分，可能地址不完整；请从社区页面重新进入。")
    return Division(**row._mapping)


def divisions_of(connection: Connection, place_code: str, *, limit: int = 50) -> list[Division]:
    """Divisions of a community, the latest first."""
    query = sa.select(*[divisions.c[name] for name in Division.__dataclass_fields__])
    query = query.where(divisions.c.place_code == place_code).order_by(divisions.c.created_at.desc()).limit(limit)
    return [Division(**row._mapping) for row in connection.execute(query)]


def ground(connection: Connection, division_id: str) -> bytes:
    """The packed ground of a division; NoSuchDivision while it is not computed."""
    found = connection.execute(sa.select(divisions.c.ground).where(divisions.c.id == division_id)).scalar()
    if found is None:
        raise NoSuchDivision("这次划分还没有算完，或没有可行方案；请等任务完成后再看。")
    return bytes(found)


def plans_of(connection: Connection, division_id: str) -> list[Plan]:
    """All plans of a division by number."""
    query = _plan_columns().where(plans.c.division_id == division_id).order_by(plans.c.number)
    return [Plan(**row._mapping) for row in connection.execute(query)]


def plan(connection: Connection, division_id: str, number: int) -> Plan:
    """One plan of a division."""
    query = _plan_columns().where(plans.c.division_id == division_id, plans.c.number == number)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NoSuchDivision(f"这次划分没有第 {number} 个方案；请从方案列表重新选择。")
    return Plan(**row._mapping)


def certificate(connection: Connection, plan_id: int) -> dict[str, Any] | None:
    """The certificate of a plan, None where it was not proved."""
    found: dict[str, Any] | None = connection.execute(
        sa.select(plans.c.certificate).where(plans.c.id == plan_id)
    ).scalar()
    return found


def add_plan(connection: Connection, division_id: str, **row: Any) -> int:
    """Write a plan under the next number, which it gives."""
    highest = sa.select(sa.func.max(plans.c.number)).where(plans.c.division_id == division_id)
    number = (connection.execute(highest).scalar() or 0) + 1
    now = utcnow()
    values = {"position": 0, "revision": 0, "created_at": now, "changed_at": now, **row}
    connection.execute(plans.insert().values(division_id=division_id, number=number, **values))
    return int(number)


def remove_plans(connection: Connection, division_id: str) -> None:
    """Forget the plans of a computation that did not end."""
    mine = sa.select(plans.c.id).where(plans.c.division_id == division_id)
    connection.execute(steps.delete().where(steps.c.plan_id.in_(mine)))
    connection.execute(plans.delete().where(plans.c.division_id == division_id))


def change_plan(connection: Connection, found: Plan, *, seen: int | None, **values: Any) -> None:
    """Change a plan; Overtaken when it is no longer at the revision that was ``seen``."""
    expected = found.revision if seen is None else seen
    changed = connection.execute(
        plans.update()
        .where(plans.c.id == found.id, plans.c.revision == expected)
        .values(revision=plans.c.revision + 1, changed_at=utcnow(), **values)
    )
    if changed.rowcount != 1:
        raise Overtaken("这一稿刚被别的窗口改过；已保留对方的改动，请刷新后再操作。")


def add_step(connection: Connection, plan_id: int, step: Step, *, by: str) -> None:
    """Write a hand-over; those that were undone before it are gone for good."""
    connection.execute(steps.delete().where(steps.c.plan_id == plan_id, steps.c.position >= step.position))
    connection.execute(
        steps.insert().values(
            plan_id=plan_id,
            position=step.position,
            units=step.units,
            before=step.before,
            after=step.after,
            at=utcnow(),
            by=by,
        )
    )


def step(connection: Connection, plan_id: int, position: int) -> Step | None:
    """The hand-over at a position, None when there is none."""
    query = sa.select(*[steps.c[name] for name in Step.__dataclass_fields__])
    row = connection.execute(query.where(steps.c.plan_id == plan_id, steps.c.position == position)).one_or_none()
    return None if row is None else Step(**row._mapping)


def step_count(connection: Connection, plan_id: int) -> int:
    """Hand-overs of a plan, undone ones among them."""
    return int(connection.execute(sa.select(sa.func.count()).where(steps.c.plan_id == plan_id)).scalar() or 0)


def inputs(connection: Connection, outline: BaseGeometry, code: str, *, on: datetime.date) -> Inputs:
    """What all layers hold of the ground within ``outline`` on a day, and the grids of the community."""
    rows: dict[str, list[Rows]] = {}
    sources = []
    for layer in layers.layers(connection):
        if layer.kind not in KINDS or not layer.rows:
            continue
        found = layers.features(connection, layer.id, bbox=outline.bounds)
        kept = _rows(found, outline, on)
        if len(kept):
            rows.setdefault(layer.kind, []).append(kept)
            sources.append(
                Source(
                    layer.key,
                    layer.title,
                    layer.source,
                    layer.licence,
                    layer.date,
                    layer.version,
                    len(kept),
                    layer.illustrative,
                )
            )
    return Inputs(outline, {k: _joined(r) for k, r in rows.items()}, _grids(connection, code, on), tuple(sources))


def _rows(found: layers.Features, outline: BaseGeometry, on: datetime.date) -> Rows:
    shapes = np.array([None if w is None else shapely.from_wkb(w) for w in found.wkb], dtype=object)
    shapely.prepare(outline)
    valid = np.array([valid_on(p, on.isoformat()) for p in found.props], dtype=bool)
    keep = valid & shapely.intersects(outline, shapes) if len(shapes) else valid
    ids = tuple(str(p.get("id") or code or number) for p, code, number in zip(
        found.props, found.codes, found.ids.tolist(), strict=True))  # fmt: skip
    return Rows(ids, tuple(found.names), tuple(found.props), shapes).where(keep)


def _joined(parts: Sequence[Rows]) -> Rows:
    if len(parts) == 1:
        return parts[0]
    return Rows(
        tuple(i for p in parts for i in p.ids),
        tuple(n for p in parts for n in p.names),
        tuple(d for p in parts for d in p.props),
        np.concatenate([p.shapes for p in parts]),
    )


def _grids(connection: Connection, code: str, on: datetime.date) -> Rows:
    found = [g for g in places.versions(connection, on=on, level="grid", parent=code) if g.geometry is not None]
    shapes = np.empty(len(found), dtype=object)
    shapes[:] = [g.geometry for g in found]
    return Rows(tuple(g.code for g in found), tuple(g.name for g in found), tuple({} for _ in found), shapes)


def _plan_columns() -> sa.Select[Any]:
    return sa.select(*[plans.c[name] for name in Plan.__dataclass_fields__])
