"""A photograph as the store gives it back, its states, and the sizes that are served."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

#: Longest sides that are served.
SIZES = (2048, 640, 160)
ROLES = ("report", "addition", "answer", "judgement")
#: How many of a role a report takes: six to show a matter, more over the time that it is worked on.
MOST = {"report": 6, "addition": 12, "answer": 12, "judgement": 12}


#: Why there is nothing to be seen of a photograph that could once be decoded.
TAKEN_BACK, TOO_OLD = "发送人已收回。", "原件已到保存期限，没有处理成功。"


class State(StrEnum):
    """Where a photograph stands; only a released one is public."""

    RECEIVED = "received"
    READY = "ready"
    FAILED = "failed"
    RELEASED = "released"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Photo:
    """``key`` names it to officials, ``name`` (None while it is being made) to everybody, ``id`` never leaves."""

    id: int
    key: str
    report_id: int
    text_id: int | None
    role: str
    by: str
    state: str
    kind: str
    width: int
    height: int
    n_bytes: int
    sha256: str
    original: str | None
    name: str | None
    reason: str
    shapes: list[dict[str, Any]]
    painted_by: str | None
    painted_at: datetime | None
    lon: float | None
    lat: float | None
    taken_at: datetime | None
    received_at: datetime
    ready_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    original_gone_at: datetime | None
    revision: int

    @property
    def is_public(self) -> bool:
        """Is there anything that anybody may see? The report must not be hidden either."""
        return self.state == State.RELEASED and self.name is not None

    def shown(self, size: int) -> tuple[int, int]:
        """Width and height at most of the size of that name, for the room that a page leaves for it."""
        share = min(1.0, size / max(self.width, self.height))
        return max(1, round(self.width * share)), max(1, round(self.height * share))


def object_name(name: str, size: int) -> str:
    """Under which name a size lies in the object store."""
    return f"shown/{name[:2]}/{name}-{size}"


def object_names(name: str) -> list[str]:
    """All sizes of a name."""
    return [object_name(name, size) for size in SIZES]
