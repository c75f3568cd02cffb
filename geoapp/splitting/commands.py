"""``geoapp units``: tile an area with indivisible units."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click


@click.command()
@click.option("--outline", required=True, type=click.Path(path_type=Path), help="The area; FILE or FILE:LAYER.")
@click.option("--buildings", type=click.Path(path_type=Path), help="Buildings; without them compounds or grids.")
@click.option("--barriers", multiple=True, type=click.Path(path_type=Path), help="Roads, rails, water; repeatable.")
@click.option("--barrier-class", default="", metavar="FIELD", help="Field with the class of a barrier.")
@click.option("--grids", type=click.Path(path_type=Path), help="Grids 网格 that units belong to.")
@click.option("--compounds", type=click.Path(path_type=Path), help="Compounds 小区, kept whole.")
@click.option("--households", "households", default="", metavar="FIELD", help="Buildings' field with households.")
@click.option("--storeys", default="", metavar="FIELD", help="Buildings' field with storeys.")
@click.option("--use", default="", metavar="FIELD", help="Buildings' field with their use.")
@click.option("--dwelling", multiple=True, metavar="VALUE", help="Value of --use that means homes; repeatable.")
@click.option("--basis", default="", help="What the households count: 户籍, 常住 or 套数.")
@click.option("--date", default="", help="Date of the households.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="GeoPackage to write.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def units(
    *, outline: Path, buildings: Path | None, barriers: tuple[Path, ...], barrier_class: str, grids: Path | None,
    compounds: Path | None, households: str, storeys: str, use: str, dwelling: tuple[str, ...], basis: str, date: str,
    out: Path, as_json: bool,
) -> None:  # fmt: skip
    """Tile an area with units: the outline cut by roads, rails and water, each piece shared out among its buildings.

    \b
    Example:
      geoapp units --outline 社区.gpkg --buildings 楼.gpkg --barriers 路.gpkg --barrier-class 等级 --out units.gpkg
      geoapp units --outline m.gpkg:district --buildings m.gpkg:build --barriers m.gpkg:roads --barriers m.gpkg:water
                   --barrier-class fclass --storeys levels --use kind --dwelling 住宅 --out units.gpkg
    """
    from geoapp.splitting import actions
    from geoapp.splitting.sources import FieldNames

    made = actions.make_units(
        out, outline, buildings=buildings, compounds=compounds, grids=grids, barriers=barriers,
        barrier_class=barrier_class, fields=FieldNames(households, storeys, use, dwelling), basis=basis, date=date,
        progress=None if as_json else lambda step: click.echo(f"{step} …", err=True),
    )  # fmt: skip
    if as_json:
        click.echo(json.dumps(made, ensure_ascii=False))
        return
    click.echo(
        f"{made['out']}：{made['units']} 个单元，{made['households']} 户（其中 {made['estimated']} 个单元估算，"
        f"{made['apportioned']} 个均摊），{made['borders']} 段界线。"
    )
    for note in made["notes"]:
        click.echo(note)
    reasons = Counter(row["reason"] for row in made["set_aside"])
    for reason, count in reasons.most_common():
        first = [f"{row['id']}（{row['households']:g} 户）" for row in made["set_aside"] if row["reason"] == reason][:5]
        more = "等" if count > len(first) else ""
        click.echo(f"{count} 个未单独成单元，{reason}：{'、'.join(first)}{more}；全部见 {out.name} 的 set_aside 表。")
