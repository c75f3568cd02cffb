"""The round that lets personal data go: once an hour."""

from __future__ import annotations

from typing import Any

from geoapp.accounts.keeping.actions import keep_terms
from geoapp.db import Database
from geoapp.jobs import ROUND, Reporter, Task, register

KEEP = register(Task("privacy.keep", "geoapp.accounts.keeping.tasks:keep", lane=ROUND, every_s=3600))


def keep(database: Database, report: Reporter) -> dict[str, Any]:
    """Apply the keeping time of every declared field."""
    return keep_terms(database)
