"""What was acknowledged is there after the process that took it in was killed at any moment."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import sqlalchemy as sa

from geoapp.objects import ObjectStore
from geoapp.reports.photos import store
from geoapp.reports.photos.tables import photos
from tests.reports.world import Town

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX systems")

#: Takes reports with a photograph in, each another one, and acknowledges each by key and hash of what was sent.
SENDER = """
import hashlib, sys
from pathlib import Path
from geoapp.accounts.people import VISITOR
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.objects import open_objects
from geoapp.reports.people import Sender
from geoapp.reports.photos import actions, tasks
from geoapp.reports.sending.actions import submit
from geoapp.reports.sending.matter import Sending
from tests.worlds import PHOTO
settings = Settings(data=Path(sys.argv[1]), rate_limits=0)
database, objects = Database(settings), open_objects(settings)
number = 0
while True:
    number += 1
    data = PHOTO + sys.argv[2].encode() + number.to_bytes(4, "big") * 50_000
    ready = actions.prepare(database, objects, data)
    receipt = submit(database, VISITOR, Sending(words="x", address="y", photos=1), sender=Sender(),
                     along=actions.attaching([ready], by="sender"))
    print(receipt.report_id, hashlib.sha256(data).hexdigest(), flush=True)
"""


@pytest.mark.parametrize("rounds", [1, pytest.param(30, marks=pytest.mark.long)])
def test_every_acknowledged_photograph_is_there_after_its_server_was_killed(
    town: Town, objects: ObjectStore, rng: np.random.Generator, rounds: int
) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    acknowledged: list[tuple[int, str]] = []
    for number, delay_s in enumerate(rng.uniform(0.0, 0.6, size=rounds)):
        command = [sys.executable, "-c", SENDER, str(town.database.settings.data), str(number)]
        sender = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert sender.stdout is not None
        lines = [sender.stdout.readline()]
        reader = threading.Thread(target=lambda out, into: into.extend(out), args=(sender.stdout, lines))
        reader.start()
        time.sleep(delay_s)
        sender.kill()
        reader.join()
        sender.wait()
        sender.stdout.close()
        acknowledged += [
            (int(report), sha256) for report, sha256 in (line.split() for line in lines if line[-1:] == "\n")
        ]
    assert len(acknowledged) >= rounds
    with town.database.reading() as connection:
        for report_id, sha256 in acknowledged:
            (photo,) = store.photos_of(connection, report_id)
            assert photo.sha256 == sha256 and photo.original is not None
            assert hashlib.sha256(objects.get(photo.original)).hexdigest() == sha256
        # What was stored and not acknowledged any more has its original too.
        for original in connection.execute(sa.select(photos.c.original)).scalars():
            assert objects.has(original)
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
