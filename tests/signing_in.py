"""Signing test clients and browsers in without the page: a person with a grant, a session, and its cookie."""

from __future__ import annotations

import itertools
import secrets
from datetime import date
from typing import Any

from apiflask import APIFlask
from itsdangerous import URLSafeTimedSerializer

from geoapp.accounts import actions, store
from geoapp.accounts.appointments.actions import create_person
from geoapp.accounts.guards import TOKEN
from geoapp.accounts.people import Actor, Person
from geoapp.accounts.roles import Grant, PlacePath, Rank
from geoapp.db import Database, utcnow

_numbers = itertools.count(1)


def make_person(database: Database, *grants: Grant, login: str | None = None) -> Person:
    """A person who holds the grants and has no password."""
    login = login or f"person{next(_numbers)}"
    with database.transaction() as connection:
        person = create_person(database, connection, Actor(system="test"), name=login, login=login)
        for grant in grants:
            store.add_grant(connection, grant, person_id=person.id, body_id=None, by=None, at=utcnow())
    return person


def held(rank: Rank | str, place: PlacePath = ()) -> Grant:
    """A grant that began long ago."""
    return Grant(Rank(rank), place, date(2000, 1, 1))


def cookie(app: APIFlask, person: Person) -> dict[str, str]:
    """What the session cookie of a browser holds in which the person just signed in."""
    with app.extensions["geoapp"]["database"].transaction() as connection:
        opened = actions.open_session(connection, person, agent="test")
    return {TOKEN: opened.token, "csrf_token": secrets.token_hex(20)}


def enter(app: APIFlask, client: Any, person: Person) -> Any:
    """Sign a person in: the client sends her cookie and, with everything, the token that changes need."""
    values = cookie(app, person)
    with client.session_transaction() as session:
        session.update(values)
    signed = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(values["csrf_token"])
    client.environ_base["HTTP_X_CSRF_TOKEN"] = signed
    return client


def sign_in(app: APIFlask, client: Any, rank: Rank | str, place: PlacePath = ()) -> Any:
    """Sign a new person of that rank and place in; gives the client."""
    return enter(app, client, make_person(app.extensions["geoapp"]["database"], held(rank, place)))


def chief(app: APIFlask) -> Any:
    """A client in which somebody is signed in who is administrator and planner of everything."""
    person = make_person(app.extensions["geoapp"]["database"], held(Rank.ADMINISTRATOR), held(Rank.PLANNER))
    return enter(app, app.test_client(), person)


def browser_cookie(app: APIFlask, address: str, person: Person) -> dict[str, Any]:
    """A cookie for Playwright's ``context.add_cookies``."""
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return {"name": "session", "value": signer.dumps(cookie(app, person)), "url": address}


def chief_cookie(app: APIFlask, address: str) -> dict[str, Any]:
    """Likewise of an administrator and planner of everything."""
    person = make_person(app.extensions["geoapp"]["database"], held(Rank.ADMINISTRATOR), held(Rank.PLANNER))
    return browser_cookie(app, address, person)
