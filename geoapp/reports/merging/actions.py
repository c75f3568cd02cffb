"""Two reports of one matter become one case, and can be taken apart again; all who joined are told."""

from __future__ import annotations

from datetime import datetime

from geoapp.accounts.people import Actor
from geoapp.db import Database
from geoapp.errors import Conflict, Invalid
from geoapp.reports import stages, store
from geoapp.reports.actions import Desk, desk
from geoapp.reports.cases import Case
from geoapp.reports.duplicates import Nearby
from geoapp.reports.stages import Stage, Standing, check


def merge(database: Database, actor: Actor, key: str, into_key: str, *, seen: int, now: datetime | None = None) -> Case:
    """合并重复件: the report ``key`` goes on as part of ``into_key``; its sender and followers read of that one.

    Raises
    ------
    Conflict : the other case is closed, is merged itself, or is this one
    """
    with desk(database, actor, now=now) as at:
        return merge_at(at, at.open(key, seen=seen), at.open(into_key))


def merge_at(at: Desk, case: Case, into: Case) -> Case:
    """The same inside a transaction at hand."""
    move = at.check(case, "merge")
    if into.id == case.id:
        raise Invalid("不能和自己合并；请选另一件。")
    if into.matter != case.matter:
        raise Invalid("问题和提案不能合并；请分开办。")
    if not into.is_open:
        raise Conflict("那一件已经办完或并入别的件；请选正在办理的那一件。")
    # Whoever merges works on both: else one place could rid itself of its cases into another's.
    if not at.may("reports.handle", into.duty_path):
        raise stages.NotYours("要并入的那一件不在您的范围内；请联系上一级合并。")
    store.end_assignments(at.connection, case.id, at=at.now, roles=("lead", "joint", "called"))
    joined = 1 + case.me_too
    merged = at.step(case, move, changes={"merged_into": into.id, "merged_stage": case.stage},
                     data={"into": into.number})  # fmt: skip
    join = check(into.stage, "join", Standing())
    store.change_me_too(at.connection, into.id, joined)
    at.aside(into, join, data={"merged": case.number, "joined": joined})
    return merged


def unmerge(database: Database, actor: Actor, key: str, *, seen: int, now: datetime | None = None) -> Case:
    """Take a merged report apart again: it stands where it stood, with the clock that went on."""
    with desk(database, actor, now=now) as at:
        case = at.open(key, seen=seen)
        move = at.check(case, "unmerge")
        assert case.merged_into is not None
        root = store.case_by_id(at.connection, case.merged_into)
        # Its handlers were let go when it was merged; whoever had it takes it up anew.
        stage = Stage.COLLECT if case.merged_stage in {None, Stage.DISPATCH, Stage.HANDLE} else Stage(case.merged_stage)
        alone = at.step(case, move, to=stage, changes={"merged_into": None, "merged_stage": None})
        joined = 1 + case.me_too
        store.change_me_too(at.connection, root.id, -joined)
        return alone


def similar(at: Desk, case: Case, *, limit: int = 20) -> list[Nearby]:
    """Open reports of the same kind near a case, for whoever wonders whether to merge."""
    if case.lon is None or case.lat is None:
        return []
    radius = at.rules.kinds.get(case.kind).radius_m
    return store.near_open(at.connection, case.kind, case.lon, case.lat, radius, exclude={case.id})[:limit]
