"""The form of the counter, for calls and visitors -> what was taken down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from geoapp.reports.people import BadContact, Contact
from geoapp.reports.placing import Position

FIELDS = (
    "words", "address", "asked", "choice", "lon", "lat", "phone", "name", "kind", "matter", "channel", "key",
)  # fmt: skip
_KEY = re.compile(r"[A-Za-z0-9_-]{22,64}", re.ASCII)
#: The choice that stands for the spot that was tapped on the map.
PIN = "pin"


@dataclass(frozen=True, slots=True)
class Call:
    """What was taken down of a call; ``wrong`` is field -> sentence, empty when it can be kept."""

    words: str
    address: str
    #: Which candidate of the address was chosen; empty when nobody was asked yet, or the address is another by now.
    choice: str
    pin: tuple[float, float] | None
    kind: str
    matter: str
    channel: str
    contact: Contact
    key: str
    wrong: dict[str, str]


def read_call(form: Mapping[str, str], *, kinds: frozenset[str]) -> Call:
    """A call or a visit as the counter's form has it; an unknown kind counts as not chosen."""
    given = {name: form.get(name, "").strip() for name in FIELDS}
    pin = _pin(given)
    wrong = {}
    if not given["words"]:
        wrong["words"] = "写一句说的是什么事。"
    if not given["address"] and pin is None:
        wrong["address"] = "写下在哪儿，哪怕只是楼名。"
    contact = Contact(name=given["name"], phone=given["phone"], wants_call=form.get("wants_call") == "yes")
    try:
        contact = contact.checked()
    except BadContact as error:
        wrong["phone"] = str(error)
    return Call(
        given["words"][:2000], given["address"][:200],
        given["choice"][:16] if given["asked"] == given["address"] else "", pin,
        given["kind"] if given["kind"] in kinds else "", "proposal" if given["matter"] == "proposal" else "problem",
        "counter" if given["channel"] == "counter" else "phone", contact,
        given["key"] if _KEY.fullmatch(given["key"]) else "", wrong,
    )  # fmt: skip


def _pin(given: Mapping[str, str]) -> tuple[float, float] | None:
    """The spot that was tapped, where it is the chosen one and can be one."""
    if given["choice"] != PIN:
        return None
    try:
        lon, lat = float(given["lon"]), float(given["lat"])
    except ValueError:
        return None
    return (lon, lat) if Position(lon, lat, PIN).is_possible() else None
