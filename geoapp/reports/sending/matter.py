"""What somebody sends in, and what she gets for it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from geoapp.errors import Conflict, Invalid
from geoapp.reports.kinds import PROBLEM, UNSORTED
from geoapp.reports.people import Contact
from geoapp.reports.placing import Position


class EmptyReport(Invalid):
    """Neither words nor a photograph."""


class UsedKey(Conflict):
    """Something else was sent under this key before."""


CHANNELS = ("door", "map", "counter", "phone", "order", "open311", "patrol", "import")


@dataclass(frozen=True, slots=True)
class Sending:
    """A report or proposal as it is sent in; only what stands here can be set by who sends it."""

    words: str = ""
    matter: str = PROBLEM
    kind: str = UNSORTED
    positions: tuple[Position, ...] = ()
    #: A place without a point, and a written address: that always does.
    place_code: str = ""
    address: str = ""
    #: Key of the door whose QR code was opened.
    door_key: str = ""
    contact: Contact = field(default_factory=Contact)
    channel: str = "map"
    language: str = "zh"
    #: How many photographs come with it: then words may be missing.
    photos: int = 0
    #: Anything in the hidden field: a machine, or a browser that fills in all it finds. It is kept out of sight.
    trap: str = ""

    def content_sha256(self) -> str:
        """What makes two sendings the same; a phone that was carried on is at another spot with the same words."""
        same = [self.words.strip(), self.matter, self.kind, self.place_code, self.address.strip(), self.door_key]
        return hashlib.sha256(json.dumps(same).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Official:
    """What only officials and imports may say of a report that they take down."""

    origin: str = ""
    origin_number: str | None = None
    reported_at: datetime | None = None
    #: A term of its own, such as that of an order.
    term: str = ""
    due_at: datetime | None = None
    managed: bool | None = None
    illustrative: bool = False
    released: bool = False
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender gets: the number to say, and the code to keep (the QR code's secret, shown this once)."""

    number: str
    code: str
    stage: str
    kind: str
    place_code: str
    near_border: bool
    outside: bool
    #: Ids of the report and of the follower, for the parts; they never leave.
    report_id: int
    report_key: str
    #: The same sending came before; this is its receipt again.
    again: bool = False
