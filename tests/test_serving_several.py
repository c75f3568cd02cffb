"""Several web processes before one PostgreSQL: the Procfile's own lines, with sessions, jobs, a process that dies."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from click.testing import CliRunner

from geoapp.accounts.trail import actions as trail
from geoapp.cli import geoapp
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.jobs import DONE, JobQueue
from geoapp.layers import store as layers
from tests.engines import environment
from tests.test_serving import free_port

pytestmark = [
    pytest.mark.long,
    pytest.mark.engines("postgresql"),
    pytest.mark.skipif(sys.platform == "win32", reason="gunicorn is of POSIX systems"),
]

ROOT = Path(__file__).parents[1]
PASSWORD = "correct-horse-battery-staple"


def line_of(kind: str) -> str:
    """A command of the Procfile."""
    return dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())[kind]


@contextmanager
def served(settings: Settings, processes: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The release and web lines as a host runs them; gives the address and the master process."""
    port = free_port()
    environ = {
        **os.environ,
        **environment(settings),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PORT": str(port),
        "WEB_CONCURRENCY": str(processes),
        "GEOAPP_RATE_LIMITS": "0",
    }
    subprocess.run(line_of("release"), shell=True, env=environ, cwd=ROOT, check=True, capture_output=True)
    log = (settings.data / "web.log").open("wb")
    master = subprocess.Popen(["sh", "-c", f"exec {line_of('web')}"], env=environ, cwd=ROOT, stdout=log, stderr=log)
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/ready"), 60)
        yield f"http://127.0.0.1:{port}", master
    finally:
        for process in [*psutil.Process(master.pid).children(recursive=True)] if master.poll() is None else []:
            process.kill()
        master.kill()
        master.wait()
        log.close()


def answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=20).status_code == 200
    except requests.RequestException:
        return False


def wait_for(condition: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.2)


def signed_in(address: str) -> requests.Session:
    browser = requests.Session()
    form = browser.get(f"{address}/sign-in", timeout=10).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
    assert token is not None
    said = {"login": "wang", "password": PASSWORD, "csrf_token": token.group(1)}
    assert browser.post(f"{address}/sign-in", data=said, timeout=30, allow_redirects=False).status_code == 303
    browser.headers["X-CSRF-Token"] = browser.get(f"{address}/api/me", timeout=10).json()["csrf_token"]
    return browser


def workers_of(master: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(master.pid).children()


def big_layer(path: Path, name: str) -> Path:
    """Ten thousand points, large enough to become a job."""
    points = [
        {
            "type": "Feature",
            "properties": {"name": f"{name}{n}", "note": "x" * 400},
            "geometry": {"type": "Point", "coordinates": [116.4 + n * 1e-6, 39.9]},
        }
        for n in range(10_000)
    ]
    (path / f"{name}.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": points}))
    return path / f"{name}.geojson"


def test_two_processes_share_sessions_and_jobs_and_one_may_die(settings: Settings, tmp_path: Path) -> None:
    """Requests meet either process; six imports are each stored once, though a process is killed in their midst."""
    made = CliRunner().invoke(
        geoapp, ["admin", "create", "wang", "--password-stdin"], input=PASSWORD + "\n", env=environment(settings)
    )
    assert made.exit_code == 0, made.output
    with served(settings, 2) as (address, master), ThreadPoolExecutor(8) as pool:
        browser = signed_in(address)
        seen = list(pool.map(lambda _: browser.get(f"{address}/api/me", timeout=30), range(80)))
        assert {answer.status_code for answer in seen} == {200}
        assert {answer.json()["name"] for answer in seen} == {"管理员"}
        busy = [process for process in workers_of(master) if process.cpu_times().user > 0]
        assert len(busy) == 2

        keys = [f"layer{n}" for n in range(6)]
        files = [big_layer(tmp_path, key) for key in keys]

        def send(file: Path) -> str:
            with file.open("rb") as stream:
                said = {"layer": file.stem, "crs": "EPSG:4326"}
                answer = browser.post(f"{address}/api/layers/import", data=said, files={"file": stream}, timeout=60)
            assert answer.status_code == 202, answer.text
            return str(answer.json()["job"])

        jobs = list(pool.map(send, files))
        database = Database(settings)
        queue = JobQueue(database)
        wait_for(lambda: any(queue.get(key).state == "running" for key in jobs), 30)
        workers_of(master)[0].send_signal(signal.SIGKILL)
        wait_for(lambda: all(queue.get(key).state == DONE for key in jobs), 180)
        wait_for(lambda: len(workers_of(master)) >= 2, 30)

        with database.reading() as connection:
            stored = {layer.key: layer.rows for layer in layers.layers(connection)}
            imports = [len(layers.imports(connection, layers.layer_by_key(connection, key).id)) for key in keys]
        assert stored == dict.fromkeys(keys, 10_000) and imports == [1] * 6
        assert trail.verify(database)[1] is None

        browser.post(f"{address}/sign-out", timeout=30)
        left = list(pool.map(lambda _: browser.get(f"{address}/api/me", timeout=30).json()["signed_in"], range(20)))
        assert not any(left), "what ended in one process has ended in the other"

        master.send_signal(signal.SIGTERM)
        assert master.wait(60) == 0
        database.dispose()


def test_a_second_process_of_a_sqlite_installation_is_refused(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "lite")
    environ = {**os.environ, **environment(settings), "WEB_CONCURRENCY": "2", "PORT": str(free_port())}
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(line_of("release"), shell=True, env=environ, cwd=ROOT, check=True, capture_output=True)
    ended = subprocess.run(["sh", "-c", line_of("web")], env=environ, cwd=ROOT, capture_output=True, timeout=90)
    assert ended.returncode != 0 and "PostgreSQL" in ended.stderr.decode()
