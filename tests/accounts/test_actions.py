"""Signing in, staying in, being locked out, and nobody locking another out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyotp
import pytest

from geoapp.accounts import actions, store
from geoapp.accounts.actions import SecondFactorNeeded, TooManyTries, WrongCredentials
from geoapp.accounts.appointments import actions as appointments
from geoapp.accounts.people import Actor, Person
from geoapp.accounts.roles import Grant, Rank
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database
from geoapp.errors import Conflict, NotAllowed, NotFound

pytestmark = pytest.mark.engines

PASSWORD = "correct horse battery"
SYSTEM = Actor(system="test")
DAY = date(2026, 11, 22)
XIAGUANGLI = ("110105", "110105012", "110105012023")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    class Clock:
        now = datetime(2026, 11, 22, 1, tzinfo=UTC)

        def __call__(self) -> datetime:
            return self.now

        def forward(self, **step: float) -> None:
            self.now += timedelta(**step)

    clock = Clock()
    for module in (actions, appointments, trail):
        monkeypatch.setattr(module, "utcnow", clock)
    return clock


def make_person(database: Database, login: str, *grants: Grant) -> Person:
    now = actions.utcnow()
    blank = Person(0, "", login, login, None, None, False, False, now, None, None)
    hashed = actions.strong_hash(blank, PASSWORD)
    with database.transaction() as connection:
        person = appointments.create_person(database, connection, SYSTEM, name=login, login=login, password_hash=hashed)
        for grant in grants:
            store.add_grant(connection, grant, person_id=person.id, body_id=None, by=None, at=now)
    return person


def sign_in(database: Database, login: str, password: str = PASSWORD, **kw: Any) -> actions.SignedIn:
    code = kw.pop("code", "")
    browser = actions.Browser(kw.pop("address", "192.0.2.1"), "test", kw.pop("known_browser", None), **kw)
    return actions.sign_in(database, login, password, code=code, browser=browser)


def acting(database: Database, signed_in: actions.SignedIn) -> Actor | None:
    found = actions.current_actor(database, signed_in.token, on=DAY)
    return found.actor if found else None


def test_the_right_password_opens_a_session_that_ends_on_the_server(database: Database, clock: Any) -> None:
    make_person(database, "wang", Grant(Rank.PLANNER, XIAGUANGLI, DAY))
    opened = sign_in(database, "WANG ")
    actor = acting(database, opened)
    assert actor is not None and actor.may("divisions.ask", XIAGUANGLI, on=DAY)
    actions.sign_out(database, actor)
    assert acting(database, opened) is None


def test_an_idle_session_ends_sooner_on_a_shared_pc(database: Database, clock: Any) -> None:
    make_person(database, "wang")
    own, shared = sign_in(database, "wang"), sign_in(database, "wang", shared_pc=True)
    clock.forward(minutes=11)
    assert acting(database, own) is not None
    assert acting(database, shared) is None
    clock.forward(hours=3)
    assert acting(database, own) is None


def test_a_session_has_a_longest_life_even_in_steady_use(database: Database, clock: Any) -> None:
    make_person(database, "wang")
    opened = sign_in(database, "wang")
    for _ in range(11):
        clock.forward(hours=1)
        assert acting(database, opened) is not None
    clock.forward(hours=1, seconds=1)
    assert acting(database, opened) is None


def test_wrong_account_and_wrong_password_get_the_same_words(database: Database, clock: Any) -> None:
    make_person(database, "wang")
    with pytest.raises(WrongCredentials) as unknown:
        sign_in(database, "nobody")
    with pytest.raises(WrongCredentials) as wrong:
        sign_in(database, "wang", "wrong password")
    assert str(unknown.value) == str(wrong.value)


def test_ten_wrong_passwords_close_the_account_to_strangers_and_not_to_its_owner(
    database: Database, clock: Any
) -> None:
    """10 tries are in the bucket of the account; the 11th waits 90 s; the browser known to it is let in."""
    make_person(database, "wang")
    for n in range(10):
        with pytest.raises(WrongCredentials):
            sign_in(database, "wang", "wrong password", address=f"192.0.2.{n}")
    with pytest.raises(TooManyTries) as closed:
        sign_in(database, "wang", address="198.51.100.7")
    assert closed.value.wait_s == 90
    assert sign_in(database, "wang", known_browser="mark").person.login == "wang"
    clock.forward(seconds=91)
    assert sign_in(database, "wang", address="198.51.100.7").person.login == "wang"


def test_an_address_that_tries_many_accounts_is_slowed(database: Database, clock: Any) -> None:
    for n in range(30):
        with pytest.raises(WrongCredentials):
            sign_in(database, f"guess{n}")
    with pytest.raises(TooManyTries):
        sign_in(database, "guess30")
    with pytest.raises(WrongCredentials):
        sign_in(database, "guess31", address="192.0.2.99")


def test_the_second_factor_is_asked_for_and_each_code_works_once(database: Database, clock: Any) -> None:
    make_person(database, "wang")
    actor = acting(database, sign_in(database, "wang"))
    assert actor is not None
    secret, address = actions.begin_second_factor(actor)
    assert address.startswith("otpauth://totp/")
    codes = actions.confirm_second_factor(database, actor, secret=secret, code=pyotp.TOTP(secret).at(clock.now))
    with pytest.raises(SecondFactorNeeded):
        sign_in(database, "wang")
    clock.forward(seconds=60)
    code = pyotp.TOTP(secret).at(clock.now)
    sign_in(database, "wang", code=code)
    with pytest.raises(WrongCredentials):
        sign_in(database, "wang", code=code)
    sign_in(database, "wang", code=codes[0])
    with pytest.raises(WrongCredentials):
        sign_in(database, "wang", code=codes[0])


def test_a_new_password_ends_the_other_sessions(database: Database, clock: Any) -> None:
    make_person(database, "wang")
    here, elsewhere = sign_in(database, "wang"), sign_in(database, "wang")
    actor = acting(database, here)
    assert actor is not None
    actions.change_password(database, actor, old=PASSWORD, new="another long phrase")
    assert acting(database, here) is not None
    assert acting(database, elsewhere) is None
    with pytest.raises(WrongCredentials):
        sign_in(database, "wang")


def test_a_change_of_rank_exchanges_the_token(database: Database, clock: Any) -> None:
    person = make_person(database, "wang")
    opened = sign_in(database, "wang")
    appointments.appoint(database, SYSTEM, person.key, rank=Rank.GRID, place=XIAGUANGLI, on=DAY, until=None)
    renewed = actions.current_actor(database, opened.token, on=DAY)
    assert renewed is not None and renewed.token not in (None, opened.token)
    late = actions.current_actor(database, opened.token, on=DAY)
    assert late is not None and late.late and late.token is None
    clock.forward(seconds=6)
    assert actions.current_actor(database, opened.token, on=DAY) is None
    again = actions.current_actor(database, str(renewed.token), on=DAY)
    assert again is not None and again.token is None and again.actor.grants[0].rank is Rank.GRID


def test_an_invitation_works_once_and_looking_does_not_use_it(database: Database, clock: Any) -> None:
    chief = Actor(make_person(database, "chief"), (Grant(Rank.COMMUNITY, XIAGUANGLI, DAY),))
    invited = appointments.invite(
        database, chief, name="李", login="li", rank=Rank.GRID, place=XIAGUANGLI, on=DAY, until=None
    )
    for _ in range(3):
        assert appointments.invited_person(database, invited.token).login == "li"
    appointments.accept(database, invited.token, PASSWORD)
    assert sign_in(database, "li").person.name == "李"
    with pytest.raises(NotFound):
        appointments.accept(database, invited.token, PASSWORD)


def test_an_invitation_ends_after_three_days(database: Database, clock: Any) -> None:
    invited = appointments.invite(
        database, SYSTEM, name="李", login="li", rank=Rank.GRID, place=XIAGUANGLI, on=DAY, until=None
    )
    clock.forward(days=3, seconds=1)
    with pytest.raises(NotFound):
        appointments.accept(database, invited.token, PASSWORD)


def test_nobody_resets_the_password_of_a_superior_or_a_neighbour(database: Database, clock: Any) -> None:
    street = make_person(database, "street", Grant(Rank.SUBDISTRICT, XIAGUANGLI[:2], DAY))
    neighbour = make_person(database, "li", Grant(Rank.GRID, (*XIAGUANGLI[:2], "110105012027"), DAY))
    chief = Actor(make_person(database, "chief"), (Grant(Rank.COMMUNITY, XIAGUANGLI, DAY),))
    for person in (street, neighbour):
        with pytest.raises(NotFound):
            appointments.reset_link(database, chief, person.key, on=DAY)


def test_nobody_raises_herself(database: Database, clock: Any) -> None:
    person = make_person(database, "chief", Grant(Rank.COMMUNITY, XIAGUANGLI, DAY))
    chief = Actor(person, (Grant(Rank.COMMUNITY, XIAGUANGLI, DAY),))
    for rank, place in ((Rank.SUBDISTRICT, XIAGUANGLI), (Rank.COMMUNITY, XIAGUANGLI), (Rank.GRID, XIAGUANGLI[:2])):
        with pytest.raises(NotAllowed):
            appointments.appoint(database, chief, person.key, rank=rank, place=place, on=DAY, until=None)


def test_a_login_is_taken_once(database: Database, clock: Any) -> None:
    make_person(database, "wang")
    with pytest.raises(Conflict):
        make_person(database, "Wang")


def test_an_erased_person_leaves_no_name_and_the_chain_holds(database: Database, clock: Any) -> None:
    person = make_person(database, "wangxiaohong", Grant(Rank.GRID, XIAGUANGLI, DAY))
    sign_in(database, "wangxiaohong")
    before = appointments.export_person(database, SYSTEM, person.key, on=DAY)
    assert "wangxiaohong" in str(before["audit"])
    appointments.erase_person(database, SYSTEM, person.key, on=DAY)
    after = appointments.export_person(database, SYSTEM, person.key, on=DAY)
    assert "wangxiaohong" not in str(after)
    assert "已清除" in str(after["audit"])
    count, found = trail.verify(database)
    assert found is None and count >= 4
    with database.reading() as connection:
        raw = connection.exec_driver_sql("SELECT * FROM person").all()
        assert "wangxiaohong" not in str(raw)
