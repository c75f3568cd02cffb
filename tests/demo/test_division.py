"""The founding case on the demo's ground: the engine finds the demo's own border, and proves it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from geoapp.geo.adjacency import bordering_pairs
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.request import DivisionRequest
from geoapp.splitting.solvers.dual_cycle import solve_two
from geoapp.splitting.tessellation import tessellate

XIAGUANGLI, LIANGMA = "110105012023", "110105012027"
# Tenths of a border's length: along an arterial, along a minor street, along nothing.
ARTERIAL, MINOR, NOTHING = 2, 5, 10


@pytest.fixture(scope="module")
def cells(read, metric) -> dict[str, Any]:
    """Old 霞光里 cut by its streets and shared out among its buildings: the graph, and today's part of each cell."""
    old = next(metric(row["shape"]) for row in read("boundary_community") if row["households"] == 4560)
    buildings = [row for row in read("buildings") if row["community_code"] in {XIAGUANGLI, LIANGMA}]
    roads = {
        kind: [metric(row["shape"]) for row in read("roads") if row["class"] == kind] for kind in ("arterial", "minor")
    }
    made = tessellate(
        old, [metric(row["shape"]) for row in buildings], barriers_m=[*roads["arterial"], *roads["minor"]]
    )
    households = [buildings[site]["households"] if site >= 0 else 0 for site in made.site_of]
    borders = bordering_pairs(made.cells)
    arterial, minor = (shapely.union_all(roads[kind]).buffer(0.5) for kind in ("arterial", "minor"))
    along_arterial = shapely.length(shapely.intersection(borders.lines, arterial))
    along_minor = shapely.length(shapely.intersection(shapely.difference(borders.lines, arterial), minor))
    along_nothing = shapely.length(borders.lines) - along_arterial - along_minor
    cost = np.round(10 * (ARTERIAL * along_arterial + MINOR * along_minor + NOTHING * along_nothing))
    graph = UnitGraph(
        tuple(range(len(made.cells))), np.array(households, dtype=np.int64), borders.pairs, cost.astype(np.int64)
    )
    liangma = next(metric(row["shape"]) for row in read("boundary_community") if row["code"] == LIANGMA)
    today = np.where(shapely.contains(liangma, shapely.point_on_surface(made.cells)), 2, 1)
    compound = [buildings[site]["compound_id"] if site >= 0 else None for site in made.site_of]
    return {"graph": graph, "today": today, "compound": compound}


def cost_of(graph: UnitGraph, part_of: np.ndarray) -> int:
    """Border between the parts, added up edge by edge."""
    a, b = graph.edges.T
    return int(graph.cost[part_of[a] != part_of[b]].sum())


@pytest.mark.parametrize(
    ("ranges", "alike"),
    [
        (((2970, 2970), (1590, 1590)), False),
        (((2822, 3118), (1511, 1669)), False),
        (((1500, 3060), (1500, 3060)), True),
    ],
    ids=["exactly", "within 5 %", "anything from 1500"],
)
def test_the_demos_own_division_is_the_proved_optimum(cells, ranges, alike: bool) -> None:
    graph = cells["graph"]
    result = solve_two(graph, DivisionRequest(2, ranges, interchangeable=alike))
    assert result.status == "optimal"
    assert result.objective == result.bound == cost_of(graph, cells["today"])
    assert sorted(int(graph.households[result.part_of == part].sum()) for part in (1, 2)) == [1590, 2970]


def test_no_compound_is_cut_by_it_and_each_is_one_piece_of_ground(cells) -> None:
    """Compounds can be kept whole as they are: their cells hang together."""
    graph, compound = cells["graph"], cells["compound"]
    assert graph.n == 105
    for name in {name for name in compound if name}:
        mine = {i for i, other in enumerate(compound) if other == name}
        assert len({int(cells["today"][i]) for i in mine}) == 1
        reached, queue = set(), [min(mine)]
        while queue:
            at = queue.pop()
            if at not in reached:
                reached.add(at)
                queue += [int(a + b - at) for a, b in graph.edges if at in (a, b) and int(a + b - at) in mine]
        assert reached == mine


def test_two_halves_cost_three_times_as_much_border(cells) -> None:
    """Nothing but 天泽路 runs through: halves within 5 % must leave it."""
    result = solve_two(cells["graph"], DivisionRequest(2, ((2166, 2394), (2166, 2394)), interchangeable=True))
    assert result.status == "optimal"
    assert result.objective > 3 * cost_of(cells["graph"], cells["today"])
