"""The stages of a case, and the one table of what may happen in each: who may do it, and what must come with it.

The seven stages are those of city management: 信息收集、案卷建立、任务派遣、任务处理、处理反馈、核查结案、综合评价.
A case in ``evaluate`` is closed; whoever reported it may still judge it or say that it is not mended 没修好. Beside the
seven stand ``hung`` 挂账 (the clock stands), ``merged`` 合并 and ``withdrawn``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from geoapp.errors import Conflict, Invalid, NotAllowed
from geoapp.reports.wording import EVENT_WORDS, NEED_WORDS, STAGE_WORDS


class Stage(StrEnum):
    """Where a case is."""

    COLLECT = "collect"
    FILE = "file"
    DISPATCH = "dispatch"
    HANDLE = "handle"
    FEEDBACK = "feedback"
    VERIFY = "verify"
    EVALUATE = "evaluate"
    HUNG = "hung"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


OPEN = frozenset(Stage) - {Stage.EVALUATE, Stage.MERGED, Stage.WITHDRAWN}
_WORKED = frozenset({Stage.COLLECT, Stage.FILE, Stage.DISPATCH, Stage.HANDLE})
_ALL = frozenset(Stage)

#: Honest ends. ``merged`` and ``withdrawn`` come with their stages.
DONE, CANNOT, NOT_OURS, NO_LONGER_NEEDED = "done", "cannot", "not_ours", "no_longer_needed"
OUTCOMES = (DONE, CANNOT, NOT_OURS, NO_LONGER_NEEDED)

#: What must come with an event.
REASON, ANSWER, SECOND, OUTCOME, PLACE, BODY, TERM, UNTIL = (
    "reason", "answer", "second", "outcome", "place", "body", "term", "until",
)  # fmt: skip

#: Who may do it: an official who holds the permission where the case is on duty; a handler 承办单位 that it is
#: assigned to; whoever holds the receipt; anybody; the clock.
OFFICIAL, HANDLER, RECEIPT, ANYBODY, SYSTEM = "official", "handler", "receipt", "anybody", "system"


class IllegalMove(Conflict):
    """The stage a case is in forbids what was asked."""


class SecondPersonNeeded(NotAllowed):
    """Whoever answered or asked may not be the one who checks or approves."""


class NotYours(NotAllowed):
    """The case is neither at a place of the actor's nor assigned to her."""


class Incomplete(Invalid):
    """Something that must come with the event is missing."""


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table; ``target`` None leaves the stage as it is, ``bump`` sends the case a level up."""

    event: str
    sources: frozenset[Stage]
    target: Stage | None
    by: frozenset[str]
    permission: str = ""
    needs: frozenset[str] = frozenset()
    bump: bool = False


def _row(
    event: str,
    sources: Collection[Stage],
    target: Stage | None,
    by: str,
    permission: str = "",
    needs: Collection[str] = (),
    *,
    bump: bool = False,
) -> Move:
    return Move(event, frozenset(sources), target, frozenset(by.split()), permission, frozenset(needs), bump)


_S = Stage
#: The whole machine, to be read from top to bottom.
MOVES: tuple[Move, ...] = (
    # taking it up
    _row("file", {_S.COLLECT}, _S.FILE, "official", "reports.handle"),
    _row("accept", {_S.COLLECT, _S.FILE}, _S.HANDLE, "official", "reports.handle"),
    _row("accept", {_S.DISPATCH}, _S.HANDLE, "handler official", "reports.answer"),
    _row("assign", _WORKED, _S.DISPATCH, "official", "reports.handle", {BODY}),
    _row("classify", OPEN, None, "official", "reports.handle"),
    _row("relocate", OPEN, None, "official", "reports.handle", {PLACE}),
    _row("note", _ALL, None, "official handler", "reports.answer"),
    # not mine, not here, not ours
    _row("return", {_S.COLLECT, _S.FILE, _S.HANDLE}, _S.COLLECT, "official", "reports.handle", {REASON}, bump=True),
    _row("hand_back", {_S.DISPATCH, _S.HANDLE}, _S.FILE, "handler", "reports.answer", {REASON}),
    _row("redispatch", _WORKED, _S.COLLECT, "official", "reports.dispatch", {REASON, PLACE}),
    _row("refuse", {_S.COLLECT, _S.FILE}, _S.EVALUATE, "official", "reports.dispatch", {ANSWER, OUTCOME}),
    # working on it
    _row("answer", {_S.HANDLE}, _S.FEEDBACK, "handler official", "reports.answer", {ANSWER, OUTCOME}),
    _row("ask_extension", {_S.HANDLE}, None, "handler official", "reports.answer", {REASON, TERM}),
    _row("ask_hang", {_S.HANDLE}, None, "handler official", "reports.answer", {REASON, UNTIL}),
    _row("extend", {_S.HANDLE}, None, "official", "reports.approve", {SECOND}),
    _row("hang", {_S.HANDLE}, _S.HUNG, "official", "reports.approve", {SECOND}),
    _row("decline", OPEN, None, "official", "reports.approve", {SECOND, REASON}),
    _row("resume", {_S.HUNG}, _S.HANDLE, "handler official system", "reports.answer"),
    _row("call", {_S.FILE, _S.DISPATCH, _S.HANDLE}, None, "official", "reports.handle", {BODY, REASON}),
    _row("respond", OPEN, None, "handler official", "reports.answer"),
    _row("arrive", OPEN, None, "handler official", "reports.answer"),
    # checking it
    _row("rework", {_S.FEEDBACK}, _S.HANDLE, "official", "reports.verify", {SECOND, REASON}),
    _row("verify", {_S.FEEDBACK}, _S.VERIFY, "official", "reports.verify", {SECOND}),
    _row("close", {_S.VERIFY}, _S.EVALUATE, "official", "reports.verify"),
    _row("reopen", {_S.EVALUATE}, _S.FILE, "official", "reports.verify", {REASON}),
    # those who reported it
    _row("not_mended", {_S.FEEDBACK, _S.VERIFY, _S.EVALUATE}, _S.FILE, "receipt", bump=True),
    _row("satisfied", {_S.EVALUATE}, None, "receipt"),
    _row("add", OPEN, None, "receipt"),
    _row("withdraw", {_S.COLLECT}, _S.WITHDRAWN, "receipt"),
    _row("take_back", _ALL, None, "receipt"),
    _row("join", OPEN, None, "anybody"),
    _row("follow", OPEN | {_S.EVALUATE}, None, "anybody"),
    # the clock
    _row("remind", OPEN, None, "system"),
    _row("raise", OPEN - {_S.HUNG}, None, "system official", "reports.dispatch", bump=True),
    _row("expire", _ALL, None, "system"),
    # two reports of one matter
    _row("merge", _WORKED, _S.MERGED, "official", "reports.handle"),
    _row("unmerge", {_S.MERGED}, None, "official", "reports.handle"),
    # what the public sees, and who reads contact data
    _row("release", _ALL, None, "official", "reports.moderate"),
    _row("hold", _ALL, None, "official", "reports.moderate"),
    _row("redact", _ALL, None, "official", "reports.moderate"),
    _row("hide", _ALL, None, "official", "reports.moderate"),
    _row("unhide", _ALL, None, "official", "reports.moderate"),
    _row("photo", _ALL, None, "official handler receipt system", "reports.answer"),
    _row("contact_read", _ALL, None, "official handler", "reports.contact", {REASON}),
    # a bulk action taken back: to the stage before it
    _row("undo", _ALL, None, "official", "reports.handle"),
)
EVENTS = frozenset({"send", *(m.event for m in MOVES)})
_TABLE = {(m.event, source): m for m in MOVES for source in m.sources}


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands to a case: rights where it is on duty, assigned or not, what she did before."""

    permissions: frozenset[str] = frozenset()
    assigned: bool = False
    receipt: bool = False
    system: bool = False
    answered_it: bool = False
    asked_for_it: bool = False

    def stands_as(self, move: Move) -> bool:
        """Is she one of those who may make the move, second persons aside?"""
        return (
            ANYBODY in move.by
            or (OFFICIAL in move.by and move.permission in self.permissions)
            or (HANDLER in move.by and self.assigned)
            or (RECEIPT in move.by and self.receipt)
            or (SYSTEM in move.by and self.system)
        )

    def may_be_second(self, event: str) -> bool:
        """Is she somebody else than the one whose work or wish is decided on?"""
        return not (self.answered_it if event in {"verify", "rework"} else self.asked_for_it)


def move(stage: str, event: str) -> Move:
    """The row for an event in a stage; IllegalMove when there is none."""
    found = _TABLE.get((event, Stage(stage)))
    if found is None:
        raise IllegalMove(
            "案件现在“%(stage)s”，不能“%(event)s”；请刷新后再看。",
            stage=STAGE_WORDS[stage][0], event=EVENT_WORDS[event][0],
        )  # fmt: skip
    return found


def check(stage: str, event: str, standing: Standing, given: Collection[str] = ()) -> Move:
    """The row for what somebody wants to do; an error says who may, what is missing, or that the stage forbids it.

    Parameters
    ----------
    given : of reason, answer, outcome, place, body, term and until those that came with it and are not empty
    """
    found = move(stage, event)
    if not standing.stands_as(found):
        raise NotYours(
            "您不能“%(event)s”：这件事不在您的范围内，也没有派给您；请联系本级管理员。", event=EVENT_WORDS[event][0]
        )
    if SECOND in found.needs and not standing.may_be_second(event):
        raise SecondPersonNeeded("办理人和核查人、申请人和批准人不能是同一个人；请换一位同事来做。")
    missing = sorted(found.needs - {SECOND} - set(given))
    if missing:
        lacking = "、".join(NEED_WORDS[name] for name in missing)
        raise Incomplete("“%(event)s”还缺%(what)s；请补上。", event=EVENT_WORDS[event][0], what=lacking)
    return found


def allowed(stage: str, standing: Standing) -> list[str]:
    """Events that somebody may bring about now, in the table's order."""
    rows = [m for m in MOVES if Stage(stage) in m.sources and standing.stands_as(m)]
    return [m.event for m in rows if SECOND not in m.needs or standing.may_be_second(m.event)]


def open311_status(stage: str) -> str:
    """``open`` or ``closed``, all that GeoReport knows."""
    return "open" if stage in OPEN else "closed"
