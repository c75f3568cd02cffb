"""What residents' pages show of a case: words, times and places as one says them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

#: Distances are told to this many metres, and never as nought.
_STEP_M = 10


def when(at: datetime, now: datetime, zone: ZoneInfo, *, english: bool = False) -> str:
    """A time as one says it: today 14:05, yesterday 9:30, else the day.

    Examples
    --------
    >>> from datetime import UTC
    >>> now = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    >>> when(datetime(2026, 11, 24, 1, 5, tzinfo=UTC), now, ZoneInfo("Asia/Shanghai"))
    '今天 09:05'
    >>> when(datetime(2026, 11, 22, 16, 30, tzinfo=UTC), now, ZoneInfo("Asia/Shanghai"))
    '昨天 00:30'
    >>> when(datetime(2026, 3, 1, 1, 5, tzinfo=UTC), now, ZoneInfo("Asia/Shanghai"), english=True)
    '1 March 2026, 09:05'
    """
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    clock = f"{local:%H:%M}"
    if local.date() == today:
        return f"today {clock}" if english else f"今天 {clock}"
    if local.date() == today - timedelta(days=1):
        return f"yesterday {clock}" if english else f"昨天 {clock}"
    if english:
        return f"{local.day} {local:%B %Y}, {clock}"
    return f"{local.year}年{local.month}月{local.day}日 {clock}"


def about_m(distance_m: float) -> int:
    """A distance for residents: to ten metres, never nought."""
    return max(_STEP_M, round(distance_m / _STEP_M) * _STEP_M)


def grouped(code: str) -> str:
    """A code in fours, to be written down.

    Examples
    --------
    >>> grouped("abcdefghij")
    'abcd efgh ij'
    """
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4))


def place_words(names: Sequence[str]) -> str:
    """Subdistrict, community and grid as one line; empty when it lies in none."""
    return " · ".join(name for name in names if name)
