"""The ``geoapp`` command: mounts each part's commands without importing them until they are called."""

from __future__ import annotations

import errno
import importlib
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from geoapp.errors import EXIT_INPUT, EXIT_OURS, GeoappError, exit_code

#: command -> where it is, and its line in the overview (importing forty modules to print a list is no help).
COMMANDS: dict[str, tuple[str, str]] = {
    "import": ("geoapp.layers.commands:import_", "bring a file into a layer 导入"),
    "layers": ("geoapp.layers.commands:layers", "list, show, undo and remove layers 图层"),
    "places": ("geoapp.places.commands:places", "the five levels and their history 区划"),
    "reports": ("geoapp.reports.commands:reports", "rounds, modes and rules of reports 随手拍"),
    "units": ("geoapp.splitting.commands:units", "tile an area with indivisible units 划分单元"),
    "split": ("geoapp.splitting.commands:split", "divide an area, with a proof where there is one 拆分"),
    "verify": ("geoapp.splitting.commands:verify", "check a plan and its certificate 核验"),
    "ensemble": ("geoapp.splitting.commands:ensemble", "draw plans at random 随机方案"),
    "scan": ("geoapp.splitting.commands:scan", "try every community 逐个测算"),
    "posters": ("geoapp.maps.sheets.commands:posters", "door codes to print and hang 楼门码"),
    "export": ("geoapp.maps.commands:export", "write layers, plans and sheets to files 导出"),
    "serve": ("geoapp.serving:serve", "serve the pages 启动服务"),
    "worker": ("geoapp.serving:worker", "work off background jobs 后台任务"),
    "demo": ("geoapp.demo.commands:demo", "the illustrative layers 示意数据"),
    "admin": ("geoapp.accounts.commands:admin", "the first administrator 管理员"),
    "audit": ("geoapp.accounts.commands:audit", "the trail of changes 操作留痕"),
    "privacy": ("geoapp.administration:privacy", "what is kept of people, and why 个人信息"),
    "open311": ("geoapp.api.open311.commands:open311", "keys for Open311 clients 开放接口"),
    "db": ("geoapp.administration:db", "create and migrate the database 数据库"),
    "backup": ("geoapp.administration:backup", "copy all state into one file 备份"),
    "restore": ("geoapp.administration:restore", "bring a backup back 恢复"),
    "indicators": ("geoapp.administration:indicators", "every shown measure with formula and source 指标"),
}


class Overview(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=Overview, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="geoapp")
def geoapp() -> None:
    """Governing a city at the scale where people live: borders, grids, reports.

    Exit codes: 0 done, 2 the input, 3 no answer or it does not hold, 1 our fault.

    \b
    Examples:
      geoapp import 小区.geojson --kind compound
      geoapp places list --on 2026-01-01
      geoapp split --units units.gpkg --households households --parts 2 --tolerance 0.05 --out plan.gpkg
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: answers, not tracebacks, for everything that is not our own fault."""
    for stream in (sys.stdout, sys.stderr):
        # An old office PC's console has a code page; a name that it lacks must not end the program.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        outcome: Any = geoapp.main(args=arguments, prog_name="geoapp", standalone_mode=False)
        sys.exit(outcome if isinstance(outcome, int) else 0)
    except click.exceptions.Abort:
        click.echo("interrupted; nothing was left half done", err=True)
        sys.exit(EXIT_INPUT)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_INPUT)
    except GeoappError as error:
        click.echo(f"geoapp: {error}", err=True)
        sys.exit(exit_code(error))
    except BrokenPipeError:
        # The reader went away (`| head`); no second error while the interpreter closes its streams.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except MemoryError:
        click.echo("geoapp: not enough memory for this input; divide it into smaller files", err=True)
        sys.exit(EXIT_OURS)
    except Exception as error:
        if (words := circumstance(error)) is not None:
            click.echo(f"geoapp: {words}", err=True)
            sys.exit(EXIT_INPUT)
        click.echo(
            f"geoapp: 程序出错，这不是您的输入的问题；经过已写入 {_fault_report()}，请把它交给维护者。", err=True
        )
        sys.exit(EXIT_OURS)


#: What the machine may refuse at any step, and what the person can do.
_REFUSALS = {
    errno.ENOSPC: "磁盘已满，没有写成；请腾出空间后重试。",
    errno.EROFS: "这里是只读的，没有写成；请换一个能写的文件夹。",
    getattr(errno, "EDQUOT", -1): "磁盘配额已用完，没有写成；请腾出空间后重试。",
}
_SQLITE_WORDS = {
    "file is not a database": "数据库文件不是数据库或已损坏；请核对 GEOAPP_DATA，或用 geoapp restore 恢复备份。",
    "database disk image is malformed": "数据库文件已损坏；请用 geoapp restore 恢复备份。",
    "unable to open database file": "数据库文件打不开；请核对 GEOAPP_DATA 与文件权限。",
    "attempt to write a readonly database": "数据库文件是只读的；请核对 GEOAPP_DATA 与文件权限。",
    "database or disk is full": "磁盘已满，数据库没有改动；请腾出空间后重试。",
}


def circumstance(error: Exception) -> str | None:
    """What to say of an error that the machine made and no part of the program: a full disk, a rotten database."""
    if isinstance(error, OSError):
        return _REFUSALS.get(error.errno or 0)
    if type(error).__module__.split(".")[0] in {"sqlalchemy", "sqlite3"}:
        return next((words for told, words in _SQLITE_WORDS.items() if told in str(error)), None)
    return None


def _fault_report() -> Path:
    """Where the trace of a fault of ours was written: for those who mend it, not for the screen."""
    handle, name = tempfile.mkstemp(prefix="geoapp-fault-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        traceback.print_exc(file=out)
    return Path(name)
