"""The integer programme: for graphs that are not planar, groups in pieces, and small cases of many parts.

HiGHS has no lazy constraints, so connectivity is added in rounds: solve, look for parts in pieces, forbid what was
found, solve again. Every round is a relaxation of the question, hence its bound holds whether or not it was finished.

Formulation
-----------
``x[u, i] = 1``: unit u lies in part i; ``y[e] = 1``: edge e is cut::

    min   sum_e cost[e] y[e]
    s.t.  sum_i x[u, i] = 1                                    each unit u
          low[i] <= sum_u households[u] x[u, i] <= high[i]     each part i
          sum_u x[u, i] >= 1                                   each part i
          y[e] >= x[u, i] - x[v, i]                            each edge e = (u, v), each part i
          x[a, i] <= sum_{s in N(C)} x[s, i]                   a in C, households of C below low[i]
          x[a, i] + x[b, i] <= 1 + sum_{s in S} x[s, i]        S separates a from b

The first kind of connectivity row holds since a connected part that holds ``a`` and more than C can give must leave C
through its neighbours N(C); the second is the usual a,b-separator (Oehrlein & Haunert 2017, "A cutting-plane method for
contiguity-constrained spatial aggregation"). Both are written for sets that a round's answer violates; the first kind
for C = {a} from the start.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from geoapp.splitting.graph import UnitGraph, piece_labels
from geoapp.splitting.plan import border_cost, faults, numbered_for
from geoapp.splitting.request import DivisionRequest, DivisionResult
from geoapp.splitting.solvers.obstacles import certain_obstacle
from geoapp.splitting.solvers.reduction import Reduced, reduce

METHOD = "integer programme"
NO_CERTIFICATE = "整数规划算得没有满足要求的方案，但没有可供他人核验的证书：请放宽户数范围或其他条件。"
#: Units of one stray piece that get a row of their own in a round; more rows do not pay.
ROWS_PER_PIECE = 12
#: Costs are integers: a bound within one of the optimum, rounded up, is the optimum.
CLOSE = 0.999


@dataclass
class Rows:
    """Rows ``lower <= sum of value * column <= upper`` as they accumulate."""

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    columns: list[NDArray[np.int64]] = field(default_factory=list)
    values: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, lower: float, upper: float, columns: list[int], values: list[float]) -> None:
        """Append one row."""
        self.lower.append(lower)
        self.upper.append(upper)
        self.columns.append(np.array(columns, dtype=np.int64))
        self.values.append(np.array(values, dtype=np.float64))


@dataclass(frozen=True)
class Round:
    """What one solve gave: the plan of the relaxation (parts from 0) or None, its bound, whether it ended by itself."""

    part_of: NDArray[np.int64] | None
    bound: float
    finished: bool
    infeasible: bool
    seconds: float


def solve_milp(
    graph: UnitGraph,
    request: DivisionRequest,
    *,
    upper: NDArray[np.int64] | None = None,
    deadline_s: float | None = None,
) -> DivisionResult:
    """Cheapest division of any graph into any number of parts, with what bound the time allows.

    Parameters
    ----------
    upper : (n,) a plan known already; one that breaks the request is not used
    deadline_s : seconds that HiGHS may use, ``request.seconds`` by default

    Returns
    -------
    DivisionResult: ``optimal`` and ``infeasible`` are proved by the programme and carry no certificate
    """
    request.check(graph)
    reason = certain_obstacle(graph, request)
    if reason is not None:
        return DivisionResult("infeasible", None, None, None, METHOD, None, 0.0, reason)
    reduced = reduce(graph, request)
    best = np.asarray(upper) if upper is not None and not faults(graph, request, upper) else None
    left = request.seconds if deadline_s is None else deadline_s
    rows, bound, used = first_rows(reduced), 0, 0.0
    while used < left:
        known = None if best is None else _lowered(reduced, best)
        answer = solve_round(reduced, request, rows, known=known, seconds=left - used)
        used += max(answer.seconds, 1e-3)
        if answer.infeasible:
            return DivisionResult("infeasible", None, None, None, METHOD, None, used, NO_CERTIFICATE)
        if np.isfinite(answer.bound):
            bound = max(bound, int(np.ceil(answer.bound - 1e-6 * max(1.0, abs(answer.bound)))))
        added = 0
        if answer.part_of is not None:
            added = forbid_pieces(reduced, answer.part_of, rows)
            plan = answer.part_of[reduced.unit_of] + 1
            cheaper = best is None or border_cost(graph, plan) < border_cost(graph, best)
            if added == 0 and cheaper and not faults(graph, request, plan):
                best = plan
        if (best is not None and bound >= border_cost(graph, best)) or added == 0:
            break
    return _result(graph, request, best, bound, used)


def _result(
    graph: UnitGraph, request: DivisionRequest, best: NDArray[np.int64] | None, bound: int, used: float
) -> DivisionResult:
    if best is None:
        reason = "在规定时间内整数规划没有找到方案，也没有证明不存在：请延长时间或放宽户数范围。"
        return DivisionResult("bound", None, None, bound, METHOD, None, used, reason)
    cost = border_cost(graph, best)
    status = "optimal" if bound >= cost else "feasible"
    plan = numbered_for(graph, request, best)
    if status == "optimal":
        return DivisionResult("optimal", plan, cost, cost, METHOD, None, used)
    return DivisionResult("feasible", plan, cost, bound, METHOD, None, used)


def _lowered(reduced: Reduced, plan: NDArray[np.int64]) -> NDArray[np.int64]:
    """A plan of the given units, from 1, as one of the merged units, from 0."""
    small = np.zeros(reduced.graph.n, dtype=np.int64)
    small[reduced.unit_of] = plan - 1
    return small


def first_rows(reduced: Reduced) -> Rows:
    """All rows that the formulation has before any round."""
    graph, parts = reduced.graph, reduced.parts
    rows, infinity = Rows(), float("inf")
    for u in range(graph.n):
        rows.add(1, 1, [u * parts + i for i in range(parts)], [1.0] * parts)
    for i in range(parts):
        mine = [u * parts + i for u in range(graph.n)]
        rows.add(float(reduced.low[i]), float(reduced.high[i]), mine, graph.households.astype(float).tolist())
        rows.add(1, infinity, mine, [1.0] * graph.n)
    for e, (u, v) in enumerate(graph.edges.tolist()):
        y = graph.n * parts + e
        for i in range(parts):
            rows.add(0, infinity, [y, u * parts + i, v * parts + i], [1.0, -1.0, 1.0])
            if parts > 2:  # for two parts the other part's row says it
                rows.add(0, infinity, [y, u * parts + i, v * parts + i], [1.0, 1.0, -1.0])
    for g in range(reduced.groups):
        first, *others = np.flatnonzero(reduced.bond == g).tolist()
        for u in others:
            for i in range(parts):
                rows.add(0, 0, [first * parts + i, u * parts + i], [1.0, -1.0])
    for u in range(graph.n):
        for i in range(parts):
            if graph.households[u] < reduced.low[i]:
                _leave(reduced, rows, np.array([u]), [u], i)
    return rows


def _around(graph: UnitGraph, inside: NDArray[np.int64]) -> list[int]:
    """Units outside a set that touch it."""
    indptr, neighbour, _ = graph.adjacency
    near = np.unique(np.concatenate([neighbour[indptr[u] : indptr[u + 1]] for u in inside]))
    return np.setdiff1d(near, inside).tolist()


def _leave(reduced: Reduced, rows: Rows, inside: NDArray[np.int64], chosen: list[int], part: int) -> None:
    """Rows of the first kind for some units of a set that is too small to be the part."""
    parts = reduced.parts
    around = [s * parts + part for s in _around(reduced.graph, inside)]
    for a in chosen:
        rows.add(0, float("inf"), [*around, a * parts + part], [1.0] * len(around) + [-1.0])


def forbid_pieces(reduced: Reduced, part_of: NDArray[np.int64], rows: Rows) -> int:
    """Rows that a plan with parts in pieces violates; gives their number, 0 when every part is in one piece."""
    graph, parts, before = reduced.graph, reduced.parts, len(rows.lower)
    ends = graph.edges.astype(np.int64)
    label = piece_labels(graph.n, ends[part_of[ends[:, 0]] == part_of[ends[:, 1]]])
    for i in range(parts):
        pieces = [np.flatnonzero(label == name) for name in np.unique(label[part_of == i])]
        pieces.sort(key=lambda piece: (-int(graph.households[piece].sum()), int(piece[0])))
        for piece in pieces[1:]:
            heaviest = piece[np.argsort(-graph.households[piece], kind="stable")][:ROWS_PER_PIECE].tolist()
            if graph.households[piece].sum() < reduced.low[i]:
                _leave(reduced, rows, piece, heaviest, i)
                continue
            b = int(pieces[0][np.argmax(graph.households[pieces[0]])])
            separator = [s * parts + i for s in _separator(graph, piece, b)]
            for a in heaviest:
                rows.add(
                    -1,
                    float("inf"),
                    [*separator, a * parts + i, b * parts + i],
                    [1.0] * len(separator) + [-1.0, -1.0],
                )
    return len(rows.lower) - before


def _separator(graph: UnitGraph, piece: NDArray[np.int64], b: int) -> list[int]:
    """Units around a piece that can be reached from b without passing through others around it: a minimal separator."""
    around = set(_around(graph, piece))
    indptr, neighbour, _ = graph.adjacency
    seen, front, found = {b}, [b], set()
    while front:
        u = front.pop()
        for v in neighbour[indptr[u] : indptr[u + 1]].tolist():
            if v in around:
                found.add(v)
            elif v not in seen:
                seen.add(v)
                front.append(v)
    return sorted(found)


def solve_round(
    reduced: Reduced, request: DivisionRequest, rows: Rows, *, known: NDArray[np.int64] | None, seconds: float
) -> Round:
    """Solve the rows at hand, from a known plan."""
    solver = _model(reduced, request, rows)
    if known is not None:
        start = highspy.HighsSolution()
        start.col_value = _columns_of(reduced, _first_come(request, known))
        solver.setSolution(start)
    solver.setOptionValue("time_limit", float(seconds))
    solver.run()
    status, info = solver.getModelStatus(), solver.getInfo()
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        # Every column is bounded, so the second can only mean the first.
        return Round(None, float("inf"), True, True, solver.getRunTime())
    finished = status == highspy.HighsModelStatus.kOptimal
    part_of = None
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        values = np.array(solver.getSolution().col_value)[: reduced.graph.n * reduced.parts]
        part_of = values.reshape(reduced.graph.n, reduced.parts).argmax(axis=1)
    return Round(part_of, info.mip_dual_bound, finished, False, solver.getRunTime())


def _first_come(request: DivisionRequest, plan: NDArray[np.int64]) -> NDArray[np.int64]:
    """Interchangeable parts numbered as the programme wants them, by first unit."""
    if not _symmetric(request):
        return plan
    names: dict[int, int] = {}
    return np.array([names.setdefault(int(p), len(names)) for p in plan], dtype=np.int64)


def _symmetric(request: DivisionRequest) -> bool:
    return len(set(request.ranges)) == 1 and not request.anchors


def _columns_of(reduced: Reduced, plan: NDArray[np.int64]) -> list[float]:
    x = np.zeros((reduced.graph.n, reduced.parts))
    x[np.arange(reduced.graph.n), plan] = 1
    cut = plan[reduced.graph.edges[:, 0]] != plan[reduced.graph.edges[:, 1]]
    return [*x.ravel().tolist(), *cut.astype(float).tolist()]


def _model(reduced: Reduced, request: DivisionRequest, rows: Rows) -> highspy.Highs:
    """The programme in HiGHS, one thread, fixed seed."""
    graph, parts = reduced.graph, reduced.parts
    own = graph.n * parts
    upper = np.ones((graph.n, parts))
    if _symmetric(request):
        # Parts are numbered by first unit: unit u can only be in the first u + 1 of them.
        upper[np.arange(parts) > np.arange(graph.n)[:, None]] = 0
    for u in np.flatnonzero(reduced.want >= 0):
        upper[u] = 0
        upper[u, reduced.want[u]] = 1
    starts = np.concatenate([[0], np.cumsum([len(c) for c in rows.columns])])
    matrix = csr_matrix(
        (np.concatenate(rows.values), np.concatenate(rows.columns), starts), shape=(len(rows.lower), own + graph.m)
    )
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = own + graph.m, len(rows.lower)
    lp.col_cost_ = np.concatenate([np.zeros(own), graph.cost.astype(float)])
    lp.col_lower_, lp.col_upper_ = np.zeros(own + graph.m), np.concatenate([upper.ravel(), np.ones(graph.m)])
    lp.row_lower_, lp.row_upper_ = np.array(rows.lower), np.array(rows.upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
    lp.a_matrix_.value_ = matrix.data
    lp.integrality_ = [highspy.HighsVarType.kInteger] * own + [highspy.HighsVarType.kContinuous] * graph.m
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", request.seed % 2**31)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", CLOSE)
    solver.passModel(lp)
    return solver
