"""Is the installation able to do its work? What is looked at, each by name; nothing of the inside is told."""

from __future__ import annotations

import shutil
import time

import sqlalchemy as sa

from geoapp import schema
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.errors import Unavailable
from geoapp.worker import HEARTBEAT_FILE

OK, FAILING = "ok", "failing"
#: A worker says that it is there every few seconds; of one that has been silent as long as this, something is wrong.
SILENT_S = 60.0


def look(settings: Settings, database: Database) -> dict[str, str]:
    """``ok`` or ``failing`` for the database, its tables, the disk and the background worker."""
    reachable = _answers(database)
    found = {
        "database": reachable,
        "tables": reachable and schema.current(database) == schema.head(),
        "disk": shutil.disk_usage(settings.data).free >= settings.disk_floor_mib << 20,
        "worker": _beats(settings),
    }
    return {name: OK if good else FAILING for name, good in found.items()}


def _answers(database: Database) -> bool:
    try:
        with database.reading() as connection:
            connection.execute(sa.text("SELECT 1"))
    except (Unavailable, sa.exc.SQLAlchemyError):
        return False
    return True


def _beats(settings: Settings) -> bool:
    try:
        beaten = (settings.data / HEARTBEAT_FILE).stat().st_mtime
    except OSError:
        return False
    return time.time() - beaten < SILENT_S
