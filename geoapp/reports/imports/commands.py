"""``geoapp reports import``, ``imports``, ``undo-import`` and ``set-aside``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from geoapp.accounts.people import system

_OWNER = system("command line")


@click.command("import")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--mapping", "mapping_file", required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="TOML file: which column is what, and what its words mean.")  # fmt: skip
@click.option("--live", is_flag=True, help="What is still open becomes a live case, routed and timed.")
@click.option("--encoding", default="", help="UTF-8, GBK, Big5; by default detected.")
@click.option("--sheet", default="", help="Sheet of a workbook; by default the first with two rows.")
@click.option("--dry-run", is_flag=True, help="Report the same, store nothing.")
@click.option("--json", "as_json", is_flag=True, help="Report for another program.")
def import_(
    data: Path, mapping_file: Path, live: bool, encoding: str, sheet: str, dry_run: bool, as_json: bool
) -> None:
    """Bring DATA of another system in (CSV, also gzipped, or XLSX) by a mapping file 导入历史反映.

    Every row is stored, known from before, or set aside 未入库 with a reason. What was open there is kept as history
    and comes into nobody's inbox, unless --live is given. Started again, it goes on; it can be taken back.

    \b
    Example:
      geoapp reports import --mapping layers/reports/mappings/boston-311.toml boston311_2013_2017.csv.gz
    """
    from geoapp.config import read_settings
    from geoapp.reports.imports.actions import import_history
    from geoapp.reports.imports.forms import mapping_text
    from geoapp.schema import prepared

    database = prepared(read_settings())
    show = None if as_json or not sys.stderr.isatty() else lambda rows: click.echo(f"\r{rows} 行", nl=False, err=True)
    try:
        text = mapping_text(mapping_file)
        done = import_history(
            database, _OWNER, data, text, live=live, dry_run=dry_run, encoding=encoding,
            sheet=sheet, mapping_name=mapping_file.name, progress=show,
        )  # fmt: skip
    finally:
        database.dispose()
    click.echo(json.dumps(done.as_json(), ensure_ascii=False) if as_json else _told(data.name, done.as_json()))


@click.command("imports")
@click.option("--json", "as_json", is_flag=True, help="For another program.")
def imports(as_json: bool) -> None:
    """List what was brought in, the latest first."""
    from geoapp.config import read_settings
    from geoapp.reports.imports import store
    from geoapp.schema import prepared

    database = prepared(read_settings())
    with database.reading() as connection:
        found = store.recent(connection)
    database.dispose()
    rows = [
        {"import": b.key, "kind": b.kind, "origin": b.origin, "filename": b.filename, "at": b.at.isoformat(),
         "rows_in": b.rows_in, "rows_stored": b.rows_stored, "rows_known": b.rows_known,
         "rows_set_aside": b.rows_set_aside, "undone": b.undone_at is not None,
         "finished": bool(b.summary.get("finished"))}
        for b in found
    ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        state = "已撤销" if row["undone"] else "" if row["finished"] else "未完成"
        click.echo(
            f"{row['import']}  {str(row['at'])[:16]}  {row['origin']}  {row['filename']}  读到 {row['rows_in']}  "
            f"入库 {row['rows_stored']}  已有 {row['rows_known']}  未入库 {row['rows_set_aside']}  {state}".rstrip()
        )
    if not rows:
        click.echo("还没有导入过。Nothing was imported yet.")


@click.command("undo-import")
@click.argument("key")
def undo_import(key: str) -> None:
    """Take an import back; reports on which somebody has worked since stay."""
    from geoapp.config import read_settings
    from geoapp.reports.imports.undoing import actions
    from geoapp.schema import prepared

    database = prepared(read_settings())
    gone, kept = actions.undo_import(database, _OWNER, key)
    database.dispose()
    stays = f"，{kept} 件已有人办理，保留" if kept else ""
    click.echo(f"已撤销导入 {key}：收回 {gone} 件{stays}。")


@click.command("set-aside")
@click.argument("key")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write; by default the screen.")
def set_aside(key: str, out: Path | None) -> None:
    """Rows of an import that were not stored 未入库, as CSV with number, reason and remedy."""
    from geoapp.config import read_settings
    from geoapp.layers.handing_out import refused_csv
    from geoapp.reports.imports import store
    from geoapp.schema import prepared

    database = prepared(read_settings())
    with database.reading() as connection:
        batch = store.find(connection, key)
        text = refused_csv((r.row, r.reason, r.message, r.remedy, r.number) for r in store.aside(connection, batch.id))
    database.dispose()
    if out is None:
        click.echo(text, nl=False)
    else:
        # The mark at the beginning is what makes spreadsheets read Chinese right.
        out.write_text(text, encoding="utf-8-sig", newline="")
        click.echo(f"已写入 {out}。")


def _told(name: str, done: dict[str, Any]) -> str:
    from geoapp.reports.imports.history import NOTE_REMEDIES, NOTES, REASONS

    lines = [
        f"{name} → {done['origin']}" + ("（试运行，未写入）" if done["dry_run"] else f"，导入编号 {done['import']}"),
        f"  读到 {done['rows_in']} 行 = 入库 {done['rows_stored']} + 已有 {done['rows_known']}"
        f" + 未入库 {done['rows_set_aside']}",
        f"  状态：{'，'.join(f'{state} {count}' for state, count in done['states'].items())}",
        f"  落在区划内 {done['placed']} 行；作为在办案件 {done['live']} 行；文字编码 {done['encoding']}",
    ]
    if done["unread"]:
        lines.append(f"  没有读的工作表：{'、'.join(done['unread'])}；用 --sheet 指明，再导入一次")
    for note, count in done["notes"].items():
        remedy = f"；{NOTE_REMEDIES[note]}" if note in NOTE_REMEDIES else ""
        lines.append(f"  注意：{NOTES.get(note, note)} {count} 行{remedy}")
    lines += [f"  未入库：{REASONS.get(reason, reason)} {count} 行" for reason, count in done["reasons"].items()]
    if done["rows_set_aside"] and not done["dry_run"]:
        lines.append(f"  各行原因：geoapp reports set-aside {done['import']} --out 未入库.csv")
    return "\n".join(lines)
