"""The demo in an installation: 4560 households before the split, 2970 and 1590 after it, and nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest
import sqlalchemy as sa

from geoapp.accounts import store as people
from geoapp.accounts.people import system
from geoapp.accounts.roles import Rank
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.demo.actions import Loaded, load_demo
from geoapp.demo.cast import BODIES, CAST
from geoapp.demo.rounds import ROUNDS
from geoapp.layers import store as layers
from geoapp.maps.store import opening_day
from geoapp.objects import open_objects
from geoapp.places import store as places
from geoapp.places.actions import load_places
from geoapp.places.hierarchy import path_of
from geoapp.places.records import PlaceRecord
from geoapp.reports import store as cases
from geoapp.reports.casework.store import bodies_serving
from geoapp.reports.patrols import store as patrols
from geoapp.reports.photos.photo import object_name
from geoapp.reports.photos.tables import photos
from geoapp.reports.tables import reports
from tests.engines import Installations

pytestmark = pytest.mark.engines

BEFORE, AFTER = date(2021, 6, 30), date(2021, 7, 1)


@dataclass
class Twice:
    """A demo that was loaded twice."""

    settings: Settings
    database: Database
    first: Loaded
    second: Loaded


@pytest.fixture(scope="module")
def demo(module_installations: Installations) -> Iterator[Twice]:
    with module_installations("demo") as settings:
        first, second = load_demo(settings), load_demo(settings)
        database = Database(settings)
        yield Twice(settings, database, first, second)
        database.dispose()


def test_the_demo_tells_the_founding_case_and_loads_once(demo: Twice) -> None:
    """4560 households and 16 workers, 285 each; then 2970 with 20 and 1590 with 11, 147 each by division."""
    first, second, database = demo.first, demo.second, demo.database
    assert first.places > 90 and second.places == 0
    with database.reading() as connection:
        seen = {
            on: {v.name: (v.code, v.households, v.staff) for v in places.versions(connection, on=on, level="community")}
            for on in (BEFORE, AFTER)
        }
        features = sum(layer.rows for layer in layers.layers(connection))
        assert all(layer.illustrative for layer in layers.layers(connection))
        links = {(link.predecessor, link.successor) for _, link in places.links(connection, "110105012023")}
    assert seen[BEFORE]["霞光里"] == ("110105012023", 4560, 16) and "亮马" not in seen[BEFORE]
    assert seen[AFTER]["霞光里"] == ("110105012023", 2970, 20)
    assert seen[AFTER]["亮马"] == ("110105012027", 1590, 11)
    assert len(seen[BEFORE]) == 6 and len(seen[AFTER]) == 7
    assert features == first.features == second.features
    assert ("110105012023", "110105012027") in links


def test_reports_are_cases_open_ones_in_inboxes_and_closed_ones_history(demo: Twice) -> None:
    """200 of the layer: 161 done; 30 new or overdue wait to be accepted, 9 are handled; all marked, none twice."""
    settings, database = demo.settings, demo.database
    with database.reading() as connection:
        rows = connection.execute(sa.select(reports.c.stage, reports.c.illustrative, reports.c.duty_code)).all()
    assert Counter(row.stage for row in rows) == {"evaluate": 161, "collect": 30, "handle": 9}
    assert all(row.illustrative for row in rows)
    # Who signs in as grid officer of the demo finds work in her grid.
    grid = next(one.place for one in CAST if one.rank is Rank.GRID)
    assert sum(row.duty_code == grid for row in rows) == 4
    # Of what people write of charging and of fire lanes, every other or all: in their own kinds.
    with database.reading() as connection:
        kinds = Counter(connection.scalars(sa.select(reports.c.kind)))
    assert (kinds["charging"], kinds["fire-lane"]) == (15, 7)
    # Twelve drawn pictures, each once, in the sizes of a photograph; two wait to be released.
    with database.reading() as connection:
        pictures = connection.execute(sa.select(photos.c.state, photos.c.name, photos.c.sha256)).all()
    assert Counter(row.state for row in pictures) == {"released": 10, "ready": 2}
    assert len({row.sha256 for row in pictures}) == 12
    objects = open_objects(settings)
    assert all(objects.get(object_name(row.name, 640)).startswith(b"RIFF") for row in pictures)


def test_there_are_bodies_to_give_cases_to_once(demo: Twice) -> None:
    with demo.database.reading() as connection:
        found = bodies_serving(connection, path_of("110105012023"))
        handler = people.credentials(connection, "handler")
        assert handler is not None
        own = cases.bodies_of(connection, handler.person.id, on=demo.database.today())
    assert sorted(name for _key, name in found) == sorted(name for name, _kind in BODIES)
    assert len(own) == 1, "whoever signs in as handler belongs to the property manager"


def test_patrol_points_are_there_once_with_some_weeks_of_visits(demo: Twice) -> None:
    """Grid officer and volunteer find a point of theirs; each day is over, and a few were missed."""
    today = demo.database.today()
    with demo.database.reading() as connection:
        points = patrols.points_at(connection, [""], first=today, last=today)
        visits = patrols.visits_to(connection, [each.id for each in points], first=date.min, last=date.max)
    assert len(points) == len(ROUNDS) and all("示意" in each.name for each in points)
    places = {one.rank: one.place for one in CAST}
    assert {each.place_code[:15] for each in points} >= {places[Rank.GRID]}
    assert any(each.place_code.startswith(places[Rank.VOLUNTEER]) for each in points)
    assert sum(each.lon is not None for each in points) == 3, "the map knows the addresses"
    days = [visit.day for visit in visits]
    assert len({visit.point_id for visit in visits}) == len(ROUNDS) and max(days) < today
    assert min(days) >= min(each.since for each in points)


def test_the_map_opens_on_the_eve_of_the_division_and_a_real_place_makes_it_today(demo: Twice) -> None:
    """The last one here: from now on it is no mere demo."""
    today, database = date(2026, 11, 22), demo.database
    with database.reading() as connection:
        assert opening_day(connection, today=today) == BEFORE
        assert opening_day(connection, today=date(2020, 1, 1)) == date(2020, 1, 1)
    load_places(database, [PlaceRecord("110101", name="东城区")], on=date(2026, 1, 1), by=system("test"))
    with database.reading() as connection:
        assert opening_day(connection, today=today) == today
