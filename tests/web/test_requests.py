"""Who asks: the number of a request, and addresses behind proxies, those of the installation and pretended ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, jsonify, request

from geoapp.app import create_app
from geoapp.config import BadSetting, Settings, reached_at, read_settings
from geoapp.web.requests import client_address, public_url, request_id
from geoapp.web.rights import ANYBODY, needs


def behind(settings: Settings, proxies: str) -> Any:
    """A client of an installation that trusts ``proxies``; /who tells what the application believes."""
    app = create_app(replace(settings, trusted_proxies=proxies))
    app.add_url_rule(
        "/who",
        "who",
        needs(ANYBODY)(
            lambda: jsonify(
                address=client_address(), secure=request.is_secure, id=request_id(), seen=sorted(request.headers.keys())
            )
        ),
    )
    return app.test_client()


def who(client: Any, peer: str, **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    found: dict[str, Any] = client.get("/who", headers=named, environ_base={"REMOTE_ADDR": peer}).json
    return found


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "address"),
    [
        ("", "203.0.113.9", "198.51.100.1", "203.0.113.9"),  # none configured: nobody is believed
        ("10.0.0.1", "203.0.113.9", "198.51.100.1", "203.0.113.9"),  # beside the proxy, straight to the port
        ("10.0.0.1", "10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),  # what the asker wrote himself comes first
        ("10.0.0.0/24", "10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),  # two hops of ours
        ("10.0.0.0/24", "10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.0/24", "10.0.0.1", "10.0.0.7", "10.0.0.7"),  # the office's own machine
        ("10.0.0.1", "10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.1", "[2001:db8::7]:443", "2001:db8::7"),
        ("10.0.0.1", "::ffff:10.0.0.1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_an_address_is_believed_from_our_own_proxies_only(
    settings: Settings, proxies: str, peer: str, forwarded: str, address: str
) -> None:
    client = behind(settings, proxies)
    assert who(client, peer, X_Forwarded_For=forwarded)["address"] == address


def test_the_scheme_is_believed_from_our_own_proxies_only(settings: Settings) -> None:
    client = behind(settings, "10.0.0.1")
    assert who(client, "10.0.0.1", X_Forwarded_Proto="https")["secure"] is True
    assert who(client, "203.0.113.9", X_Forwarded_Proto="https")["secure"] is False
    assert who(client, "10.0.0.1", X_Forwarded_Proto="gopher")["secure"] is False


def test_nothing_further_in_sees_the_headers(settings: Settings) -> None:
    sent = {
        "X_Forwarded_For": "1.2.3.4",
        "X_Forwarded_Host": "evil",
        "Forwarded": "for=1.2.3.4",
        "X_Real_Ip": "1.2.3.4",
    }
    for peer in ("10.0.0.1", "203.0.113.9"):
        seen = who(behind(settings, "10.0.0.1"), peer, **sent)["seen"]
        assert not [name for name in seen if "Forward" in name or "Real" in name]


def test_a_proxy_that_was_forgotten_is_named_once_in_the_log(settings: Settings, caplog: Any) -> None:
    client = behind(settings, "")
    for peer in ("93.184.216.34", "10.0.0.1", "10.0.0.1", "127.0.0.1"):
        who(client, peer, X_Forwarded_For="198.51.100.1")
    told = [record.getMessage() for record in caplog.records if "GEOAPP_TRUSTED_PROXIES" in record.getMessage()]
    assert len(told) == 1 and "10.0.0.1" in told[0]


def test_each_request_has_a_number_of_its_own(client: Any) -> None:
    numbers = {client.get("/nowhere").headers["X-Request-Id"] for _ in range(50)}
    assert len(numbers) == 50


def test_the_number_of_a_proxy_is_taken_and_that_of_a_stranger_is_not(settings: Settings) -> None:
    client = behind(settings, "10.0.0.1")
    given = "b4ac1b2e-7a5e-4a71-9f5e-0d5b6c9d2f10"
    assert who(client, "10.0.0.1", X_Request_Id=given)["id"] == given.replace("-", "")
    assert who(client, "203.0.113.9", X_Request_Id=given)["id"] != given.replace("-", "")


@pytest.mark.parametrize(
    "given", ["short", "x" * 33, "a b c d e f g h", "<script>alert(1)</script>", "12345678\tx", "１２３４５６７８"]
)
def test_an_unusable_number_of_a_proxy_is_replaced(settings: Settings, given: str) -> None:
    found = behind(settings, "10.0.0.1").get(
        "/who", headers={"X-Request-Id": given.encode().decode("latin-1")}, environ_base={"REMOTE_ADDR": "10.0.0.1"}
    )
    assert len(found.json["id"]) == 12 and found.json["id"].isalnum()


def test_outside_a_request_there_is_no_number() -> None:
    assert request_id() == ""


def test_links_that_leave_begin_with_the_setting_not_with_what_a_request_says(settings: Settings) -> None:
    def links(app: Flask) -> str:
        with app.test_request_context(headers={"Host": "evil.example"}):
            return public_url("/r/abc")

    assert links(create_app(replace(settings, public_url="https://geo.example.cn"))) == "https://geo.example.cn/r/abc"
    assert links(create_app(settings)) == "http://evil.example/r/abc"  # nothing set: a trial on one machine


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("GEOAPP_TRUSTED_PROXIES", "0.0.0.0/0"),
        ("GEOAPP_TRUSTED_PROXIES", "::/0,10.0.0.1"),
        ("GEOAPP_TRUSTED_PROXIES", "1"),
        ("GEOAPP_TRUSTED_PROXIES", "proxy.local"),
        ("GEOAPP_PUBLIC_URL", "geo.example.cn"),
        ("GEOAPP_PUBLIC_URL", "https://geo.example.cn/app"),
        ("GEOAPP_PUBLIC_URL", "https://user@geo.example.cn"),
        ("GEOAPP_PUBLIC_URL", "javascript:alert(1)"),
    ],
)
def test_a_setting_that_would_let_strangers_in_is_refused(name: str, text: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read_settings({name: text})


def test_the_address_in_posters_is_checked_like_the_setting() -> None:
    assert reached_at(Settings(), "http://192.168.1.20:8000").public_url == "http://192.168.1.20:8000"
    with pytest.raises(BadSetting, match="scheme, name and port"):
        reached_at(Settings(), "javascript:alert(1)")
