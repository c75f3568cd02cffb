"""What units, compounds and complaints tell of a community whose own row says nothing."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geoapp.splitting.scanning.communities import Community
from geoapp.splitting.scanning.facts import NOWHERE, Details, homes_by_code, homes_by_place, with_details


def test_shares_are_weighted_by_households() -> None:
    """Compounds of 100 (managed), 300 (not) and 50 (not known): 300 / 400 unmanaged, 60 + 90 of 1000 people over 60."""
    details = Details(
        "小区", np.array([0, 0, 0, NOWHERE]), households=np.array([100.0, 300, 50, 999]),
        people=np.array([250.0, 650, 100, 1]), over60=np.array([60.0, 90, 0, 1]), managed=np.array([1, 0, np.nan, 0]),
    )  # fmt: skip
    (found,) = with_details([Community("a", "a", "甲", households=500)], details)
    assert found.unmanaged_share == 0.75
    assert found.over60_share == pytest.approx(0.15)
    assert (found.households, found.people) == (500, 1000)
    assert found.remarks == ("老年人、人口、物业由小区汇总。",)


def test_what_the_community_itself_says_is_not_overruled() -> None:
    own = Community("a", "a", "甲", households=7, people=20, over60=5, complaints=1, unmanaged_share=0.0)
    details = Details(
        "单元", np.array([0]), households=np.array([9.0]), people=np.array([9.0]), over60=np.array([9.0]),
        complaints=np.array([9.0]), managed=np.array([0.0]),
    )  # fmt: skip
    assert with_details([own], details) == [own]


def test_one_unknown_value_leaves_the_sum_unknown() -> None:
    details = Details("单元", np.array([0, 0]), households=np.array([5.0, np.nan]))
    assert with_details([Community("a", "a", "甲")], details)[0].households is None


def test_homes_by_code_and_by_place() -> None:
    world = [
        Community("a", "a", "甲", geometry=shapely.box(0, 0, 1, 1)),
        Community("b", "b", "乙", geometry=None),
        Community("c", "c", "丙", geometry=shapely.box(0.5, 0, 2, 1)),
    ]
    assert homes_by_code(["c", "x", "a"], world).tolist() == [2, NOWHERE, 0]
    places = np.array(
        [shapely.box(0.6, 0.1, 0.7, 0.2), shapely.box(1.1, 0, 1.2, 0.1), shapely.Point(9, 9), None], dtype=object
    )
    assert homes_by_place(places, world).tolist() == [0, 2, NOWHERE, NOWHERE]
