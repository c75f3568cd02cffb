"""Where an address lies for the official who writes it down: candidates with grids, and what is unsure of each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geoapp.accounts.roles import PlacePath
from geoapp.places.hierarchy import path_of
from geoapp.reports.orders.address import PLACE, STREET, Found, Gazetteer, Spot, stands
from geoapp.reports.orders.notes import NOTHING, Note
from geoapp.reports.placing import Ground, Position, codes_of

#: A choice that is none of the candidates: the official's own place, without a point.
OWN = "own"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One spot that an address may mean. ``key`` names it in a form, as long as the address stays the same."""

    key: str
    name: str
    evidence: str
    lonlat: tuple[float, float] | None
    #: The deepest place that holds it, and the names of community and grid.
    place_code: str
    where: str
    #: Names of the places within 20 metres; empty away from borders.
    near: tuple[str, ...] = ()
    outside: bool = False
    managed: bool | None = None

    @property
    def position(self) -> Position | None:
        """The evidence for a report; None for what is known by its place only."""
        return None if self.lonlat is None else Position(*self.lonlat, self.evidence)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What an address may mean, the likeliest first, and what an official should know before she believes it."""

    candidates: tuple[Candidate, ...] = ()
    note: Note = NOTHING

    @property
    def only(self) -> Candidate | None:
        """The candidate, when nobody has to choose."""
        return self.candidates[0] if len(self.candidates) == 1 else None

    @property
    def shared_place(self) -> str:
        """The deepest place that holds all candidates; empty where they lie in different districts, or in none."""
        paths = [path_of(c.place_code) if c.place_code else () for c in self.candidates]
        shared = [level[0] for level in zip(*paths, strict=False) if len(set(level)) == 1]
        return shared[-1] if shared else ""

    def chosen(self, key: str) -> Candidate | None:
        """The candidate of that key; the only one for a key that is none of theirs; None for one's own place.

        What lies in no place at all counts as her own, too.
        """
        found = None if key == OWN else next((c for c in self.candidates if c.key == key), self.only)
        # A street along the rim of the district lies in no place: its own people know better where that is.
        return found if found is not None and found.place_code else None


@dataclass(frozen=True)
class Surroundings:
    """Names and places of one day, and from which places down the official works."""

    gazetteer: Gazetteer
    ground: Ground
    tops: tuple[PlacePath, ...]

    @property
    def own_place(self) -> str:
        """Where she keeps what lies nowhere else; empty for whoever works everywhere."""
        return next((top[-1] for top in self.tops if top), "")

    @property
    def middle(self) -> tuple[float, float] | None:
        """A point in her area, for a map to open at; None for whoever works everywhere, or where no border is known."""
        return self.ground.middle(top[-1] for top in self.tops if top)

    def is_outside(self, code: str) -> bool:
        """Does a place lie outside of where she works?"""
        path = path_of(code) if code else ()
        return not any(path[: len(top)] == top for top in self.tops)

    def where(self, code: str) -> str:
        """Names of the community and the grid of a code, as far as it goes."""
        names = [self.ground.names[c] for c in codes_of(code)[1:4] if c in self.ground.names]
        return " ".join(names[-2:]) or code

    def find(self, address: str) -> Whereabouts:
        """What an address may mean; those of the same name in her own place win."""
        prefer = None if () in self.tops else self.ground.shape(top[-1] for top in self.tops)
        found = self.gazetteer.find(address, prefer=prefer)
        if found.lonlat is not None:
            return Whereabouts((self._candidate(found.spots, found),), found.note)
        return Whereabouts(tuple(self._candidate((spot,), found) for spot in found.spots), found.note)

    def named_in(self, words: str) -> str:
        """The building, compound or street that words speak of; empty where they speak of none, or of several."""
        found = self.gazetteer.find(words)
        if found.evidence in {PLACE, "none"} or (found.lonlat is None and len(found.spots) != 1):
            return ""
        return self._candidate(found.spots, found).name

    def point(self, lon: float, lat: float) -> Candidate:
        """A spot that somebody tapped."""
        codes, near = self.ground.at(lon, lat)
        code = next((c for c in reversed(codes) if c), "")
        return Candidate("pin", "", "pin", (lon, lat), code, self.where(code), self._names(near), self.is_outside(code))

    def _candidate(self, spots: Sequence[Spot], found: Found) -> Candidate:
        spot, lonlat = spots[0], found.lonlat or spots[0].lonlat
        joint = "—" if found.evidence == STREET else ""
        name = joint.join(dict.fromkeys(s.name for s in spots)) if joint else _full_name(spot)
        key = hashlib.sha256(f"{spot.kind} {name} {lonlat} {spot.code}".encode()).hexdigest()[:12]
        if spot.kind == PLACE or lonlat is None:
            return Candidate(key, name, PLACE, None, spot.code, self.where(spot.code), (), self.is_outside(spot.code))
        standing = stands(Found(found.evidence, (spot,), lonlat), self.ground)
        codes = standing.codes if standing else ()
        code = next((c for c in reversed(codes) if c), "")
        near = self._names(standing.near if standing else ())
        return Candidate(key, name, found.evidence, lonlat, code, self.where(code), near, self.is_outside(code),
                         spot.managed)  # fmt: skip

    def _names(self, codes: Sequence[str]) -> tuple[str, ...]:
        names: Mapping[str, str] = self.ground.names
        return tuple(names.get(code, code) for code in codes)


def _full_name(spot: Spot) -> str:
    return spot.name if not spot.estate or spot.name.startswith(spot.estate) else f"{spot.estate} {spot.name}"
