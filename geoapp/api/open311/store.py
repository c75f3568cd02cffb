"""Every query of keys and filings."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.api.open311.asking import STATES, Question
from geoapp.api.open311.rows import Published
from geoapp.api.open311.tables import filings, keys
from geoapp.places.tables import places, versions
from geoapp.reports.kinds import UNSORTED
from geoapp.reports.stages import Stage, open311_status
from geoapp.reports.tables import report_events, report_texts, reports


@dataclass(frozen=True, slots=True)
class Key:
    """A client's permission to make requests; the secret itself is nowhere."""

    id: int
    name: str
    per_minute: int
    made_at: datetime
    revoked_at: datetime | None


def secret_hash(secret: str) -> str:
    """What is stored of a key with 192 bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: Any) -> Key:
    return Key(row.id, row.name, row.per_minute, row.made_at, row.revoked_at)


def all_keys(connection: Connection) -> list[Key]:
    """All keys, also revoked ones, in the order in which they were made."""
    return [_key(row) for row in connection.execute(sa.select(keys).order_by(keys.c.id))]


def key_of_secret(connection: Connection, secret: str) -> Key | None:
    """The key in force of that secret."""
    query = sa.select(keys).where(keys.c.secret_sha256 == secret_hash(secret), keys.c.revoked_at.is_(None))
    row = connection.execute(query).one_or_none()
    return None if row is None else _key(row)


def key_named(connection: Connection, name: str) -> Key | None:
    """The key of that name, revoked or not."""
    row = connection.execute(sa.select(keys).where(keys.c.name == name)).one_or_none()
    return None if row is None else _key(row)


def add_key(connection: Connection, *, name: str, secret: str, per_minute: int, by: str, at: datetime) -> None:
    """Store a new key."""
    connection.execute(
        keys.insert().values(
            name=name, secret_sha256=secret_hash(secret), per_minute=per_minute, made_by=by, made_at=at
        )
    )


def revoke_key(connection: Connection, key_id: int, at: datetime) -> None:
    """End a key."""
    connection.execute(keys.update().where(keys.c.id == key_id).values(revoked_at=at))


def add_filing(connection: Connection, *, report_id: int, key_id: int, token: str | None, at: datetime) -> None:
    """Note through which key a report came."""
    connection.execute(filings.insert().values(report_id=report_id, key_id=key_id, token=token, filed_at=at))


def token_of_report(connection: Connection, report_id: int) -> str | None:
    """The token that was answered for a report; None where its number was."""
    return connection.execute(sa.select(filings.c.token).where(filings.c.report_id == report_id)).scalar_one_or_none()


_merged = reports.alias("merged")
#: When anything last happened to a report; its timeline holds the sending too.
_changed = (
    sa.select(sa.func.max(report_events.c.at))
    .where(report_events.c.report_id == reports.c.id)
    .correlate(reports)
    .scalar_subquery()
)


def _released(role: str, order: sa.UnaryExpression[Any]) -> sa.ScalarSelect[Any]:
    """Released words of a role, the first by that order: shortened ones where a moderator shortened them."""
    return (
        sa.select(sa.func.coalesce(report_texts.c.shown, report_texts.c.text))
        .where(
            report_texts.c.report_id == reports.c.id,
            report_texts.c.role == role,
            report_texts.c.audience == "public",
            report_texts.c.state == "released",
        )
        .order_by(order)
        .limit(1)
        .correlate(reports)
        .scalar_subquery()
    )


_words = _released("report", report_texts.c.id.asc())
_answer = _released("answer", report_texts.c.id.desc())


def _select() -> sa.Select[Any]:
    # A list of columns, not the row: what is not named here cannot leave.
    return (
        sa.select(
            reports.c.id,
            reports.c.number,
            reports.c.kind,
            reports.c.stage,
            reports.c.outcome,
            reports.c.reported_at,
            reports.c.closed_at,
            reports.c.due_at,
            reports.c.place_code,
            reports.c.duty_code,
            reports.c.address,
            reports.c.min_lon.label("lon"),
            reports.c.min_lat.label("lat"),
            _words.label("words"),
            _answer.label("answer"),
            _changed.label("changed_at"),
            _merged.c.number.label("merged_into"),
        )
        .outerjoin(_merged, _merged.c.id == reports.c.merged_into)
        .where(~reports.c.hidden)
    )


def _published(row: Any) -> Published:
    facts = dict(row._mapping)
    changed = facts.pop("changed_at")
    return Published(**facts, updated_at=changed or facts["reported_at"])


def published(connection: Connection, asked: Question, *, below: str = "") -> list[Published]:
    """The reports that a question is about, the latest first; only those in the place of code ``below``."""
    query = _select()
    if below:
        query = query.where(reports.c.place_code.startswith(below, autoescape=True))
    if asked.numbers:
        query = query.where(reports.c.number.in_(asked.numbers))
    else:
        query = query.where(reports.c.reported_at.between(asked.start, asked.end))
        if asked.states != set(STATES):
            # Said as what is left out, so that the index of times is used and not that of stages: half are open.
            others = [stage.value for stage in Stage if open311_status(stage) not in asked.states]
            query = query.where(reports.c.stage.not_in(others))
        if asked.service_codes:
            query = query.where(reports.c.kind.in_(asked.service_codes))
    query = query.order_by(reports.c.reported_at.desc(), reports.c.id.desc())
    query = query.offset((asked.page - 1) * asked.page_size).limit(asked.page_size)
    return [_published(row) for row in connection.execute(query)]


def published_by_number(connection: Connection, number: str) -> Published | None:
    """The report of that number, unless it was hidden."""
    row = connection.execute(_select().where(reports.c.number == number)).one_or_none()
    return None if row is None else _published(row)


def number_of_token(connection: Connection, token: str) -> tuple[bool, str | None]:
    """Is there such a token, and the number that it has become: None until somebody sorted the report or began."""
    query = (
        sa.select(reports.c.number, reports.c.kind, reports.c.stage)
        .join(filings, filings.c.report_id == reports.c.id)
        .where(filings.c.token == token, ~reports.c.hidden)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return False, None
    waits = row.kind == UNSORTED and row.stage == Stage.COLLECT
    return True, None if waits else row.number


def districts(connection: Connection, *, on: date) -> list[str]:
    """Codes of the districts of that day: what GeoReport calls jurisdictions."""
    query = sa.select(places.c.code).where(places.c.level == "district", _holds(on)).order_by(places.c.code)
    return list(connection.execute(query.join_from(places, versions, versions.c.place_id == places.c.id)).scalars())


def place_names(connection: Connection, codes: Collection[str], *, on: date) -> dict[str, str]:
    """Names of places on a day, by code."""
    query = (
        sa.select(places.c.code, versions.c.name)
        .join_from(places, versions, versions.c.place_id == places.c.id)
        .where(places.c.code.in_(codes), _holds(on))
    )
    return {row.code: row.name for row in connection.execute(query)}


def _holds(on: date) -> sa.ColumnElement[bool]:
    return sa.and_(
        ~versions.c.withdrawn,
        versions.c.valid_from <= on,
        sa.or_(versions.c.valid_to.is_(None), versions.c.valid_to > on),
    )
