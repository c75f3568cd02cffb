"""How much memory each part of the engine takes: the most that a process of its own held.

    python benchmarks/memory.py [--seed 501]

MB resident at most (ru_maxrss; not on Windows), program and libraries included, which the first row has alone. Graphs
are those of exact.py; the scan's worker divides a community of 300 units, the ensemble draws 1000 plans.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

CASES = (
    ("nothing", 0), ("scan worker", 300), ("solve", 400), ("solve", 1000), ("solve", 2000),
    ("verify", 400), ("verify", 1000), ("verify", 2000), ("ensemble", 2000), ("three parts", 500),
)  # fmt: skip


def peak_mb() -> float:
    """MB that this process held at most."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def run(kind: str, units: int, seed: int, folder: Path) -> None:
    """Do one thing in this process."""
    import time

    from exact import planar_world

    import geoapp.splitting.scanning.warm  # noqa: F401
    from geoapp.splitting.ensemble import draw_ensemble, limits
    from geoapp.splitting.plan_json import document_of
    from geoapp.splitting.request import DivisionRequest
    from geoapp.splitting.solvers.dual_cycle import solve_two
    from geoapp.splitting.verify import verify

    if kind == "nothing":
        return
    graph = planar_world(units, seed=seed)
    parts = 3 if kind == "three parts" else 2
    pair = limits(graph.total, parts, tolerance=0.05)
    request = DivisionRequest(parts, (pair,) * parts, interchangeable=True, seed=seed)
    plan = folder / f"{units}.json"
    if kind == "verify":
        print(verify(graph, json.loads(plan.read_text())).status)
    elif kind == "ensemble":
        print(len(draw_ensemble(graph, 2, tolerance=0.05, draws=1000, seed=seed).part_of))
    elif kind == "three parts":
        from geoapp.splitting.solvers.search import divide

        print(divide(graph, request, solve_two=solve_two, clock=time.process_time).status)
    else:
        result = solve_two(graph, request)
        plan.write_text(json.dumps(document_of(graph, request, result)))
        print(result.status)


def main() -> None:
    """Run each case in a process of its own and print a table."""
    import tempfile

    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--seed", type=int, default=501)
    ask.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = ask.parse_args()
    if given.one:
        kind, units, folder = given.one
        run(kind, int(units), given.seed, Path(folder))
        print(f"{peak_mb():.0f}")
        return
    print("| what | units | MB at most | answer |")
    print("| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for kind, units in CASES:
            done = subprocess.run(
                [sys.executable, __file__, "--seed", str(given.seed), "--one", kind, str(units), folder],
                stdout=subprocess.PIPE, text=True, check=True,
            )  # fmt: skip
            *answer, peak = done.stdout.split()
            print(f"| {kind} | {units or ''} | {peak} | {' '.join(answer)} |", flush=True)


if __name__ == "__main__":
    main()
