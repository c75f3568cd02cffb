"""Rights go down the place tree, never up or sideways, and only in their time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.accounts.roles import (
    MAY_APPOINT,
    PERMISSIONS,
    RANK_NAMES,
    Grant,
    Rank,
    UnknownPermission,
    allows,
    may_appoint,
    reach,
)

DISTRICT = ("110105",)
STREET = (*DISTRICT, "110105012")
XIAGUANGLI = (*STREET, "110105012023")
LIANGMA = (*STREET, "110105012027")
GRID = (*XIAGUANGLI, "110105012023001")
DAY = date(2026, 11, 22)


def grant(rank: Rank, place: tuple[str, ...], **dates: date) -> Grant:
    return Grant(rank, place, dates.get("valid_from", date(2026, 1, 1)), dates.get("valid_to"))


def test_a_community_reaches_itself_and_its_grids_and_nothing_else() -> None:
    held = [grant(Rank.COMMUNITY, XIAGUANGLI)]
    asked = {
        place: allows(held, "people.read", place, on=DAY) for place in (XIAGUANGLI, GRID, LIANGMA, STREET, DISTRICT)
    }
    assert asked == {XIAGUANGLI: True, GRID: True, LIANGMA: False, STREET: False, DISTRICT: False}


def test_a_grant_begins_on_its_first_day_and_has_ended_on_its_last() -> None:
    held = [grant(Rank.PLANNER, STREET, valid_from=DAY, valid_to=DAY + timedelta(days=2))]
    days = [allows(held, "divisions.ask", STREET, on=DAY + timedelta(days=n)) for n in (-1, 0, 1, 2)]
    assert days == [False, True, True, False]


def test_without_a_grant_there_is_what_every_visitor_has() -> None:
    assert allows([], "maps.read", XIAGUANGLI, on=DAY)
    assert not allows([], "layers.import", (), on=DAY)


def test_an_unknown_permission_is_a_fault_and_not_a_yes() -> None:
    with pytest.raises(UnknownPermission):
        allows([grant(Rank.ADMINISTRATOR, ())], "everything.at-once", (), on=DAY)


def test_reach_names_the_tops_only() -> None:
    held = [grant(Rank.COMMUNITY, XIAGUANGLI), grant(Rank.SUBDISTRICT, STREET), grant(Rank.GRID, ("110101",))]
    assert reach(held, "people.read", on=DAY) == [STREET]


def test_every_rank_has_a_name_and_every_permission_somebody() -> None:
    assert set(RANK_NAMES) == set(Rank)
    assert all(PERMISSIONS.values())


@pytest.mark.parametrize("rank", [r for r in Rank if r is not Rank.ADMINISTRATOR])
def test_nobody_but_the_administrator_appoints_her_own_rank(rank: Rank) -> None:
    assert rank not in MAY_APPOINT.get(rank, frozenset())
    assert Rank.ADMINISTRATOR not in MAY_APPOINT.get(rank, frozenset())


def test_nobody_appoints_outside_her_place() -> None:
    held = [grant(Rank.COMMUNITY, XIAGUANGLI)]
    assert may_appoint(held, Rank.GRID, GRID, on=DAY)
    assert not may_appoint(held, Rank.GRID, LIANGMA, on=DAY)
    assert not may_appoint(held, Rank.GRID, STREET, on=DAY)


paths = st.lists(st.sampled_from("abc"), max_size=4).map(tuple)


@given(paths, paths, st.sampled_from(sorted(PERMISSIONS)), st.sampled_from(list(Rank)))
def test_what_is_held_above_is_held_below(
    top: tuple[str, ...], below: tuple[str, ...], permission: str, rank: Rank
) -> None:
    held = [grant(rank, top)]
    if allows(held, permission, top, on=DAY):
        assert allows(held, permission, top + below, on=DAY)


@given(paths, paths, st.sampled_from(sorted(PERMISSIONS)), st.sampled_from(list(Rank)))
def test_a_right_that_visitors_lack_never_leaves_its_branch(
    mine: tuple[str, ...], other: tuple[str, ...], permission: str, rank: Rank
) -> None:
    if Rank.VISITOR not in PERMISSIONS[permission] and other and other[: len(mine)] != mine:
        assert not allows([grant(rank, mine)], permission, other, on=DAY)
