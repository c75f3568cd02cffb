"""Random plans: steps a second beside GerryChain with uniform trees, in one run on one thread.

    python benchmarks/recom.py --peer PATH_OF_A_PYTHON_WITH_GERRYCHAIN [--seconds 10] [--seed 101]

The peer runs in its own interpreter (its requirements are not ours), on the same graphs. Processor time is measured on
both sides: what else the machine does falls out. Graphs are Delaunay triangulations of random points, with random
households, tolerance 5 %. Our figures are for the same step as the peer's (any tree with a balanced edge) and for the
draws of `geoapp ensemble`, whose probabilities are known: those cost more trees, and are counted as kept draws.
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

CASES = ((400, 2, 150, 300), (2000, 2, 150, 300), (3000, 18, 80, 130))
TOLERANCE = 0.05


def planar_graph(units: int, seed: int, total: int | None = None) -> dict:
    """A Delaunay triangulation as adjacency data; households add up to ``total``, else to ten per unit."""
    import networkx as nx
    import numpy as np
    from scipy.spatial import Delaunay

    rng = np.random.default_rng(seed)
    points = rng.random((units, 2))
    graph = nx.Graph()
    households = rng.multinomial(total or 10 * units, np.full(units, 1 / units))
    graph.add_nodes_from((u, {"households": int(h)}) for u, h in enumerate(households))
    for corners in Delaunay(points).simplices.tolist():
        for a, b in ((0, 1), (1, 2), (0, 2)):
            u, v = sorted((corners[a], corners[b]))
            graph.add_edge(u, v, cost=int(rng.integers(20, 200)))
    return nx.readwrite.json_graph.adjacency_data(graph)


def peer_steps_per_s(graph_file: Path, parts: int, start_file: Path, seconds: float) -> dict:
    """Runs in the peer's interpreter: plain ReCom with uniform trees from a given start."""
    import random
    from functools import partial

    import networkx as nx
    from gerrychain import Graph, Partition, updaters
    from gerrychain.proposals import recom
    from gerrychain.tree import bipartition_tree, uniform_spanning_tree

    plain = nx.readwrite.json_graph.adjacency_graph(json.loads(graph_file.read_text()))
    start = {int(u): p for u, p in json.loads(start_file.read_text()).items()}
    total = sum(data["households"] for _, data in plain.nodes(data=True))
    partition = Partition(
        Graph.from_networkx(plain),
        start,
        {"households": updaters.Tally("households"), "cut_edges": updaters.cut_edges},
    )
    rng = random.Random(7)
    divide = partial(bipartition_tree, spanning_tree_fn=uniform_spanning_tree, max_attempts=100_000)
    step = partial(
        recom, pop_col="households", pop_target=total / parts, epsilon=TOLERANCE, bipartition_tree_fn=divide, rng=rng
    )
    partition = step(partition)
    begun, steps = time.process_time(), 0
    while time.process_time() - begun < seconds:
        partition = step(partition)
        steps += 1
    return {"per_s": steps / (time.process_time() - begun)}


def own_graph(data: dict):
    """The same graph as ours."""
    import networkx as nx
    import numpy as np

    from geoapp.splitting.graph import UnitGraph

    plain = nx.readwrite.json_graph.adjacency_graph(data)
    edges = sorted((min(e), max(e)) for e in plain.edges)
    return UnitGraph(
        tuple(plain.nodes),
        np.array([plain.nodes[u]["households"] for u in plain.nodes], dtype=np.int64),
        np.array(edges, dtype=np.int32),
        np.array([plain.edges[e]["cost"] for e in edges], dtype=np.int64),
    )


def start_of(graph, parts: int):
    """A start within the tolerance, parts from 0."""
    import numpy as np

    from geoapp.splitting.ensemble import limits
    from geoapp.splitting.solvers import chains, recom

    least, most = limits(graph.total, parts, tolerance=TOLERANCE)
    start = np.zeros(graph.n, dtype=np.int8)
    assert chains.first_plan(*graph.adjacency[:2], graph.households, parts, least, most, 5000, recom.seeded(1), start)
    return start


def own_steps_per_s(graph, parts: int, start, seconds: float) -> tuple[float, float, str]:
    """Plain ReCom steps a second, kept draws of known probability a second, and how those are drawn."""
    import numpy as np

    from geoapp.splitting.ensemble import draw_ensemble, limits
    from geoapp.splitting.solvers import chains, recom

    least, most = limits(graph.total, parts, tolerance=TOLERANCE)
    state, part_of = recom.seeded(2), start.copy()

    def walk(steps: int) -> None:
        chains.run_chain(
            *graph.adjacency[:2], graph.edges, graph.households, part_of, parts, least, most,
            chains.PLAIN, recom.UNIFORM, 100_000, steps, state, np.zeros((1, graph.n), dtype=np.int8),
        )  # fmt: skip

    walk(1)
    begun, steps, many = time.process_time(), 0, 500
    while time.process_time() - begun < seconds:
        walk(many)
        steps += many
    plain = steps / (time.process_time() - begun)
    times: list[float] = []
    draws = 1000
    draw_ensemble(graph, parts, tolerance=TOLERANCE, draws=1, seed=3)  # all that is compiled is loaded
    drawn = draw_ensemble(
        graph, parts, tolerance=TOLERANCE, draws=draws, seed=3, started=lambda: times.append(time.process_time())
    )
    return plain, draws / (time.process_time() - times[0]), drawn.method


def main() -> None:
    """Run all cases and print a table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument(
        "--peer", default=os.environ.get("GERRYCHAIN_PYTHON"), help="interpreter that has gerrychain 1.0.0"
    )
    ask.add_argument("--seconds", type=float, default=10.0)
    ask.add_argument("--seed", type=int, default=101)
    ask.add_argument("--as-peer", nargs=3, metavar=("GRAPH", "PARTS", "START"), help=argparse.SUPPRESS)
    given = ask.parse_args()
    if given.as_peer:
        graph, parts, start = given.as_peer
        print(json.dumps(peer_steps_per_s(Path(graph), int(parts), Path(start), given.seconds)))
        return
    if not given.peer:
        sys.exit("Name an interpreter that has gerrychain 1.0.0 with --peer or GERRYCHAIN_PYTHON.")
    print("| units | parts | peer steps/s | steps/s | ratio | bar | reach | draws/s of known probability | how |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for units, parts, bar, reach in CASES:
        data = planar_graph(units, given.seed)
        graph = own_graph(data)
        start = start_of(graph, parts)
        with tempfile.TemporaryDirectory() as folder:
            graph_file, start_file = Path(folder, "graph.json"), Path(folder, "start.json")
            graph_file.write_text(json.dumps(data))
            start_file.write_text(json.dumps({str(u): int(p) for u, p in enumerate(start)}))
            command = [given.peer, __file__, "--seconds", str(given.seconds), "--as-peer"]
            done = subprocess.run(
                [*command, str(graph_file), str(parts), str(start_file)], stdout=subprocess.PIPE, text=True, check=True
            )
        peer = json.loads(done.stdout.splitlines()[-1])["per_s"]
        plain, known, method = own_steps_per_s(graph, parts, start, given.seconds)
        print(
            f"| {units} | {parts} | {peer:.1f} | {plain:.0f} | {plain / peer:.0f}x | {bar}x | {reach}x | {known:.0f} "
            f"| {method} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
