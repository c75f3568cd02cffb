"""A bundle holds what its target needs, whatever machine it is made on."""

import pytest

from geoapp.bundling import platform_tags, select

LOCK = """\
click==8.3.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:cc
gunicorn==23.0.0 ; sys_platform != 'win32' \\
    --hash=sha256:dd
numpy==2.3.0 ; python_full_version < '3.12' \\
    --hash=sha256:ee
numpy==2.4.0 ; python_full_version >= '3.12' \\
    --hash=sha256:ff
"""


def test_windows_gets_what_windows_needs() -> None:
    assert select(LOCK, "win_amd64", "3.12").splitlines() == [
        "click==8.3.0 --hash=sha256:aa --hash=sha256:bb",
        "colorama==0.4.6 --hash=sha256:cc",
        "numpy==2.4.0 --hash=sha256:ff",
    ]


def test_linux_gets_what_linux_needs() -> None:
    lines = select(LOCK, "manylinux_2_28_x86_64", "3.11").splitlines()
    assert [line.split("==")[0] for line in lines] == ["click", "gunicorn", "numpy"]
    assert lines[2].startswith("numpy==2.3.0")


def test_a_linux_takes_wheels_of_older_bases_too() -> None:
    assert "manylinux2014_x86_64" in platform_tags("linux_x86_64")
    assert platform_tags("win_amd64") == ["win_amd64"]


def test_an_unknown_platform_is_named() -> None:
    with pytest.raises(SystemExit, match="plan9"):
        select(LOCK, "plan9", "3.12")
