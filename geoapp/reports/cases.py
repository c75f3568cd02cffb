"""A case and what belongs to it, as the store gives it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from geoapp.accounts.roles import PlacePath
from geoapp.places.hierarchy import path_of
from geoapp.reports.stages import OPEN, Stage


@dataclass(frozen=True, slots=True)
class Case:
    """One report with its state; ``key`` names it to officials, ``number`` to everybody, ``id`` never leaves."""

    id: int
    key: str
    number: str
    secret_sha256: str | None
    matter: str
    kind: str
    urgency: str
    stage: str
    outcome: str | None
    channel: str
    origin: str
    origin_number: str | None
    lon: float | None
    lat: float | None
    evidence: str
    datum: str
    accuracy_m: float | None
    near_border: bool
    address: str
    door_id: int | None
    place_code: str
    duty_code: str
    duty_body_id: int | None
    route: str
    reported_at: datetime
    accepted_at: datetime | None
    answered_at: datetime | None
    answered_by: str | None
    verified_at: datetime | None
    closed_at: datetime | None
    due_at: datetime | None
    near_at: datetime | None
    term: str
    paused_at: datetime | None
    remaining_s: float | None
    reopened: int
    raised: int
    raised_due: datetime | None
    reminded_due: datetime | None
    me_too: int
    merged_into: int | None
    merged_stage: str | None
    solved: bool | None
    satisfied: bool | None
    judged_at: datetime | None
    hidden: bool
    sender_sha256: str | None
    person_id: int | None
    language: str
    illustrative: bool
    revision: int

    @property
    def is_open(self) -> bool:
        """Is anybody still to do something about it?"""
        return Stage(self.stage) in OPEN

    @property
    def duty_path(self) -> PlacePath:
        """Codes from the district down to the place that has to act; () for what lies in no place."""
        return path_of(self.duty_code) if self.duty_code else ()

    @property
    def place_path(self) -> PlacePath:
        """Codes from the district down to the deepest place that holds it."""
        return path_of(self.place_code) if self.place_code else ()


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline."""

    id: int
    report_id: int
    at: datetime
    kind: str
    actor: str
    from_stage: str
    to_stage: str
    duty_code: str
    text_id: int | None
    data: dict[str, Any]
    revision: int


@dataclass(frozen=True, slots=True)
class Text:
    """Words that somebody wrote; ``shown`` is what the public reads where it differs from ``text``."""

    id: int
    report_id: int
    role: str
    by: str
    at: datetime
    text: str | None
    shown: str | None
    audience: str
    state: str
    decided_by: str | None
    decided_at: datetime | None

    @property
    def public(self) -> str | None:
        """What anybody may read of it; None while it is held, hidden or internal."""
        if self.audience != "public" or self.state != "released":
            return None
        return self.shown if self.shown is not None else self.text


@dataclass(frozen=True, slots=True)
class Assignment:
    """Somebody who works on a case: ``lead`` 主办, ``joint`` 协办 or ``called`` 吹哨."""

    id: int
    report_id: int
    role: str
    body_id: int | None
    person_id: int | None
    place_code: str
    assigned_by: str
    assigned_at: datetime
    accepted_at: datetime | None
    arrived_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    text_id: int | None


@dataclass(frozen=True, slots=True)
class Request:
    """A wish for more time or for standing still, to be decided by somebody else."""

    id: int
    report_id: int
    kind: str
    asked_by: str
    asked_at: datetime
    text_id: int
    until: datetime | None
    term: str
    decided_by: str | None
    decided_at: datetime | None
    approved: bool | None
    decision_text_id: int | None
