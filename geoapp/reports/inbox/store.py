"""Lists of cases for whoever works on them: by place or mine, near their end, overdue, page by page.

Pages go on from a key, not from a count: what changes meanwhile is neither shown twice nor left out.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.db import bbox_intersects
from geoapp.errors import Invalid
from geoapp.reports import numbers
from geoapp.reports.cases import Case
from geoapp.reports.stages import OPEN, Stage
from geoapp.reports.store import CASE_COLUMNS, below, below_any, case_of, is_public
from geoapp.reports.tables import report_assignments, report_requests, report_texts, reports

_OPEN = sorted(OPEN)
_RUNNING = sorted(OPEN - {Stage.HUNG})
#: Lists of an inbox. place: all open; mine: given to me or my bodies; check: to be verified; approve: wishes to decide;
#: held: words that wait for release; unsorted: without a kind; closed; all.
LISTS = ("place", "mine", "near", "overdue", "check", "approve", "unsorted", "held", "hung", "closed", "hidden", "all")
_BY_TIME = {"closed", "all", "hidden"}
_FAR = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


class BadCursor(Invalid):
    """A key of a page that we did not give."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed by; what is empty narrows nothing."""

    kind: str = ""
    stage: str = ""
    matter: str = ""
    channel: str = ""
    place_code: str = ""
    since: datetime | None = None
    until: datetime | None = None
    #: A 受理编号, an order's number, or words that the report contains.
    text: str = ""
    bbox: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Mine:
    """Who looks: places she oversees (tops of the trees), herself, her bodies."""

    tops: tuple[str, ...] = ()
    person_id: int | None = None
    body_ids: tuple[int, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Page:
    """Cases in order, and the key from which the next page goes on (None: there is none)."""

    rows: list[Case]
    next: str | None


def inbox(
    connection: Connection,
    mine: Mine,
    which: str,
    *,
    now: datetime,
    filters: Filters | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """One page of a list.

    What is open comes by its end, the most urgent first; what is not, by its beginning, the newest first.
    """
    if which not in LISTS:
        raise Invalid(f"没有“{which[:20]}”这个列表。")
    wanted = _conditions(mine, now)[which] & _narrowed(filters or Filters())
    # Hung cases have no end just now: they come last, and stay in one order.
    newest_first = which in _BY_TIME
    key = (
        reports.c.reported_at if newest_first else sa.func.coalesce(reports.c.due_at, _FAR, type_=reports.c.due_at.type)
    )
    if after is not None:
        moment, last = _read_cursor(after)
        here = sa.tuple_(key, reports.c.id)
        then = sa.tuple_(sa.literal(moment, reports.c.due_at.type), sa.literal(last))
        wanted &= (here < then) if newest_first else (here > then)
    order = (key.desc(), reports.c.id.desc()) if newest_first else (key, reports.c.id)
    query = sa.select(*CASE_COLUMNS).where(wanted).order_by(*order).limit(limit + 1)
    rows = [case_of(row) for row in connection.execute(query)]
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, _cursor(rows[-1], newest_first) if more else None)


def counts(connection: Connection, mine: Mine, *, now: datetime, lists: Collection[str] = LISTS) -> dict[str, int]:
    """How many cases each list has."""
    # Built once for all: building takes longer than counting.
    conditions = _conditions(mine, now)
    count = sa.select(sa.func.count()).select_from(reports)
    return {which: int(connection.execute(count.where(conditions[which])).scalar_one()) for which in lists}


def to_release(connection: Connection, tops: Collection[str], *, limit: int = 50) -> list[Case]:
    """Reports whose words wait for release, in turn: one of each sender, then the second of each.

    A thousand reports of one address bury nobody's: hers wait behind the first of all others.
    """
    waiting = (
        sa.select(
            reports.c.id,
            sa.func.row_number()
            .over(
                partition_by=sa.func.coalesce(reports.c.sender_sha256, sa.cast(reports.c.id, sa.String)),
                order_by=reports.c.id,
            )
            .label("turn"),
        )
        .where(_held(), below_any(reports.c.place_code, tops), ~reports.c.hidden)
        .subquery()
    )
    query = (
        sa.select(*CASE_COLUMNS)
        .join(waiting, waiting.c.id == reports.c.id)
        .order_by(waiting.c.turn, reports.c.id)
        .limit(limit)
    )
    return [case_of(row) for row in connection.execute(query)]


def _conditions(mine: Mine, now: datetime) -> dict[str, sa.ColumnElement[bool]]:
    """What belongs to each list."""
    r = reports.c
    here, lies_here = below_any(r.duty_code, mine.tops), below_any(r.place_code, mine.tops)
    assigned = _assigned(mine)
    shown = ~r.hidden
    open_ = r.stage.in_(_OPEN)
    running = (here | assigned) & r.stage.in_(_RUNNING) & shown
    return {
        "place": here & open_ & shown,
        "mine": assigned & open_ & shown,
        "near": running & (r.near_at <= now) & (r.due_at > now),
        "overdue": running & (r.due_at <= now),
        "check": here & (r.stage == Stage.FEEDBACK) & shown,
        "approve": here & open_ & shown & _asked(),
        "unsorted": here & open_ & shown & (r.kind == "unsorted"),
        "held": lies_here & _held() & shown,
        "hung": here & (r.stage == Stage.HUNG) & shown,
        "closed": (lies_here | here) & r.stage.in_([Stage.EVALUATE, Stage.MERGED]) & shown,
        "hidden": (lies_here | here) & r.hidden,
        "all": (lies_here | here | assigned) & shown,
    }


def _assigned(mine: Mine) -> sa.ColumnElement[bool]:
    table = report_assignments.c
    who = sa.or_(
        table.person_id == mine.person_id if mine.person_id is not None else sa.false(),
        table.body_id.in_(list(mine.body_ids)) if mine.body_ids else sa.false(),
    )
    return reports.c.id.in_(sa.select(table.report_id).where(who, table.ended_at.is_(None)))


def _asked() -> sa.ColumnElement[bool]:
    return reports.c.id.in_(sa.select(report_requests.c.report_id).where(report_requests.c.decided_at.is_(None)))


def _held() -> sa.ColumnElement[bool]:
    return reports.c.id.in_(sa.select(report_texts.c.report_id).where(report_texts.c.state == "held"))


def _narrowed(filters: Filters) -> sa.ColumnElement[bool]:
    r = reports.c
    parts: list[sa.ColumnElement[bool]] = [sa.true()]
    for name in ("kind", "stage", "matter", "channel"):
        if getattr(filters, name):
            parts.append(r[name] == getattr(filters, name))
    if filters.place_code:
        parts.append(below(r.place_code, filters.place_code))
    if filters.since is not None:
        parts.append(r.reported_at >= filters.since)
    if filters.until is not None:
        parts.append(r.reported_at < filters.until)
    if filters.bbox is not None:
        parts.append(bbox_intersects(reports, filters.bbox))
    if filters.text.strip():
        parts.append(_named(filters.text.strip()))
    return sa.and_(*parts)


def _named(text: str) -> sa.ColumnElement[bool]:
    try:
        return reports.c.number == numbers.read_number(text)
    except numbers.BadNumber:
        words = sa.select(report_texts.c.report_id).where(report_texts.c.text.contains(text, autoescape=True))
        named = reports.c.address.contains(text, autoescape=True)
        return (reports.c.origin_number == text) | named | reports.c.id.in_(words)


def _cursor(case: Case, newest_first: bool) -> str:
    moment = case.reported_at if newest_first else case.due_at or _FAR
    return base64.urlsafe_b64encode(json.dumps([moment.isoformat(), case.id]).encode()).decode()


def _read_cursor(text: str) -> tuple[datetime, int]:
    try:
        moment, last = json.loads(base64.urlsafe_b64decode(text.encode()))
        found, number = datetime.fromisoformat(moment), int(last)
        if found.tzinfo is None or not 0 <= number < 2**63:
            raise ValueError
    except (ValueError, TypeError):
        raise BadCursor("翻页标记不对；请从第一页重新看。") from None
    return found, number


def public(
    connection: Connection,
    *,
    bbox: tuple[float, float, float, float] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    kinds: Collection[str] = (),
    is_open: bool | None = None,
    numbers_: Collection[str] = (),
    below_code: str = "",
    before_id: int | None = None,
    limit: int = 1000,
) -> list[Case]:
    """Cases that anybody may know of, newest first; show them through `receipts.view.public_report` only."""
    r = reports.c
    conditions: list[Any] = [is_public(), below(r.place_code, below_code)]
    if bbox is not None:
        conditions.append(bbox_intersects(reports, bbox))
    if since is not None:
        conditions.append(r.reported_at >= since)
    if until is not None:
        conditions.append(r.reported_at <= until)
    if kinds:
        conditions.append(r.kind.in_(list(kinds)))
    if is_open is not None:
        conditions.append(r.stage.in_(_OPEN) if is_open else r.stage.not_in(_OPEN))
    if numbers_:
        conditions.append(r.number.in_(list(numbers_)))
    if before_id is not None:
        conditions.append(r.id < before_id)
    query = sa.select(*CASE_COLUMNS).where(*conditions).order_by(r.reported_at.desc(), r.id.desc()).limit(limit)
    return [case_of(row) for row in connection.execute(query)]
