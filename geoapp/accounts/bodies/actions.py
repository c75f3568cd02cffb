"""Bodies 承办单位: setting up and closing them, who belongs to them, and what they hold.

Whoever belongs to a body holds what it holds. So a body is managed by who could appoint each of its ranks at its
places, and to let somebody belong to it is to appoint her.
"""

from __future__ import annotations

import secrets
from datetime import date

from sqlalchemy.engine import Connection

from geoapp.accounts import store as people
from geoapp.accounts.appointments.actions import require_may_appoint, require_order, short
from geoapp.accounts.audit import declare_action
from geoapp.accounts.bodies import store
from geoapp.accounts.bodies.kinds import KINDS, check_kind
from geoapp.accounts.people import Actor, Body, Person
from geoapp.accounts.roles import Grant, PlacePath, Rank, may_appoint
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database, utcnow
from geoapp.errors import Conflict, NotAllowed, NotFound

declare_action("bodies.create", "新增单位", name="名称", kind="类别")
declare_action("bodies.join", "加入单位", body="单位")
declare_action("bodies.leave", "退出单位")
declare_action("bodies.end", "停用单位")


def create(database: Database, actor: Actor, *, name: str, kind: str, place: PlacePath, on: date) -> Body:
    """Set a body up that handles cases at a place and below."""
    require_may_appoint(actor, Rank.HANDLER, place, on=on)
    name, kind = short(name, "名称", 200), check_kind(kind)
    with database.transaction() as connection:
        body_id = people.add_body(connection, Body(0, secrets.token_hex(8), name, kind, place))
        body = next(b for b in store.bodies_below(connection, [place]) if b.id == body_id)
        values = {"name": [None, name], "kind": [None, KINDS[kind]]}
        trail.record(database, connection, actor, "bodies.create", subject=body.key, place=place, values=values)
        _give(database, connection, actor, body, Grant(Rank.HANDLER, place, on), on=on)
    return body


def appoint(
    database: Database, actor: Actor, key: str, *, rank: Rank, place: PlacePath, on: date, until: date | None
) -> None:
    """Give a body a rank at a further place; its members' sessions get new tokens."""
    require_may_appoint(actor, rank, place, on=on)
    require_order(on, until)
    with database.transaction() as connection:
        body = _managed(connection, actor, key, on=on)
        _require_not_own(connection, actor, body, on=on)
        _give(database, connection, actor, body, Grant(rank, place, on, until), on=on)


def revoke(database: Database, actor: Actor, key: str, grant_id: int, *, on: date) -> None:
    """End what a body holds."""
    with database.transaction() as connection:
        body = _managed(connection, actor, key, on=on)
        found = dict(store.held_by(connection, body.id)).get(grant_id)
        if found is None or not found.holds(on) or not _may_give(actor, found, on=on):
            raise NotFound("没有这项授权；它可能已被收回。")
        people.end_grant(connection, grant_id, utcnow())
        _renew(connection, body, on=on)
        values = {"rank": [found.rank.value, None]}
        trail.record(database, connection, actor, "people.revoke", subject=body.key, place=found.place, values=values)


def join(database: Database, actor: Actor, key: str, person_key: str, *, on: date) -> None:
    """Let somebody belong to a body whom the actor may see; nobody lets herself in."""
    with database.transaction() as connection:
        body = _managed(connection, actor, key, on=on)
        person = _visible(connection, actor, person_key, on=on)
        if actor.person is not None and actor.person.id == person.id:
            raise NotAllowed("不能给自己授权；请由上一级办理。")
        if person.ended_at is not None:
            raise Conflict("这个账号已停用，不能授权；请新增人员。")
        if not store.join(connection, body.id, person.id, on=on):
            raise Conflict("%(name)s已在这个单位。", name=person.name)
        people.ask_renewal(connection, person.id)
        values = {"body": [None, body.name]}
        trail.record(database, connection, actor, "bodies.join", subject=person.key, place=body.place, values=values)


def leave(database: Database, actor: Actor, key: str, person_key: str, *, on: date) -> None:
    """Let somebody belong to a body no longer; what she held through it ends at once."""
    with database.transaction() as connection:
        body = _managed(connection, actor, key, on=on)
        person = people.person_by_key(connection, person_key)
        if not store.leave(connection, body.id, person.id, on=on):
            raise NotFound("这个人不在这个单位。")
        people.ask_renewal(connection, person.id)
        values = {"body": [body.name, None]}
        trail.record(database, connection, actor, "bodies.leave", subject=person.key, place=body.place, values=values)


def end(database: Database, actor: Actor, key: str, *, on: date) -> None:
    """Close a body; cases that it had stay on record in its name."""
    with database.transaction() as connection:
        body = _managed(connection, actor, key, on=on)
        _renew(connection, body, on=on)
        store.end_body(connection, body.id, at=utcnow(), on=on)
        values = {"name": [body.name, None]}
        trail.record(database, connection, actor, "bodies.end", subject=body.key, place=body.place, values=values)


def manages(connection: Connection, actor: Actor, body: Body, *, on: date) -> bool:
    """Could the actor have given the body everything that it holds, and set it up where it is?"""
    held = [grant for _number, grant in store.held_by(connection, body.id) if grant.holds(on)]
    return all(_may_give(actor, grant, on=on) for grant in [*held, Grant(Rank.HANDLER, body.place, on)])


def _may_give(actor: Actor, grant: Grant, *, on: date) -> bool:
    return bool(actor.system) or may_appoint(actor.grants, grant.rank, grant.place, on=on)


def _managed(connection: Connection, actor: Actor, key: str, *, on: date) -> Body:
    body = store.body_by_key(connection, key)
    if not manages(connection, actor, body, on=on):
        raise NotFound("没有这个单位；它可能已停用。")
    return body


def _visible(connection: Connection, actor: Actor, person_key: str, *, on: date) -> Person:
    found = people.people_below(connection, actor.places("people.read", on=on), key=person_key)
    if not found:
        raise NotFound("没有这个账号；它可能已被删除。")
    return found[0][0]


def _require_not_own(connection: Connection, actor: Actor, body: Body, *, on: date) -> None:
    if actor.person is not None and any(b.id == body.id for b in store.bodies_of(connection, actor.person.id, on=on)):
        raise NotAllowed("不能给自己授权；请由上一级办理。")


def _give(database: Database, connection: Connection, actor: Actor, body: Body, grant: Grant, *, on: date) -> None:
    by = actor.person.id if actor.person else None
    people.add_grant(connection, grant, person_id=None, body_id=body.id, by=by, at=utcnow())
    _renew(connection, body, on=on)
    values = {"rank": [None, grant.rank.value], "until": [None, str(grant.valid_to) if grant.valid_to else None]}
    trail.record(database, connection, actor, "people.appoint", subject=body.key, place=grant.place, values=values)


def _renew(connection: Connection, body: Body, *, on: date) -> None:
    for member in store.members_of(connection, body.id, on=on):
        people.ask_renewal(connection, people.person_by_key(connection, member.key).id)
