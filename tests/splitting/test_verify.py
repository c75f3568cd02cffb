"""The verifier accepts what the solver proves and refuses more than twenty kinds of tampering."""

from __future__ import annotations

import ast
import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoapp.splitting import verify as verify_module
from geoapp.splitting.certificate import walks
from geoapp.splitting.embedding import embed
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.plan import border_cost, faults, part_households
from geoapp.splitting.plan_json import document_of, inputs_sha256
from geoapp.splitting.request import DivisionRequest, DivisionResult
from geoapp.splitting.solvers.dual_cycle import solve_two
from geoapp.splitting.verify import Refuted, verify
from tests.splitting.enumeration import make_graph, rook
from tests.splitting.planar_worlds import delaunay_world, evenly, tiny_world

Document = dict[str, Any]
DOCS = Path(__file__).parents[2] / "docs" / "splitting-answers.md"

WORLD = delaunay_world(80, seed=2, total=800)
REQUEST = DivisionRequest(2, ((380, 425), (370, 430)), together=((3, 4),), anchors={0: 1})
RESULT = solve_two(WORLD, REQUEST)


def proved() -> Document:
    """A fresh copy of a proved plan document."""
    return json.loads(json.dumps(document_of(WORLD, REQUEST, RESULT)))  # type: ignore[no-any-return]


def other_plans() -> list[np.ndarray[Any, Any]]:
    """Admissible plans that cost more: the optimum with one unit of the border moved."""
    assert RESULT.part_of is not None
    found = []
    for unit in range(WORLD.n):
        plan = RESULT.part_of.copy()
        plan[unit] = 3 - plan[unit]
        if not faults(WORLD, REQUEST, plan) and border_cost(WORLD, plan) > (RESULT.objective or 0):
            found.append(plan)
    return sorted(found, key=lambda plan: border_cost(WORLD, plan))


def with_plan(document: Document, plan: np.ndarray[Any, Any]) -> None:
    """Put another plan in, with everything that follows from it made consistent."""
    sizes = part_households(WORLD, plan, parts=2)
    document["part_of"] = {str(name): int(part) for name, part in zip(WORLD.ids, plan, strict=True)}
    document["objective"] = document["bound"] = border_cost(WORLD, plan)
    for number in (1, 2):
        document["parts"][number - 1].update(households=int(sizes[number - 1]), units=int((plan == number).sum()))


def test_the_untouched_document_is_proved() -> None:
    assert RESULT.status == "optimal"
    verdict = verify(WORLD, proved())
    assert verdict.proved and verdict.objective == RESULT.objective and verdict.starts >= 1 and verdict.states > 0


def suboptimal(document: Document) -> None:
    with_plan(document, other_plans()[0])


def in_two_pieces(document: Document) -> None:
    """Move a unit that has no neighbour in the other part."""
    assert RESULT.part_of is not None
    indptr, neighbour, _ = WORLD.adjacency
    for unit in range(WORLD.n):
        plan = RESULT.part_of.copy()
        if all(plan[v] == plan[unit] for v in neighbour[indptr[unit] : indptr[unit + 1]]):
            plan[unit] = 3 - plan[unit]
            return with_plan(document, plan)
    raise AssertionError("every unit lies at the border")


def out_of_range(document: Document) -> None:
    assert RESULT.part_of is not None
    low = int(part_households(WORLD, RESULT.part_of, parts=2)[0]) + 1
    document["conditions"]["ranges"][0] = [low, 800]


def group_parted(document: Document) -> None:
    assert RESULT.part_of is not None
    document["conditions"]["together"].append([0, int(np.flatnonzero(RESULT.part_of != RESULT.part_of[0])[0])])


def anchor_elsewhere(document: Document) -> None:
    document["conditions"]["anchors"] = [[0, 2]]


def swapped_faces(document: Document) -> None:
    faces = document["certificate"]["faces"]
    long = next(i for i, face in enumerate(faces) if len(face) > 3)
    faces[long][0], faces[long][1] = faces[long][1], faces[long][0]


def joined_faces(document: Document) -> None:
    """Two faces written as one pinched face: every side once, but V - E + F = 1."""
    faces = document["certificate"]["faces"]
    one = faces.pop()
    for i, face in enumerate(faces):
        shared = set(one) & set(face)
        if shared:
            unit = shared.pop()
            k, j = face.index(unit), one.index(unit)
            faces[i] = face[:k] + one[j:] + one[:j] + face[k:]
            return
    raise AssertionError("the last face has no neighbour")


def certificate_of(change: Callable[[Document], None]) -> Callable[[Document], None]:
    return lambda document: change(document["certificate"])


MUTATIONS: dict[str, Callable[[Document], None]] = {
    "a suboptimal plan with everything else consistent": suboptimal,
    "a part in two pieces": in_two_pieces,
    "a part outside its range": out_of_range,
    "a group that is parted": group_parted,
    "an anchored unit elsewhere": anchor_elsewhere,
    "a lower objective": lambda d: d.update(objective=d["objective"] - 1, bound=d["objective"] - 1),
    "a bound below the objective": lambda d: d.update(bound=d["bound"] - 1),
    "a bound above the objective": lambda d: d.update(bound=d["bound"] + 1),
    "a unit left out": lambda d: d["part_of"].pop("7"),
    "a unit that is not there": lambda d: d["part_of"].update(nobody=1),
    "a third part": lambda d: d["part_of"].update({"7": 3}),
    "a part number as text": lambda d: d["part_of"].update({"7": "1"}),
    "a wrong number of households": lambda d: d["parts"][0].update(households=d["parts"][0]["households"] + 1),
    "a wrong number of units": lambda d: d["parts"][1].update(units=d["parts"][1]["units"] + 1),
    "no certificate": lambda d: d.update(certificate=None),
    "another status": lambda d: d.update(status="infeasible"),
    "an unknown status": lambda d: d.update(status="perfect"),
    "a digest of other data": lambda d: d.update(inputs_sha256="0" * 64),
    "a missing field": lambda d: d.pop("conditions"),
    "no start": certificate_of(lambda c: c.update(starts=[])),
    "the first start missing": certificate_of(lambda c: c["starts"].pop(0)),
    "a start twice": certificate_of(lambda c: c["starts"].append(c["starts"][0])),
    "a start that is no face": certificate_of(lambda c: c["starts"][0].update(face=10**6)),
    "a once-only face that is the start": certificate_of(
        lambda c: c["starts"][0].update(once=[c["starts"][0]["face"]])
    ),
    "a wrong embedding": swapped_faces,
    "a face missing": certificate_of(lambda c: c["faces"].pop()),
    "a face twice": certificate_of(lambda c: c["faces"].append(c["faces"][0])),
    "two faces made one": joined_faces,
    "changed households": certificate_of(lambda c: c["households"].__setitem__(0, c["households"][0] + 1)),
    "a changed cost": certificate_of(lambda c: c["edges"][0].__setitem__(2, c["edges"][0][2] + 1)),
    "an edge left out": certificate_of(lambda c: c["edges"].pop()),
    "another cost scale": certificate_of(lambda c: c.update(cost_scale=2.0)),
    "an invented virtual edge": certificate_of(lambda c: c["virtual"].append([0, 1])),
    "units contracted that nobody bound": certificate_of(lambda c: c["contracted"].append([10, 11, 12])),
    "a closing rule nobody knows": certificate_of(lambda c: c.update(closing={"rule": "trust me"})),
    "a closing that does not close": certificate_of(lambda c: c.update(closing={"rule": "contracted", "unit": 5})),
    "another kind of certificate": certificate_of(lambda c: c.update(kind="islands")),
}


@pytest.mark.parametrize("kind", MUTATIONS)
def test_a_mutation_is_refused(kind: str) -> None:
    document = proved()
    MUTATIONS[kind](document)
    assert document != proved(), "the mutation changed nothing"
    with pytest.raises(Refuted):
        verify(WORLD, document)


def test_the_docs_list_each_kind_with_its_reason() -> None:
    """Reasons as they are now; numbers in them are those of the case."""
    listed = {}
    for line in DOCS.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 2:
            listed[cells[0]] = cells[1]
    for kind, mutate in MUTATIONS.items():
        document = proved()
        mutate(document)
        with pytest.raises(Refuted) as refused:
            verify(WORLD, document)
        assert re.sub(r"\d+", "N", listed[kind]) == re.sub(r"\d+", "N", str(refused.value)), kind


@pytest.mark.parametrize("change", ["households", "cost", "edges"])
def test_a_plan_for_other_data_is_refused_even_with_its_digest_forged(change: str) -> None:
    households, cost, keep = WORLD.households.copy(), WORLD.cost.copy(), np.ones(WORLD.m, dtype=bool)
    if change == "households":
        households[[1, 2]] += [1, -1]
    elif change == "cost":
        cost[0] += 1
    else:
        keep[0] = False
    other = UnitGraph(WORLD.ids, households, WORLD.edges[keep], cost[keep])
    document = proved()
    document["inputs_sha256"] = inputs_sha256(other)
    with pytest.raises(Refuted):
        verify(other, document)


def test_a_certificate_is_refused_for_each_start_left_out() -> None:
    """Unit costs on a board: the proof takes several starts, and none of them is there for show."""
    board = rook(7, 7)
    result = solve_two(board, evenly(board, 0.1))
    document = document_of(board, evenly(board, 0.1), result)
    starts = document["certificate"]["starts"]
    assert verify(board, document).proved and starts
    for i in range(len(starts)):
        less = copy.deepcopy(document)
        less["certificate"]["starts"].pop(i)
        with pytest.raises(Refuted):
            verify(board, less)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_no_dearer_plan_is_ever_called_optimal(seed: int) -> None:
    """Every admissible plan that costs more than the optimum, under the honest certificate of the optimum."""
    graph, request = tiny_world(seed)
    best = solve_two(graph, request)
    if best.part_of is None or best.certificate is None or best.certificate["kind"] != "dual walks":
        return
    for mask in range(1, 1 << min(graph.n, 8)):
        plan = np.array([1 + (mask >> (unit % 8) & 1) for unit in range(graph.n)])
        cost = border_cost(graph, plan)
        if (
            cost > (best.objective or 0)
            and not faults(graph, request, plan)
            and part_households(graph, plan, parts=2).min() > 0
        ):
            claim = DivisionResult("optimal", plan, cost, cost, "forged", best.certificate)
            with pytest.raises(Refuted):
                verify(graph, document_of(graph, request, claim))
            return


def test_infeasible_is_refused_where_there_is_a_plan() -> None:
    board = rook(3, 3)
    request = DivisionRequest(2, ((4, 5),) * 2, interchangeable=True)
    embedding = embed(board)
    assert embedding is not None
    starts = [{"face": face, "once": []} for face in range(len(embedding.faces))]
    closing = {"rule": "contracted", "unit": 0}
    proof = walks(board, request, embedding, starts=starts, closing=closing, contracted=())
    claim = DivisionResult("infeasible", None, None, None, "forged", proof)
    with pytest.raises(Refuted, match="界线"):
        verify(board, document_of(board, request, claim))
    cheap = DivisionResult("infeasible", None, None, None, "forged", {"kind": "reason", "reason": "太难"})
    with pytest.raises(Refuted, match="太难"):
        verify(board, document_of(board, request, cheap))


def test_a_cheaper_bridge_is_found_out() -> None:
    """Two squares joined by a bridge of cost 1; a plan through one square (2 edges of cost 5) is not the best."""
    graph = make_graph(
        [(0, 1), (1, 2), (2, 3), (0, 3), (3, 4), (4, 5), (5, 6), (6, 7), (4, 7)],
        households=[1] * 8, cost=[5, 5, 5, 5, 1, 5, 5, 5, 5],
    )  # fmt: skip
    request = DivisionRequest(2, ((2, 6),) * 2, interchangeable=True)
    best = solve_two(graph, request)
    assert best.objective == 1
    dear = np.array([1, 1, 2, 2, 2, 2, 2, 2])
    claim = DivisionResult("optimal", dear, 10, 10, "forged", best.certificate)
    with pytest.raises(Refuted, match="只断开单元"):
        verify(graph, document_of(graph, request, claim))


def test_a_drawing_on_a_torus_is_no_drawing() -> None:
    """K5 has drawings on the torus with 5 faces, V - E + F = 0: each side of each edge is there once."""
    k5 = make_graph([(i, j) for i in range(5) for j in range(i)], households=[1] * 5)
    faces = [[i, (i + 1) % 5, (i + 3) % 5, (i + 2) % 5] for i in range(5)]
    certificate = {
        "kind": "dual walks", "households": [1] * 5, "edges": [[u, v, 1] for u, v in k5.edges.tolist()],
        "cost_scale": 1.0, "virtual": [], "faces": faces, "contracted": [], "starts": [],
        "closing": {"rule": "contracted", "unit": 0},
    }  # fmt: skip
    claim = DivisionResult("optimal", np.array([1, 1, 2, 2, 2]), 6, 6, "forged", certificate)
    with pytest.raises(Refuted, match="嵌入"):
        verify(k5, document_of(k5, DivisionRequest(2, ((2, 3), (2, 3))), claim))


def test_a_plan_without_a_claim_holds_without_a_proof() -> None:
    assert RESULT.part_of is not None
    claim = DivisionResult("feasible", RESULT.part_of, RESULT.objective, 1, "search")
    verdict = verify(WORLD, document_of(WORLD, REQUEST, claim))
    assert not verdict.proved and verdict.objective == RESULT.objective


def test_the_verifier_shares_no_code_with_the_solvers() -> None:
    """Neither it nor what it imports from this part reaches solvers, embedding, contraction or plan arithmetic."""
    folder = Path(verify_module.__file__).parent
    for name in ("verify", "verify_dual", "exhaustion"):
        tree = ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            for imported in names:
                assert not {"solvers", "embedding", "contraction", "plan", "milp"} & set(imported.split(".")), imported
