"""Figures as they are written on sheets: units, marks of estimates, rounding."""

from __future__ import annotations

import datetime

from geoapp.splitting.drafts.scorecard import PartScore, PlanScore, Walk


def day(date: datetime.date) -> str:
    """Chinese date.

    >>> day(datetime.date(2026, 11, 21))
    '2026年11月21日'
    """
    return f"{date.year}年{date.month}月{date.day}日"


def count(number: int | None, *, estimated: bool = False) -> str:
    """A whole number, with 估 where it rests on estimates; a dash for what is not known.

    >>> count(2970), count(1590, estimated=True), count(None)
    ('2970', '1590 估', '—')
    """
    if number is None:
        return "—"
    return f"{number} 估" if estimated else str(number)


def load(value: float | None) -> str:
    """Households per worker, in whole households, a half upwards as on the page.

    >>> load(147.097), load(148.5), load(None)
    ('147', '149', '—')
    """
    return "—" if value is None else str(int(value + 0.5))


def change(share: float | None) -> str:
    """A change as people say it.

    >>> change(-0.4839), change(0.1), change(None)
    ('减少48%', '增加10%', '—')
    """
    if share is None:
        return "—"
    return f"{'减少' if share <= 0 else '增加'}{abs(share):.0%}"


def staff(least: int, most: int) -> str:
    """Staff needed, least and most.

    >>> staff(20, 27), staff(9, 9)
    ('20–27', '9')
    """
    return str(least) if least == most else f"{least}–{most}"


def border(plan: PlanScore) -> str:
    """The border by what it runs along, longest first; what is under half a metre is left out."""
    told = [f"{title} {metres:.0f} 米" for _, title, metres in plan.border.by_kind if metres >= 0.5]
    return "，".join(told) or "无"


def walk(way: Walk | None) -> str:
    """Way to the station in minutes: half of the households, nine tenths of them."""
    if way is None:
        return "—"
    basis = "" if way.by_network else "，按直线估算"
    planned = "（规划）" if way.planned else ""
    return f"{way.station}{planned}：半数 {way.median_s / 60:.0f} 分钟、九成 {way.p90_s / 60:.0f} 分钟{basis}"


def is_estimated(part: PartScore | PlanScore) -> bool:
    """Any of its households rest on estimates or were apportioned."""
    return part.households_estimated > 0
