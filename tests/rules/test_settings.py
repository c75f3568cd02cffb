"""The README's table of settings and the Settings class say the same."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from geoapp.config import PREFIX, BadSetting, Settings, read_settings

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_lists_each_setting_with_its_default() -> None:
    rows = re.findall(r"^\| `(GEOAPP_[A-Z_]+)` \| ([^|]*) \|", README.read_text(encoding="utf-8"), re.M)
    listed = {name: default.strip().strip("`") for name, default in rows}
    actual = {PREFIX + field.name.upper(): str(field.default) for field in fields(Settings)}
    assert listed == actual


def test_a_setting_is_read_in_its_own_type() -> None:
    settings = read_settings({"GEOAPP_PORT": "9000", "GEOAPP_DATA": "/tmp/x", "GEOAPP_LOCK_WAIT_S": "1.5", "HOME": "/"})
    assert (settings.port, settings.data, settings.lock_wait_s) == (9000, Path("/tmp/x"), 1.5)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("GEOAPP_PORT", "many"),
        ("GEOAPP_PORT", "70000"),
        ("GEOAPP_LANGUAGE", "fr"),
        ("GEOAPP_ENV", "prod"),
        ("GEOAPP_TIMEZONE", "Asia/Nowhere"),
        ("GEOAPP_THREADS", "0"),
        ("GEOAPP_PROT", "8000"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(name: str, text: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read_settings({name: text})
