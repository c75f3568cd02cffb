"""Hot-spots as the map page asks for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.engine import Connection

from geoapp.accounts.guards import actor, today
from geoapp.db import utcnow
from geoapp.maps.forms import ListQuestion
from geoapp.maps.sources import Drawn, Source
from geoapp.maps.spots import spot
from geoapp.reports.hotspots import store
from geoapp.reports.hotspots.heat import Heat, heat
from geoapp.reports.hotspots.looking import CLUSTERS


def sources(connection: Connection) -> list[Source]:
    """What an official may switch on; nothing for whoever has no office."""
    if not _tops():
        return []
    counts = {spot.HEAT: len(_heat(connection).counts), spot.CLUSTERS: len(_circles(connection))}
    return [spot.source(key, count) for key, count in counts.items() if count]


def drawn(connection: Connection, key: str) -> Drawn:
    """The shapes of one of the two, of the asker's own places."""
    if key == spot.HEAT:
        return spot.heat_drawn(_heat(connection))
    return spot.clusters_drawn(_circles(connection))


def rows(connection: Connection, source: Source, question: ListQuestion) -> tuple[list[dict[str, Any]], int]:
    """A page of the list, and how many there are."""
    found = spot.inside(drawn(connection, source.key), question.bbox, question.words)
    page = found[question.start : question.start + question.limit]
    return [
        {
            "title": _("%(n)s 件", n=name) if source.key == spot.HEAT else name, "subtitle": "", "code": None,
            "note": "", "lon": (box[0] + box[2]) / 2, "lat": (box[1] + box[3]) / 2, "bbox": list(box),
            "place": None, "feature": None,
        }
        for _number, name, box in page
    ], len(found)  # fmt: skip


def _tops() -> tuple[str, ...]:
    return tuple(top[-1] if top else "" for top in actor().places("reports.inside", on=today()))


def _heat(connection: Connection) -> Heat:
    since = utcnow() - timedelta(days=spot.DAYS)
    return heat(store.lonlat_below(connection, _tops(), since), size_m=spot.CELL_M)


def _circles(connection: Connection) -> list[tuple[float, float, float, str]]:
    tops = _tops()
    return [
        (found.lon, found.lat, found.radius_m, _("%(n)s 件（期望 %(e)s）", n=found.observed, e=f"{found.expected:.1f}"))
        for look in store.newest(connection, CLUSTERS)
        for found in look.spots
        if found.lon is not None and found.lat is not None and found.expected is not None
        and any(code.startswith(top) for top in tops for code in (found.place_code, *found.details.get("places", ())))
    ]  # fmt: skip
