"""What was acknowledged is there after the process that took it in was killed at any moment, and the audit holds."""

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

from geoapp.accounts.trail.actions import verify
from geoapp.objects import ObjectStore
from geoapp.reports import store as cases
from geoapp.reports.photos import store
from geoapp.reports.photos.tables import photos
from tests.engines import environment
from tests.reports.world import Town

pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX systems"),
]

#: Takes reports in by two hands at once, of words alone and with a photograph, each another one, and acknowledges each
#: by the hash of what was sent.
SENDER = """
import hashlib, sys, threading
from geoapp.accounts.people import VISITOR
from geoapp.config import read_settings
from geoapp.db import Database
from geoapp.objects import open_objects
from geoapp.reports.people import Sender
from geoapp.reports.photos import actions, tasks
from geoapp.reports.sending.actions import submit
from geoapp.reports.sending.matter import Sending
from tests.worlds import PHOTO
settings = read_settings()
database, objects = Database(settings), open_objects(settings)
def acknowledge(*words):
    sys.stdout.write(" ".join(map(str, words)) + "\\n")
    sys.stdout.flush()
def words():
    number = 0
    while True:
        number += 1
        text = f"round {sys.argv[1]} number {number}"
        receipt = submit(database, VISITOR, Sending(words=text, address="y"), sender=Sender())
        acknowledge("words", receipt.report_id, hashlib.sha256(text.encode()).hexdigest())
def pictures():
    number = 0
    while True:
        number += 1
        data = PHOTO + sys.argv[1].encode() + number.to_bytes(4, "big") * 50_000
        ready = actions.prepare(database, objects, data)
        receipt = submit(database, VISITOR, Sending(words="x", address="y", photos=1), sender=Sender(),
                         along=actions.attaching([ready], by="sender"))
        acknowledge("photo", receipt.report_id, hashlib.sha256(data).hexdigest())
threading.Thread(target=words, daemon=True).start()
pictures()
"""


def killed_after(town: Town, number: int, delay_s: float) -> list[list[str]]:
    """What a sender acknowledged that was killed so long after its first word."""
    given = environment(town.database.settings)
    path = os.pathsep.join(filter(None, sys.path))
    environ = {**os.environ, **given, "GEOAPP_RATE_LIMITS": "0", "PYTHONPATH": path}
    command = [sys.executable, "-c", SENDER, str(number)]
    sender = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
    assert sender.stdout is not None
    lines = [sender.stdout.readline()]
    reader = threading.Thread(target=lambda out, into: into.extend(out), args=(sender.stdout, lines))
    reader.start()
    time.sleep(delay_s)
    sender.kill()
    reader.join()
    sender.wait()
    sender.stdout.close()
    return [line.split() for line in lines if line[-1:] == "\n"]


@pytest.mark.parametrize("rounds", [1, pytest.param(30, marks=pytest.mark.long)])
def test_every_acknowledged_report_is_there_after_its_server_was_killed(
    town: Town, objects: ObjectStore, rng: np.random.Generator, rounds: int
) -> None:
    acknowledged: list[list[str]] = []
    for number, delay_s in enumerate(rng.uniform(0.0, 0.6, size=rounds)):
        acknowledged += killed_after(town, number, delay_s)
        assert verify(town.database)[1] is None
    assert len(acknowledged) >= rounds
    with town.database.reading() as connection:
        for kind, report_id, sha256 in acknowledged:
            if kind == "photo":
                (photo,) = store.photos_of(connection, int(report_id))
                assert photo.sha256 == sha256 and photo.original is not None
                assert hashlib.sha256(objects.get(photo.original)).hexdigest() == sha256
            else:
                (text,) = cases.texts(connection, [int(report_id)])
                assert text.text is not None and hashlib.sha256(text.text.encode()).hexdigest() == sha256
        # What was stored and not acknowledged any more has its original too.
        for original in connection.execute(sa.select(photos.c.original)).scalars():
            assert objects.has(original)
        if town.database.is_sqlite:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    # One audit entry for each report, of those that were not acknowledged too.
    with town.database.reading() as connection:
        stored = connection.exec_driver_sql("SELECT count(*) FROM report").scalar()
        told = connection.exec_driver_sql("SELECT count(*) FROM audit_entry WHERE action = 'reports.send'").scalar()
    assert stored == told and stored >= len(acknowledged)
