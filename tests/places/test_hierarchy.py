"""Codes, parents and free numbers of the five levels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoapp.places.hierarchy import (
    LEVELS,
    BadCode,
    NoFreeCode,
    check_code,
    level_of,
    next_codes,
    numbering_order,
    parent_code,
    path_of,
)

COURTYARD = "11010501202300401"


def test_a_code_contains_the_codes_of_all_places_above_it() -> None:
    assert path_of(COURTYARD) == ("110105", "110105012", "110105012023", "110105012023004", COURTYARD)
    assert [level_of(code).key for code in path_of(COURTYARD)] == [level.key for level in LEVELS]
    assert parent_code("110105") is None


@pytest.mark.parametrize(
    "wrong", ["", "11010", "1101050", "11010501202x", "１１０１０５", " 110105", "110105012000", "1" * 400, "-10105"]
)
def test_what_is_no_code_is_refused_in_one_sentence(wrong: str) -> None:
    with pytest.raises(BadCode) as refused:
        level_of(wrong)
    assert str(refused.value).endswith("。") and len(str(refused.value)) < 120


def test_a_code_of_another_level_names_both_levels() -> None:
    with pytest.raises(BadCode, match="街道的编码（9 位），社区应为 12 位"):
        check_code("110105012", level="community")


def test_the_founding_case_takes_number_027() -> None:
    """霞光里 is …023, the street had …021 to …026: the new community takes …027, as it really did."""
    taken = [f"1101050120{number}" for number in range(21, 27)]
    assert next_codes("110105012", taken, count=1, like="110105012023") == ["110105012027"]


def test_a_retired_number_is_not_given_out_again_while_there_are_others() -> None:
    """006 was given out once and is in force no more: it counts as taken, the next is 007."""
    assert next_codes("110105012", ["110105012001", "110105012006"], count=2) == ["110105012007", "110105012008"]


def test_a_village_is_followed_by_a_village_number() -> None:
    """居委会 001-199, 村委会 200-399: splitting village 203 gives 204, though 005 would be free."""
    taken = ["110105012004", "110105012203"]
    assert next_codes("110105012", taken, count=1, like="110105012203") == ["110105012204"]


def test_when_the_numbers_run_out_those_never_used_follow_and_then_an_error() -> None:
    """Courtyards go from 01 to 99; with 02-99 given out only 01 is left."""
    grid = "110105012023004"
    taken = [f"{grid}{number:02d}" for number in range(2, 100)]
    assert next_codes(grid, taken, count=1) == [f"{grid}01"]
    with pytest.raises(NoFreeCode, match="只剩 1 个"):
        next_codes(grid, taken, count=2)


def test_below_a_courtyard_there_is_nothing() -> None:
    with pytest.raises(BadCode, match="没有更低的层级"):
        next_codes(COURTYARD, [], count=1)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sets(st.integers(1, 99), max_size=98), st.integers(1, 5))
def test_new_numbers_are_free_and_differ(used: set[int], count: int) -> None:
    grid = "110105012023004"
    taken = {f"{grid}{number:02d}" for number in used}
    if len(used) + count > 99:
        with pytest.raises(NoFreeCode):
            next_codes(grid, taken, count=count)
    else:
        codes = next_codes(grid, taken, count=count)
        assert len(set(codes)) == count and not taken & set(codes)
        assert all(parent_code(code) == grid for code in codes)


def test_grids_are_numbered_row_by_row_from_the_north_west() -> None:
    """Six squares in two rows, the upper row a little uneven:  3 1 2 over 5 4 0 ... by their west edges 0 1 2."""
    west_south = [(2, 0), (1, 1.1), (2, 1.0), (0, 1.05), (1, 0.1), (0, 0)]
    bounds = np.array([[x, y, x + 1, y + 1] for x, y in west_south], dtype=float)
    assert numbering_order(bounds, bounds[:, :2] + 0.5) == [3, 1, 2, 5, 4, 0]
