"""Five levels, before and after the split: codes, sums, and children that tile their parent."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
import shapely

XIAGUANGLI, LIANGMA = "110105012023", "110105012027"
BEFORE, AFTER = "2021-06-30", "2021-07-01"


def on(rows: list[dict[str, Any]], date: str) -> list[dict[str, Any]]:
    """Versions valid on a date: from included, to excluded."""
    return [row for row in rows if row["valid_from"] <= date and (row["valid_to"] is None or date < row["valid_to"])]


def test_the_seven_communities_have_their_names_and_codes(read) -> None:
    names = {row["code"][-3:]: row["name"] for row in on(read("boundary_community"), AFTER)}
    assert names == {
        "021": "枣营南里",
        "022": "枣营北里",
        "023": "霞光里",
        "024": "农展南里",
        "025": "朝阳公园",
        "026": "枣营",
        "027": "亮马",
    }


def test_before_the_split_there_is_one_xiaguangli_with_285_households_for_each_worker(read) -> None:
    """4560 / 16 = 285."""
    before = on(read("boundary_community"), BEFORE)
    assert len(before) == 6
    old = next(row for row in before if row["name"] == "霞光里")
    assert (old["code"], old["households"], old["staff"], old["households"] / old["staff"]) == (
        XIAGUANGLI,
        4560,
        16,
        285.0,
    )
    assert old["successors"] == f"{XIAGUANGLI},{LIANGMA}"


def test_after_the_split_there_are_two_and_the_load_is_halved(read) -> None:
    """max(9, ceil(2970 / 150)) = 20 and max(9, ceil(1590 / 150)) = 11; 4560 / 31 = 147.1, 48 % less than 285."""
    after = {row["code"]: row for row in on(read("boundary_community"), AFTER)}
    assert len(after) == 7
    assert (after[XIAGUANGLI]["households"], after[XIAGUANGLI]["staff"]) == (2970, 20)
    assert (after[LIANGMA]["households"], after[LIANGMA]["staff"]) == (1590, 11)
    assert after[XIAGUANGLI]["predecessors"] == after[LIANGMA]["predecessors"] == XIAGUANGLI
    people = sum(after[code]["people"] for code in (XIAGUANGLI, LIANGMA))
    assert people == next(row["people"] for row in on(read("boundary_community"), BEFORE) if row["code"] == XIAGUANGLI)


@pytest.mark.parametrize("date", [BEFORE, AFTER, "2026-11-21"])
@pytest.mark.parametrize(("children", "parents"), [("community", "subdistrict"), ("grid", "community")])
def test_children_tile_their_parent_on_every_date(read, metric, children: str, parents: str, date: str) -> None:
    """No overlap, no gap: a valid coverage whose union is the parent, to a square centimetre."""
    inside = on(read(f"boundary_{children}"), date)
    for parent in on(read(f"boundary_{parents}"), date):
        shapes = [row["shape"] for row in inside if row["parent_code"] == parent["code"]]
        assert shapes
        assert shapely.coverage_is_valid(shapes)
        missing = metric(parent["shape"]).symmetric_difference(shapely.union_all([metric(s) for s in shapes]))
        assert missing.area < 1e-4


@pytest.mark.parametrize("date", [BEFORE, AFTER])
def test_households_and_people_of_children_add_up_to_the_parent(read, date: str) -> None:
    for children, parents in [("community", "subdistrict"), ("grid", "community")]:
        inside = on(read(f"boundary_{children}"), date)
        for parent in on(read(f"boundary_{parents}"), date):
            mine = [row for row in inside if row["parent_code"] == parent["code"]]
            for figure in ("households", "people"):
                assert sum(row[figure] for row in mine) == parent[figure]


def test_codes_are_well_formed_and_no_two_versions_of_one_code_overlap(read) -> None:
    patterns = {"district": 6, "subdistrict": 9, "community": 12, "grid": 15, "courtyard": 17}
    for level, digits in patterns.items():
        rows = read(f"boundary_{level}")
        assert {row["level"] for row in rows} == {level}
        for row in rows:
            assert re.fullmatch(rf"\d{{{digits}}}", row["code"])
            assert row["parent_code"] is None or row["code"].startswith(row["parent_code"])
        for code in {row["code"] for row in rows}:
            spans = sorted((row["valid_from"], row["valid_to"] or "9999") for row in rows if row["code"] == code)
            assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans))


def test_grids_are_numbered_without_a_gap_when_they_are_given(read) -> None:
    """On the day before the split every community counts 001, 002, ...; on the day of it so does 亮马."""
    for date, codes in [(BEFORE, None), (AFTER, {LIANGMA})]:
        numbers: dict[str, list[int]] = {}
        for row in on(read("boundary_grid"), date):
            numbers.setdefault(row["parent_code"], []).append(int(row["code"][12:]))
        for code, given in numbers.items():
            if codes is None or code in codes:
                assert sorted(given) == list(range(1, len(given) + 1))


def test_grids_that_go_to_liangma_never_give_their_old_code_to_another(read) -> None:
    retired = {row["code"] for row in read("boundary_grid") if row["valid_to"] == AFTER}
    assert retired
    assert not retired & {row["code"] for row in on(read("boundary_grid"), AFTER)}
    linked = {row["predecessors"] for row in on(read("boundary_grid"), AFTER) if row["code"].startswith(LIANGMA)}
    assert linked == retired


def test_courtyards_lie_in_their_grid(read) -> None:
    for date in (BEFORE, AFTER):
        grids = {row["code"]: row["shape"] for row in on(read("boundary_grid"), date)}
        yards = on(read("boundary_courtyard"), date)
        assert len(yards) == len({row["code"] for row in yards}) == 18
        assert all(grids[yard["parent_code"]].contains(yard["shape"]) for yard in yards)


def test_the_district_is_a_name_and_a_code_without_a_line_on_the_map(read) -> None:
    (district,) = read("boundary_district")
    assert (district["code"], district["name"], district["shape"]) == ("110105", "朝阳区", None)


def test_the_outline_is_about_as_large_as_the_real_one_and_lies_about_there(read, metric) -> None:
    """The real one has 6.46 km2 between 116.4482-116.4838 E and 39.9324-39.9615 N; ours is invented."""
    (whole,) = read("boundary_subdistrict")
    assert 6.0e6 < metric(whole["shape"]).area < 6.9e6
    assert whole["shape"].within(shapely.box(116.445, 39.930, 116.487, 39.964))
