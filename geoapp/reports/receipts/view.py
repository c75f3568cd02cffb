"""What anybody may see of a case, and what its sender sees by her receipt; nothing else of it is made here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from geoapp.reports.cases import Case, Event, Text
from geoapp.reports.stages import Stage
from geoapp.reports.wording import PLAIN_EVENTS, public_state

#: Reported things lie in communities to the public; grids and courtyards say too much of where somebody lives.
_PUBLIC_CODE = 12


@dataclass(frozen=True, slots=True)
class PublicReport:
    """One case to anybody. Words, address and answer are None until they are released."""

    number: str
    matter: str
    kind: str
    state: str
    is_open: bool
    lon: float | None
    lat: float | None
    community_code: str
    words: str | None
    address: str | None
    answer: str | None
    reported_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    due_at: datetime | None
    me_too: int
    language: str
    illustrative: bool


@dataclass(frozen=True, slots=True)
class PublicEvent:
    """A line of the timeline in plain words (Chinese, English), and the answer that was given with it."""

    at: datetime
    kind: str
    words: tuple[str, str]
    answer: str | None


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A case to whoever holds its receipt; ``own_words`` are hers, whether released or not."""

    report: PublicReport
    #: 受理编号 of her own report, also where it goes on as part of another.
    number: str
    events: tuple[PublicEvent, ...]
    own_words: tuple[str, ...]
    is_sender: bool
    can_say_not_mended: bool
    can_judge: bool
    can_withdraw: bool
    has_contact: bool
    #: By which way its holder hears of it: "email", "message", or empty.
    hears_by: str
    #: The address, half shown, that a letter with digits went to; empty where none is waited for.
    asked: str
    #: 受理编号 of the case that this one was merged into.
    merged_into: str | None
    judged: tuple[bool | None, bool | None]


def public_report(case: Case, texts: Iterable[Text], updated_at: datetime) -> PublicReport:
    """What anybody may see of a case."""
    own = [t for t in texts if t.report_id == case.id]
    report = next((t for t in own if t.role == "report"), None)
    words = report.public if report is not None else None
    # An answer may repeat whom and what the words name, so it is public with them; after 没修好 it was none.
    open_to_all = words is not None and case.stage in {Stage.FEEDBACK, Stage.VERIFY, Stage.EVALUATE}
    answers = [t.public for t in own if t.role == "answer" and t.public and open_to_all]
    return PublicReport(
        number=case.number,
        matter=case.matter,
        kind=case.kind,
        state=public_state(case.stage, case.outcome),
        is_open=case.is_open,
        lon=case.lon,
        lat=case.lat,
        community_code=case.place_code[:_PUBLIC_CODE],
        words=words,
        # An address is written by the sender like the words, and released with them.
        address=case.address if words is not None and case.address else None,
        answer=answers[-1] if answers else None,
        reported_at=case.reported_at,
        updated_at=updated_at,
        closed_at=case.closed_at,
        due_at=case.due_at,
        me_too=case.me_too,
        language=case.language,
        illustrative=case.illustrative,
    )


def public_events(events: Sequence[Event], texts: Iterable[Text]) -> tuple[PublicEvent, ...]:
    """The lines that residents read, oldest first; an answer stands with its event once it is public."""
    answers = {t.id: t.public for t in texts if t.role == "answer"}
    return tuple(
        PublicEvent(e.at, e.kind, PLAIN_EVENTS[e.kind], answers.get(e.text_id) if e.text_id is not None else None)
        for e in events
        if e.kind in PLAIN_EVENTS
    )


def can_say_not_mended(case: Case, *, now: datetime, days: int) -> bool:
    """Answered or closed, and not too long ago: after that a new report tells it better."""
    if case.stage in {Stage.FEEDBACK, Stage.VERIFY}:
        return True
    return case.stage == Stage.EVALUATE and case.closed_at is not None and (now - case.closed_at).days < days
