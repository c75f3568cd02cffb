"""The corpus of pictures, looked at and developed once for all tests; a store of the test's own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from geoapp.errors import GeoappError
from geoapp.objects import ObjectStore, open_objects
from geoapp.reports.photos import tasks
from geoapp.reports.photos.darkroom import Darkroom
from geoapp.reports.photos.looking import Look, look
from tests.reports.photos import corpus
from tests.reports.world import Town

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
BEIJING = ZoneInfo("Asia/Shanghai")


@dataclass
class Outcome:
    """What became of one sample."""

    sample: corpus.Sample
    seen: Look | None = None
    error: GeoappError | None = None
    failure: GeoappError | None = None
    sizes: dict[int, bytes] = field(default_factory=dict)
    look_s: float = 0.0
    cpu_s: float = 0.0
    peak_bytes: int = 0

    @property
    def fate(self) -> str:
        return "refused" if self.error else "failed" if self.failure else "drawn"


@pytest.fixture(scope="session")
def darkroom() -> Iterator[Darkroom]:
    """A warm process; more patient than the real one, for the machine may be busy with other tests."""
    room = Darkroom(wall_s=30, cpu_s=1)
    yield room
    room.close()


@pytest.fixture(scope="session")
def outcomes(darkroom: Darkroom) -> dict[str, Outcome]:
    """What becomes of every sample."""
    return {sample.name: _outcome(sample, darkroom) for sample in [*corpus.good(), *corpus.hostile()]}


def _outcome(sample: Any, room: Darkroom) -> Outcome:
    outcome, began = Outcome(sample), time.perf_counter()
    try:
        outcome.seen = look(sample.data, zone=BEIJING, now=NOW)
    except GeoappError as error:
        outcome.error = error
        return outcome
    finally:
        outcome.look_s = time.perf_counter() - began
    try:
        made = room.develop(sample.data)
        outcome.sizes, outcome.cpu_s, outcome.peak_bytes = made.sizes, made.cpu_s, made.peak_bytes
    except GeoappError as failure:
        outcome.failure = failure
    return outcome


@pytest.fixture(autouse=True, scope="session")
def patient_tasks() -> Iterator[None]:
    """The tasks' own process, likewise more patient; ended with the tests."""
    tasks._rooms.room = Darkroom(wall_s=30)
    yield
    tasks._rooms.room.close()
    del tasks._rooms.room


@pytest.fixture
def objects(town: Town) -> ObjectStore:
    """The store of the town's installation."""
    return open_objects(town.database.settings)
