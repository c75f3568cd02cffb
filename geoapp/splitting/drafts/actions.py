"""What a planner can do with a division: ask for it, compute it, look at plans, hand over, undo, name, compare."""

from __future__ import annotations

import dataclasses
import datetime
import json
import secrets
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np
import shapely
from sqlalchemy.engine import Connection

from geoapp.accounts.audit import declare_action
from geoapp.accounts.people import Actor
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database
from geoapp.errors import Conflict, Invalid, NotFound
from geoapp.jobs import JobQueue
from geoapp.places import store as places
from geoapp.places.hierarchy import path_of
from geoapp.splitting.drafts import store
from geoapp.splitting.drafts.archive import Surroundings, unpack
from geoapp.splitting.drafts.comparison import Comparison, PlaceToday, Proof, Proposal, moves
from geoapp.splitting.drafts.ground import Ground
from geoapp.splitting.drafts.judging import proof_by_hand
from geoapp.splitting.drafts.planfile import by_hand, plan_file
from geoapp.splitting.drafts.scorecard import PlanScore, score_plan
from geoapp.splitting.drafts.store import Division, Plan, Step
from geoapp.splitting.drafts.wish import PlannedStation, Wish, request_of
from geoapp.splitting.plan import border_cost
from geoapp.splitting.request import DivisionResult
from geoapp.splitting.store import read_profiles, read_rules

#: Name of the job that computes a division (tasks.py).
TASK = "divide"
#: Grounds kept unpacked in this process; a division's never changes once it is computed.
KEPT_GROUNDS = 8


declare_action("divisions.ask", "试划分", place="社区", on="按哪天的边界")
declare_action("divisions.copy", "另存一稿", plan="稿号")
declare_action("divisions.hand-over", "调整划分单元", units="单元", part="归属")
declare_action("divisions.undo", "撤销一步")
declare_action("divisions.redo", "重做一步")
declare_action("divisions.rename", "方案改名", name="名称", part_names="社区名称")


class NothingToDivide(Invalid):
    """The place cannot be divided as it stands; the message says what is missing."""


class NoCertificate(NotFound):
    """The plan was not proved."""


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
    database: Database, jobs: JobQueue, code: str, wish: Wish, *, on: datetime.date, version: str, by: Actor
) -> Division:
    """Ask for a division of a community as of a day; a job computes it."""
    with database.reading() as connection:
        place = places.version(connection, code, on=on)
    by.require("divisions.ask", path_of(code), on=database.today())
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
                "inputs": [], "indicators": {}, "code_version": version, "created_by": by.name,
            },
        )  # fmt: skip
        values = {"place": [None, place.name], "on": [None, on.isoformat()]}
        trail.record(database, connection, by, "divisions.ask", subject=division_id, place=path_of(code), values=values)
    job_id = jobs.add(TASK, {"division_id": division_id}, title=f"试划分：{place.name}")
    with database.transaction() as connection:
        store.set_division(connection, division_id, job_id=job_id)
    return look(database, division_id)


def read_profiles_of(wish: Wish) -> None:
    """NotFound names the first profile of the wish that there is none of."""
    for key in wish.profiles:
        read_profiles().profile(key)


def require(database: Database, actor: Actor, permission: str, division_id: str, *, on: datetime.date) -> None:
    """NotFound unless the actor holds the permission at the community of the division: ids of others tell nothing."""
    division = look(database, division_id)
    if not actor.may(permission, path_of(division.place_code), on=on):
        raise NotFound("没有这次试划分；它可能已被删除，或不在您的管理范围内。")


def look(database: Database, division_id: str) -> Division:
    """The division as it stands."""
    with database.reading() as connection:
        return store.division(connection, division_id)


def drawings(database: Database, division_id: str) -> list[Drawing]:
    """All plans of a division, scored."""
    return _drawings(database, division_id, None)


def drawing(database: Database, division_id: str, number: int) -> Drawing:
    """One plan of a division, scored."""
    with database.reading() as connection:
        store.plan(connection, division_id, number)
    return _drawings(database, division_id, number)[0]


def _drawings(database: Database, division_id: str, number: int | None) -> list[Drawing]:
    with database.reading() as connection:
        division = store.division(connection, division_id)
        family = store.plans_of(connection, division_id)
        wanted = [plan for plan in family if number in (None, plan.number)]
        counts = {plan.id: store.step_count(connection, plan.id) for plan in wanted}
        proved = {plan.id: store.certificate(connection, plan.id) is not None for plan in wanted}
    if not wanted:
        return []
    ground, _ = ground_of(database, division_id)
    return [_draw(division, ground, plan, family, counts[plan.id], proved[plan.id]) for plan in wanted]


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
    assignment = np.array(part_of, dtype=np.int64)
    return score_plan(
        ground, assignment, profile=profile, names=names, staff_now=division.place["staff"], rules=read_rules(),
        extents=ground.extents(assignment, parts=len(names)),
    )  # fmt: skip


def copy_plan(database: Database, division_id: str, number: int, *, name: str | None, by: Actor) -> int:
    """A new draft of a plan; gives its number."""
    with _drafting(database, by, division_id, "divisions.copy") as (connection, values):
        base = store.plan(connection, division_id, number)
        new = _copy(connection, base, name=name, by=by)
        values["plan"] = [number, new]
    return new


@contextmanager
def _drafting(
    database: Database, by: Actor, division_id: str, action: str
) -> Iterator[tuple[Connection, dict[str, list[Any]]]]:
    """A transaction on a division that the actor may draft in; what is put into the values is told in the audit."""
    require(database, by, "divisions.draft", division_id, on=database.today())
    values: dict[str, list[Any]] = {}
    with database.transaction() as connection:
        yield connection, values
        place = path_of(store.division(connection, division_id).place_code)
        trail.record(database, connection, by, action, subject=division_id, place=place, values=values)


def _copy(connection: Any, base: Plan, *, name: str | None, by: Actor) -> int:
    return store.add_plan(
        connection, base.division_id, name=name or f"{base.name}·调整稿", profile=base.profile, based_on=base.number,
        part_of=base.part_of, part_names=base.part_names, proof={"title": base.proof["title"]}, certificate=None,
        created_by=by.name,
    )  # fmt: skip


def hand_over(
    database: Database, division_id: str, number: int, units: tuple[int, ...], to: int, *, seen: int | None, by: Actor
) -> int:
    """Give units to a part and keep the step; a computed plan stays and a draft of it is made. Gives the number."""
    with _drafting(database, by, division_id, "divisions.hand-over") as (connection, values):
        plan = store.plan(connection, division_id, number)
        if plan.based_on is None:
            number, seen = _copy(connection, plan, name=None, by=by), None
            plan = store.plan(connection, division_id, number)
        before = [plan.part_of[u] for u in units]
        part_of = list(plan.part_of)
        for unit in units:
            part_of[unit] = to
        store.change_plan(connection, plan, seen=seen, part_of=part_of, position=plan.position + 1)
        store.add_step(connection, plan.id, Step(plan.position, list(units), before, to), by=by.name)
        values |= {"plan": [plan.number, plan.number], "units": [None, list(units)], "part": [before, to]}
    return number


def undo(database: Database, division_id: str, number: int, *, seen: int | None, by: Actor) -> None:
    """Take the latest hand-over back; Conflict when there is none."""
    with _drafting(database, by, division_id, "divisions.undo") as (connection, values):
        plan = store.plan(connection, division_id, number)
        step = store.step(connection, plan.id, plan.position - 1) if plan.position else None
        if step is None:
            raise Conflict("这一稿没有可以撤销的改动。")
        part_of = list(plan.part_of)
        for unit, part in zip(step.units, step.before, strict=True):
            part_of[unit] = part
        store.change_plan(connection, plan, seen=seen, part_of=part_of, position=plan.position - 1)
        values |= {"plan": [number, number], "units": [step.units, None], "part": [step.after, step.before]}


def redo(database: Database, division_id: str, number: int, *, seen: int | None, by: Actor) -> None:
    """Do the hand-over again that was taken back last; Conflict when there is none."""
    with _drafting(database, by, division_id, "divisions.redo") as (connection, values):
        plan = store.plan(connection, division_id, number)
        step = store.step(connection, plan.id, plan.position)
        if step is None:
            raise Conflict("这一稿没有可以重做的改动。")
        part_of = list(plan.part_of)
        for unit in step.units:
            part_of[unit] = step.after
        store.change_plan(connection, plan, seen=seen, part_of=part_of, position=plan.position + 1)
        values |= {"plan": [number, number], "units": [None, step.units], "part": [step.before, step.after]}


def rename(
    database: Database, division_id: str, number: int, *, name: str | None, part_names: tuple[str, ...] | None,
    seen: int | None, by: Actor,
) -> None:  # fmt: skip
    """Name a plan or its parts."""
    with _drafting(database, by, division_id, "divisions.rename") as (connection, told):
        plan = store.plan(connection, division_id, number)
        values: dict[str, Any] = {"name": name} if name else {}
        if part_names is not None:
            if len(part_names) != len(plan.part_names) or len(set(part_names)) != len(part_names):
                raise Invalid(f"要给 {len(plan.part_names)} 个互不相同的社区名称；请改正。")
            values["part_names"] = list(part_names)
        store.change_plan(connection, plan, seen=seen, **values)
        told |= {field: [getattr(plan, field), new] for field, new in values.items()} | {"plan": [number, number]}


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
        datetime.date.fromisoformat(basis_date) if basis_date else None, place["staff"], outline_of(division),
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


def outline_of(division: Division) -> Any:
    return shapely.from_wkb(division.place["outline"])


def plan_document(database: Database, division_id: str, number: int) -> dict[str, Any]:
    """plan.json of a plan: computed ones with their certificate, drafts as plans without proof."""
    division, drawn = look(database, division_id), drawing(database, division_id, number)
    plan, wish = drawn.plan, wish_of(division)
    ground, _ = ground_of(database, division_id)
    with database.reading() as connection:
        root = plan
        while root.based_on is not None:
            root = store.plan(connection, division_id, root.based_on)
        certificate = store.certificate(connection, plan.id)
    said = root.proof
    request = dataclasses.replace(
        request_of(wish, ground, read_rules()), ranges=tuple(tuple(r) for r in said["ranges"])
    )
    part_of = np.array(plan.part_of, dtype=np.int64)
    if plan.based_on is None:
        result = DivisionResult(
            said["status"], part_of, said["objective"], said["bound"], said["method"], certificate, said["seconds"]
        )
    else:
        graph = ground.units.graph(plan.profile)
        request, result = by_hand(graph, request, part_of, bound=said["bound"])
    return plan_file(
        ground, request, result, drawn.score, profile=plan.profile, place=division.place_code,
        codes=codes_of(division, plan),
    )  # fmt: skip


def codes_of(division: Division, plan: Plan) -> list[str | None]:
    """The community's code stays with the part that keeps its name, else with part 1; others get theirs later."""
    name = division.place["name"]
    keeper = plan.part_names.index(name) if name in plan.part_names else 0
    return [division.place_code if i == keeper else None for i in range(len(plan.part_names))]


def certificate_of(database: Database, division_id: str, number: int) -> dict[str, Any]:
    """The certificate by which anybody can check that no border costs less; NotFound where there is none."""
    document = plan_document(database, division_id, number)
    if document["certificate"] is None:
        raise NoCertificate("这个方案没有经过验证，所以没有核验文件；请选择标明“已验证”的方案。")
    return document
