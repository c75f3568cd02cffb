"""The background work of a division."""

from __future__ import annotations

from typing import Any

from geoapp.db import Database
from geoapp.jobs import Reporter, Task, register
from geoapp.splitting.drafts import actions

register(Task(actions.TASK, "geoapp.splitting.drafts.tasks:divide", attempts=2, timeout_s=1800.0))


def divide(database: Database, report: Reporter, *, division_id: str) -> dict[str, Any]:
    """Compute a division that was asked for; safe to run twice."""
    return actions.compute(database, report, division_id)
