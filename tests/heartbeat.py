"""A background worker that is there, for tests that ask /ready and start none."""

from __future__ import annotations

import os
import time
from pathlib import Path

from geoapp.worker import HEARTBEAT_FILE


def beat(data: Path) -> None:
    """Leave a sign of a worker that lasts for the whole run."""
    (data / HEARTBEAT_FILE).touch()
    tomorrow = time.time() + 86400
    os.utime(data / HEARTBEAT_FILE, (tomorrow, tomorrow))
