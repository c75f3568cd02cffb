"""``geoapp export``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.command(
    "export", context_settings={"help_option_names": ["-h", "--help"]}, short_help="write layers to files 导出"
)
@click.argument("subjects", nargs=-1, metavar="[LAYER]...")
@click.option("--out", type=click.Path(path_type=Path), help="File; its suffix decides: .gpkg .geojson .shp .zip .csv")
@click.option("--encoding", type=click.Choice(["UTF-8", "GBK"]), default="UTF-8", help="Of Shapefile and CSV.")
@click.option("--on", "day", default="", help="Day as of which places are written, e.g. 2026-11-22; by default today.")
@click.option("--where", multiple=True, metavar="FIELD=VALUE", help="Only rows whose field has this value; repeatable.")
@click.option("--list", "only_list", is_flag=True, help="List what can be exported.")
@click.option("--json", "as_json", is_flag=True, help="Report for another program.")
def export(
    subjects: tuple[str, ...],
    out: Path | None,
    encoding: str,
    day: str,
    where: tuple[str, ...],
    only_list: bool,
    as_json: bool,
) -> None:
    """Write layers and places to a file 导出.

    A LAYER is the key of a layer, or place:community and the like for the places of a level. Coordinates are WGS84.
    Several layers go into one GeoPackage.

    \b
    Examples:
      geoapp export --list
      geoapp export place:community --on 2020-01-01 --out 社区.geojson
      geoapp export place:community --where name=霞光里 --out 轮廓.gpkg
      geoapp export buildings place:community --out 麦子店.gpkg
      geoapp export compounds --out 小区.zip --encoding GBK
    """
    from geoapp.config import read_settings
    from geoapp.db import Database
    from geoapp.maps.sheets import featurefiles
    from geoapp.schema import require_current

    settings = read_settings()
    database = Database(settings)
    try:
        require_current(database)
        if only_list or not subjects:
            _list(database, as_json=as_json)
            return
        if out is None:
            raise click.UsageError("say where to with --out, e.g. --out 社区.gpkg")
        tables = [_table(database, subject, day, where) for subject in subjects]
        written = featurefiles.write(tables, out, encoding=encoding)
    finally:
        database.dispose()
    if as_json:
        click.echo(json.dumps({"file": str(written.path), "rows": written.rows, "remarks": list(written.remarks)}))
        return
    click.echo(f"{written.path}: {written.rows} 条")
    for remark in written.remarks:
        click.echo(f"  {remark}")


def _list(database: Any, *, as_json: bool) -> None:
    from geoapp.maps import store

    with database.reading() as connection:
        listed = [source for source in store.sources(connection, {}) if source.count]
    if as_json:
        rows = [{"key": s.key, "title": s.title, "kind": s.kind, "features": s.count} for s in listed]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    if not listed:
        click.echo("还没有图层；先用 geoapp import 导入文件，或用 geoapp demo load 载入示意数据。")
    for source in listed:
        click.echo(f"{source.key:28} {source.count:>8}  {source.title}")


def _table(database: Any, subject: str, day: str, where: tuple[str, ...]) -> Any:
    from datetime import datetime

    from geoapp.maps import forms, sources, store
    from geoapp.maps.sheets.featurefiles import Table

    on = forms.read_day({"on": day}, datetime.now(database.settings.zone).date())
    with database.reading() as connection:
        source = sources.find(store.sources(connection, {}), subject)
        shapes, columns = store.exported(connection, source, on=on)
    for condition in where:
        shapes, columns = forms.only_where(condition, shapes, columns)
    return Table(subject.replace("place:", ""), shapes, columns)
