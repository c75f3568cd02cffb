"""A clock that counts work: searches that are cut short by it give the same answer on every machine."""

from __future__ import annotations

from geoapp.splitting.request import Clock

#: Seconds that work took where it was measured: 1024 proposals of a single move, a unit in a drawn tree, a state of the
#: exact search, a unit of a graph that an exact solve is set up for.
BLOCK_S, TREE_UNIT_S, STATE_S, SET_UP_S = 8e-6, 5e-9, 8e-7, 5e-5


class Effort:
    """Seconds that the work done so far would have taken on one machine: a clock for those who tell their work."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def spend(clock: Clock | None, seconds: float) -> None:
    """Tell a clock that counts work of some work; other clocks know by themselves."""
    if isinstance(clock, Effort):
        clock.seconds += seconds
