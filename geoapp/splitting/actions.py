"""What a person can do here: make units, divide, verify, draw at random."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoapp.errors import Invalid, NoAnswer
from geoapp.splitting import certificate, forms, plan_json
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.request import DivisionRequest, DivisionResult, RequestError

# What reads maps and what solves take seconds to import: each is, where it is used.
if TYPE_CHECKING:
    from geoapp.splitting.sources import FieldNames
    from geoapp.splitting.tessellation import Progress
    from geoapp.splitting.verify import Verdict


def make_units(
    out: Path,
    outline: Path,
    *,
    buildings: Path | None = None,
    compounds: Path | None = None,
    grids: Path | None = None,
    barriers: Sequence[Path] = (),
    barrier_class: str = "",
    fields: FieldNames | None = None,
    basis: str = "",
    date: str = "",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Tile an outline with units and write them; gives back what was made, joined and set aside."""
    from geoapp.splitting import store
    from geoapp.splitting.inventory import no_features, take_inventory
    from geoapp.splitting.sources import FieldNames

    if out.suffix != ".gpkg":
        raise PlanNameError(f"--out 的文件名 {out.name} 不行：请用 .gpkg。")
    check_out(out, [source for source in (outline, buildings, compounds, grids, *barriers) if source is not None])
    profiles, rules = store.read_profiles(), store.read_rules()
    fields = fields or FieldNames()
    ground, notes = store.read_ground(barriers, profiles, class_field=barrier_class)
    made = take_inventory(
        store.read_outline(outline),
        store.read_features(buildings, fields) if buildings else no_features(),
        compounds=store.read_features(compounds, FieldNames(), plain=True) if compounds else None,
        grids=store.read_features(grids, FieldNames(), plain=True) if grids else None,
        ground=ground, profiles=profiles, rules=rules, basis=basis, date=date, progress=progress,
    )  # fmt: skip
    store.write_units(out, made, notes=notes, about={"rules": rules.key, "profiles": profiles.version})
    units = made.units
    return {
        "units": units.n,
        "households": int(units.households.sum()),
        "estimated": int(units.estimated.sum()),
        "apportioned": int(units.apportioned.sum()),
        "borders": len(units.borders),
        "set_aside": [dict(zip(("what", "id", "households", "reason"), row, strict=True)) for row in made.set_aside],
        "notes": [*units.notes, *notes],
        "out": str(out),
    }


RULES = Path(__file__).parents[2] / "layers" / "rules" / "beijing-2020.toml"
PLAN_SUFFIXES = (".json", ".geojson", ".gpkg")


class PlanNameError(Invalid):
    """A plan or graph file that cannot be read or written under that name."""


class NoDivision(NoAnswer):
    """There is no admissible plan, or none was found; the message says which and why."""


@dataclass(frozen=True)
class Wishes:
    """What a person asks of a division, as written."""

    parts: int
    sizes: forms.Sizes
    together: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()
    baseline: str | None = None
    seconds: float = 30.0
    seed: int = 0


@dataclass(frozen=True)
class Ground:
    """What is divided: the graph, where its fields come from, and the polygons when there are any."""

    graph: UnitGraph
    column: Any
    kept: tuple[tuple[int, ...], ...] = ()
    polygons: Any = None
    source: Path | None = None
    notes: tuple[str, ...] = ()
    inputs: dict[str, Any] = field(default_factory=dict)


def ground_of_graph(path: Path, *, households: str, cost: str | None = None) -> Ground:
    """What an adjacency file holds."""
    from geoapp.splitting.adjacency_json import read_adjacency

    found = read_adjacency(_text(path), households=households, cost=cost)
    return Ground(found.graph, found.column, source=path, inputs={"households": households, "cost": cost})


def ground_of_units(
    path: Path, *, households: str, profile: str | None = None, may_be_cut: Sequence[str] = ()
) -> Ground:
    """What a units file holds; pieces that lie apart are bridged, compounds and buildings kept whole."""
    from geoapp.splitting import store

    units = store.read_units(path, households, profile=profile)
    graph = units.graph(profile, bridge=True)
    notes = [*units.notes]
    if graph.virtual.any():
        notes.append(f"有 {int(graph.virtual.sum())} 处隔着水面或空隙相连（虚拟连接），方案文件逐一列出。")

    def column(name: str) -> list[Any]:
        return list(units.groups[name]) if name in units.groups else store.read_column(path, name)

    known = {name for group in ("building", "compound", "courtyard") for name in units.groups.get(group, ())}
    for name in may_be_cut:
        if name not in known:
            raise RequestError(f"--may-cut 里的 {name} 不是任何小区、建筑或院落：请核对名称。")
    kept = units.kept_together(may_be_cut=may_be_cut)
    inputs = {"households": households, "profile": units.profiles.profile(profile).key}
    return Ground(graph, column, kept, units.polygons, path, tuple(notes), inputs)


def request_for(ground: Ground, wishes: Wishes) -> DivisionRequest:
    """The request that the wishes make on this ground."""
    groups = [group for name in wishes.together for group in forms.groups_from(ground.column(name))]
    baseline = None
    if wishes.baseline is not None:
        baseline = forms.baseline_from(ground.column(wishes.baseline), parts=wishes.parts)
    return forms.division_request(
        ground.graph, wishes.parts, sizes=wishes.sizes, together=(*ground.kept, *groups),
        anchors=forms.anchors_of(ground.graph, wishes.anchors), baseline=baseline, seed=wishes.seed,
        seconds=wishes.seconds,
    )  # fmt: skip


def divide(graph: UnitGraph, request: DivisionRequest) -> DivisionResult:
    """The best division within the time: two parts proved on the dual where that goes, others searched."""
    from geoapp.splitting.solvers.dual_cycle import solve_two

    _load_machine_code()
    begun = time.monotonic()
    if request.parts == 2:
        result = solve_two(graph, request, deadline_s=0.7 * request.seconds, clock=time.monotonic)
        left = request.seconds - (time.monotonic() - begun)
        if result.status in ("optimal", "infeasible") or (left < 0.1 * request.seconds and result.part_of is not None):
            return result
        request = replace(request, seconds=max(left, 0.1 * request.seconds))
    from geoapp.splitting.solvers import search

    found = search.divide(graph, request, solve_two=solve_two, clock=time.monotonic)
    if request.parts == 2 and found.status == "feasible" and result.bound is not None:
        found = replace(found, bound=max(found.bound or 0, result.bound))
    if found.status == "optimal" and request.parts == 1:
        found = replace(found, certificate=certificate.islands())
    return replace(found, seconds=time.monotonic() - begun)


def _load_machine_code() -> None:
    """Run the solvers once on four units: what loading them takes is not the planner's time to search."""
    import numpy as np

    from geoapp.splitting.solvers.dual_cycle import solve_two
    from geoapp.splitting.solvers.starts import quick_plan

    edges = np.array([[0, 1], [0, 2], [1, 3], [2, 3]], dtype=np.int32)
    square = UnitGraph((0, 1, 2, 3), np.full(4, 1, dtype=np.int64), edges, np.full(4, 1, dtype=np.int64))
    request = DivisionRequest(2, ((1, 3), (1, 3)))
    solve_two(square, request, deadline_s=60.0, clock=time.monotonic)
    quick_plan(square, request, 60.0, clock=time.monotonic)


def split(ground: Ground, wishes: Wishes, *, out: Path) -> dict[str, Any]:
    """Divide, write the plan in the form that the name of ``out`` asks for, and give the document back.

    Raises
    ------
    NoDivision : after writing, when there is no plan to show
    """
    if out.suffix not in ((".json",) if ground.polygons is None else PLAN_SUFFIXES):
        raise PlanNameError(f"--out 的文件名 {out.name} 不行：请用 .json，给了 --units 时也可用 .gpkg 或 .geojson。")
    check_out(out, () if ground.source is None else (ground.source,))
    request = request_for(ground, wishes)
    result = divide(ground.graph, request)
    document = plan_json.document_of(ground.graph, request, result, staff=_staff(ground.graph, result, request.parts))
    document = {**document, "inputs": ground.inputs, "notes": list(ground.notes)}
    if ground.polygons is not None and result.part_of is not None:
        # So that `geoapp places split` can adopt the plan from this one file.
        shapes = _shapes(ground.polygons, result.part_of, request.parts)
        document["parts"] = [{**part, "geometry": g} for part, g in zip(document["parts"], shapes, strict=True)]
    if out.suffix == ".json":
        out.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    else:
        from geoapp.splitting import store

        store.write_divided(out, ground.graph, ground.polygons, document)
    if result.part_of is None:
        raise NoDivision(result.reason or "没有找到符合条件的分法：请放宽户数范围或延长时间。")
    return document


def _shapes(polygons: Any, part_of: Any, parts: int) -> list[dict[str, Any]]:
    import shapely

    from geoapp.geo.geojson import multipolygon

    return [multipolygon(shapely.coverage_union_all(polygons[part_of == part])) for part in range(1, parts + 1)]


def check_out(out: Path, sources: Sequence[Path]) -> None:
    """PlanNameError where ``out`` cannot be written or is one of the sources, before minutes are spent on it."""
    try:
        if not out.parent.is_dir():
            raise PlanNameError(f"--out 所在的文件夹 {out.parent} 不存在：请先建立。")
        there = out.exists()
        # A layer inside a file is named FILE:LAYER.
        files = [Path(str(s).rpartition(":")[0]) if ":" in s.name and not s.exists() else s for s in sources]
        if there and any(file.exists() and out.samefile(file) for file in files):
            raise PlanNameError(f"--out 就是所给的数据 {out.name}，写入会毁掉它：请换一个文件名。")
        with out.open("ab"):
            pass
        if not there:
            out.unlink()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise PlanNameError(
            f"--out 的文件 {out.name[:80]} 写不了（{reason}）：请换一个能写的文件夹和文件名。"
        ) from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PlanNameError(f"找不到文件 {path}：请核对路径。") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PlanNameError(f"文件 {path} 读不出来（{type(error).__name__}）：请给 UTF-8 编码的 JSON 文件。") from None


def _staff(graph: UnitGraph, result: DivisionResult, parts: int) -> list[dict[str, int]] | None:
    """Least and most workers of each part under the rules."""
    if result.part_of is None:
        return None
    from geoapp.splitting.plan import part_households
    from geoapp.splitting.rules import parse_rules

    rules = parse_rules(_text(RULES))
    sizes = part_households(graph, result.part_of, parts=parts)
    pairs = zip(rules.staff_min(sizes).tolist(), rules.staff_max(sizes).tolist(), strict=True)
    return [{"staff_min": least, "staff_max": most} for least, most in pairs]


def verify_plan(plan: Path, *, graph: Path | None = None, units: Path | None = None) -> Verdict:
    """Check a plan file against the data it was made from; Refuted (exit 3) says what does not hold.

    Which fields hold households and costs, and which profile prices the borders, stands in the plan.
    """
    from geoapp.splitting.verify import verify

    if plan.suffix in (".gpkg", ".geojson"):
        from geoapp.splitting import store

        document = plan_json.plan_from(store.read_plan_text(plan))
    else:
        document = plan_json.plan_from(_text(plan))
    inputs = document.get("inputs")
    if not isinstance(inputs, dict) or not isinstance(inputs.get("households"), str):
        raise plan_json.PlanFileError("方案文件没有写明户数字段（inputs）：请给 geoapp split 写出的文件。")
    if graph is not None:
        ground = ground_of_graph(graph, households=inputs["households"], cost=inputs.get("cost"))
    elif units is not None:
        ground = ground_of_units(units, households=inputs["households"], profile=inputs.get("profile"))
    else:
        raise RequestError("要核验方案，请用 --graph 或 --units 给出它所划分的数据。")
    return verify(ground.graph, document)


def draw_plans(
    ground: Ground, parts: int, *, tolerance: float, draws: int, tree: str, seed: int, out: Path
) -> dict[str, Any]:
    """Draw plans at random, write them as .npz, and say how well the draws mixed.

    The file holds ``part_of`` (draws, units) int8, ``ids``, ``seconds`` of sampling alone, ``cut_edges`` of each draw,
    ``weights`` where they are known (they turn the draws into ones from the product of tree counts) and ``method``.
    """
    import numpy as np

    from geoapp.splitting.diagnostics import mixing
    from geoapp.splitting.ensemble import draw_ensemble

    if out.suffix != ".npz":
        raise PlanNameError(f"--out 的文件名 {out.name} 不行：请用 .npz。")
    check_out(out, () if ground.source is None else (ground.source,))
    begun = [time.perf_counter()]
    drawn = draw_ensemble(
        ground.graph, parts, tolerance=tolerance, draws=draws, seed=seed, tree=tree,
        started=lambda: begun.append(time.perf_counter()),
    )  # fmt: skip
    seconds = time.perf_counter() - begun[-1]
    known: dict[str, Any] = {"weights": drawn.weights} if drawn.has_weights else {}
    np.savez_compressed(
        out, part_of=drawn.part_of, ids=_id_array(ground.graph.ids), seconds=np.float64(seconds),
        cut_edges=drawn.cut_edges, method=np.str_(drawn.method), **known,
    )  # fmt: skip
    found = mixing(drawn.cut_edges) if draws >= 8 else None
    return {
        "draws": draws, "parts": parts, "method": drawn.method, "tree": tree, "seed": seed, "seconds": seconds,
        "trees": drawn.trees, "moved": drawn.moved, "rhat": found and found.rhat,
        "effective": found and found.effective, "out": str(out),
    }  # fmt: skip


def _id_array(ids: tuple[Any, ...]) -> Any:
    """Ids as an array that is read without pickling: whole numbers or texts as they are, anything else as JSON."""
    import numpy as np

    if all(isinstance(name, int) and not isinstance(name, bool) and abs(name) < 2**63 for name in ids):
        return np.array(ids, dtype=np.int64)
    return np.array([plan_json.id_key(name) for name in ids], dtype=np.str_)
