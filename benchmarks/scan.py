"""All communities of a city, the best division in two of each: one worker beside two, in one run.

    python benchmarks/scan.py [--communities 617] [--units 300] [--seed 301] [--workers 1 2] [--scheduler tcp://..]

The city is made here: communities side by side, each a lattice of about 300 quadrilaterals that tile it, corners moved
(every border has a length of its own), 3100 to 5900 households over them at random, three in ten units empty.
The time is that of the whole command: reading, borders, divisions, writing, and starting the workers. A ratio tells of
the workers only where other programs had little of the processors meanwhile: the table says how much.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import ctypes
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

SIDE_M = 600.0
PR_SET_CHILD_SUBREAPER = 36
WEST, SOUTH = 116.30, 39.80
M_PER_LON, M_PER_LAT = 85_400.0, 111_000.0


def quadrilaterals(columns: int, rows: int, rng, west_m: float, south_m: float) -> list:
    """Cells that tile one community, corners inside it moved at random."""
    import numpy as np
    import shapely

    x, y = np.meshgrid(np.linspace(0, SIDE_M, columns + 1), np.linspace(0, SIDE_M, rows + 1))
    reach = 0.33 * SIDE_M / max(columns, rows)
    x[:, 1:-1] += rng.uniform(-reach, reach, x[:, 1:-1].shape)
    y[1:-1] += rng.uniform(-reach, reach, y[1:-1].shape)
    lon, lat = WEST + (x + west_m) / M_PER_LON, SOUTH + (y + south_m) / M_PER_LAT
    corners = np.stack([lon, lat], axis=-1)
    cells = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2)
    return list(shapely.polygons(cells.reshape(-1, 4, 2)))


def make_city(folder: Path, communities: int, units: int, seed: int) -> tuple[Path, Path]:
    """Files of communities and of units, with codes."""
    import geopandas as gpd
    import numpy as np
    import shapely

    rng = np.random.default_rng(seed)
    wide = math.ceil(math.sqrt(communities))
    places, cells = [], []
    for number in range(communities):
        columns = round(math.sqrt(units)) + int(rng.integers(-1, 2))
        rows = round(units / columns)
        shapes = quadrilaterals(columns, rows, rng, number % wide * SIDE_M, number // wide * SIDE_M)
        weight = rng.gamma(1.5, size=len(shapes)) * (rng.random(len(shapes)) > 0.3)
        households = rng.multinomial(int(rng.integers(3100, 5901)), weight / weight.sum())
        code = f"1101990{number:05d}"
        total = int(households.sum())
        places.append({
            "code": code, "name": f"社区{number + 1}", "households": total, "people": round(2.45 * total),
            "staff": int(rng.integers(12, 24)), "geometry": shapely.union_all(shapes),
        })  # fmt: skip
        cells += [
            {"unit": f"{code}-{at}", "community_code": code, "households": int(h), "geometry": shape}
            for at, (h, shape) in enumerate(zip(households, shapes, strict=True))
        ]
    files = folder / "communities.gpkg", folder / "units.gpkg"
    for rows_, file in zip((places, cells), files, strict=True):
        gpd.GeoDataFrame(rows_, crs=4326).to_file(file)
    return files


def adopt_orphans() -> None:
    """Have processes whose parent has ended become this one's (Linux), so that their seconds can be counted too."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children_cpu_s() -> float:
    """Seconds of processor that ended children and theirs have used; 0 where the system does not say (Windows)."""
    try:
        import resource
    except ImportError:
        return 0.0
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def busy_cpu_s() -> float:
    """Seconds that the machine's processors have worked, for whomever; 0 where the system does not say."""
    try:
        user, nice, system, _, _, irq, softirq, *_ = map(int, Path("/proc/stat").read_text().split()[1:11])
    except OSError:
        return 0.0
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def scanned(
    folder: Path, files: tuple[Path, Path], name: str, arguments: list[str]
) -> tuple[float, float, float, list[dict]]:
    """Seconds of the whole command in a process of its own, its and the others' processor seconds, and its rows."""
    out = folder / f"scan-{name}.csv"
    out.unlink(missing_ok=True)
    begun, used, busy = time.perf_counter(), children_cpu_s(), busy_cpu_s()
    subprocess.run(
        [sys.executable, "-m", "geoapp", "scan", "--communities", str(files[0]), "--units", str(files[1]),
         "--out", str(out), "--json", *arguments],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    seconds, cpu_s = time.perf_counter() - begun, children_cpu_s() - used
    others_s = max(busy_cpu_s() - busy - cpu_s, 0.0)
    with out.open(encoding="utf-8", newline="") as stream:
        return seconds, cpu_s, others_s, list(csv.DictReader(stream))


def main() -> None:
    """Run each way, and print a table with ratios."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--communities", type=int, default=617)
    ask.add_argument("--units", type=int, default=300)
    ask.add_argument("--seed", type=int, default=301)
    ask.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    ask.add_argument("--scheduler", help="a Dask scheduler to run on as well")
    ask.add_argument("--times", type=int, default=1, help="how often to go through the ways, one after the other")
    given = ask.parse_args()
    adopt_orphans()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        files = make_city(folder, given.communities, given.units, given.seed)
        warm = make_city(Path(tempfile.mkdtemp(dir=folder)), 2, given.units, given.seed + 1)
        scanned(folder, warm, "warm", ["--workers", "1"])  # numba's code is on the disk from here on
        ways = [(f"{n} process{'es' if n > 1 else ''}", ["--workers", str(n)]) for n in given.workers]
        if given.scheduler:
            ways.append(("Dask", ["--scheduler", given.scheduler]))
        print("| way | communities | s | processor s | others' | s each | ratio | divisions | slowest s | same rows |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
        first: tuple[float, list[dict]] | None = None
        for name, arguments in ways * given.times:
            seconds, cpu_s, others_s, rows = scanned(folder, files, name.split()[0], arguments)
            first = (seconds, rows) if first is None or name == ways[0][0] else first
            same = [{**row, "seconds": ""} for row in rows] == [{**row, "seconds": ""} for row in first[1]]
            status = ", ".join(f"{count} {key}" for key, count in Counter(row["status"] for row in rows).items())
            slowest = max(float(row["seconds"] or 0) for row in rows)
            print(
                f"| {name} | {len(rows)} | {seconds:.1f} | {cpu_s:.1f} | {others_s:.1f} | {seconds / len(rows):.3f} "
                f"| {first[0] / seconds:.2f} | {status} | {slowest:.1f} | {'yes' if same else 'no'} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
