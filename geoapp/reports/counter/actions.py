"""来电代报: a call or a visit is taken down where it is, by its address or by a spot on the map."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from geoapp.accounts.people import Actor
from geoapp.db import Database, utcnow
from geoapp.reports.counter.forms import Call
from geoapp.reports.orders.actions import look_around
from geoapp.reports.orders.whereabouts import OWN, Candidate, Whereabouts
from geoapp.reports.people import Sender
from geoapp.reports.rulebook.store import rulebook
from geoapp.reports.sending.actions import submit
from geoapp.reports.sending.matter import Official, Receipt, Sending


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody has to choose before the call can be taken down: where it is."""

    found: Whereabouts


@dataclass(frozen=True, slots=True)
class Taken:
    """A call that was taken down; ``where`` names its community and grid."""

    receipt: Receipt
    where: str
    point: bool
    outside: bool
    near: tuple[str, ...] = ()


def take_call(
    database: Database, actor: Actor, call: Call, *, language: str = "zh", now: datetime | None = None
) -> Taken | Question:
    """Take a call down, in the grid of its address; where that may be several, or is not hers, she is asked once.

    An address that nobody knows lies at the top of her own area, from where it can be moved.
    """
    now = now or utcnow()
    around = look_around(database, actor, now=now)
    spot: Candidate | None
    if call.pin is not None:
        spot = around.point(*call.pin)
    else:
        found = around.find(call.address)
        asked = call.choice == OWN or any(call.choice == c.key for c in found.candidates)
        sure = found.only is not None and not (found.only.outside and found.only.place_code)
        if found.candidates and not (asked or sure):
            return Question(found)
        spot = found.chosen(call.choice)
    position = spot.position if spot is not None else None
    sending = Sending(
        words=call.words, matter=call.matter, kind=call.kind or _guessed(database, call.words), address=call.address,
        positions=(position,) if position is not None else (),
        place_code=spot.place_code if spot is not None else around.own_place, contact=call.contact,
        channel=call.channel, language=language,
    )  # fmt: skip
    official = Official(managed=spot.managed if spot is not None else None)
    receipt = submit(database, actor, sending, sender=Sender(), key=call.key or None, official=official, now=now)
    code = receipt.place_code
    return Taken(receipt, around.where(code), position is not None, around.is_outside(code), spot.near if spot else ())


def _guessed(database: Database, words: str) -> str:
    return next((kind.code for kind in rulebook(database.settings).kinds.guess(words)), "unsorted")
