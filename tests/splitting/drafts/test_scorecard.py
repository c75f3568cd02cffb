"""The numbers of a card, worked out by hand on the world of ``world.py``."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.splitting.drafts.comparison import moves
from geoapp.splitting.drafts.scorecard import score_plan, size_words
from geoapp.splitting.metrics import shared_out
from geoapp.splitting.store import read_rules
from tests.splitting.drafts.world import NAMES, SPLIT, TOO_LARGE, make_comparison, make_ground


def score(part_of: np.ndarray, *, staff_now: int | None = 16):
    ground = make_ground()
    return score_plan(ground, part_of, profile="along-roads", names=NAMES, staff_now=staff_now, rules=read_rules())


def test_the_founding_case_needs_fifteen_more_posts_and_halves_the_load() -> None:
    """2970 / 150 = 19.8 and 1590 / 150 = 10.6: 20 + 11 posts, 16 there; 4560 / 31 = 147.1, 4560 / 16 = 285."""
    plan = score(SPLIT)
    assert [p.households for p in plan.parts] == [2970, 1590]
    assert [p.staff_min for p in plan.parts] == [20, 11]
    assert [p.staff_max for p in plan.parts] == [27, 15]
    assert [p.staff_now for p in plan.parts] == [10, 6]
    assert [p.shortfall for p in plan.parts] == [10, 5]
    assert (plan.staff_min, plan.shortfall, plan.load_now) == (31, 15, 285)
    assert plan.load == pytest.approx(147.097, abs=1e-3)
    assert round(plan.load_change_share, 2) == -0.48
    assert plan.moved_households == 1590
    assert not plan.warnings


def test_a_plan_above_three_thousand_says_so() -> None:
    plan = score(TOO_LARGE)
    assert [p.households for p in plan.parts] == [3110, 1450]
    assert plan.parts[0].mark == "超过3000户"
    assert "霞光里 3110 户，超过3000户。" in plan.warnings
    assert plan.compounds_cut == ("丙园",)


def test_the_marks_begin_past_the_limits() -> None:
    assert [size_words(read_rules(), h) for h in (3001, 3000, 500, 499)] == ["超过3000户", "", "", "不足500户"]


def test_the_border_is_told_by_kind_and_name() -> None:
    """The road is 400 m long and parts 丙 己 from 乙 戊: 400 m of main road at a fifth, 4000 dm * 2 tenths = 8000."""
    border = score(SPLIT).border
    assert [(k, round(m)) for k, _, m in border.by_kind] == [("arterial", 400)]
    assert [(n, round(m)) for n, m in border.by_name] == [("亮马桥路", 400)]
    assert (round(border.length_m), border.cost, border.edges) == (400, 8000, 2)


def test_a_stray_piece_is_named() -> None:
    """甲园's first building given to the east touches nothing of it."""
    stray = SPLIT.copy()
    stray[0] = 2
    plan = score(stray)
    assert [p.pieces for p in plan.parts] == [1, 2]
    assert "亮马不连片，有 1 处飞地。" in plan.warnings


def test_without_todays_staff_nothing_is_missing_and_nothing_is_claimed() -> None:
    plan = score(SPLIT, staff_now=None)
    assert plan.shortfall is None and plan.load_now is None and plan.load_change_share is None


def test_estimated_households_are_counted_apart() -> None:
    """丁园's 1090 households were apportioned."""
    assert [p.households_estimated for p in score(SPLIT).parts] == [1090, 0]


def test_the_way_to_the_station_is_weighed_by_households() -> None:
    """From the planned one 己园 (890) is 50 m, 丙园 (700) 206.2 m (50 and 200 m athwart); half of 1590 is in 己园."""
    walk = score(SPLIT).parts[1].walk
    assert walk is not None and walk.planned and not walk.by_network
    assert walk.median_s == pytest.approx(50 / 1.2, rel=1e-3)
    assert walk.p90_s == pytest.approx(206.155 / 1.2, rel=1e-3)


def test_moves_name_whole_compounds_most_households_first() -> None:
    rows = moves(make_ground(), SPLIT, names=NAMES, today="霞光里")
    assert [(m.name, m.households, m.before, m.after) for m in rows] == [
        ("己园", 890, "霞光里", "亮马"),
        ("丙园", 700, "霞光里", "亮马"),
    ]


def test_the_file_is_named_by_place_draft_and_day() -> None:
    assert make_comparison().stem == "霞光里-方案比选-第1稿-20261121"


@given(st.integers(0, 500), st.lists(st.integers(0, 10**9), min_size=1, max_size=7))
def test_what_is_shared_out_adds_up_and_is_off_by_less_than_one(whole: int, weights: list[int]) -> None:
    given_out = shared_out(whole, np.array(weights))
    assert sum(given_out) == whole
    if sum(weights):
        assert all(abs(g - whole * w / sum(weights)) < 1 for g, w in zip(given_out, weights, strict=True))
