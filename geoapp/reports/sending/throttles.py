"""How many reports an address, a device and a place may send: enough for people, too few to bury others."""

from __future__ import annotations

from dataclasses import dataclass

from geoapp.reports.notices.proof import ANOTHER_S, TRIES
from geoapp.reports.people import Sender


@dataclass(frozen=True, slots=True)
class Bucket:
    """``capacity`` at once, one more every ``refill_s`` seconds."""

    what: str
    capacity: float
    refill_s: float


#: A whole school or office may stand behind one address.
_ADDRESS = (40.0, 30.0)
_DEVICE = (10.0, 120.0)
#: A burst pipe is reported by the whole compound.
_PLACE = (120.0, 10.0)
_JOINS = (30.0, 60.0)
#: Wrong receipts: nobody mistypes 26 letters thirty times.
_GUESSES = (30.0, 60.0)


def for_sending(sender: Sender, place_code: str, *, factor: float) -> list[Bucket]:
    """What one report takes from; ``factor`` 0 switches the throttles off."""
    named = [("address", sender.address, _ADDRESS), ("device", sender.device, _DEVICE), ("place", place_code, _PLACE)]
    return _buckets("report", named, factor)


def for_joining(sender: Sender, *, factor: float) -> list[Bucket]:
    """What one 我也遇到, one judgement or one addition takes from."""
    named = [("address", sender.address, (_JOINS[0] * 4, _JOINS[1] / 4)), ("device", sender.device, _JOINS)]
    return _buckets("join", named, factor)


def for_guessing(address: str, *, factor: float) -> list[Bucket]:
    """What one wrong receipt takes from."""
    return _buckets("receipt", [("address", address or "unknown", _GUESSES)], factor)


def for_proving(follower_id: int, *, factor: float) -> list[Bucket]:
    """What one try of the digits of a letter takes from."""
    return _buckets("proof", [("follower", str(follower_id), (TRIES, ANOTHER_S))], factor)


def _buckets(purpose: str, named: list[tuple[str, str, tuple[float, float]]], factor: float) -> list[Bucket]:
    if factor == 0:
        return []
    return [
        Bucket(f"{purpose} {what} {value}", max(1.0, capacity * factor), refill_s / factor)
        for what, value, (capacity, refill_s) in named
        if value
    ]
