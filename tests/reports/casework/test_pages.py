"""The page of a case as the officer meets it who works on it: where it lies, and what became of it meanwhile."""

from __future__ import annotations

import re
from typing import Any

import pytest
from apiflask import APIFlask

from geoapp.app import create_app
from tests import signing_in
from tests.places.street import HOME, STEP, WEST
from tests.reports.world import Town, spot


@pytest.fixture
def app(town: Town) -> Any:
    """The application on the town's database."""
    app = create_app(town.database.settings)
    app.config["TESTING"] = True
    yield app
    app.extensions["geoapp"]["database"].dispose()


def officer(app: APIFlask, town: Town, name: str) -> Any:
    """A browser in which one of the town is signed in."""
    person = town.people[name].person
    assert person is not None
    return signing_in.enter(app, app.test_client(), person)


def opening(page: str) -> tuple[float, float, bool]:
    """Where the map for another place opens, and whether the case is known to lie there."""
    found = re.search(r'id="relocate"[^>]*? data-lon="([\d.]+)" data-lat="([\d.]+)"( data-known="yes")?', page)
    assert found, page
    return float(found[1]), float(found[2]), bool(found[3])


def test_another_place_is_looked_for_from_where_the_case_lies(app: APIFlask, town: Town) -> None:
    receipt = town.send(x=0.5, y=3.0)
    grid, path = officer(app, town, "grid"), f"/cases/{receipt.report_key}"
    here = spot(0.5, 3.0)
    page = grid.get(path).text
    assert opening(page) == (pytest.approx(here.lon), pytest.approx(here.lat), True)
    assert "改到别的网格就归那里办" in page, "nobody has it yet"
    there = spot(2.5, 3.0)
    looked = grid.get("/cases/where", query_string={"lon": there.lon, "lat": there.lat}).json
    form = {"seen": "1", "lon": f"{there.lon:.6f}", "lat": f"{there.lat:.6f}"}
    done = grid.post(f"{path}/do/relocate", data=form)
    moved = town.case(receipt.report_key)
    assert moved.place_code == moved.duty_code == f"{HOME}002"
    assert (done.status_code, done.location) == (303, "/cases"), "it is no longer hers to look at"
    assert "现在归霞光里社区 第2网格办" in grid.get("/cases").text
    page = officer(app, town, "secretary").get(path).text
    assert opening(page) == (pytest.approx(there.lon, abs=1e-6), pytest.approx(there.lat, abs=1e-6), True)
    assert f'data-place="{looked["spots"][0]["where"]}"' in page, "the client compares the two"


def test_a_case_without_a_point_is_looked_for_in_its_place(app: APIFlask, town: Town) -> None:
    grid = officer(app, town, "grid")
    grid.post("/cases/new", data={"words": "灯不亮", "address": "大槐树旁", "choice": "own", "asked": "大槐树旁"})
    (path,) = set(re.findall(r'href="(/cases/[0-9a-f]{16})"', grid.get("/cases").text))
    lon, _, known = opening(grid.get(path).text)
    assert not known
    assert WEST < lon < WEST + 2 * STEP, "within the first grid"
