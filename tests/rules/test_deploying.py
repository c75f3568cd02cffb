"""The deployment guide says what is: its settings exist, its environment starts in production, its times fit."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from geoapp.config import PREFIX, Settings, read_settings
from geoapp.production import _of_settings

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
KNOWN = {PREFIX + field.name.upper() for field in fields(Settings)}


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", GUIDE, re.S)


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_settings_that_a_guide_names_exist(path: Path) -> None:
    named = set(re.findall(r"\bGEOAPP_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8")))
    assert named <= KNOWN


def test_the_environment_of_the_guide_is_fit_for_production() -> None:
    lines = dict(line.split("=", 1) for line in blocks("ini")[0].split())
    settings = read_settings(lines)
    assert settings.env == "production" and settings.log_format == "json"
    assert not list(_of_settings(settings))


def test_the_service_manager_waits_longer_than_the_server() -> None:
    unit = blocks("ini")[1]
    waits = re.search(r"TimeoutStopSec=(\d+)", unit)
    assert waits and int(waits[1]) > Settings().grace_s
    assert "ReadWritePaths=/var/lib/geoapp" in unit and blocks("ini")[0].count("/var/lib/geoapp") == 1


def test_the_proxy_lets_uploads_through_and_says_what_is_believed() -> None:
    nginx = blocks("nginx")[0]
    most = re.search(r"client_max_body_size (\d+)m", nginx)
    assert most and int(most[1]) > Settings().max_upload_mib
    assert {"X-Forwarded-For", "X-Forwarded-Proto", "X-Request-Id"} <= set(re.findall(r"proxy_set_header (\S+)", nginx))


def test_the_readme_leads_to_the_guide_and_its_links_lead_somewhere() -> None:
    assert "docs/deploy.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    headings = {title.strip().lower() for title in re.findall(r"^## (.+)$", GUIDE, re.M)}
    assert set(re.findall(r"\]\(#([^)]+)\)", GUIDE)) <= headings
