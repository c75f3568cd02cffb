"""Abuse 10: every answer of every route, errors included, carries the same security headers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from apiflask import APIFlask

from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.web.headers import POLICY
from geoapp.web.limits import limited
from geoapp.web.rights import ANYBODY, needs
from tests.addresses import address_of

#: Written by hand: what a browser is told with everything.
ALWAYS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; worker-src 'self'; object-src 'none'; frame-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": (
        "geolocation=(self), camera=(), microphone=(), payment=(), usb=(), serial=(), midi=(), display-capture=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
#: Answers that say themselves that anybody may keep them: the client's built files and published public layers.
MAY_BE_KEPT = {"/static/<path:name>", "/report-worker.js", "/tiles/<name>.pmtiles"}


def check(answer: Any, *, secure: bool = False) -> None:
    for name, value in ALWAYS.items():
        assert answer.headers.getlist(name) == [value], name
    assert answer.headers.get("Strict-Transport-Security") == ("max-age=31536000" if secure else None)
    assert answer.headers["X-Request-Id"]
    kept = answer.headers["Cache-Control"]
    assert kept == "no-store" or "private" in kept
    assert "private" not in kept or "Cookie" in answer.headers["Vary"]


@pytest.fixture
def faulty(settings: Settings) -> APIFlask:
    """The application with limits on, a view that fails and one whose bucket holds one."""
    app = create_app(replace(settings, rate_limits=1000.0, trusted_proxies="10.0.0.1"))
    app.add_url_rule("/fault", "fault", needs(ANYBODY)(lambda: 1 / 0))
    app.add_url_rule("/once", "once", needs(ANYBODY)(limited("once", "1/day")(lambda: "ok")))
    return app


def test_10_every_route_answers_with_the_headers(app: APIFlask, client: Any, visitor: Any) -> None:
    """With every method, for who may do everything and for who is not signed in."""
    seen = 0
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods or ()):
            for browser in (client, visitor):
                with browser.open(address_of(rule), method=method) as answer:
                    if rule.rule not in MAY_BE_KEPT or answer.status_code >= 400:
                        check(answer)
                seen += 1
    assert seen > 300


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize(
    ("status", "method", "path", "options"),
    [
        (404, "GET", "/nowhere", {}),
        (405, "DELETE", "/", {}),
        (400, "GET", "/api/map/layers/x/features?bbox=1", {}),
        (413, "POST", "/api/layers/import", {"environ_overrides": {"CONTENT_LENGTH": str(1 << 40)}}),
        (500, "GET", "/fault", {}),
        (308, "GET", "//nowhere", {}),
    ],
)
def test_abuse_10_errors_too(
    faulty: APIFlask, accept: str, status: int, method: str, path: str, options: dict[str, Any]
) -> None:
    answer = faulty.test_client().open(path, method=method, headers={"Accept": accept}, **options)
    assert answer.status_code == status
    check(answer)


def test_a_refusal_for_haste_too(settings: Settings) -> None:
    app = create_app(replace(settings, rate_limits=1.0))
    app.add_url_rule("/once", "once", needs(ANYBODY)(limited("once", "1/day")(lambda: "ok")))
    client = app.test_client()
    assert client.get("/once").status_code == 200
    answer = client.get("/once")
    assert answer.status_code == 429
    check(answer)


def test_behind_tls_and_only_there_the_browser_is_told_to_stay_with_it(faulty: APIFlask) -> None:
    client = faulty.test_client()
    for path in ("/nowhere", "/health"):
        proxied: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": "10.0.0.1"}}
        check(client.get(path, headers={"X-Forwarded-Proto": "https"}, **proxied), secure=True)
        check(client.get(path, headers={"X-Forwarded-Proto": "http"}, **proxied))
        check(client.get(path, headers={"X-Forwarded-Proto": "https"}))


def test_abuse_32_a_fault_shows_its_number_and_nothing_of_the_inside(faulty: APIFlask) -> None:
    for accept in ("text/html", "application/json"):
        answer = faulty.test_client().get("/fault", headers={"Accept": accept})
        assert answer.headers["X-Request-Id"] in answer.text
        for inside in ("Traceback", "ZeroDivision", ".py", "site-packages", "SELECT", "sqlite"):
            assert inside not in answer.text


def test_a_fault_outside_of_everything_is_answered_in_shape(settings: Settings) -> None:
    """An after_request of somebody's fails: not even Flask's own error page gets out."""
    app = create_app(settings)
    app.after_request(lambda response: 1 / 0)  # type: ignore[arg-type, return-value]
    answer = app.test_client().get("/nowhere")
    assert answer.status_code == 500 and answer.headers["X-Request-Id"] in answer.text
    assert "ZeroDivision" not in answer.text
    check(answer)


def test_10_the_policy_lets_no_inline_code_in() -> None:
    assert "unsafe" not in POLICY and "*" not in POLICY and "http" not in POLICY
