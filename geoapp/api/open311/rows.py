"""A report as a row of GeoReport: its state always, its words and pictures only once they are released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from geoapp.api.open311.asking import w3c
from geoapp.places.hierarchy import level_of, path_of
from geoapp.reports.kinds import Kinds
from geoapp.reports.stages import Stage, open311_status
from geoapp.reports.wording import STAGE_WORDS, public_state, resident_words

#: Places are named down to the community: grids and courtyards say too much of where somebody lives.
PUBLIC_DIGITS = 12
_ANSWERED = {Stage.FEEDBACK, Stage.VERIFY, Stage.EVALUATE}
#: A position is told to about a metre; more digits would only pretend.
DECIMALS = 5


@dataclass(frozen=True, slots=True)
class Published:
    """What anybody may know of a report; there is no field for anything else."""

    #: Never leaves.
    id: int
    number: str
    kind: str
    stage: str
    outcome: str | None
    reported_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    due_at: datetime | None
    place_code: str
    duty_code: str
    #: As the sender wrote it: released together with the words.
    address: str
    lon: float | None
    lat: float | None
    #: The released words; None while they are held, hidden or taken back.
    words: str | None
    #: What the office answered last.
    answer: str | None
    #: Number of the report that this one was merged into.
    merged_into: str | None


@dataclass(frozen=True, slots=True)
class Names:
    """Shown names of places and levels, in the language asked for."""

    places: Mapping[str, str]
    levels: Mapping[str, str]


def row(
    found: Published, kinds: Kinds, names: Names, *, photos: Sequence[str], english: bool, extensions: bool
) -> dict[str, Any]:
    """The row of one report; ``photos`` are the addresses of its released pictures."""
    kind = kinds.kinds.get(found.kind)
    name = found.kind if kind is None else (kind.title_en if english else kind.title_zh)
    is_open = open311_status(found.stage) == "open"
    tree: dict[str, Any] = {
        "service_request_id": found.number,
        "status": open311_status(found.stage),
        "status_notes": _notes(found, english=english),
        "service_name": name,
        "service_code": found.kind,
        "description": found.words,
        "agency_responsible": _agency(found.duty_code, names, english=english),
        "service_notice": None,
        "requested_datetime": w3c(found.reported_at),
        "updated_datetime": w3c(found.updated_at if is_open else found.closed_at or found.updated_at),
        "expected_datetime": w3c(found.due_at),
        "address": _address(found, names),
        "address_id": found.place_code[:PUBLIC_DIGITS] or None,
        "zipcode": None,
        "lat": None if found.lat is None else round(found.lat, DECIMALS),
        "long": None if found.lon is None else round(found.lon, DECIMALS),
        "media_url": photos[0] if photos else None,
    }
    if extensions:
        tree["extended_attributes"] = {
            "stage": found.stage,
            "state": public_state(found.stage, found.outcome),
            "level": _level(found.duty_code),
            "photos": list(photos),
        }
    return tree


def codes_of(rows: Sequence[Published]) -> set[str]:
    """All places whose names the rows will need."""
    return {code for one in rows for deepest in (one.place_code, one.duty_code) for code in _path(deepest)}


def _notes(found: Published, *, english: bool) -> str:
    """The fine state in the words of residents, and the answer; whether a term has passed is not among them."""
    if found.stage == Stage.WITHDRAWN:
        return STAGE_WORDS[found.stage][english]  # to residents it says "you took it back"
    words = resident_words(found.stage, found.outcome, english=english)
    if found.merged_into:
        return f"{words} ({found.merged_into})"
    # An answer may repeat whom and what the words name, so it is public with them; and of a case that was taken up
    # again the last one is no answer any more.
    answer = found.answer if found.words is not None and found.stage in _ANSWERED else None
    return f"{words}{': ' if english else '：'}{answer}" if answer else words


def _path(code: str) -> tuple[str, ...]:
    """Codes of the places that are named, from the district down."""
    return path_of(code[:PUBLIC_DIGITS]) if code else ()


def _level(code: str) -> str | None:
    return level_of(code).key if code else None


def _agency(code: str, names: Names, *, english: bool) -> str | None:
    """Who has to act and on which level: 霞光里社区（网格） is a grid officer of that community."""
    name, level = names.places.get(code[:PUBLIC_DIGITS]), _level(code)
    if name is None or level is None:
        return None
    title = names.levels.get(level, level)
    return f"{name} ({title})" if english else f"{name}（{title}）"


def _address(found: Published, names: Names) -> str | None:
    """The released address, else the names of the places from the smallest up."""
    if found.words is not None and found.address:
        return found.address
    known = [names.places[one] for one in reversed(_path(found.place_code)) if one in names.places]
    return "，".join(known) or None
