"""The nightly look for hot-spots, and one that somebody asked for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from geoapp import jobs
from geoapp.db import Database, utcnow
from geoapp.jobs import Reporter, Task, register
from geoapp.reports.hotspots import store
from geoapp.reports.hotspots.looking import (
    WINDOW_DAYS,
    look_for_clusters,
    look_for_repeats,
    look_for_trends,
)
from geoapp.reports.rulebook.store import rulebook

LOOK = register(Task("reports.look", "geoapp.reports.hotspots.tasks:look", timeout_s=1800.0, lane=jobs.QUIET))
NIGHTLY = register(Task("reports.nightly_look", "geoapp.reports.hotspots.tasks:nightly", lane=jobs.ROUND, every_s=3600))
#: Looks older than so many days are of no use to anybody.
KEPT_DAYS = 400


def nightly(database: Database, report: Reporter) -> dict[str, Any]:
    """Queue the look at yesterday, once, where there is anything to look at."""
    day = database.today() - timedelta(days=1)
    since, until = store.window(day, WINDOW_DAYS, database.settings.zone)
    with database.transaction() as connection:
        wanted = set(store.areas(connection, since, until)) - store.looked_at(connection, day)
        if wanted:
            jobs.add_within(connection, LOOK.name, {"day": day.isoformat()}, title="查找高发点位")
        return {"forgotten": store.forget_before(connection, day - timedelta(days=KEPT_DAYS))}


def look(database: Database, report: Reporter, day: str) -> dict[str, Any]:
    """Look at every district as of a day with all three methods, and keep what was found."""
    on, zone = date.fromisoformat(day), database.settings.zone
    since, until = store.window(on, WINDOW_DAYS, zone)
    radii = {kind.code: kind.radius_m for kind in rulebook(database.settings).kinds.kinds.values()}
    with database.reading() as connection:
        areas = {a: store.points(connection, a, since, until, zone) for a in store.areas(connection, since, until)}
    found = 0
    for number, (area, points) in enumerate(areas.items()):
        begun, last = number / len(areas), on.toordinal()

        def going_on(share: float, begun: float = begun) -> None:
            report(begun + share / len(areas), "正在查找高发点位")

        looked = (
            look_for_repeats(points, radii, last), look_for_trends(points, last),
            look_for_clusters(points, last, going_on=going_on),
        )  # fmt: skip
        with database.transaction() as connection:
            for each in looked:
                store.keep(connection, area, on, each, at=utcnow())
                found += len(each.spots)
    return {"day": day, "areas": len(areas), "found": found}
