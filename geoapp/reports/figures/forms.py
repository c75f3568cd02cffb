"""What the page of figures is asked for -> a question."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from geoapp.errors import Invalid
from geoapp.reports.figures.sheet import SORTS
from geoapp.reports.figures.store import DIMENSIONS, PLACE

#: Asked without a period: so many days up to today.
USUAL_DAYS = 30
_FIRST, _LAST = date(1990, 1, 1), date(2100, 1, 1)


class BadQuestion(Invalid):
    """A part of the question cannot be read; the message names it and what to write."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which figures: place and below ("" is everywhere), kind ("" is all), civil days (both included), by what."""

    place: str
    kind: str
    since: date
    until: date
    by: str
    sort: str

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.until - self.since).days + 1


def read(
    query: Mapping[str, str], *, places: Collection[str], usual: str, kinds: Collection[str], today: date
) -> Question:
    """The question; a place or a kind that is not offered, and a period that ends before it begins, are refused."""
    place, kind = query.get("place", usual), query.get("kind", "")
    if place not in places:
        raise BadQuestion("没有这个地方，或不在可看的范围内；请从列表中选择。")
    if kind and kind not in kinds:
        raise BadQuestion("没有这个种类；请从列表中选择。")
    until = _day(query, "until", today)
    since = _day(query, "since", until - timedelta(days=USUAL_DAYS - 1))
    if since > until:
        raise BadQuestion("开始日期晚于结束日期；请把两个日期对调。")
    by, sort = query.get("by", PLACE), query.get("sort", "")
    if by not in DIMENSIONS:
        raise BadQuestion("只能按地方、种类或来源统计；请从列表中选择。")
    return Question(place, kind, since, until, by, sort if sort in SORTS else "")


def _day(query: Mapping[str, str], name: str, otherwise: date) -> date:
    text = query.get(name, "").strip()
    try:
        day = date.fromisoformat(text) if text else otherwise
    except ValueError:
        day = date.min
    if not _FIRST <= day <= _LAST:
        raise BadQuestion(f"日期“{text[:20]}”读不懂；请写成 2026-11-21 这样。")
    return day
