"""The cheapest border found, beside GerryChain's best on the same graphs in the same run.

    python benchmarks/best_border.py --peer PATH_OF_A_PYTHON_WITH_GERRYCHAIN [--seed 201] [--instances 3] [--timed-s 60]

Two parts of 400, 1000 and 2000 units with 4000 households: the proved and verified optimum; 18 parts of 3000 units: the
best plan of 30 s; against the better of what a plain chain and short bursts of ten steps meet in --timed-s seconds
each. Three parts of 500 units: the best plan of 30 s against 10,000 steps of the plain chain. All seconds are those of
the processor.
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

#: Households of the cases with two parts, as many as a community that has to be divided has.
ABOUT = 4000


def peer_best(graph_file: Path, parts: int, start_file: Path, steps: int, seconds: float, burst: int) -> dict:
    """Runs in the peer's interpreter: least border cost met by ReCom with the peer's default trees.

    With ``burst`` steps each burst starts at the best plan so far (short bursts); 0 is the plain chain.
    """
    import random
    from functools import partial

    import networkx as nx
    import numpy as np
    from gerrychain import Graph, Partition, updaters
    from gerrychain.proposals import recom

    plain = nx.readwrite.json_graph.adjacency_graph(json.loads(graph_file.read_text()))
    ends = np.array(sorted(plain.edges))
    cost = np.array([plain.edges[e]["cost"] for e in ends.tolist()])
    start = {int(u): p for u, p in json.loads(start_file.read_text()).items()}
    total = sum(data["households"] for _, data in plain.nodes(data=True))
    partition = Partition(
        Graph.from_networkx(plain),
        start,
        {"households": updaters.Tally("households"), "cut_edges": updaters.cut_edges},
    )

    def border(plan) -> int:
        assigned = plan.assignment.mapping
        of = np.array([assigned[u] for u in range(len(plain))])
        return int(cost[of[ends[:, 0]] != of[ends[:, 1]]].sum())

    rng = random.Random(7)
    step = partial(recom, pop_col="households", pop_target=total / parts, epsilon=TOLERANCE, rng=rng)
    best_plan, best, done, begun = partition, border(partition), 0, time.process_time()
    while done < steps and time.process_time() - begun < seconds:
        partition = step(best_plan if burst and done % burst == 0 else partition)
        done += 1
        found = border(partition)
        if found <= best:
            best_plan, best = partition, found
    return {"best": best, "steps": done, "seconds": time.process_time() - begun}


def compare(
    given: argparse.Namespace, units: int, parts: int, seed: int, *, steps: int, seconds: float,
    ways_of_peer: dict[str, int],
) -> None:  # fmt: skip
    """One row: ours, then the better of the peer's ways on the same graph."""
    from geoapp.splitting.ensemble import limits
    from geoapp.splitting.plan_json import document_of
    from geoapp.splitting.request import DivisionRequest
    from geoapp.splitting.solvers.dual_cycle import solve_two
    from geoapp.splitting.solvers.search import divide
    from geoapp.splitting.verify import verify

    data = planar_graph(units, seed, ABOUT if parts == 2 else None)
    graph = own_graph(data)
    least, most = limits(graph.total, parts, tolerance=TOLERANCE)
    request = DivisionRequest(parts, ((least, most),) * parts, interchangeable=True, seconds=30)
    # Processor time, so that what else the machine does takes nothing from either side.
    result = divide(graph, request, solve_two=solve_two, clock=time.process_time)
    verified = "no claim"
    if result.status == "optimal":
        verified = verify(graph, json.loads(json.dumps(document_of(graph, request, result)))).status
    with tempfile.TemporaryDirectory() as folder:
        graph_file, start_file = Path(folder, "graph.json"), Path(folder, "start.json")
        graph_file.write_text(json.dumps(data))
        start_file.write_text(json.dumps({str(u): int(p) for u, p in enumerate(start_of(graph, parts))}))
        ways = {}
        for name, burst in ways_of_peer.items():
            arguments = [str(graph_file), str(parts), str(start_file), str(steps), str(seconds), str(burst)]
            done = subprocess.run(
                [given.peer, __file__, "--as-peer", *arguments], stdout=subprocess.PIPE, text=True, check=True
            )
            ways[name] = json.loads(done.stdout.splitlines()[-1])
    name, peer = min(ways.items(), key=lambda way: way[1]["best"])
    print(
        f"| {units} | {parts} | {seed} | {result.status} | {result.objective} | {result.gap:.1%} "
        f"| {result.seconds:.1f} | {verified} | {peer['best']} | {name} | {peer['steps']} | {peer['seconds']:.0f} "
        f"| {peer['best'] / result.objective - 1:+.0%} |",
        flush=True,
    )


def warm_up() -> None:
    """Load what is compiled, so that no case pays for it."""
    from geoapp.splitting.drafts.tasks import warm_up as compile_all

    compile_all()


def main() -> None:
    """Run all cases and print a table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument(
        "--peer", default=os.environ.get("GERRYCHAIN_PYTHON"), help="interpreter that has gerrychain 1.0.0"
    )
    ask.add_argument("--seed", type=int, default=201)
    ask.add_argument("--instances", type=int, default=3)
    ask.add_argument("--steps", type=int, default=10_000)
    ask.add_argument("--timed-s", "--two-s", type=float, default=60.0)
    ask.add_argument("--as-peer", nargs=6, help=argparse.SUPPRESS)
    given = ask.parse_args()
    if given.as_peer:
        graph, parts, start, steps, seconds, burst = given.as_peer
        best = peer_best(Path(graph), int(parts), Path(start), int(steps), float(seconds), int(burst))
        print(json.dumps(best))
        return
    if not given.peer:
        sys.exit("Name an interpreter that has gerrychain 1.0.0 with --peer or GERRYCHAIN_PYTHON.")
    warm_up()
    print("| units | parts | seed | status | cost | gap | s | verified | peer's best | way | steps | s | longer by |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    both = {"chain": 0, "short bursts": 10}
    for units, parts in ((400, 2), (1000, 2), (2000, 2), (3000, 18)):
        if given.timed_s > 0:
            compare(given, units, parts, given.seed, steps=10**9, seconds=given.timed_s, ways_of_peer=both)
    for number in range(given.instances):
        compare(given, 500, 3, given.seed + number, steps=given.steps, seconds=10**9, ways_of_peer={"chain": 0})


if __name__ == "__main__":
    main()
