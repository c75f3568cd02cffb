"""Every file of the demo by name: from a seed to bytes, the same bytes each time."""

from __future__ import annotations

import random
from collections.abc import Iterator

from geoapp.demo import amenities, ground, history
from geoapp.demo.census import Census, take_census
from geoapp.demo.features import Feature, collection
from geoapp.demo.history import counted
from geoapp.demo.pictures import pictures
from geoapp.demo.reports import reports
from geoapp.demo.roster import FILE_NAME, roster_file

SEED = 20210701


def _dice(seed: int, purpose: str) -> random.Random:
    return random.Random(f"{seed} {purpose}")  # noqa: S311 - it draws a town, it keeps no secret


def generate(seed: int = SEED) -> dict[str, bytes]:
    """File name below `layers/demo` -> content.

    Each step draws from a generator of its own, so that a change to one leaves the others' files as they were.

    Raises
    ------
    Invalid : with this seed the buildings cannot hold the households
    """
    census = take_census(_dice(seed, "census"))
    layers: dict[str, Iterator[Feature]] = {
        "boundary_district": history.district(),
        "boundary_subdistrict": history.subdistrict(census),
        "boundary_community": history.communities(census),
        "boundary_grid": history.grids(census),
        "boundary_courtyard": history.courtyards(census),
        "compounds": _compounds(census),
        "buildings": _buildings(census),
        "roads": ground.roads(census),
        "water": ground.water(),
        "green": ground.green(census),
        "charging": amenities.charging(census, _dice(seed, "charging")),
        "parking_lots": amenities.parking_lots(census, _dice(seed, "lots")),
        "parking_kerbside": amenities.parking_kerbside(census, _dice(seed, "kerb")),
        "stations": amenities.stations(census),
        "reports": reports(census, _dice(seed, "reports")),
    }
    files = {f"{name}.geojson": collection(name, features) for name, features in layers.items()}
    return files | pictures() | {FILE_NAME: roster_file(census)}


def _compounds(census: Census) -> Iterator[Feature]:
    for compound in census.compounds:
        yield (
            {
                "id": compound.id,
                "name": compound.name,
                "manager": compound.manager or None,
                **counted(compound.households, compound.people),
                "over60": compound.over60,
                "buildings": len(census.of(compound)),
                "community_code": compound.community_code,
                "grid_code": compound.grid_code,
            },
            compound.polygon,
        )


def _buildings(census: Census) -> Iterator[Feature]:
    for building in census.buildings:
        yield (
            {
                "id": building.id,
                "name": building.name,
                "number": building.number,
                "kind": building.kind,
                "storeys": building.storeys,
                "stairs": building.stairs,
                **counted(building.households, building.people),
                "over60": building.over60,
                "compound_id": building.compound_id or None,
                "compound": building.compound or None,
                "community_code": building.community_code,
                "grid_code": building.grid_code,
            },
            building.polygon,
        )
