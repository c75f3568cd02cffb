"""How a case looks to officials: title, clock, marks, and which form each event asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from geoapp.reports.cases import Case
from geoapp.reports.stages import Stage
from geoapp.reports.terms import state

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Form:
    """One event as a form: what it is called and which fields come with it."""

    event: str
    fields: tuple[str, ...] = ()
    primary: bool = False
    reason_needed: bool = True


#: Which fields each event's form has; what is not here is done in a place of its own on the page.
FIELDS: dict[str, tuple[str, ...]] = {
    "accept": (),
    "file": (),
    "assign": ("lead", "bodies", "reason"),
    "classify": ("kind",),
    "relocate": ("pin",),
    "note": ("text",),
    "return": ("reason",),
    "hand_back": ("reason",),
    "redispatch": ("place", "reason"),
    "refuse": ("outcome", "text"),
    "answer": ("text", "outcome", "photos"),
    "ask_extension": ("term", "reason"),
    "ask_hang": ("until", "reason"),
    "resume": (),
    "call": ("bodies", "reason"),
    "rework": ("reason",),
    "verify": (),
    "close": (),
    "reopen": ("reason",),
    "merge": ("number",),
    "unmerge": (),
    "hide": (),
    "unhide": (),
}
#: What is to be done first in each stage; the first that is allowed is the page's one filled button.
_FIRST: dict[str, tuple[str, ...]] = {
    Stage.COLLECT: ("accept",),
    Stage.FILE: ("accept",),
    Stage.DISPATCH: ("accept",),
    Stage.HANDLE: ("answer",),
    Stage.FEEDBACK: ("verify",),
    Stage.VERIFY: ("close",),
    Stage.HUNG: ("resume",),
}
_OPTIONAL_REASON = frozenset({"assign"})


def waits_for_others(case: Case, *, is_handler: bool) -> bool:
    """Was it given to somebody who has not taken it up yet? Whoever else accepts it takes it away from them."""
    return case.stage == Stage.DISPATCH and not is_handler


def forms_of(case: Case, allowed: tuple[str, ...], *, is_handler: bool) -> list[Form]:
    """Forms for what may be done now, the first one to be done marked."""
    # One of the two says nothing: what is hidden can be shown again, what is shown can be hidden.
    pointless = "hide" if case.hidden else "unhide"
    todo = () if waits_for_others(case, is_handler=is_handler) else _FIRST.get(case.stage, ())
    first = next((event for event in todo if event in allowed), "")
    order = [first, *(event for event in FIELDS if event != first)]
    return [
        Form(event, FIELDS[event], event == first, event not in _OPTIONAL_REASON)
        for event in order
        if event in allowed and event in FIELDS and event != pointless
    ]


def clock_of(case: Case, now: datetime) -> str:
    """ "on time", "near", "overdue" or "paused"; empty once nobody has to do anything."""
    if not case.is_open:
        return ""
    return state(now, near_at=case.near_at, due_at=case.due_at, paused=case.stage == Stage.HUNG)


def mark_of(case: Case, now: datetime) -> str:
    """How the map marks it: overdue, done, or what it is before that."""
    if not case.is_open:
        return "done"
    return "overdue" if clock_of(case, now) == "overdue" else ""


def span(seconds: float, *, english: bool = False) -> str:
    """A stretch of time in its largest fitting unit.

    Examples
    --------
    >>> span(90), span(7200), span(3 * 86400 + 5), span(3 * 86400, english=True)
    ('1 分钟', '2 小时', '3 天', '3 d')
    """
    seconds = abs(seconds)
    for size, zh, en in ((_DAY, "天", "d"), (_HOUR, "小时", "h"), (_MINUTE, "分钟", "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {en if english else zh}"
    return "<1 min" if english else "不到 1 分钟"


def clock_words(case: Case, now: datetime, *, english: bool = False) -> str:
    """How much time is left, or by how much it is late; empty for what is done or has no term."""
    clock = clock_of(case, now)
    if not clock or case.due_at is None:
        return ""
    if clock == "paused":
        return "on hold" if english else "挂账中"
    left = span((case.due_at - now).total_seconds(), english=english)
    if clock == "overdue":
        return f"overdue by {left}" if english else f"超期 {left}"
    if clock == "near":
        return f"{left} left" if english else f"临期，还剩 {left}"
    return f"{left} left" if english else f"还剩 {left}"
