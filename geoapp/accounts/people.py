"""A person, what she holds, and the session she acts in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from geoapp.accounts.roles import OWN_ACCOUNT, RANK_NAMES, Grant, PlacePath, Rank, allows, reach
from geoapp.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account; ``key`` is what the outside sees, ``id`` never leaves."""

    id: int
    key: str
    login: str | None
    name: str
    email: str | None
    phone: str | None
    second_factor: bool
    demo: bool
    created_at: datetime
    ended_at: datetime | None
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class Body:
    """A property manager 物业, a department, a work group; its members hold what it holds."""

    id: int
    key: str
    name: str
    kind: str
    place: PlacePath


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser; ``key`` names it to its owner and signs nobody in."""

    key: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    agent: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person with her grants, or nobody in particular (a visitor)."""

    person: Person | None = None
    grants: tuple[Grant, ...] = field(default=())
    session_key: str = ""
    #: The system itself (command line, scheduled jobs): it acts with the rights of whoever owns the machine.
    system: str = ""

    @property
    def name(self) -> str:
        """How entries of the audit name the actor."""
        if self.person is not None:
            return self.person.key
        return self.system or "visitor"

    def may(self, permission: str, place: PlacePath = (), *, on: date) -> bool:
        """Is the permission held at ``place`` on that day?"""
        own = self.person is not None and permission == OWN_ACCOUNT
        return own or bool(self.system) or allows(self.grants, permission, place, on=on)

    def require(self, permission: str, place: PlacePath = (), *, on: date) -> None:
        """NotAllowed unless the permission is held; the message says who can."""
        if not self.may(permission, place, on=on):
            raise NotAllowed("您没有办理这件事的权限；请联系本级管理员，或用有权限的账号登录。")

    def places(self, permission: str, *, on: date) -> list[PlacePath]:
        """Tops of the trees in which the permission is held."""
        return [()] if self.system else reach(self.grants, permission, on=on)

    def ranks(self, on: date) -> list[str]:
        """Shown names of the ranks held on that day."""
        return [RANK_NAMES[rank] for rank in Rank if any(g.rank is rank and g.holds(on) for g in self.grants)]


VISITOR = Actor()


def system(name: str) -> Actor:
    """The system itself under a name (command line, a scheduled job); who owns the machine may do everything."""
    return Actor(system=name)


def path_text(place: PlacePath) -> str:
    """A place path as one string: 110105/110105012."""
    return "/".join(place)


def path_of(text: str) -> PlacePath:
    """The place path of its string."""
    return tuple(text.split("/")) if text else ()
