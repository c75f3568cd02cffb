"""Whom a person of the provider is here: by her subject, else by an invitation that she came with."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from geoapp.accounts import store
from geoapp.accounts.actions import Browser, SignedIn, may_enter, open_session
from geoapp.accounts.appointments.actions import create_person
from geoapp.accounts.audit import declare_action
from geoapp.accounts.oidc.claims import Claims
from geoapp.accounts.people import Actor, Person, system
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database, utcnow
from geoapp.errors import Conflict, NotAllowed, NotFound

declare_action("account.link", "关联单点登录", issuer="单点登录")


class NoAccountHere(NotAllowed):
    """The provider knows her, this installation does not."""


def enter(database: Database, claims: Claims, *, invitation: str | None, browser: Browser) -> SignedIn:
    """Open a session for whom the provider vouches.

    Somebody who is not known here gets no account by it, unless she comes with an invitation or the setting
    ``oidc_accounts`` says so. An account that ended stays ended.
    """
    with database.transaction() as connection:
        person = store.person_by_subject(connection, claims.issuer, claims.subject)
        if invitation is not None:
            person = _by_invitation(database, connection, claims, invitation, known=person)
        elif person is None and database.settings.oidc_accounts == "anybody":
            person = create_person(database, connection, system("single sign-on"), name=claims.name, login=None)
            _link(database, connection, claims, person)
        if person is None or person.ended_at is not None or not may_enter(database, person):
            raise NoAccountHere("您还没有这里的账号，或账号已停用；请联系本级管理员。")
        opened = open_session(connection, person, agent=browser.agent, shared_pc=browser.shared_pc)
        trail.record(database, connection, Actor(person), "account.sign-in", subject=person.key)
    return opened


def _by_invitation(
    database: Database, connection: Connection, claims: Claims, invitation: str, *, known: Person | None
) -> Person:
    now = utcnow()
    found = store.open_invitation(connection, invitation, now=now)
    if found is None or found[1] != "join":
        raise NotFound("这个链接已经用过或过期；请联系给您链接的人重新发一个。")
    if known is not None and known.id != found[0]:
        raise Conflict("这个单点登录账号已用于另一个账号；请直接登录，或请管理员停用那一个。")
    person = store.person_by_id(connection, found[0])
    if not store.use_invitation(connection, invitation, now):
        raise NotFound("这个链接已经用过或过期；请联系给您链接的人重新发一个。")
    if known is None:
        _link(database, connection, claims, person)
    return person


def _link(database: Database, connection: Connection, claims: Claims, person: Person) -> None:
    store.change_person(connection, person.id, issuer=claims.issuer, subject=claims.subject)
    values = {"issuer": [None, claims.issuer]}
    trail.record(database, connection, Actor(person), "account.link", subject=person.key, values=values)
