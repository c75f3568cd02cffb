"""The marks of being hard to manage, worked out by hand."""

from __future__ import annotations

import pytest

from geoapp.splitting.rules import RulesError
from geoapp.splitting.scanning.communities import Community
from geoapp.splitting.scanning.hardship import complaints_limit, judge, parse_thresholds
from geoapp.splitting.scanning.ranking import verdict_of
from geoapp.splitting.scanning.store import read_thresholds

THRESHOLDS = read_thresholds()


def community(name: str, **known: object) -> Community:
    return Community(key=name, code=name, name=name, **known)  # type: ignore[arg-type]


def test_marks_of_four_communities_by_hand() -> None:
    """Thresholds 30 % without manager, 25 % over 60, top quarter of complaints, two pieces.

    a: none managed, 3000 of 10000 over 60 = 30 %, 40 of 4000 homes = 10 per 1000, one piece: yes, yes, ?, no.
    b: all managed, 10 %, 18 of 3600 = 5 per 1000; c: 29 % unmanaged, no ages, 12 of 2400 = 5;
    d: 2 pieces, 0 complaints.
    Rates 0, 5, 5, 10: three quarters of the four lie below the fourth, 10; only a reaches it.
    """
    world = [
        community("a", unmanaged_share=1.0, people=10000, over60=3000, complaints=40, pieces=1),
        community("b", unmanaged_share=0.0, people=8000, over60=800, complaints=18, pieces=1),
        community("c", unmanaged_share=0.29, complaints=12, pieces=1),
        community("d", over60_share=0.25, complaints=0, pieces=2),
    ]
    found = judge(world, [4000, 3600, 2400, 1000], thresholds=THRESHOLDS)
    assert found[0].marks == {"manager": True, "over60": True, "complaints": True, "pieces": False}
    assert found[1].marks == {"manager": False, "over60": False, "complaints": False, "pieces": False}
    assert found[2].marks == {"manager": False, "over60": None, "complaints": False, "pieces": False}
    assert found[3].marks == {"manager": None, "over60": True, "complaints": False, "pieces": True}
    assert [one.complaints_per_1000 for one in found] == [10.0, 5.0, 5.0, 0.0]
    assert [one.count for one in found] == [3, 0, 0, 2]
    assert found[2].unknown == ("over60",)


def test_the_verdict_needs_both_tests() -> None:
    hard, easy, dark = judge(
        [
            community("hard", unmanaged_share=1.0),
            community("easy", unmanaged_share=0.0, over60_share=0.1, complaints=1, pieces=1),
            community("dark", unmanaged_share=0.0),
            *[community(str(n), complaints=9) for n in range(3)],
        ],
        [1000] * 6,
        thresholds=THRESHOLDS,
    )[:3]
    assert [verdict_of("over", one) for one in (hard, easy, dark)] == ["divide", "over", "over_unknown"]
    assert [verdict_of("fits", hard), verdict_of("merge", hard), verdict_of(None, hard)] == ["fits", "merge", "unknown"]


def test_few_rates_have_no_rank_and_none_at_all_is_never_many() -> None:
    assert complaints_limit([1.0, 2.0, 3.0], rank=0.75) is None
    quiet = judge([community(str(n), complaints=0) for n in range(5)], [10] * 5, thresholds=THRESHOLDS)
    assert all(one.marks["complaints"] is False for one in quiet)


def test_complaints_without_households_have_no_rate() -> None:
    (one,) = judge([community("a", complaints=5)], [None], thresholds=THRESHOLDS)
    assert one.complaints_per_1000 is None and one.marks["complaints"] is None


def test_a_threshold_without_a_reason_is_refused() -> None:
    with pytest.raises(RulesError, match="unmanaged_share"):
        parse_thresholds("[threshold.unmanaged_share]\nvalue = 0.3\n")


def test_every_threshold_says_how_far_it_may_be_trusted() -> None:
    assert {getattr(THRESHOLDS, name).mark for name in THRESHOLDS.__dataclass_fields__} <= {
        "verified", "draft", "unverified",
    }  # fmt: skip
