"""The corpus of pictures, looked at and developed once for all tests."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from geoapp.errors import GeoappError
from geoapp.reports.photos.darkroom import Darkroom
from geoapp.reports.photos.looking import Look, look

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
BEIJING = ZoneInfo("Asia/Shanghai")


def _corpus() -> Any:
    # Test modules are imported by path; this one is shared by several of them.
    name = "geoapp_tests_photo_corpus"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("corpus.py"))
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@dataclass
class Outcome:
    """What became of one sample."""

    sample: Any
    seen: Look | None = None
    error: GeoappError | None = None
    failure: GeoappError | None = None
    sizes: dict[int, bytes] = field(default_factory=dict)
    look_s: float = 0.0
    develop_s: float = 0.0
    cpu_s: float = 0.0
    peak_bytes: int = 0

    @property
    def fate(self) -> str:
        return "refused" if self.error else "failed" if self.failure else "drawn"


@pytest.fixture(scope="session")
def corpus() -> Any:
    """The module that makes the samples."""
    return _corpus()


@pytest.fixture(scope="session")
def darkroom() -> Iterator[Darkroom]:
    """A warm process; more patient than the real one, for the machine may be busy with other tests."""
    room = Darkroom(wall_s=30, cpu_s=1)
    yield room
    room.close()


@pytest.fixture(scope="session")
def outcomes(corpus: Any, darkroom: Darkroom) -> dict[str, Outcome]:
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
    began = time.perf_counter()
    try:
        made = room.develop(sample.data)
        outcome.sizes, outcome.cpu_s, outcome.peak_bytes = made.sizes, made.cpu_s, made.peak_bytes
    except GeoappError as failure:
        outcome.failure = failure
    outcome.develop_s = time.perf_counter() - began
    return outcome
