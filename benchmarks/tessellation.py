"""Cells that tile a neighbourhood: seconds, overlap and lost buildings beside momepy's enclosed_tessellation.

    python benchmarks/tessellation.py --map ../shared/data/berlin-moabit/moabit.gpkg [--peer A_PYTHON_WITH_MOMEPY]
        [--fields district build roads,rails,water fclass]

The same outline, buildings and barrier lines go to both, in metres; the peer cuts the outline into enclosures and
shares them out with its defaults on one core. Overlap is the sum of the cells' areas less that of their union, what is
missing or outside is the difference of that union from the outline. Processor seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import shapely


def as_peer(folder: Path) -> None:
    """Runs in the peer's interpreter: enclosures and cells from the folder's files, cells written back."""
    import geopandas as gpd
    import momepy

    def read(name: str) -> gpd.GeoSeries:
        return gpd.GeoSeries(shapely.from_wkb(np.load(folder / f"{name}.npy", allow_pickle=True)), crs=32633)

    outline, barriers, sites = read("outline"), read("barriers"), read("sites")
    begun = time.process_time()
    enclosures = momepy.enclosures(barriers, limit=outline, clip=True)
    cells = momepy.enclosed_tessellation(gpd.GeoDataFrame(geometry=sites), enclosures, n_jobs=1)
    seconds = time.process_time() - begun
    # Buildings have index 0 .. n - 1, enclosures without one a negative number.
    placed = np.asarray(cells.index[cells.index >= 0])
    found = np.asarray(cells.geometry.array, dtype=object)
    np.save(folder / "cells.npy", shapely.to_wkb(found), allow_pickle=True)
    print(json.dumps({"seconds": seconds, "lost": len(sites) - len(np.unique(placed)), "cut": cut_of(placed)}))


def cut_of(placed: np.ndarray) -> int:
    """Buildings with more than one cell."""
    return int((np.unique(placed, return_counts=True)[1] > 1).sum())


def judged(cells: np.ndarray, outline) -> tuple[int, float, float, int, bool]:
    """Cells, overlap, ground missing or outside, cells in several pieces, whether they are a valid coverage."""
    whole = shapely.union_all(shapely.make_valid(cells))
    overlap = max(float(shapely.area(cells).sum() - shapely.area(whole)), 0.0)
    missing = float(shapely.area(shapely.symmetric_difference(whole, outline)))
    several = int((shapely.get_num_geometries(cells) > 1).sum())
    return len(cells), overlap, missing, several, bool(shapely.coverage_is_valid(cells))


def main() -> None:
    """Tile with both and print a table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--map", type=Path, default=Path("../shared/data/berlin-moabit/moabit.gpkg"))
    ask.add_argument("--fields", nargs=4, default=["district", "build", "roads,rails,water", "fclass"])
    ask.add_argument("--peer", default=os.environ.get("MOMEPY_PYTHON"), help="interpreter that has momepy")
    ask.add_argument("--as-peer", type=Path, help=argparse.SUPPRESS)
    given = ask.parse_args()
    if given.as_peer:
        as_peer(given.as_peer)
        return
    from geoapp.geo.measure import in_metres, measuring_crs_of, only_polygons
    from geoapp.splitting import store
    from geoapp.splitting.tessellation import tessellate

    outline_layer, site_layer, line_layers, line_class = given.fields
    profiles = store.read_profiles()
    outline = store.read_outline(Path(f"{given.map}:{outline_layer}"))
    paths = [Path(f"{given.map}:{name}") for name in line_layers.split(",")]
    ground, _ = store.read_ground(paths, profiles, class_field=line_class)
    crs = measuring_crs_of([outline])
    outline_m = in_metres([outline], crs)[0]
    sites_m = only_polygons(in_metres(store.read_frame(Path(f"{given.map}:{site_layer}")).geometry, crs))
    lines_m = type(ground)(in_metres(ground.lines, crs), ground.kind, ground.name).dividing(profiles)
    begun = time.process_time()
    tiles = tessellate(outline_m, sites_m, barriers_m=lines_m)
    seconds = time.process_time() - begun
    cells, lost = tiles.cells, int((tiles.cell_of < 0).sum())
    rows = [("geoapp", seconds, lost, cut_of(tiles.site_of[tiles.site_of >= 0]), *judged(cells, outline_m))]
    if given.peer:
        barriers = np.asarray(lines_m, dtype=object)
        barriers = np.where(shapely.get_dimensions(barriers) == 2, shapely.boundary(barriers), barriers)
        barriers = shapely.get_parts(barriers)
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            for name, shapes in (("outline", [outline_m]), ("barriers", barriers), ("sites", sites_m)):
                np.save(folder / f"{name}.npy", shapely.to_wkb(np.asarray(shapes, dtype=object)), allow_pickle=True)
            done = subprocess.run(
                [given.peer, __file__, "--as-peer", place], stdout=subprocess.PIPE, text=True, check=True
            )
            told = json.loads(done.stdout.splitlines()[-1])
            cells = shapely.from_wkb(np.load(folder / "cells.npy", allow_pickle=True))
        rows.append(("momepy", told["seconds"], told["lost"], told["cut"], *judged(cells, outline_m)))
    print(
        f"{len(sites_m)} buildings\n"
        "| whose | s | ratio | cells | buildings without a cell | in several cells | overlap m2 | missing m2 "
        "| cells in pieces | valid coverage |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    )
    for whose, taken, lost, cut, count, overlap, missing, several, valid in rows:
        print(
            f"| {whose} | {taken:.1f} | {taken / rows[0][1]:.1f} | {count} | {lost} | {cut} | {overlap:.2f} "
            f"| {missing:.2f} | {several} | {'yes' if valid else 'no'} |"
        )


if __name__ == "__main__":
    main()
