"""``geoapp units``, ``split``, ``verify``, ``scan``, ``ensemble``: make units, divide, check, try all, draw many."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

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


@click.command()
@click.option("--graph", type=click.Path(path_type=Path), help="Adjacency JSON as NetworkX and GerryChain write it.")
@click.option("--units", type=click.Path(path_type=Path), help="Units file of `geoapp units`, or any polygon layer.")
@click.option("--households", required=True, metavar="FIELD", help="Field with the households.")
@click.option("--cost", metavar="FIELD", help="Edge field with the cost of a border; without it each edge costs 1.")
@click.option("--parts", required=True, type=int, help="How many parts.")
@click.option("--between", type=(int, int), metavar="LO HI", help="Households of every part, ends included.")
@click.option("--ranges", metavar="LO:HI,LO:HI,..", help="Households of each part, ends included.")
@click.option("--targets", metavar="H1,H2,..", help="Households of each part, give or take --tolerance.")
@click.option("--tolerance", type=float, default=0.05, show_default=True, help="Share by which a target may be missed.")
@click.option("--together", multiple=True, metavar="FIELD", help="Units with the same value stay together; repeatable.")
@click.option("--may-cut", multiple=True, metavar="NAME", help="Compound or building that may be cut; repeatable.")
@click.option("--anchor", multiple=True, metavar="ID:PART", help="A unit that must lie in a part; repeatable.")
@click.option("--baseline", metavar="FIELD", help="Field with today's part.")
@click.option("--profile", metavar="NAME", help="How border lines are priced.")
@click.option("--seconds", type=float, default=30.0, show_default=True, help="Time for the search.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help=".json, or with --units .gpkg, .geojson.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan document instead of a summary.")
def split(
    *, graph: Path | None, units: Path | None, households: str, cost: str | None, parts: int,
    between: tuple[int, int] | None, ranges: str | None, targets: str | None, tolerance: float,
    together: tuple[str, ...], may_cut: tuple[str, ...], anchor: tuple[str, ...], baseline: str | None,
    profile: str | None, seconds: float, seed: int, out: Path, as_json: bool,
) -> None:  # fmt: skip
    """Divide units into parts, each in one piece and within its households, along the cheapest border.

    \b
    Examples:
      geoapp split --graph g.json --households hh --parts 2 --tolerance 0.05 --out plan.json
      geoapp split --units units.gpkg --households households --parts 2 --ranges 2800:3000,1500:1700 --out plan.gpkg
    """
    from geoapp.splitting import actions
    from geoapp.splitting.forms import Sizes

    if (graph is None) == (units is None):
        raise click.UsageError("请给 --graph 或 --units 其中一个。")
    if graph is not None:
        if profile is not None or may_cut:
            raise click.UsageError("--profile 与 --may-cut 只能和 --units 一起用：图的界线代价用 --cost 指定。")
        ground = actions.ground_of_graph(graph, households=households, cost=cost)
    else:
        assert units is not None
        if cost is not None:
            raise click.UsageError("--cost 只能和 --graph 一起用：单元的界线代价用 --profile 指定。")
        ground = actions.ground_of_units(units, households=households, profile=profile, may_be_cut=may_cut)
    wishes = actions.Wishes(
        parts, Sizes(between, ranges, targets, tolerance), together, anchor, baseline, seconds, seed
    )
    document = actions.split(ground, wishes, out=out)
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    for line in _summary(document):
        click.echo(line)
    click.echo(f"方案写入 {out}。")


def _summary(document: dict[str, Any]) -> list[str]:
    """What the plan is, in a planner's words."""
    if document["status"] == "optimal":
        lines = [
            f"已证明：在下列条件下，没有代价更低的界线（代价 {document['objective']}，{document['seconds']} 秒）。"
        ]
    elif document["bound"] == document["objective"]:
        lines = [f"算得没有代价更低的界线（代价 {document['objective']}），但没有可供他人核验的证书。"]
    else:
        known = f"已知不会低于 {document['bound']}" if document["bound"] else "还没有算出它离最低有多远"
        lines = [f"目前最好，尚未证明：代价 {document['objective']}，{known}。"]
    for part, (low, high) in zip(document["parts"], document["conditions"]["ranges"], strict=True):
        lines.append(
            f"第 {part['part']} 部分：{part['households']} 户（要求 {low} 到 {high}），{part['units']} 个单元，"
            f"工作者 {part['staff_min']} 到 {part['staff_max']} 人（测算）。"
        )
    return [*lines, *document["notes"]]


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--graph", type=click.Path(path_type=Path), help="The adjacency JSON that was divided.")
@click.option("--units", type=click.Path(path_type=Path), help="The units file that was divided.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
def verify(*, plan: Path, graph: Path | None, units: Path | None, as_json: bool) -> None:
    """Check a plan and its certificate from the data alone: exit 0 when both hold, 3 when not, with the reason.

    \b
    Example:
      geoapp verify plan.json --graph g.json
    """
    from geoapp.splitting import actions

    if (graph is None) == (units is None):
        raise click.UsageError("请给 --graph 或 --units 其中一个。")
    verdict = actions.verify_plan(plan, graph=graph, units=units)
    if as_json:
        click.echo(json.dumps(vars(verdict), ensure_ascii=False))
    elif verdict.status == "optimal":
        click.echo(
            f"已验证：在方案所列条件下，没有代价更低的界线（代价 {verdict.objective}；"
            f"{verdict.starts} 个起点，{verdict.states} 个状态）。"
        )
    elif verdict.status == "infeasible":
        click.echo("已验证：在方案所列条件下，没有任何可行的分法。")
    else:
        click.echo("方案成立；它没有声称最优，也没有证书。")


@click.command()
@click.option("--communities", required=True, type=click.Path(path_type=Path), help="Communities; FILE or FILE:LAYER.")
@click.option("--units", type=click.Path(path_type=Path), help="Units of all communities; without them no division.")
@click.option("--compounds", type=click.Path(path_type=Path), help="Compounds 小区 with manager and people.")
@click.option("--complaints", type=click.Path(path_type=Path), help="Complaints 诉求, a point each.")
@click.option("--over", type=int, help="Households above which a community is too large (default: the rule's, 3000).")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day on which the communities are valid.")
@click.option("--tolerance", type=float, help="Parts at most this share from equal; default: only the size rule.")
@click.option("--field", "fields", multiple=True, metavar="MEANING=NAME", help="E.g. --field manager=物业; repeatable.")
@click.option("--rules", default="beijing-2020", show_default=True, help="Rules file in layers/rules.")
@click.option("--profile", help="Prices of border lines, in layers/rules/profiles.toml.")
@click.option("--scheduler", metavar="tcp://..", help="Dask scheduler (default: GEOAPP_DASK_SCHEDULER).")
@click.option("--workers", type=int, help="Processes of this machine (default: one per core; 1: this process).")
@click.option("--seconds", type=float, default=30.0, show_default=True, help="Time for each community.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--anew", is_flag=True, help="Begin anew, even where an interrupted scan could go on.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="CSV to write; more formats beside it.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def scan(
    *, communities: Path, units: Path | None, compounds: Path | None, complaints: Path | None,
    fields: tuple[str, ...], scheduler: str | None, on: datetime | None, out: Path, as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Try every community: size, marks of being hard to manage, staff, and the best division in two of the large ones.

    Writes OUT (CSV) and beside it a workbook (.xlsx), a GeoPackage with ranks (.gpkg) and a ranked map (.html).
    An interrupted scan goes on when the same command is run again.

    \b
    Example:
      geoapp scan --communities 社区.gpkg --units units.gpkg --compounds 小区.gpkg --over 3000 --out scan.csv
      geoapp scan --communities 社区.gpkg --units units.gpkg --scheduler tcp://10.0.0.5:8786 --out scan.csv
    """
    from geoapp.config import read_settings
    from geoapp.splitting.scanning import actions, forms

    given = actions.Options(
        fields=forms.fields_of(fields),
        scheduler=read_settings().dask_scheduler if scheduler is None else scheduler,
        on=None if on is None else on.date(),
        **options,
    )
    found = actions.scan(
        out, communities, units=units, compounds=compounds, complaints=complaints, options=given,
        progress=None if as_json else forms.teller(lambda line: click.echo(line, err=True)),
    )  # fmt: skip
    summary = actions.summary_of(found)
    click.echo(json.dumps(summary, ensure_ascii=False) if as_json else forms.in_words(summary, out))


@click.command()
@click.option("--graph", required=True, type=click.Path(path_type=Path), help="Adjacency JSON, as for `split`.")
@click.option("--households", required=True, metavar="FIELD", help="Field with the households.")
@click.option("--parts", required=True, type=int, help="How many parts.")
@click.option("--tolerance", type=float, default=0.05, show_default=True, help="Share by which a part may be off.")
@click.option("--draws", required=True, type=int, help="How many plans to draw.")
@click.option(
    "--tree", type=click.Choice(["uniform", "mst"]), default="uniform", show_default=True, help="Kind of tree."
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Where to write; .npz.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def ensemble(
    *, graph: Path, households: str, parts: int, tolerance: float, draws: int, tree: str, seed: int, out: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Draw plans at random along spanning trees: what is usual under the same limits.

    \b
    Example:
      geoapp ensemble --graph g.json --households hh --parts 2 --tolerance 0.05 --draws 1000 --out draws.npz
    """
    from geoapp.splitting import actions

    ground = actions.ground_of_graph(graph, households=households)
    drawn = actions.draw_plans(ground, parts, tolerance=tolerance, draws=draws, tree=tree, seed=seed, out=out)
    if as_json:
        click.echo(json.dumps(drawn, ensure_ascii=False))
        return
    how = {"independent": "各方案相互独立", "reversible": "可逆链", "recom": "普通重组链，概率未知"}[drawn["method"]]
    click.echo(f"抽取 {drawn['draws']} 个方案（{how}），用时 {drawn['seconds']:.2f} 秒，写入 {out}。")
    if drawn["rhat"] is not None:
        click.echo(f"切边数的 R-hat 为 {drawn['rhat']:.3f}，有效样本约 {drawn['effective']:.0f} 个。")
