"""`geoapp demo`: make the demo's layers anew from the seed."""

from __future__ import annotations

from pathlib import Path

import click

_LAYERS = Path(__file__).parents[2] / "layers" / "demo"


@click.group()
def demo() -> None:
    """The invented subdistrict that everything can be tried on."""


@demo.command()
@click.option("--seed", default=20210701, show_default=True, help="Another seed makes another town of the same plan.")
@click.option(
    "--out",
    default=_LAYERS,
    show_default="layers/demo",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write to; made if it is not there.",
)
def generate(seed: int, out: Path) -> None:
    """Write the demo's layers, pictures and roster.

    \b
    geoapp demo generate
    geoapp demo generate --seed 7 --out /tmp/town
    """
    from geoapp.demo import layout

    files = layout.generate(seed)
    for name, content in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    click.echo(f"{len(files)} files, {sum(map(len, files.values())) // 1024} KB, in {out}")
