"""Finds a roster's buildings among the shapes of a layer, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geoapp.layers.rosters.names import expand, normal
from geoapp.layers.rosters.sheet import RosterRow

#: Fields in which layers keep the estate that a building stands in, and the community.
_ESTATES = ("compound", "小区", "小区名称", "院落", "所属小区", "estate", "address", "地址")
_LABELS = ("楼号", "楼栋", "building_no")
_COMMUNITIES = ("community", "社区", "社区名称", "所属社区", "居委会")
BUILDING, TAP, NONE = "building", "tap", "none"
#: Why a row was found to be nothing; kept with the row, and said by pages in their own language.
SHARED = "%(names)s 都对应图上的同一处，请在图上点选"
SEVERAL = "图上有 %(n)s 处同名，请在图上点选"
NOWHERE = "图上没有这个名称，请在图上点选"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A shape that may be meant: its number in the layer, its name and fields."""

    feature_id: int
    name: str
    props: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Match:
    """What a roster's row was found to be: ``how`` is building, tap or none; ``reason`` says why none."""

    how: str
    feature_id: int | None = None
    lonlat: tuple[float, float] | None = None
    reason: str = ""


def match(
    rows: Sequence[RosterRow],
    candidates: Sequence[Candidate],
    *,
    community: str = "",
    taps: Mapping[str, tuple[float, float]],
) -> list[Match]:
    """The shape that each row means, or none.

    A tap on the map wins, for somebody looked. Else the fullest form of the name that fits exactly one shape decides;
    a form that fits several decides nothing. Two rows never take one shape: then neither has it.
    """
    index: dict[str, list[int]] = {}
    for number, candidate in enumerate(candidates):
        if _elsewhere(candidate, community):
            continue
        for key in dict.fromkeys(_spellings(candidate)):
            index.setdefault(key, []).append(number)
    matches = [_one(row, index, candidates, community, taps) for row in rows]
    taken: dict[int, list[int]] = {}
    for at, found in enumerate(matches):
        if found.feature_id is not None:
            taken.setdefault(found.feature_id, []).append(at)
    for several in taken.values():
        if len(several) > 1:
            names = "、".join(rows[at].name for at in several)
            for at in several:
                matches[at] = Match(NONE, reason=SHARED % {"names": names})
    return matches


def _one(
    row: RosterRow,
    index: Mapping[str, list[int]],
    candidates: Sequence[Candidate],
    community: str,
    taps: Mapping[str, tuple[float, float]],
) -> Match:
    if (tapped := taps.get(row.key)) is not None:
        return Match(TAP, lonlat=tapped)
    several = 0
    for form in _forms(row, community):
        found = index.get(form, [])
        if len(found) == 1:
            return Match(BUILDING, feature_id=candidates[found[0]].feature_id)
        several = several or len(found)
    if several:
        return Match(NONE, reason=SEVERAL % {"n": several})
    return Match(NONE, reason=NOWHERE)


def _forms(row: RosterRow, community: str) -> Iterator[str]:
    """Ways to say the row's name, the fullest first."""
    estate, label, compound = row.building.estate, row.building.label, row.compound
    place = _short(community)
    full = [f"{compound}{estate}{label}", f"{estate}{label}", f"{place}{estate}{label}"]
    if compound:
        full.insert(1, f"{compound}{label}")
    # The label alone stands among them only where the row names no estate that would be disregarded.
    yield from dict.fromkeys(full)


def _spellings(candidate: Candidate) -> Iterator[str]:
    """Names under which a shape may be asked for; one that stands for several buildings answers to each."""
    own = [
        candidate.name,
        *(str(candidate.props[k]) for k in ("楼号", "楼栋", "building_no") if candidate.props.get(k)),
    ]
    for name in own:
        buildings = expand(name)
        for building in buildings:
            yield building.name
            for field in _ESTATES:
                if estate := normal(candidate.props.get(field)):
                    yield f"{estate}{building.name}"
                    yield f"{estate}{building.label}"
        yield normal(name)


def _elsewhere(candidate: Candidate, community: str) -> bool:
    """Does the shape say that it belongs to another community?"""
    wanted = _short(community)
    for field in _COMMUNITIES:
        if wanted and (said := _short(candidate.props.get(field))):
            return said != wanted
    return False


def _short(community: Any) -> str:
    """A community's name without the words that some write and some leave out."""
    name = normal(community)
    for ending in ("居民委员会", "居委会", "社区"):
        name = name.removesuffix(ending)
    return name
