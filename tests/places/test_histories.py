"""Any sequence of operations keeps the history whole: checked on every day, against what the rules say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import date, timedelta
from itertools import count, pairwise
from typing import Any

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from geoapp.accounts.people import system
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.errors import GeoappError
from geoapp.places import actions, store, tables
from geoapp.places.hierarchy import parent_code
from geoapp.places.versions import heirs
from tests.places.street import FIRST, STREET, plan_of, squares, street_records

LAST = FIRST + timedelta(days=40)
BOARD = squares(0, 0, 8, 4)
WIDTH = squares(0, 0, 1, 1).area


class Histories(RuleBasedStateMachine):
    """Operations on random days, out of order too; those that are refused must change nothing."""

    def __init__(self, fresh: Callable[[], AbstractContextManager[Settings]]) -> None:
        super().__init__()
        self.fresh = fresh
        self.opened = ExitStack()

    @initialize()
    def begin(self) -> None:
        self.database = Database(self.opened.enter_context(self.fresh()))
        self.opened.callback(self.database.dispose)
        actions.load_places(self.database, street_records(), on=FIRST, by=system("测试"))
        self.rows = 10

    def teardown(self) -> None:
        self.opened.close()

    def attempt(self, operate: Any, *arguments: Any, **said: Any) -> None:
        """An operation that may be refused, and then has changed nothing."""
        before = self.everything()
        try:
            operate(self.database, *arguments, by=system("测试"), **said)
        except GeoappError as refused:
            assert str(refused).endswith("。")
            assert self.everything() == before

    def everything(self) -> list[Any]:
        with self.database.reading() as connection:
            rows = connection.execute(sa.select(tables.versions).order_by(tables.versions.c.id)).all()
            links = sa.select(tables.successions).order_by(tables.successions.c.id)
            return [*rows, *connection.execute(links).all()]

    def community(self, pick: int, day: date) -> Any:
        with self.database.reading() as connection:
            found = store.versions(connection, on=day, level="community")
        return found[pick % len(found)]

    days = st.integers(1, 39).map(lambda n: FIRST + timedelta(days=n))
    picks = st.integers(0, 5)

    @rule(day=days, pick=picks, column=st.integers(1, 7))
    def split(self, day: date, pick: int, column: int) -> None:
        place = self.community(pick, day)
        west = place.geometry.intersection(squares(0, 0, column, 4))
        east = place.geometry.intersection(squares(column, 0, 8, 4))
        if west.area > WIDTH / 2 and east.area > WIDTH / 2:
            plan = plan_of((west, 1000), (east, 900), place=place.code)
            self.attempt(actions.split_by_plan, plan, on=day)

    @rule(day=days, a=picks, b=picks)
    def merge(self, day: date, a: int, b: int) -> None:
        self.attempt(actions.merge, [self.community(a, day).code, self.community(b, day).code], on=day)

    @rule(day=days, a=picks, b=picks, column=st.integers(0, 7), width=st.integers(1, 3))
    def shift(self, day: date, a: int, b: int, column: int, width: int) -> None:
        giver, taker = self.community(a, day).code, self.community(b, day).code
        self.attempt(actions.shift, giver, taker, squares(column, 0, column + width, 4), on=day)

    @rule(day=days, pick=picks, name=st.sampled_from(["甲", "乙", "丙"]))
    def rename(self, day: date, pick: int, name: str) -> None:
        self.attempt(actions.rename, self.community(pick, day).code, name, on=day)

    @rule(number=st.integers(2, 12))
    def undo(self, number: int) -> None:
        self.attempt(actions.undo, number)

    @invariant()
    def no_two_versions_overlap_and_no_row_is_lost(self) -> None:
        if not hasattr(self, "database"):
            return
        rows = tables.versions
        with self.database.reading() as connection:
            found = connection.execute(
                sa.select(rows.c.place_id, rows.c.valid_from, rows.c.valid_to).where(~rows.c.withdrawn)
            ).all()
            total = connection.execute(sa.select(sa.func.count()).select_from(rows)).scalar_one()
        by_place = defaultdict(list)
        for place_id, begin, end in found:
            by_place[place_id].append((begin, end or date.max))
        for periods in by_place.values():
            periods.sort()
            assert all(a[1] == b[0] for a, b in pairwise(periods)), "gap or overlap in time"
        assert total >= self.rows
        self.rows = total

    @invariant()
    def every_day_has_a_whole_tree_that_tiles_the_ground(self) -> None:
        if not hasattr(self, "database"):
            return
        with self.database.reading() as connection:
            turns = {FIRST, LAST, *connection.execute(sa.select(tables.versions.c.valid_from)).scalars()}
            linked = [(entry.on_date, link) for entry, link in store.links(connection)]
            states = {day: store.versions(connection, on=day) for day in sorted(turns)}
        for day, versions in states.items():
            known = {v.code: v for v in versions}
            assert all(v.parent == parent_code(v.code) and (v.parent is None or v.parent in known) for v in versions)
            communities = [v.geometry for v in versions if v.level == "community"]
            assert tiles(communities, BOARD), f"{day}: communities do not tile the street"
            for grid in (v for v in versions if v.level == "grid"):
                assert known[str(grid.parent)].geometry.buffer(1e-9).covers(grid.geometry)
            # The four grids tile columns 0 to 4 whatever became of their communities.
            assert tiles([v.geometry for v in versions if v.level == "grid"], squares(0, 0, 4, 4))
        last = {v.code for v in states[max(states)]}
        for community in (v for v in states[FIRST] if v.level == "community"):
            found = heirs(linked, community.code, after=FIRST, until=max(states), living=last)
            assert abs(sum(heir.share for heir in found) - 1.0) < 1e-3, "ground without an heir"


def tiles(pieces: list[Any], outline: Any) -> bool:
    """Do the pieces cover the outline once? Their union is it, and their areas add up to its area."""
    areas = np.array([piece.area for piece in pieces])
    union = shapely.union_all(pieces)
    return bool(shapely.symmetric_difference(union, outline).area < 1e-12 and abs(areas.sum() - outline.area) < 1e-12)


@pytest.mark.engines
def test_any_sequence_of_operations_keeps_the_history_whole(engine: str, installations: Any) -> None:
    numbers = count()
    run_state_machine_as_test(
        lambda: Histories(lambda: installations(f"run{next(numbers)}")),
        settings=settings(
            max_examples=8 if engine == "sqlite" else 5,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_tiling_check_tells_a_gap_and_an_overlap() -> None:
    """The judge itself: two halves tile, a missing or a doubled column does not."""
    assert tiles([squares(0, 0, 4, 4), squares(4, 0, 8, 4)], BOARD)
    assert not tiles([squares(0, 0, 4, 4), squares(5, 0, 8, 4)], BOARD)
    assert not tiles([squares(0, 0, 5, 4), squares(4, 0, 8, 4)], BOARD)
    assert len(STREET) == 9
