"""A process that computes for a worker: spawned, kept warm, ended hard when it must.

A computation in a thread would starve the pages and could not be stopped; a process can. It is spawned, never
forked (a fork copies held locks), and kept warm, because importing the numerical libraries takes seconds.
"""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import os
from multiprocessing.connection import Connection as Pipe
from typing import Any

from geoapp import logs
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.errors import GeoappError

log = logging.getLogger(__name__)

#: How far a process that makes way steps back: beside one that wants a whole core it gets a tenth of it.
NICENESS = 10


class ComputingProcess:
    """One process, there from the first `pipe` until `end`; ``nice`` makes way for whatever else wants to run."""

    def __init__(self, settings: Settings, *, nice: bool = False) -> None:
        self._settings, self._nice = settings, nice
        self._process: Any = None
        self._pipe: Pipe | None = None

    def pipe(self) -> Pipe:
        """Where (target, arguments) go in, and progress and one outcome each come out."""
        if self._pipe is None or not self._process.is_alive():
            context = multiprocessing.get_context("spawn")
            self._pipe, other = context.Pipe()
            # daemon: ends with the server, also when the server is ended hard by Ctrl-C twice.
            arguments = (other, self._settings, self._nice)
            self._process = context.Process(target=_compute, args=arguments, daemon=True)
            self._process.start()
            other.close()
        return self._pipe

    def end(self) -> None:
        """End it, whatever it is doing."""
        if self._process is not None:
            self._process.terminate()
            self._process.join(timeout=5)
            if self._process.is_alive():
                self._process.kill()
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None


def _compute(pipe: Pipe, settings: Settings, nice: bool) -> None:
    """The computing process: takes (target, arguments), answers with progress and one outcome each."""
    """The computing process: takes (target, arguments), answers with progress and one outcome each."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to handle
    if nice and hasattr(os, "nice"):  # Windows has none; there it computes like the others
        os.nice(NICENESS)
    logs.install(settings)
    database = Database(settings)
    while True:
        try:
            target, args = pipe.recv()
        except (EOFError, OSError):
            return
        module, function = target.split(":")
        try:
            run = getattr(importlib.import_module(module), function)
            pipe.send(("done", run(database, lambda share, words: pipe.send(("progress", share, words)), **args)))
        except GeoappError as error:
            pipe.send(("failed", str(error)))
        except Exception:
            log.exception("task %s", target)
            pipe.send(("failed", "计算时程序出错，已记入日志；请把任务编号告诉管理员。"))
