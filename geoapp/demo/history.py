"""The five levels as layers: who was what from when to when, before and after 霞光里 was divided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shapely import Polygon

from geoapp.demo.census import Census, Compound, belongs_to_old_xiaguangli
from geoapp.demo.features import Feature, Value
from geoapp.demo.town import (
    COMMUNITIES,
    DISTRICT_CODE,
    DISTRICT_NAME,
    LIANGMA_CODE,
    OLD_HOUSEHOLDS,
    OLD_STAFF,
    SUBDISTRICT_CODE,
    SUBDISTRICT_NAME,
    XIAGUANGLI_CODE,
    joined,
)

# Invented dates: from the first the demo's places are recorded, on the second 霞光里 is divided.
BEGIN, SPLIT = "2015-01-01", "2021-07-01"
BASIS, COUNTED_ON = "套数", "2020-12-31"


def counted(households: int, people: int) -> dict[str, Value]:
    """Households with their basis 口径 and date, and people."""
    return {"households": households, "households_basis": BASIS, "households_date": COUNTED_ON, "people": people}


def _validity(valid_from: str, valid_to: str | None) -> dict[str, Value]:
    return {"valid_from": valid_from, "valid_to": valid_to}


def _people(census: Census, codes: Iterable[str]) -> int:
    wanted = set(codes)
    return sum(building.people for building in census.buildings if building.community_code in wanted)


def district() -> Iterator[Feature]:
    """朝阳区 by name and code alone: its outline and its figures are not the demo's to invent."""
    yield (
        {"code": DISTRICT_CODE, "name": DISTRICT_NAME, "level": "district", "parent_code": None}
        | _validity(BEGIN, None),
        None,
    )


def subdistrict(census: Census) -> Iterator[Feature]:
    """麦子店街道, one version: the division of a community changes neither its outline nor its households."""
    households = sum(community.households for community in COMMUNITIES)
    people = _people(census, (community.code for community in COMMUNITIES))
    yield (
        {"code": SUBDISTRICT_CODE, "name": SUBDISTRICT_NAME, "level": "subdistrict", "parent_code": DISTRICT_CODE}
        | counted(households, people)
        | _validity(BEGIN, None),
        joined([piece.polygon for piece in census.pieces]),
    )


def communities(census: Census) -> Iterator[Feature]:
    """Six communities until the split, seven from then on; 霞光里 keeps its code, 亮马 gets a new one."""
    both = (XIAGUANGLI_CODE, LIANGMA_CODE)
    for community in COMMUNITIES:
        was_split = community.code in both
        if community.code == XIAGUANGLI_CODE:
            yield _community(census, "霞光里", XIAGUANGLI_CODE, both, OLD_HOUSEHOLDS, OLD_STAFF), _land(census, both)
        figures = community.households, community.staff
        properties = _community(census, community.name, community.code, (community.code,), *figures)
        if was_split:
            properties |= _validity(SPLIT, None) | {"predecessors": XIAGUANGLI_CODE}
        else:
            properties |= _validity(BEGIN, None)
        yield properties, _land(census, (community.code,))


def _community(
    census: Census, name: str, code: str, codes: tuple[str, ...], households: int, staff: int
) -> dict[str, Value]:
    """Properties of one community; as they stand, of the version that ended with the split."""
    return {
        "code": code,
        "name": name,
        "level": "community",
        "parent_code": SUBDISTRICT_CODE,
        **counted(households, _people(census, codes)),
        "staff": staff,
        **_validity(BEGIN, SPLIT),
        "predecessors": "",
        "successors": ",".join(codes) if len(codes) > 1 else "",
    }


def _land(census: Census, codes: tuple[str, ...]) -> Polygon:
    return joined([piece.polygon for piece in census.pieces if piece.community_code in codes])


def grids(census: Census) -> Iterator[Feature]:
    """One grid per piece; those that went to 亮马 have two versions, the first under 霞光里's code."""
    names = {community.code: community.name for community in COMMUNITIES}
    for grid in census.grids:
        mine = [building for building in census.buildings if building.grid_code == grid.code]
        figures = counted(sum(b.households for b in mine), sum(b.people for b in mine))

        def version(code: str, figures: dict[str, Value] = figures) -> dict[str, Value]:
            name = f"{names[code[:12]]}第{int(code[12:])}网格"
            return {"code": code, "name": name, "level": "grid", "parent_code": code[:12], **figures}

        yield from _versions(version(grid.old_code), version(grid.code), grid.polygon)


def courtyards(census: Census) -> Iterator[Feature]:
    """Compounds of 霞光里 and 亮马 as courtyards: the grid's code and two digits; they do not tile their grid."""
    count: dict[str, int] = {}
    for compound in census.compounds:
        if belongs_to_old_xiaguangli(compound.community_code):
            number = count[compound.grid_code] = count.get(compound.grid_code, 0) + 1
            before = _courtyard(compound, compound.old_grid_code, number)
            yield from _versions(before, _courtyard(compound, compound.grid_code, number), compound.polygon)


def _courtyard(compound: Compound, grid_code: str, number: int) -> dict[str, Value]:
    return {
        "code": f"{grid_code}{number:02d}",
        "name": compound.name,
        "level": "courtyard",
        "parent_code": grid_code,
        **counted(compound.households, compound.people),
        "compound_id": compound.id,
    }


def _versions(before: dict[str, Value], now: dict[str, Value], polygon: Polygon) -> Iterator[Feature]:
    """One version where the code stayed, two that follow each other where it changed."""
    if before["code"] == now["code"]:
        yield now | _validity(BEGIN, None) | {"predecessors": "", "successors": ""}, polygon
        return
    yield before | _validity(BEGIN, SPLIT) | {"predecessors": "", "successors": now["code"]}, polygon
    yield now | _validity(SPLIT, None) | {"predecessors": before["code"], "successors": ""}, polygon
