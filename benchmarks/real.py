"""Two parts of real ground, proved and verified: the census blocks of Ellis County and the buildings of Berlin-Moabit.

    python benchmarks/real.py [--data ../shared/data] [--tolerances 0.05,0.01] [--seconds 60]

Ellis County, Kansas: 2296 blocks, 28,934 people, borders in decimetres. Moabit: units made from outline, buildings,
roads, rails and water, households estimated, prices of the profile along roads. Processor seconds.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import shapely

from geoapp.splitting.ensemble import limits
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.plan_json import document_of
from geoapp.splitting.request import DivisionRequest
from geoapp.splitting.solvers.dual_cycle import solve_two
from geoapp.splitting.solvers.search import divide
from geoapp.splitting.verify import verify


def ellis(folder: Path) -> UnitGraph:
    """The blocks, with borders measured from their polygons."""
    import pyogrio

    blocks = pyogrio.read_dataframe(folder / "blocks.gpkg")
    place = {path: i for i, path in enumerate(blocks["path"])}
    with gzip.open(folder / "edges.csv.gz", "rt", encoding="utf-8", newline="") as file:
        pairs = sorted({tuple(sorted((place[row["path_1"]], place[row["path_2"]]))) for row in csv.DictReader(file)})
    edges = np.array(pairs, dtype=np.int32)
    shapes = np.asarray(blocks.geometry)
    length_m = shapely.length(shapely.intersection(shapes[edges[:, 0]], shapes[edges[:, 1]]))
    people = blocks["total_pop"].to_numpy(dtype=np.int64)
    return UnitGraph(tuple(blocks["path"]), people, edges, np.rint(length_m * 10).astype(np.int64))


def moabit(folder: Path) -> tuple[UnitGraph, tuple[tuple[int, ...], ...]]:
    """Units as ``geoapp units`` makes them, and those that stay together."""
    from geoapp.splitting.actions import make_units
    from geoapp.splitting.sources import FieldNames
    from geoapp.splitting.store import read_units

    def of(name: str) -> Path:
        return Path(f"{folder / 'moabit.gpkg'}:{name}")

    with tempfile.TemporaryDirectory() as place:
        out = Path(place, "units.gpkg")
        make_units(
            out, of("district"), buildings=of("build"), barriers=[of("roads"), of("rails"), of("water")],
            barrier_class="fclass",
            fields=FieldNames(storeys="AnzahlDerO", use="Gebaeude_1", dwelling=("Wohnhaus",)),
        )  # fmt: skip
        units = read_units(out, "households", profile=None)
    return units.graph(bridge=True), units.kept_together()


def row(name: str, graph: UnitGraph, together: tuple[tuple[int, ...], ...], tolerance: float, seconds: float) -> None:
    """Divide, verify, print."""
    pair = limits(graph.total, 2, tolerance=tolerance)
    request = DivisionRequest(2, (pair, pair), interchangeable=True, together=together, seconds=seconds)
    result = divide(graph, request, solve_two=solve_two, clock=time.process_time)
    document = json.loads(json.dumps(document_of(graph, request, result)))
    begun = time.process_time()
    verdict = verify(graph, document)
    gap = "" if result.gap is None else f"{result.gap:.1%}"
    print(
        f"| {name} | {graph.n} | {graph.total} | {tolerance:.0%} | {result.status} | {result.objective} | {gap} "
        f"| {result.seconds:.1f} | {'proved' if verdict.proved else 'holds'} | {time.process_time() - begun:.1f} |",
        flush=True,
    )


def main() -> None:
    """Both places under each tolerance."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--data", type=Path, default=Path("../shared/data"))
    ask.add_argument("--tolerances", default="0.05,0.01")
    ask.add_argument("--seconds", type=float, default=60.0)
    given = ask.parse_args()
    import geoapp.splitting.scanning.warm  # noqa: F401 - compiled code is loaded before the clock is looked at

    print("| place | units | households | tolerance | status | cost | gap | s | verified | s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    county = ellis(given.data / "ellis-county-blocks")
    quarter, together = moabit(given.data / "berlin-moabit")
    for tolerance in map(float, given.tolerances.split(",")):
        row("Ellis County", county, (), tolerance, given.seconds)
        row("Moabit", quarter, together, tolerance, given.seconds)


if __name__ == "__main__":
    main()
