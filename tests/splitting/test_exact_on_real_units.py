"""The proof on 2296 census blocks of Ellis County, Kansas, with borders measured from their polygons."""

from __future__ import annotations

import csv
import gzip
import time
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.plan_json import document_of
from geoapp.splitting.solvers.dual_cycle import solve_two
from geoapp.splitting.verify import verify
from tests.splitting.planar_worlds import evenly

DATA = Path(__file__).parents[3] / "shared" / "data" / "ellis-county-blocks"


@pytest.mark.long
@pytest.mark.shared_data
@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data/ellis-county-blocks is absent")
def test_ellis_county_is_halved_with_a_proof() -> None:
    """28,934 people, 738 empty blocks, eight bridges: within 5 % of halves, proved and verified."""
    blocks = pyogrio.read_dataframe(DATA / "blocks.gpkg")
    place = {path: i for i, path in enumerate(blocks["path"])}
    with gzip.open(DATA / "edges.csv.gz", "rt", encoding="utf-8", newline="") as file:
        pairs = sorted({tuple(sorted((place[row["path_1"]], place[row["path_2"]]))) for row in csv.DictReader(file)})
    edges = np.array(pairs, dtype=np.int32)
    shapes = np.asarray(blocks.geometry)
    length_m = shapely.length(shapely.intersection(shapes[edges[:, 0]], shapes[edges[:, 1]]))
    graph = UnitGraph(
        tuple(blocks["path"]), blocks["total_pop"].to_numpy(dtype=np.int64), edges,
        np.rint(length_m * 10).astype(np.int64),
    )  # fmt: skip
    assert (graph.n, graph.m, graph.total) == (2296, 5439, 28934)
    request = evenly(graph, 0.05)
    result = solve_two(graph, request, deadline_s=300, clock=time.monotonic)
    assert result.status == "optimal"
    assert verify(graph, document_of(graph, request, result)).proved
