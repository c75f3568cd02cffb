"""Two parts, proved and verified: seconds by size and tolerance, and how verification compares with solving.

    python benchmarks/exact.py [--sizes 400,1000,2000] [--tolerances 0.05,0.01] [--seed 301] [--instances 3]

Delaunay graphs of random points less a tenth of their edges, about 4000 households, costs 1 to 60. Each process warms
up on a small graph first, so that compiled code is loaded; the proofs are verified from the written document. Seconds
are those of the processor.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time

import networkx as nx
import numpy as np
from scipy.spatial import Delaunay

from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.plan_json import document_of
from geoapp.splitting.request import DivisionRequest
from geoapp.splitting.solvers.dual_cycle import solve_two
from geoapp.splitting.verify import verify


def planar_world(n: int, *, seed: int, total: int = 4000) -> UnitGraph:
    """Random points, neighbours by Delaunay's triangles less a tenth, households gamma-distributed."""
    rng = np.random.default_rng(seed)
    peer = nx.Graph()
    for corners in Delaunay(rng.random((n, 2))).simplices.tolist():
        nx.add_cycle(peer, corners)
    for u, v in rng.permutation(np.array(sorted(peer.edges)))[: 3 * n // 10].tolist():
        if peer.degree(u) > 2 and peer.degree(v) > 2:
            peer.remove_edge(u, v)
    nx.add_path(peer, [min(piece) for piece in nx.connected_components(peer)])
    edges = np.array(sorted(sorted(edge) for edge in peer.edges), dtype=np.int32)
    weight = rng.gamma(2.0, 1.0, n)
    households = np.round(weight / weight.sum() * total).astype(np.int64)
    return UnitGraph(tuple(range(n)), households, edges, rng.integers(1, 61, len(edges)).astype(np.int64))


def timed(graph: UnitGraph, tolerance: float) -> tuple[float, float, int, int]:
    """Seconds to solve and to verify, starts, states that the verifier looked at."""
    half = graph.total / 2
    pair = (math.ceil(half * (1 - tolerance)), math.floor(half * (1 + tolerance)))
    request = DivisionRequest(2, (pair, pair), interchangeable=True)
    begun = time.process_time()
    result = solve_two(graph, request)
    solved = time.process_time()
    if result.status != "optimal":
        raise SystemExit(f"not proved: {result.status}, {result.reason}")
    document = json.loads(json.dumps(document_of(graph, request, result)))
    loaded = time.process_time()
    verdict = verify(graph, document)
    return solved - begun, time.process_time() - loaded, verdict.starts, verdict.states


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="400,1000,2000")
    parser.add_argument("--tolerances", default="0.05,0.01")
    parser.add_argument("--seed", type=int, default=301)
    parser.add_argument("--instances", type=int, default=3)
    options = parser.parse_args()
    for n in (60, 200):
        timed(planar_world(n, seed=1), 0.05)
    print("units  tolerance  solve s (median, worst)  verify s (median, worst)  verify/solve  starts  states")
    for n in map(int, options.sizes.split(",")):
        for tolerance in map(float, options.tolerances.split(",")):
            runs = [timed(planar_world(n, seed=options.seed + i), tolerance) for i in range(options.instances)]
            solve, check = [run[0] for run in runs], [run[1] for run in runs]
            print(
                f"{n:5}  {tolerance:9.0%}  {statistics.median(solve):8.2f} {max(solve):8.2f}"
                f"         {statistics.median(check):8.2f} {max(check):8.2f}"
                f"  {sum(check) / sum(solve):18.1f}  {max(run[2] for run in runs):6}  {max(run[3] for run in runs):8}"
            )


if __name__ == "__main__":
    main()
