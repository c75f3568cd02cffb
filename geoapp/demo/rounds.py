"""Patrol points 打卡点 of the demo, and on which days somebody was there: invented, and named so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

#: So many days ago the points were set up.
SET_UP_DAYS = 24


@dataclass(frozen=True, slots=True)
class Round:
    """A point and who goes there; ``missed``: of the visits due so many in a row, then one left out (0: none)."""

    name: str
    look: str
    rhythm: str
    #: Where it is: words that the map knows, or the code of a place.
    address: str
    place: str
    login: str
    missed: int = 0
    acts: tuple[str, ...] = ("walk",)
    words: str = ""


ROUNDS = (
    Round("5号楼单元门口（示意）", "楼道有没有堆物、飞线充电", "workday", "霞光里5号楼", "", "grid", 5),
    Round("7号楼电动车充电棚（示意）", "插座、灭火器、有没有超时占位", "day", "霞光里7号楼", "", "grid", 4,
          ("walk", "mend"), "把挡住灭火器的车挪开了"),
    Round("30号院3号楼便道（示意）", "便道砖、共享单车", "week", "霞光里30号院3号楼", "", "community"),
    Round("中区宣传栏（示意）", "有没有过期、破损", "week", "", "11010501202300502", "volunteer", 0, ("walk", "call"),
          "和值守的老人说了换季用电"),
    Round("社区配电间外（示意）", "门锁、警示牌、有没有积水", "month", "", "110105012023", "community"),
)  # fmt: skip


def days_of(one: Round, *, today: date) -> list[date]:
    """The days before today on which somebody was there, the oldest first.

    Examples
    --------
    >>> [day.day for day in days_of(Round("", "", "week", "", "", ""), today=date(2026, 11, 29))]
    [5, 12, 19, 26]
    >>> len(days_of(Round("", "", "day", "", "", "", missed=4), today=date(2026, 11, 29)))
    20
    """
    before = [today - timedelta(days=n) for n in range(SET_UP_DAYS, 0, -1)]
    if one.rhythm == "week":
        return before[::7]
    if one.rhythm == "month":
        return before[-3:-2]
    due = [day for day in before if one.rhythm == "day" or day.weekday() < 5]
    return [day for n, day in enumerate(due, 1) if not one.missed or n % (one.missed + 1)]
