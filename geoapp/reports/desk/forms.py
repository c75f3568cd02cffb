"""What officials' forms say -> filters, and what comes with an event."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from geoapp.reports.casework.forms import BadForm, read_day, start_of_day
from geoapp.reports.inbox.store import LISTS, Filters

#: Lists as tabs, in the order in which a working day goes through them.
TABS = ("place", "mine", "near", "overdue", "check", "approve", "held", "unsorted", "hung", "closed", "hidden", "all")
FILTERS = ("q", "kind", "channel", "stage", "since", "until")
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page of lists was asked for, as it was typed, for showing it again."""

    which: str
    q: str
    kind: str
    channel: str
    stage: str
    since: str
    until: str

    @property
    def is_narrowed(self) -> bool:
        """Is there any filter?"""
        return any((self.q, self.kind, self.channel, self.stage, self.since, self.until))


def read_asked(query: Mapping[str, str]) -> Asked:
    """The filters as they were typed; an unknown list is the first one."""
    which = query.get("which", "place")
    given = {name: query.get(name, "").strip()[:100] for name in FILTERS}
    return Asked(which if which in LISTS else "place", **given)


def filters_of(asked: Asked, zone: ZoneInfo) -> Filters:
    """Filters for the store; BadForm for a date that is none."""
    since, until = read_day(asked.since), read_day(asked.until)
    return Filters(
        kind=asked.kind,
        stage=asked.stage,
        channel=asked.channel,
        text=asked.q,
        since=start_of_day(since, zone) if since else None,
        # The last day is meant to its end.
        until=start_of_day(until + timedelta(days=1), zone) if until else None,
    )


def picked(values: Sequence[str]) -> list[tuple[str, int]]:
    """Keys and seen revisions of chosen cases, sent as key:revision."""
    found = []
    for value in values:
        key, _, revision = value.partition(":")
        if not _NUMBER.fullmatch(revision):
            raise BadForm("页面不完整；请刷新后重试。")
        found.append((key, int(revision)))
    return found
