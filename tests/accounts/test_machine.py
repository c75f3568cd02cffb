"""Any sequence of signing in, appointing, withdrawing, ending and waiting, against a model that was written apart.

Rights never outlive grants, an ended session never acts, rights go down the tree only, and nobody raises herself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from geoapp.accounts import actions, store
from geoapp.accounts.actions import Browser, WrongCredentials
from geoapp.accounts.appointments import actions as appointments
from geoapp.accounts.people import Actor, Person
from geoapp.accounts.roles import PERMISSIONS, Grant, Rank, allows
from geoapp.accounts.trail import actions as trail
from geoapp.accounts.trail import store as trail_store
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.errors import GeoappError, NotFound

BEIJING = ZoneInfo("Asia/Shanghai")
EVERYWHERE: tuple[str, ...] = ()
DISTRICT = ("110105",)
STREET = (*DISTRICT, "110105012")
WEST, EAST = (*STREET, "110105012023"), (*STREET, "110105012027")
GRID = (*WEST, "110105012023001")
PLACES = (EVERYWHERE, DISTRICT, STREET, WEST, EAST, GRID)

#: Whom a rank may appoint, said here once more by hand: those below, and planners by the district.
BELOW = {"resident", "volunteer", "handler", "grid"}
APPOINTS: dict[str, set[str]] = {
    "community": BELOW,
    "subdistrict": BELOW | {"community"},
    "district": BELOW | {"community", "subdistrict", "planner"},
    "administrator": BELOW | {"community", "subdistrict", "district", "planner", "administrator"},
}
FIRST = {
    "root": ("administrator", EVERYWHERE), "district": ("district", DISTRICT), "street": ("subdistrict", STREET),
    "west": ("community", WEST), "east": ("community", EAST), "grid": ("grid", GRID), "new": None,
}  # fmt: skip


class Clock:
    now = datetime(2026, 11, 22, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    @property
    def today(self) -> date:
        return self.now.astimezone(BEIJING).date()


CLOCK = Clock()


@dataclass
class Held:
    """A grant of the model."""

    number: int
    who: str
    rank: str
    place: tuple[str, ...]
    begins: date
    ends: date | None
    withdrawn: bool = False

    @property
    def holds(self) -> bool:
        return not self.withdrawn and self.begins <= CLOCK.today and (self.ends is None or CLOCK.today < self.ends)


@dataclass
class Opened:
    """A session of the model."""

    who: str
    key: str
    token: str
    idle: timedelta
    begun: datetime
    seen: datetime
    ended: bool = False
    renew: bool = False
    before: tuple[str, datetime] | None = None

    @property
    def lives(self) -> bool:
        in_use = CLOCK.now - self.seen <= self.idle and CLOCK.now < self.begun + timedelta(hours=12)
        return not self.ended and in_use


@dataclass
class Someone:
    """A person of the model."""

    person: Person
    password: str
    ended: bool = False
    erased: bool = False
    #: Marks of browsers, so that no limit of tries is met: those have tests of their own.
    marks: Any = field(default_factory=count)


class Office(RuleBasedStateMachine):
    """Seven people, five levels; each step is done and compared with what the model expects."""

    def __init__(self, fresh: Callable[[], AbstractContextManager[Settings]]) -> None:
        super().__init__()
        self.fresh, self.opened = fresh, ExitStack()

    @initialize()
    def begin(self) -> None:
        CLOCK.now = Clock.now
        self.database = Database(self.opened.enter_context(self.fresh()))
        self.opened.callback(self.database.dispose)
        self.people: dict[str, Someone] = {}
        self.grants: list[Held] = []
        self.sessions: list[Opened] = []
        for login, held in FIRST.items():
            self.people[login] = self.make(login)
            if held is not None:
                self.give(login, *held)
        self.come_to_work(twice=True)

    def make(self, login: str) -> Someone:
        password = f"the password of {login}"
        system = Actor(system="test")
        with self.database.transaction() as connection:
            person = appointments.create_person(
                self.database, connection, system, name=f"name-of-{login}", login=login,
                password_hash=actions.hash_password(password),
            )  # fmt: skip
        return Someone(person, password)

    def give(self, login: str, rank: str, place: tuple[str, ...]) -> None:
        key, system = self.people[login].person.key, Actor(system="test")
        number = appointments.appoint(
            self.database, system, key, rank=Rank(rank), place=place, on=CLOCK.today, until=None
        )
        self.grants.append(Held(number, login, rank, place, CLOCK.today, None))

    def teardown(self) -> None:
        if hasattr(self, "database"):
            assert trail.verify(self.database)[1] is None
            for someone in self.people.values():
                assert (self.rows_that_name(someone.person.name) == 0) == someone.erased
        self.opened.close()

    def rows_that_name(self, name: str) -> int:
        with self.database.reading() as connection:
            rows: list[Any] = [*connection.exec_driver_sql("SELECT * FROM person").all()]
            rows += [trail_store.unseal_all(connection, entry.values) for entry in trail_store.entries(connection)]
        return sum(name in str(row) for row in rows)

    # -- what the model says

    def held_by(self, who: str) -> list[Held]:
        return [grant for grant in self.grants if grant.who == who and grant.holds]

    def may_give(self, who: str, rank: str, place: tuple[str, ...]) -> bool:
        return any(
            rank in APPOINTS.get(grant.rank, set()) and place[: len(grant.place)] == grant.place
            for grant in self.held_by(who)
        )

    def powers(self, who: str) -> set[tuple[str, tuple[str, ...]]]:
        """Everything that the person may do by what the database says, at each place."""
        with self.database.reading() as connection:
            held = store.grants_of(connection, self.people[who].person.id, on=CLOCK.today)
        return {(p, place) for p in PERMISSIONS for place in PLACES[1:] if allows(held, p, place, on=CLOCK.today)}

    # -- steps

    logins = st.sampled_from(sorted(FIRST))
    ranks = st.sampled_from(sorted(set(Rank) - {Rank.VISITOR}))
    places = st.sampled_from(PLACES)
    picks = st.integers(0, 200)
    lengths = st.sampled_from([None, 1, 1, 2, 0])

    @rule(twice=st.booleans())
    def the_next_morning(self, twice: bool) -> None:
        """Everybody's sessions have ended by themselves; whoever may still sign in does, some in two browsers."""
        CLOCK.now += timedelta(days=1)
        assert not any(session.lives for session in self.sessions)
        self.come_to_work(twice=twice)

    def come_to_work(self, *, twice: bool) -> None:
        for login in FIRST:
            for _ in range(2 if twice else 1):
                self.sign_in(login, right=True, shared=False)

    @rule(who=logins, right=st.sampled_from([True, True, True, False]), shared=st.booleans())
    def sign_in(self, who: str, right: bool, shared: bool) -> None:
        someone = self.people[who]
        password = someone.password if right else "something else entirely"
        browser = Browser("192.0.2.1", "test", known=str(next(someone.marks)), shared_pc=shared)
        try:
            made = actions.sign_in(self.database, who, password, browser=browser)
        except WrongCredentials:
            assert not right or someone.ended
            return
        assert right and not someone.ended
        idle = timedelta(minutes=10) if shared else timedelta(hours=2)
        self.sessions.append(Opened(who, made.session_key, made.token, idle, CLOCK.now, CLOCK.now))

    def acting(self, pick: int) -> tuple[Opened, Actor] | None:
        """A session, mostly one that lives, and who acts in it: the beginning of every step in a browser."""
        living = [session for session in self.sessions if session.lives]
        among = living if living and pick % 5 else self.sessions
        session = among[pick // 5 % len(among)]
        found = actions.current_actor(self.database, session.token, on=CLOCK.today)
        if not session.lives:
            assert found is None
            return None
        assert found is not None and not found.late
        assert (found.token is not None) == session.renew
        if session.renew or CLOCK.now - session.seen > timedelta(seconds=60):
            session.seen = CLOCK.now
        if found.token is not None:
            session.before, session.token, session.renew = (session.token, CLOCK.now), found.token, False
        return session, found.actor

    @precondition(lambda self: self.sessions)
    @rule(pick=picks)
    def look(self, pick: int) -> None:
        self.acting(pick)

    @precondition(lambda self: any(session.before for session in self.sessions))
    @rule(pick=picks)
    def come_late(self, pick: int) -> None:
        """A token that was exchanged may look for five seconds, and is nothing afterwards."""
        exchanged = [session for session in self.sessions if session.before]
        session = exchanged[pick % len(exchanged)]
        assert session.before is not None
        token, at = session.before
        found = actions.current_actor(self.database, token, on=CLOCK.today)
        if session.lives and CLOCK.now - at < timedelta(seconds=5):
            assert found is not None and found.late and found.token is None
            if CLOCK.now - session.seen > timedelta(seconds=60):
                session.seen = CLOCK.now
        else:
            assert found is None

    @precondition(lambda self: self.sessions)
    @rule(pick=picks, other=picks)
    def sign_out(self, pick: int, other: int) -> None:
        """Of this browser, or of another one by the list; of somebody else's never."""
        if (now := self.acting(pick)) is None:
            return
        session, actor = now
        own = [each for each in self.sessions if each.who == session.who]
        target = (own if other % 2 else self.sessions)[other // 2 % len(own if other % 2 else self.sessions)]
        try:
            actions.sign_out(self.database, actor, session_key=target.key)
        except NotFound:
            assert target.who != session.who or target.ended
            return
        assert target.who == session.who
        target.ended = True

    @precondition(lambda self: self.sessions)
    @rule(pick=picks, right=st.sampled_from([True, True, False]))
    def change_password(self, pick: int, right: bool) -> None:
        if (now := self.acting(pick)) is None:
            return
        session, actor = now
        someone = self.people[session.who]
        new = f"{someone.password}!"[-60:]
        try:
            actions.change_password(self.database, actor, old=someone.password if right else "wrong", new=new)
        except WrongCredentials:
            assert not right
            return
        someone.password = new
        for other in self.sessions:
            if other.who == session.who and other is not session:
                other.ended = True

    @precondition(lambda self: self.sessions)
    @rule(
        pick=picks, whom=logins, rank=ranks, place=places, days=st.sampled_from([None, 1, 1, 2, 0]), apt=st.booleans()
    )
    def appoint(self, pick: int, whom: str, rank: str, place: tuple[str, ...], days: int | None, apt: bool) -> None:
        if (now := self.acting(pick)) is None:
            return
        session, actor = now
        # Half of the tries are what the giver may give, else hardly any would be.
        reached = [p for p in PLACES for grant in self.held_by(session.who) if p[: len(grant.place)] == grant.place]
        given = sorted({rank for grant in self.held_by(session.who) for rank in APPOINTS.get(grant.rank, ())})
        if apt and reached and given:
            rank, place = given[PLACES.index(place) % len(given)], reached[len(rank) % len(reached)]
        until = None if days is None else CLOCK.today + timedelta(days=days)
        before = self.powers(session.who)
        key = self.people[whom].person.key
        try:
            number = appointments.appoint(
                self.database, actor, key, rank=Rank(rank), place=place, on=CLOCK.today, until=until
            )
        except GeoappError:
            assert (
                not self.may_give(session.who, rank, place)
                or whom == session.who
                or days == 0
                or self.people[whom].ended
            )
            return
        assert self.may_give(session.who, rank, place) and whom != session.who and days != 0
        assert not self.people[whom].ended
        self.grants.append(Held(number, whom, rank, place, CLOCK.today, until))
        self.expect_renewal(whom)
        assert self.powers(session.who) <= before

    def expect_renewal(self, who: str) -> None:
        for other in self.sessions:
            if other.who == who and not other.ended:
                other.renew = True

    @precondition(lambda self: self.sessions)
    @rule(pick=picks, which=picks)
    def withdraw(self, pick: int, which: int) -> None:
        if (now := self.acting(pick)) is None:
            return
        session, actor = now
        grant = self.grants[which % len(self.grants)]
        allowed = grant.holds and self.may_give(session.who, grant.rank, grant.place)
        try:
            appointments.revoke(self.database, actor, grant.number, on=CLOCK.today)
        except NotFound:
            assert not allowed
            return
        assert allowed
        grant.withdrawn = True
        self.expect_renewal(grant.who)

    @precondition(lambda self: self.sessions)
    @rule(pick=picks, whom=logins)
    def end_person(self, pick: int, whom: str) -> None:
        if (now := self.acting(pick)) is None:
            return
        session, actor = now
        held = self.held_by(whom)
        allowed = bool(held) and all(self.may_give(session.who, grant.rank, grant.place) for grant in held)
        try:
            appointments.end_person(self.database, actor, self.people[whom].person.key, on=CLOCK.today)
        except NotFound:
            assert not allowed
            return
        assert allowed
        self.close(whom)

    @precondition(lambda self: self.sessions)
    @rule(pick=picks, whom=logins)
    def erase(self, pick: int, whom: str) -> None:
        if (now := self.acting(pick)) is None:
            return
        session, actor = now
        tops = [grant.place for grant in self.held_by(session.who) if grant.rank == "administrator"]
        ever = {grant.place for grant in self.grants if grant.who == whom} or {EVERYWHERE}
        allowed = bool(tops) and all(any(place[: len(top)] == top for top in tops) for place in ever)
        try:
            appointments.erase_person(self.database, actor, self.people[whom].person.key, on=CLOCK.today)
        except GeoappError:
            assert not allowed
            return
        assert allowed
        self.people[whom].erased = True
        self.close(whom)

    def close(self, who: str) -> None:
        self.people[who].ended = True
        for session in self.sessions:
            if session.who == who:
                session.ended = True

    @rule(
        step=st.sampled_from(
            [
                timedelta(seconds=3),
                timedelta(seconds=20),
                timedelta(seconds=61),
                timedelta(minutes=9),
                timedelta(hours=1),
            ]
        )
    )
    def wait(self, step: timedelta) -> None:
        CLOCK.now += step

    # -- what holds after every step

    @invariant()
    def a_session_acts_with_what_is_held_and_only_while_it_lives(self) -> None:
        for session in getattr(self, "sessions", []):
            with self.database.reading() as connection:
                found = store.open_session(connection, session.token, now=CLOCK.now, on=CLOCK.today)
            assert (found is not None) == session.lives
            if found is None:
                continue
            expected = [(g.rank, g.place) for g in self.held_by(session.who)]
            assert sorted((g.rank.value, g.place) for g in found.actor.grants) == sorted(expected)

    @invariant()
    def rights_go_down_the_tree_from_a_grant_in_force(self) -> None:
        for who in getattr(self, "people", {}):
            held = self.held_by(who)
            for permission, place in self.powers(who):
                ranks = PERMISSIONS[permission]
                assert Rank.VISITOR in ranks or any(
                    Rank(grant.rank) in ranks and place[: len(grant.place)] == grant.place for grant in held
                )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (actions, appointments, trail):
        monkeypatch.setattr(module, "utcnow", CLOCK)


def play(installations: Any, *, examples: int, steps: int) -> None:
    numbers = count()
    run(
        lambda: Office(lambda: installations(f"run{next(numbers)}")),
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.engines
def test_any_sequence_keeps_rights_to_grants_and_sessions_to_their_time(
    engine: str, installations: Any, clock: None
) -> None:
    play(installations, examples=3 if engine == "sqlite" else 2, steps=40)


@pytest.mark.long
def test_many_sequences_keep_rights_to_grants_and_sessions_to_their_time(installations: Any, clock: None) -> None:
    play(installations, examples=150, steps=80)


def test_the_model_itself_tells_a_right_that_outlives_its_grant() -> None:
    """The judge: a grant that was withdrawn, has ended, or has not begun holds nothing."""
    CLOCK.now = Clock.now
    today = CLOCK.today
    assert Held(1, "x", "grid", GRID, today, None).holds
    assert not Held(1, "x", "grid", GRID, today, None, withdrawn=True).holds
    assert not Held(1, "x", "grid", GRID, today - timedelta(days=1), today).holds
    assert not Held(1, "x", "grid", GRID, today + timedelta(days=1), None).holds
    assert Grant(Rank.GRID, GRID, today).holds(today)
