"""``geoapp serve`` and ``geoapp worker``: from settings to a running process, and an orderly end."""

from __future__ import annotations

import atexit
import errno
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click
from filelock import FileLock, Timeout

from geoapp import logs, schema
from geoapp.config import Settings, read_settings
from geoapp.db import Database
from geoapp.errors import Unavailable
from geoapp.production import require_safe
from geoapp.worker import Worker


class PortTaken(Unavailable):
    """Another program listens on the port."""


class SecondProcess(Unavailable):
    """A SQLite installation is served by one process."""


@click.command(short_help="serve the pages 启动服务")
@click.option("--host", help="Address to listen on (else GEOAPP_HOST, else 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (else GEOAPP_PORT, else 8000).")
@click.option("--prepare", is_flag=True, help="First make the database and, in a new one, publish the demo layers.")
def serve(host: str | None, port: int | None, prepare: bool) -> None:
    """Serve the pages with waitress until Ctrl-C.

    \b
    Examples:
      geoapp serve
      geoapp serve --host 0.0.0.0 --port 8080
    """
    settings = read_settings()
    settings = replace(settings, host=host or settings.host, port=port or settings.port)
    _require_free_port(settings)
    # Before anything is made: of two first starts side by side both would make the database and load the demo.
    held = _claimed(settings)
    if prepare:
        _prepare(settings)
    _serve(settings, held)


@click.command(short_help="work off background jobs 后台任务")
def worker() -> None:
    """Work off background jobs until Ctrl-C; set GEOAPP_JOB_WORKERS=0 for the web processes beside it.

    \b
    Example:
      GEOAPP_JOB_WORKERS=0 geoapp serve & geoapp worker
    """
    from geoapp.app import register_tasks

    settings = read_settings()
    logs.install(settings)
    register_tasks()
    database = Database(settings)
    schema.require_current(database)
    ended = threading.Event()
    _on_termination(ended.set)
    running = Worker(settings, database)
    running.start()
    click.echo("geoapp worker: waiting for jobs; Ctrl-C ends", err=True)
    while not ended.wait(1.0):  # Windows delivers Ctrl-C between two waits
        pass
    running.stop()
    database.dispose()


def _require_free_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":
            # As the server itself does: a port in TIME_WAIT after a restart is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise
            raise PortTaken(
                f"端口 {settings.port} 已被占用；请关闭占用它的程序，或换一个端口：--port {settings.port + 1}"
                f"（port {settings.port} is taken; choose another with --port）"
            ) from None


def _prepare(settings: Settings) -> None:
    database = Database(settings)
    begun = settings.data / "demo.begun"
    if not schema.current(database) and settings.env != "production":
        # Kept until the demo is whole: a first start that was broken off goes on at the next.
        begun.touch()
    database.dispose()
    schema.prepared(settings).dispose()
    if begun.exists() and settings.env != "production":
        from geoapp.demo.actions import load_demo

        load_demo(settings)
        begun.unlink()


def claim(settings: Settings) -> FileLock:
    """Hold the right to be the web process of a SQLite installation; refused while another one holds it.

    Several processes would each have caches and rate limits of their own, and would starve one another at the
    database's single writer: growing past one process means PostgreSQL.
    """
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(settings.data / "web.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise SecondProcess(
            f"已有一个 geoapp 服务进程在使用数据文件夹 {settings.data}；SQLite 只支持一个服务进程。"
            "请先停止它，或设置 GEOAPP_DATABASE_URL 改用 PostgreSQL。"
        ) from None
    return lock


def _claimed(settings: Settings) -> FileLock | None:
    """The claim to an installation on SQLite; other databases take any number of processes."""
    database = Database(settings)
    try:
        return claim(settings) if database.is_sqlite else None
    finally:
        database.dispose()


def wsgi() -> Any:
    """The application for gunicorn and the like (Procfile), refused in the same cases as `serve`."""
    from geoapp.app import create_app

    settings = read_settings()
    logs.install(settings)
    app = create_app(settings)
    database: Database = app.extensions["geoapp"]["database"]
    if database.is_sqlite:
        app.extensions["geoapp"]["claim"] = claim(settings)
    schema.require_current(database)
    require_safe(settings, database)
    _use_own_temporary_folder(settings)
    workers = [Worker(settings, database) for _ in range(settings.job_workers)]
    for each in workers:
        each.start()
        # The server (gunicorn) ends this process by itself, after its requests; a job under way is given back then.
        atexit.register(each.stop)
    return app


def _serve(settings: Settings, held: FileLock | None) -> None:
    from geoapp.app import create_app
    from geoapp.listening import Server

    logs.install(settings)
    app = create_app(settings)
    database: Database = app.extensions["geoapp"]["database"]
    schema.require_current(database)
    require_safe(settings, database)
    _use_own_temporary_folder(settings)
    workers = [Worker(settings, database) for _ in range(settings.job_workers)]
    server = Server(app, settings)
    _on_termination(server.stop)
    for each in workers:
        each.start()
    shown = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104
    click.echo(f"geoapp: http://{shown}:{settings.port}  （Ctrl-C 停止）")
    try:
        server.run()
    finally:
        for each in workers:
            each.stop()
        database.dispose()
        if held is not None:
            held.release()
        click.echo("geoapp: 已停止 stopped")


def _use_own_temporary_folder(settings: Settings) -> None:
    """Bodies under way go where the uploads will lie: /tmp is memory on many systems, and a few senders fill it."""
    folder = settings.data / "tmp"
    folder.mkdir(mode=0o700, exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder.absolute())


def _on_termination(end: Callable[[], None]) -> None:
    """A service manager's TERM, and Ctrl-C, end in order; the second one at once."""
    asked: list[int] = []

    def told(number: int, _frame: Any) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        end()

    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), told)
