"""The clock's rounds: once a minute what is due, once an hour what has served its term."""

from __future__ import annotations

from typing import Any

from geoapp.db import Database
from geoapp.jobs import Reporter, Task, register
from geoapp.reports.contacts.actions import forget_expired
from geoapp.reports.rising.actions import escalate_due

TICK = register(Task("reports.tick", "geoapp.reports.rising.tasks:tick", every_s=60))
FORGET = register(Task("reports.forget", "geoapp.reports.rising.tasks:forget", every_s=3600))


def tick(database: Database, report: Reporter) -> dict[str, Any]:
    """Remind, raise, resume."""
    done = escalate_due(database)
    return {"reminded": done.reminded, "raised": done.raised, "resumed": done.resumed}


def forget(database: Database, report: Reporter) -> dict[str, Any]:
    """Let contact data go 30 days after a case was closed."""
    return {"forgotten": forget_expired(database)}
