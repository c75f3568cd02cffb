"""Households and people: shared out over the buildings so that every sum comes out exactly."""

from __future__ import annotations

import random
from dataclasses import replace

from geoapp.demo.buildings import Shape
from geoapp.errors import Invalid

# Storeys that a slab and a tower may have.
_SLAB_STOREYS, _TOWER_STOREYS = (4, 7), (12, 24)
_PEOPLE_PER_HOUSEHOLD = 2.45


def is_home(shape: Shape) -> bool:
    """People live in it."""
    return shape.homes_per_storey > 0


def _bounds(shape: Shape) -> tuple[int, int]:
    return _TOWER_STOREYS if shape.stairs == 1 else _SLAB_STOREYS


def homes_of(shape: Shape) -> int:
    """Homes that a building has when every storey is lived in."""
    return shape.storeys * shape.homes_per_storey


def fit_homes(shapes: list[Shape], target: int, *, rng: random.Random) -> tuple[list[Shape], list[int]]:
    """Change storeys, or leave buildings out, until the homes are `target` exactly.

    What is left over after whole storeys goes off one home at a time (a shop on the ground floor), three at most
    from one building.

    Returns
    -------
    the shapes that stay, in the order given, and the households of each; they add up to `target`

    Raises
    ------
    Invalid : the buildings cannot hold that many at their full height, or no such sum comes out
    """
    shapes = list(shapes)
    _grow(shapes, target, rng)
    _shrink(shapes, target, rng)
    households = [homes_of(shape) for shape in shapes]
    spare = sum(households) - target
    lived_in = [i for i, shape in enumerate(shapes) if is_home(shape)]
    if not 0 <= spare <= 3 * len(lived_in):
        raise Invalid(
            f"{len(lived_in)} buildings miss {target} households by {-spare}: take another seed, or change blocks.py."
        )
    for i in (rng.sample(lived_in, len(lived_in)) * 3)[:spare]:
        households[i] -= 1
    return shapes, households


def _grow(shapes: list[Shape], target: int, rng: random.Random) -> None:
    while sum(map(homes_of, shapes)) < target:
        low = [i for i, shape in enumerate(shapes) if is_home(shape) and shape.storeys < _bounds(shape)[1]]
        if not low:
            raise Invalid(
                f"{len(shapes)} buildings cannot hold {target} households: take another seed, or change blocks.py."
            )
        i = rng.choice(low)
        shapes[i] = replace(shapes[i], storeys=shapes[i].storeys + 1)


def _shrink(shapes: list[Shape], target: int, rng: random.Random) -> None:
    """Take off storeys that are not needed; where all are low, take out a building; at last go as low as may be."""
    while True:
        spare = sum(map(homes_of, shapes)) - target
        fitting = [i for i, shape in enumerate(shapes) if is_home(shape) and shape.homes_per_storey <= spare]
        above = {i: shapes[i].storeys - _bounds(shapes[i])[0] for i in fitting}
        whole = [i for i in fitting if homes_of(shapes[i]) <= spare]
        high = [i for i in fitting if above[i] > 1] or ([] if whole else [i for i in fitting if above[i] == 1])
        if high:
            i = rng.choice(high)
            shapes[i] = replace(shapes[i], storeys=shapes[i].storeys - 1)
        elif whole:
            del shapes[rng.choice(whole)]
        else:
            return


def people_in(households: int, rng: random.Random) -> int:
    """People who live in a building; none where there are no households."""
    return round(households * rng.gauss(_PEOPLE_PER_HOUSEHOLD, 0.12)) if households else 0


def over60_among(people: int, *, managed: bool, rng: random.Random) -> int:
    """How many of them are over 60: more where the compound is old and nobody manages it."""
    return round(people * rng.uniform(0.14, 0.22) if managed else people * rng.uniform(0.27, 0.38))
