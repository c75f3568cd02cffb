"""A roster's names are found among a layer's: the fullest form that fits one shape decides, a tap wins."""

from __future__ import annotations

from typing import Any

from geoapp.layers.rosters.matching import Candidate, match
from geoapp.layers.rosters.names import expand
from geoapp.layers.rosters.sheet import RosterRow


def row(cell: str, compound: str = "") -> RosterRow:
    return RosterRow(expand(cell)[0], compound, 10, False, (1,), {})


def found(rows: list[RosterRow], shapes: list[tuple[str, dict[str, Any]]], **options: Any) -> list[int | None]:
    candidates = [Candidate(number, name, props) for number, (name, props) in enumerate(shapes)]
    return [one.feature_id for one in match(rows, candidates, **{"taps": {}, **options})]


def test_spelling_does_not_matter() -> None:
    assert found([row("甲5号楼"), row("6号楼")], [("甲 ５ 号楼", {}), ("6栋", {})]) == [0, 1]


def test_the_compound_tells_two_buildings_of_one_number_apart() -> None:
    shapes = [("1号楼", {"小区": "甲小区"}), ("1号楼", {"小区": "乙小区"})]
    assert found([row("1号楼", "乙小区"), row("1号楼", "甲小区")], shapes) == [1, 0]


def test_a_number_that_stands_twice_decides_nothing() -> None:
    assert found([row("1号楼")], [("1号楼", {"小区": "甲"}), ("1号楼", {"小区": "乙"})]) == [None]


def test_a_named_estate_is_not_disregarded() -> None:
    """30号院2号楼 is not the only 2号楼 on the map, which stands elsewhere."""
    assert found([row("30号院2号楼")], [("2号楼", {})]) == [None]


def test_the_community_of_the_roster_leaves_out_others() -> None:
    shapes = [("1号楼", {"社区": "枣营北里社区"}), ("1号楼", {"社区": "霞光里社区居委会"})]
    assert found([row("1号楼")], shapes, community="霞光里") == [1]


def test_the_community_may_be_part_of_the_name_on_the_map() -> None:
    assert found([row("6号楼")], [("霞光里6号楼", {})], community="霞光里社区") == [0]


def test_two_rows_never_take_one_shape() -> None:
    assert found([row("6号楼"), row("霞光里6号楼")], [("霞光里6号楼", {})], community="霞光里") == [None, None]


def test_a_tap_wins() -> None:
    matches = match([row("1号楼")], [Candidate(0, "1号楼", {})], taps={"1号楼": (116.4, 39.9)})
    assert (matches[0].how, matches[0].lonlat, matches[0].feature_id) == ("tap", (116.4, 39.9), None)
