"""The committed rule files say where every number comes from; broken ones are told in one sentence."""

import numpy as np
import pytest

from geoapp.errors import NotFound
from geoapp.splitting.rules import RulesError, parse_profiles, parse_rules
from geoapp.splitting.store import RULES, read_profiles, read_rules


def test_the_beijing_rule_gives_the_founding_case() -> None:
    """2970 / 150 = 19.8 -> 20; 1590 / 150 = 10.6 -> 11; 2970 / 110 = 27; 1590 / 110 = 14.45 -> 15; 6 is under 9."""
    rules = read_rules()
    assert rules.staff_min(np.array([2970, 1590, 900, 0])).tolist() == [20, 11, 9, 9]
    assert rules.staff_max(np.array([2970, 1590])).tolist() == [27, 15]


def test_sizes_are_marked_at_their_limits() -> None:
    """Not above 3000 is allowed, below 500 may merge, 2000 is the target."""
    marks = read_rules().size_marks(np.array([499, 500, 2000, 2001, 3000, 3001]))
    assert marks == ["merge", "fits", "fits", "above", "above", "over"]


def test_every_number_has_source_date_and_mark() -> None:
    for name, number in read_rules().numbers.items():
        assert number.source, name
        assert number.date, name
        assert number.mark in {"verified", "draft", "unverified"}, name


def test_the_three_profiles_price_every_kind() -> None:
    """A border along an arterial road costs a fifth of one along nothing, and a grid is cut at three times that."""
    profiles = read_profiles()
    assert [p.title_zh for p in profiles.profiles.values()] == ["紧凑", "沿路", "网格完整"]
    roads = profiles.profile(None)
    assert roads.key == "along-roads"
    assert [roads.factor_tenths(kind, through_grid=False) for kind in ("arterial", "rail", "water")] == [2, 2, 2]
    assert [roads.factor_tenths(kind, through_grid=False) for kind in ("minor", "path", "none")] == [5, 10, 10]
    assert roads.factor_tenths("arterial", through_grid=True) == 30
    assert profiles.profile("紧凑").factor_tenths("arterial", through_grid=True) == 10


def test_a_maps_own_words_are_understood_and_strange_ones_are_not() -> None:
    kinds = read_profiles()
    assert [kinds.kind_of(value) for value in ("Primary", "主干路", "light_rail", "canal", "footway", "minor")] == [
        "arterial",
        "arterial",
        "rail",
        "water",
        "path",
        "minor",
    ]
    assert kinds.kind_of("conveyor belt") is None
    assert kinds.kind_of(None) is None


def test_a_wrong_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="compact（紧凑）"):
        read_profiles().profile("cheapest")
    with pytest.raises(NotFound, match="beijing-2020"):
        read_rules("paris-1860")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('mark = "unverified"', 'mark = "certain"', "标记不是"),
        ("[number.staff_least]", "[number.staff_fewest]", "staff_least"),
        ("value = 3000\n", "", "缺少或写错"),
        ("[estimate]", "[estimate", "TOML"),
    ],
)
def test_a_broken_rules_file_is_refused_in_one_sentence(old: str, new: str, told: str) -> None:
    text = (RULES / "beijing-2020.toml").read_text(encoding="utf-8")
    with pytest.raises(RulesError, match=told):
        parse_rules(text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("tenths = 2, reason", "tenths = -2, reason", "不小于 0"),
        ("tenths = 2, reason", "tenths = 0.2, reason", "整数"),
        ("default = true", "default = false", "恰好一个"),
    ],
)
def test_a_broken_profile_is_refused_in_one_sentence(old: str, new: str, told: str) -> None:
    text = (RULES / "profiles.toml").read_text(encoding="utf-8")
    with pytest.raises(RulesError, match=told):
        parse_profiles(text.replace(old, new))
