"""Publishing in the background: a changed layer or border queues it in the transaction that changes it."""

from __future__ import annotations

from typing import Any

from geoapp import events, jobs
from geoapp.db import Database
from geoapp.jobs import Reporter
from geoapp.maps import actions

PUBLISH = jobs.register(jobs.Task(name="maps.publish", target="geoapp.maps.tasks:publish"))


def publish(database: Database, report: Reporter) -> dict[str, Any]:
    """Publish what is stale."""
    done = actions.publish_stale(database, report)
    return {"subjects": list(done.subjects), "written_bytes": done.written_bytes}


def on_layer_changed(sender: Any, *, connection: Any, **_: Any) -> None:
    """Files and point keys are made anew; until then the map draws the features themselves."""
    jobs.add_within(connection, PUBLISH.name, {}, title="发布图层")


def on_places_changed(sender: Any, *, connection: Any, **_: Any) -> None:
    """Borders are published anew."""
    jobs.add_within(connection, PUBLISH.name, {}, title="发布界线")


events.layer_changed.connect(on_layer_changed)
events.places_changed.connect(on_places_changed)
