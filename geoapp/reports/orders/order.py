"""What an order 工单 says, with the places it was read from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from geoapp.reports.orders.notes import Note
from geoapp.reports.orders.spelling import spelled

#: Signs that stand around a value and do not belong to it.
EDGE = " \t\n,;:。、|…·.=-*】」)]【「([~>"


@dataclass(frozen=True, slots=True)
class Reading:
    """A value and where it was read: ``start`` and ``end`` count letters of the pasted text."""

    field: str
    value: str
    start: int
    end: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What an order says. ``kind`` is a proposal; ``readings`` hold no personal values, ``caller`` does."""

    number: str
    words: str
    place: str
    category: str
    kind: str
    kinds: tuple[str, ...]
    term: str
    due_at: datetime | None
    sent_at: datetime | None
    reported_at: datetime | None
    caller_name: str
    phones: tuple[str, ...]
    readings: tuple[Reading, ...]
    #: Where personal data stand: they go nowhere but to the handler.
    personal: tuple[Reading, ...]
    unread: tuple[Reading, ...]
    notes: tuple[Note, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Fields that somebody has to fill in."""
        there = {"number": self.number, "place": self.place, "words": self.words}
        return tuple(field for field, value in there.items() if not value)


def canonical_number(text: str) -> str:
    """One spelling of an order's number, so that the same order is known again.

    Examples
    --------
    >>> canonical_number(" ２０２６1118－0412 "), canonical_number("京热〔2026〕0412号")
    ('20261118-0412', '京热[2026]0412')
    """
    plain = re.sub(r"\s", "", spelled(text).text).upper().replace("〔", "[").replace("〕", "]")
    return plain.strip(EDGE.replace("]", "").replace("[", "") + "#").removesuffix("号")[:120]
