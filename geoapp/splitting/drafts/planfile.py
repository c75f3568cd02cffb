"""plan.json: a plan as other programs read it, whole with proof, ground and names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.splitting.drafts.ground import Ground
from geoapp.splitting.drafts.scorecard import PlanScore


def plan_file(
    ground: Ground,
    part_of: NDArray[Any],
    score: PlanScore,
    *,
    facts: dict[str, Any],
    codes: Sequence[str | None],
) -> dict[str, Any]:
    """The plan as a JSON object.

    Parameters
    ----------
    facts : status, objective, bound, gap, method, certificate, seconds, seed, profile, inputs_sha256, version, place
    codes : code of each part, None for one that has yet to get one
    """
    shapes = ground.shapes(np.asarray(part_of), parts=len(score.parts))
    return {
        **facts,
        "part_of": dict(zip(ground.units.ids, np.asarray(part_of).tolist(), strict=True)),
        "names": [part.name for part in score.parts],
        "codes": list(codes),
        "parts": [
            {
                "part": part.number,
                "name": part.name,
                "code": code,
                "households": part.households,
                "households_estimated": part.households_estimated,
                "units": part.units,
                "staff_min": part.staff_min,
                "staff_max": part.staff_max,
                "area_m2": round(part.area_m2, 1),
                "extent": part.extent,
                "geometry": multipolygon(shape),
            }
            for part, code, shape in zip(score.parts, codes, shapes, strict=True)
        ],
    }


def multipolygon(shape: Any) -> dict[str, Any]:
    """GeoJSON MultiPolygon at full precision, outer rings counter-clockwise (RFC 7946)."""
    polygons = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and not p.is_empty]
    turned = shapely.orient_polygons(shapely.MultiPolygon(polygons))
    found: dict[str, Any] = json.loads(shapely.to_geojson(turned))
    return found
