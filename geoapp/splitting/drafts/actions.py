"""What a planner can do with a division: ask for it, compute it, look at plans, hand over, undo, name, compare."""

from __future__ import annotations

import dataclasses
import datetime
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np
import shapely

from geoapp.db import Database
from geoapp.errors import Conflict, Invalid
from geoapp.indicators import all_indicators
from geoapp.jobs import JobQueue
from geoapp.places import store as places
from geoapp.splitting.drafts import store
from geoapp.splitting.drafts.archive import Surroundings, pack, unpack
from geoapp.splitting.drafts.comparison import Comparison, PlaceToday, Proof, Proposal, moves
from geoapp.splitting.drafts.family import Candidate, find_family
from geoapp.splitting.drafts.ground import Ground
from geoapp.splitting.drafts.judging import proof_by_hand, proof_of
from geoapp.splitting.drafts.scorecard import PlanScore, score_plan
from geoapp.splitting.drafts.store import Division, Plan, Step
from geoapp.splitting.drafts.surveying import survey
from geoapp.splitting.drafts.wish import PlannedStation, Wish, conditions, names_for, request_of
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.plan import border_cost
from geoapp.splitting.request import DivisionRequest, DivisionResult
from geoapp.splitting.store import read_profiles, read_rules

TASK = "divide"
#: Grounds kept unpacked in this process; a division's never changes once it is computed.
KEPT_GROUNDS = 8
CHINESE_NUMBERS = "一二三四五六七八九十"


class NothingToDivide(Invalid):
    """The place cannot be divided as it stands; the message says what is missing."""


class Computed(Conflict):
    """A computed plan is evidence and stays as it is."""


@dataclasses.dataclass(frozen=True)
class Drawing:
    """A plan with everything that is shown of it."""

    plan: Plan
    score: PlanScore
    proof: Proof
    can_undo: bool
    can_redo: bool
    has_certificate: bool


def ask(
    database: Database, jobs: JobQueue, code: str, wish: Wish, *, on: datetime.date, version: str, by: str
) -> Division:
    """Ask for a division of a community as of a day; a job computes it."""
    with database.reading() as connection:
        place = places.version(connection, code, on=on)
    if place.level != "community":
        raise NothingToDivide(f"{place.name}不是社区；试划分只用于社区，请选择一个社区。")
    if place.geometry is None:
        raise NothingToDivide(f"{place.name}没有边界，不能划分；请先导入这个社区的边界。")
    read_profiles_of(wish)
    division_id = secrets.token_hex(16)
    snapshot = {
        "name": place.name,
        "version_id": place.id,
        "households": place.households,
        "basis": place.households_basis,
        "basis_date": place.households_date.isoformat() if place.households_date else None,
        "staff": place.staff,
        "source": place.source,
        "illustrative": place.illustrative,
        "outline": shapely.to_wkb(place.geometry, hex=True),
    }
    with database.transaction() as connection:
        store.add_division(
            connection,
            {
                "id": division_id, "place_code": code, "place": snapshot, "on_date": on, "wish": _plain(wish),
                "inputs": [], "indicators": {}, "code_version": version, "created_by": by,
            },
        )  # fmt: skip
    job_id = jobs.add(TASK, {"division_id": division_id}, title=f"试划分：{place.name}")
    with database.transaction() as connection:
        store.set_division(connection, division_id, job_id=job_id)
    return look(database, division_id)


def read_profiles_of(wish: Wish) -> None:
    """NotFound names the first profile of the wish that there is none of."""
    for key in wish.profiles:
        read_profiles().profile(key)


def compute(database: Database, report: Callable[[float, str], None], division_id: str) -> dict[str, Any]:
    """Survey the ground, find a family of plans and store both; done once, whoever asks again."""
    division = look(database, division_id)
    if division.state != store.ASKED:
        return {"division": division_id, "state": division.state}
    wish = wish_of(division)
    report(0.02, "读取图层")
    with database.reading() as connection:
        found = store.inputs(connection, _outline(division), division.place_code, on=division.on_date)
    rules, profiles = read_rules(), read_profiles()
    report(0.05, "生成划分单元")
    ground, around, _ = survey(
        found, profiles=profiles, rules=rules, planned=wish.stations, progress=lambda step: report(0.05, step)
    )
    if ground.units.households.sum() == 0:
        raise NothingToDivide(f"{division.place['name']}范围内没有带户数的楼栋或小区；请先导入户数。")
    report(0.1, "准备计算")
    _warm_up()
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
            indicators={one.key: one.version for one in all_indicators()},
        )  # fmt: skip
    return {"division": division_id, "state": state, "plans": len(family.candidates)}


def solve(graph: UnitGraph, request: DivisionRequest) -> DivisionResult:
    """The solver for any number of parts."""
    from geoapp.splitting.solvers.dual_cycle import solve_two
    from geoapp.splitting.solvers.search import divide

    return divide(graph, request, solve_two=solve_two, clock=time.monotonic)


def further_plans(graph: UnitGraph, request: DivisionRequest, costs: dict[str, Any]) -> list[tuple[Any, str]]:
    """Plans that no other beats, with the profile that each came from."""
    from geoapp.splitting.pareto import family
    from geoapp.splitting.solvers.dual_cycle import solve_two

    found = family(graph, request, costs=costs, solve_two=solve_two, clock=time.monotonic)
    return [(one.part_of, one.profile) for one in found]


def _warm_up() -> None:
    """Compile the solvers on a square of 16 units, so that compiling takes no time from the search."""
    n = np.arange(16)
    right = np.stack([n[n % 4 < 3], n[n % 4 < 3] + 1], axis=1)
    down = np.stack([n[:12], n[:12] + 4], axis=1)
    edges = np.concatenate([right, down]).astype(np.int32)
    graph = UnitGraph(
        tuple(range(16)), np.full(16, 10, dtype=np.int64), edges, 10 + np.arange(len(edges), dtype=np.int64) % 7
    )
    solve(graph, DivisionRequest(2, ((60, 100),) * 2, interchangeable=True, together=((0, 1),), seconds=60.0))


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


def look(database: Database, division_id: str) -> Division:
    """The division as it stands."""
    with database.reading() as connection:
        return store.division(connection, division_id)


def drawings(database: Database, division_id: str) -> list[Drawing]:
    """All plans of a division, scored."""
    with database.reading() as connection:
        division = store.division(connection, division_id)
        found = store.plans_of(connection, division_id)
        counts = {plan.id: store.step_count(connection, plan.id) for plan in found}
        proved = {plan.id: store.certificate(connection, plan.id) is not None for plan in found}
    if not found:
        return []
    ground, _ = ground_of(database, division_id)
    return [_draw(division, ground, plan, found, counts[plan.id], proved[plan.id]) for plan in found]


def drawing(database: Database, division_id: str, number: int) -> Drawing:
    """One plan of a division, scored."""
    with database.reading() as connection:
        store.plan(connection, division_id, number)
    return next(one for one in drawings(database, division_id) if one.plan.number == number)


def _draw(
    division: Division, ground: Ground, plan: Plan, family: list[Plan], steps: int, has_certificate: bool
) -> Drawing:
    score = evaluate(division, ground, plan.profile, plan.part_of, names=tuple(plan.part_names))
    kept = plan.proof
    if plan.based_on is None:
        proof = Proof(kept["proved"], kept["sentence"], tuple(kept["conditions"]), kept["gap_share"])
    else:
        base = next(one for one in family if one.number == plan.based_on)
        graph = ground.units.graph(plan.profile)
        proof = proof_by_hand(score.border.cost, base.name, border_cost(graph, np.array(base.part_of)))
    return Drawing(plan, score, proof, plan.position > 0, plan.position < steps, has_certificate)


def evaluate(
    division: Division, ground: Ground, profile: str, part_of: list[int], *, names: tuple[str, ...]
) -> PlanScore:
    """Scores of any assignment of the division's units."""
    return score_plan(
        ground, ground.units.graph(profile), np.array(part_of, dtype=np.int64), names=names,
        staff_now=division.place["staff"], rules=read_rules(),
    )  # fmt: skip


def copy_plan(database: Database, division_id: str, number: int, *, name: str | None, by: str) -> int:
    """A new draft of a plan; gives its number."""
    with database.transaction() as connection:
        base = store.plan(connection, division_id, number)
        return _copy(connection, base, name=name, by=by)


def _copy(connection: Any, base: Plan, *, name: str | None, by: str) -> int:
    return store.add_plan(
        connection, base.division_id, name=name or f"{base.name}·调整稿", profile=base.profile, based_on=base.number,
        part_of=base.part_of, part_names=base.part_names, proof={"title": base.proof["title"]}, certificate=None,
        created_by=by,
    )  # fmt: skip


def hand_over(
    database: Database, division_id: str, number: int, units: tuple[int, ...], to: int, *, seen: int | None, by: str
) -> int:
    """Give units to a part and keep the step; a computed plan stays and a draft of it is made. Gives the number."""
    with database.transaction() as connection:
        plan = store.plan(connection, division_id, number)
        if plan.based_on is None:
            number, seen = _copy(connection, plan, name=None, by=by), None
            plan = store.plan(connection, division_id, number)
        before = [plan.part_of[u] for u in units]
        part_of = list(plan.part_of)
        for unit in units:
            part_of[unit] = to
        store.change_plan(connection, plan, seen=seen, part_of=part_of, position=plan.position + 1)
        store.add_step(connection, plan.id, Step(plan.position, list(units), before, to), by=by)
    return number


def undo(database: Database, division_id: str, number: int, *, seen: int | None) -> None:
    """Take the latest hand-over back; Conflict when there is none."""
    with database.transaction() as connection:
        plan = store.plan(connection, division_id, number)
        step = store.step(connection, plan.id, plan.position - 1) if plan.position else None
        if step is None:
            raise Conflict("这一稿没有可以撤销的改动。")
        part_of = list(plan.part_of)
        for unit, part in zip(step.units, step.before, strict=True):
            part_of[unit] = part
        store.change_plan(connection, plan, seen=seen, part_of=part_of, position=plan.position - 1)


def redo(database: Database, division_id: str, number: int, *, seen: int | None) -> None:
    """Do the hand-over again that was taken back last; Conflict when there is none."""
    with database.transaction() as connection:
        plan = store.plan(connection, division_id, number)
        step = store.step(connection, plan.id, plan.position)
        if step is None:
            raise Conflict("这一稿没有可以重做的改动。")
        part_of = list(plan.part_of)
        for unit in step.units:
            part_of[unit] = step.after
        store.change_plan(connection, plan, seen=seen, part_of=part_of, position=plan.position + 1)


def rename(
    database: Database, division_id: str, number: int, *, name: str | None, part_names: tuple[str, ...] | None,
    seen: int | None,
) -> None:  # fmt: skip
    """Name a plan or its parts."""
    with database.transaction() as connection:
        plan = store.plan(connection, division_id, number)
        values: dict[str, Any] = {"name": name} if name else {}
        if part_names is not None:
            if len(part_names) != len(plan.part_names) or len(set(part_names)) != len(part_names):
                raise Invalid(f"要给 {len(plan.part_names)} 个互不相同的社区名称；请改正。")
            values["part_names"] = list(part_names)
        store.change_plan(connection, plan, seen=seen, **values)


def compare(database: Database, division_id: str, number: int, *, made_on: datetime.date) -> Comparison:
    """The content of a comparison sheet: the computed plans and the chosen one."""
    division, all_drawn = look(database, division_id), drawings(database, division_id)
    ground, around = ground_of(database, division_id)
    with database.reading() as connection:
        chosen = store.plan(connection, division_id, number)
    shown = [d for d in all_drawn if d.plan.based_on is None or d.plan.number == number][-5:]
    proposals = tuple(
        Proposal(
            d.plan.number, d.plan.name, d.plan.proof["title"], d.score,
            ground.shapes(np.array(d.plan.part_of), parts=len(d.plan.part_names)), d.proof,
        )
        for d in shown
    )  # fmt: skip
    return Comparison(
        place=today_of(division),
        proposals=proposals,
        chosen=[p.number for p in proposals].index(number),
        background=around.background,
        moves=moves(ground, np.array(chosen.part_of), names=tuple(chosen.part_names), today=division.place["name"]),
        sources=around.sources,
        illustrative=around.illustrative or division.place["illustrative"],
        made_on=made_on,
    )


def today_of(division: Division) -> PlaceToday:
    """The community as it was when the division was asked for."""
    place = division.place
    basis_date = place["basis_date"]
    return PlaceToday(
        division.place_code, place["name"], division.on_date, place["households"], place["basis"],
        datetime.date.fromisoformat(basis_date) if basis_date else None, place["staff"], _outline(division),
    )  # fmt: skip


_grounds: OrderedDict[str, tuple[Ground, Surroundings]] = OrderedDict()
_grounds_lock = Lock()


def ground_of(database: Database, division_id: str) -> tuple[Ground, Surroundings]:
    """Ground and surroundings of a computed division; the latest ones stay unpacked in this process."""
    with _grounds_lock:
        if division_id in _grounds:
            _grounds.move_to_end(division_id)
            return _grounds[division_id]
    with database.reading() as connection:
        data = store.ground(connection, division_id)
    found = unpack(data)
    with _grounds_lock:
        _grounds[division_id] = found
        while len(_grounds) > KEPT_GROUNDS:
            _grounds.popitem(last=False)
    return found


def wish_of(division: Division) -> Wish:
    """The wish as it was stored."""
    fields = dict(division.wish)
    for name in ("ranges", "keep"):
        fields[name] = tuple(tuple(row) for row in fields[name])
    for name in ("may_be_cut", "profiles", "part_names"):
        fields[name] = tuple(fields[name])
    fields["stations"] = tuple(PlannedStation(**row) for row in fields["stations"])
    return Wish(**fields)


def _plain(wish: Wish) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(wish)))
    return plain


def _outline(division: Division) -> Any:
    return shapely.from_wkb(division.place["outline"])


def request_again(database: Database, division_id: str) -> DivisionRequest:
    """The request that the division's plans answer, for `verify` and for the page."""
    division = look(database, division_id)
    ground, _ = ground_of(database, division_id)
    return request_of(wish_of(division), ground, read_rules())
