"""The size test and what is asked of the two parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.splitting.scanning.sizes import Limits, SizeError, halves_of, limits_of, size_of, staffing_of
from geoapp.splitting.store import read_rules

RULES = read_rules()
LIMITS = limits_of(RULES)


def test_limits_come_from_the_rules() -> None:
    """3000 households and 9000 people at most, parts of 500 to 3000."""
    assert Limits(over=3000, people_over=9000, most=3000, least=500) == LIMITS


def test_a_lower_limit_is_also_the_most_of_a_part() -> None:
    """--over 1200: parts up to 1200; 500 twice fits into it. --over 600: twice 500 does not, so no least."""
    assert (limits_of(RULES, over=1200).most, limits_of(RULES, over=1200).least) == (1200, 500)
    assert (limits_of(RULES, over=600).most, limits_of(RULES, over=600).least) == (600, 0)


def test_a_higher_limit_leaves_the_parts_to_the_rule() -> None:
    assert (limits_of(RULES, over=4000).over, limits_of(RULES, over=4000).most) == (4000, 3000)


@pytest.mark.parametrize(
    ("households", "people", "size"),
    [(3001, None, "over"), (3000, 9000, "above"), (2000, 9001, "over"), (2000, None, "fits"), (499, 100, "merge"),
     (500, None, "fits")],
)  # fmt: skip
def test_the_size_class_at_its_edges(households: int, people: int | None, size: str) -> None:
    assert size_of(households, people, limits=LIMITS, rules=RULES) == size


def test_with_a_higher_limit_a_community_above_the_rule_is_not_over() -> None:
    assert size_of(3500, None, limits=limits_of(RULES, over=4000), rules=RULES) == "above"


@given(households=st.integers(1, 20_000), tolerance=st.one_of(st.none(), st.sampled_from([0.0, 0.01, 0.05, 0.3])))
def test_ranges_are_exactly_those_sizes_that_can_be_completed(households: int, tolerance: float | None) -> None:
    """Brute force over all sizes of the first side: in the range if and only if both sides are within their limits."""
    limits = Limits(3000, 9000, 3000, 500, tolerance)
    halves = halves_of(households, limits)
    k = halves.parts_needed
    first, second = k // 2, k - k // 2

    def fits(size: int, j: int) -> bool:
        near = tolerance is None or abs(size - households * j / k) <= tolerance * households * j / k + 1e-9
        return max(500 * j, 1) <= size <= 3000 * j and near

    good = [a for a in range(households + 1) if fits(a, first) and fits(households - a, second)]
    (low, high), (low2, high2) = halves.ranges
    assert good == list(range(low, high + 1))
    if good:
        assert (low2, high2) == (households - good[-1], households - good[0])
    assert k == max(2, -(-households // 3000))


def test_the_founding_case_lacks_fifteen_posts_after_the_division() -> None:
    """2970 + 1590 households: ceil(2970 / 150) = 20 and ceil(1590 / 150) = 11; 31 - 16 = 15."""
    after = [staffing_of(h, None, RULES) for h in (2970, 1590)]
    assert sum(part.least for part in after) - 16 == 15
    today = staffing_of(4560, 16, RULES)
    assert (today.least, today.most, today.short, today.load) == (31, 42, 15, 285.0)


def test_small_communities_still_need_nine_and_a_surplus_is_no_shortfall() -> None:
    assert staffing_of(600, 12, RULES).least == 9
    assert staffing_of(600, 12, RULES).short == 0
    assert staffing_of(600, 0, RULES).load is None


@pytest.mark.parametrize("wrong", [{"over": 0}, {"tolerance": 1.0}, {"tolerance": -0.1}])
def test_a_limit_that_makes_no_sense_is_told(wrong: dict[str, float]) -> None:
    with pytest.raises(SizeError, match="--"):
        limits_of(RULES, **wrong)  # type: ignore[arg-type]
