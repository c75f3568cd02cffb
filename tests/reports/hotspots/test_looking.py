"""One look: three times in thirty days, planted clusters, honest false alarms, trends; all counted by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geoapp.reports.hotspots.looking import Points, common_place, look_for_clusters, look_for_repeats, look_for_trends

LAST = 740_000
DAY_S = 86_400.0


def points(rows: list[tuple[float, float, int, str, str]]) -> Points:
    """Reports as (metres east, metres north, days before the last, kind, place)."""
    lonlat = [(116.46 + x / 85_300, 39.94 + y / 111_319.5) for x, y, *_ in rows]
    days = [LAST - ago for _, _, ago, _, _ in rows]
    return Points(
        np.arange(1, len(rows) + 1), np.array(lonlat).reshape(-1, 2), np.array(days) * DAY_S, np.array(days),
        np.array([kind for *_, kind, _ in rows], dtype=object), np.array([place for *_, place in rows], dtype=object),
    )  # fmt: skip


def test_three_of_a_kind_within_the_kinds_distance_and_thirty_days() -> None:
    """Three of rubbish within 40 m; two of rubbish elsewhere; three of noise, one of them 31 days back."""
    here, there = "110105012023001", "110105012024001"
    rows = [
        (0, 0, 29, "rubbish", here), (20, 0, 10, "rubbish", here), (-20, 0, 0, "rubbish", there),
        (900, 0, 1, "rubbish", here), (900, 0, 2, "rubbish", here),
        (0, 0, 30, "noise", here), (0, 0, 1, "noise", here), (0, 0, 2, "noise", here),
    ]  # fmt: skip
    look = look_for_repeats(points(rows), {"rubbish": 30.0, "noise": 30.0}, LAST)
    (spot,) = look.spots
    assert (spot.kind, spot.observed, spot.members, spot.place_code) == ("rubbish", 3, (1, 2, 3), "110105012")
    assert spot.details["places"] == ["110105012023", "110105012024"]
    assert look.reports == 7


def test_a_report_without_a_position_is_no_neighbour_but_counts_in_trends() -> None:
    rows = [(0.0, 0.0, n, "noise", "110105012023") for n in range(3)]
    found = points(rows)
    found.lonlat[0] = np.nan
    assert look_for_repeats(found, {}, LAST).spots == ()
    assert look_for_trends(found, LAST).spots[0].observed == 3


def test_a_planted_cluster_is_found_and_its_reports_are_named(rng: np.random.Generator) -> None:
    """Every tenth day one report at each of 12 places; on the last two days eight more at one of them."""
    rows = [(1000.0 * place, 0.0, ago, "noise", "110105012023001") for place in range(12) for ago in range(5, 85, 10)]
    planted = [(3000.0, 0.0, n % 2, "noise", "110105012024001") for n in range(8)]
    look = look_for_clusters(points([*rows, *planted]), LAST, trials=0, worlds=199)
    (spot,) = look.spots
    assert (spot.observed, spot.place_code) == (8, "110105012024001")
    # 16 of its place, 8 of those two days, of 104 in all.
    assert spot.expected == pytest.approx(16 * 8 / 104)
    assert spot.p == pytest.approx(1 / 200)
    assert look.parameters["worlds"] == 199


def test_false_alarms_are_counted_on_the_same_reports_dealt_out_anew() -> None:
    """Where there is nothing, an alarm is as rare as alpha says: 20 trials with more than five would be a fault."""
    rng = np.random.default_rng(5)
    rows: list[Any] = [
        (float(x), float(y), int(ago), "noise", "110105012023") for x, y, ago in zip(
            rng.integers(0, 4000, 150), rng.integers(0, 4000, 150), rng.integers(0, 90, 150), strict=True)
    ]  # fmt: skip
    told: list[float] = []
    look = look_for_clusters(points(rows), LAST, trials=20, worlds=99, going_on=told.append)
    assert look.parameters["trials"] == 20
    alarms = look.parameters["false_alarms"]
    assert isinstance(alarms, int)
    assert 0 <= alarms <= 5
    assert told[:2] == [0.0, 0.05]
    again = look_for_clusters(points(rows), LAST, trials=20, worlds=99)
    assert again == look, "the same seed says the same"


def test_a_kind_that_grew_is_told_from_one_that_did_not() -> None:
    """Noise: 2 a week before, 8 a week now. Rubbish: 3 a week throughout."""
    rows = []
    for week in range(16):
        now = week < 4
        rows += [(0.0, 0.0, 7 * week + 1, "noise", "110105")] * (8 if now else 2)
        rows += [(0.0, 0.0, 7 * week + 3, "rubbish", "110105")] * 3
    noise, rubbish = look_for_trends(points(rows), LAST).spots
    assert (noise.kind, noise.observed, noise.details["before"], noise.details["ratio"]) == ("noise", 32, 24, 4.0)
    assert noise.details["direction"] == "up"
    assert (rubbish.observed, rubbish.details["ratio"], rubbish.details["direction"]) == (12, 1.0, "same")
    assert noise.details["weekly"] == [2] * 12 + [8] * 4
    assert noise.members == ()


def test_nothing_to_look_at_is_no_fault() -> None:
    empty = points([])
    assert look_for_repeats(empty, {}, LAST).spots == look_for_clusters(empty, LAST).spots == ()
    assert look_for_trends(empty, LAST).spots == ()


def test_the_place_of_several_is_the_smallest_that_holds_all() -> None:
    assert common_place(["110105012023001"]) == "110105012023001"
    assert common_place(["110105012023001", "110105012023002"]) == "110105012023"
    assert common_place(["110105012023", "110106001001"]) == ""
