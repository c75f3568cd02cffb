"""The audit of dependencies fails for a known weakness, and says that it was skipped where nobody can be asked."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

CLEAN = json.dumps({"dependencies": [{"name": "flask", "version": "3.1.3", "vulns": []}], "fixes": []})
WEAK = json.dumps(
    {"dependencies": [{"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["1.1"]}]}]}
)
NPM_CLEAN = json.dumps({"auditReportVersion": 2, "vulnerabilities": {}, "metadata": {}})
NPM_WEAK = json.dumps(
    {"vulnerabilities": {"old": {"via": [{"url": "https://x/GHSA-1"}]}, "user": {"via": ["old"]}}, "metadata": {}}
)
#: What the two print where the service is away.
PYTHON_AWAY, NPM_AWAY = (
    "",
    json.dumps({"message": "405 Method Not Allowed", "method": "POST", "error": {"code": "E405"}}),
)


@pytest.fixture
def run() -> ModuleType:
    """run.py, which is no package."""
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answered(run: ModuleType, monkeypatch: pytest.MonkeyPatch, python: str, npm: str) -> int:
    def pretend(command: list[str], **_: Any) -> Any:
        return subprocess.CompletedProcess(command, 1, npm if "npm" in command[0] else python, "")

    monkeypatch.setattr(run, "find_node", lambda: ("node", ["npm"]))
    monkeypatch.setattr(run.subprocess, "run", pretend)
    return int(run.audit())


def test_nothing_known_passes(run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert answered(run, monkeypatch, CLEAN, NPM_CLEAN) == 0
    assert capsys.readouterr().out.count("nothing known") == 3


def test_32_a_known_weakness_fails_and_is_named(run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert answered(run, monkeypatch, WEAK, NPM_CLEAN) == 1
    assert "old 1.0: PYSEC-2026-1" in capsys.readouterr().out
    assert answered(run, monkeypatch, CLEAN, NPM_WEAK) == 1
    assert "old: https://x/GHSA-1; user: via others" in capsys.readouterr().out


def test_without_a_network_it_says_so_and_does_not_fail(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    assert answered(run, monkeypatch, PYTHON_AWAY, NPM_AWAY) == 0
    assert capsys.readouterr().out.count("SKIPPED") == 3


def test_one_service_that_is_away_does_not_hide_what_the_other_knows(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    assert answered(run, monkeypatch, WEAK, NPM_AWAY) == 1
    assert "SKIPPED" in capsys.readouterr().out
