"""The background work of a division: survey the ground, find a family of plans, store both."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import numpy as np

from geoapp.db import Database
from geoapp.jobs import Reporter, Task, register
from geoapp.splitting.drafts import actions, store
from geoapp.splitting.drafts.archive import pack
from geoapp.splitting.drafts.family import Candidate, find_family
from geoapp.splitting.drafts.ground import Ground
from geoapp.splitting.drafts.judging import proof_of
from geoapp.splitting.drafts.store import Division
from geoapp.splitting.drafts.surveying import survey
from geoapp.splitting.drafts.wish import Wish, conditions, names_for
from geoapp.splitting.effort import Effort
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.measures import MEASURES
from geoapp.splitting.request import DivisionRequest, DivisionResult
from geoapp.splitting.store import read_profiles, read_rules

CHINESE_NUMBERS = "一二三四五六七八九十"

register(Task(actions.TASK, "geoapp.splitting.drafts.tasks:divide", attempts=2, timeout_s=1800.0))


def divide(database: Database, report: Reporter, *, division_id: str) -> dict[str, Any]:
    """Survey the ground, find a family of plans and store both; done once, whoever asks again."""
    division = actions.look(database, division_id)
    if division.state != store.ASKED:
        return {"division": division_id, "state": division.state}
    wish = actions.wish_of(division)
    report(0.02, "读取图层")
    with database.reading() as connection:
        found = store.inputs(connection, actions.outline_of(division), division.place_code, on=division.on_date)
    rules, profiles = read_rules(), read_profiles()
    report(0.05, "生成划分单元")
    ground, around, _ = survey(
        found, profiles=profiles, rules=rules, planned=wish.stations, progress=lambda step: report(0.05, step)
    )
    if ground.units.households.sum() == 0:
        raise actions.NothingToDivide(f"{division.place['name']}范围内没有带户数的楼栋或小区；请先导入户数。")
    report(0.1, "准备计算")
    warm_up()
    family = find_family(
        ground,
        wish,
        rules,
        solve=solve,
        fill=further_plans,
        report=lambda share, words: report(0.1 + 0.85 * share, words),
    )  # fmt: skip
    report(0.96, "保存方案")
    names = names_for(wish, division.place["name"])
    with database.transaction() as connection:
        if store.division(connection, division_id).state != store.ASKED:
            return {"division": division_id, "state": store.READY}
        store.remove_plans(connection, division_id)
        for at, candidate in enumerate(family.candidates):
            _add(connection, division, ground, wish, candidate, name=f"方案{CHINESE_NUMBERS[at]}", names=names)
        state = store.READY if family.candidates else store.NONE
        store.set_division(
            connection, division_id, ground=pack(ground, around), state=state, reason=family.reason,
            inputs=[dataclasses.asdict(source) for source in found.sources], inputs_sha256=found.sha256,
            indicators={key: one.version for key, one in MEASURES.items()},
        )  # fmt: skip
    return {"division": division_id, "state": state, "plans": len(family.candidates)}


def solve(graph: UnitGraph, request: DivisionRequest) -> DivisionResult:
    """The solver for any number of parts; cut short by its work, so that every machine gives the same plans."""
    from geoapp.splitting.solvers.dual_cycle import solve_two
    from geoapp.splitting.solvers.search import divide

    begun = time.monotonic()
    result = divide(graph, request, solve_two=solve_two, clock=Effort())
    return dataclasses.replace(result, seconds=time.monotonic() - begun)


def further_plans(
    graph: UnitGraph, request: DivisionRequest, costs: dict[str, Any], known: dict[str, DivisionResult]
) -> list[tuple[Any, str]]:
    """Plans that no other beats, with the profile that each came from."""
    from geoapp.splitting.pareto import family
    from geoapp.splitting.solvers.dual_cycle import solve_two

    found = family(graph, request, costs=costs, solve_two=solve_two, clock=Effort(), known=known)
    return [(one.part_of, one.profile) for one in found]


def warm_up() -> None:
    """Compile the solvers on a square of 16 units, so that compiling takes no time from the search.

    What is compiled is kept on disk: done at set-up, the first division waits for nothing.
    """
    n = np.arange(16)
    right = np.stack([n[n % 4 < 3], n[n % 4 < 3] + 1], axis=1)
    down = np.stack([n[:12], n[:12] + 4], axis=1)
    edges = np.concatenate([right, down]).astype(np.int32)
    graph = UnitGraph(
        tuple(range(16)), np.full(16, 10, dtype=np.int64), edges, 10 + np.arange(len(edges), dtype=np.int64) % 7
    )
    for parts, most in ((2, 100), (3, 80)):
        ranges = ((20, most),) * parts
        solve(graph, DivisionRequest(parts, ranges, interchangeable=True, together=((0, 1),), seconds=60.0))


def _add(
    connection: Any, division: Division, ground: Ground, wish: Wish, candidate: Candidate, *, name: str,
    names: tuple[str, ...],
) -> None:  # fmt: skip
    result, profile = candidate.result, ground.units.profiles.profile(candidate.profile)
    asked = dataclasses.replace(candidate.request, seconds=wish.seconds)
    said = conditions(wish, asked, ground, profile, names)
    proof = proof_of(result, said)
    store.add_plan(
        connection, division.id, name=name, profile=candidate.profile, based_on=None,
        part_of=candidate.part_of.tolist(), part_names=list(names), certificate=result.certificate,
        created_by=division.created_by,
        proof={
            **dataclasses.asdict(proof), "title": candidate.title, "status": result.status,
            "objective": result.objective, "bound": result.bound, "gap": result.gap, "method": result.method,
            "seconds": round(result.seconds, 3), "ranges": [list(r) for r in candidate.request.ranges],
        },
    )  # fmt: skip
