"""Pages of no part: health, jobs, static files of the client."""

from __future__ import annotations

from typing import Any, cast

from apiflask import APIBlueprint, APIFlask
from flask import jsonify

from geoapp.web import assets, current, openapi
from geoapp.web.describing import JSON, describe
from geoapp.web.rights import ANYBODY, needs

blueprint = APIBlueprint("web", __name__, template_folder="templates", enable_openapi=False)


@blueprint.get("/healthz")
@needs(ANYBODY)
@describe(answers={200: JSON})
def health() -> Any:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@needs(ANYBODY)
@describe(answers={200: JSON})
def ready() -> Any:
    """The process answers and its database has the tables that this code expects."""
    from geoapp import schema

    schema.require_current(current.database())
    return jsonify(status="ready")


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
