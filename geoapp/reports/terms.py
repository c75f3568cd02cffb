"""Terms and the clock that counts them: hours, days, working days; it stands while a case hangs 挂账.

Time is counted in seconds. Of a term in working days only working days count, each as its 24 hours, so that a case
that comes on a Saturday begins to count on Monday, and a term can be cut anywhere and put together again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from geoapp.errors import Invalid
from geoapp.reports.datafile import BadData, need, parse
from geoapp.reports.workdays import Calendar

ON_TIME, NEAR, OVERDUE, PAUSED = "on_time", "near", "overdue", "paused"
_TERM = re.compile(r"([0-9]{1,4})(h|d|wd)")
_SECONDS = {"h": 3600, "d": 86400, "wd": 86400}
_LONGEST_S = 400 * 86400


class BadTerm(Invalid):
    """A term that cannot be used."""


@dataclass(frozen=True, slots=True)
class Term:
    """``seconds`` of counted time; ``working``: only working days count."""

    text: str
    seconds: float
    working: bool

    @staticmethod
    def parse(text: str) -> Term:
        """A term from "24h", "7d" or "5wd" (working days); BadTerm otherwise.

        Examples
        --------
        >>> Term.parse("5wd")
        Term(text='5wd', seconds=432000.0, working=True)
        """
        found = _TERM.fullmatch(text.strip().lower())
        seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
        if found is None or not 0 < seconds <= _LONGEST_S:
            raise BadTerm(f"期限“{text[:20]}”不对；写成 24h（小时）、7d（天）或 5wd（工作日），不超过 400 天。")
        return Term(found[0], float(seconds), found[2] == "wd")


@dataclass(frozen=True, slots=True)
class Due:
    """When 80 % of a term have passed, and when all of it."""

    near_at: datetime
    due_at: datetime


@dataclass(frozen=True)
class Terms:
    """Terms by urgency, the share at which a case is 临期, and how long contact data are kept."""

    by_urgency: Mapping[str, Term]
    sources: Mapping[str, str]
    near_share: float
    contact_days: int

    def term(self, urgency: str, own: str = "") -> Term:
        """A kind's own term where it has one, else that of its urgency."""
        return Term.parse(own) if own else self.by_urgency[urgency]


@dataclass(frozen=True, slots=True)
class Clock:
    """Counts terms in a calendar and the civil time of a district."""

    calendar: Calendar
    zone: tzinfo
    near_share: float = 0.8

    def advance(self, start: datetime, seconds: float, *, working: bool) -> datetime:
        """The moment at which ``seconds`` of counted time have passed since ``start``."""
        if not working or seconds <= 0:
            return start + timedelta(seconds=seconds)
        # Time spans, not floats: they add up exactly.
        at, left = start, timedelta(seconds=seconds)
        while True:
            midnight = self._next_midnight(at)
            if self._counts(at):
                if left <= midnight - at:
                    return at + left
                left -= midnight - at
            at = midnight

    def counted(self, start: datetime, end: datetime, *, working: bool) -> float:
        """Seconds of counted time between two moments; negative when ``end`` lies before ``start``."""
        if end < start:
            return -self.counted(end, start, working=working)
        if not working:
            return (end - start).total_seconds()
        at, total = start, timedelta(0)
        while at < end:
            midnight = min(self._next_midnight(at), end)
            if self._counts(at):
                total += midnight - at
            at = midnight
        return total.total_seconds()

    def due(self, start: datetime, term: Term) -> Due:
        """When a term that begins at ``start`` is near its end, and when it ends."""
        return self.due_after(start, term, term.seconds)

    def due_after(self, now: datetime, term: Term, remaining_s: float) -> Due:
        """The same for a term of which ``remaining_s`` are left at ``now`` (negative: it ended before)."""
        due = self.advance(now, remaining_s, working=term.working)
        near = self.advance(now, remaining_s - (1 - self.near_share) * term.seconds, working=term.working)
        return Due(near, due)

    def until(self, start: datetime, due_at: datetime) -> Due:
        """The same for an end that somebody stated, such as an order's: its own time counts, not that of the kind."""
        return Due(min(start + self.near_share * (due_at - start), due_at), due_at)

    def remaining(self, now: datetime, due_at: datetime, term: Term) -> float:
        """Counted seconds left; negative when the term has ended."""
        return self.counted(now, due_at, working=term.working)

    def reterm(self, now: datetime, due_at: datetime, old: Term, new: Term) -> Due:
        """Another term for a case under way: what was used of the old one is used of the new one."""
        used = old.seconds - self.remaining(now, due_at, old)
        return self.due_after(now, new, new.seconds - used)

    def _counts(self, at: datetime) -> bool:
        return self.calendar.is_working(at.astimezone(self.zone).date())

    def _next_midnight(self, at: datetime) -> datetime:
        day = at.astimezone(self.zone).date() + timedelta(days=1)
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)


def state(now: datetime, *, near_at: datetime | None, due_at: datetime | None, paused: bool = False) -> str:
    """``on_time``, ``near`` 临期, ``overdue`` 超期, or ``paused`` while the clock stands."""
    if paused or due_at is None:
        return PAUSED if paused else ON_TIME
    if now >= due_at:
        return OVERDUE
    return NEAR if near_at is not None and now >= near_at else ON_TIME


def parse_terms(text: str, urgencies: tuple[str, ...]) -> Terms:
    """Terms from their file; every urgency has one, with its source."""
    data = parse(text, "terms.toml")
    rows = need(data, "urgency", "期限表")
    terms, sources = {}, {}
    for urgency in urgencies:
        row = need(rows, urgency, "期限表的 urgency")
        terms[urgency] = Term.parse(str(need(row, "term", f"期限表的 {urgency}")))
        sources[urgency] = str(need(row, "source", f"期限表的 {urgency}"))
    share = float(data.get("near", {}).get("share", 0.8))
    if not 0 < share < 1:
        raise BadData(f"期限表的 near.share 是 {share:g}；应在 0 和 1 之间，如 0.8。")
    return Terms(terms, sources, share, int(data.get("contacts", {}).get("kept_days", 30)))
