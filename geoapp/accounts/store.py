"""Every query of people, grants, sessions and throttles."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from geoapp.accounts.people import Actor, Body, Person, Session, path_of, path_text
from geoapp.accounts.roles import Grant, PlacePath, Rank
from geoapp.accounts.tables import (
    bodies,
    grants,
    invitations,
    memberships,
    people,
    personal_keys,
    recovery_codes,
    sessions,
    throttles,
)
from geoapp.errors import NotAllowed, NotFound

#: How stale `seen_at` may be: a write per request would queue pages behind the database's one writer.
SEEN_EVERY = timedelta(seconds=60)
#: How long a token that was exchanged may still look: a page asks for tiles many at a time, and one of them is first.
LATE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What sign-in compares; never leaves accounts."""

    person: Person
    password_hash: str | None
    totp_secret: str | None
    totp_last_step: int


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """A grant with its number and holder, for the page that manages them."""

    id: int
    holder: str
    grant: Grant


def token_hash(token: str) -> str:
    """What is stored of a token with 128 bits and more; guessing it back is hopeless without a slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def _person(row: Any) -> Person:
    return Person(
        id=row.id,
        key=row.key,
        login=row.login,
        name=row.name,
        email=row.email,
        phone=row.phone,
        second_factor=row.totp_secret is not None,
        demo=row.demo,
        created_at=row.created_at,
        ended_at=row.ended_at,
        erased_at=row.erased_at,
    )


def credentials(connection: Connection, login: str) -> Credentials | None:
    """What to compare at sign-in; None for an unknown or ended account."""
    query = sa.select(people).where(people.c.login == login.strip().casefold(), people.c.ended_at.is_(None))
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Credentials(_person(row), row.password_hash, row.totp_secret, row.totp_last_step)


def person_by_key(connection: Connection, key: str) -> Person:
    """The person of that public key; NotFound otherwise."""
    row = connection.execute(sa.select(people).where(people.c.key == key)).one_or_none()
    if row is None:
        raise NotFound("没有这个账号；它可能已被删除。")
    return _person(row)


def person_by_id(connection: Connection, person_id: int) -> Person:
    """The person of that number."""
    return _person(connection.execute(sa.select(people).where(people.c.id == person_id)).one())


def person_by_subject(connection: Connection, issuer: str, subject: str) -> Person | None:
    """The person whom single sign-on knows by that subject, also one whose account has ended."""
    query = sa.select(people).where(people.c.issuer == issuer, people.c.subject == subject)
    row = connection.execute(query).one_or_none()
    return _person(row) if row is not None else None


def acting(connection: Connection, name: str, *, on: date) -> Actor:
    """Who asked for a background job, by the name under which its actor is entered, with what she holds by now.

    Raises NotAllowed when her account has ended meanwhile.
    """
    query = sa.select(people).where(people.c.key == name, people.c.ended_at.is_(None))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotAllowed("提出这项任务的账号已停用，任务没有执行；请重新提出。")
    return Actor(_person(row), grants_of(connection, row.id, on=on))


def any_person(connection: Connection) -> bool:
    """Is there any account at all?"""
    return connection.execute(sa.select(people.c.id).limit(1)).first() is not None


def names(connection: Connection, keys: set[str]) -> dict[str, str]:
    """Shown names by public key."""
    rows = connection.execute(sa.select(people.c.key, people.c.name).where(people.c.key.in_(keys)))
    return {row.key: row.name for row in rows}


def demo_people(connection: Connection, *, on: date) -> list[tuple[Person, tuple[Grant, ...]]]:
    """The demo's accounts with what they hold."""
    query = sa.select(people).where(people.c.demo, people.c.ended_at.is_(None)).order_by(people.c.id)
    return [(_person(row), grants_of(connection, row.id, on=on)) for row in connection.execute(query).all()]


def people_below(
    connection: Connection, tops: list[PlacePath], *, key: str | None = None
) -> list[tuple[Person, list[HeldGrant]]]:
    """People (or the one of that key) who hold or held a grant at one of the places or below, with those grants.

    Whoever is asked for everywhere sees those too who never held any.
    """
    found = _held(connection, key)
    held = [h for h in found if any(h[1].grant.place[: len(top)] == top for top in tops)]
    query = sa.select(people) if key is None else sa.select(people).where(people.c.key == key)
    if () not in tops:
        query = query.where(people.c.id.in_({person_id for person_id, _ in held}))
    rows = connection.execute(query.order_by(people.c.name)).all()
    return [(_person(row), [h for person_id, h in held if person_id == row.id]) for row in rows]


def _held(connection: Connection, key: str | None) -> list[tuple[int, HeldGrant]]:
    query = sa.select(grants, people.c.key).join(people, people.c.id == grants.c.person_id).order_by(grants.c.id)
    if key is not None:
        query = query.where(people.c.key == key)
    return [(row.person_id, HeldGrant(row.id, row.key, _grant(row))) for row in connection.execute(query)]


def _grant(row: Any) -> Grant:
    return Grant(Rank(row.rank), path_of(row.place_path), row.valid_from, row.valid_to, row.ended_at)


#: Asked before each request: written once, since composing them took longer than asking.
_HELD_ON = (
    sa.select(grants.c.rank, grants.c.place_path, grants.c.valid_from, grants.c.valid_to, grants.c.ended_at)
    .where(
        sa.or_(
            grants.c.person_id == sa.bindparam("person_id"),
            grants.c.body_id.in_(
                sa.select(memberships.c.body_id).where(
                    memberships.c.person_id == sa.bindparam("person_id"),
                    memberships.c.valid_from <= sa.bindparam("on"),
                    sa.or_(memberships.c.valid_to.is_(None), memberships.c.valid_to > sa.bindparam("on")),
                )
            ),
        ),
        grants.c.ended_at.is_(None),
        grants.c.valid_from <= sa.bindparam("on"),
        sa.or_(grants.c.valid_to.is_(None), grants.c.valid_to > sa.bindparam("on")),
    )
    .order_by(grants.c.id)
)
_SESSION = (
    sa.select(
        sessions.c.key.label("session_key"),
        sessions.c.token_sha256,
        sessions.c.seen_at,
        sessions.c.idle_s,
        sessions.c.renew,
        people,
    )
    .join(people, people.c.id == sessions.c.person_id)
    .where(
        sa.or_(
            sessions.c.token_sha256 == sa.bindparam("token_sha256"),
            sa.and_(
                sessions.c.previous_sha256 == sa.bindparam("token_sha256"),
                sessions.c.renewed_at > sa.bindparam("lately"),
            ),
        ),
        sessions.c.ended_at.is_(None),
        sessions.c.expires_at > sa.bindparam("now"),
        people.c.ended_at.is_(None),
    )
)


def grants_of(connection: Connection, person_id: int, *, on: date) -> tuple[Grant, ...]:
    """All that the person holds on that day, through bodies too."""
    rows = connection.execute(_HELD_ON, {"person_id": person_id, "on": on})
    return tuple(_grant(row) for row in rows)


def all_grants_of(connection: Connection, person_id: int) -> list[Grant]:
    """All that the person herself ever held."""
    rows = connection.execute(sa.select(grants).where(grants.c.person_id == person_id).order_by(grants.c.id))
    return [_grant(row) for row in rows]


def grant_by_id(connection: Connection, grant_id: int) -> tuple[int | None, Grant]:
    """Holder's id and the grant; NotFound otherwise."""
    row = connection.execute(sa.select(grants).where(grants.c.id == grant_id)).one_or_none()
    if row is None:
        raise NotFound("没有这项授权；它可能已被收回。")
    return row.person_id, _grant(row)


def add_grant(
    connection: Connection, grant: Grant, *, person_id: int | None, body_id: int | None, by: int | None, at: datetime
) -> int:
    """Store a grant; gives its number."""
    values = {
        "person_id": person_id,
        "body_id": body_id,
        "rank": grant.rank.value,
        "place_path": path_text(grant.place),
        "valid_from": grant.valid_from,
        "valid_to": grant.valid_to,
        "granted_by": by,
        "granted_at": at,
    }
    inserted = connection.execute(grants.insert().values(values)).inserted_primary_key
    assert inserted is not None
    return int(inserted[0])


def end_grant(connection: Connection, grant_id: int, at: datetime) -> None:
    """Let a grant end at once."""
    connection.execute(grants.update().where(grants.c.id == grant_id).values(ended_at=at))


def add_body(connection: Connection, body: Body) -> int:
    """Store a body; gives its number."""
    values = {"key": body.key, "name": body.name, "kind": body.kind, "place_path": path_text(body.place)}
    inserted = connection.execute(bodies.insert().values(values)).inserted_primary_key
    assert inserted is not None
    return int(inserted[0])


# -- sessions ------------------------------------------------------------------------------------------------------


def add_session(connection: Connection, **values: Any) -> None:
    """Store a session (columns of the table)."""
    connection.execute(sessions.insert().values(values))


@dataclass(frozen=True, slots=True)
class OpenSession:
    """The actor of a session; ``unseen``: its `seen_at` is due; ``renew``: its token is to be exchanged.

    ``late``: the token was exchanged a moment ago, by a request that ran beside this one.
    """

    actor: Actor
    unseen: bool
    renew: bool
    late: bool


def open_session(connection: Connection, token: str, *, now: datetime, on: date) -> OpenSession | None:
    """Who acts in the session of that token; None when it has ended."""
    hashed = token_hash(token)
    asked = {"token_sha256": hashed, "now": now, "lately": now - LATE}
    row = connection.execute(_SESSION, asked).one_or_none()
    if row is None or now - row.seen_at > timedelta(seconds=row.idle_s):
        return None
    actor = Actor(_person(row), grants_of(connection, row.id, on=on), row.session_key)
    late = row.token_sha256 != hashed
    return OpenSession(actor, now - row.seen_at > SEEN_EVERY, row.renew and not late, late)


def ask_renewal(connection: Connection, person_id: int) -> None:
    """Let every open session of the person get a new token at its next request."""
    mine = (sessions.c.person_id == person_id) & sessions.c.ended_at.is_(None)
    connection.execute(sessions.update().where(mine).values(renew=True))


def renew_session(connection: Connection, old_token: str, new_token: str, now: datetime) -> bool:
    """Exchange a token that awaits it; False when another request was quicker."""
    old = token_hash(old_token)
    mine = (sessions.c.token_sha256 == old) & sessions.c.renew
    values = {"token_sha256": token_hash(new_token), "previous_sha256": old, "renewed_at": now, "renew": False}
    return connection.execute(sessions.update().where(mine).values(values)).rowcount == 1


def touch_session(connection: Connection, session_key: str, now: datetime) -> None:
    """Note that the session is in use."""
    connection.execute(sessions.update().where(sessions.c.key == session_key).values(seen_at=now))


def sessions_of(connection: Connection, person_id: int, *, now: datetime, current: str) -> list[Session]:
    """Open sessions of a person, the newest first."""
    query = sa.select(sessions).where(
        sessions.c.person_id == person_id, sessions.c.ended_at.is_(None), sessions.c.expires_at > now
    )
    rows = connection.execute(query.order_by(sessions.c.created_at.desc())).all()
    return [
        Session(row.key, row.created_at, row.seen_at, row.expires_at, row.agent, row.key == current)
        for row in rows
        if now - row.seen_at <= timedelta(seconds=row.idle_s)
    ]


def end_sessions(
    connection: Connection, person_id: int, *, now: datetime, only: str | None = None, but: str | None = None
) -> int:
    """End the person's sessions: all, ``only`` one, or all ``but`` one; gives how many ended."""
    mine = (sessions.c.person_id == person_id) & sessions.c.ended_at.is_(None)
    if only is not None:
        mine &= sessions.c.key == only
    if but is not None:
        mine &= sessions.c.key != but
    return connection.execute(sessions.update().where(mine).values(ended_at=now)).rowcount


# -- changes of a person -------------------------------------------------------------------------------------------


def add_person(connection: Connection, *, audit_secret: bytes, **values: Any) -> Person:
    """Store a person (columns of the table) and the key of her values in the audit."""
    login = values.get("login")
    values["login"] = login.strip().casefold() if login else None
    inserted = connection.execute(people.insert().values(values)).inserted_primary_key
    assert inserted is not None
    connection.execute(personal_keys.insert().values(person_id=inserted[0], secret=audit_secret))
    return person_by_key(connection, values["key"])


def change_person(connection: Connection, person_id: int, **values: Any) -> None:
    """Change columns of a person."""
    connection.execute(people.update().where(people.c.id == person_id).values(values))


def use_totp_step(connection: Connection, person_id: int, step: int) -> bool:
    """Take a time step once; False when it or a later one was taken before."""
    fresh = (people.c.id == person_id) & (people.c.totp_last_step < step)
    return connection.execute(people.update().where(fresh).values(totp_last_step=step)).rowcount == 1


def set_recovery_codes(connection: Connection, person_id: int, hashes: list[str]) -> None:
    """Put new recovery codes in the place of the old ones."""
    connection.execute(recovery_codes.delete().where(recovery_codes.c.person_id == person_id))
    if hashes:
        connection.execute(recovery_codes.insert(), [{"code_sha256": h, "person_id": person_id} for h in hashes])


def use_recovery_code(connection: Connection, person_id: int, code_sha256: str, now: datetime) -> bool:
    """Take a recovery code once."""
    mine = (recovery_codes.c.person_id == person_id) & (recovery_codes.c.code_sha256 == code_sha256)
    unused = mine & recovery_codes.c.used_at.is_(None)
    return connection.execute(recovery_codes.update().where(unused).values(used_at=now)).rowcount == 1


def add_invitation(connection: Connection, **values: Any) -> None:
    """Store an invitation (columns of the table)."""
    connection.execute(invitations.insert().values(values))


def open_invitation(connection: Connection, token: str, *, now: datetime) -> tuple[int, str] | None:
    """Person and purpose of an invitation that can still be used; looking changes nothing."""
    query = (
        sa.select(invitations.c.person_id, invitations.c.purpose)
        .join(people, people.c.id == invitations.c.person_id)
        .where(
            invitations.c.token_sha256 == token_hash(token),
            invitations.c.used_at.is_(None),
            invitations.c.expires_at > now,
            people.c.ended_at.is_(None),
        )
    )
    row = connection.execute(query).one_or_none()
    return (row.person_id, row.purpose) if row is not None else None


def use_invitation(connection: Connection, token: str, now: datetime) -> bool:
    """Take an invitation once."""
    fresh = (
        (invitations.c.token_sha256 == token_hash(token))
        & invitations.c.used_at.is_(None)
        & (invitations.c.expires_at > now)
    )
    return connection.execute(invitations.update().where(fresh).values(used_at=now)).rowcount == 1


def use_all_invitations(connection: Connection, person_id: int, now: datetime) -> None:
    """Let every link of the person that is still open be used up."""
    mine = (invitations.c.person_id == person_id) & invitations.c.used_at.is_(None)
    connection.execute(invitations.update().where(mine).values(used_at=now))


# -- throttles -----------------------------------------------------------------------------------------------------


def take_token(connection: Connection, what: str, *, capacity: float, refill_s: float, now: datetime) -> float:
    """Take one token of a bucket; gives 0 when there was one, else the seconds to wait.

    ``what`` is stored hashed: an address is personal data. ``refill_s`` is the time in which one token comes back.
    """
    key = hashlib.sha256(what.encode()).hexdigest()
    mine = throttles.c.key == key
    # Two processes that meet at one bucket: one makes it, and the second waits for the first.
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    full = insert(throttles).values(key=key, tokens=capacity, at=now).on_conflict_do_nothing()
    connection.execute(full)
    row = connection.execute(sa.select(throttles).where(mine).with_for_update()).one()
    have = min(capacity, row.tokens + max(0.0, (now - row.at).total_seconds()) / refill_s)
    if have < 1:
        return float((1 - have) * refill_s)
    connection.execute(throttles.update().where(mine).values(tokens=have - 1, at=now))
    return 0.0


def forget_buckets(connection: Connection, before: datetime) -> int:
    """Drop buckets that nobody used since then, so that they are full again; gives how many."""
    return connection.execute(throttles.delete().where(throttles.c.at < before)).rowcount


def give_back(connection: Connection, what: str, *, capacity: float, now: datetime) -> None:
    """Fill a bucket again (after a success)."""
    key = hashlib.sha256(what.encode()).hexdigest()
    connection.execute(throttles.update().where(throttles.c.key == key).values(tokens=capacity, at=now))
