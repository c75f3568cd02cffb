"""A million points to their five places, beside geopandas.sjoin and an STRtree asked point by point, in the same run.

    python benchmarks/locating.py                        # 14,400 courtyards, 3,600 grids, 400 communities
    python benchmarks/locating.py --points 200000 --seed 5

The places are made by script: a raster of courtyards whose corners are moved and whose sides bend, so that every place
above is a polygon of many vertices. geopandas joins all points with each of the five levels; the STRtree is asked for
``--single`` points, one by one, level by level, and its time is multiplied up. A thousand points are then looked for by
brute force: every polygon of every level is asked, and the rule on borders applied by hand. Seconds: of the processor.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from datetime import date

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.places.hierarchy import LEVELS, level_of, parent_code
from geoapp.places.locate import Locator
from geoapp.places.versions import PlaceVersion

WEST, SOUTH, STEP = 116.40, 39.90, 0.0006
#: Courtyards on a side of a grid, grids on a side of a community, communities on a side of a subdistrict, and those.
SIDES = (2, 3, 4, 5)


def places(rng: np.random.Generator) -> list[PlaceVersion]:
    """One district with all that is in it."""
    n = int(np.prod(SIDES))
    corners = np.stack(np.meshgrid(np.arange(n + 1.0), np.arange(n + 1.0), indexing="ij"), axis=-1)
    corners += rng.uniform(-0.25, 0.25, corners.shape)
    corners = corners * STEP + (WEST, SOUTH)
    bends: dict[tuple[int, int, int], NDArray[np.float64]] = {}

    def side(x: int, y: int, across: int) -> NDArray[np.float64]:
        """From a corner to the next one, bent; the same for both neighbours."""
        if (x, y, across) not in bends:
            start, end = corners[x, y], corners[x + 1, y] if across else corners[x, y + 1]
            share = np.linspace(0, 1, 6)[:, None]
            line = start + share * (end - start)
            line[1:-1] += rng.uniform(-0.03, 0.03, (4, 2)) * STEP
            bends[x, y, across] = line
        return bends[x, y, across]

    made: dict[str, list[shapely.Geometry]] = {}
    for x in range(n):
        for y in range(n):
            ring = [side(x, y, 1), side(x + 1, y, 0), side(x, y + 1, 1)[::-1], side(x, y, 0)[::-1]]
            made[_code(x, y)] = [shapely.Polygon(np.concatenate([part[:-1] for part in ring]))]
    shapes = {code: cells[0] for code, cells in made.items()}
    for level in reversed(LEVELS[:-1]):
        below: dict[str, list[shapely.Geometry]] = {}
        for code, shape in shapes.items():
            if level_of(code).digits == LEVELS[LEVELS.index(level) + 1].digits:
                below.setdefault(parent_code(code) or "", []).append(shape)
        shapes |= {code: shapely.coverage_union_all(cells) for code, cells in below.items()}
    return [
        PlaceVersion(code, code, level_of(code).key, parent_code(code), date(2020, 1, 1), geometry=shape)
        for code, shape in shapes.items()
    ]


def _code(x: int, y: int) -> str:
    """Code of a courtyard by where it lies."""
    numbers = []
    for size in SIDES[:-1]:
        numbers.append(x % size * size + y % size + 1)
        x, y = x // size, y // size
    numbers.append(x * SIDES[-1] + y + 1)
    courtyard, grid, community, street = numbers
    return f"110105{street:03d}{community:03d}{grid:03d}{courtyard:02d}"


def chosen(codes: list[str], above: str) -> str:
    """The place that counts of several that hold a point: of the parent found above, then the lower code."""
    return min(codes, key=lambda code: ((parent_code(code) or "") != above, code), default="")


def by_level(versions: list[PlaceVersion]) -> list[tuple[list[str], NDArray[np.object_]]]:
    """Codes and polygons of each level."""
    found = []
    for level in LEVELS:
        own = [v for v in versions if v.level == level.key]
        found.append(([v.code for v in own], np.array([v.geometry for v in own], dtype=object)))
    return found


def one_by_one(trees: list[tuple[list[str], shapely.STRtree]], points: NDArray[np.object_]) -> list[list[str]]:
    rows = []
    for point in points:
        row: list[str] = []
        for codes, tree in trees:
            hit = [codes[k] for k in tree.query(point, predicate="intersects")]
            row.append(chosen(hit, row[-1] if row else ""))
        rows.append(row)
    return rows


def joined(frames: list[geopandas.GeoDataFrame], points: geopandas.GeoDataFrame) -> int:
    """All five joins; how many pairs they gave."""
    return sum(len(geopandas.sjoin(points, frame, predicate="intersects")) for frame in frames)


def brute(levels: list[tuple[list[str], NDArray[np.object_]]], points: NDArray[np.object_]) -> list[list[str]]:
    """Every polygon is asked for every point."""
    rows = []
    for point in points:
        row: list[str] = []
        for codes, shapes in levels:
            hit = [codes[k] for k in np.flatnonzero(shapely.intersects(shapes, point))]
            row.append(chosen(hit, row[-1] if row else ""))
        rows.append(row)
    return rows


def timed(do: Callable[[], object]) -> tuple[object, float, float]:
    """Its answer, seconds of the processor and by the clock."""
    cpu, wall = time.process_time(), time.perf_counter()
    answer = do()
    return answer, time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--single", type=int, default=20_000, help="points for the STRtree asked one by one")
    parser.add_argument("--seed", type=int, default=20261129)
    wanted = parser.parse_args()
    rng = np.random.default_rng(wanted.seed)
    versions = places(rng)
    levels = by_level(versions)
    edge = int(np.prod(SIDES)) * STEP
    lonlat = rng.uniform((WEST - STEP, SOUTH - STEP), (WEST + edge + STEP, SOUTH + edge + STEP), (wanted.points, 2))
    corners = np.concatenate([shapely.get_coordinates(v.geometry)[:1] for v in versions[:400]])
    lonlat[: len(corners)] = corners  # on borders, where the rule decides
    print(", ".join(f"{len(codes)} {level.key}" for level, (codes, _) in zip(LEVELS, levels, strict=True)))

    locator, made_s, _ = timed(lambda: Locator(versions))
    assert isinstance(locator, Locator)
    found, ours, wall = timed(lambda: locator.codes(lonlat))
    frames = [geopandas.GeoDataFrame({"code": codes}, geometry=shapes, crs=4326) for codes, shapes in levels]
    points = geopandas.GeoDataFrame(geometry=shapely.points(lonlat), crs=4326)
    pairs, join, join_wall = timed(lambda: joined(frames, points))
    trees = [(codes, shapely.STRtree(shapes)) for codes, shapes in levels]
    some = points.geometry.to_numpy()[: wanted.single]
    single, tree, tree_wall = timed(lambda: one_by_one(trees, some))
    times = wanted.points / len(some)
    print(f"{wanted.points} points; load average {os.getloadavg()[0]:.1f}\n{'':32}{'s':>8}{'wall':>8}{'to ours':>9}")
    print(f"{'ours':32}{ours:8.2f}{wall:8.2f}{1:9.1f}   (and {made_s:.2f} s once to prepare the places)")
    print(f"{'geopandas.sjoin, five levels':32}{join:8.2f}{join_wall:8.2f}{join / ours:9.1f}   ({pairs} pairs)")
    print(f"{'STRtree, one by one':32}{tree * times:8.2f}{tree_wall * times:8.2f}{tree * times / ours:9.1f}")
    assert isinstance(found, np.ndarray)
    assert found[: len(some)].tolist() == single, "not what the tree finds point by point"
    sample = np.concatenate([np.arange(200), rng.integers(0, wanted.points, 800)])
    assert found[sample].tolist() == brute(levels, points.geometry.to_numpy()[sample]), "not what brute force finds"
    print(f"{len(sample)} points by brute force and {len(some)} one by one: the same")


if __name__ == "__main__":
    main()
