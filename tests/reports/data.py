"""The data files that the repository ships, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from geoapp.places.hierarchy import level_of, parent_code
from geoapp.places.versions import PlaceVersion
from geoapp.reports.escalation import Levels, parse_levels
from geoapp.reports.kinds import URGENCIES, Kinds, parse_kinds
from geoapp.reports.routing import Routing, parse_routing
from geoapp.reports.terms import Clock, Terms, parse_terms
from geoapp.reports.workdays import parse_calendar
from tests.places.street import FIRST, street_records

FOLDER = Path(__file__).parents[2] / "layers" / "reports"
BEIJING = ZoneInfo("Asia/Shanghai")


def text(name: str) -> str:
    return (FOLDER / f"{name}.toml").read_text(encoding="utf-8")


@cache
def kinds() -> Kinds:
    return parse_kinds(text("kinds"))


@cache
def routing() -> Routing:
    return parse_routing(text("routing"), kinds())


@cache
def levels() -> Levels:
    return parse_levels(text("levels"))


@cache
def terms() -> Terms:
    return parse_terms(text("terms"), URGENCIES)


@cache
def clock() -> Clock:
    return Clock(parse_calendar(text("calendar")), BEIJING, terms().near_share)


def street_versions() -> list[PlaceVersion]:
    """The tiny street of the tests of places, as what holds on any day."""
    return [
        PlaceVersion(r.code, r.name, level_of(r.code).key, parent_code(r.code), FIRST, geometry=r.geometry)
        for r in street_records()
    ]
