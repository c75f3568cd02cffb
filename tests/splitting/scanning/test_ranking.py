"""In which order communities want looking at."""

from __future__ import annotations

from geoapp.splitting.scanning.communities import Community
from geoapp.splitting.scanning.hardship import judge
from geoapp.splitting.scanning.ranking import ranked, row_of
from geoapp.splitting.scanning.sizes import limits_of
from geoapp.splitting.scanning.store import read_thresholds
from geoapp.splitting.store import read_rules

RULES = read_rules()


def order_of(*communities: Community) -> list[tuple[int | None, str]]:
    """(rank, key) in the order of the ranking."""
    found = judge(communities, [one.households for one in communities], thresholds=read_thresholds())
    rows = [
        row_of(one, hard, None, None, limits=limits_of(RULES), rules=RULES, from_units=False)
        for one, hard in zip(communities, found, strict=True)
    ]
    return [(row.rank, row.community.key) for row in ranked(rows)]


def one(key: str, households: int | None, **known: object) -> Community:
    return Community(key, key, key, households=households, **known)  # type: ignore[arg-type]


def test_more_marks_go_before_more_households_and_the_verdict_before_both() -> None:
    """b has two marks, a one and more households; c is the largest, of no mark known; d is too small; e fits."""
    world = [
        one("e", 1000, unmanaged_share=1.0, pieces=3), one("d", 499, unmanaged_share=1.0), one("c", 9000),
        one("a", 5000, unmanaged_share=1.0), one("b", 3100, unmanaged_share=1.0, pieces=2), one("x", None),
    ]  # fmt: skip
    assert order_of(*world) == [(1, "b"), (2, "a"), (3, "c"), (4, "d"), (5, "e"), (None, "x")]


def test_equals_are_told_apart_by_missing_workers_and_then_by_code() -> None:
    world = [one("b", 4000, staff=27), one("c", 4000, staff=10), one("a", 4000, staff=30)]
    assert [key for _, key in order_of(*world)] == ["c", "a", "b"]


def test_the_order_of_the_file_does_not_matter() -> None:
    world = [one(str(n), 3000 + 7 * n % 5, staff=n) for n in range(12)]
    assert order_of(*world) == order_of(*reversed(world))
