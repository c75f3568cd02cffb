"""What people do with accounts: sign in and out, passwords, second factor, sessions."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.engine import Connection

from geoapp.accounts import store
from geoapp.accounts.entrance import Bucket, buckets
from geoapp.accounts.passwords import require_strong
from geoapp.accounts.people import Actor, Person
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database, utcnow
from geoapp.errors import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn, TooOften

#: RFC 9106's second choice (64 MiB, 3 passes) in one lane: 30 to 60 ms on an office PC.
_HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=1)
#: Compared when an account is not there or has no password, so that both answers take the same time.
_NOBODY = _HASHER.hash("nobody's password")

SESSION_IDLE = timedelta(hours=2)
SHARED_PC_IDLE = timedelta(minutes=10)
SESSION_LONGEST = timedelta(hours=12)
INVITATION_KEPT = timedelta(days=3)
RESET_KEPT = timedelta(hours=1)
RECOVERY_CODES = 8


class WrongCredentials(NotAllowed):
    """Account or password is wrong; which of the two is not said."""


class TooManyTries(TooOften):
    """A bucket of tries is empty; ``wait_s`` until the next one."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("尝试次数过多；请 %(wait)s 秒后再试。", wait_s=wait_s, wait=int(wait_s) + 1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """``token`` goes into the cookie, once; ``session_key`` names the session."""

    person: Person
    token: str
    session_key: str


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a sign-in comes from; ``known`` is the verified mark of one in which this account signed in before."""

    address: str
    agent: str
    known: str | None = None
    shared_pc: bool = False


class SecondFactorNeeded(NotAllowed):
    """The password is right; a code of the second factor is wanted too. ``half`` goes into `finish_sign_in`."""

    def __init__(self, half: Half) -> None:
        self.half = half
        super().__init__("请输入动态验证码，或一个恢复码。")


@dataclass(frozen=True, slots=True)
class Half:
    """That the password of a person was right: worth nothing without the second factor or after a change of it."""

    person_key: str
    password_mark: str


def sign_in(database: Database, login: str, password: str, *, code: str = "", browser: Browser) -> SignedIn:
    """Open a session for the right password and, where one is set up, the right second factor.

    Raises WrongCredentials (nothing says which part was wrong), SecondFactorNeeded, TooManyTries.
    """
    taken = _take_try(database, login, browser)
    with database.reading() as connection:
        found = store.credentials(connection, login)
    # Outside any transaction: hashing takes tens of milliseconds, and there is one writer.
    right = verify_password(found.password_hash if found else None, password)
    if found is None or not right or not may_enter(database, found.person):
        raise WrongCredentials("账号或密码不对；忘记密码请联系本级管理员。")
    if found.totp_secret is not None and not code.strip():
        raise SecondFactorNeeded(Half(found.person.key, _password_mark(found)))
    return _enter(database, found, taken, code=code, browser=browser)


def finish_sign_in(database: Database, half: Half, *, code: str, browser: Browser) -> SignedIn:
    """The second step of a sign-in whose password was right: the code of the second factor, or a recovery code."""
    with database.reading() as connection:
        person = store.person_by_key(connection, half.person_key)
        found = store.credentials(connection, person.login or "")
    if found is None or not hmac.compare_digest(_password_mark(found), half.password_mark):
        raise WrongCredentials("登录已过期；请重新输入账号和密码。")
    taken = _take_try(database, person.login or "", browser)
    return _enter(database, found, taken, code=code, browser=browser)


def may_enter(database: Database, person: Person) -> bool:
    """Accounts of the demo have a printed password: in production they sign nobody in."""
    return not (person.demo and database.settings.env == "production")


def _take_try(database: Database, login: str, browser: Browser) -> list[Bucket]:
    now, wanted = utcnow(), buckets(address=browser.address, login=login, known_browser=browser.known)
    with database.transaction() as connection:
        waits = [
            store.take_token(connection, b.what, capacity=b.capacity, refill_s=b.refill_s, now=now) for b in wanted
        ]
    if max(waits) > 0:
        raise TooManyTries(max(waits))
    return wanted


def _enter(
    database: Database, found: store.Credentials, taken: list[Bucket], *, code: str, browser: Browser
) -> SignedIn:
    now, person = utcnow(), found.person
    with database.transaction() as connection:
        if found.totp_secret is not None:
            _require_second_factor(connection, found, code, now)
        for bucket in taken:
            if not bucket.shared:
                store.give_back(connection, bucket.what, capacity=bucket.capacity, now=now)
        opened = open_session(
            connection, person, agent=browser.agent, shared_pc=browser.shared_pc, second_factor=person.second_factor
        )
        trail.record(database, connection, Actor(person), "account.sign-in", subject=person.key)
    return opened


def _password_mark(found: store.Credentials) -> str:
    return store.token_hash(f"{found.password_hash} {found.totp_secret}")[:32]


def _require_second_factor(connection: Connection, found: store.Credentials, code: str, now: datetime) -> None:
    code = code.replace(" ", "").replace("-", "").lower()
    assert found.totp_secret is not None
    step = _totp_step(found.totp_secret, code, now)
    if step is not None and store.use_totp_step(connection, found.person.id, step):
        return
    if store.use_recovery_code(connection, found.person.id, store.token_hash(code), now):
        return
    raise WrongCredentials("验证码不对或已经用过；请等下一个码，或用一个恢复码。")


def _totp_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step that ``code`` belongs to, one step early or late allowed; None for a wrong code."""
    totp = pyotp.TOTP(secret)
    for offset in (0, -1, 1):
        moment = now + timedelta(seconds=30 * offset)
        if hmac.compare_digest(totp.at(moment), code):
            return int(moment.timestamp()) // 30
    return None


def open_session(
    connection: Connection, person: Person, *, agent: str, shared_pc: bool = False, second_factor: bool = False
) -> SignedIn:
    """A new session with a token of its own; whoever had another one before keeps or loses it separately."""
    now, token, key = utcnow(), secrets.token_urlsafe(32), secrets.token_hex(8)
    store.add_session(
        connection,
        token_sha256=store.token_hash(token),
        key=key,
        person_id=person.id,
        created_at=now,
        seen_at=now,
        idle_s=int((SHARED_PC_IDLE if shared_pc else SESSION_IDLE).total_seconds()),
        expires_at=now + SESSION_LONGEST,
        second_factor=second_factor,
        agent=agent[:120],
    )
    return SignedIn(person, token, key)


@dataclass(frozen=True, slots=True)
class Acting:
    """The actor of a request; ``token`` is set when the cookie must be given a new one.

    ``late``: the request came with a token that was exchanged a moment ago; it may look and change nothing.
    """

    actor: Actor
    token: str | None = None
    late: bool = False


def current_actor(database: Database, token: str, *, on: date) -> Acting | None:
    """Who acts in the session of that token; None when it has ended.

    Notes once a minute that it is in use, and exchanges the token after a change of rights: a token that was
    stolen before somebody rose is worth nothing after it.
    """
    now = utcnow()
    with database.reading() as connection:
        found = store.open_session(connection, token, now=now, on=on)
    if found is None or (found.actor.person is not None and not may_enter(database, found.actor.person)):
        return None
    fresh = None
    if found.unseen or found.renew:
        with database.transaction(line=None) as connection:
            if found.renew:
                fresh = secrets.token_urlsafe(32)
                if not store.renew_session(connection, token, fresh, now):
                    return Acting(found.actor, late=True)  # another request was quicker
            store.touch_session(connection, found.actor.session_key, now)
    return Acting(found.actor, fresh, found.late)


def sign_out(database: Database, actor: Actor, *, session_key: str | None = None) -> int:
    """End one of the actor's own sessions (by default the one at hand) on the server."""
    if actor.person is None:
        return 0
    key = session_key or actor.session_key
    with database.transaction() as connection:
        ended = store.end_sessions(connection, actor.person.id, now=utcnow(), only=key)
        if ended:
            trail.record(database, connection, actor, "account.sign-out", subject=actor.person.key)
    if session_key is not None and not ended:
        raise NotFound("没有这个登录；它可能已经结束。")
    return ended


def change_password(database: Database, actor: Actor, *, old: str, new: str) -> None:
    """Set a new password; all other sessions of the person end."""
    person = _require_person(actor)
    with database.reading() as connection:
        found = store.credentials(connection, person.login or "")
    if found is None or not verify_password(found.password_hash, old):
        raise WrongCredentials("原密码不对。")
    set_password(database, actor, person, new, keep_session=actor.session_key)


def set_password(
    database: Database, actor: Actor, person: Person, new: str, *, keep_session: str | None = None
) -> None:
    """Store a new password for ``person`` and end her sessions, but ``keep_session``."""
    hashed = strong_hash(person, new)
    with database.transaction() as connection:
        store_password(database, connection, actor, person, hashed, keep_session=keep_session)


def strong_hash(person: Person, password: str) -> str:
    """What is stored of a password; WeakPassword for one that cannot be taken."""
    require_strong(password, names=tuple(filter(None, (person.login, person.name))))
    return hash_password(password)


def hash_password(password: str) -> str:
    """What is stored of a password that need not be strong, because it is printed (the demo's)."""
    return _HASHER.hash(password)


def store_password(
    database: Database, connection: Connection, actor: Actor, person: Person, hashed: str, *, keep_session: str | None
) -> None:
    """Write a password's hash; all sessions of the person end, but ``keep_session``."""
    store.change_person(connection, person.id, password_hash=hashed)
    now = utcnow()
    store.end_sessions(connection, person.id, now=now, but=keep_session)
    store.use_all_invitations(connection, person.id, now)
    trail.record(database, connection, actor, "account.password", subject=person.key)


def verify_password(hashed: str | None, password: str) -> bool:
    """Does the password fit? Takes as long for an account that is not there."""
    try:
        fits = _HASHER.verify(hashed or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return fits and hashed is not None


def begin_second_factor(actor: Actor) -> tuple[str, str]:
    """A new secret and its otpauth:// address for an authenticator app; nothing is stored before `confirm`."""
    secret = pyotp.random_base32()
    return secret, second_factor_address(actor, secret)


def second_factor_address(actor: Actor, secret: str) -> str:
    """The otpauth:// address that an authenticator app reads off the picture."""
    person = _require_person(actor)
    return pyotp.TOTP(secret).provisioning_uri(name=person.login or person.key, issuer_name="geoapp")


def confirm_second_factor(database: Database, actor: Actor, *, secret: str, code: str) -> list[str]:
    """Turn the second factor on after one right code; gives the recovery codes, shown this once."""
    person = _require_person(actor)
    if person.second_factor:
        raise Conflict("两步验证已经开启；要换设备请先关闭。")
    step = _totp_step(secret, code.replace(" ", ""), utcnow())
    if step is None:
        raise Invalid("验证码不对；请确认手机时间准确，再输入新的码。")
    codes = [secrets.token_hex(5) for _ in range(RECOVERY_CODES)]
    with database.transaction() as connection:
        store.change_person(connection, person.id, totp_secret=secret, totp_last_step=step)
        store.set_recovery_codes(connection, person.id, [store.token_hash(c) for c in codes])
        store.end_sessions(connection, person.id, now=utcnow(), but=actor.session_key)
        trail.record(database, connection, actor, "account.second-factor-on", subject=person.key)
    return codes


def end_second_factor(database: Database, actor: Actor, *, password: str) -> None:
    """Turn the second factor off; the password is asked for again."""
    person = _require_person(actor)
    with database.reading() as connection:
        found = store.credentials(connection, person.login or "")
    if found is None or not verify_password(found.password_hash, password):
        raise WrongCredentials("密码不对。")
    with database.transaction() as connection:
        store.change_person(connection, person.id, totp_secret=None)
        store.set_recovery_codes(connection, person.id, [])
        trail.record(database, connection, actor, "account.second-factor-off", subject=person.key)


def _require_person(actor: Actor) -> Person:
    if actor.person is None:
        raise NotSignedIn("请先登录；登录可能已过期。")
    return actor.person
