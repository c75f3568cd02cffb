"""The job queue: claimed once, lost work comes back, a cancelled job stops."""

from datetime import timedelta

import pytest

from geoapp import jobs
from geoapp.db import Database, utcnow
from geoapp.errors import NotFound
from geoapp.jobs import CANCELLED, DONE, JobQueue, Task

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
