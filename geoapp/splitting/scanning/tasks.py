"""Working tasks off on this machine: in this process, or in processes of their own that may die without harm.

A `ProcessPoolExecutor` ends all its processes when one dies, and leaves them behind when its own process is killed.
Here each worker has its own pipe: when one dies only its task is done again, and when this process dies the workers
read the end of the pipe and go.
"""

from __future__ import annotations

import contextlib
import importlib
import signal
import sys
import time
from collections.abc import Generator, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

from geoapp.errors import Unavailable
from geoapp.splitting.scanning.division import Outcome, Task, divide_community, failed

#: A task that ends its process this often is given up.
DEATHS = 2
#: Workers that end before they are ready, one after the other, until the scan gives up.
STILLBORN = 3
READY = "ready"
#: A task with no more edges than this may wait in the pipe of a busy worker: the answer before it fits beside it.
SMALL = 2000
#: What workers import before their first task.
WARM = "geoapp.splitting.scanning.warm"
#: On Linux workers are forked from a process that has loaded the solver once for all of them; elsewhere libraries that
#: were loaded before a fork may not bear it, or there is none.
METHOD = "forkserver" if sys.platform == "linux" else "spawn"
#: Closing it ends the workers.
Outcomes = Generator[Outcome, None, None]


class WorkersUnavailable(Unavailable):
    """Workers cannot be started, or the scheduler cannot be reached."""


def work(task: Task) -> Outcome:
    """Work one task off, here."""
    return divide_community(task, clock=time.monotonic)


def in_one_process(tasks: Iterator[Task]) -> Outcomes:
    """Outcomes of tasks, one after the other, in this process."""
    for task in tasks:
        yield work(task)


def expect_processes() -> None:
    """Begin to load what workers need, beside this process, which need not know yet whether it will start any."""
    if METHOD == "forkserver":
        from multiprocessing import forkserver

        forkserver.set_forkserver_preload(["__main__", WARM])
        forkserver.ensure_running()


@contextlib.contextmanager
def processes(count: int) -> Iterator[list[Lane]]:
    """Worker processes, which load what they need from now on; ended on the way out."""
    lanes = [Lane() for _ in range(count)]
    try:
        yield lanes
    finally:
        for lane in lanes:
            lane.end()


def in_processes(tasks: Iterator[Task], *, lanes: list[Lane]) -> Outcomes:
    """Outcomes of tasks as they are done, by processes with one task each at a time.

    Raises
    ------
    WorkersUnavailable : processes end before they can work at all
    """
    deaths: dict[str, int] = {}
    again: list[Task] = []
    following = _Following(tasks)
    stillborn = 0
    while True:
        for lane in lanes:
            if lane.idle and (again or following.any()):
                lane.give(again.pop() if again else following.take())
        for lane in lanes:
            if lane.may_wait and not again and following.any() and following.small:
                lane.give(following.take())
        busy = [lane for lane in lanes if lane.task is not None or (not lane.ready and (again or following.any()))]
        if not busy:
            return
        following.any()  # prepared while the workers work
        for lane in _answering(busy):
            was_ready, task = lane.ready, lane.task
            outcome = lane.receive()
            if outcome is not None:
                if following.next is not None and (lane.idle or (lane.may_wait and following.small)):
                    lane.give(following.take())  # before the outcome is written down
                yield outcome
            elif task is not None and not lane.alive:
                again += lane.tasks[1:]  # waited only
                deaths[task.key] = deaths.get(task.key, 0) + 1
                if deaths[task.key] < DEATHS:
                    again.append(task)
                else:
                    yield failed(task, f"计算它的进程意外结束了 {DEATHS} 次（多半是内存不足），已跳过：请单独测算。")
            stillborn = 0 if lane.ready or was_ready else stillborn + 1
            if stillborn >= STILLBORN:
                raise WorkersUnavailable("计算进程一启动就结束了：请检查内存，或用 --workers 1 在一个进程里运行。")
            if not lane.alive:
                lane.restart()


class _Following:
    """An iterator that can be asked whether there is more; preparing the next task is what takes time."""

    def __init__(self, tasks: Iterator[Task]) -> None:
        self.tasks = tasks
        self.next: Task | None = None

    def any(self) -> bool:
        if self.next is None:
            self.next = next(self.tasks, None)
        return self.next is not None

    @property
    def small(self) -> bool:
        """The next task may wait in a pipe."""
        return self.next is not None and len(self.next.edges) <= SMALL

    def take(self) -> Task:
        assert self.next is not None
        task, self.next = self.next, None
        return task


class Lane:
    """One worker process and its pipe; ``tasks`` are the one that it works on and at most one that waits."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin with a new process."""
        context: Any = get_context(METHOD)
        self.pipe, far = context.Pipe()
        self.process: Any = context.Process(target=serve, args=(far,), daemon=True)
        self.process.start()
        far.close()
        self.ready, self.alive = False, True
        self.tasks: list[Task] = []

    @property
    def idle(self) -> bool:
        """It waits for a task."""
        return self.ready and self.alive and not self.tasks

    @property
    def task(self) -> Task | None:
        """What it works on."""
        return self.tasks[0] if self.tasks else None

    @property
    def may_wait(self) -> bool:
        """One more task may wait behind the one that it works on, so that it need not wait for this process."""
        return self.ready and self.alive and len(self.tasks) == 1 and len(self.tasks[0].edges) <= SMALL

    def give(self, task: Task) -> None:
        """Send a task; a worker that has died meanwhile is found out when its answer is awaited."""
        self.tasks.append(task)
        with contextlib.suppress(OSError):
            self.pipe.send(task)

    def receive(self) -> Outcome | None:
        """What the worker says: an outcome, or None when it became ready or died."""
        try:
            said = self.pipe.recv()
        except (EOFError, OSError):
            self.alive = False
            self.end()
            return None
        if said == READY:
            self.ready = True
            return None
        self.tasks.pop(0)
        outcome: Outcome = said
        return outcome

    def end(self) -> None:
        """End the process, whatever it does."""
        self.pipe.close()
        self.process.kill()
        self.process.join()


def _answering(lanes: list[Lane]) -> list[Lane]:
    """The lanes that have something to say, or have died; waits for the first."""
    said = wait([lane.pipe for lane in lanes])
    return [lane for lane in lanes if lane.pipe in said]


def serve(pipe: Connection) -> None:
    """What a worker process does: take tasks from the pipe until it ends."""
    # An interrupt goes to all processes of a terminal; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    importlib.import_module(WARM)
    with contextlib.suppress(EOFError, OSError):
        pipe.send(READY)
        while True:
            pipe.send(work(pipe.recv()))
