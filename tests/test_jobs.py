"""The job queue: claimed once, lost work comes back, a cancelled job stops."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from geoapp import jobs
from geoapp.config import Settings
from geoapp.db import Database, utcnow
from geoapp.errors import NotFound
from geoapp.jobs import CANCELLED, DONE, RUNNING, JobQueue, Task

pytestmark = pytest.mark.engines


@pytest.fixture
def queue(database: Database, monkeypatch: pytest.MonkeyPatch) -> JobQueue:
    monkeypatch.setattr(jobs, "_TASKS", {"count": Task("count", "nowhere:count")})
    return JobQueue(database)


def test_a_job_is_claimed_once_and_ends_with_its_result(queue: JobQueue) -> None:
    key = queue.add("count", {"to": 3}, title="数数")
    job = queue.claim()
    assert job is not None and job.id == key and job.args == {"to": 3} and job.attempts == 1
    assert queue.claim() is None
    assert queue.beat(key, progress=0.5, message="一半")
    queue.end(key, DONE, message="", result={"sum": 6})
    assert queue.get(key).result == {"sum": 6} and queue.get(key).progress == 1.0


def test_a_job_whose_worker_fell_silent_is_claimed_again(queue: JobQueue, database: Database) -> None:
    key = queue.add("count", {}, title="数数")
    queue.claim()
    with database.transaction() as connection:
        connection.execute(jobs.jobs.update().values(leased_until=utcnow() - timedelta(seconds=1)))
    again = queue.claim()
    assert again is not None and again.id == key and again.attempts == 2


def test_a_cancelled_job_is_told_at_its_next_heartbeat(queue: JobQueue) -> None:
    key = queue.add("count", {}, title="数数")
    queue.claim()
    queue.cancel(key)
    assert not queue.beat(key, progress=0.1, message="")


def test_a_waiting_job_is_cancelled_at_once(queue: JobQueue) -> None:
    key = queue.add("count", {}, title="数数")
    queue.cancel(key)
    assert queue.get(key).state == CANCELLED
    assert queue.claim() is None


def test_an_unknown_job_is_not_found(queue: JobQueue) -> None:
    with pytest.raises(NotFound):
        queue.get("nothing")


def at_once(settings: Settings, work: Callable[[JobQueue], list[str]], workers: int = 4) -> list[list[str]]:
    """What several workers with a database of their own, as in other processes, do at the same moment."""
    ready, done = threading.Barrier(workers), []

    def run() -> None:
        database = Database(settings)
        try:
            ready.wait(timeout=20)
            done.append(work(JobQueue(database)))
        finally:
            database.dispose()

    threads = [threading.Thread(target=run) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(done) == workers
    return done


def test_jobs_are_taken_once_by_workers_that_ask_at_the_same_moment(queue: JobQueue, settings: Settings) -> None:
    keys = [queue.add("count", {"to": n}, title="数数") for n in range(40)]

    def take(mine: JobQueue) -> list[str]:
        taken = []
        while (job := mine.claim()) is not None:
            assert job.attempts == 1
            taken.append(job.id)
            mine.end(job.id, DONE, message="", attempt=job.attempts)
        return taken

    taken = at_once(settings, take)
    assert sorted(key for each in taken for key in each) == sorted(keys)
    assert {queue.get(key).state for key in keys} == {DONE}


def test_a_round_is_queued_once_by_processes_that_look_at_the_same_moment(queue: JobQueue, settings: Settings) -> None:
    jobs.register(Task("round", "nowhere:round", lane=jobs.ROUND, every_s=60))
    added = at_once(settings, lambda mine: ["round"] * mine.add_rounds())
    assert sum(map(len, added)) == 1
    assert queue.add_rounds() == 0, "and not again before its time"


def test_a_worker_that_was_silent_too_long_has_lost_its_job(queue: JobQueue, database: Database) -> None:
    """It wakes up beside the one that took the job over: its signs of life, outcome and return count for nothing."""
    key = queue.add("count", {}, title="数数")
    slow = queue.claim()
    with database.transaction() as connection:
        connection.execute(jobs.jobs.update().values(leased_until=utcnow() - timedelta(seconds=1)))
    quick = queue.claim()
    assert slow is not None and quick is not None and quick.id == slow.id == key
    assert not queue.beat(key, progress=0.9, message="old", attempt=slow.attempts)
    queue.end(key, DONE, message="old", result=1, attempt=slow.attempts)
    queue.retry(key, message="old", attempt=slow.attempts)
    queue.release(key, attempt=slow.attempts)
    assert queue.get(key).state == RUNNING and queue.get(key).attempts == quick.attempts
    assert queue.beat(key, progress=0.5, message="new", attempt=quick.attempts)
    queue.end(key, DONE, message="", result=2, attempt=quick.attempts)
    assert queue.get(key).result == 2
