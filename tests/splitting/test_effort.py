"""A search that is cut short by its work gives one plan, however slow the machine is."""

from __future__ import annotations

import time

import numpy as np
import pytest

from geoapp.splitting.effort import Effort, spend
from geoapp.splitting.ensemble import limits
from geoapp.splitting.plan import border_cost
from geoapp.splitting.request import DivisionRequest
from geoapp.splitting.solvers import starts
from geoapp.splitting.solvers.dual_cycle import solve_two
from geoapp.splitting.solvers.search import divide
from tests.splitting.planar_worlds import delaunay_world

WORLD = delaunay_world(300, seed=11, total=3000)


def plan_within(seconds: float, parts: int) -> tuple[np.ndarray, float]:
    """A plan after so much work, and the work that the search told."""
    clock = Effort()
    pair = limits(WORLD.total, parts, tolerance=0.1)
    request = DivisionRequest(parts, (pair,) * parts, interchangeable=True, seconds=seconds)
    result = divide(WORLD, request, solve_two=solve_two, clock=clock)
    assert result.part_of is not None
    return result.part_of, clock()


def test_a_slow_machine_gives_the_same_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three parts in a third of a second's work: not half of the starts are tried, also when each takes far longer."""
    quick, told = plan_within(0.3, 3)
    assert told < 0.5
    settle = starts.Annealer.settle

    def slowly(self: starts.Annealer, *arguments: object) -> None:
        time.sleep(0.05)
        settle(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(starts.Annealer, "settle", slowly)
    slow, told_again = plan_within(0.3, 3)
    assert (quick == slow).all() and told == told_again


def test_more_work_is_told_as_more_and_gives_no_worse_plan() -> None:
    short, told = plan_within(0.1, 3)
    long, told_more = plan_within(3.0, 3)
    assert told < told_more
    assert border_cost(WORLD, long) <= border_cost(WORLD, short)


def test_two_parts_stop_when_their_work_is_done() -> None:
    """A hundredth of a second is not enough for the proof, and the answer says so."""
    pair = limits(WORLD.total, 2, tolerance=0.05)
    request = DivisionRequest(2, (pair, pair), interchangeable=True)
    clock = Effort()
    found = solve_two(WORLD, request, deadline_s=0.01, clock=clock)
    assert found.status in ("feasible", "bound") and clock() > 0.01
    assert solve_two(WORLD, request, deadline_s=60.0, clock=Effort()).status == "optimal"


def test_other_clocks_are_left_alone() -> None:
    spend(None, 1.0)
    spend(time.monotonic, 1.0)
