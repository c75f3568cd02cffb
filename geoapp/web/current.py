"""What the request at hand works with: settings, database, files, objects, jobs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from flask import current_app, g

from geoapp.config import Settings
from geoapp.db import Database
from geoapp.files import FileStore
from geoapp.jobs import JobQueue
from geoapp.objects import ObjectStore


def settings() -> Settings:
    """Settings of this installation."""
    return cast(Settings, current_app.extensions["geoapp"]["settings"])


def database() -> Database:
    """The installation's database."""
    return cast(Database, current_app.extensions["geoapp"]["database"])


def files() -> FileStore:
    """The installation's files, by content hash."""
    return cast(FileStore, current_app.extensions["geoapp"]["files"])


def objects() -> ObjectStore:
    """The installation's objects, under random names."""
    return cast(ObjectStore, current_app.extensions["geoapp"]["objects"])


def jobs() -> JobQueue:
    """The queue of background work."""
    return cast(JobQueue, current_app.extensions["geoapp"]["jobs"])


def place_names(places: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """Names of places today, by path of codes; accounts stand left of places and ask through here."""
    english = g.get("language") == "en"
    found = current_app.extensions["geoapp"]["gazetteer"].names(places, english=english)
    return cast(dict[tuple[str, ...], str], found)


def places_below(tops: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """Names of the places of today at the given ones and below, down to the grids."""
    return cast(dict[tuple[str, ...], str], current_app.extensions["geoapp"]["gazetteer"].below(tops))


def me() -> dict[str, Any]:
    """Who asks, as `/api/me` tells it."""
    return cast(dict[str, Any], current_app.extensions["geoapp"]["me"]())
