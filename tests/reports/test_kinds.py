"""The tree of kinds: complete, mapped, and told what is wrong with it in one sentence."""

from __future__ import annotations

import pytest

from geoapp.reports.datafile import BadData
from geoapp.reports.kinds import PROPOSAL, UNSORTED, UnknownKind, parse_kinds
from tests.reports import data

# Class names of domain.md 2.3 and the five classes of 随手拍.
COMPONENTS = {"公用设施", "道路交通", "市容环境", "园林绿化", "其他设施"}
EVENTS = {"市容环境", "宣传广告", "施工管理", "街面秩序", "突发事件", "其他"}
SNAP = {"环境卫生", "市容秩序", "市政设施", "违法建设", "其他"}


def test_every_kind_is_mapped_to_components_or_events_and_to_the_classes_of_suishoupai() -> None:
    tree = data.kinds()
    for kind in tree.kinds.values():
        assert kind.group in (COMPONENTS if kind.side == "component" else EVENTS), kind.code
        assert kind.snap in SNAP, kind.code
        assert kind.parent in tree.classes
    assert {kind.snap for kind in tree.kinds.values()} == SNAP


def test_problems_and_proposals_are_apart_from_the_start() -> None:
    proposals = data.kinds().tree(PROPOSAL)
    assert [c.code for c, _ in proposals] == ["idea"]
    assert all(kind.matter == PROPOSAL for _, kinds in proposals for kind in kinds)
    problems = [kind.code for _, kinds in data.kinds().tree("problem") for kind in kinds]
    assert "rubbish" in problems and "idea-place" not in problems


def test_words_suggest_a_kind_and_what_fits_nothing_stays_unsorted() -> None:
    assert data.kinds().guess("绿景苑3号楼2单元 电动车上楼 充电")[0].code == "bike-upstairs"
    assert data.kinds().guess("消防通道停了车")[0].code == "fire-lane"
    assert data.kinds().guess("您好") == []
    assert data.kinds().get(UNSORTED).urgency == "general"


def test_emergencies_name_the_number_to_ring() -> None:
    for kind in data.kinds().kinds.values():
        assert (kind.urgency == "emergency") == bool(kind.call), kind.code
    assert data.kinds().get("fire-gas").call == "119"


def test_an_unknown_kind_is_told() -> None:
    with pytest.raises(UnknownKind, match="dragons"):
        data.kinds().get("dragons")


ROW = """
[class.a]
title_zh = "甲"
title_en = "a"
plain_zh = "甲"
plain_en = "a"
[kind.unsorted]
class = "a"
title_zh = "甲"
title_en = "a"
plain_zh = "甲"
plain_en = "a"
side = "event"
group = "其他"
snap = "其他"
urgency = "general"
"""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('urgency = "general"', "urgency"),
        ('urgency = "general"\nurgencey = "x"', "urgencey"),
        ('urgency = "soon"', "soon"),
        ('urgency = "general"\nterm = "a week"', "a week"),
        ('urgency = "general"\nradius_m = 0', "radius_m"),
        ('urgency = "general"\nwords = "车"', "words"),
        ('urgency = "general"\ncall = "911"', "call"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(change: str, words: str) -> None:
    text = ROW.replace('urgency = "general"\n', "" if words == "urgency" else change + "\n")
    with pytest.raises(Exception, match=words):
        parse_kinds(text)


def test_a_tree_without_a_place_for_the_unsorted_is_refused() -> None:
    with pytest.raises(BadData, match="unsorted"):
        parse_kinds(ROW.replace("kind.unsorted", "kind.other"))
    assert parse_kinds(ROW).get("unsorted").radius_m == 50.0


def test_what_is_feared_is_not_what_happened() -> None:
    """A fire goes to 119 and is urgent; who is afraid of one tells of what may cause it."""
    kinds = data.kinds()
    assert [kind.code for kind in kinds.guess("单元门里给电动车充电，怕会着火")] == ["bike-upstairs"]
    assert kinds.guess("楼道冒烟，好像着火了")[0].code == "fire-gas"
