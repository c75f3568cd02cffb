"""A plan of 2000 units with one unit handed over: milliseconds for all measures, and for a card with its 四至.

    python benchmarks/evaluation.py [--units 2000] [--parts 2] [--seed 401] [--times 200]

Units are quadrilaterals that tile a square, with households, columns, compounds, grids, hot-spots, a plan of today, and
borders along roads, rails and rivers of a few names. What is prepared once per community is told apart. Processor time.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from scan import quadrilaterals

from geoapp.splitting.drafts.ground import Ground
from geoapp.splitting.drafts.scorecard import score_plan
from geoapp.splitting.metrics import Judge
from geoapp.splitting.store import read_profiles, read_rules
from geoapp.splitting.units import UnitBorders, Units, plain_borders

KINDS = (("none", ""), ("minor", "甲巷"), ("arterial", "乙路"), ("rail", "丙线"), ("water", "丁河"))


def make_units(count: int, seed: int) -> Units:
    """Units that tile a square, with something of everything that is measured without a network."""
    rng = np.random.default_rng(seed)
    side = round(math.sqrt(count))
    polygons = np.array(quadrilaterals(side, round(count / side), rng, 0.0, 0.0), dtype=object)
    n = len(polygons)
    plain = plain_borders(polygons)
    along = rng.choice(len(KINDS), size=len(plain), p=[0.6, 0.2, 0.1, 0.05, 0.05])
    borders = UnitBorders(
        plain.pairs, plain.length_m, tuple(KINDS[k][0] for k in along), tuple(KINDS[k][1] for k in along), plain.lines
    )
    return Units(
        ids=tuple(f"u{i}" for i in range(n)), polygons=polygons, households=rng.integers(0, 12, n), borders=borders,
        profiles=read_profiles(), estimated=rng.random(n) < 0.1, apportioned=rng.random(n) < 0.1,
        columns={name: rng.integers(0, 30, n).astype(float) for name in ("people", "over60", "members", "low_income")},
        groups={"compound": tuple(f"c{i // 6}" for i in range(n)), "grid": tuple(f"g{i // 40}" for i in range(n))},
    )  # fmt: skip


def median_ms(call, plans) -> float:
    """Milliseconds of processor per plan, the median."""
    taken = []
    for plan in plans:
        begun = time.process_time()
        call(plan)
        taken.append(1000 * (time.process_time() - begun))
    return statistics.median(taken)


def main() -> None:
    """Prepare, then evaluate changed plans."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--units", type=int, default=2000)
    ask.add_argument("--parts", type=int, default=2)
    ask.add_argument("--seed", type=int, default=401)
    ask.add_argument("--times", type=int, default=200)
    given = ask.parse_args()
    units, rules = make_units(given.units, given.seed), read_rules()
    rng = np.random.default_rng(given.seed)
    n, parts = units.n, given.parts
    start = 1 + np.arange(n) * parts // n
    plans = []
    for _ in range(given.times):
        plan = start.copy()
        plan[rng.integers(n)] = 1 + rng.integers(parts)
        plans.append(plan)
    begun = time.process_time()
    judge = Judge(units, rules, baseline=start, moved_before=rng.random(n), hotspots=tuple(
        f"h{i // 25}" if i % 3 else None for i in range(n)), most_households=3000)  # fmt: skip
    prepared = time.process_time() - begun
    ground = Ground(units, units.ids, {key: rng.integers(0, 4, n) for key in ("charging", "parking", "reports")})
    names = tuple(f"社区{i + 1}" for i in range(parts))

    def card(plan: np.ndarray) -> None:
        score_plan(
            ground, plan, profile="along-roads", names=names, staff_now=20, rules=rules,
            extents=ground.extents(plan, parts=parts),
        )  # fmt: skip

    begun = time.process_time()
    card(start)
    prepared_card = time.process_time() - begun
    print("| units | parts | all measures ms | bar | reach | card with 四至 ms | prepared once, s | card, s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    measures_ms = median_ms(lambda plan: judge.measures(plan, parts=parts), plans)
    print(
        f"| {n} | {parts} | {measures_ms:.2f} | 20 | 5 | {median_ms(card, plans):.2f} | {prepared:.2f} "
        f"| {prepared_card:.2f} |"
    )


if __name__ == "__main__":
    main()
