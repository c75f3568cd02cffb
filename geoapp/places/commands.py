"""``geoapp places``: the five levels as of a day, and the operations that change them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geoapp.accounts.people import system

if TYPE_CHECKING:
    from geoapp.db import Database
    from geoapp.places.actions import Outcome

_HELP = {"help_option_names": ["-h", "--help"]}
_FILE = click.Path(path_type=Path, dir_okay=False)
Command = Callable[..., Any]
#: The command line acts with the rights of whoever owns the machine, under the name that was given.
_NAMED: Any = lambda _context, _option, name: system(name)  # noqa: E731


@click.group("places", context_settings=_HELP)
def places() -> None:
    """The five levels 区 > 街道 > 社区 > 网格 > 小院 and their history; every date may lie in the past or the future.

    \b
    Examples:
      geoapp places load --codes streets.csv --codes villages.csv --on 2023-12-31
      geoapp places list --level community --parent 110105012 --on 2026-01-01
      geoapp places split --plan plan.json --place 110105012023 --on 2027-01-01
      geoapp places at 116.46 39.95
    """


def _operation(command: Command) -> Command:
    """Options of everything that changes places."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="For another program."),
        click.option("--note", default="", help="Why: the number of the approval, for instance 批复文号."),
        click.option("--by", default="command line", callback=_NAMED, help="In whose name it is recorded."),
        click.option("--on", "on", required=True, metavar="DATE", help="First day on which it holds, YYYY-MM-DD."),
    ):
        command = option(command)
    return command


def _look(command: Command) -> Command:
    """Options of everything that looks at places."""
    command = click.option("--json", "as_json", is_flag=True, help="For another program.")(command)
    return click.option("--on", "on", metavar="DATE", help="As of this day, YYYY-MM-DD; by default today.")(command)


@places.command("list")
@click.option("--level", help="district, subdistrict, community, grid or courtyard.")
@click.option("--parent", help="Only what lies directly below this code.")
@_look
def list_(level: str | None, parent: str | None, on: str | None, as_json: bool) -> None:
    """Places of a day, by code.

    Example: geoapp places list --level community --parent 110105012 --on 2026-01-01
    """
    from geoapp.places import forms, store

    with _open() as database, database.reading() as connection:
        day = _day(on)
        found = store.versions(
            connection,
            on=day,
            level=forms.parse_level(level) if level else None,
            parent=forms.parse_code(parent) if parent else None,
            geometry=False,
        )
        _show(connection, found, day=day, as_json=as_json)


@places.command("show")
@click.argument("code")
@_look
def show(code: str, on: str | None, as_json: bool) -> None:
    """One place: what is known, what lies above and below; with --json also its border.

    Example: geoapp places show 110105012023 --on 2026-01-01 --json
    """
    from geoapp.places import store
    from geoapp.places.account import page_json, place_line

    with _open() as database, database.reading() as connection:
        day = _day(on)
        version = store.version(connection, code, on=day)
        above = store.path(connection, code, on=day)[:-1]
        under = store.versions(connection, on=day, parent=code, geometry=False)
        titles = store.level_titles(connection)
    if as_json:
        _print_json(page_json(version, above, under, titles, on=day))
        return
    click.echo(" > ".join([*(v.name for v in above), version.name]))
    click.echo(place_line(version, titles))
    for child in under:
        click.echo("  " + place_line(child, titles))


@places.command("at")
@click.argument("lon")
@click.argument("lat")
@_look
def at(lon: str, lat: str, on: str | None, as_json: bool) -> None:
    """The places of a point (WGS84) on a day.

    Example: geoapp places at 116.4650 39.9512 --on 2026-01-01
    """
    from geoapp.places import forms, store

    with _open() as database, database.reading() as connection:
        day = _day(on)
        x = forms.parse_number(lon, what="经度", least=-180, most=180)
        y = forms.parse_number(lat, what="纬度", least=-90, most=90)
        _show(connection, store.at_point(connection, x, y, on=day), day=day, as_json=as_json)


@places.command("search")
@click.argument("words")
@_look
def search(words: str, on: str | None, as_json: bool) -> None:
    """Places whose name contains WORDS or whose code begins with them.

    Example: geoapp places search 霞光里
    """
    from geoapp.places import store

    with _open() as database, database.reading() as connection:
        day = _day(on)
        _show(connection, store.search(connection, words, on=day, limit=50), day=day, as_json=as_json)


@places.command("history")
@click.argument("code")
@click.option("--json", "as_json", is_flag=True, help="For another program.")
def history(code: str, as_json: bool) -> None:
    """Every version of a place, and who followed whom: geoapp places history 110105012023."""
    from geoapp.places import store
    from geoapp.places.account import history_text, link_json, place_json

    with _open() as database, database.reading() as connection:
        versions = store.history(connection, code)
        linked = store.links(connection, code)
        titles = store.level_titles(connection)
    if as_json:
        entries = [
            {"operation": o.id, "kind": o.kind, "on": o.on_date.isoformat(), **link_json(link)} for o, link in linked
        ]
        _print_json({"code": code, "versions": [place_json(v, titles) for v in versions], "successions": entries})
        return
    click.echo("\n".join(history_text(versions, linked, titles)))


@places.command("check")
@click.argument("code")
@_look
def check(code: str, on: str | None, as_json: bool) -> int:
    """Do the places directly below CODE tile it? Gaps 管理空白, overlaps 交叉重叠, slivers, 飞地; exit 3 when not.

    With --json each fault has its area in m2 and its geometry. Example: geoapp places check 110105012 --json
    """
    from geoapp.errors import EXIT_NO_ANSWER
    from geoapp.places import store
    from geoapp.places.account import check_json, check_text
    from geoapp.places.boundaries import check_children

    with _open() as database, database.reading() as connection:
        day = _day(on)
        parent = store.version(connection, code, on=day)
        found = check_children(parent, store.versions(connection, on=day, parent=code))
    if as_json:
        _print_json({"on": day.isoformat(), **check_json(found)})
    else:
        click.echo("\n".join(check_text(found)))
    return 0 if found.holds else EXIT_NO_ANSWER


@places.command("log")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="For another program.")
def log(limit: int, as_json: bool) -> None:
    """Operations, newest first; `undo` takes their numbers.

    Example: geoapp places log --limit 10
    """
    from dataclasses import asdict

    from geoapp.places import store
    from geoapp.places.account import operation_line

    with _open() as database, database.reading() as connection:
        entries = store.recent_operations(connection, limit=limit)
    if as_json:
        _print_json([asdict(entry) for entry in entries])
        return
    for entry in entries:
        click.echo(operation_line(entry))


@places.command("load")
@click.argument("layer", required=False)
@click.option("--codes", "codes", type=_FILE, multiple=True, help="CSV of code and name; several times for levels.")
@click.option("--code", help="Code of the one feature, when the layer does not give it.")
@click.option("--only", metavar="FIELD=VALUE", help="Only the features whose field has this value.")
@click.option("--illustrative", is_flag=True, help="Made up to show something 示意.")
@click.option("--source", default="", help="Where it comes from; by default the layer's source or the file's name.")
@_operation
def load(layer: str | None, codes: tuple[Path, ...], on: str, as_json: bool, **said: Any) -> None:
    """Bring in places from a layer or from lists of codes, as they hold from a day on.

    Fields: code 编码, name 名称, households 户数, households_basis 口径, people 人口, staff 社区工作者, and
    valid_from / valid_to where the layer tells a history. Bad rows are refused one by one; the same load twice
    changes nothing. A committee's name gives the place's: 霞光里社区居委会 -> 霞光里社区.

    \b
    Examples:
      geoapp places load --codes areas.csv --codes streets.csv --codes villages.csv --on 2023-12-31
      geoapp places load communities --on 2026-01-01
      geoapp places load township --only town=麦子店街道 --code 110105012 --on 2024-01-01
    """
    from dataclasses import asdict

    from geoapp.places import actions
    from geoapp.places.account import report_text

    if bool(layer) == bool(codes):
        raise click.UsageError("give either a LAYER or --codes FILE")
    with _open() as database:
        if layer:
            report = actions.load_layer(database, layer, on=_day(on), **said)
        else:
            said = {key: said[key] for key in ("by", "note", "source", "illustrative")}
            report = actions.load_codes(database, codes, on=_day(on), **said)
    if as_json:
        _print_json(asdict(report))
        return
    click.echo("\n".join(report_text(report)))


@places.command("split")
@click.option("--plan", "plan", type=_FILE, required=True, help="plan.json of `geoapp split`.")
@click.option("--place", metavar="CODE", help="What is divided; by default what the plan says.")
@click.option("--name", "names", multiple=True, metavar="[N=]NAME", help="Name of part N (or of the next part).")
@click.option("--code", "codes", multiple=True, metavar="[N=]CODE", help="Code of part N; by default the next free.")
@click.option("--staff", "staff", multiple=True, metavar="[N=]COUNT", help="Staff that part N is given.")
@click.option("--keep", type=click.IntRange(1), help="Part that keeps the code; by default that with most households.")
@_operation
def split(plan: Path, on: str, as_json: bool, keep: int | None, **said: Any) -> None:
    """Adopt a plan: divide a place from a day on 拆分. The same plan on the same day twice changes nothing.

    \b
    Examples:
      geoapp places split --plan plan.json --on 2027-01-01
      geoapp places split --plan plan.json --place 110105012023 --name 1=霞光里社区 --name 2=亮马社区 --on 2027-01-01
    """
    from geoapp.places import actions, forms
    from geoapp.places.records import count_of

    content, day = forms.read_json(plan), _day(on)
    by_part: dict[str, Any] = {name: forms.by_part(said.pop(name), option=name) for name in ("names", "codes")}
    staff = [
        None if text is None else count_of(text, what="工作人员")
        for text in forms.by_part(said.pop("staff"), option="staff")
    ]
    keeper = None if keep is None else keep - 1
    with _open() as database:
        outcome = actions.split_by_plan(database, content, on=day, staff=staff, keeper=keeper, **by_part, **said)
        _tell(database, outcome, as_json=as_json)


@places.command("merge")
@click.argument("codes", nargs=-1, required=True)
@click.option("--keep", "keeper", metavar="CODE", help="Code that goes on; by default that with most households.")
@click.option("--name", help="Name of the whole; by default that of the code that goes on.")
@_operation
def merge(codes: tuple[str, ...], on: str, as_json: bool, **said: Any) -> None:
    """Join places of one parent 合并.

    Example: geoapp places merge 110105012023 110105012027 --on 2028-01-01
    """
    from geoapp.places import actions

    with _open() as database:
        _tell(database, actions.merge(database, codes, on=_day(on), **said), as_json=as_json)


@places.command("new")
@click.argument("name")
@click.option("--parent", metavar="CODE", help="Place above; none for a district.")
@click.option("--code", help="By default the next free one below the parent.")
@click.option("--border", type=_FILE, help="GeoJSON file of its border (WGS84).")
@click.option("--households", type=click.IntRange(0, 2**31 - 1))
@click.option("--basis", "households_basis", default="", help="口径 of the households.")
@click.option("--people", type=click.IntRange(0, 2**31 - 1))
@click.option("--staff", type=click.IntRange(0, 2**31 - 1))
@_operation
def new(name: str, parent: str | None, border: Path | None, on: str, as_json: bool, **said: Any) -> None:
    """Set up a place on ground that no neighbour holds 新设.

    Example: geoapp places new 新苑社区 --parent 110105012 --border 新苑.geojson --households 1200 --on 2027-01-01
    """
    from geoapp.places import actions

    geometry = _border(border, what=name)
    with _open() as database:
        outcome = actions.new(database, parent, name, on=_day(on), geometry=geometry, **said)
        _tell(database, outcome, as_json=as_json)


@places.command("abolish")
@click.argument("code")
@click.option("--with-children", is_flag=True, help="End everything below it as well.")
@_operation
def abolish(code: str, on: str, as_json: bool, **said: Any) -> None:
    """End a place without a successor 撤销; to hand its ground on use merge.

    Example: geoapp places abolish 110105012027 --with-children --on 2028-01-01
    """
    from geoapp.places import actions

    with _open() as database:
        _tell(database, actions.abolish(database, code, on=_day(on), **said), as_json=as_json)


@places.command("shift")
@click.argument("giver")
@click.argument("taker")
@click.option("--area", type=_FILE, required=True, help="GeoJSON file of the ground that moves (WGS84).")
@click.option("--households", type=click.IntRange(0, 2**31 - 1), help="How many households move with it.")
@_operation
def shift(giver: str, taker: str, area: Path, on: str, as_json: bool, **said: Any) -> None:
    """Move ground from the first place to the second 界线调整.

    Example: geoapp places shift 110105012023 110105012024 --area 地块.geojson --households 120 --on 2027-01-01
    """
    from geoapp.places import actions

    with _open() as database:
        ground = _border(area, what="移交范围")
        _tell(database, actions.shift(database, giver, taker, ground, on=_day(on), **said), as_json=as_json)


@places.command("rename")
@click.argument("code")
@click.argument("name")
@_operation
def rename(code: str, name: str, on: str, as_json: bool, **said: Any) -> None:
    """Give a place another name 更名.

    Example: geoapp places rename 110105012027 亮马社区 --on 2027-06-01
    """
    from geoapp.places import actions

    with _open() as database:
        _tell(database, actions.rename(database, code, name, on=_day(on), **said), as_json=as_json)


@places.command("undo")
@click.argument("operation", type=click.IntRange(1, 2**31 - 1))
@click.option("--by", default="command line", callback=_NAMED, help="In whose name it is recorded.")
def undo(operation: int, by: Any) -> None:
    """Withdraw an operation on which nothing builds 撤回; it stays on record, marked so.

    Example: geoapp places undo 12
    """
    from geoapp.places import actions
    from geoapp.places.versions import KIND_TITLES

    with _open() as database:
        entry = actions.undo(database, operation, by=by)
    click.echo(f"已撤回第 {entry.id} 次变更（{KIND_TITLES[entry.kind]}，{entry.on_date}）；此前的区划恢复有效。")


@places.command("levels")
@click.option("--title", "titles", multiple=True, metavar="LEVEL=NAME", help="Call a level so, e.g. courtyard=楼门.")
def levels(titles: tuple[str, ...]) -> None:
    """The five levels and what this district calls them.

    Example: geoapp places levels --title courtyard=楼门
    """
    from geoapp.places import actions, store

    with _open() as database:
        for title in titles:
            level, _, name = title.partition("=")
            actions.retitle_level(database, level, zh=name, by=system("command line"))
        with database.reading() as connection:
            for key, (zh, en) in store.level_titles(connection).items():
                click.echo(f"{key}\t{zh}\t{en}")


@contextmanager
def _open() -> Iterator[Database]:
    """The installation's database, its tables brought up to date."""
    from geoapp.config import read_settings
    from geoapp.schema import prepared

    database = prepared(read_settings())
    try:
        yield database
    finally:
        database.dispose()


def _day(text: str | None) -> date:
    from geoapp.config import read_settings
    from geoapp.places.forms import parse_day

    return parse_day(text) if text is not None else datetime.now(read_settings().zone).date()


def _border(path: Path | None, *, what: str) -> Any:
    from geoapp.places import forms

    return None if path is None else forms.parse_geometry(forms.read_json(path), what=what)


def _show(connection: Any, found: list[Any], *, day: date, as_json: bool) -> None:
    from geoapp.places import store
    from geoapp.places.account import place_json, place_line

    titles = store.level_titles(connection)
    if as_json:
        _print_json({"on": day.isoformat(), "places": [place_json(version, titles) for version in found]})
        return
    lines = [place_line(version, titles) for version in found]
    click.echo("\n".join(lines) or f"{day} 没有符合的区划。", err=not lines)


def _tell(database: Database, outcome: Outcome, *, as_json: bool) -> None:
    from geoapp.places import store
    from geoapp.places.account import outcome_json, outcome_text

    with database.reading() as connection:
        titles = store.level_titles(connection)
    if as_json:
        _print_json(outcome_json(outcome, titles))
        return
    click.echo("\n".join(outcome_text(outcome, titles)))


def _print_json(content: Any) -> None:
    click.echo(json.dumps(content, ensure_ascii=False, default=str))
