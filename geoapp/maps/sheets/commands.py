"""``geoapp posters``: door codes 楼门码 for the buildings of a place, as a PDF to print and cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

#: Fields that a layer of buildings commonly has for what a poster says.
_COMPOUND = ("compound", "小区", "小区名称", "院")
_NAME = ("name", "名称", "楼栋", "楼号", "building")
_STAIRS = ("stairs", "units", "单元", "单元数")
_HOUSEHOLDS = ("households", "户数", "套数")


@click.command(
    context_settings={"help_option_names": ["-h", "--help"]}, short_help="door codes to print and hang 楼门码"
)
@click.option("--place", default="", metavar="CODE", help="Code of the place whose doors get codes.")
@click.option("--layer", default="", metavar="KEY", help="Layer of buildings; by default that of kind building.")
@click.option("--stairs", is_flag=True, help="A code for each stair 单元 instead of one for each building.")
@click.option("--out", type=click.Path(path_type=Path), help="PDF to write.")
@click.option("--size", type=click.Choice(["a6", "a5", "a4"]), default="a6", help="Of one poster; pages are A4.")
@click.option("--all", "also_empty", is_flag=True, help="Also buildings in which nobody lives.")
@click.option("--public-url", default="", metavar="URL", help="What addresses in codes begin with; else the setting.")
@click.option("--revoke", multiple=True, metavar="DOOR", help="End the code of a door, as the poster names it.")
def posters(
    place: str, layer: str, stairs: bool, out: Path | None, size: str, also_empty: bool, public_url: str,
    revoke: tuple[str, ...],
) -> None:  # fmt: skip
    """Give every building of a place a code for its door, and write the posters 楼门码.

    Doors that have a code keep it: a reprint shows the same codes. The address in a code begins with
    --public-url or GEOAPP_PUBLIC_URL, which phones must be able to reach.

    A code that was torn off, copied or hung elsewhere is ended with --revoke: it opens nothing any more, and the next
    printing makes a new one for that door.

    \b
    Examples:
      geoapp posters --public-url http://192.168.1.20:8000 --place 110105012023 --out 试用.pdf
      geoapp posters --place 110105012023 --out 霞光里楼门码.pdf
      geoapp posters --place 110105012023 --stairs --size a5 --out 单元门码.pdf
      geoapp posters --revoke 霞光里5号楼
    """
    if revoke:
        _revoke(revoke, place)
    if not out or not place:
        if revoke and not out:
            return
        raise click.UsageError("做楼门码要写 --place 和 --out；只停用的话写 --revoke。")
    from geoapp.accounts.people import Actor
    from geoapp.config import reached_at, read_settings
    from geoapp.db import Database
    from geoapp.files import secret_key
    from geoapp.maps.sheets.posters import posters_pdf
    from geoapp.reports.doors import store
    from geoapp.reports.doors.actions import make_doors
    from geoapp.schema import require_current

    settings = read_settings()
    if public_url:
        settings = reached_at(settings, public_url)
    if not settings.public_url:
        raise click.UsageError(
            "楼门码里要写居民手机打得开的地址：请加 --public-url https://jie.example.cn，或设置 GEOAPP_PUBLIC_URL。"
        )
    database = Database(settings)
    try:
        require_current(database)
        wanted, name, illustrative = _wanted(database, place, layer, stairs=stairs, also_empty=also_empty)
        with database.reading() as connection:
            known = {(d.compound, d.building, d.unit) for d in store.doors_at(connection, place)}
        new = [door for door in wanted if (door.compound, door.building, door.unit) not in known]
        if new:
            make_doors(database, Actor(system="command line"), new)
        with database.reading() as connection:
            doors = store.doors_at(connection, place)
    finally:
        database.dispose()
    secret = secret_key(settings.data)
    shown = [_poster(door, name, illustrative, secret, settings.public_url) for door in doors]
    if not shown:
        raise click.UsageError(f"{name}里没有可以做楼门码的楼；请先导入楼栋图层，或加 --all。")
    out.write_bytes(posters_pdf(shown, layout=size))
    click.echo(f"{out}: {len(shown)} 张楼门码，其中新做 {len(new)} 张")


def _revoke(doors: tuple[str, ...], place: str) -> None:
    from geoapp.accounts.people import Actor
    from geoapp.config import read_settings
    from geoapp.db import Database
    from geoapp.files import secret_key
    from geoapp.reports.doors.actions import door_meant, revoke_doors
    from geoapp.schema import require_current

    settings = read_settings()
    database = Database(settings)
    try:
        require_current(database)
        with database.reading() as connection:
            found = [door_meant(connection, said, secret_key(settings.data), place_code=place) for said in doors]
        revoke_doors(database, Actor(system="command line"), [door.key for door in found])
    finally:
        database.dispose()
    for door in found:
        click.echo(f"{door.compound}{door.building}{door.unit}: 已停用；再做楼门码时换新的")


def _wanted(database: Any, code: str, key: str, *, stairs: bool, also_empty: bool) -> tuple[list[Any], str, bool]:
    """Doors of the buildings that stand in the place today, the place's name, and whether all of it is invented."""
    from datetime import datetime

    import shapely

    from geoapp.layers import store as layers
    from geoapp.places import store as places

    today = datetime.now(database.settings.zone).date()
    with database.reading() as connection:
        place = places.version(connection, code, on=today)
        layer = layers.layer_by_key(connection, key) if key else _buildings(layers.layers(connection))
        if place.geometry is None:
            raise click.UsageError(f"{place.name}没有边界，不知道哪些楼在里面；请先导入它的边界。")
        found = layers.features(connection, layer.id, bbox=place.geometry.bounds)
    shapes = found.shapes()
    shapely.prepare(place.geometry)
    doors = []
    for position, shape in enumerate(shapes):
        if shape is None or not shapely.intersects_xy(place.geometry, *(point := _inside(shape))):
            continue
        row = {"name": found.names[position], **found.props[position]}
        if also_empty or _field(row, _HOUSEHOLDS) not in (0, "0", 0.0):
            doors += _doors(row, point, stairs=stairs)
    return doors, place.name, layer.illustrative


def _buildings(layers: list[Any]) -> Any:
    found = next((layer for layer in layers if layer.kind == "building"), None)
    if found is None:
        raise click.UsageError("还没有楼栋图层；请先用 geoapp import 导入楼栋，或用 --layer 指定。")
    return found


def _inside(shape: Any) -> tuple[float, float]:
    point = shape.representative_point()
    return point.x, point.y


def _doors(row: dict[str, Any], point: tuple[float, float], *, stairs: bool) -> list[Any]:
    from geoapp.reports.doors.actions import NewDoor

    name, compound = str(_field(row, _NAME) or "").strip(), str(_field(row, _COMPOUND) or "").strip()
    if not name:
        return []
    # The estate is often part of the building's own name; said twice it would not fit on a poster.
    estate = "" if name.startswith(compound) or not name[0].isdigit() else compound
    count = _field(row, _STAIRS) if stairs else None
    units = [f"{number}单元" for number in range(1, int(count) + 1)] if count else [""]
    return [NewDoor(building=name, unit=unit, compound=estate, lonlat=point) for unit in units]


def _field(row: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _poster(door: Any, place: str, illustrative: bool, secret: bytes, public_url: str) -> Any:
    from geoapp.maps.sheets.posters import Poster
    from geoapp.reports.doors.tokens import token

    address = f"{public_url.rstrip('/')}/d/{token(door.key, secret)}"
    return Poster(place, f"{door.compound}{door.building}{door.unit}", address, illustrative)
