"""create_app(): settings, database, parts, error pages; the only file that knows them all."""

from __future__ import annotations

import importlib
import itertools
from datetime import timedelta

from apiflask import APIFlask

from geoapp.accounts import guards
from geoapp.accounts.store import forget_buckets, take_token
from geoapp.config import Settings, read_settings
from geoapp.db import Database, utcnow
from geoapp.files import FileStore, secret_key
from geoapp.jobs import JobQueue
from geoapp.objects import open_objects
from geoapp.places.gazetteer.store import Gazetteer
from geoapp.web import assets, bodies, errors, incoming, language, limits, requests
from geoapp.web.limits import Take
from geoapp.web.rights import require_declarations

#: Parts with pages; each has a blueprint ``blueprint`` in its views.py.
VIEWS = (
    "geoapp.web.views",
    "geoapp.accounts.views",
    "geoapp.accounts.oidc.views",
    "geoapp.accounts.appointments.views",
    "geoapp.accounts.bodies.views",
    "geoapp.accounts.trail.views",
    "geoapp.layers.views",
    "geoapp.places.views",
    "geoapp.reports.photos.views",
    "geoapp.splitting.drafts.views",
    "geoapp.maps.views",
    "geoapp.maps.sheets.views",
    "geoapp.api.open311.views",
    "geoapp.reports.intake.views",
    "geoapp.reports.receipts.views",
    "geoapp.reports.desk.views",
    "geoapp.reports.counter.views",
    "geoapp.reports.orders.views",
    "geoapp.reports.figures.views",
    "geoapp.reports.hotspots.views",
    "geoapp.reports.casework.views",
    "geoapp.reports.moderating.views",
    "geoapp.reports.links.views",
    "geoapp.reports.ledger.views",
    "geoapp.reports.patrols.views",
    "geoapp.reports.notices.views",
)
#: Parts with background work; importing registers it.
TASKS: tuple[str, ...] = (
    "geoapp.accounts.keeping.tasks",
    "geoapp.layers.tasks",
    "geoapp.splitting.drafts.tasks",
    "geoapp.maps.tasks",
    "geoapp.reports.rising.tasks",
    "geoapp.reports.hotspots.tasks",
    "geoapp.reports.notices.tasks",
    "geoapp.reports.photos.tasks",
    "geoapp.reports.orders.sheets.tasks",
)

#: Buckets of rate limits are swept out of the database once in so many.
FORGET_EVERY = 1000


def create_app(settings: Settings | None = None) -> APIFlask:
    """The application; ``app.extensions["geoapp"]`` holds what its pages work with (`geoapp.web.current`)."""
    settings = settings or read_settings()
    app = APIFlask(
        __name__,
        title="geoapp",
        version="1",
        docs_path=None,  # its page loads scripts from elsewhere
        spec_path=None,  # served by geoapp.web.views, so that it declares its permission like any route
        static_folder=None,  # type: ignore[arg-type]
        json_errors=False,
    )
    app.config.update(
        SECRET_KEY=secret_key(settings.data),
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
    )
    database = Database(settings)
    app.extensions["geoapp"] = {
        "settings": settings,
        "database": database,
        "files": FileStore(settings.data / "files"),
        "objects": open_objects(settings),
        "jobs": JobQueue(database),
        "gazetteer": Gazetteer(database),
    }
    requests.install(app)
    incoming.install(app)
    errors.install(app)
    language.install(app)
    limits.install(app, shared=_shared_buckets(database))
    bodies.install(app)
    guards.install(app)
    assets.install(app)
    register_tasks()
    for name in VIEWS:
        app.register_blueprint(importlib.import_module(name).blueprint)
    require_declarations(app)
    guards.require_known_permissions(app)
    return app


def _shared_buckets(database: Database) -> Take | None:
    """Rate limits counted in the database where several processes may serve; a SQLite installation is one process."""
    if database.is_sqlite:
        return None
    taken = itertools.count(1)

    def take(key: str, wanted: limits.Rate) -> float:
        now = utcnow()
        with database.transaction(line=None) as connection:
            # A count that a crash loses is no loss; waiting for the disk at each change would be one.
            connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
            if next(taken) % FORGET_EVERY == 0:
                forget_buckets(connection, now - timedelta(days=2))
            return take_token(connection, f"rate {key}", capacity=wanted.burst, refill_s=wanted.refill_s, now=now)

    return take


def register_tasks() -> None:
    """Make every part's background work known to this process."""
    for name in TASKS:
        importlib.import_module(name)
