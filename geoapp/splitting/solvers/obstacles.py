"""Why there can be no plan, where no search is needed to know it."""

from __future__ import annotations

from geoapp.splitting.contraction import Contradiction
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.request import DivisionRequest
from geoapp.splitting.solvers.reduction import reduce


def certain_obstacle(graph: UnitGraph, request: DivisionRequest) -> str | None:
    """Why there can be no plan, where no search is needed to know; None says nothing."""
    return plain_obstacle(graph, request) or _bound_obstacle(graph, request)


def plain_obstacle(graph: UnitGraph, request: DivisionRequest) -> str | None:
    """A reason that the verifier knows too: sizes, totals, islands, a unit above the limit."""
    lowest, highest = sum(max(low, 1) for low, _ in request.ranges), sum(high for _, high in request.ranges)
    if graph.n < request.parts:
        return f"只有 {graph.n} 个单元，分不出 {request.parts} 个部分：请减少部分数，或换分得更细的单元。"
    if graph.total == 0:
        return "所有单元的户数都是 0，没有住户可分：请核对户数字段。"
    if not lowest <= graph.total <= highest:
        sums = f"合计 {lowest} 到 {highest}，每部分至少 1 户"
        return f"总户数 {graph.total} 与各部分的户数范围（{sums}）不相容：请修改户数范围。"
    islands = int(graph.pieces.max(initial=0)) + 1
    if islands > request.parts:
        return f"互不相连的地块有 {islands} 片，比部分数 {request.parts} 多：请增加部分数，或只划分其中一片。"
    limit, worst = max(high for _, high in request.ranges), int(graph.households.argmax())
    if graph.households[worst] > limit:
        held = f"{graph.households[worst]} 户，超过了一个部分的上限 {limit}"
        return f"单元 {graph.ids[worst]} 有 {held}：请把它分成更小的单元，或提高上限。"
    return None


def _bound_obstacle(graph: UnitGraph, request: DivisionRequest) -> str | None:
    """A reason that comes from what must stay together."""
    limit = max(high for _, high in request.ranges)
    for group in (*request.together, *_anchored_sets(request)):
        if len({int(graph.pieces[u]) for u in group}) > 1:
            return f"必须在一起的单元（{graph.ids[group[0]]} 等）在互不相连的地块上，不可能连成一个部分：请去掉这一组。"
    try:
        reduced = reduce(graph, request)
    except Contradiction as error:
        return str(error)
    heavy = int(reduced.graph.households.argmax())
    if reduced.graph.households[heavy] > limit:
        name = graph.ids[reduced.graph.ids[heavy]]
        held = reduced.graph.households[heavy]
        return f"必须在一起的单元（{name} 等）共有 {held} 户，超过了一个部分的上限 {limit}：请允许切分，或提高上限。"
    if reduced.graph.n < request.parts:
        return f"合并必须在一起的单元后只剩 {reduced.graph.n} 个，分不出 {request.parts} 个部分：请允许切分。"
    return None


def _anchored_sets(request: DivisionRequest) -> list[tuple[int, ...]]:
    """Units anchored to the same part, one tuple per part."""
    return [tuple(u for u, p in request.anchors.items() if p == part) for part in set(request.anchors.values())]
