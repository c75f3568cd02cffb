"""plan.json: a plan with its proof as `verify` reads it, with the ground and names that adopting it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoapp.geo.geojson import multipolygon
from geoapp.splitting.drafts.ground import Ground
from geoapp.splitting.drafts.scorecard import PlanScore
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.plan import border_cost, part_households
from geoapp.splitting.plan_json import document_of
from geoapp.splitting.request import DivisionRequest, DivisionResult


def plan_file(
    ground: Ground,
    request: DivisionRequest,
    result: DivisionResult,
    score: PlanScore,
    *,
    profile: str,
    place: str,
    codes: Sequence[str | None],
) -> dict[str, Any]:
    """The plan as a JSON object: what `geoapp verify` checks, and what `geoapp places split` needs.

    Parameters
    ----------
    request, result : what was asked and answered; the result has a plan
    profile : key of the profile that the costs are of
    place : code of the divided place
    codes : code of each part, None for one that has yet to get one
    """
    assert result.part_of is not None
    staff = [{"staff_min": part.staff_min, "staff_max": part.staff_max} for part in score.parts]
    document = document_of(ground.units.graph(profile), request, result, staff=staff)
    shapes = ground.shapes(result.part_of, parts=len(score.parts))
    for row, part, code, shape in zip(document["parts"], score.parts, codes, shapes, strict=True):
        row.update(
            name=part.name, code=code, households_estimated=part.households_estimated,
            area_m2=round(part.area_m2, 1), extent=part.extent, geometry=multipolygon(shape),
        )  # fmt: skip
    return {
        **document,
        # Which columns of the units file that goes with the plan were divided: `geoapp verify` asks for them.
        "inputs": {"households": "households", "profile": profile},
        "profile": profile,
        "place": place,
        "names": [part.name for part in score.parts],
        "codes": list(codes),
    }


def by_hand(
    graph: UnitGraph, request: DivisionRequest, part_of: NDArray[np.int64], *, bound: int | None
) -> tuple[DivisionRequest, DivisionResult]:
    """A plan changed by hand as an answer without proof, to as much of the request as it still fulfils."""
    sizes = part_households(graph, part_of, parts=request.parts).tolist()
    ranges = tuple((min(low, size), max(high, size)) for (low, high), size in zip(request.ranges, sizes, strict=True))
    together = tuple(group for group in request.together if len(set(part_of[list(group)].tolist())) == 1)
    cost = border_cost(graph, part_of)
    kept = ranges == request.ranges and together == request.together
    asked = replace(request, ranges=ranges, together=together, interchangeable=request.interchangeable and kept)
    bound = min(bound, cost) if bound is not None and kept else 0
    return asked, DivisionResult("feasible", part_of, cost, bound, "by hand")
