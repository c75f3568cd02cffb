"""The cheapest border found, beside GerryChain's best on the same graphs in the same run.

    python benchmarks/best_border.py --peer PATH_OF_A_PYTHON_WITH_GERRYCHAIN [--seed 201] [--instances 3] [--two-s 60]

Three parts of 500 units: `search.divide` in 30 s against 10,000 ReCom steps (the best plan met, plain chain). Two parts
of 400, 1000 and 2000 units: the proved optimum against the best that the chain meets in --two-s seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from recom import TOLERANCE, own_graph, planar_graph, start_of


def peer_best(graph_file: Path, parts: int, start_file: Path, steps: int, seconds: float) -> dict:
    """Runs in the peer's interpreter: least border cost met by plain ReCom with the peer's default trees."""
    import random
    from functools import partial

    import networkx as nx
    from gerrychain import Graph, Partition, updaters
    from gerrychain.proposals import recom

    plain = nx.readwrite.json_graph.adjacency_graph(json.loads(graph_file.read_text()))
    cost = {frozenset(e): data["cost"] for *e, data in plain.edges(data=True)}
    start = {int(u): p for u, p in json.loads(start_file.read_text()).items()}
    total = sum(data["households"] for _, data in plain.nodes(data=True))
    partition = Partition(
        Graph.from_networkx(plain),
        start,
        {"households": updaters.Tally("households"), "cut_edges": updaters.cut_edges},
    )
    rng = random.Random(7)
    step = partial(recom, pop_col="households", pop_target=total / parts, epsilon=TOLERANCE, rng=rng)
    best, done, begun = None, 0, time.perf_counter()
    while done < steps and time.perf_counter() - begun < seconds:
        partition = step(partition)
        done += 1
        assignment = {u: partition.assignment[u] for u in plain.nodes}
        border = sum(c for e, c in cost.items() if len({assignment[u] for u in e}) > 1)
        best = border if best is None else min(best, border)
    return {"best": best, "steps": done, "seconds": time.perf_counter() - begun}


def compare(given: argparse.Namespace, units: int, parts: int, seed: int, *, steps: int, seconds: float) -> None:
    """One row: ours, then the peer's on the same graph."""
    from geoapp.splitting.ensemble import limits
    from geoapp.splitting.request import DivisionRequest
    from geoapp.splitting.solvers.dual_cycle import solve_two
    from geoapp.splitting.solvers.search import divide

    data = planar_graph(units, seed)
    graph = own_graph(data)
    least, most = limits(graph.total, parts, tolerance=TOLERANCE)
    request = DivisionRequest(parts, ((least, most),) * parts, interchangeable=True, seconds=30)
    result = divide(graph, request, solve_two=solve_two, clock=time.perf_counter)
    with tempfile.TemporaryDirectory() as folder:
        graph_file, start_file = Path(folder, "graph.json"), Path(folder, "start.json")
        graph_file.write_text(json.dumps(data))
        start_file.write_text(json.dumps({str(u): int(p) for u, p in enumerate(start_of(graph, parts))}))
        done = subprocess.run(
            [given.peer, __file__, "--as-peer", str(graph_file), str(parts), str(start_file), str(steps), str(seconds)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    peer = json.loads(done.stdout.splitlines()[-1])
    longer = peer["best"] / result.objective - 1
    print(
        f"| {units} | {parts} | {seed} | {result.status} | {result.objective} | {result.gap:.1%} "
        f"| {result.seconds:.1f} | {peer['best']} | {peer['steps']} | {peer['seconds']:.0f} | {longer:+.0%} |",
        flush=True,
    )


def main() -> None:
    """Run all cases and print a table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument(
        "--peer", default=os.environ.get("GERRYCHAIN_PYTHON"), help="interpreter that has gerrychain 1.0.0"
    )
    ask.add_argument("--seed", type=int, default=201)
    ask.add_argument("--instances", type=int, default=3)
    ask.add_argument("--steps", type=int, default=10_000)
    ask.add_argument("--two-s", type=float, default=60.0)
    ask.add_argument("--as-peer", nargs=5, help=argparse.SUPPRESS)
    given = ask.parse_args()
    if given.as_peer:
        graph, parts, start, steps, seconds = given.as_peer
        print(json.dumps(peer_best(Path(graph), int(parts), Path(start), int(steps), float(seconds))))
        return
    if not given.peer:
        sys.exit("Name an interpreter that has gerrychain 1.0.0 with --peer or GERRYCHAIN_PYTHON.")
    print("| units | parts | seed | status | cost | gap | s | peer's best | steps | s | peer's border is longer by |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for units in (400, 1000, 2000):
        if given.two_s > 0:
            compare(given, units, 2, given.seed, steps=10**9, seconds=given.two_s)
    for number in range(given.instances):
        compare(given, 500, 3, given.seed + number, steps=given.steps, seconds=10**9)


if __name__ == "__main__":
    main()
