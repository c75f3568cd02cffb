"""``geoapp import`` and ``geoapp layers``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geoapp.accounts.people import system

if TYPE_CHECKING:
    from geoapp.db import Database
    from geoapp.files import FileStore
    from geoapp.layers.importing import ImportOptions

BY = system("command line")


@click.command("import", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--layer", default="", help="Key of the layer; by default made of the file's name.")
@click.option("--title", default="", help="Name that people see.")
@click.option("--kind", default="", help="boundary, compound, building, road, water, rail, transit, charging, ...")
@click.option("--level", default="", help="Of boundaries: district, subdistrict, community, grid, courtyard.")
@click.option("--crs", default="", help="EPSG code, gcj02, bd09, bd09mc, or auto (found by comparison).")
@click.option("--compare", default="", help="Layer to compare with; by default every layer that can tell.")
@click.option("--encoding", default="", help="UTF-8, GBK, Big5; by default declared or detected.")
@click.option("--sublayer", default="", help="Layer inside a file that holds several.")
@click.option("--sheet", default="", help="Sheet of a workbook; by default the first with a table.")
@click.option("--lon", "lon_field", default="", help="Column of longitude, or of both numbers in one.")
@click.option("--lat", "lat_field", default="", help="Column of latitude.")
@click.option("--wkt", "wkt_field", default="", help="Column of WKT.")
@click.option("--name-field", default="", help="Column of names.")
@click.option("--code-field", default="", help="Column of codes.")
@click.option("--join", default="", help="Layer whose shapes a table takes over by code.")
@click.option("--match", default="", help="Layer of buildings or compounds that a roster is matched to.")
@click.option("--community", default="", help="Community that a roster speaks of.")
@click.option("--source", default="", help="Whose data it is.")
@click.option("--licence", default="", help="On what terms it may be used.")
@click.option("--date", default="", help="As of when, e.g. 2026-08.")
@click.option("--internal/--public", "internal", default=None, help="May it become a public file?")
@click.option("--illustrative", is_flag=True, default=None, help="Made up to show something 示意.")
@click.option("--swap-xy", is_flag=True, help="The file has latitude first.")
@click.option("--anywhere", is_flag=True, help="Keep rows far from all others.")
@click.option("--replace/--append", "replace", default=True, help="Take the place of the layer's rows, or add to them.")
@click.option("--dry-run", is_flag=True, help="Report the same, store nothing.")
@click.option("--json", "as_json", is_flag=True, help="Report for another program.")
def import_(file: Path, as_json: bool, internal: bool | None, replace: bool, **said: Any) -> None:
    """Bring a FILE into a layer 导入.

    GeoJSON, GeoPackage, Shapefile (also zipped), KML/KMZ, MapInfo TAB/MIF, OSM pbf/xml, FileGDB, CSV and XLSX.
    Every row is stored or set aside 未入库 with a reason; the original is kept; an import can be undone.

    \b
    Examples:
      geoapp import 小区.geojson --kind compound --crs bd09
      geoapp import 公交.gpkg --layer bus_lines --kind transit --crs gcj02
      geoapp import 小区.json --kind compound --crs auto --compare bus_lines
      geoapp import 楼栋台账.xlsx --kind roster --match buildings --dry-run
    """
    from geoapp.layers.actions import import_file
    from geoapp.layers.importing import APPEND, REPLACE

    visibility = "" if internal is None else ("internal" if internal else "public")
    values = {**said, "visibility": visibility, "mode": REPLACE if replace else APPEND}
    options = _with_catalogue(file, values)
    database, files = _open()
    progress = None if as_json or not sys.stderr.isatty() else _Bar()
    try:
        report = import_file(database, files, file, options, by=BY, progress=progress)
    finally:
        if progress is not None:
            progress.end()
        database.dispose()
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        click.echo(_told(report.as_json()))


@click.group("layers", context_settings={"help_option_names": ["-h", "--help"]})
def layers() -> None:
    """What was imported: list, look, undo, remove 图层.

    \b
    Examples:
      geoapp layers list
      geoapp layers undo compounds
      geoapp layers set-aside compounds --out 未入库.csv
    """


@layers.command("list")
@click.option("--json", "as_json", is_flag=True, help="For another program.")
def list_(as_json: bool) -> None:
    """All layers with rows, source and licence.

    \b
    Example:
      geoapp layers list --json
    """
    from geoapp.layers import store

    database, _ = _open()
    with database.reading() as connection:
        found = store.layers(connection)
    database.dispose()
    if as_json:
        click.echo(json.dumps([_layer_json(layer) for layer in found], ensure_ascii=False))
        return
    for layer in found:
        marks = " 示意" if layer.illustrative else ""
        click.echo(
            f"{layer.key}\t{layer.title}{marks}\t{layer.kind}\t{layer.rows} 行\t{layer.datum}\t{layer.visibility}\t"
            f"{layer.source or '来源未注明'}\t{layer.licence or '许可未注明'}"
        )
    if not found:
        click.echo("还没有图层；用 geoapp import 文件 导入第一个。")


@layers.command("show")
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help="For another program.")
def show(key: str, as_json: bool) -> None:
    """One layer and its imports.

    \b
    Example:
      geoapp layers show compounds
    """
    from geoapp.layers import store

    database, _ = _open()
    with database.reading() as connection:
        layer = store.layer_by_key(connection, key)
        imports = store.imports(connection, layer.id)
    database.dispose()
    if as_json:
        done = [
            {
                "id": one.id,
                "active": one.active,
                "undone": one.undone_at is not None,
                "imported_at": one.imported_at.isoformat(),
                **one.report,
            }
            for one in imports
        ]
        click.echo(json.dumps({**_layer_json(layer), "imports": done}, ensure_ascii=False))
        return
    for name, value in _layer_json(layer).items():
        click.echo(f"{name}: {value}")
    for one in imports:
        state = "使用中" if one.active else ("已撤销" if one.undone_at else "已被替换")
        click.echo(f"\n导入 {one.id}（{state}，{one.imported_at:%Y-%m-%d %H:%M} UTC，{one.imported_by}）")
        click.echo(_told(one.report))


@layers.command("undo")
@click.argument("key")
def undo(key: str) -> None:
    """Undo the latest import; what it replaced comes back.

    \b
    Example:
      geoapp layers undo compounds
    """
    from geoapp.layers.actions import undo_import

    database, _ = _open()
    undone = undo_import(database, key, by=BY)
    database.dispose()
    click.echo(f"已撤销 {undone.filename} 的导入（{undone.report.get('rows_stored', 0)} 行）。")


@layers.command("remove")
@click.argument("key")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(key: str, yes: bool) -> None:
    """Delete a layer with all its imports.

    \b
    Example:
      geoapp layers remove compounds --yes
    """
    from geoapp.layers.actions import remove_layer

    if not yes:
        click.confirm(f"删除图层“{key}”及其全部导入记录？", abort=True)
    database, _ = _open()
    gone = remove_layer(database, key, by=BY)
    database.dispose()
    click.echo(f"已删除图层“{gone.key}”（{gone.rows} 行）；原始文件仍在文件库中。")


@layers.command("set-aside")
@click.argument("key")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write; by default the screen.")
def set_aside(key: str, out: Path | None) -> None:
    """Rows of the latest import that were not stored 未入库, as CSV with number, reason and remedy.

    \b
    Example:
      geoapp layers set-aside compounds --out 未入库.csv
    """
    from geoapp.layers import store
    from geoapp.layers.handing_out import refused_csv

    database, _ = _open()
    with database.reading() as connection:
        layer = store.layer_by_key(connection, key)
        latest = store.latest_import(connection, layer.id)
        text = refused_csv(store.refused(connection, latest.id))
    database.dispose()
    if out is None:
        click.echo(text, nl=False)
    else:
        # The mark at the beginning is what makes Excel read Chinese right.
        out.write_text(text, encoding="utf-8-sig", newline="")
        click.echo(f"已写入 {out}。")


@layers.command("sample")
@click.argument("key")
@click.option("--limit", type=click.IntRange(1, 10_000), default=10, show_default=True)
def sample(key: str, limit: int) -> None:
    """First rows of a layer, as GeoJSON.

    \b
    Example:
      geoapp layers sample compounds --limit 3
    """
    from geoapp.layers import store
    from geoapp.layers.handing_out import feature_collection

    database, _ = _open()
    with database.reading() as connection:
        layer = store.layer_by_key(connection, key)
        found = store.features(connection, layer.id, limit=limit)
    database.dispose()
    click.echo(json.dumps(feature_collection(found), ensure_ascii=False))


@layers.command("count")
@click.argument("key")
@click.option("--within", required=True, help="Layer of areas to count in.")
@click.option("--where", default="", help="Which of its rows: field=value.")
@click.option("--by", type=click.Choice(["point", "crossing", "inside"]), default="point", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="For another program.")
def count(key: str, within: str, where: str, by: str, as_json: bool) -> None:
    """How many rows of a layer lie in chosen areas of another.

    By a point on the row's surface (each compound belongs to one district), by crossing (a route may belong to several)
    or lying wholly inside.

    \b
    Examples:
      geoapp layers count compounds --within township --where district=朝阳区
      geoapp layers count bus_lines --within township --where town=麦子店街道 --by crossing
    """
    from geoapp.layers import store
    from geoapp.layers.counting import meets, those_within

    database, _ = _open()
    with database.reading() as connection:
        rows = store.features(connection, store.layer_by_key(connection, key).id)
        areas = store.features(connection, store.layer_by_key(connection, within).id)
    database.dispose()
    named = [
        {"name": name, "code": code, **props}
        for name, code, props in zip(areas.names, areas.codes, areas.props, strict=True)
    ]
    chosen = meets(where, named)
    found = those_within(rows.shapes(), areas.shapes()[chosen], by=by)
    answer = {"layer": key, "within": within, "where": where, "by": by, "areas": int(chosen.sum()), "count": len(found)}
    click.echo(json.dumps(answer, ensure_ascii=False) if as_json else f"{len(found)} 行（共 {len(rows)} 行）")


@layers.command("tap")
@click.argument("key")
@click.argument("name")
@click.option("--lon", type=float, required=True, help="Longitude, WGS84.")
@click.option("--lat", type=float, required=True, help="Latitude, WGS84.")
def tap(key: str, name: str, lon: float, lat: float) -> None:
    """Say where a roster's row is; the next import of the roster keeps it.

    \b
    Example:
      geoapp layers tap 楼栋台账 霞光里30号院2号楼 --lon 116.462 --lat 39.951
    """
    from geoapp.layers.rosters.actions import place_roster_row

    database, _ = _open()
    placed = place_roster_row(database, key, name, lon=lon, lat=lat, by=BY)
    database.dispose()
    click.echo(f"已放置 {placed.name}（{placed.households} 户）；还有 {placed.left} 处待点选。")


def _open() -> tuple[Database, FileStore]:
    """The installation's database, its tables brought up to date, and its files."""
    from geoapp.config import read_settings
    from geoapp.files import FileStore
    from geoapp.schema import prepared

    settings = read_settings()
    return prepared(settings), FileStore(settings.data / "files")


def _with_catalogue(file: Path, said: dict[str, Any]) -> ImportOptions:
    """Options as said, the rest taken from the catalogue.toml beside or above the file that lists it."""
    from geoapp.layers.entry import parse_catalogue
    from geoapp.layers.importing import entry_options, options_of

    for folder in (file.parent, file.parent.parent):
        catalogue = folder / "catalogue.toml"
        if catalogue.is_file():
            for entry in parse_catalogue(catalogue.read_text(encoding="utf-8")).values():
                if entry.file and (folder / entry.file).resolve() == file.resolve():
                    return entry_options(entry, **{k: v for k, v in said.items() if v is not False})
    return options_of(said)


def _layer_json(layer: Any) -> dict[str, Any]:
    return {
        "key": layer.key,
        "title": layer.title,
        "kind": layer.kind,
        "level": layer.level,
        "rows": layer.rows,
        "source": layer.source,
        "licence": layer.licence,
        "date": layer.date,
        "datum": layer.datum,
        "visibility": layer.visibility,
        "illustrative": layer.illustrative,
        "extent": layer.extent,
        "version": layer.version,
    }


def _told(report: dict[str, Any]) -> str:
    """A report in words."""
    lines = [
        f"{report['filename']} → 图层 {report['layer']}（{report['title']}）"
        + ("，试运行，未写入" if report["dry_run"] else ""),
        f"  读到 {report['rows_in']} 行，入库 {report['rows_stored']} 行，未入库 {report['rows_set_aside']} 行",
        f"  坐标系 {report['crs'] or '无'}（{report['crs_basis']}）",
        f"  文字编码 {report['encoding']}（{report['encoding_basis']}）",
    ]
    for score in report["scores"]:
        lines.append(f"  候选 {score['crs']}: {score['value']:.4f}（{score['measure']}，{score['probes']} 个检验点）")
    if report["names"]:
        lines.append(f"  名称示例：{'、'.join(report['names'])}")
    for change in report["changes"].values():
        lines.append(f"  {change['title']} {change['rows']} 行：{_short(change['row_numbers'])}")
    if report.get("roster"):
        lines += _told_roster(report["roster"])
    for reason, count in report["reasons"].items():
        lines.append(f"  未入库原因 {reason}：{count} 行")
    if report["replaced_rows"]:
        lines.append(f"  替换了原有的 {report['replaced_rows']} 行（可用 geoapp layers undo {report['layer']} 撤销）")
    lines += [f"  注意：{note}" for note in report["notes"]]
    return "\n".join(lines)


def _told_roster(roster: dict[str, Any]) -> list[str]:
    """What a roster came to: every household is placed, listed, or set aside."""
    lines = [
        f"  台账 {roster['buildings']} 栋 {roster['households']} 户：已上图 {roster['households_placed']} 户，"
        f"待点选 {roster['households_listed']} 户；均摊 {roster['apportioned_buildings']} 栋"
    ]
    for one in roster["unmatched"][:20]:
        lines.append(f"  待点选：{one['name']}（{one['households']} 户，第 {one['rows'][0]} 行）{one['reason']}")
    if len(roster["unmatched"]) > 20:
        lines.append(f"  ……另有 {len(roster['unmatched']) - 20} 处待点选")
    return lines


def _short(numbers: str) -> str:
    return numbers if len(numbers) <= 120 else numbers[:117] + "..."


class _Bar:
    """A line on the screen that is drawn again and again while an import takes longer than a second."""

    def __init__(self) -> None:
        self._began, self._drawn = time.monotonic(), False

    def __call__(self, share: float, words: str) -> None:
        if time.monotonic() - self._began > 1.0:
            filled = round(share * 20)
            click.echo(f"\r[{'#' * filled}{'.' * (20 - filled)}] {words:<30}", nl=False, err=True)
            self._drawn = True

    def end(self) -> None:
        """Leave the line clean."""
        if self._drawn:
            click.echo("\r" + " " * 60 + "\r", nl=False, err=True)
