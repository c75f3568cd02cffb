"""Batches of imports: what came from which row, what was set aside, and taking a batch back."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.errors import NotFound
from geoapp.reports import numbers
from geoapp.reports.figures.tables import callbacks
from geoapp.reports.imports.history import SetAside
from geoapp.reports.imports.tables import imported, imports, rows_set_aside
from geoapp.reports.stages import Stage
from geoapp.reports.tables import report_events, report_followers, report_texts, reports

#: How timelines name what nobody did.
CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Import:
    """A batch as it stands."""

    id: int
    key: str
    kind: str
    origin: str
    filename: str
    sha256: str
    mapping: str
    rows_in: int
    rows_stored: int
    rows_known: int
    rows_set_aside: int
    summary: dict[str, Any]
    by: str
    at: datetime
    undone_by: str | None
    undone_at: datetime | None


def add_import(connection: Connection, **values: Any) -> Import:
    """Begin a batch of no rows."""
    none = dict.fromkeys(("rows_in", "rows_stored", "rows_known", "rows_set_aside"), 0)
    insert = imports.insert().values(key=secrets.token_hex(8), summary={}, **none, **values).returning(imports)
    return Import(*connection.execute(insert).one())


def count(
    connection: Connection, import_id: int, *, stored: int, known: int, aside: int, summary: dict[str, Any]
) -> None:
    """Add rows to a batch's counts and write how it stands."""
    c = imports.c
    connection.execute(
        imports.update().where(c.id == import_id).values(
            rows_in=c.rows_in + stored + known + aside, rows_stored=c.rows_stored + stored,
            rows_known=c.rows_known + known, rows_set_aside=c.rows_set_aside + aside, summary=summary,
        )
    )  # fmt: skip


def find(connection: Connection, key: str) -> Import:
    """The batch of that key; NotFound otherwise."""
    row = connection.execute(sa.select(imports).where(imports.c.key == key)).one_or_none()
    if row is None:
        raise NotFound(f"没有编号为“{key[:40]}”的导入；用 geoapp reports imports 查看。")
    return Import(*row)


def recent(connection: Connection, *, kind: str = "", by: str = "", limit: int = 50) -> list[Import]:
    """Batches, the latest first; all, or those of a kind or of somebody."""
    query = sa.select(imports).order_by(imports.c.id.desc()).limit(limit)
    if kind:
        query = query.where(imports.c.kind == kind)
    if by:
        query = query.where(imports.c.by == by)
    return [Import(*row) for row in connection.execute(query)]


def known_numbers(connection: Connection, origin: str, wanted: Collection[str]) -> dict[str, int]:
    """Those of the other system's numbers that are stored -> id of their report."""
    query = sa.select(reports.c.origin_number, reports.c.id).where(
        reports.c.origin == origin, reports.c.origin_number.in_(list(wanted))
    )
    return {str(row[0]): int(row[1]) for row in connection.execute(query)}


def rows_of(connection: Connection, import_id: int, report_ids: Collection[int]) -> dict[int, int]:
    """Rows of this batch from which reports came: id -> row."""
    query = sa.select(imported.c.report_id, imported.c.row_no).where(
        imported.c.import_id == import_id, imported.c.report_id.in_(list(report_ids))
    )
    return {int(row[0]): int(row[1]) for row in connection.execute(query)}


def free_numbers(connection: Connection, wanted: int) -> list[str]:
    """As many 受理编号 that nobody has."""
    found: dict[str, None] = {}
    while len(found) < wanted:
        drawn = {numbers.new_number(secrets.randbelow) for _ in range(wanted - len(found))} - found.keys()
        taken = connection.execute(sa.select(reports.c.number).where(reports.c.number.in_(drawn))).scalars()
        found |= dict.fromkeys(sorted(drawn - set(taken)))
    return list(found)


def add_reports(
    connection: Connection,
    import_id: int,
    rows: Sequence[dict[str, Any]],
    words: Sequence[dict[str, Any] | None],
    origins: Sequence[dict[str, Any]],
) -> list[int]:
    """Store reports (columns of the table) with their words and the row of each; gives their ids in order."""
    if not rows:
        return []
    # Asked for by their keys afterwards: RETURNING in order would send row by row, three times as slow.
    connection.execute(reports.insert(), list(rows))
    there = sa.select(reports.c.key, reports.c.id).where(reports.c.key.in_([row["key"] for row in rows]))
    by_key = {key: int(found) for key, found in connection.execute(there)}
    ids = [by_key[row["key"]] for row in rows]
    texts = [{**text, "report_id": found} for found, text in zip(ids, words, strict=True) if text is not None]
    if texts:
        connection.execute(report_texts.insert(), texts)
    links = [{**one, "report_id": found, "import_id": import_id} for found, one in zip(ids, origins, strict=True)]
    connection.execute(imported.insert(), links)
    return ids


def link(connection: Connection, import_id: int, report_id: int, *, row: int, fields: dict[str, Any]) -> None:
    """Note from which row a report came."""
    values = {"report_id": report_id, "import_id": import_id, "row_no": row, "fields": fields}
    connection.execute(imported.insert().values(values))


def set_aside(connection: Connection, import_id: int, rows: Sequence[SetAside]) -> None:
    """Keep rows that were not stored."""
    listed = [
        {"import_id": import_id, "row_no": r.row, "number": r.number[:120], "reason": r.reason,
         "message": r.message[:200], "remedy": r.remedy[:200]}
        for r in rows
    ]  # fmt: skip
    if listed:
        connection.execute(rows_set_aside.insert(), listed)


def aside(connection: Connection, import_id: int) -> Iterator[SetAside]:
    """Rows of a batch that were not stored, in order."""
    c = rows_set_aside.c
    query = sa.select(c.row_no, c.number, c.reason, c.message, c.remedy).where(c.import_id == import_id)
    for row in connection.execute(query.order_by(c.row_no)):
        yield SetAside(*row)


def untouched(connection: Connection, import_id: int, *, after: int, limit: int) -> list[int]:
    """Ids of a batch's reports with which nobody has done anything yet, from ``after`` on."""
    history = reports.c.revision == 1, ~sa.exists().where(report_events.c.report_id == reports.c.id)
    return _unused(connection, import_id, history, after=after, limit=limit)


def untouched_cases(connection: Connection, import_id: int, *, by: str, after: int, limit: int) -> list[int]:
    """Ids of a batch's cases that only ``by``, who brought them in, and the clock have touched, from ``after`` on."""
    e, other = report_events.c, reports.alias("other")
    case = (
        reports.c.stage == Stage.COLLECT,
        reports.c.me_too == 0,
        sa.exists().where(e.report_id == reports.c.id),
        ~sa.exists().where(e.report_id == reports.c.id, e.actor != CLOCK, (e.kind != "send") | (e.actor != by)),
        ~sa.exists().where(other.c.merged_into == reports.c.id),
    )
    return _unused(connection, import_id, case, after=after, limit=limit)


def _unused(
    connection: Connection, import_id: int, more: Sequence[sa.ColumnElement[bool]], *, after: int, limit: int
) -> list[int]:
    """Of a batch, what nobody follows and nobody was called back for, and for which ``more`` holds."""
    query = (
        sa.select(imported.c.report_id)
        .join(reports, reports.c.id == imported.c.report_id)
        .where(
            imported.c.import_id == import_id,
            imported.c.report_id > after,
            ~sa.exists().where(report_followers.c.report_id == reports.c.id),
            ~sa.exists().where(callbacks.c.report_id == reports.c.id),
            *more,
        )
    )
    return list(connection.execute(query.order_by(imported.c.report_id).limit(limit)).scalars())


def unlink(connection: Connection, ids: Collection[int]) -> None:
    """Forget from which rows reports came."""
    connection.execute(imported.delete().where(imported.c.report_id.in_(list(ids))))


def remove_reports(connection: Connection, ids: Collection[int]) -> None:
    """Delete reports that came from an import and all that came with them."""
    for column in (imported.c.report_id, report_texts.c.report_id, reports.c.id):
        connection.execute(column.table.delete().where(column.in_(list(ids))))


def remove_callbacks(connection: Connection, import_id: int) -> int:
    """Delete the call-backs of a batch; of each case the next best counts again. Gives how many went."""
    c = callbacks.c
    touched = list(connection.execute(sa.select(c.report_id).where(c.import_id == import_id).distinct()).scalars())
    gone = connection.execute(callbacks.delete().where(c.import_id == import_id)).rowcount
    for report_id in touched:
        rest = connection.execute(
            sa.select(c.id).where(c.report_id == report_id).order_by(c.source, c.at.desc(), c.id.desc()).limit(1)
        ).scalar()
        if rest is not None:
            connection.execute(callbacks.update().where(c.id == rest).values(counts=True))
    return gone


def end(connection: Connection, import_id: int, *, by: str, at: datetime) -> None:
    """Mark a batch as taken back."""
    connection.execute(imports.update().where(imports.c.id == import_id).values(undone_by=by, undone_at=at))
