"""Pages of no part: health, jobs, static files of the client."""

from __future__ import annotations

from typing import Any, cast

from apiflask import APIBlueprint, APIFlask
from flask import jsonify

from geoapp.web import assets, current, openapi, readiness
from geoapp.web.describing import JSON, describe
from geoapp.web.rights import ANYBODY, needs

blueprint = APIBlueprint("web", __name__, template_folder="templates", enable_openapi=False)


@blueprint.get("/health")
@needs(ANYBODY)
@describe(answers={200: JSON})
def health() -> Any:
    """The process answers; nothing else is looked at, so that a database that is away does not end the process."""
    return jsonify(status="ok")


@blueprint.get("/ready")
@needs(ANYBODY)
@describe(answers={200: JSON, 503: JSON})
def ready() -> Any:
    """Database, its tables, the disk and the background worker are as they should be; 503 when one is not."""
    found = readiness.look(current.settings(), current.database())
    good = all(state == readiness.OK for state in found.values())
    return jsonify(status="ready" if good else "not ready", checks=found), 200 if good else 503


@blueprint.get("/static/<path:name>")
@needs(ANYBODY)
@describe(answers={200: "*/*", 206: "*/*", 304: ()}, errors=(416,))
def static(name: str) -> Any:
    """A built file of the client."""
    return assets.send(name)


@blueprint.get("/openapi.json")
@needs(ANYBODY)
@describe(answers={200: JSON})
def specification() -> Any:
    """The OpenAPI document of all routes."""
    from flask import current_app

    return jsonify(openapi.document(cast(APIFlask, current_app)))


@blueprint.get("/api/jobs/<key>")
@needs("jobs.read")
def job(key: str) -> Any:
    """How a background job stands."""
    found = current.jobs().get(key)
    return jsonify(
        id=found.id,
        title=found.title,
        state=found.state,
        progress=found.progress,
        message=found.message,
        result=found.result,
    )


@blueprint.post("/api/jobs/<key>/cancel")
@needs("jobs.cancel")
@describe(errors=(409,))
def cancel_job(key: str) -> Any:
    """Ask a job to end."""
    current.jobs().cancel(key)
    return jsonify(state=current.jobs().get(key).state)
