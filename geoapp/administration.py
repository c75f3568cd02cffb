"""``geoapp db``, ``backup``, ``restore``, ``indicators`` and ``privacy``: the care of one installation."""

from __future__ import annotations

import csv
import importlib
import json
import pkgutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import geoapp
from geoapp.errors import Conflict, Invalid, NoAnswer

if TYPE_CHECKING:
    from geoapp.db import Database

_HELP = {"help_option_names": ["-h", "--help"]}


class Unsound(NoAnswer):
    """The database is not what it should be."""


@click.group("db", context_settings=_HELP)
def db() -> None:
    """Create and migrate the database 数据库.

    \b
    Examples:
      geoapp db status
      geoapp db upgrade
      geoapp db check
    """


@db.command("status")
@click.option("--json", "as_json", is_flag=True, help="For another program.")
def status(as_json: bool) -> None:
    """Which version the tables have, and which one the program needs.

    \b
    Example:
      geoapp db status --json
    """
    from geoapp import schema

    with _database() as database:
        have, want = schema.current(database), schema.head()
        engine = database.engine.dialect.name
    if as_json:
        _print_json({"engine": engine, "current": have, "head": want, "up_to_date": have == want})
    else:
        state = "已是最新" if have == want else "请运行 geoapp db upgrade"
        click.echo(f"{engine}：结构版本 {have or '空'}，程序需要 {want}，{state}。")


@db.command("upgrade")
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the tables to the version that the program needs (or to REVISION), in one transaction.

    \b
    Example:
      geoapp db upgrade
    """
    from geoapp import schema

    with _database() as database:
        before = schema.current(database)
        target = _revision(revision)
        if before > target:
            raise Invalid(f"现有结构版本 {before} 比 {target} 新；要退回请用 geoapp db downgrade {target}。")
        schema.migrate(database, target)
    click.echo(f"数据库结构版本：{before or '空'} -> {target}。")


@db.command("downgrade")
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Yes, drop the newer tables with all that is in them.")
def downgrade(revision: str, yes: bool) -> None:
    """Take the tables back to REVISION (`base`: to nothing); what only newer tables hold is lost: back up first.

    \b
    Example:
      geoapp db downgrade 0002 --yes
    """
    from geoapp import schema

    if not yes:
        raise Invalid("退回会删除较新的表及其中的数据；请先用 geoapp backup 备份，再加 --yes。")
    with _database() as database:
        before = schema.current(database)
        target = revision if revision == "base" else _revision(revision)
        if target != "base" and before < target:
            raise Invalid(f"现有结构版本 {before or '空'} 比 {target} 旧；要升级请用 geoapp db upgrade。")
        schema.migrate(database, target)
    click.echo(f"数据库结构版本：{before or '空'} -> {target}。")


@db.command("check")
def check() -> None:
    """Look whether the database is sound: version, pages, references. Exit 3 when it is not.

    \b
    Example:
      geoapp db check
    """
    from geoapp import schema

    with _database() as database:
        schema.require_current(database)
        faults = _sqlite_faults(database) if database.is_sqlite else _postgresql_faults(database)
    if faults:
        raise Unsound(f"数据库有 {len(faults)} 处问题（{'；'.join(faults[:3])}）；请用 geoapp restore 恢复最近的备份。")
    click.echo("数据库完好。")


def _sqlite_faults(database: Database) -> list[str]:
    with database.reading() as connection:
        faults = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
        faults = [] if faults == ["ok"] else faults
        for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
            faults.append(f"{row[0]} 第 {row[1]} 行引用的 {row[2]} 不存在")
    return faults


#: What may have been switched off or left half done; its pages PostgreSQL checks itself.
_SWITCHED_OFF = {
    "索引 {} 不可用": "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid",
    "触发器 {} 被停用": "SELECT tgname FROM pg_trigger WHERE tgenabled = 'D'",
    "约束 {} 没有核对过已有的行": "SELECT conname FROM pg_constraint WHERE NOT convalidated",
}


def _postgresql_faults(database: Database) -> list[str]:
    with database.reading() as connection:
        return [
            words.format(row[0]) for words, query in _SWITCHED_OFF.items() for row in connection.exec_driver_sql(query)
        ]


@click.command("backup", context_settings=_HELP)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--overwrite", is_flag=True, help="Replace a file of that name.")
def backup(file: Path, overwrite: bool) -> None:
    """Copy all state into one FILE 备份: database, files, photographs, secret key. Works while the server serves.

    Published layers are left out, they are made again from the database; so are photographs that lie in a bucket.
    The file holds everything that the installation knows, the key of its sessions too: keep it where only you can
    read it. Originals of photographs that are deleted in time here stay in it: delete old backups too.

    \b
    Example:
      geoapp backup geoapp-20261121.zip
    """
    from geoapp.backups import write_backup

    if file.exists() and not overwrite:
        raise Conflict(f"{file} 已存在；请换一个文件名，或加 --overwrite。")
    with _database(must_exist=True) as database, _progress("备份") as report:
        manifest = write_backup(database, file, report=report)
    files = sum(name.startswith(("files/", "objects/")) for name in manifest["members"])
    size_mb = file.stat().st_size / 1e6
    click.echo(f"已备份到 {file}（{size_mb:.1f} MB：数据库、{files} 个文件、密钥；已发布图层不在内，可重新生成）。")


@click.command("restore", context_settings=_HELP)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Yes, replace what the installation holds now.")
def restore(file: Path, yes: bool) -> None:
    """Bring a backup back 恢复: all or nothing, also while the server serves.

    A damaged FILE is refused before anything changes.

    \b
    Examples:
      geoapp restore geoapp-20261121.zip --yes
      GEOAPP_DATA=/srv/other geoapp restore geoapp-20261121.zip
    """
    from geoapp.accounts.people import system
    from geoapp.accounts.trail.actions import note_restore
    from geoapp.backups import is_empty, read_backup

    with _database() as database, _progress("恢复") as report:
        if not yes and not is_empty(database):
            raise Conflict("这里已有数据，恢复会全部替换；请先备份现有数据，再加 --yes。")
        manifest = read_backup(database, file, report=report)
        note_restore(database, system("command line"))
    click.echo(f"已恢复 {manifest['made_at'][:19]} 的备份；正在运行的服务请重新启动一次，已发布图层会重新生成。")


@click.command("indicators", context_settings=_HELP)
@click.option("--json", "as_json", is_flag=True, help="For another program.")
def indicators(as_json: bool) -> None:
    """Every shown measure with its version, unit, formula and source 指标.

    \b
    Example:
      geoapp indicators --json
    """
    from dataclasses import asdict

    from geoapp.indicators import all_indicators

    _import_all_parts()
    listed = list(all_indicators())
    if as_json:
        _print_json([asdict(indicator) for indicator in listed])
        return
    for indicator in listed:
        mark = "（测算）" if indicator.reckoned else ""
        unit = f"，{indicator.unit}" if indicator.unit else ""
        click.echo(f"{indicator.key}  v{indicator.version}  {indicator.title_zh}{mark}{unit}")
        click.echo(f"    {indicator.formula}\n    {indicator.source}")


def _import_all_parts() -> None:
    # Measures are registered where they are computed; importing every pure module is the only way to miss none.
    import importlib
    import pkgutil

    import geoapp

    for module in pkgutil.walk_packages(geoapp.__path__, "geoapp."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _revision(text: str) -> str:
    from geoapp import schema

    if text == "head":
        return schema.head()
    known = [f"{number:04d}" for number in range(1, int(schema.head()) + 1)]
    if text not in known:
        raise Invalid(f"没有结构版本“{text[:20]}”；可用：{'、'.join(known)}。")
    return text


@contextmanager
def _database(*, must_exist: bool = False) -> Iterator[Database]:
    from geoapp.config import read_settings
    from geoapp.db import Database

    settings = read_settings()
    if must_exist and not settings.database_url and not (settings.data / "geoapp.sqlite").is_file():
        raise Invalid(f"{settings.data} 里没有数据库；请核对 GEOAPP_DATA。")
    database = Database(settings)
    try:
        yield database
    finally:
        database.dispose()


@contextmanager
def _progress(label: str) -> Iterator[Callable[[float], None]]:
    """A bar on the terminal for a share 0..1; nothing where output is no terminal."""
    if not sys.stderr.isatty():
        yield lambda share: None
        return
    with click.progressbar(length=1000, label=label, file=sys.stderr) as bar:
        done = [0]

        def report(share: float) -> None:
            now = round(min(max(share, 0.0), 1.0) * 1000)
            bar.update(now - done[0])
            done[0] = now

        yield report


def _print_json(content: Any) -> None:
    click.echo(json.dumps(content, ensure_ascii=False, default=str))


@click.group()
def privacy() -> None:
    """Personal data: what they are kept for, who sees them, and how long 个人信息."""


@privacy.command("list")
def list_() -> None:
    """List every personal field with its purpose, who may see it and how long it is kept, as CSV.

    \b
    Example:
      geoapp privacy list > 个人信息清单.csv
    """
    from geoapp.accounts.privacy import declared

    _declare()
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["字段", "名称", "用途", "所需权限", "其他可见的人", "保存"])
    for field in declared():
        kept = field.since if field.kept_days is None else f"{field.since} {field.kept_days} 天"
        also = "、".join(sorted(field.also)) or "—"
        out.writerow([field.key, field.title, field.purpose, field.readers or "无人", also, kept])


@privacy.command()
def keep() -> None:
    """Let go what has served its term. The server and the worker do it by themselves, once an hour."""
    from geoapp.accounts.keeping.actions import keep_terms
    from geoapp.config import read_settings
    from geoapp.schema import prepared

    _declare()
    for target, gone in keep_terms(prepared(read_settings())).items():
        click.echo(f"{target.rpartition(':')[2]} {gone}")


def _declare() -> None:
    """Have every part declare what it holds of people: each does in a module of that name."""
    for found in pkgutil.walk_packages(geoapp.__path__, "geoapp."):
        if found.name.endswith(".personal"):
            importlib.import_module(found.name)
