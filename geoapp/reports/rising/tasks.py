"""The clock's rounds: once a minute what is due."""

from __future__ import annotations

from typing import Any

from geoapp.db import Database
from geoapp.jobs import ROUND, Reporter, Task, register
from geoapp.reports.rising.actions import escalate_due

TICK = register(Task("reports.tick", "geoapp.reports.rising.tasks:tick", lane=ROUND, every_s=60))


def tick(database: Database, report: Reporter) -> dict[str, Any]:
    """Remind, raise, resume."""
    done = escalate_due(database)
    return {"reminded": done.reminded, "raised": done.raised, "resumed": done.resumed}
