"""Starting and stopping for real: the demo is whole, one web process per SQLite folder, TERM ends in order."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from geoapp import schema
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.places import store as places
from geoapp.serving import SecondProcess, _prepare, claim, serve

CODE = "from geoapp.cli import main; main(['serve', '--port', '{port}'])"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(data: Path, port: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "GEOAPP_DATA": str(data), "GEOAPP_JOB_WORKERS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", CODE.format(port=port)], env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, encoding="utf-8",
    )  # fmt: skip


def wait_until_ready(port: int, process: subprocess.Popen[str]) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no TERM")
def test_a_server_answers_refuses_a_second_one_and_ends_in_order(settings: Settings) -> None:
    port = free_port()
    first = start(settings.data, port)
    try:
        wait_until_ready(port, first)
        taken = start(settings.data, port)
        assert taken.wait(60) == 1 and f"{port}" in taken.communicate()[0]
        second = start(settings.data, free_port())
        assert second.wait(60) == 1
        assert "只支持一个服务进程" in second.communicate()[0]
    finally:
        first.send_signal(signal.SIGTERM)
    assert first.wait(30) == 0
    assert "已停止" in first.communicate()[0]


def test_the_claim_of_a_process_that_ended_is_free(settings: Settings) -> None:
    held = claim(settings)
    with pytest.raises(SecondProcess):
        claim(settings)
    held.release()
    claim(settings).release()


def test_a_first_start_beside_another_makes_nothing(tmp_path: Path) -> None:
    held = claim(Settings(data=tmp_path))
    environment = {"GEOAPP_DATA": str(tmp_path), "GEOAPP_DATABASE_URL": ""}
    answer = CliRunner(env=environment).invoke(serve, ["--prepare", "--port", str(free_port())])
    assert isinstance(answer.exception, SecondProcess)
    assert not (tmp_path / "geoapp.sqlite").exists()
    held.release()


def test_a_first_start_that_was_broken_off_loads_the_demo_at_the_next(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    schema.prepared(settings).dispose()
    (tmp_path / "demo.begun").touch()  # as left behind by a start that was killed
    _prepare(settings)
    database = Database(settings)
    with database.reading() as connection:
        assert places.any_place(connection)
    database.dispose()
    assert not (tmp_path / "demo.begun").exists()
