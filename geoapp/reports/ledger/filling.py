"""One case as a line of somebody's ledger: of each field what is to stand there, without who reported it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from geoapp.layers.rosters.names import expand
from geoapp.reports.cases import Case
from geoapp.reports.kinds import Kinds
from geoapp.reports.ledger.columns import Column, Header
from geoapp.reports.numbers import spoken
from geoapp.reports.orders.callers import masked
from geoapp.reports.orders.places import without_room
from geoapp.reports.wording import STAGE_WORDS

Cell = str | int | datetime | None
_OUTCOMES = {"done": "已解决", "cannot": "无法办理", "not_ours": "不属职责", "no_longer_needed": "无需办理"}


@dataclass(frozen=True, slots=True)
class Words:
    """What is the same for all lines: kinds, names of places by code, channels, the zone of times, and now."""

    kinds: Kinds
    places: Mapping[str, str]
    channels: Mapping[str, str]
    zone: tzinfo
    now: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A case with what stands outside of its row: its words, the answer, and who handles it."""

    case: Case
    words: str = ""
    answer: str = ""
    handler: str = ""


def _at(pick: Callable[[Case], datetime | None]) -> Callable[[int, Line, Words], Cell]:
    """A moment in the district's civil time, as spreadsheets have it: without its zone."""

    def value(_row: int, given: Line, words: Words) -> Cell:
        at = pick(given.case)
        return None if at is None else at.astimezone(words.zone).replace(tzinfo=None, microsecond=0)

    return value


def _yes(pick: Callable[[Case, Words], bool | None]) -> Callable[[int, Line, Words], Cell]:
    """是 or 否; empty where nobody said."""

    def value(_row: int, given: Line, words: Words) -> Cell:
        found = pick(given.case, words)
        return None if found is None else "是" if found else "否"

    return value


def _is_late(case: Case, words: Words) -> bool | None:
    return None if case.due_at is None else (case.closed_at or words.now) > case.due_at


def _place(case: Case, digits: int, words: Words) -> Cell:
    return words.places.get(case.place_code[:digits]) if len(case.place_code) >= digits else None


def _compound(address: str) -> Cell:
    return next((building.estate for building in expand(address) if building.estate), None)


def _building(address: str) -> Cell:
    return next((building.label for building in expand(address) if any(c.isdigit() for c in building.label)), None)


def _kind(case: Case, words: Words) -> Cell:
    found = words.kinds.kinds.get(case.kind)
    return case.kind if found is None else found.title_zh


def _group(case: Case, words: Words) -> Cell:
    return next((group.title_zh for group, members in words.kinds.tree() if case.kind in {k.code for k in members}), "")


_VALUES: dict[str, Callable[[int, Line, Words], Cell]] = {
    "row": lambda row, given, words: row,
    "number": lambda row, given, words: spoken(given.case.number),
    "order": lambda row, given, words: given.case.origin_number,
    "reported": _at(lambda case: case.reported_at),
    "community": lambda row, given, words: _place(given.case, 12, words),
    "grid": lambda row, given, words: _place(given.case, 15, words),
    # Down to the door: the room says whose home it is.
    "address": lambda row, given, words: masked(without_room(given.case.address)[0]),
    "compound": lambda row, given, words: _compound(without_room(given.case.address)[0]),
    "building": lambda row, given, words: _building(without_room(given.case.address)[0]),
    "group": lambda row, given, words: _group(given.case, words),
    "kind": lambda row, given, words: _kind(given.case, words),
    "words": lambda row, given, words: masked(given.words),
    "channel": lambda row, given, words: words.channels.get(given.case.channel, given.case.channel),
    "handler": lambda row, given, words: given.handler or words.places.get(given.case.duty_code),
    "state": lambda row, given, words: STAGE_WORDS[given.case.stage][0],
    "due": _at(lambda case: case.due_at),
    "accepted": _at(lambda case: case.accepted_at),
    "answered": _at(lambda case: case.answered_at),
    "closed": _at(lambda case: case.closed_at),
    "outcome": lambda row, given, words: _OUTCOMES.get(given.case.outcome or "", given.case.outcome),
    "answer": lambda row, given, words: masked(given.answer),
    "overdue": _yes(_is_late),
    "solved": _yes(lambda case, words: case.solved),
    "satisfied": _yes(lambda case, words: case.satisfied),
    "me_too": lambda row, given, words: given.case.me_too,
}


def line(header: Header, row: int, given: Line, words: Words) -> list[Cell]:
    """The cells of a case, in the columns of a header; ``row`` counts from 1."""
    return [joined(column, {f: _VALUES[f](row, given, words) for f in column.fields}) for column in header.columns]


#: Fields whose values look alike: where the first of two is missing, the other would be taken for it.
_ALIKE = ({"reported", "due", "accepted", "answered", "closed"}, {"overdue", "solved", "satisfied"})
_GAP = "—"


def joined(column: Column, values: Mapping[str, Cell]) -> Cell:
    """The cell of a column: its one value as it is; of several those that there are, as a text.

    Examples
    --------
    >>> joined(Column("小区、楼号", "compound+building"), {"compound": "绿景苑", "building": None})
    '绿景苑'
    >>> joined(Column("是否解决/是否满意", "solved+satisfied"), {"solved": None, "satisfied": "是"})
    '—/是'
    """
    if len(values) < 2:
        return next(iter(values.values()), None)
    texts = {field: _text(value) for field, value in values.items()}
    for part in ("compound", "building"):
        if texts.get(part) and texts[part] in texts.get("address", ""):
            texts[part] = ""
    fields = list(texts)
    for n, field in enumerate(fields):
        alike = next((sort for sort in _ALIKE if field in sort), set())
        if not texts[field] and any(texts[later] for later in fields[n + 1 :] if later in alike):
            texts[field] = _GAP
    return column.joint.join(filter(None, texts.values())) or None


def _text(value: Cell) -> str:
    if value is None:
        return ""
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)
