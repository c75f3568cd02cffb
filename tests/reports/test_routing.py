"""Who is asked first, and why: the most specific rule, whichever order the file has them in."""

from __future__ import annotations

import random
from datetime import date

import numpy as np
import pytest

from geoapp.places.locate import Locator
from geoapp.reports.datafile import BadData
from geoapp.reports.placing import codes_of
from geoapp.reports.routing import Routing, parse_routing
from tests.places.street import EAST, HOME
from tests.reports import data
from tests.reports.data import street_versions

DAY = date(2026, 11, 20)
GRID = HOME + "001"

RULE = '[[rule]]\nid = "{id}"\nwhy_zh = "因为{id}"\nwhy_en = "{id}"\nto = "{to}"\n{more}\n'


def rules(*rows: tuple[str, str, str]) -> Routing:
    """Rules of (id, to, other fields), in a disorder that is the same in every run."""
    listed = [RULE.format(id=i, to=to, more=more) for i, to, more in [("all", "grid", ""), *rows]]
    random.Random(7).shuffle(listed)
    return parse_routing("\n".join(listed), data.kinds())


def chosen(routing: Routing, code: str, kind: str, managed: bool | None = None, on: date = DAY) -> str:
    return routing.route(codes_of(code), kind, on=on, managed=managed).rule


def test_the_most_specific_rule_wins_in_the_stated_order() -> None:
    routing = rules(
        ("managed", "grid", "managed = true"),
        ("class", "community", 'class = "clean"'),
        ("class-managed", "grid", 'class = "clean"\nmanaged = true'),
        ("kind", "community", 'kind = "rubbish"'),
        ("home", "community", f'place = "{HOME}"'),
        ("winter", "subdistrict", 'kind = "rubbish"\nfrom = 2026-11-01\nto_day = 2027-03-01'),
        ("this-winter", "district", 'kind = "rubbish"\nfrom = 2026-11-15'),
    )
    assert chosen(routing, EAST, "lamp") == "all"
    assert chosen(routing, EAST, "lamp", managed=True) == "managed"
    assert chosen(routing, EAST, "piles", managed=False) == "class"
    assert chosen(routing, EAST, "piles", managed=True) == "class-managed"
    # Unknown is not "no": a rule that states either does not fit.
    assert chosen(routing, EAST, "piles", managed=None) == "class"
    assert chosen(routing, EAST, "rubbish", on=date(2026, 10, 31)) == "kind"
    assert chosen(routing, EAST, "rubbish", on=date(2026, 11, 1)) == "winter"
    assert chosen(routing, EAST, "rubbish", on=date(2026, 11, 15)) == "this-winter"
    # The deepest place beats every kind and day.
    assert chosen(routing, GRID, "rubbish", managed=True) == "home"


def test_a_rules_last_day_is_excluded() -> None:
    routing = rules(("winter", "community", "from = 2026-11-01\nto_day = 2027-03-01"))
    assert [chosen(routing, EAST, "lamp", on=day) for day in (date(2027, 2, 28), date(2027, 3, 1))] == ["winter", "all"]


@pytest.mark.parametrize(
    ("code", "to", "duty"),
    [
        (GRID + "01", "courtyard", GRID + "01"), (GRID + "01", "grid", GRID), (GRID, "courtyard", GRID),
        (HOME, "grid", HOME), (GRID, "community", HOME), (GRID, "district", "110105"), ("", "grid", ""),
    ],
)  # fmt: skip
def test_the_level_that_acts_is_the_rules_or_the_nearest_above(code: str, to: str, duty: str) -> None:
    routing = rules(("kind", to, 'kind = "tree"\nbody = "property"\ncc = ["parks"]'))
    route = routing.route(codes_of(code), "tree", on=DAY, managed=None)
    assert (route.duty_code, route.rule, route.why_zh) == (duty, "kind", "因为kind")
    assert (route.body, route.joint) == ("property", ("parks",))


def test_two_rules_that_nothing_orders_are_refused() -> None:
    with pytest.raises(BadData, match="分不出先后"):
        rules(("a", "grid", 'kind = "tree"'), ("b", "community", 'kind = "tree"'))
    with pytest.raises(BadData, match="分不出先后"):
        rules(("a", "grid", "from = 2026-01-01\nto_day = 2026-06-01"), ("b", "grid", "from = 2026-01-01"))
    # Days that never meet, or begin on different days, order themselves.
    rules(("a", "grid", "from = 2026-01-01\nto_day = 2026-02-01"), ("b", "grid", "from = 2026-02-01"))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ('kind = "dragons"', "dragons"),
        ('kind = "tree"\nclass = "green"', "kind 和 class"),
        ('class = "dragons"', "dragons"),
        ('managed = "yes"', "managed"),
        ("from = 2026-02-01\nto_day = 2026-02-01", "日期"),
        ('from = "2026-02-01"', "日期"),
        ('plcae = "110105"', "plcae"),
        ('place = "1101"', "1101"),
    ],
)
def test_what_is_wrong_with_a_rule_is_named(row: str, words: str) -> None:
    with pytest.raises(Exception, match=words):
        rules(("bad", "grid", row))


def test_rules_without_one_for_the_rest_are_refused() -> None:
    with pytest.raises(BadData, match="兜底"):
        parse_routing(RULE.format(id="a", to="grid", more='kind = "tree"'), data.kinds())


def test_many_go_the_way_that_each_would_go_alone(rng: np.random.Generator) -> None:
    versions = street_versions()
    lonlat = rng.uniform([116.455, 39.935], [116.475, 39.95], size=(2000, 2))
    codes = Locator(versions).codes(lonlat)
    kinds = rng.choice(list(data.kinds().kinds), size=2000)
    managed = rng.integers(-1, 2, size=2000).astype(np.int8)
    duty, rule, listed = data.routing().route_many(codes, kinds, managed, on=DAY)
    for n in range(2000):
        known = None if managed[n] < 0 else bool(managed[n])
        one = data.routing().route(tuple(codes[n]), str(kinds[n]), on=DAY, managed=known)
        assert (str(duty[n]), listed[rule[n]].id) == (one.duty_code, one.rule)
    assert len(set(duty)) > 5
