"""The worker computes in a process of its own: results, failures, cancelling and death."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from geoapp import jobs
from geoapp.config import Settings
from geoapp.db import Database, DatabaseGone
from geoapp.errors import Invalid, Unavailable
from geoapp.jobs import BRIEF, CANCELLED, DONE, FAILED, LETTERS, QUIET, RUNNING, Job, JobQueue, Task
from geoapp.worker import Worker

pytestmark = pytest.mark.engines

HERE = "tests.test_worker"
WORKERS: list[Worker] = []


def add(database: Database, report: Callable[[float, str], None], *, numbers: list[int]) -> dict[str, Any]:
    report(0.5, "加到一半")
    return {"sum": sum(numbers), "pid": os.getpid()}


def refuse(database: Database, report: Callable[[float, str], None]) -> None:
    raise Invalid("户数字段不存在；请换一个字段。")


def crash(database: Database, report: Callable[[float, str], None]) -> None:
    raise ZeroDivisionError("secret detail")


def sleep(database: Database, report: Callable[[float, str], None]) -> None:
    time.sleep(60)


def ponder(database: Database, report: Callable[[float, str], None]) -> int:
    time.sleep(0.8)
    return 42


def die(database: Database, report: Callable[[float, str], None]) -> None:
    os._exit(9)


def look(database: Database, report: Callable[[float, str], None], *, number: int) -> dict[str, Any]:
    return {"number": number, "pid": os.getpid()}


def answer_late(database: Database, report: Callable[[float, str], None]) -> str:
    LATE.append(1)
    if len(LATE) < 3:
        raise Unavailable("存储暂时不能读写；请稍后再试。")
    return "at last"


LATE: list[int] = []


@pytest.fixture
def queue(settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobQueue]:
    tasks = {
        name: Task(name, f"{HERE}:{name}", timeout_s=30)
        for name in ("add", "refuse", "crash", "sleep", "ponder", "die")
    }
    tasks |= {lane: Task(lane, f"{HERE}:sleep", lane=lane) for lane in (QUIET, LETTERS)}
    tasks["look"] = Task("look", f"{HERE}:look", lane=BRIEF)
    tasks["answer_late"] = Task("answer_late", f"{HERE}:answer_late", lane=BRIEF, attempts=3)
    monkeypatch.setattr(jobs, "_TASKS", tasks)
    worker = Worker(settings, database)
    worker.start()
    WORKERS.append(worker)
    yield JobQueue(database)
    worker.stop()


def wait(queue: JobQueue, key: str, *states: str) -> Job:
    for _ in range(300):
        job = queue.get(key)
        if job.state in states:
            return job
        time.sleep(0.1)
    raise AssertionError(f"still {job.state}: {job.message}")


def test_jobs_are_computed_one_after_the_other_in_one_warm_process(queue: JobQueue) -> None:
    first = queue.add("add", {"numbers": [1, 2]}, title="加")
    second = queue.add("add", {"numbers": [3, 4]}, title="加")
    results = [wait(queue, key, DONE).result for key in (first, second)]
    assert [each["sum"] for each in results] == [3, 7]
    assert results[0]["pid"] == results[1]["pid"] != os.getpid()


@pytest.mark.engines("sqlite")
def test_an_expected_error_is_told_in_its_own_words_and_a_fault_is_not(queue: JobQueue) -> None:
    expected = queue.add("refuse", {}, title="拒绝")
    fault = queue.add("crash", {}, title="出错")
    assert wait(queue, expected, FAILED).message == "户数字段不存在；请换一个字段。"
    assert "secret" not in wait(queue, fault, FAILED).message


def test_a_worker_that_ends_in_order_gives_its_job_back_uncounted(
    queue: JobQueue,
) -> None:
    """Another one begins it at once, without waiting for the lease of 30 s, and it is again the first try."""
    key = queue.add("sleep", {}, title="睡")
    wait(queue, key, RUNNING)
    WORKERS[-1].stop()
    given_back = queue.get(key)
    assert (given_back.state, given_back.attempts) == ("queued", 0)
    claimed = queue.claim()
    assert claimed is not None and (claimed.id, claimed.attempts) == (key, 1)


@pytest.mark.engines("sqlite")
def test_cancelling_ends_a_computation_that_never_looks_up(queue: JobQueue) -> None:
    key = queue.add("sleep", {}, title="睡")
    wait(queue, key, RUNNING)
    queue.cancel(key)
    assert wait(queue, key, CANCELLED).message == "已取消"
    after = queue.add("add", {"numbers": [1]}, title="加")
    assert wait(queue, after, DONE).result["sum"] == 1


@pytest.mark.engines("sqlite")
def test_a_job_that_kills_its_process_is_tried_twice_and_then_given_up(queue: JobQueue) -> None:
    key = queue.add("die", {}, title="死")
    assert "多次异常退出" in wait(queue, key, FAILED).message


@pytest.mark.engines("sqlite")
def test_what_somebody_asks_for_stands_behind_no_night_work_and_no_letters(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that sleep for a minute were there first; the third is computed meanwhile, in another process."""
    monkeypatch.setattr("geoapp.worker.ROUNDS_S", 0.1)
    slow = [queue.add(lane, {}, title="睡") for lane in (QUIET, LETTERS)]
    for key in slow:
        wait(queue, key, RUNNING)
    assert wait(queue, queue.add("add", {"numbers": [1, 2]}, title="加"), DONE).result["sum"] == 3
    assert [queue.get(key).state for key in slow] == [RUNNING, RUNNING]


def test_how_often_is_said_of_rounds_and_of_nothing_else() -> None:
    for wrong in ({"every_s": 60.0}, {"lane": "round"}):
        with pytest.raises(ValueError, match="how often"):
            Task("x", "nowhere:x", **wrong)  # type: ignore[arg-type]


def test_brief_work_is_done_beside_a_long_computation(queue: JobQueue) -> None:
    long = queue.add("sleep", {}, title="算一小时")
    wait(queue, long, RUNNING)
    assert wait(queue, queue.add("look", {"number": 7}, title="看一眼"), DONE).result == {
        "number": 7,
        "pid": os.getpid(),
    }
    assert queue.get(long).state == RUNNING
    queue.cancel(long)


def test_brief_work_is_tried_again_when_something_it_needs_is_away(queue: JobQueue) -> None:
    LATE.clear()
    done = wait(queue, queue.add("answer_late", {}, title="再试"), DONE, FAILED)
    assert (done.state, done.result, done.attempts) == (DONE, "at last", 3)


@pytest.mark.engines("sqlite")
def test_a_database_that_is_gone_for_a_moment_costs_no_computation(
    queue: JobQueue, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two signs of life and two outcomes are refused while it computes; the result comes all the same, at one try."""
    refused: list[str] = []
    monkeypatch.setattr("geoapp.worker.HEARTBEAT_S", 0.1)
    for name in ("beat", "end"):
        real = getattr(JobQueue, name)

        def flaky(self: JobQueue, *args: Any, _name: str = name, _real: Any = real, **said: Any) -> Any:
            if refused.count(_name) < 2:
                refused.append(_name)
                raise DatabaseGone("down")
            return _real(self, *args, **said)

        monkeypatch.setattr(JobQueue, name, flaky)
    key = queue.add("ponder", {}, title="想")
    done = wait(queue, key, DONE)
    assert (done.result, done.attempts, sorted(refused)) == (42, 1, ["beat", "beat", "end", "end"])
