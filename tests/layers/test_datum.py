"""A clear maximum decides which datum undeclared coordinates are in; a flat one does not."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geoapp.geo.crs import FROM_WGS84
from geoapp.layers.datum import Score, compare, decide

WEST, SOUTH, STEP = 116.40, 39.90, 0.008


def blocks() -> np.ndarray:
    """A city of 12 x 12 blocks, each 0.006 degrees wide, streets of 0.002 between them."""
    return np.array(
        [
            shapely.box(WEST + i * STEP + 0.001, SOUTH + j * STEP + 0.001, WEST + (i + 1) * STEP - 0.001,
                        SOUTH + (j + 1) * STEP - 0.001)
            for i in range(12) for j in range(12)
        ]
    )  # fmt: skip


def streets() -> np.ndarray:
    """The middle lines of the streets between the blocks."""
    end = 12 * STEP
    across = [shapely.LineString([(WEST, SOUTH + i * STEP), (WEST + end, SOUTH + i * STEP)]) for i in range(13)]
    along = [shapely.LineString([(WEST + i * STEP, SOUTH), (WEST + i * STEP, SOUTH + end)]) for i in range(13)]
    return np.array(across + along)


def written_in(shapes: np.ndarray, crs: str) -> np.ndarray:
    """The shapes as a file in that datum holds them."""
    if crs == "EPSG:4326":
        return shapes
    return shapely.set_coordinates(shapes.copy(), FROM_WGS84[crs](shapely.get_coordinates(shapes)))


@pytest.mark.parametrize("crs", ["EPSG:4326", "gcj02", "bd09"])
def test_blocks_are_told_by_the_streets_that_run_between_them(crs: str) -> None:
    scores = compare(written_in(blocks(), crs), streets(), degrees=True)
    assert decide(scores) == crs
    assert scores[0].value > 0.99


@pytest.mark.parametrize("crs", ["EPSG:4326", "gcj02", "bd09"])
def test_streets_are_told_by_the_blocks_that_they_do_not_cross(crs: str) -> None:
    assert decide(compare(written_in(streets(), crs), blocks(), degrees=True)) == crs


@pytest.mark.parametrize("crs", ["EPSG:4326", "gcj02", "bd09"])
def test_points_are_told_by_the_blocks_that_they_lie_in(crs: str, rng: np.random.Generator) -> None:
    points = shapely.centroid(blocks())
    xy = shapely.get_coordinates(points) + rng.uniform(-0.0025, 0.0025, (len(points), 2))
    scores = compare(written_in(shapely.points(xy), crs), blocks(), degrees=True)
    assert decide(scores) == crs
    assert scores[0].value == 1.0


@pytest.mark.parametrize("crs", ["EPSG:4326", "gcj02", "bd09"])
def test_borders_are_told_by_the_same_borders(crs: str) -> None:
    assert decide(compare(written_in(blocks(), crs), blocks(), degrees=True)) == crs


def test_metres_of_baidu_are_told_too() -> None:
    scores = compare(written_in(blocks(), "bd09mc"), streets(), degrees=False)
    assert decide(scores) == "bd09mc"


def test_points_scattered_over_one_great_polygon_tell_nothing(rng: np.random.Generator) -> None:
    """Every candidate has all points inside."""
    points = shapely.points(rng.uniform((116.42, 39.92), (116.46, 39.96), (500, 2)))
    scores = compare(points, np.array([shapely.box(116.0, 39.5, 117.0, 40.5)]), degrees=True)
    assert len(scores) == 3
    assert decide(scores) is None


def test_points_at_random_tell_nothing(rng: np.random.Generator) -> None:
    points = shapely.points(rng.uniform((WEST, SOUTH), (WEST + 0.09, SOUTH + 0.09), (2000, 2)))
    assert decide(compare(points, blocks(), degrees=True)) is None


def test_layers_that_lie_apart_tell_nothing() -> None:
    elsewhere = shapely.transform(streets(), lambda xy: xy + 5.0)
    assert decide(compare(blocks(), elsewhere, degrees=True)) is None


def test_nothing_is_told_by_nothing() -> None:
    assert compare(np.array([], dtype=object), streets(), degrees=True) == []
    assert decide([]) is None


def test_one_that_lands_by_chance_tells_nothing(rng: np.random.Generator) -> None:
    """Points at random, in metres of a plane that nobody else could mean: pushed aside they fit as well."""
    points = shapely.points(rng.uniform((WEST, SOUTH), (WEST + 0.09, SOUTH + 0.09), (2000, 2)))
    scores = compare(written_in(points, "bd09mc"), blocks(), degrees=False)
    assert len(scores) == 3
    assert decide(scores) is None


def test_a_single_small_block_is_compared_without_a_word_of_warning() -> None:
    """Pushed aside it meets nothing at all: no share can be taken of no probes, and none is claimed."""
    one = np.array([shapely.box(WEST, SOUTH, WEST + 0.001, SOUTH + 0.001)], dtype=object)
    several = np.array([shapely.box(WEST + d, SOUTH, WEST + d + 0.001, SOUTH + 0.001) for d in (0, 0.01)], dtype=object)
    scores = compare(one, several, degrees=True)
    assert all(0.0 <= score.value <= 1.0 for score in scores)
    assert decide(scores) is None


def test_a_winner_by_a_hair_does_not_decide() -> None:
    assert decide([Score("bd09", 0.52, "", 9000, 1.0), Score("gcj02", 0.50, "", 9000, 0.0)]) is None
    assert decide([Score("bd09", 0.97, "", 9000, 1.0), Score("gcj02", 0.90, "", 9000, 0.0)]) == "bd09"
    assert decide([Score("bd09", 0.97, "", 40, 1.0), Score("gcj02", 0.90, "", 40, 0.0)]) is None
    assert decide([Score("bd09", 0.97, "", 9000, 0.4), Score("gcj02", 0.90, "", 9000, 0.6)]) is None
