"""What the request at hand works with: settings, database, files, jobs."""

from __future__ import annotations

from typing import cast

from flask import current_app

from geoapp.config import Settings
from geoapp.db import Database
from geoapp.files import FileStore
from geoapp.jobs import JobQueue


def settings() -> Settings:
    """Settings of this installation."""
    return cast(Settings, current_app.extensions["geoapp"]["settings"])


def database() -> Database:
    """The installation's database."""
    return cast(Database, current_app.extensions["geoapp"]["database"])


def files() -> FileStore:
    """The installation's files, by content hash."""
    return cast(FileStore, current_app.extensions["geoapp"]["files"])


def jobs() -> JobQueue:
    """The queue of background work."""
    return cast(JobQueue, current_app.extensions["geoapp"]["jobs"])
