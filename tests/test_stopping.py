"""An orderly end, with real processes: running requests get their answers, jobs go back, the exit code is 0."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from geoapp.config import Settings
from geoapp.db import Database
from geoapp.jobs import QUEUED, RUNNING, JobQueue, Task, register

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no TERM")
ROOT = Path(__file__).parents[1]
Start = Callable[..., tuple[int, subprocess.Popen[str]]]

#: The application with a slow view, a long one and a job that sleeps, as a module that the processes import.
MODULE = """
import time
import geoapp.app
from geoapp import serving
from geoapp.cli import main
from geoapp.jobs import Task, register
from geoapp.web.rights import ANYBODY, needs

plain = geoapp.app.create_app

def create_app(settings=None):
    app = plain(settings)
    register(Task("doze", "slow:doze"))
    app.add_url_rule("/slow", "slow", needs(ANYBODY)(lambda: time.sleep(1.5) or "done"))
    app.add_url_rule("/never", "never", needs(ANYBODY)(lambda: time.sleep(60) or "done"))
    app.add_url_rule("/long", "long", needs(ANYBODY)(lambda: "x" * 30_000_000))
    return app

def doze(database, report):
    report(0.1, "dozing")
    time.sleep(60)

geoapp.app.create_app = create_app
wsgi = serving.wsgi
"""


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Iterator[Start]:
    """Starts a server of the application above, by waitress or by gunicorn; gives its port and process."""
    (tmp_path / "slow.py").write_text(MODULE, encoding="utf-8")
    running: list[subprocess.Popen[str]] = []

    def begin(server: str, **more: str) -> tuple[int, subprocess.Popen[str]]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        path = os.pathsep.join([str(tmp_path), str(ROOT)])
        environment = {**os.environ, "GEOAPP_DATA": str(settings.data), "PYTHONPATH": path, **more}
        command = [sys.executable, "-c", f"import slow; slow.main(['serve', '--port', '{port}'])"]
        if server == "gunicorn":
            command = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--threads", "8"]
            command += ["--bind", f"127.0.0.1:{port}", "slow:wsgi()"]
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
        )
        running.append(process)
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5):
                    return port, process
            except OSError:
                assert process.poll() is None, process.communicate()[0]
                time.sleep(0.1)
        raise AssertionError("the server does not answer")

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def ask(port: int, path: str, answers: list[tuple[int, int]]) -> threading.Thread:
    """A request in the background; its status and the length of what came go to ``answers``."""

    def run() -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=40)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            answers.append((answer.status, len(answer.read())))

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def is_refused(port: int) -> bool:
    """Does nobody take a new connection, or answer on one?"""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
            return not connection.recv(100)
    except OSError:
        return True


def wait_until_dozing(queue: JobQueue, key: str) -> None:
    until = time.monotonic() + 30
    while not (queue.get(key).state == RUNNING and queue.get(key).message) and time.monotonic() < until:
        time.sleep(0.1)
    assert queue.get(key).state == RUNNING


@pytest.mark.parametrize("server", ["waitress", pytest.param("gunicorn", marks=pytest.mark.long)])
def test_what_is_under_way_is_finished_and_nothing_new_begun(start: Start, server: str, database: Database) -> None:
    """A slow request, a long answer to somebody who reads slowly, a connection that only waits, and a job."""
    register(Task("doze", "slow:doze"))
    queue = JobQueue(database)
    key = queue.add("doze", {}, title="打盹")
    port, process = start(server)
    wait_until_dozing(queue, key)
    answers: list[tuple[int, int]] = []
    with (
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as idle,
        socket.create_connection(("127.0.0.1", port), timeout=20) as reader,
    ):
        idle.request("GET", "/health")
        idle.getresponse().read()
        reader.sendall(b"GET /long HTTP/1.0\r\n\r\n")
        received = len(reader.recv(1000))
        slow = ask(port, "/slow", answers)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.4)
        assert is_refused(port) and process.poll() is None
        slow.join()
        while more := reader.recv(1 << 20):
            received += len(more)
    assert answers == [(200, 4)]
    assert received > 30_000_000
    assert process.wait(20) == 0
    given_back = queue.get(key)
    assert (given_back.state, given_back.attempts) == (QUEUED, 0)


@pytest.mark.long
def test_a_request_that_does_not_end_is_given_its_time_and_no_more(start: Start) -> None:
    port, process = start("waitress", GEOAPP_GRACE_S="1")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"GET /never HTTP/1.0\r\n\r\n")
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert "cut off" in process.stdout.read()


@pytest.mark.long
def test_a_worker_of_its_own_gives_its_job_back(settings: Settings, database: Database, tmp_path: Path) -> None:
    register(Task("doze", "slow:doze"))
    queue = JobQueue(database)
    key = queue.add("doze", {}, title="打盹")
    (tmp_path / "slow.py").write_text(MODULE, encoding="utf-8")
    environment = {
        **os.environ, "GEOAPP_DATA": str(settings.data), "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])
    }  # fmt: skip
    code = "import slow; slow.register(slow.Task('doze', 'slow:doze')); slow.main(['worker'])"
    process = subprocess.Popen([sys.executable, "-c", code], env=environment)
    wait_until_dozing(queue, key)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert (queue.get(key).state, queue.get(key).attempts) == (QUEUED, 0)
