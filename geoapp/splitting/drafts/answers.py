"""Divisions, plans and units as JSON for the page and for other programs."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import shapely

from geoapp.splitting.drafts.ground import Ground
from geoapp.splitting.drafts.scorecard import COUNTS, PlanScore
from geoapp.splitting.rules import Rules

#: Decimals of a degree: a centimetre, which is finer than any border is known.
DECIMALS = 7


def score_json(score: PlanScore) -> dict[str, Any]:
    """A plan's figures; walking times that are endless are null."""
    plain = dataclasses.asdict(score)
    for part in plain["parts"]:
        walk = part["walk"]
        if walk is not None:
            for key in ("median_s", "p90_s"):
                walk[key] = walk[key] if np.isfinite(walk[key]) else None
    plain["border"]["by_kind"] = [
        {"kind": kind, "title": title, "length_m": metres} for kind, title, metres in score.border.by_kind
    ]
    plain["border"]["by_name"] = [{"name": name, "length_m": metres} for name, metres in score.border.by_name]
    return plain


def ground_json(ground: Ground, rules: Rules) -> dict[str, Any]:
    """Units and borders for a page that reckons by itself: columns by position, shapes as GeoJSON.

    ``edges`` are [unit, unit, tenths by profile]; ``borders`` one row per piece with its kind, metres and line.
    """
    units = ground.units
    titles = {key: kind.title_zh for key, kind in units.profiles.kinds.items()}
    return {
        "ids": list(units.ids),
        "names": list(ground.names),
        "households": units.households.tolist(),
        "estimated": units.marks.tolist(),
        "area_m2": [round(x, 1) for x in units.area_m2.tolist()],
        "compounds": list(ground.compounds),
        "grids": list(ground.grids),
        "counts": {key: column.tolist() for key, column in ground.counts.items()},
        "count_titles": {key: list(COUNTS[key]) for key in ground.counts},
        "kinds": titles,
        "titles_en": {
            **{kind.title_zh: kind.title_en for kind in units.profiles.kinds.values()},
            **{profile.title_zh: profile.title_en for profile in units.profiles.profiles.values()},
        },
        "units": {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "id": at, "properties": {"id": at}, "geometry": _geometry(shape)}
                for at, shape in enumerate(units.polygons)
            ],
        },
        "borders": [
            {"pair": pair, "kind": kind, "name": name, "length_m": round(metres, 2), "line": _geometry(line)}
            for pair, kind, name, metres, line in zip(
                units.borders.pairs.tolist(), units.borders.kind, units.borders.name,
                units.borders.length_m.tolist(), units.borders.lines, strict=True,
            )
        ],
        "bbox": list(shapely.total_bounds(units.polygons)),
        "rules": {
            "title": rules.title_zh,
            "document": rules.document,
            "households_most": rules.value("households_most"),
            "households_merge": rules.value("households_merge"),
            "per_worker_most": rules.value("households_per_worker_most"),
            "per_worker_least": rules.value("households_per_worker_least"),
            "staff_least": rules.value("staff_least"),
        },
        "basis": units.basis,
        "date": units.date,
        "notes": list(units.notes),
    }  # fmt: skip


def _geometry(shape: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    found["coordinates"] = _rounded(found["coordinates"])
    return found


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(value, DECIMALS)
