"""Works the job queue off: computations in processes of their own, so that pages never wait for one.

What somebody waits for has a process of its own: a planner who asks for a division stands neither behind a night's work
nor behind letters that a mail server does not take.
"""

from __future__ import annotations

import importlib
import logging
import threading
import time
from typing import Any

from geoapp.computing import ComputingProcess
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.errors import GeoappError, Unavailable
from geoapp.jobs import BRIEF, CANCELLED, DONE, FAILED, LETTERS, LONG, QUIET, ROUND, Job, JobQueue, Task, task

log = logging.getLogger(__name__)

HEARTBEAT_S = 1.0
#: Touched in the data folder while a worker is there (`geoapp.web.readiness` looks at it).
HEARTBEAT_FILE, SHOWN_EVERY_S = "worker.alive", 5.0
IDLE_S = 0.5
#: How often somebody looks which rounds are due; the first time a while after the start.
ROUNDS_S = 5.0


class Worker:
    """Threads that claim jobs, one for each lane; those of long work have a process each that does it."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._queue = JobQueue(database)
        self._stop = threading.Event()
        self._database = database
        self._thread: threading.Thread | None = None
        self._beside: list[threading.Thread] = []
        self._shown = -SHOWN_EVERY_S

    def start(self) -> None:
        """Begin to work in a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="geoapp-worker", daemon=True)
        self._thread.start()
        threads = {BRIEF: self.run_beside, ROUND: self.run_beside, QUIET: self.run, LETTERS: self.run}
        for lane, target in threads.items():
            thread = threading.Thread(target=target, args=(lane,), name=f"geoapp-{lane}", daemon=True)
            self._beside.append(thread)
            thread.start()

    def stop(self) -> None:
        """End the thread and its process; a job under way goes back to the queue at once."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        for thread in self._beside:
            thread.join(timeout=5)

    def run(self, lane: str = LONG) -> None:
        """Compute what a lane asks for until `stop` is called."""
        computing = ComputingProcess(self._settings, nice=lane != LONG)
        while not self._stop.is_set():
            try:
                if lane == LONG:
                    self._show()
                job = self._queue.claim(lane) if self._queue.waiting(lane) else None
                if job is not None:
                    self._work(job, computing)
                    continue
                if lane != LONG:
                    computing.end()  # what it may do next has time; its memory is others' till then
                self._stop.wait(IDLE_S if lane == LONG else ROUNDS_S)
            except Exception:
                log.exception("the worker goes on after a fault")
                self._stop.wait(IDLE_S)
        computing.end()

    def run_beside(self, lane: str) -> None:
        """Do what takes a moment until `stop` is called, in this thread: an hour's computation delays none of it."""
        while not self._stop.wait(ROUNDS_S if lane == ROUND else IDLE_S):
            try:
                if lane == ROUND:
                    self._queue.add_rounds()
                while not self._stop.is_set() and self._queue.waiting(lane):
                    job = self._queue.claim(lane)
                    if job is not None:
                        self._do_beside(job)
            except Exception:
                log.exception("%s work goes on after a fault", lane)

    def _do_beside(self, job: Job) -> None:
        kind = task(job.task)
        module, function = kind.target.split(":")
        if job.attempts > kind.attempts:
            self._end(job, FAILED, message="任务多次中断，已停止；请联系管理员。")
            return
        try:
            run = getattr(importlib.import_module(module), function)
            result = run(self._database, lambda share, words: None, **job.args)
            self._end(job, DONE, message="", result=result)
        except Unavailable as error:
            if job.attempts < kind.attempts:
                self._queue.retry(job.id, message=str(error), attempt=job.attempts)
            else:
                self._end(job, FAILED, message=str(error))
        except Exception as error:
            log.exception("%s work %s", kind.lane, job.task)
            words = str(error) if isinstance(error, GeoappError) else "计算时程序出错，已记入日志。"
            self._end(job, FAILED, message=words)

    def _work(self, job: Job, computing: ComputingProcess) -> None:
        kind = task(job.task)
        if job.attempts > kind.attempts:
            self._end(job, FAILED, message="计算进程多次异常退出，任务已停止；请减小范围后重试，或联系管理员。")
            return
        pipe = computing.pipe()
        pipe.send((kind.target, job.args))
        try:
            state, message, result = self._follow(job, kind, computing)
        except BaseException:
            computing.end()  # else its answer would be taken for that of the next job
            raise
        if state is None:
            if self._stop.is_set():
                computing.end()  # before another worker may begin the same
                self._queue.release(job.id, attempt=job.attempts)
            else:
                self._queue.retry(job.id, message=message, attempt=job.attempts)
            return
        self._end(job, state, message=message, result=result)

    def _end(self, job: Job, state: str, *, message: str, result: Any = None) -> None:
        """Write the outcome; a database that is gone for a while does not cost what an hour has computed."""
        while True:
            try:
                return self._queue.end(job.id, state, message=message, result=result, attempt=job.attempts)
            except Unavailable:
                if self._stop.wait(HEARTBEAT_S):
                    raise

    def _beat(self, job: Job, *, progress: float, message: str) -> bool:
        """Shall the job go on? While the database is gone nobody else can take it, so it does."""
        try:
            return self._queue.beat(job.id, progress=progress, message=message, attempt=job.attempts)
        except Unavailable as error:
            log.warning("no sign of life from job %s: %s", job.id, error)
            return True

    def _follow(self, job: Job, kind: Task, computing: ComputingProcess) -> tuple[str | None, str, Any]:
        """Pass progress on until the outcome is known; state None means that the process died."""
        progress, message, beaten, began = 0.0, "", 0.0, time.monotonic()
        pipe = computing.pipe()
        while not self._stop.is_set():
            try:
                if pipe.poll(0.1):
                    word, *rest = pipe.recv()
                    if word != "progress":
                        return (DONE, "", rest[0]) if word == "done" else (FAILED, rest[0], None)
                    progress, message = rest
            except (EOFError, OSError):
                computing.end()
                return None, "计算进程意外退出，正在重试", None
            now = time.monotonic()
            if now - began > kind.timeout_s:
                computing.end()
                return FAILED, f"计算超过 {kind.timeout_s:.0f} 秒，已停止；请减小范围后重试。", None
            if now - beaten >= HEARTBEAT_S:
                beaten = now
                if kind.lane == LONG:
                    self._show()
                if not self._beat(job, progress=progress, message=message):
                    computing.end()
                    return CANCELLED, "已取消", None
        return None, "", None

    def _show(self) -> None:
        """Show that somebody works here."""
        if time.monotonic() - self._shown >= SHOWN_EVERY_S:
            self._shown = time.monotonic()
            (self._settings.data / HEARTBEAT_FILE).touch()
