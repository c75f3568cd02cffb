"""`geoapp demo`: make the demo's layers anew from the seed."""

from __future__ import annotations

import sys
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
    from geoapp.errors import Invalid

    files = layout.generate(seed)
    try:
        for name, content in files.items():
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise Invalid(f"{out} cannot be written to ({error.strerror}): name another folder with --out.") from None
    click.echo(f"{len(files)} files, {sum(map(len, files.values())) // 1024} KB, in {out}")


@demo.command()
def load() -> None:
    """Publish the demo layers in this installation; what is there already stays as it is.

    \b
    geoapp demo load
    GEOAPP_DATA=try geoapp demo load
    """
    from geoapp.config import read_settings
    from geoapp.demo.actions import load_demo

    with click.progressbar(length=100, label="示意图层", file=sys.stderr) as bar:
        done = 0

        def tell(share: float, words: str) -> None:
            nonlocal done
            bar.update(int(share * 100) - done)
            done = int(share * 100)

        loaded = load_demo(read_settings(), progress=tell)
        bar.update(100 - done)
    click.echo(f"{loaded.layers} layers, {loaded.features} features, {loaded.places} places 示意数据已载入")
