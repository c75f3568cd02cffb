"""Rate limits: buckets by hand, every route has one, 429 says when to come again, nobody borrows another's address."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from apiflask import APIFlask
from hypothesis import given
from hypothesis import strategies as st

from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.web import limits
from geoapp.web.limits import MemoryBuckets, Rate, limited, limits_of, network_of, rate
from geoapp.web.rights import ANYBODY, needs, no_cookie


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of every bucket here: on a busy machine 120 requests take long enough for one to flow back."""
    clock = Clock()
    monkeypatch.setattr(limits, "MemoryBuckets", partial(MemoryBuckets, clock))
    return clock


@pytest.fixture
def limited_app(settings: Settings) -> APIFlask:
    """The application with limits as they are by default, and two views that share a bucket of three."""
    app = create_app(replace(settings, rate_limits=1.0))
    for path in ("/first", "/second"):
        app.add_url_rule(path, path[1:], needs(ANYBODY)(limited("three", "3/minute")(lambda: "ok")))
    app.add_url_rule("/change", "change", no_cookie(needs(ANYBODY)(lambda: "ok")), methods=["POST"])
    return app


def test_a_bucket_of_twenty_gives_twenty_at_once_and_one_every_three_seconds() -> None:
    """20/minute: the 21st waits 60 / 20 = 3 s; after 3 s there is one, after 60 s more twenty."""
    clock = Clock()
    buckets = MemoryBuckets(clock)
    twenty = rate("20/minute")
    assert [buckets.take("a", twenty) for _ in range(20)] == [0.0] * 20
    assert buckets.take("a", twenty) == pytest.approx(3.0)
    clock.now += 3
    assert buckets.take("a", twenty) == 0 and buckets.take("a", twenty) == pytest.approx(3.0)
    clock.now += 60
    assert [buckets.take("a", twenty) for _ in range(21)] == [0.0] * 20 + [pytest.approx(3.0)]


def test_one_bucket_does_not_empty_another() -> None:
    buckets = MemoryBuckets(Clock())
    assert buckets.take("a", Rate(1, 60)) == 0 and buckets.take("b", Rate(1, 60)) == 0
    assert buckets.take("a", Rate(1, 60)) == 60


@given(st.integers(1, 30), st.lists(st.floats(0, 5), max_size=120))
def test_never_more_than_the_burst_and_what_flowed_in(burst: int, pauses: list[float]) -> None:
    """In any stretch of time t at most burst + t / refill are let through."""
    clock, wanted = Clock(), Rate(burst, 2.0)
    buckets, taken = MemoryBuckets(clock), []
    for pause in pauses:
        clock.now += pause
        if not buckets.take("a", wanted):
            taken.append(clock.now)
    for i, begin in enumerate(taken):
        for j in range(i, len(taken)):
            assert j - i + 1 <= burst + (taken[j] - begin) / 2.0 + 1e-3


def test_memory_is_bounded_and_the_emptiest_buckets_are_kept() -> None:
    clock = Clock()
    buckets = MemoryBuckets(clock, most=100)
    for _ in range(10):
        buckets.take("culprit", Rate(10, 6))
    for i in range(1000):
        buckets.take(f"passer-by {i}", Rate(10, 6))
    assert len(buckets._full_at) <= 100
    assert buckets.take("culprit", Rate(10, 6)) > 0
    clock.now += 3600
    for i in range(101):
        buckets.take(f"later {i}", Rate(10, 6))
    assert "culprit" not in buckets._full_at


@pytest.mark.parametrize("text", ["", "0/minute", "20", "20/fortnight", "-1/minute", "２０/minute"])
def test_a_rate_that_means_nothing_is_a_fault_at_start(text: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        rate(text)


def test_an_ipv6_household_is_one_asker() -> None:
    assert network_of("2001:db8:1:2:aaaa::1") == network_of("2001:db8:1:2:bbbb::2") == "2001:db8:1:2::"
    assert network_of("203.0.113.7") == "203.0.113.7"


def test_the_fourth_is_refused_with_the_time_to_wait(limited_app: APIFlask) -> None:
    client = limited_app.test_client()
    assert [client.get(path).status_code for path in ("/first", "/second", "/first")] == [200, 200, 200]
    page = client.get("/second")
    assert page.status_code == 429 and "操作太频繁" in page.text
    # 3/minute: one every 20 s; the wait is told in whole seconds, and one to be sure.
    assert page.headers["Retry-After"] == "21"
    problem = client.get("/second", headers={"Accept": "application/json"})
    assert problem.content_type == "application/problem+json"
    assert (problem.json["status"], problem.json["title"]) == (429, "Too Many Requests")
    assert "Content-Security-Policy" in problem.headers and problem.headers["Retry-After"]


def test_one_name_with_two_rates_is_two_buckets(settings: Settings) -> None:
    """An export of one's own data, ten an hour, must not close the downloads of plans, thirty a minute."""
    app = create_app(replace(settings, rate_limits=1.0))
    for path, text in (("/own", "10/hour"), ("/plan", "30/minute")):
        app.add_url_rule(path, path[1:], needs(ANYBODY)(limited("export", text)(lambda: "ok")))
    client = app.test_client()
    assert [client.get("/own").status_code for _ in range(11)] == [200] * 10 + [429]
    assert client.get("/plan").status_code == 200


def test_abuse_14_a_written_address_does_not_help(limited_app: APIFlask) -> None:
    """Nobody is a proxy here: what the asker writes about himself changes nothing."""
    client = limited_app.test_client()
    answers = [client.get("/first", headers={"X-Forwarded-For": f"198.51.100.{i}"}).status_code for i in range(6)]
    assert answers == [200] * 3 + [429] * 3


def test_behind_the_proxy_each_asker_has_a_bucket(settings: Settings) -> None:
    app = create_app(replace(settings, rate_limits=1.0, trusted_proxies="127.0.0.1"))
    app.add_url_rule("/first", "first", needs(ANYBODY)(limited("three", "3/minute")(lambda: "ok")))
    client = app.test_client()
    for asker in ("198.51.100.1", "198.51.100.2"):
        answers = [client.get("/first", headers={"X-Forwarded-For": asker}).status_code for _ in range(4)]
        assert answers == [200, 200, 200, 429]


def test_people_behind_one_address_have_buckets_of_their_own(limited_app: APIFlask) -> None:
    person = ["a"]
    limited_app.extensions["geoapp"]["asker"] = lambda: person[0]
    client = limited_app.test_client()
    assert [client.get("/first").status_code for _ in range(4)] == [200, 200, 200, 429]
    person[0] = "b"
    assert client.get("/first").status_code == 200


def test_changes_are_limited_on_every_route_without_a_word(limited_app: APIFlask, clock: Clock) -> None:
    """120/minute: 120 at once, and two more when a second has gone."""
    client = limited_app.test_client()
    answers = [client.post("/change").status_code for _ in range(125)]
    assert answers == [200] * 120 + [429] * 5
    clock.now += 1
    assert [client.post("/change").status_code for _ in range(3)] == [200, 200, 429]
    assert client.get("/health").status_code == 200, "reading goes on"


def test_everything_is_limited_by_address_also_what_is_not_there(limited_app: APIFlask, monkeypatch: Any) -> None:
    monkeypatch.setattr(limits, "ADDRESS", rate("5/minute"))
    app = create_app(limited_app.extensions["geoapp"]["settings"])
    client = app.test_client()
    answers = [
        client.get(path).status_code for path in ("/nowhere", "/health", "/static/x", "/", "/nowhere", "/health")
    ]
    assert answers[-1] == 429 and 429 not in answers[:-1]


def test_a_factor_loosens_and_nought_switches_off(settings: Settings) -> None:
    for factor, let_through in ((2.0, 6), (0.0, 20)):
        app = create_app(replace(settings, rate_limits=factor))
        app.add_url_rule("/first", "first", needs(ANYBODY)(limited("three", "3/minute")(lambda: "ok")))
        client = app.test_client()
        answers = [client.get("/first").status_code for _ in range(20)]
        assert answers.count(200) == let_through


def test_what_costs_most_has_a_rate_of_its_own(app: APIFlask) -> None:
    """Uploads, exports and computations, named by hand."""
    declared = {name for name, view in app.view_functions.items() if limits_of(view)}
    assert {
        "layers.upload",
        "layers.original",
        "layers.set_aside",
        "sheets.download",
        "drafts.ask",
        "maps.still",
    } <= declared
