"""Places and changes as plain values, for JSON and for people: the pages and the command line say the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import shapely
from shapely.geometry import mapping

from geoapp.places.hierarchy import LEVELS
from geoapp.places.versions import Link, PlaceVersion

_RANKS = {level.key: level.rank for level in LEVELS}


def place_json(
    version: PlaceVersion, titles: Mapping[str, tuple[str, str]], *, geometry: bool = False
) -> dict[str, Any]:
    """One version as JSON values; days are ISO text, an open end is null, unknown figures are null."""
    zh, en = titles[version.level]
    facts: dict[str, Any] = {
        "code": version.code,
        "name": version.name,
        "level": version.level,
        "level_rank": _RANKS[version.level],
        "level_title": zh,
        "level_title_en": en,
        "parent": version.parent,
        "valid_from": version.valid_from.isoformat(),
        "valid_to": version.valid_to.isoformat() if version.valid_to else None,
        "households": version.households,
        "households_basis": version.households_basis,
        "households_date": version.households_date.isoformat() if version.households_date else None,
        "people": version.people,
        "staff": version.staff,
        "illustrative": version.illustrative,
        "source": version.source,
    }
    if geometry:
        facts["geometry"] = geometry_json(version.geometry)
    return facts


def geometry_json(geometry: Any) -> dict[str, Any] | None:
    """A geometry as GeoJSON values, rings by the right-hand rule (RFC 7946); None stays None."""
    if geometry is None:
        return None
    return dict(mapping(shapely.orient_polygons(geometry)))


def link_json(link: Link) -> dict[str, Any]:
    """A succession as JSON values."""
    return {
        "predecessor": link.predecessor,
        "successor": link.successor,
        "share_of_predecessor_inside_successor": link.share_of_predecessor_inside_successor,
    }
