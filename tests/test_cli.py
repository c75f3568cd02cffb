"""The command line answers with one sentence and a code: 0 done, 2 the input, 3 no answer, 1 our fault."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from geoapp import cli
from geoapp.errors import Invalid, NoAnswer, NotFound, Unavailable


def run(monkeypatch: pytest.MonkeyPatch, error: BaseException | None) -> int:
    @click.command()
    def command() -> None:
        if error is not None:
            raise error

    monkeypatch.setattr(cli.Overview, "get_command", lambda *_: command)
    with pytest.raises(SystemExit) as ended:
        cli.main(["anything"])
    code = ended.value.code
    assert isinstance(code, int)
    return code


@pytest.mark.parametrize(
    ("error", "code"),
    [(None, 0), (Invalid("x"), 2), (NotFound("x"), 2), (NoAnswer("x"), 3), (Unavailable("x"), 1), (KeyError("x"), 1)],
)
def test_each_outcome_has_its_code(monkeypatch: pytest.MonkeyPatch, error: BaseException | None, code: int) -> None:
    assert run(monkeypatch, error) == code


def test_a_fault_of_ours_writes_its_trace_to_a_file_and_not_to_the_screen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert run(monkeypatch, ZeroDivisionError("inner detail")) == 1
    shown = capsys.readouterr().err
    assert "Traceback" not in shown and "inner detail" not in shown
    (report,) = tmp_path.iterdir()
    assert report.name in shown and "inner detail" in report.read_text(encoding="utf-8")


def test_the_overview_lists_every_command_without_importing_any() -> None:
    code = "import sys; from geoapp.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    code += "print([m for m in sys.modules if m.split('.')[0] in ('numpy', 'geopandas', 'sqlalchemy', 'flask')])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert all(f"  {name} " in out for name in cli.COMMANDS)
    assert out.strip().endswith("[]")


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_is_there_and_helps_with_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    def helps(arguments: list[str]) -> str:
        with pytest.raises(SystemExit) as ended:
            cli.main([*arguments, "--help"])
        assert ended.value.code == 0
        return capsys.readouterr().out

    command = cli.geoapp.get_command(click.Context(cli.geoapp), name)
    assert command is not None
    if isinstance(command, click.Group):
        for sub in command.commands:
            assert f"geoapp {name} {sub}" in helps([name, sub]), f"geoapp {name} {sub} shows no example"
    else:
        assert f"geoapp {name}" in helps([name]).split("\n", 1)[1], f"geoapp {name} shows no example"


def test_a_full_disk_is_told_as_such(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, OSError(errno.ENOSPC, "No space left on device")) == 2
    assert capsys.readouterr().err.strip() == "geoapp: 磁盘已满，没有写成；请腾出空间后重试。"


@pytest.mark.parametrize(
    ("make", "words"), [(Path.mkdir, "打不开"), (lambda p: p.write_bytes(b"rot" * 999), "不是数据库")]
)
def test_a_rotten_installation_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], make: Any, words: str
) -> None:
    monkeypatch.setenv("GEOAPP_DATA", str(tmp_path))
    make(tmp_path / "geoapp.sqlite")
    with pytest.raises(SystemExit) as ended:
        cli.main(["layers", "list"])
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert words in told and told.count("\n") == 1


def test_a_data_folder_that_is_a_file_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("GEOAPP_DATA", str(tmp_path / "file" / "var"))
    with pytest.raises(SystemExit) as ended:
        cli.main(["layers", "list"])
    assert ended.value.code == 2
    assert "GEOAPP_DATA" in capsys.readouterr().err
