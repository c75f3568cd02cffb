"""Who holds which rank where: inviting, appointing, revoking, ending and erasing people."""

from __future__ import annotations

import importlib
import secrets
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from geoapp.accounts import store
from geoapp.accounts.actions import INVITATION_KEPT, RESET_KEPT, store_password, strong_hash
from geoapp.accounts.keeping.store import drop_sessions_of
from geoapp.accounts.people import Actor, Person
from geoapp.accounts.privacy import holdings
from geoapp.accounts.roles import RANK_NAMES, Grant, PlacePath, Rank, may_appoint
from geoapp.accounts.trail import actions as trail
from geoapp.accounts.trail import store as trail_store
from geoapp.db import Database, utcnow
from geoapp.errors import Conflict, Invalid, NotAllowed, NotFound


@dataclass(frozen=True, slots=True)
class Invited:
    """A new person and the token of her link; the link is shown once, works once, and for three days."""

    person: Person
    token: str


def create_person(
    database: Database,
    connection: Connection,
    actor: Actor,
    *,
    name: str,
    login: str | None,
    password_hash: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    demo: bool = False,
) -> Person:
    """Store a person without any right; Conflict when the login is taken, or for a demo account in production."""
    if demo and database.settings.env == "production":
        raise NotAllowed("正式环境不建演示账号；请用 geoapp admin create 建管理员。")
    name = short(name, "姓名", 120)
    values = {"key": secrets.token_hex(8), "name": name, "login": login, "email": email, "phone": phone, "demo": demo}
    try:
        with connection.begin_nested():
            person = store.add_person(
                connection,
                **values,
                password_hash=password_hash,
                totp_last_step=0,
                created_at=utcnow(),
                audit_secret=trail_store.new_secret(),
            )
    except IntegrityError:
        raise Conflict("账号“%(login)s”已有人使用；请换一个。", login=login) from None
    sealed = {"name": [None, trail_store.seal(connection, person.id, name)]}
    trail.record(database, connection, actor, "people.create", subject=person.key, values=sealed)
    return person


def invite(
    database: Database,
    actor: Actor,
    *,
    name: str,
    login: str,
    rank: Rank,
    place: PlacePath,
    on: date,
    until: date | None,
) -> Invited:
    """Create a person with a first rank and a link by which she chooses her password."""
    if not login.strip():
        raise Invalid("请填写账号；可以用姓名拼音或工号。")
    require_may_appoint(actor, rank, place, on=on)
    require_order(on, until)
    with database.transaction() as connection:
        person = create_person(database, connection, actor, name=name, login=short(login, "账号", 120))
        give(database, connection, actor, person, Grant(rank, place, on, until))
        token = _link(connection, actor, person, purpose="join")
    return Invited(person, token)


def reset_link(database: Database, actor: Actor, person_key: str, *, on: date) -> str:
    """A link by which a person whom the actor manages chooses a new password; one hour, once."""
    with database.transaction() as connection:
        person = store.person_by_key(connection, person_key)
        _require_manages(connection, actor, person, on=on)
        store.use_all_invitations(connection, person.id, utcnow())
        token = _link(connection, actor, person, purpose="reset")
        trail.record(database, connection, actor, "people.reset-link", subject=person.key)
    return token


def invited_person(database: Database, token: str) -> Person:
    """Whose link it is; looking uses nothing up (scanners of mail look too). NotFound for a used or old one."""
    with database.reading() as connection:
        found = store.open_invitation(connection, token, now=utcnow())
        if found is None:
            raise NotFound("这个链接已经用过或过期；请联系给您链接的人重新发一个。")
        return store.person_by_id(connection, found[0])


def accept(database: Database, token: str, password: str) -> Person:
    """Choose a password by a link, which is then used up."""
    person = invited_person(database, token)
    hashed = strong_hash(person, password)
    with database.transaction() as connection:
        if not store.use_invitation(connection, token, utcnow()):
            raise NotFound("这个链接已经用过或过期；请联系给您链接的人重新发一个。")
        store_password(database, connection, Actor(person), person, hashed, keep_session=None)
    return person


def appoint(
    database: Database, actor: Actor, person_key: str, *, rank: Rank, place: PlacePath, on: date, until: date | None
) -> int:
    """Give a person a rank at a place; her sessions get new tokens. Nobody gives herself one."""
    require_may_appoint(actor, rank, place, on=on)
    require_order(on, until)
    with database.transaction() as connection:
        person = store.person_by_key(connection, person_key)
        if actor.person is not None and actor.person.id == person.id:
            raise NotAllowed("不能给自己授权；请由上一级办理。")
        if person.ended_at is not None:
            raise Conflict("这个账号已停用，不能授权；请新增人员。")
        return give(database, connection, actor, person, Grant(rank, place, on, until))


def revoke(database: Database, actor: Actor, grant_id: int, *, of: str | None = None, on: date) -> None:
    """End a grant (``of`` that person) that the actor could have given; her sessions get new tokens."""
    gone = NotFound("没有这项授权；它可能已被收回。")
    with database.transaction() as connection:
        person_id, grant = store.grant_by_id(connection, grant_id)
        subject = store.person_by_id(connection, person_id).key if person_id is not None else "body"
        if of not in (None, subject) or not grant.holds(on):
            raise gone
        if not actor.system and not may_appoint(actor.grants, grant.rank, grant.place, on=on):
            raise gone
        store.end_grant(connection, grant_id, utcnow())
        if person_id is not None:
            store.ask_renewal(connection, person_id)
        values = {"rank": [grant.rank.value, None]}
        trail.record(database, connection, actor, "people.revoke", subject=subject, place=grant.place, values=values)


def end_second_factor(database: Database, actor: Actor, person_key: str, *, on: date) -> None:
    """Turn the second factor of a person off whom the actor manages: her phone and her codes are lost."""
    with database.transaction() as connection:
        person = store.person_by_key(connection, person_key)
        _require_manages(connection, actor, person, on=on)
        store.change_person(connection, person.id, totp_secret=None)
        store.set_recovery_codes(connection, person.id, [])
        store.end_sessions(connection, person.id, now=utcnow())
        trail.record(database, connection, actor, "account.second-factor-off", subject=person.key)


def end_person(database: Database, actor: Actor, person_key: str, *, on: date) -> None:
    """Close an account: no more sign-in, all sessions end; what she did stays in the audit."""
    with database.transaction() as connection:
        person = store.person_by_key(connection, person_key)
        _require_manages(connection, actor, person, on=on)
        now = utcnow()
        store.change_person(connection, person.id, ended_at=now)
        store.end_sessions(connection, person.id, now=now)
        store.use_all_invitations(connection, person.id, now)
        trail.record(database, connection, actor, "people.end", subject=person.key)


def erase_person(database: Database, actor: Actor, person_key: str, *, on: date) -> None:
    """Remove all personal data of a person and the key of her values in the audit; the chain still holds."""
    actor.require("people.erase", on=on)
    with database.transaction() as connection:
        person = store.person_by_key(connection, person_key)
        _require_reaches(connection, actor, "people.erase", person, on=on)
        erase_at(database, connection, actor, person, now=utcnow())


def erase_at(database: Database, connection: Connection, actor: Actor, person: Person, *, now: datetime) -> None:
    """The same inside a transaction at hand, for whoever was allowed to: also what other parts keep of her."""
    if connection.dialect.name == "sqlite":
        # Freed pages are overwritten, or her number would stay in the file for whoever reads its bytes.
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    for holding in holdings():
        _named(holding.erase)(database, connection, actor, person.id, now=now)
    blank: dict[str, Any] = {"name": "已注销", "login": None, "email": None, "phone": None, "password_hash": None}
    blank |= {"totp_secret": None, "issuer": None, "subject": None}
    blank |= {"ended_at": person.ended_at or now, "erased_at": now}
    store.change_person(connection, person.id, **blank)
    drop_sessions_of(connection, person.id)
    store.set_recovery_codes(connection, person.id, [])
    store.use_all_invitations(connection, person.id, now)
    trail_store.destroy_secret(connection, person.id)
    trail.record(database, connection, actor, "people.erase", subject=person.key)


def _named(target: str) -> Any:
    module, name = target.split(":")
    return getattr(importlib.import_module(module), name)


def export_person(database: Database, actor: Actor, person_key: str, *, on: date) -> dict[str, Any]:
    """All that is kept of a person, for herself or for who may; the export is itself an entry of the audit."""
    with database.transaction() as connection:
        person = store.person_by_key(connection, person_key)
        if actor.person is None or actor.person.id != person.id:
            actor.require("privacy.export", on=on)
            _require_reaches(connection, actor, "privacy.export", person, on=on)
        held = store.all_grants_of(connection, person.id)
        opened = store.sessions_of(connection, person.id, now=utcnow(), current="")
        entries = trail_store.newest(connection, tops=[""], subject=person.key, limit=10_000)
        shown = [
            asdict(e)
            | {"values": {k: [trail_store.unseal(connection, v) for v in pair] for k, pair in e.values.items()}}
            for e in entries
        ]
        kept = {each.name: _named(each.export)(connection, person.id) for each in holdings()}
        trail.record(database, connection, actor, "privacy.export", subject=person.key)
    about = asdict(person)
    del about["id"]
    return {
        "person": about,
        "grants": [asdict(g) for g in held],
        "sessions": [asdict(s) for s in opened],
        "audit": shown,
        **kept,
    }


def give(database: Database, connection: Connection, actor: Actor, person: Person, grant: Grant) -> int:
    """Store a grant whose giver was checked; her sessions get new tokens."""
    by = actor.person.id if actor.person else None
    number = store.add_grant(connection, grant, person_id=person.id, body_id=None, by=by, at=utcnow())
    store.ask_renewal(connection, person.id)
    values = {"rank": [None, grant.rank.value], "until": [None, str(grant.valid_to) if grant.valid_to else None]}
    trail.record(database, connection, actor, "people.appoint", subject=person.key, place=grant.place, values=values)
    return number


def _link(connection: Connection, actor: Actor, person: Person, *, purpose: str) -> str:
    token = secrets.token_urlsafe(32)
    store.add_invitation(
        connection,
        token_sha256=store.token_hash(token),
        purpose=purpose,
        person_id=person.id,
        made_by=actor.person.id if actor.person else None,
        expires_at=utcnow() + (INVITATION_KEPT if purpose == "join" else RESET_KEPT),
    )
    return token


def require_may_appoint(actor: Actor, rank: Rank, place: PlacePath, *, on: date) -> None:
    """NotAllowed for a rank of one's own level or above, or outside one's place."""
    if not actor.system and not may_appoint(actor.grants, rank, place, on=on):
        raise NotAllowed("您不能在这里授予“%(rank)s”；请联系上一级。", rank=RANK_NAMES[rank])


def require_order(on: date, until: date | None) -> None:
    """Invalid for a right that ends before it begins."""
    if until is not None and until <= on:
        raise Invalid("授权的截止日期应晚于开始日期。")


def _require_manages(connection: Connection, actor: Actor, person: Person, *, on: date) -> None:
    """Every grant of the person must be one that the actor could have given: nobody resets a superior's password."""
    if actor.system:
        return
    held = store.grants_of(connection, person.id, on=on)
    if not held or not all(may_appoint(actor.grants, g.rank, g.place, on=on) for g in held):
        raise NotFound("没有这个账号；它可能已被删除。")


def _require_reaches(connection: Connection, actor: Actor, permission: str, person: Person, *, on: date) -> None:
    """The right has to reach every place where the person holds or held something, and everywhere where she never did.

    An administrator of one subdistrict has nothing to do with the people of the next.
    """
    places = [grant.place for grant in store.all_grants_of(connection, person.id)] or [()]
    tops = actor.places(permission, on=on)
    if not all(any(place[: len(top)] == top for top in tops) for place in places):
        raise NotFound("没有这个账号；它可能已被删除。")


def short(text: str, what: str, longest: int) -> str:
    """The text in one line; Invalid for an empty, long or unprintable one."""
    text = " ".join(text.split())
    if not text or len(text) > longest or any(ord(c) < 32 for c in text):
        raise Invalid("%(what)s应为 1 到 %(longest)s 个字。", what=what, longest=longest)
    return text
