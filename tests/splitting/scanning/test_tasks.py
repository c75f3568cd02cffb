"""The same result in one process, in several, and on a Dask scheduler, also when workers are killed."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from geoapp.splitting.scanning import clients, store
from geoapp.splitting.scanning.actions import Options, Step, scan
from geoapp.splitting.scanning.division import Task, divide_community
from geoapp.splitting.scanning.fields import ScanFields
from geoapp.splitting.scanning.grounds import prepare
from geoapp.splitting.scanning.sizes import limits_of
from geoapp.splitting.scanning.tasks import WorkersUnavailable, in_one_process, in_processes, processes
from geoapp.splitting.store import read_rules
from tests.splitting.scanning.town import untimed, write_city

ROOT = Path(__file__).parents[3]


class Deadly(Task):
    """A task that ends every process that reads it."""

    def __reduce__(self) -> Any:
        return os._exit, (9,)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Six communities of 64 units."""
    return write_city(tmp_path_factory.mktemp("city"), communities=6, side=8)


@pytest.fixture(scope="module")
def whole(city: tuple[Path, Path]) -> list[dict[str, str]]:
    """The rows that one process finds."""
    out = city[0].parent / "whole.csv"
    scan(out, city[0], units=city[1], options=Options(workers=1))
    rows = untimed(out)
    assert {row["status"] for row in rows} == {"optimal"}
    return rows


@pytest.fixture(scope="module")
def tasks(city: tuple[Path, Path]) -> list[Task]:
    """The tasks of the city."""
    communities, _, _ = store.read_communities(city[0], ScanFields())
    table, _, _ = store.read_unit_table(city[1], communities, ScanFields())
    limits = limits_of(read_rules())
    found = [prepare(one, at, table, limits=limits).task for at, one in enumerate(communities)]
    return [task for task in found if task is not None]


def test_two_processes_find_the_same_when_one_is_killed(
    city: tuple[Path, Path], whole: list[dict[str, str]], tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill_one(step: Step) -> None:
        workers = multiprocessing.active_children()
        if not killed and step.done <= 3 and workers:
            killed.append(workers[0].pid or 0)
            workers[0].kill()

    out = tmp_path / "scan.csv"
    scan(out, city[0], units=city[1], options=Options(workers=2), progress=kill_one)
    assert len(killed) == 1
    assert untimed(out) == whole
    assert not multiprocessing.active_children()


def test_a_task_that_kills_every_worker_is_given_up_and_the_others_are_not(tasks: list[Task]) -> None:
    deadly = Deadly(**vars(replace(tasks[0], key="bad")))
    with processes(2) as lanes:
        found = {outcome.key: outcome for outcome in in_processes(iter([deadly, *tasks[:2]]), lanes=lanes)}
    assert found["bad"].status == "failed" and "2 次" in found["bad"].reason
    assert {found[task.key].status for task in tasks[:2]} == {"optimal"}


def test_an_error_of_the_solver_becomes_the_reason(tasks: list[Task], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise FloatingPointError("no such number")

    monkeypatch.setattr("geoapp.splitting.scanning.division._solved", broken)
    (outcome,) = in_one_process(iter(tasks[:1]))
    assert (outcome.status, outcome.key) == ("failed", tasks[0].key)
    assert "no such number" in outcome.reason


def test_equal_tasks_have_equal_fingerprints_and_others_do_not(tasks: list[Task]) -> None:
    task = tasks[0]
    cost = task.cost.copy()
    cost[3] += 1
    assert replace(task, cost=task.cost.copy()).fingerprint == task.fingerprint
    others = [
        replace(task, cost=cost), replace(task, seed=1), replace(task, ranges=((1, 2), (1, 2))),
        replace(task, together=((0, 1),)), replace(task, key="other"),
    ]  # fmt: skip
    assert len({task.fingerprint, *(other.fingerprint for other in others)}) == 6


def test_without_time_the_plan_is_not_called_proved(tasks: list[Task]) -> None:
    """A clock that has run out after the first look: whatever comes back says no more than it knows."""
    ticks: Iterator[float] = iter([0.0] + [1e6 * n for n in range(1, 10_000)])
    outcome = divide_community(tasks[0], clock=lambda: next(ticks))
    assert outcome.status in {"feasible", "bound"}
    assert outcome.objective is None or (outcome.bound or 0) <= outcome.objective


def test_a_killed_scan_leaves_no_workers_and_goes_on(tmp_path: Path) -> None:
    """kill -9 once two results are on the disk: the workers go, and the next run does the others only."""
    communities, units = write_city(tmp_path, communities=12, side=12)
    out, work = tmp_path / "scan.csv", tmp_path / "scan.csv.work"
    given = ["--communities", communities, "--units", units, "--workers", 2, "--out", out]
    running = subprocess.Popen(
        [sys.executable, "-m", "geoapp", "scan", *map(str, given)], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while running.poll() is None and time.monotonic() < deadline:
        if work.exists() and work.read_bytes().count(b"\n") >= 2:
            break
        time.sleep(0.005)
    children = psutil.Process(running.pid).children(recursive=True)
    running.kill()
    running.wait()
    assert not out.exists(), "it ended before it could be killed; give it more communities"
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive
    left = work.read_bytes().count(b"\n")
    steps: list[Step] = []
    scan(out, communities, units=units, options=Options(workers=1), progress=steps.append)
    assert len(steps) == 12 - left < 12
    scan(tmp_path / "whole.csv", communities, units=units, options=Options(workers=1))
    assert untimed(out) == untimed(tmp_path / "whole.csv")


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, list[int]]]:
    """A Dask scheduler with two worker processes of this machine: its address and the workers' process ids."""
    quiet: dict[str, Any] = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    here = tmp_path / "scheduler.json"
    boss = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(here)]
    hand = ["worker", "--scheduler-file", str(here), "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny"]
    started = [subprocess.Popen([sys.executable, "-m", "dask", *boss], **quiet)]
    try:
        deadline = time.monotonic() + 60
        while not here.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        started += [subprocess.Popen([sys.executable, "-m", "dask", *hand, "--no-dashboard"], **quiet) for _ in "ab"]
        yield json.loads(here.read_text())["address"], [process.pid for process in started[1:]]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


@pytest.mark.long
def test_a_dask_scheduler_finds_the_same_when_a_worker_is_lost(
    city: tuple[Path, Path], whole: list[dict[str, str]], tmp_path: Path, scheduler: tuple[str, list[int]]
) -> None:
    address, workers = scheduler
    killed: list[int] = []

    def kill_one(step: Step) -> None:
        if not killed:
            killed.append(workers[0])
            psutil.Process(workers[0]).kill()

    out = tmp_path / "scan.csv"
    scan(out, city[0], units=city[1], options=Options(scheduler=address), progress=kill_one)
    assert killed
    assert untimed(out) == whole


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "127.0.0.1", "http//x", "tcp://127.0.0.1:port"])
def test_no_scheduler_at_the_address_is_one_sentence(
    tasks: list[Task], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(clients, "CONNECT_S", 1)
    with pytest.raises(WorkersUnavailable, match="连不上 Dask 调度器 " + re.escape(address)):
        next(clients.on_dask(iter(tasks), address=address))
