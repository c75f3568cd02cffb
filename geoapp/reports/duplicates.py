"""Is it the same matter? Open reports of one kind near one spot, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from geoapp.reports.placing import distance_m


@dataclass(frozen=True, slots=True)
class Nearby:
    """An open report near a spot."""

    report_id: int
    key: str
    number: str
    kind: str
    stage: str
    lon: float
    lat: float
    reported_at: datetime
    me_too: int
    distance_m: float = 0.0


def rank(candidates: Iterable[Nearby], *, lon: float, lat: float, radius_m: float) -> list[Nearby]:
    """Those within ``radius_m``: the nearest first, in steps of ten metres (a phone knows no better), then the newest.

    Parameters
    ----------
    candidates : open reports of one kind out of a box that holds the circle
    """
    near = [_at_distance(c, distance_m((c.lon, c.lat), (lon, lat))) for c in candidates]
    inside = [c for c in near if c.distance_m <= radius_m]
    return sorted(inside, key=lambda c: (int(c.distance_m // 10), -c.reported_at.timestamp(), c.report_id))


def _at_distance(c: Nearby, metres: float) -> Nearby:
    # dataclasses.replace takes six times as long, and a busy corner has hundreds of candidates.
    return Nearby(c.report_id, c.key, c.number, c.kind, c.stage, c.lon, c.lat, c.reported_at, c.me_too, metres)
