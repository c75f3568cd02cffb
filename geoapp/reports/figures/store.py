"""Counts of reports by place, kind, source and period; each period is one walk along an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles

from geoapp.accounts.tables import bodies
from geoapp.places.hierarchy import level_of_key
from geoapp.reports.figures.periods import Period
from geoapp.reports.figures.rates import Tally
from geoapp.reports.figures.tables import callbacks
from geoapp.reports.stages import NOT_OURS, Stage
from geoapp.reports.store import below
from geoapp.reports.tables import report_assignments, reports

PLACE, KIND, SOURCE = "place", "kind", "source"
DIMENSIONS = (PLACE, KIND, SOURCE)
_AWAY = (Stage.MERGED, Stage.WITHDRAWN, Stage.HUNG)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which reports: a place and all below it (empty: everywhere), kinds, channels and origins (empty: all)."""

    place_code: str = ""
    kinds: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()


class plain(sa.ColumnElement[Any]):
    """A column that no index is to be used for: SQLite keeps no counts by which it could choose among two."""

    inherit_cache = False

    def __init__(self, column: sa.Column[Any]) -> None:
        self.column, self.type = column, column.type


@compiles(plain)
def _plain(element: plain, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.column, **kw))


@compiles(plain, "sqlite")
def _plain_sqlite(element: plain, compiler: Any, **kw: Any) -> str:
    return f"+{compiler.process(element.column, **kw)}"


def tallies(
    connection: Connection,
    periods: Sequence[Period],
    scope: Scope,
    *,
    by: Sequence[str],
    level: str,
    at: datetime,
    seeded: bool = False,
) -> list[dict[tuple[str, ...], Tally]]:
    """Counts of each period, by the values of ``by`` (of `DIMENSIONS`), places cut to a level; () for all in one.

    Parameters
    ----------
    periods : one after the other without a gap
    at : moment at which it is looked: what closed later is not closed yet
    seeded : also sum up which reports were counted, as rounding for outsiders needs it
    """
    keys = [_key(name, level) for name in by]
    found: list[dict[tuple[str, ...], Tally]] = [{} for _ in periods]
    for name, (query, moment) in (("due", _due(at)), ("received", _received()), ("closed", _closed(at))):
        if seeded:
            query = query.add_columns(_seed(name))
        grouped: list[Any] = [*_step(moment, periods), *keys]
        selected = query.add_columns(*grouped).where(*_within(moment, periods, scope)).group_by(*grouped)
        for row in connection.execute(selected):
            counted = {n: int(v or 0) for n, v in row._mapping.items() if n in Tally.__dataclass_fields__}
            cells = found[getattr(row, "step", 0)]
            key = tuple(str(value) for value in row[len(row) - len(keys) :])
            cells[key] = cells.get(key, Tally()) + Tally(**counted)
    return [{key: tally for key, tally in cells.items() if tally != Tally()} for cells in found]


def _seed(name: str) -> sa.Label[Any]:
    """A sum by which two sets of reports hardly ever agree."""
    return sa.func.sum((sa.cast(reports.c.id, sa.BigInteger) * 7_368_787) % 2_147_483_647).label(f"{name}_seed")


def _key(name: str, level: str) -> sa.ColumnElement[str]:
    if name == PLACE:
        return sa.func.substr(reports.c.place_code, 1, level_of_key(level).digits).label(PLACE)
    if name == KIND:
        return reports.c.kind.label(KIND)
    return sa.case((reports.c.origin != "", reports.c.origin), else_=reports.c.channel).label(SOURCE)


def _step(moment: sa.Column[Any], periods: Sequence[Period]) -> list[sa.ColumnElement[int]]:
    """Number of the period that a moment lies in; nothing where there is only one."""
    if len(periods) == 1:
        return []
    edges: list[Any] = [
        (moment < sa.literal(p.until, moment.type), sa.literal_column(str(n))) for n, p in enumerate(periods[:-1])
    ]
    return [sa.case(*edges, else_=sa.literal_column(str(len(periods) - 1))).label("step")]


def _within(moment: sa.Column[Any], periods: Sequence[Period], scope: Scope) -> list[sa.ColumnElement[bool]]:
    r = reports.c
    lists = ((r.kind, scope.kinds), (r.channel, scope.channels), (r.origin, scope.origins))
    wanted: list[sa.ColumnElement[bool]] = [plain(column).in_(values) for column, values in lists if values]
    since, until = periods[0].since, periods[-1].until
    days, depth = (until - since).days, len(scope.place_code)
    # Of a community there are fewer reports than of a month of the district, of a street fewer than of a quarter.
    few = depth >= 12 or (depth >= 9 and days > 60)
    # Many are counted faster along the index that covers everything than one by one along that of their moment.
    at = plain(moment) if few or days > 120 else moment
    if scope.place_code:
        wanted.append(below(r.place_code if few else plain(r.place_code), scope.place_code))
    return [at >= since, at < until, ~r.hidden, *wanted]


def _count(name: str, condition: sa.ColumnElement[bool]) -> sa.Label[Any]:
    return sa.func.sum(sa.case((condition, 1), else_=0)).label(name)


def _due(at: datetime) -> tuple[sa.Select[Any], sa.Column[Any]]:
    r = reports.c
    there = r.closed_at.is_not(None) & (r.closed_at <= at)
    query = sa.select(
        sa.func.count().label("due"), _count("closed_of_due", there),
        _count("closed_in_time", there & (r.closed_at <= r.due_at)),
    ).where(plain(r.stage).not_in(_AWAY), sa.or_(r.outcome.is_(None), r.outcome != NOT_OURS))  # fmt: skip
    return query, r.due_at


def _received() -> tuple[sa.Select[Any], sa.Column[Any]]:
    r = reports.c
    return sa.select(sa.func.count().label("received")).where(plain(r.stage) != Stage.WITHDRAWN), r.reported_at


def _closed(at: datetime) -> tuple[sa.Select[Any], sa.Column[Any]]:
    """What was closed, with the call-back that counts, or what was said through the receipt."""
    r, c = reports.c, callbacks.c
    state = sa.func.coalesce(c.state, sa.case((r.judged_at.is_not(None), "answered"), else_=""))
    answered = state == "answered"
    solved, satisfied = sa.func.coalesce(c.solved, r.solved), sa.func.coalesce(c.satisfied, r.satisfied)
    joined = reports.outerjoin(callbacks, (c.report_id == r.id) & c.counts & (c.at <= at))
    query = (
        sa.select(
            sa.func.count().label("closed"), _count("excluded", state == "excluded"),
            _count("missed", state == "missed"), _count("answered", answered),
            _count("responded_asked", answered & c.responded.is_not(None)),
            _count("responded", answered & c.responded),
            _count("solved_asked", answered & solved.is_not(None)), _count("solved", answered & solved),
            _count("satisfied_asked", answered & satisfied.is_not(None)),
            _count("satisfied", answered & satisfied),
        )
        .select_from(joined)
        .where(plain(r.closed_at) <= at, plain(r.stage) == Stage.EVALUATE, r.outcome != NOT_OURS)
    )  # fmt: skip
    return query, r.closed_at


@dataclass(frozen=True, slots=True)
class Calls:
    """What one body was called in for 吹哨, and how it came; seconds from the call, ascending."""

    body: str
    called: int
    responded_s: tuple[float, ...]
    arrived_s: tuple[float, ...]


def calls(connection: Connection, period: Period, scope: Scope, *, at: datetime) -> list[Calls]:
    """Calls of a period by body, the most called first."""
    a = report_assignments.c
    query = (
        sa.select(bodies.c.name, a.assigned_at, a.accepted_at, a.arrived_at)
        .select_from(
            report_assignments.join(reports, reports.c.id == a.report_id).join(bodies, bodies.c.id == a.body_id)
        )
        .where(a.role == "called", *_within(a.assigned_at, [period], scope))
    )
    found: dict[str, tuple[int, list[float], list[float]]] = {}
    for name, called, responded, arrived in connection.execute(query):
        count, first, second = found.setdefault(str(name), (0, [], []))
        for moment, seconds in ((responded, first), (arrived, second)):
            if moment is not None and moment <= at:
                seconds.append((moment - called).total_seconds())
        found[str(name)] = (count + 1, first, second)
    ordered = sorted(found.items(), key=lambda item: (-item[1][0], item[0]))
    return [Calls(name, n, tuple(sorted(first)), tuple(sorted(second))) for name, (n, first, second) in ordered]
