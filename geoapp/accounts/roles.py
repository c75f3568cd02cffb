"""Who may do what, where: the rank -> permission table, and `allows`, the one question that is ever asked.

A grant is (person or body, rank, place, from, to). Rights go down the place tree, never up or sideways: a grant at
霞光里 reaches its grids and courtyards, not the subdistrict above and not the community next door. What is not
granted is denied.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from geoapp.errors import Invalid

#: Codes from the district down: ("110105", "110105012", "110105012023", ...). Empty: the whole installation.
PlacePath = tuple[str, ...]


class Rank(StrEnum):
    """Ranks of people and bodies; the shown names are in `RANK_NAMES`."""

    VISITOR = "visitor"
    RESIDENT = "resident"
    VOLUNTEER = "volunteer"
    HANDLER = "handler"
    GRID = "grid"
    COMMUNITY = "community"
    SUBDISTRICT = "subdistrict"
    DISTRICT = "district"
    PLANNER = "planner"
    ADMINISTRATOR = "administrator"


RANK_NAMES: dict[Rank, str] = {
    Rank.VISITOR: "访客",
    Rank.RESIDENT: "居民",
    Rank.VOLUNTEER: "志愿者（小巷管家、楼门院长、街巷长）",
    Rank.HANDLER: "承办单位",
    Rank.GRID: "网格员",
    Rank.COMMUNITY: "社区",
    Rank.SUBDISTRICT: "街道",
    Rank.DISTRICT: "区",
    Rank.PLANNER: "规划人员",
    Rank.ADMINISTRATOR: "管理员",
}

_EVERYBODY = frozenset(Rank)
_KNOWN = _EVERYBODY - {Rank.VISITOR}
_OFFICE = frozenset({Rank.COMMUNITY, Rank.SUBDISTRICT, Rank.DISTRICT})
_OFFICIALS = _OFFICE | {Rank.GRID}
_PLANNING = frozenset({Rank.PLANNER, Rank.ADMINISTRATOR})
_ADMINISTRATION = frozenset({Rank.ADMINISTRATOR})

#: What a person may do with her own account; she keeps it when her last grant ends, to sign out everywhere else.
OWN_ACCOUNT = "account.own"

#: The whole map of rights, to be read from top to bottom. A permission that is not here is nobody's.
PERMISSIONS: dict[str, frozenset[Rank]] = {
    # what is public
    "anybody": _EVERYBODY,
    "maps.read": _EVERYBODY,
    "places.read": _EVERYBODY,
    "layers.read": _EVERYBODY,
    # layers
    "layers.internal": _OFFICIALS | _PLANNING,
    "layers.import": _PLANNING,
    "layers.undo": _PLANNING,
    "layers.original": _PLANNING,
    # places
    "places.adopt": _ADMINISTRATION,
    # dividing a community
    "divisions.read": _OFFICE | _PLANNING,
    "divisions.ask": _PLANNING,
    "divisions.draft": _PLANNING,
    # reports: what everybody may send and read, what officials do with their own places' cases. A handler 承办单位
    # comes to the desk too, and there finds what was given to it; its rank alone opens no case.
    # A signed link to one case stands for itself: what is behind it decides.
    "reports.link": _EVERYBODY,
    "reports.send": _EVERYBODY,
    "reports.read": _EVERYBODY,
    "reports.desk": _OFFICIALS | {Rank.HANDLER},
    "reports.inside": _OFFICIALS,
    "reports.handle": _OFFICIALS,
    "reports.answer": _OFFICIALS,
    "reports.dispatch": _OFFICE,
    "reports.verify": _OFFICIALS,
    "reports.approve": _OFFICE,
    "reports.moderate": _OFFICE,
    "reports.contact": _OFFICIALS,
    "reports.figures": _OFFICIALS | _PLANNING,
    "reports.import": _OFFICE | _ADMINISTRATION,
    "reports.ledger": _OFFICE,
    "reports.settings": frozenset({Rank.SUBDISTRICT, Rank.DISTRICT}),
    "reports.doors": _OFFICE,
    # photographs: released ones are everybody's; others are for officials of the place, originals for its office
    "photos.read": _EVERYBODY,
    "photos.moderate": _OFFICIALS,
    "photos.original": _OFFICE,
    # patrols 巡访: volunteers walk too; points are set up by the grid's officer and by offices
    "patrols.walk": _OFFICIALS | {Rank.VOLUNTEER},
    "patrols.manage": _OFFICIALS,
    # background work: everybody sees what was started in their name; the id cannot be guessed
    "jobs.read": _KNOWN,
    "jobs.cancel": _KNOWN,
    # people
    OWN_ACCOUNT: _KNOWN,
    "people.read": _OFFICE | _ADMINISTRATION,
    "people.manage": _OFFICE | _ADMINISTRATION,
    "people.erase": _ADMINISTRATION,
    "audit.read": _OFFICE | _ADMINISTRATION,
    "privacy.export": _ADMINISTRATION,
}

#: Whom a rank may appoint, at its own place or below: always fewer rights than its own.
MAY_APPOINT: dict[Rank, frozenset[Rank]] = {
    Rank.COMMUNITY: frozenset({Rank.GRID, Rank.VOLUNTEER, Rank.RESIDENT, Rank.HANDLER}),
    Rank.SUBDISTRICT: frozenset({Rank.COMMUNITY, Rank.GRID, Rank.VOLUNTEER, Rank.RESIDENT, Rank.HANDLER}),
    Rank.DISTRICT: frozenset(
        {Rank.SUBDISTRICT, Rank.COMMUNITY, Rank.GRID, Rank.VOLUNTEER, Rank.RESIDENT, Rank.HANDLER, Rank.PLANNER}
    ),
    Rank.ADMINISTRATOR: frozenset(Rank) - {Rank.VISITOR},
}


class UnknownPermission(Invalid):
    """A fault of ours: a permission that the map does not know."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One right: a rank at a place from a day (included) to a day (excluded; None: open)."""

    rank: Rank
    place: PlacePath
    valid_from: date
    valid_to: date | None = None
    #: When it was withdrawn; from that moment on it is in force on no day.
    ended_at: datetime | None = None

    def holds(self, on: date) -> bool:
        """Is the grant in force on that day?"""
        return self.ended_at is None and self.valid_from <= on and (self.valid_to is None or on < self.valid_to)

    def reaches(self, place: PlacePath) -> bool:
        """Does it reach down to ``place``? True for its own place and for all below."""
        return place[: len(self.place)] == self.place


def allows(grants: Iterable[Grant], permission: str, place: PlacePath, *, on: date) -> bool:
    """May the holder of ``grants`` do this at ``place`` on that day? Everybody holds the rank of a visitor.

    Parameters
    ----------
    grants : what the person and her bodies hold
    permission : a key of `PERMISSIONS`; UnknownPermission for another one
    place : codes from the district down to the place in question; () for what concerns no one place: then any
        grant of a fitting rank will do, because what is shown is narrowed by place afterwards
    on : civil day
    """
    try:
        ranks = PERMISSIONS[permission]
    except KeyError:
        raise UnknownPermission(f"权限表中没有 {permission!r}；请在 accounts/roles.py 中登记。") from None
    if Rank.VISITOR in ranks:
        return True
    return any(grant.rank in ranks and grant.holds(on) and (not place or grant.reaches(place)) for grant in grants)


def reach(grants: Iterable[Grant], permission: str, *, on: date) -> list[PlacePath]:
    """Places from which down the permission is held, none inside another; [()] for everywhere."""
    ranks = PERMISSIONS[permission]
    tops = sorted({g.place for g in grants if g.rank in ranks and g.holds(on)}, key=len)
    kept: list[PlacePath] = []
    for place in tops:
        if not any(place[: len(top)] == top for top in kept):
            kept.append(place)
    return kept


def may_appoint(grants: Iterable[Grant], rank: Rank, place: PlacePath, *, on: date) -> bool:
    """May the holder give ``rank`` at ``place``? Never a rank of her own level or above, never outside her place."""
    return any(
        rank in MAY_APPOINT.get(grant.rank, frozenset()) and grant.holds(on) and grant.reaches(place)
        for grant in grants
    )
